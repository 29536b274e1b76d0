"""Images as coordinates along the axes, and back."""

from __future__ import annotations

from torch import Tensor

from aeutils._internal.validate import check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("week01_pca")
def project(x: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Encode: z = (x − mean) Vᵀ, the coordinates of each image along the axes.

    Args:
        x: images as rows (N, D).
        mean: mean of the training images, (D,).
        axes: orthonormal rows (k, D).

    Returns:
        The codes z, (N, k).

    Raises:
        TypeError: `x` or `axes` is not a tensor of floats.
        ValueError: `x` or `axes` is not a matrix, or holds NaN or infinity.
        ValueError: `x`, `mean` and `axes` differ in D.
    """
    x = check_matrix(x, "x")
    _check_axes(mean, axes)
    if x.shape[1] != axes.shape[1]:
        raise ValueError(
            f"x has {x.shape[1]} columns but the axes have {axes.shape[1]} entries each "
            f"(x is {tuple(x.shape)}, axes is {tuple(axes.shape)}); use axes of the same data"
        )
    return (x - mean) @ axes.T


@exercise("week01_pca")
def reconstruct(z: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Decode: x_hat = z V + mean, the point of the subspace with coordinates z.

    The decoder is the transpose of the encoder. It undoes the encoder only for points already in
    the subspace; for the others it returns the closest point of the subspace.

    Args:
        z: codes (N, k).
        mean: mean of the training images, (D,).
        axes: orthonormal rows (k, D).

    Returns:
        Points of the subspace as rows (N, D).

    Raises:
        TypeError: `z` or `axes` is not a tensor of floats.
        ValueError: `z` or `axes` is not a matrix, or holds NaN or infinity.
        ValueError: `z` does not have one column for each axis, or `mean` not one entry for each
            pixel.
    """
    z = check_matrix(z, "z")
    _check_axes(mean, axes)
    if z.shape[1] != len(axes):
        raise ValueError(
            f"z has {z.shape[1]} columns but there are {len(axes)} axes (z is {tuple(z.shape)}, "
            f"axes is {tuple(axes.shape)}); decode with the axes that encoded"
        )
    return z @ axes + mean


def _check_axes(mean: Tensor, axes: Tensor) -> None:
    axes = check_matrix(axes, "axes")
    if mean.shape != (axes.shape[1],):
        raise ValueError(
            f"mean must have shape ({axes.shape[1]},) to fit axes of shape {tuple(axes.shape)}, "
            f"got {describe(mean)}"
        )
