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
    * Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning (sizes: rel.
      6, 14).
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

    ⌊(size + 2·padding − kernel) / stride⌋ + 1, the number of places where the kernel fits, `stride`
    pixels apart.

    Args:
        size: height (or width) of the input in pixels, >= 1.
        kernel: height (or width) of the kernel in pixels, >= 1.
        stride: pixels from one place of the kernel to the next, >= 1.
        padding: pixels added on either side, >= 0.

    Returns:
        Height (or width) of the output in pixels.

    Raises:
        TypeError: `size`, `kernel` or `stride` is not an integer.
        ValueError: one of these is below 1, or `padding` is not an integer >= 0.
        ValueError: the kernel does not fit into the padded input.

    Examples:
        >>> conv_size(28, kernel=3, stride=2, padding=1), conv_size(14, 3, 2, 1)
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

    Args:
        size: height (or width) of the input in pixels, >= 1.
        kernel: height (or width) of the kernel in pixels, >= 1.
        stride: pixels between two inputs in the output, >= 1.
        padding: pixels cut off on either side of the output, >= 0.
        output_padding: pixels added on one side of the output, from 0 to stride − 1.

    Returns:
        Height (or width) of the output in pixels.

    Raises:
        TypeError: `size`, `kernel` or `stride` is not an integer.
        ValueError: one of these is below 1, or `padding` is not an integer >= 0.
        ValueError: `output_padding` is not from 0 to stride − 1.

    Examples:
        >>> conv_transpose_size(7, 3, stride=2, padding=1), conv_transpose_size(7, 3, 2, 1, 1)
        (13, 14)
    """
    _check_sizes(size, kernel, stride, padding)
    if not 0 <= output_padding < stride:
        raise ValueError(
            f"output_padding must be from 0 to stride − 1 = {stride - 1}, got {output_padding}"
        )
    return (size - 1) * stride - 2 * padding + kernel + output_padding


class ImageAutoencoder(nn.Module):
    """What the models of this module share: the checks, and forward = decode after encode.

    A subclass makes `encoder` and `decoder`.

    Args:
        code_size: K, numbers of a code.
        channels: feature maps after the first convolution.
        image_shape: (C, H, W), with H and W multiples of 4.

    Attributes:
        code_size: K, numbers of a code.
        image_shape: (C, H, W).
        encoder: module from images (N, C, H, W) to codes (N, K).
        decoder: module from codes (N, K) to images (N, C, H, W).

    Raises:
        TypeError: `code_size` or `channels` is not an integer.
        ValueError: `code_size` or `channels` is below 1, or `image_shape` is not as above.
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
        """Return the codes of images.

        Args:
            x: images (N, C, H, W).

        Returns:
            The codes z, (N, K).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` is not of shape (N, C, H, W) with the model's `image_shape`.
        """
        return self.encoder(_checked(x, self.image_shape, "x"))

    def decode(self, z: Tensor) -> Tensor:
        """Return the images that codes stand for, not clamped.

        Args:
            z: codes (N, K).

        Returns:
            The images x_hat, (N, C, H, W).

        Raises:
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` is not of shape (N, K) with the model's `code_size`.
        """
        return self.decoder(_checked(z, (self.code_size,), "z"))

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction decode(encode(x)).

        Args:
            x: images (N, C, H, W).

        Returns:
            The reconstructions, (N, C, H, W), not clamped.

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` is not of shape (N, C, H, W) with the model's `image_shape`.
        """
        return self.decode(self.encode(x))


@exercise("week03_undercomplete")
class ConvAutoencoder(ImageAutoencoder):
    """Two convolutions and a linear layer down to the code; the mirror image back up.

    1×28×28 → 16×14×14 → 32×7×7 → code → 32×7×7 → 16×14×14 → 1×28×28 for MNIST. Kernels 3×3,
    stride 2, padding 1, GELU between layers; code and output are linear.

    Args:
        code_size: K, numbers of a code.
        channels: feature maps after the first convolution; twice as many after the second.
        image_shape: (C, H, W), with H and W multiples of 4.

    Attributes:
        code_size: K, numbers of a code.
        image_shape: (C, H, W).
        encoder: layers from images (N, C, H, W) to codes (N, K).
        decoder: layers from codes (N, K) to images (N, C, H, W).

    Raises:
        TypeError: `code_size` or `channels` is not an integer.
        ValueError: `code_size` or `channels` is below 1, or `image_shape` is not as above.
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
    all weights zero the block is the identity, so many of them can be stacked: the gradient always
    passes along the shortcut `x`. No activation follows the sum.

    Args:
        channels: feature maps of input and output (N, channels, H, W).

    Attributes:
        residual: the layers of F.

    Raises:
        TypeError: `channels` is not an integer.
        ValueError: `channels` is below 1.
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
        """Return x + F(x).

        Args:
            x: feature maps (N, channels, H, W).

        Returns:
            Feature maps of the same shape.
        """
        return x + self.residual(x)


@exercise("week03_undercomplete")  # with an empty block it is the ConvAutoencoder
class ResNetAutoencoder(ImageAutoencoder):
    """`ConvAutoencoder` with one residual block at each of its four feature maps.

    The shortcuts run around two convolutions each, *inside* encoder or decoder. None runs around
    the code: a model whose decoder sees the encoder's feature maps (a U-Net) has no bottleneck.

    Args:
        code_size: K, numbers of a code.
        channels: feature maps after the first convolution; twice as many after the second.
        image_shape: (C, H, W), with H and W multiples of 4.
        block: makes a block from a number of channels; None for `ResidualBlock`.

    Attributes:
        code_size: K, numbers of a code.
        image_shape: (C, H, W).
        encoder: layers from images (N, C, H, W) to codes (N, K).
        decoder: layers from codes (N, K) to images (N, C, H, W).

    Raises:
        TypeError: `code_size` or `channels` is not an integer.
        ValueError: `code_size` or `channels` is below 1, or `image_shape` is not as above.
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
