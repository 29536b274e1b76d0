"""The tied autoencoder: one set of weights, used forwards and transposed.

References:
    * Vincent et al. (2010), Stacked denoising autoencoders (tied weights).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils.models.flat import FlatAutoencoder, as_rows
from aeutils.models.layers import check_sizes, mlp, new_activation
from aeutils.testing.sealed import exercise


@exercise("week02_vanilla")
class TiedAutoencoder(FlatAutoencoder):
    """An autoencoder whose decoder uses the encoder's weights, transposed (Vincent et al., 2010).

    Encoder layer l computes h_l = s(W_l h_{l−1} + b_l); its mirror in the decoder computes
    s(W_lᵀ h + c_l), with biases c_l of its own. The weights exist once: they are counted once, and
    their gradient is the sum of both uses. Code and output are linear.

    Why the transpose and not the inverse: W is (K, D) with K < D, and a matrix that is not square
    has no inverse. Nothing can undo the loss of D − K dimensions. The transpose has the right
    shape, and when the rows of W are orthonormal it equals the pseudo-inverse, so that WᵀW is the
    projection onto the span of the rows. PCA is that case. Only *tied* autoencoders share weights
    this way: in `Autoencoder` and `LinearAutoencoder` the decoder's weights are separate
    parameters, and training turns them into neither the inverse nor the transpose of the encoder's.

    Args:
        sizes: widths from the image to the code, (D, ..., K).
        activation: class that makes the hidden activations, as in `Autoencoder`.

    Attributes:
        sizes: widths from image to code, (D, ..., K).
        encoder: layers from rows (N, D) to codes (N, K), whose weights the decoder uses as well.
        activation: module between two layers of the decoder.
        decoder_biases: one bias vector for each layer of the decoder, code side first.

    Raises:
        TypeError: a width is not an integer, or `activation` does not make an `nn.Module`.
        ValueError: there are fewer than two widths, or one is below 1.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 512, 256, 32),
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.sizes = check_sizes(sizes)
        self.encoder: nn.Sequential = mlp(self.sizes, activation)
        self.activation = new_activation(activation)
        # one bias vector for each decoder layer: widths of the encoder's inputs, code side first
        self.decoder_biases = nn.ParameterList(
            nn.Parameter(torch.zeros(width)) for width in self.sizes[-2::-1]
        )

    def decode(self, z: Tensor) -> Tensor:
        """Return the rows that codes stand for, by the encoder's weights transposed.

        Args:
            z: codes (N, K).

        Returns:
            The rows x_hat, (N, D).

        Raises:
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` does not have K numbers for each code.
        """
        h = as_rows(z, self.sizes[-1], "z")
        layers = [layer for layer in self.encoder if isinstance(layer, nn.Linear)]
        for i, (layer, bias) in enumerate(zip(layers[::-1], self.decoder_biases, strict=True)):
            if i > 0:
                h = self.activation(h)
            h = F.linear(h, layer.weight.T, bias)  # (N, width out) -> (N, width in) of the layer
        return h
