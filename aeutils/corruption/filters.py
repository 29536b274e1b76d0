"""Filters that repair an image from itself alone: no training, no other images.

Each is a weighted mean or a median of pixels that should be alike: `gaussian_filter` and
`median_filter` take the neighbours, `non_local_means` takes pixels whose *surroundings* look alike.
All have a strength that must be chosen (on a validation split, not on test images).

>>> x = torch.rand(4, 1, 28, 28)
>>> median_filter(x, 3).shape
torch.Size([4, 1, 28, 28])

References:
    * Tukey (1977), Exploratory data analysis (the running median).
    * Buades, Coll and Morel (2005), A non-local algorithm for image denoising.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_batch, check_count, describe


def gaussian_filter(x: Tensor, width: float) -> Tensor:
    """Smooth with a Gaussian bell of standard deviation `width` pixels.

    The bell is a product of one for rows and one for columns, so two passes of 2r + 1 numbers
    replace one of (2r + 1)². It is cut at r = 3 · width pixels; the edge pixel is repeated outside.

    Args:
        x: images (N, C, H, W).
        width: standard deviation of the bell in pixels, > 0.

    Returns:
        The smoothed images, (N, C, H, W).

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, C, H, W), or holds NaN or infinity.
        ValueError: `width` is not positive and finite.
    """
    _check_images(x)
    if not 0 < width < math.inf:
        raise ValueError(f"width must be a number of pixels > 0, got {width}")
    radius = max(1, math.ceil(3 * width))
    offsets = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    bell = torch.exp(-(offsets**2) / (2 * width**2))
    bell = bell / bell.sum()  # (2r + 1,)
    rows = x.reshape(-1, 1, *x.shape[2:])
    rows = F.conv2d(F.pad(rows, (radius, radius, 0, 0), mode="replicate"), bell.view(1, 1, 1, -1))
    rows = F.conv2d(F.pad(rows, (0, 0, radius, radius), mode="replicate"), bell.view(1, 1, -1, 1))
    return rows.reshape(x.shape)


def median_filter(x: Tensor, size: int = 3) -> Tensor:
    """Replace each pixel by the median of the size × size pixels around it.

    A single wrong pixel never is the median of its neighbours, whatever its value, so the filter
    suits salt and pepper. A stroke narrower than half of the window disappears as well.

    Args:
        x: images (N, C, H, W).
        size: side of the window in pixels, odd.

    Returns:
        The filtered images, (N, C, H, W).

    Raises:
        TypeError: `x` is not a tensor of floats, or `size` is not an integer.
        ValueError: `x` is not of shape (N, C, H, W), or holds NaN or infinity.
        ValueError: `size` is even, or below 1.
    """
    _check_images(x)
    patches = _patches(x.reshape(-1, 1, *x.shape[2:]), size)  # (N·C, size², H, W)
    return patches.median(dim=1).values.reshape(x.shape)


def non_local_means(
    x: Tensor, sigma: float, strength: float = 0.6, patch: int = 5, search: int = 11
) -> Tensor:
    """Average pixels whose surroundings look alike, wherever they are in the search window.

    x̂(p) = Σ_q w(p, q) x(q) / Σ_q w(p, q) over the search × search pixels q around p, with
    w = exp(−max(d² − 2σ², 0) / h²), d² the mean squared difference of the patches around p and q
    (2σ² of it is noise alone) and h = strength · sigma (Buades, Coll and Morel, 2005). It takes
    search² passes over the images.

    Args:
        x: grey images (N, 1, H, W).
        sigma: standard deviation σ > 0 of the noise, in units of intensity.
        strength: h in units of sigma, > 0.
        patch: side of a patch in pixels, odd.
        search: side of the search window in pixels, odd.

    Returns:
        The averaged images, (N, 1, H, W).

    Raises:
        TypeError: `x` is not a tensor of floats, or `patch` or `search` is not an integer.
        ValueError: `x` is not of shape (N, 1, H, W), or holds NaN or infinity.
        ValueError: `sigma` or `strength` is not positive and finite, or a side is even or below 1.
    """
    _check_images(x)
    if x.shape[1] != 1:
        raise ValueError(f"non_local_means takes grey images (N, 1, H, W), got {describe(x)}")
    if not (0 < sigma < math.inf and 0 < strength < math.inf):
        raise ValueError(f"sigma and strength must be > 0, got {sigma} and {strength}")
    for name, size in {"patch": patch, "search": search}.items():
        _check_odd(size, name)
    reach, height, width = search // 2, x.shape[2], x.shape[3]
    wide = F.pad(x, (reach, reach, reach, reach), mode="replicate")
    total, weights = torch.zeros_like(x), torch.zeros_like(x)
    for dy in range(search):
        for dx in range(search):
            other = wide[:, :, dy : dy + height, dx : dx + width]
            difference = F.pad((x - other).square(), [patch // 2] * 4, mode="replicate")
            squared = F.avg_pool2d(difference, patch, stride=1)  # (N, 1, H, W)
            weight = torch.exp(-(squared - 2 * sigma**2).clamp(min=0) / (strength * sigma) ** 2)
            total += weight * other
            weights += weight
    return total / weights


def _patches(x: Tensor, size: int) -> Tensor:
    """Return the size × size pixels around every pixel of x (N, 1, H, W): (N, size², H, W)."""
    _check_odd(size, "size")
    radius = size // 2
    wide = F.pad(x, (radius, radius, radius, radius), mode="replicate")
    return F.unfold(wide, size).reshape(len(x), size * size, *x.shape[2:])


def _check_images(x: Tensor) -> None:
    check_batch(x, "x")
    if x.ndim != 4:
        raise ValueError(
            f"x must be images (N, C, H, W), got {describe(x)}; "
            "give rows their shape back with reshape(-1, 1, 28, 28)"
        )


def _check_odd(size: int, name: str) -> None:
    check_count(size, name)
    if size % 2 == 0:
        raise ValueError(f"{name} must be odd, so that there is a middle pixel; got {size}")
