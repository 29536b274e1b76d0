"""The deep autoencoder: an encoder of several layers and its mirror image as decoder.

Every fully connected model has `encode(x) -> z (N, K)`, `decode(z) -> x_hat (N, D)` and
`forward(x) = decode(encode(x))`. Images (N, C, H, W) are flattened on the way in, and `forward`
gives them their shape back on the way out.

>>> import torch
>>> model = Autoencoder(sizes=(784, 128, 32))
>>> images = torch.rand(10, 1, 28, 28)
>>> model.encode(images).shape, model(images).shape
(torch.Size([10, 32]), torch.Size([10, 1, 28, 28]))

Among the first were Ackley, Hinton and Sejnowski (1985), Ballard (1987) and Rumelhart, Hinton and
Williams (1986); training this deep began with Hinton and Salakhutdinov (2006).

References:
    * Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from aeutils.models.flat import FlatAutoencoder
from aeutils.models.layers import check_sizes, mlp
from aeutils.testing.sealed import exercise

OUTPUTS = ("linear", "sigmoid")


@exercise("week02_vanilla")
class Autoencoder(FlatAutoencoder):
    """A multilayer encoder and its mirror image as decoder (Hinton and Salakhutdinov, 2006).

    z = encoder(x),  x_hat = decoder(z). With sizes (784, 512, 256, 32) the decoder is
    32 → 256 → 512 → 784, with weights of its own. The code is linear. Outputs are never clamped;
    clamp to [0, 1] to show an image.

    Args:
        sizes: widths from the image to the code, (D, ..., K).
        activation: class that makes the hidden activations, such as nn.ReLU or nn.GELU.
        output: what the decoder's last layer does. "linear" is nothing: for `mse` and `hinge_mse`,
            and for losses that expect logits, such as `bernoulli_nll`; the output is then the
            logit, and `model(x).sigmoid()` the image. "sigmoid" squashes into (0, 1), for `mse` on
            images. Do not combine it with a loss that expects logits: the sigmoid would be applied
            twice.

    Attributes:
        sizes: widths from image to code, (D, ..., K).
        encoder: layers from rows (N, D) to codes (N, K).
        decoder: layers from codes (N, K) to rows (N, D).

    Raises:
        TypeError: a width is not an integer, or `activation` does not make an `nn.Module`.
        ValueError: there are fewer than two widths, one is below 1, or `output` is unknown.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 512, 256, 32),
        activation: Callable[[], nn.Module] = nn.ReLU,
        output: str = "linear",
    ) -> None:
        super().__init__()
        if output not in OUTPUTS:
            raise ValueError(f"output must be one of {OUTPUTS}, got {output!r}")
        self.sizes = check_sizes(sizes)
        self.encoder = mlp(self.sizes, activation)
        self.decoder = mlp(
            self.sizes[::-1], activation, nn.Sigmoid if output == "sigmoid" else None
        )
