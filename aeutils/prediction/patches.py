"""Images cut into square patches, as a transformer takes them, and put together again.

>>> import torch
>>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
>>> to_patches(image, size=2)[0, 1]  # the patch at the right of the first
tensor([2., 3., 6., 7.])

References:
    * A. Dosovitskiy et al. (2021). An image is worth 16×16 words: transformers for image
      recognition at scale. ICLR, section 3.1.
"""

from __future__ import annotations

from torch import Tensor

from aeutils._internal.validate import check_count, check_floats, describe
from aeutils.testing.sealed import exercise


@exercise("elective_d_prediction")
def to_patches(images: Tensor, size: int) -> Tensor:
    """Return the patches of images, the rows of their grid one after the other.

    Args:
        images: floats (N, C, H, W); H and W are multiples of `size`.
        size: height and width of a patch, in pixels.

    Returns:
        (N, P, C · size · size) with P = H/size · W/size. Within a patch the numbers are in the
        order channel, row, column.

    Raises:
        TypeError: `images` is not a tensor of floats, or `size` not an integer.
        ValueError: `images` has another shape, or cannot be cut into whole patches.
    """
    if check_floats(images, "images").ndim != 4:
        raise ValueError(f"images must have shape (N, C, H, W), got {describe(images)}")
    n, channels = images.shape[:2]
    rows, columns = grid_of(tuple(images.shape[2:]), size)
    cut = images.reshape(n, channels, rows, size, columns, size)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, rows * columns, channels * size * size)


@exercise("elective_d_prediction")
def from_patches(patches: Tensor, image_shape: tuple[int, int, int], size: int) -> Tensor:
    """Return the images of which these are the patches: the inverse of `to_patches`.

    Args:
        patches: floats (N, P, C · size · size).
        image_shape: (C, H, W) of one image.
        size: height and width of a patch, in pixels.

    Returns:
        (N, C, H, W).

    Raises:
        TypeError: `patches` is not a tensor of floats, or `size` not an integer.
        ValueError: images of that shape cannot be cut into whole patches, or have others.
    """
    channels, height, width = image_shape
    rows, columns = grid_of((height, width), size)
    wanted = (rows * columns, channels * size * size)
    if check_floats(patches, "patches").ndim != 3 or patches.shape[1:] != wanted:
        raise ValueError(
            f"images of shape {tuple(image_shape)} have patches of shape (N, {wanted[0]}, "
            f"{wanted[1]}) if a patch has {size} × {size} pixels, got {describe(patches)}"
        )
    cut = patches.reshape(len(patches), rows, columns, channels, size, size)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), channels, height, width)


def grid_of(pixels: tuple[int, ...], size: int) -> tuple[int, int]:
    """Return how many rows and columns of patches there are in an image.

    Args:
        pixels: height and width of the image.
        size: height and width of a patch, in pixels.

    Raises:
        TypeError: `size` is not an integer.
        ValueError: the image cannot be cut into whole patches.
    """
    check_count(size, "size")
    height, width = pixels
    if min(pixels) < size or height % size or width % size:
        raise ValueError(
            f"an image of {height} × {width} pixels cannot be cut into whole patches of {size} × "
            f"{size}; take a size that divides both"
        )
    return height // size, width // size
