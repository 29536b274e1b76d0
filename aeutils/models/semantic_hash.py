"""Semantic hashing: an autoencoder of word counts whose code becomes a few bits.

The encoder's outputs are logits a. During training each unit of the code is sigmoid(a + noise): a
unit near ½ says nothing through so much noise, so training drives |a| up, and the signs of a then
hold what the code knows. Afterwards a bit is a > 0.

References:
    * R. Salakhutdinov and G. Hinton (2009). Semantic hashing. International Journal of Approximate
      Reasoning 50, section 3.2 (noise makes the codes binary).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_batch, describe
from aeutils.models.layers import check_sizes, mlp
from aeutils.testing.sealed import exercise

NOISE = 4.0  # the noise of the paper: it acts on logits, whose own size is free


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
    n = torch.randn(logits.shape, generator=generator, dtype=logits.dtype, device=logits.device)
    return torch.sigmoid(logits + noise * n)


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
    """Encoder of log counts to K logits, and a decoder from the noisy code to word logits.

    Args:
        sizes: widths from the vocabulary to the code, such as (2000, 500, 32).
        noise: standard deviation of the noise on the logits while training.

    Attributes:
        encoder: layers from rows (N, V) to logits (N, K).
        decoder: layers from codes (N, K) in [0, 1] to logits of the words (N, V).

    Raises:
        TypeError: a width is not an integer.
        ValueError: there are fewer than two widths, or one is below 1, or `noise` is negative.
    """

    def __init__(self, sizes: tuple[int, ...] = (2000, 500, 32), noise: float = NOISE) -> None:
        super().__init__()
        if noise < 0:
            raise ValueError(f"noise is a standard deviation >= 0, got {describe(noise)}")
        self.sizes, self.noise = check_sizes(sizes), noise
        self.encoder, self.decoder = mlp(self.sizes), mlp(self.sizes[::-1])

    def encode(self, x: Tensor) -> Tensor:
        """Return the logits of the code (N, K), without noise; bits are ``encode(x) > 0``.

        Args:
            x: log counts, floats (N, V).
        """
        return self.encoder(x)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of the words (N, V); the code is noisy in training mode only.

        Args:
            x: log counts, floats (N, V).
        """
        logits = self.encoder(x)
        noise = self.noise if self.training else 0.0
        return self.decoder(torch.sigmoid(logits + noise * torch.randn_like(logits)))
