"""PCA with the interface of scikit-learn."""

from __future__ import annotations

from torch import Tensor

from aeutils._internal.validate import check_float_tensor, check_matrix
from aeutils.pca.axes import center, principal_axes
from aeutils.pca.codes import project, reconstruct


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
        >>> import torch
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
