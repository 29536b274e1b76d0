"""Autoencoders made of convolutions: a plain one, and one with residual blocks.

A convolution of stride 2 halves height and width; a transposed convolution of stride 2 doubles
them. Both models squeeze an image to a code of `code_size` numbers and are used like those of
`aeutils.models`: `encode(x) -> z (N, K)`, `decode(z) -> x_hat (N, C, H, W)`.

>>> import torch
>>> model = ConvAutoencoder(code_size=32)
>>> images = torch.rand(10, 1, 28, 28)
>>> model.encode(images).shape, model(images).shape
(torch.Size([10, 32]), torch.Size([10, 1, 28, 28]))

References:
    * Masci et al. (2011), Stacked convolutional auto-encoders for hierarchical feature extraction.
    * Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning (sizes: rel. 6,
      14).
    * He et al. (2016), Deep residual learning for image recognition, eq. 1: y = x + F(x).
    * He et al. (2016), Identity mappings in deep residual networks: nothing after the sum.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from aeutils._internal.validate import check_count, describe
from aeutils.testing.sealed import exercise


def conv_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the height (or width) that a convolution makes of `size` pixels.

    ⌊(size + 2·padding − kernel) / stride⌋ + 1: how often the kernel fits, step by step.
    Raises ValueError if it never fits.

    >>> conv_size(28, kernel=3, stride=2, padding=1), conv_size(14, kernel=3, stride=2, padding=1)
    (14, 7)
    """
    _check_sizes(size, kernel, stride, padding)
    if size + 2 * padding < kernel:
        raise ValueError(
            f"a kernel of {kernel} does not fit into {size} pixels with {padding} of padding on "
            "either side; use a smaller kernel"
        )
    return (size + 2 * padding - kernel) // stride + 1


def conv_transpose_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> int:
    """Return the height (or width) that a transposed convolution makes of `size` pixels.

    (size − 1)·stride − 2·padding + kernel + output_padding. A convolution of stride 2 makes 7 of
    13 and of 14 pixels; `output_padding` says which of the two the way back should give.

    >>> conv_transpose_size(7, 3, stride=2, padding=1), conv_transpose_size(7, 3, 2, 1, 1)
    (13, 14)

    Raises:
        TypeError, ValueError: a size is not a positive integer, or `output_padding` is too
            large.
    """
    _check_sizes(size, kernel, stride, padding)
    if not 0 <= output_padding < stride:
        raise ValueError(
            f"output_padding must be from 0 to stride − 1 = {stride - 1}, got {output_padding}"
        )
    return (size - 1) * stride - 2 * padding + kernel + output_padding


