"""Directions in which an image may change and stay the same digit: tangents of the data manifold.

Shift a digit by half a pixel, turn it by two degrees: the picture moves along the manifold of
digits, and the difference quotient is a tangent vector (Simard et al., 1993). White noise, in
contrast, leaves the manifold in almost every case.

>>> images = torch.rand(3, 1, 28, 28)
>>> affine_tangents(images).shape
torch.Size([3, 784, 5])

References:
    * Simard, LeCun and Denker (1993), Efficient pattern recognition using a new transformation
      distance.
    * Rifai, Dauphin, Vincent, Bengio and Muller (2011), The manifold tangent classifier.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_float_tensor, describe

MOVES = ("shift right", "shift down", "turn", "zoom", "slant")
PIXELS = 0.5  # a step of every move, in pixels (at half the image's width for turn, zoom, slant)


def affine_tangents(images: Tensor) -> Tensor:
    """Return an orthonormal basis of the affine tangent space of each image.

    Central differences of the image under five small moves (`MOVES`), sampled bilinearly, then
    orthonormalised in this order: column 1 is the shift to the right itself (up to its length), the
    others are what each next move adds.

    Args:
        images: grey images (N, 1, H, W).

    Returns:
        Orthonormal columns (N, H·W, 5), in the order of `MOVES`.

    Raises:
        TypeError: `images` is not a tensor of floats.
        ValueError: `images` is not of shape (N, 1, H, W), or holds NaN or infinity.
        ValueError: a move adds no direction to some image (an empty one; a circle that is turned).
    """
    check_float_tensor(images, "images")
    if images.ndim != 4 or images.shape[1] != 1 or 0 in images.shape:
        raise ValueError(f"images must have shape (N, 1, H, W), got {describe(images)}")
    quotients = [
        (moved(images, name, PIXELS) - moved(images, name, -PIXELS)).flatten(1) for name in MOVES
    ]
    basis, triangle = torch.linalg.qr(torch.stack(quotients, dim=2))  # (N, D, 5), (N, 5, 5)
    lengths = triangle.diagonal(dim1=1, dim2=2).abs()
    if float(lengths.min()) < 1e-4:
        raise ValueError("some images do not change under some of the moves; leave them out")
    return basis


def moved(images: Tensor, name: str, pixels: float) -> Tensor:
    """Return images after one small move of the given size.

    Turn, zoom and slant are as large as `pixels` at half the image's width from its centre.
    Positive: to the right, down, counter-clockwise, larger, the top to the right.

    Args:
        images: floats of shape (N, C, H, W).
        name: one of `MOVES`.
        pixels: size of the move in pixels; negative for the opposite move.

    Returns:
        The moved images, (N, C, H, W), sampled bilinearly, with 0 outside.

    Raises:
        ValueError: `name` is not one of `MOVES`.
    """
    if name not in MOVES:
        raise ValueError(f"name must be one of {MOVES}, got {name!r}")
    height, width = images.shape[2:]
    e = 2 * pixels / width  # grid_sample measures the width as 2, from −1 to 1
    down = 2 * pixels / height
    # where in the old image each new pixel is taken from: the inverse of the move
    take = {
        "shift right": [[1, 0, -e], [0, 1, 0]],
        "shift down": [[1, 0, 0], [0, 1, -down]],
        "turn": [[1, -e, 0], [e, 1, 0]],
        "zoom": [[1 - e, 0, 0], [0, 1 - e, 0]],
        "slant": [[1, e, 0], [0, 1, 0]],
    }[name]
    theta = torch.tensor(take, dtype=images.dtype, device=images.device).expand(len(images), 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
