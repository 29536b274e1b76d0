"""Principal component analysis: the best linear code, and the baseline of every autoencoder here.

Among all maps that squeeze D numbers into k with a matrix and rebuild them with another, PCA has
the smallest squared error on the data it was fitted to (Eckart and Young, 1936). A linear
autoencoder can at best find the same subspace (Baldi and Hornik, 1989).

>>> import torch
>>> x = torch.rand(100, 20)
>>> centered, mean = center(x)
>>> axes, variances = principal_axes(centered, k=3)
>>> z = project(x, mean, axes)              # (100, 3)
>>> x_hat = reconstruct(z, mean, axes)      # (100, 20)

References:
    * Pearson (1901), On lines and planes of closest fit to systems of points in space.
    * Eckart and Young (1936), The approximation of one matrix by another of lower rank.
    * Björck and Golub (1973), Numerical methods for computing angles between linear subspaces.
    * Baldi and Hornik (1989), Neural networks and principal component analysis: learning from
      examples without local minima.
"""

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


@exercise("week01_pca")
def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Return the angles between two subspaces, in radians, ascending.

    The first is the smallest angle between any direction of one subspace and any of the other, the
    next the smallest among the directions orthogonal to those, and so on. All are zero when one
    subspace contains the other; the largest is π/2 when some direction of the smaller subspace is
    orthogonal to the other.

    With orthonormal bases A and B, the cosines are the singular values of AᵀB, and the sines those
    of B − A AᵀB, the part of B outside A (Björck and Golub, 1973). The cosine alone loses small
    angles: cos(1e-9) rounds to 1. atan2 of both is accurate everywhere.

    Args:
        a: linearly independent *rows* (ka, D), which need not be orthonormal. The weight of an
            `nn.Linear` encoder has this layout; that of a decoder, (D, k), must be transposed.
        b: the same for the other subspace, (kb, D).

    Returns:
        Angles (min(ka, kb),), in radians between 0 and π/2.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats.
        ValueError: `a` or `b` is not a matrix, or holds NaN or infinity.
        ValueError: the rows of `a` and `b` differ in length, or those of one are linearly
            dependent.
    """
    a, b = check_matrix(a, "a"), check_matrix(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a and b must have rows of the same length, got {tuple(a.shape)} and "
            f"{tuple(b.shape)}; pass bases as rows (transpose the weight of a decoder)"
        )
    dtype = torch.promote_types(a.dtype, b.dtype)
    basis_a, basis_b = _orthonormal_basis(a.to(dtype), "a"), _orthonormal_basis(b.to(dtype), "b")
    if basis_a.shape[1] < basis_b.shape[1]:  # keep the smaller one second: one sine per angle
        basis_a, basis_b = basis_b, basis_a
    overlap = basis_a.T @ basis_b  # (larger k, smaller k)
    cosines = torch.linalg.svdvals(overlap)  # descending: angles ascending
    sines = torch.linalg.svdvals(basis_b - basis_a @ overlap).flip(0)  # ascending as well
    return torch.atan2(sines, cosines)


class PCA:
    """Principal component analysis with the fit / transform interface of scikit-learn.

    Accepts rows (N, D) or images (N, C, H, W), which are flattened.

    Args:
        k: number of axes, 1 <= k <= min(N, D); checked by `fit`.

    Attributes:
        k: number of axes.
        mean_: mean of the training images, (D,). This and the following exist after `fit`.
        components_: the axes, orthonormal rows (k, D), largest variance first.
        explained_variance_: variance along each axis, (k,).
        explained_variance_ratio_: the same relative to the variance of all D pixels, (k,).
        singular_values_: singular values of the centred images, (k,).

    Examples:
        >>> images = torch.rand(50, 1, 8, 8)
        >>> pca = PCA(k=5).fit(images)
        >>> pca.transform(images).shape, pca.reconstruct(images).shape
        (torch.Size([50, 5]), torch.Size([50, 1, 8, 8]))
    """

    def __init__(self, k: int) -> None:
        self.k = k

    def fit(self, x: Tensor) -> PCA:
        """Find the mean and the k principal axes of training images.

        Args:
            x: rows (N, D) or images (N, C, H, W), N >= 2.

        Returns:
            The fitted object itself.

        Raises:
            TypeError: `x` is not a tensor of floats, or `k` is not an integer.
            ValueError: `x` has another shape, or holds NaN or infinity.
            ValueError: `k` is not between 1 and min(N, D), or all images are equal.
        """
        centered, mean = center(_rows(x))
        axes, variances = principal_axes(centered, self.k)
        squared_sum = centered.square().sum()
        if squared_sum == 0:
            raise ValueError("all images are equal, so there is nothing to fit; pass other data")
        squared_singular_values = variances * (len(centered) - 1)
        self.mean_ = mean
        self.components_ = axes
        self.explained_variance_ = variances
        self.explained_variance_ratio_ = squared_singular_values / squared_sum
        self.singular_values_ = squared_singular_values.sqrt()
        return self

    def transform(self, x: Tensor) -> Tensor:
        """Return the codes of images.

        Args:
            x: rows (N, D) or images (N, C, H, W).

        Returns:
            The codes z, (N, k).

        Raises:
            RuntimeError: `fit` was not called yet.
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` has another shape than the training images, or holds NaN or infinity.
        """
        self._check_fitted()
        return project(_rows(x), self.mean_, self.components_)

    encode = transform  # the name that all encoders of the course share

    def inverse_transform(self, z: Tensor) -> Tensor:
        """Return the rows that codes stand for.

        Args:
            z: codes (N, k).

        Returns:
            The rows x_hat, (N, D).

        Raises:
            RuntimeError: `fit` was not called yet.
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` is not of shape (N, k), or holds NaN or infinity.
        """
        self._check_fitted()
        return reconstruct(z, self.mean_, self.components_)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Encode and decode: return the point of the principal subspace closest to each image.

        Args:
            x: rows (N, D) or images (N, C, H, W).

        Returns:
            The reconstructions, in the shape of `x`.

        Raises:
            RuntimeError: `fit` was not called yet.
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` has another shape than the training images, or holds NaN or infinity.
        """
        return self.inverse_transform(self.transform(x)).reshape(x.shape)

    def _check_fitted(self) -> None:
        if not hasattr(self, "components_"):
            raise RuntimeError("this PCA has no axes yet; call fit(x) with the training images")

    def __repr__(self) -> str:
        return f"PCA(k={self.k})"


def _rows(x: Tensor) -> Tensor:
    """Return rows (N, D) from rows or images (N, C, H, W)."""
    x = check_float_tensor(x, "x")
    return check_matrix(x.flatten(1) if x.ndim == 4 else x, "x")


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


def _check_axes(mean: Tensor, axes: Tensor) -> None:
    axes = check_matrix(axes, "axes")
    if mean.shape != (axes.shape[1],):
        raise ValueError(
            f"mean must have shape ({axes.shape[1]},) to fit axes of shape {tuple(axes.shape)}, "
            f"got {describe(mean)}"
        )


def _orthonormal_basis(rows: Tensor, name: str) -> Tensor:
    """Return an orthonormal basis (D, k) of the span of k independent rows (k, D)."""
    k, d = rows.shape
    if k <= d:
        basis, singular_values, _ = torch.linalg.svd(rows.T, full_matrices=False)
        if singular_values[-1] > singular_values[0] * d * torch.finfo(rows.dtype).eps:
            return basis
    raise ValueError(
        f"the {k} rows of {name} {tuple(rows.shape)} must be linearly independent; drop rows that "
        "are zero or combinations of others, and transpose the weight of a decoder"
    )
