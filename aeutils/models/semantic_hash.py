"""Semantic hashing: an autoencoder of word counts whose code becomes a few bits.

The encoder's outputs are logits a. During training each unit of the code is sigmoid(a + noise): a
unit near ½ says nothing through so much noise, so training drives |a| up, and the signs of a then
hold what the code knows. Afterwards a bit is a > 0.

References:
    * R. Salakhutdinov and G. Hinton (2009). Semantic hashing. International Journal of Approximate
      Reasoning 50, section 3.2 (noise makes the codes binary).
    * P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol (2008). Extracting and composing
      robust features with denoising autoencoders. ICML.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_batch, describe
from aeutils.models.layers import check_sizes, mlp
from aeutils.testing.sealed import exercise

NOISE = 4.0  # of the paper: it acts on logits, whose own size is free
LENGTH = 6.0  # of the encoder's input, about that of a row of log counts


@exercise("elective_a_documents")
def noisy_code(logits: Tensor, noise: float, generator: torch.Generator | None = None) -> Tensor:
    """Return sigmoid(logits + noise · n), n ~ N(0, 1): a code that only large logits survive.

    Args:
        logits: what the encoder returns, floats (N, K).
        noise: standard deviation of the noise, >= 0.
        generator: source of the noise; None for torch's global one.

    Returns:
        Numbers from 0 to 1, (N, K), with the gradient of `logits`.

    Raises:
        TypeError: `logits` is not a tensor of floats.
        ValueError: `logits` holds no finite (N, K), or `noise` is negative.
    """
    check_batch(logits, "logits")
    if noise < 0:
        raise ValueError(f"noise is a standard deviation >= 0, got {describe(noise)}")
    where = drawing_device(generator, logits)
    n = torch.randn(logits.shape, generator=generator, dtype=logits.dtype, device=where)
    return torch.sigmoid(logits + noise * n.to(logits.device))


@exercise("elective_a_documents")
def to_bits(logits: Tensor) -> Tensor:
    """Return the bits of a code: True where the logit is above 0.

    Args:
        logits: what the encoder returns, floats (N, K).

    Returns:
        Booleans (N, K).

    Raises:
        TypeError: `logits` is not a tensor of floats.
        ValueError: `logits` holds no finite (N, K).
    """
    return check_batch(logits, "logits") > 0


class SemanticHash(nn.Module):
    """An encoder of documents to K logits, and a decoder from the noisy code to the words.

    The encoder sees TF-IDF rows, of which it loses some entries while it learns (Vincent et al.,
    2008); the decoder answers for the log counts as they are.

    Args:
        sizes: widths from the vocabulary to the code, such as (2000, 500, 32).
        weight: weight of each word, such as log(N / df), floats (V,); None for 1.
        noise: standard deviation of the noise on the logits while training.
        hidden_share: share of the input's entries that are hidden while training, from 0 to
            below 1.

    Attributes:
        encoder: layers from rows (N, V) to logits (N, K).
        decoder: layers from codes (N, K) in [0, 1] to logits of the words (N, V).

    Raises:
        TypeError: a width is not an integer.
        ValueError: there are fewer than two widths, one is below 1, `noise` is negative,
            `hidden_share` is not in [0, 1), or `weight` has another length than the vocabulary.
    """

    def __init__(
        self,
        sizes: tuple[int, ...] = (2000, 500, 32),
        weight: Tensor | None = None,
        noise: float = NOISE,
        hidden_share: float = 0.2,
    ) -> None:
        super().__init__()
        self.sizes, self.noise, self.hidden_share = check_sizes(sizes), noise, hidden_share
        if noise < 0:
            raise ValueError(f"noise is a standard deviation >= 0, got {describe(noise)}")
        if not 0 <= hidden_share < 1:
            raise ValueError(f"hidden_share is a share from 0 to below 1, got {hidden_share}")
        weight = torch.ones(sizes[0]) if weight is None else weight
        if weight.shape != (sizes[0],):
            raise ValueError(
                f"weight has shape {tuple(weight.shape)}, but there are {sizes[0]} words; "
                f"it must have shape ({sizes[0]},)"
            )
        self.weight: Tensor
        self.register_buffer("weight", weight)
        self.encoder, self.decoder = mlp(self.sizes), mlp(self.sizes[::-1])

    def encode(self, x: Tensor) -> Tensor:
        """Return the logits of the code (N, K), without noise; bits are ``encode(x) > 0``.

        Args:
            x: log counts, floats (N, V).
        """
        return self.encoder(LENGTH * F.normalize(x * self.weight))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of the words (N, V); in training mode words are hidden and codes noisy.

        Args:
            x: log counts, floats (N, V).
        """
        if not self.training:
            return self.decoder(torch.sigmoid(self.encode(x)))
        logits = self.encode(F.dropout(x, self.hidden_share))
        return self.decoder(torch.sigmoid(logits + self.noise * torch.randn_like(logits)))
