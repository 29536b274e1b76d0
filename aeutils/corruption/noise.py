"""Corruptions: ways to damage images whose undamaged version is known.

A denoising autoencoder is trained on pairs (damaged, clean), and the pairs are made here:
L(x, g(f(x̃))) with x̃ drawn from q(x̃ | x) (Vincent et al., 2008, eq. 4). Each function is one q.

=================  ================================================  ==========================
function           what happens to a pixel x                         what is lost
=================  ================================================  ==========================
`gaussian`         x + σ n, n ~ N(0, 1)                              every pixel a little
`salt_and_pepper`  0 or 1 with probability p/2 each, else x          p of the pixels, unmarked
`speckle`          x (1 + σ n), n ~ N(0, 1)                          bright pixels only
`mask`             0 with probability p, else x                      p of the pixels
`block`            0 inside one square per image, else x             a region (inpainting)
`downsample`       the mean of its cell of k × k pixels              detail (super-resolution)
=================  ================================================  ==========================

Nothing is clipped to [0, 1]: a clipped Gaussian is neither Gaussian nor of mean 0. Clamp to show an
image. Nothing is rescaled, either (dropout divides by 1 − p; a mask does not). The input is left
unchanged, and every random number comes from the `generator`, which the caller seeds and keeps.

>>> x = torch.rand(8, 1, 28, 28)
>>> generator = torch.Generator().manual_seed(0)
>>> gaussian(x, 0.5, generator).shape
torch.Size([8, 1, 28, 28])

To train with `training.fit`, fix the level and the generator:

>>> corrupt = lambda batch: gaussian(batch, 0.5, generator)

References:
    * Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with
      denoising autoencoders.
    * Vincent et al. (2010), Stacked denoising autoencoders, §3.3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_batch, check_count, describe
from aeutils.testing.sealed import exercise


@exercise("week04_denoising")
def gaussian(x: Tensor, sigma: float, generator: torch.Generator | None = None) -> Tensor:
    """Add independent Gaussian noise of standard deviation `sigma` to every pixel.

    Args:
        x: images, floats of shape (N, ...).
        sigma: standard deviation >= 0 in units of intensity (not a variance).
        generator: on the device of `x`; None for torch's global one.

    Returns:
        The damaged images, in the shape of `x`, not clipped.

    Raises:
        TypeError: `x` is not a tensor of floats, or `generator` not a `torch.Generator`.
        ValueError: `x` is not of shape (N, ...), or holds NaN or infinity.
        ValueError: `sigma` is negative or infinite.
    """
    _check(x, generator)
    return x + _check_level(sigma, "sigma") * _normal(x, generator)


@exercise("week04_denoising")
def salt_and_pepper(x: Tensor, share: float, generator: torch.Generator | None = None) -> Tensor:
    """Replace each pixel with probability `share`: by 0 (pepper) or 1 (salt), equally likely.

    One uniform number u decides each pixel: pepper if u < share/2, salt if share/2 <= u < share.
    Two separate draws would let salt fall on pepper, and replace less than `share`.

    Args:
        x: images, floats of shape (N, ...).
        share: probability in [0, 1] that a pixel is replaced.
        generator: on the device of `x`; None for torch's global one.

    Returns:
        The damaged images, in the shape of `x`.

    Raises:
        TypeError: `x` is not a tensor of floats, or `generator` not a `torch.Generator`.
        ValueError: `x` is not of shape (N, ...), or holds NaN or infinity.
        ValueError: `share` lies outside [0, 1].
    """
    _check(x, generator)
    share = _check_share(share)
    u = _uniform(x, generator)
    return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)


@exercise("week04_denoising")
def speckle(x: Tensor, sigma: float, generator: torch.Generator | None = None) -> Tensor:
    """Multiply each pixel by 1 + sigma · n with n standard normal: noise in proportion to light.

    The noise of a pixel has standard deviation sigma · x: black paper stays black.

    Args:
        x: images, floats of shape (N, ...).
        sigma: standard deviation >= 0 of the factor, without unit.
        generator: on the device of `x`; None for torch's global one.

    Returns:
        The damaged images, in the shape of `x`, not clipped.

    Raises:
        TypeError: `x` is not a tensor of floats, or `generator` not a `torch.Generator`.
        ValueError: `x` is not of shape (N, ...), or holds NaN or infinity.
        ValueError: `sigma` is negative or infinite.
    """
    _check(x, generator)
    return x * (1 + _check_level(sigma, "sigma") * _normal(x, generator))


@exercise("week04_denoising")
def mask(x: Tensor, share: float, generator: torch.Generator | None = None) -> Tensor:
    """Set each pixel to 0 with probability `share`, and leave the others as they are.

    Args:
        x: images, floats of shape (N, ...).
        share: probability in [0, 1] that a pixel is *lost*.
        generator: on the device of `x`; None for torch's global one.

    Returns:
        The damaged images, in the shape of `x`.

    Raises:
        TypeError: `x` is not a tensor of floats, or `generator` not a `torch.Generator`.
        ValueError: `x` is not of shape (N, ...), or holds NaN or infinity.
        ValueError: `share` lies outside [0, 1].
    """
    _check(x, generator)
    return x.masked_fill(_uniform(x, generator) < _check_share(share), 0.0)


def block(x: Tensor, size: int, generator: torch.Generator | None = None) -> Tensor:
    """Set one square of size × size pixels to 0, at another random place in each image.

    Repairing this damage is called inpainting: the surroundings must suffice.

    Args:
        x: images (N, C, H, W), or rows (N, D) of square grey images.
        size: side of the square in pixels, from 1 to the smaller of H and W.
        generator: on the device of `x`; None for torch's global one.

    Returns:
        The damaged images, in the shape of `x`.

    Raises:
        TypeError: `x` is not a tensor of floats, `size` no integer or `generator` no generator.
        ValueError: `x` is neither images nor rows of square images, or holds NaN or infinity.
        ValueError: `size` is below 1, or larger than the images.
    """
    _check(x, generator)
    images = _as_images(x)
    n, _, height, width = images.shape
    check_count(size, "size")
    if size > min(height, width):
        raise ValueError(f"size is {size} but the images are {height} × {width}; take a smaller")
    device, where = x.device, drawing_device(generator, x)
    top, left = (
        torch.randint(side - size + 1, (n, 1, 1, 1), generator=generator, device=where).to(device)
        for side in (height, width)
    )
    row = torch.arange(height, device=device)[:, None]  # (H, 1)
    column = torch.arange(width, device=device)  # (W,)
    inside_rows = (row >= top) & (row < top + size)  # (N, 1, H, 1)
    inside_columns = (column >= left) & (column < left + size)  # (N, 1, 1, W)
    return images.masked_fill(inside_rows & inside_columns, 0.0).reshape(x.shape)


def downsample(x: Tensor, factor: int, generator: torch.Generator | None = None) -> Tensor:
    """Replace each cell of factor × factor pixels by its mean, in the shape of the original.

    Repairing this damage is called super-resolution. No random number is needed; `generator` is
    accepted so that all corruptions are called alike.

    Args:
        x: images (N, C, H, W), or rows (N, D) of square grey images.
        factor: side of a cell in pixels, >= 1; it divides H and W.
        generator: not used.

    Returns:
        The damaged images, in the shape of `x`.

    Raises:
        TypeError: `x` is not a tensor of floats, `factor` no integer or `generator` no generator.
        ValueError: `x` is neither images nor rows of square images, or holds NaN or infinity.
        ValueError: `factor` is below 1, or does not divide the height and the width.
    """
    _check(x, generator)
    images = _as_images(x)
    check_count(factor, "factor")
    if images.shape[2] % factor or images.shape[3] % factor:
        raise ValueError(
            f"factor is {factor}, which does not divide images of {images.shape[2]} × "
            f"{images.shape[3]}; for 28 × 28 take 2, 4, 7 or 14"
        )
    small = torch.nn.functional.avg_pool2d(images, factor)  # (N, C, H/k, W/k)
    large = small.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
    return large.reshape(x.shape)


def _normal(x: Tensor, generator: torch.Generator | None) -> Tensor:
    where = drawing_device(generator, x)
    return torch.randn(x.shape, generator=generator, device=where, dtype=x.dtype).to(x.device)


def _uniform(x: Tensor, generator: torch.Generator | None) -> Tensor:
    where = drawing_device(generator, x)
    return torch.rand(x.shape, generator=generator, device=where, dtype=x.dtype).to(x.device)


def _as_images(x: Tensor) -> Tensor:
    """Return `x` as (N, C, H, W); rows are taken for square images of one channel."""
    if x.ndim == 4:
        return x
    side = math.isqrt(x[0].numel())
    if x.ndim != 2 or side * side != x.shape[1]:
        raise ValueError(
            f"x must be images (N, C, H, W) or rows (N, D) of square images, got {describe(x)}"
        )
    return x.reshape(-1, 1, side, side)


def _check(x: Tensor, generator: torch.Generator | None) -> None:
    check_batch(x, "x")
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator must be a torch.Generator, got {describe(generator)}; "
            "make one with torch.Generator().manual_seed(0)"
        )


def _check_level(level: float, name: str) -> float:
    if not 0 <= level < math.inf:
        raise ValueError(f"{name} must be a number >= 0, got {level}")
    return level


def _check_share(share: float) -> float:
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in [0, 1], got {share}; 30 % is 0.3")
    return share
