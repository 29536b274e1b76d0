"""Autoencoders made of fully connected layers.

Every model here has `encode(x) -> z (N, K)`, `decode(z) -> x_hat (N, D)` and
`forward(x) = decode(encode(x))`. Images (N, C, H, W) are flattened on the way in, and `forward`
gives them their shape back on the way out.

>>> model = Autoencoder(sizes=(784, 128, 32))
>>> images = torch.rand(10, 1, 28, 28)
>>> model.encode(images).shape, model(images).shape
(torch.Size([10, 32]), torch.Size([10, 1, 28, 28]))

References:
    * Rumelhart, Hinton and Williams (1986), Learning internal representations by error
      propagation.
    * Baldi and Hornik (1989), Neural networks and principal component analysis: learning from
      examples without local minima.
    * Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
    * Vincent et al. (2010), Stacked denoising autoencoders (tied weights).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils._internal.validate import describe
from aeutils.testing.sealed import exercise

OUTPUTS = ("linear", "sigmoid")


def mlp(
    sizes: Sequence[int],
    activation: Callable[[], nn.Module] = nn.ReLU,
    last_activation: Callable[[], nn.Module] | None = None,
) -> nn.Sequential:
    """Return a stack of linear layers with an activation between them.

    Args:
        sizes: widths, input first: (784, 256, 32) makes Linear(784, 256) and Linear(256, 32).
        activation: class or function that makes the module placed after every layer but the last.
        last_activation: the same for the last layer; None leaves it linear, as a code needs: a ReLU
            there would forbid negative coordinates.

    Returns:
        A module from (N, sizes[0]) to (N, sizes[-1]).

    Raises:
        TypeError: a width is not an integer, or an activation does not make an `nn.Module`.
        ValueError: there are fewer than two widths, or one is below 1.

    Examples:
        >>> mlp((4, 3, 2), nn.Tanh)
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): Tanh()
          (2): Linear(in_features=3, out_features=2, bias=True)
        )
    """
    sizes = _check_sizes(sizes)
    last = len(sizes) - 2
    layers: list[nn.Module] = []
    for i, (width_in, width_out) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(width_in, width_out))
        after = activation if i < last else last_activation
        if after is not None:
            layers.append(_new_activation(after))
    return nn.Sequential(*layers)


class FlatAutoencoder(nn.Module):
    """What the models of this module share: rows on the way in, images again on the way out.

    A subclass makes all three attributes.

    Attributes:
        sizes: widths from image to code, (D, ..., K).
        encoder: module from rows (N, D) to codes (N, K).
        decoder: module from codes (N, K) to rows (N, D).
    """

    sizes: tuple[int, ...]
    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of images.

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            The codes z, (N, K).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        return self.encoder(_rows(x, self.sizes[0], "x"))

    def decode(self, z: Tensor) -> Tensor:
        """Return the rows that codes stand for.

        Args:
            z: codes (N, K).

        Returns:
            The rows x_hat, (N, D).

        Raises:
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` does not have K numbers for each code.
        """
        return self.decoder(_rows(z, self.sizes[-1], "z"))

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction decode(encode(x)).

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            The reconstructions, in the shape of `x`.

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        return self.decode(self.encode(x)).reshape(x.shape)


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
        self.sizes = _check_sizes(sizes)
        self.encoder = mlp(self.sizes, activation)
        self.decoder = mlp(
            self.sizes[::-1], activation, nn.Sigmoid if output == "sigmoid" else None
        )


@exercise("week01_pca")
class LinearAutoencoder(FlatAutoencoder):
    """One linear layer down to k numbers and one back: z = A x + a,  x_hat = B z + b.

    With squared error it has no bad local minima: every minimum reaches the error of PCA with k
    axes, and all other stationary points are saddles (Baldi and Hornik, 1989). It finds the
    *subspace*, not the axes: (B C)(C⁻¹ A) = B A for any invertible C, so the codes may be any
    linear mixture of PCA's. To compare, use `principal_angles(model.decoder.weight.T, axes)`, not
    the encoder: pixels that never vary leave its weights free.

    Args:
        d: pixels of an image.
        k: numbers of a code.
        bias: whether both layers have one; without, x must be centred to match PCA.

    Attributes:
        sizes: (d, k).
        encoder: linear layer, weight A (k, d) and bias a (k,).
        decoder: linear layer, weight B (d, k) and bias b (d,).

    Raises:
        TypeError: `d` or `k` is not an integer.
        ValueError: `d` or `k` is below 1.
    """

    def __init__(self, d: int, k: int, bias: bool = True) -> None:
        super().__init__()
        self.sizes = _check_sizes((d, k))
        self.encoder = nn.Linear(d, k, bias=bias)
        self.decoder = nn.Linear(k, d, bias=bias)


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
        self.sizes = _check_sizes(sizes)
        self.encoder: nn.Sequential = mlp(self.sizes, activation)
        self.activation = _new_activation(activation)
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
        h = _rows(z, self.sizes[-1], "z")
        layers = [layer for layer in self.encoder if isinstance(layer, nn.Linear)]
        for i, (layer, bias) in enumerate(zip(layers[::-1], self.decoder_biases, strict=True)):
            if i > 0:
                h = self.activation(h)
            h = F.linear(h, layer.weight.T, bias)  # (N, width out) -> (N, width in) of the layer
        return h


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers the model learns; parameters used in two places count once.

    Args:
        model: any module.

    Examples:
        >>> count_parameters(LinearAutoencoder(784, 32))   # 2·784·32 weights, 32 + 784 biases
        50992
    """
    return sum(parameter.numel() for parameter in model.parameters())


def _rows(x: Tensor, width: int, name: str) -> Tensor:
    """Return `x` as rows (N, width); raise if its numbers per row are not `width`."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise TypeError(
            f"{name} must be a float tensor, got {describe(x)}; pixels 0..255 become floats in "
            "[0, 1] with .float() / 255"
        )
    if x.ndim < 2:
        raise ValueError(
            f"{name} must have one row per image, shape (N, {width}), got {describe(x)}; "
            "add the batch dimension to a single one with unsqueeze(0)"
        )
    rows = x.flatten(1)  # (N, C, H, W) -> (N, D)
    if rows.shape[1] != width:
        raise ValueError(
            f"{name} of shape {tuple(x.shape)} has {rows.shape[1]} numbers per row, but this model "
            f"takes {width}; build the model with the size of your data, or pass other data"
        )
    return rows


def _check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(sizes)
    for size in sizes:
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"layer widths must be integers, got {describe(size)} in {sizes}")
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes must be at least two widths >= 1, from image to code, such as (784, 32); "
            f"got {sizes}"
        )
    return sizes


def _new_activation(activation: Callable[[], nn.Module]) -> nn.Module:
    if isinstance(activation, nn.Module) or not callable(activation):
        raise TypeError(
            f"an activation must be a class such as nn.ReLU, got {describe(activation)}; "
            "pass nn.ReLU without parentheses"
        )
    module = activation()
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"an activation must make an nn.Module, but {activation} made {describe(module)}; "
            "pass a class such as nn.ReLU"
        )
    return module
