"""The directions of largest variance, and how many of them are enough."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_float_tensor, check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("week01_pca")
def center(x: Tensor) -> tuple[Tensor, Tensor]:
    """Subtract the mean row.

    Args:
        x: images as rows, floats of shape (N, D).

    Returns:
        The centred rows (N, D), whose columns have mean zero, and the mean (D,).

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
    """
    x = check_matrix(x, "x")
    mean = x.mean(dim=0)  # (D,)
    return x - mean, mean


@exercise("week01_pca")
def principal_axes(centered: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k directions of largest variance and the variance along each.

    With the singular value decomposition X = U S Vᵀ of the centred data, the covariance matrix is
    XᵀX / (N−1) = V S²/(N−1) Vᵀ: its eigenvectors are the rows of Vᵀ and its eigenvalues are
    s²/(N−1). The covariance itself is never formed, because squaring X loses half the digits.

    Args:
        centered: rows (N, D), N >= 2, whose columns have mean zero (see `center`).
        k: number of axes, 1 <= k <= min(N, D).

    Returns:
        The axes (k, D), orthonormal rows, largest variance first, and their variances (k,), in
        squared units of the data. A singular vector is defined up to its sign; here the entry of
        largest magnitude of each axis is positive.

    Raises:
        TypeError: `centered` is not a tensor of floats, or `k` is not an integer.
        ValueError: `centered` is not of shape (N, D) with N >= 2, or holds NaN or infinity.
        ValueError: a column of `centered` does not have mean zero.
        ValueError: `k` is not between 1 and min(N, D).
    """
    centered = _check_centered(centered)
    n, d = centered.shape
    _check_k(k, n, d)
    # X = QR and R = U S Vᵀ give X = (QU) S Vᵀ: the same S and Vᵀ, without ever storing the (N, D) U
    _, r = torch.linalg.qr(centered, mode="r")  # (min(N, D), D)
    _, singular_values, axes = torch.linalg.svd(r, full_matrices=False)
    axes, singular_values = axes[:k], singular_values[:k]  # (k, D), (k,)
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))  # (k, 1)
    return axes * largest.sign(), singular_values.square() / (n - 1)


def explained_variance_ratio(centered: Tensor) -> Tensor:
    """Return the share of the total variance along every principal axis, largest first.

    ratio_i = s_i² / Σ_j s_j² with the singular values s of the centred data.

    Args:
        centered: rows (N, D), N >= 2, whose columns have mean zero (see `center`).

    Returns:
        Shares (min(N, D),), which add up to 1.

    Raises:
        TypeError: `centered` is not a tensor of floats.
        ValueError: `centered` is not of shape (N, D) with N >= 2, or holds NaN or infinity.
        ValueError: a column does not have mean zero, or the data has no variance at all.
    """
    squared = torch.linalg.svdvals(_check_centered(centered)).square()  # (min(N, D),)
    if squared.sum() == 0:
        raise ValueError("all rows are equal, so there is no variance to explain; pass other data")
    return squared / squared.sum()


@exercise("week01_pca")
def components_needed(ratio: Tensor, share: float) -> int:
    """Return the smallest number of leading axes that explain at least `share` of the variance.

    Args:
        ratio: shares of the variance (m,), as from `explained_variance_ratio`.
        share: part of the variance to reach, in (0, 1].

    Returns:
        The number of axes, from 1 to m.

    Raises:
        TypeError: `ratio` is not a tensor of floats.
        ValueError: `ratio` is not of shape (m,) with m >= 1, or holds NaN or infinity.
        ValueError: `share` is outside (0, 1], or more than all the ratios together.

    Examples:
        >>> components_needed(torch.tensor([0.5, 0.3, 0.2]), 0.75)
        2
    """
    ratio = check_float_tensor(ratio, "ratio")
    if ratio.ndim != 1 or len(ratio) == 0:
        raise ValueError(f"ratio must have shape (m,) with m >= 1, got {describe(ratio)}")
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share}; 95 percent is 0.95")
    # summed in double, then rounded: 0.5 + 0.3 in float32 must reach a share of 0.8
    cumulative = ratio.cpu().double().cumsum(0).to(ratio.dtype)  # (m,)
    total = float(cumulative[-1])
    if total < share - 1e-6:  # float32 ratios add up to 1 only to about 1e-6
        raise ValueError(
            f"the {len(ratio)} ratios given add up to {total:.6g}, less than the share {share}; "
            "compute the ratios of all axes with explained_variance_ratio"
        )
    return int((cumulative < min(share, total)).sum()) + 1


def _check_centered(centered: Tensor) -> Tensor:
    centered = check_matrix(centered, "centered")
    if len(centered) < 2:
        raise ValueError(f"a variance needs at least 2 rows, got {describe(centered)}")
    offset, scale = float(centered.mean(dim=0).abs().max()), float(centered.abs().max())
    if offset > 1e-3 * scale + 1e-6:  # rounding leaves far less
        raise ValueError(
            f"centered must have columns of mean zero, but one has mean {offset:.3g} (the largest "
            f"entry is {scale:.3g}); pass the first result of center(x)"
        )
    return centered


def _check_k(k: int, n: int, d: int) -> None:
    if not isinstance(k, int) or isinstance(k, bool):
        raise TypeError(f"k must be an integer, got {describe(k)}")
    if not 1 <= k <= min(n, d):
        raise ValueError(
            f"k must be between 1 and min(N, D) = {min(n, d)} for data of shape ({n}, {d}), got {k}"
        )
