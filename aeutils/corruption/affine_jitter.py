"""Jitter: images turned, scaled, slanted and shifted a little, each in its own way.

A network that is shown a jittered digit and asked for the undisturbed one must find out what the
disturbance did not change. No label is used; what is used is our knowledge that these changes do
not matter. That is a choice: a 6 turned by 180° is a 9, so the angles stay small.

>>> x = torch.rand(8, 1, 28, 28)
>>> jitter(x, torch.Generator().manual_seed(0)).shape
torch.Size([8, 1, 28, 28])
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_batch, describe


def jitter(
    x: Tensor,
    generator: torch.Generator | None = None,
    turn: float = 15.0,
    scale: float = 0.15,
    slant: float = 0.2,
    shift: float = 2.0,
) -> Tensor:
    """Return every image under a random affine map of its own, bilinear, with 0 outside.

    Args:
        x: images (N, C, H, W), or rows (N, D) of square grey images.
        generator: source of all random numbers; None for torch's global one.
        turn: largest angle in degrees; angles are uniform from −turn to turn.
        scale: width and height are multiplied by a factor from 1 − scale to 1 + scale each.
        slant: largest shear, in pixels sideways for each pixel up.
        shift: largest shift in pixels, across and down.

    Returns:
        The moved images, in the shape of `x`.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is neither images nor rows of square images, or holds NaN or infinity.
    """
    images = _as_images(x)
    n, (height, width) = len(images), images.shape[-2:]

    def uniform(largest: float) -> Tensor:
        draw = torch.rand(n, generator=generator, device=drawing_device(generator, x))
        return (2 * draw.to(x.device) - 1) * largest

    angle, slanted = uniform(math.radians(turn)), uniform(slant)
    across, down = 1 / (1 + uniform(scale)), 1 / (1 + uniform(scale))
    cos, sin = angle.cos(), angle.sin()
    # Where each output pixel is read from: [cos −sin; sin cos] · [1 slant; 0 1], then the scales.
    rows = torch.stack(
        [
            *(across * cos, across * (cos * slanted - sin), uniform(2 * shift / width)),
            *(down * sin, down * (sin * slanted + cos), uniform(2 * shift / height)),
        ],
        dim=1,
    ).reshape(n, 2, 3)
    grid = _places(rows.to(x.dtype), height, width)
    return F.grid_sample(images, grid, align_corners=False).reshape(x.shape)


def _places(rows: Tensor, height: int, width: int) -> Tensor:
    """Return where each pixel is read from, (N, H, W, 2), for affine maps (N, 2, 3).

    The numbers are those of `F.affine_grid`, to the last bit. That multiplies a small matrix for
    each image, which takes eight times as long: a tenth of a training step of week 7.
    """
    across = _middles(width, rows).expand(height, width).flatten()
    down = _middles(height, rows)[:, None].expand(height, width).flatten()
    place = rows[:, :, 0:1] * across + rows[:, :, 1:2] * down + rows[:, :, 2:]  # (N, 2, H · W)
    return place.reshape(-1, 2, height, width).permute(0, 2, 3, 1)


def _middles(count: int, like: Tensor) -> Tensor:
    """Return the middles of `count` pixels of a row that reaches from −1 to 1."""
    ends = torch.linspace(-1, 1, count, dtype=like.dtype, device=like.device)
    return ends * (count - 1) / count


def _as_images(x: Tensor) -> Tensor:
    check_batch(x, "x")
    if x.ndim == 4:
        return x
    side = math.isqrt(x[0].numel())
    if x.ndim != 2 or side * side != x.shape[1]:
        raise ValueError(
            f"x must be images (N, C, H, W) or rows (N, D) of square images, got {describe(x)}"
        )
    return x.reshape(-1, 1, side, side)