class ImageAutoencoder(nn.Module):
    """What the models here share: checks, and forward = decode after encode.

    A subclass makes `encoder`, (N, C, H, W) -> (N, K), and `decoder`, (N, K) -> (N, C, H, W).
    """

    def __init__(self, code_size: int, channels: int, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        check_count(code_size, "code_size")
        check_count(channels, "channels")
        if len(image_shape) != 3 or min(image_shape) < 1 or any(n % 4 for n in image_shape[1:]):
            raise ValueError(
                "image_shape must be (channels, height, width) with height and width multiples "
                f"of 4, because they are halved twice; got {tuple(image_shape)}"
            )
        self.code_size, self.image_shape = code_size, tuple(image_shape)

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes (N, K) of images (N, C, H, W).

        Args:
            x: images (N, C, H, W).
        """
        return self.encoder(_checked(x, self.image_shape, "x"))

    def decode(self, z: Tensor) -> Tensor:
        """Return images (N, C, H, W), not clamped, of codes (N, K).

        Args:
            z: codes (N, K).
        """
        return self.decoder(_checked(z, (self.code_size,), "z"))

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction of images (N, C, H, W).

        Args:
            x: images (N, C, H, W).
        """
        return self.decode(self.encode(x))


@exercise("week03_undercomplete")
class ConvAutoencoder(ImageAutoencoder):
    """Two convolutions and a linear layer down to the code; the mirror image back up.

    1×28×28 → 16×14×14 → 32×7×7 → code → 32×7×7 → 16×14×14 → 1×28×28 for MNIST. Kernels 3×3,
    stride 2, padding 1, GELU between layers; code and output are linear.

    Args:
        code_size: K.
        channels: after the first convolution; twice as many after the second.
        image_shape: (C, H, W), with H and W multiples of 4.
    """

    def __init__(
        self,
        code_size: int = 32,
        channels: int = 16,
        image_shape: tuple[int, int, int] = (1, 28, 28),
    ) -> None:
        super().__init__(code_size, channels, image_shape)
        colours, height, width = self.image_shape
        small = (2 * channels, height // 4, width // 4)
        flat = small[0] * small[1] * small[2]
        self.encoder = nn.Sequential(
            nn.Conv2d(colours, channels, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Flatten(),  # (N, 2·channels, H/4, W/4) -> (N, flat)
            nn.Linear(flat, code_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, flat),
            nn.GELU(),
            nn.Unflatten(1, small),
            nn.ConvTranspose2d(2 * channels, channels, 3, stride=2, padding=1, output_padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(channels, colours, 3, stride=2, padding=1, output_padding=1),
        )


@exercise("week03_undercomplete")
class ResidualBlock(nn.Module):
    """y = x + F(x) with F = convolution, GELU, convolution (He et al. 2016, eq. 1).

    Kernels 3×3, padding 1: height, width and channels stay, or the sum would not be defined. With
    all weights zero the block is the identity, so many of them can be stacked: gradients always
    have the way along `x`. Nothing bends after the sum.

    Parameter: `channels`, of input and output (N, channels, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        check_count(channels, "channels")
        self.residual = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x + F(x), shape (N, channels, H, W)."""
        return x + self.residual(x)


@exercise("week03_undercomplete")  # with an empty block it is the ConvAutoencoder
class ResNetAutoencoder(ImageAutoencoder):
    """`ConvAutoencoder` with one residual block at each of its four feature maps.

    The shortcuts run around two convolutions each, *inside* encoder or decoder. None runs around
    the code: a model whose decoder sees the encoder's feature maps (a U-Net) has no bottleneck.

    Args:
        code_size: K.
        channels: after the first convolution; twice as many after the second.
        image_shape: (C, H, W), with H and W multiples of 4.
        block: makes a block from a number of channels.
    """

    def __init__(
        self,
        code_size: int = 32,
        channels: int = 16,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        block: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__(code_size, channels, image_shape)
        block = ResidualBlock if block is None else block
        colours, height, width = self.image_shape
        small = (2 * channels, height // 4, width // 4)
        flat = small[0] * small[1] * small[2]
        self.encoder = nn.Sequential(
            nn.Conv2d(colours, channels, 3, stride=2, padding=1),
            block(channels),
            nn.GELU(),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            block(2 * channels),
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(flat, code_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, flat),
            nn.GELU(),
            nn.Unflatten(1, small),
            block(2 * channels),
            nn.GELU(),
            nn.ConvTranspose2d(2 * channels, channels, 3, stride=2, padding=1, output_padding=1),
            block(channels),
            nn.GELU(),
            nn.ConvTranspose2d(channels, colours, 3, stride=2, padding=1, output_padding=1),
        )


def _checked(x: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Return `x` if it is floats of shape (N, *shape); raise otherwise."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise TypeError(
            f"{name} must be a float tensor, got {describe(x)}; pixels 0..255 become floats in "
            "[0, 1] with .float() / 255"
        )
    if tuple(x.shape[1:]) != shape or x.ndim != len(shape) + 1:
        wanted = ", ".join(map(str, ("N", *shape)))
        raise ValueError(
            f"{name} must have shape ({wanted}), got {describe(x)}; rows (N, D) become images "
            "with reshape, a single image becomes a batch with unsqueeze(0)"
        )
    return x


def _check_sizes(size: int, kernel: int, stride: int, padding: int) -> None:
    for value, name in ((size, "size"), (kernel, "kernel"), (stride, "stride")):
        check_count(value, name)
    if not isinstance(padding, int) or isinstance(padding, bool) or padding < 0:
        raise ValueError(f"padding must be an integer >= 0, got {describe(padding)}")
