"""Repairing damaged images: how good a repair is, and what to compare a network with.

Everything here has a closed form. A denoising autoencoder is worth its training time if it is
better than `LinearDenoiser`, the best of all functions x̃ W + b.

>>> x = torch.rand(500, 16)
>>> noisy = x + 0.5 * torch.randn(500, 16)
>>> model = LinearDenoiser(ridge=1.0).fit(noisy, x)
>>> bool(psnr(model(noisy), x) > psnr(noisy, x))
True

References:
    * Wiener (1949), Extrapolation, interpolation, and smoothing of stationary time series.
    * Hoerl and Kennard (1970), Ridge regression.
    * Robbins (1956), An empirical Bayes approach to statistics (the formula of Tweedie).
    * LeCun (1987), Modèles connexionnistes de l'apprentissage, and Gallinari, LeCun, Thiria and
      Fogelman-Soulié (1987), Mémoires associatives distribuées (early denoising networks).
    * Vincent (2011), A connection between score matching and denoising autoencoders.
    * Alain and Bengio (2014), What regularized auto-encoders learn from the data-generating
      distribution.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from aeutils._internal.validate import check_batch, check_matrix, check_same_shape, describe
from aeutils.pca import PCA
from aeutils.testing.sealed import exercise


@exercise("week04_denoising")
def psnr(x_hat: Tensor, x: Tensor, peak: float = 1.0) -> Tensor:
    """Return the peak signal-to-noise ratio in decibels: of each image, then the mean over images.

    PSNR_i = 10 log₁₀(peak² / MSE_i), with MSE_i the mean over the pixels of image i. Half the error
    (in amplitude) is 6.02 dB more, a tenth of the squared error 10 dB more. An image that is
    rebuilt exactly has infinite PSNR. The PSNR of the mean MSE (`psnr_of_mean`) is never larger.

    Args:
        x_hat: reconstructions, finite floats of shape (N, ...).
        x: originals, of the same shape.
        peak: largest possible intensity, > 0: 1 here, 255 for bytes. Not the largest value in `x`.

    Returns:
        A scalar, in decibels.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ or are not (N, ...), or a tensor holds NaN or infinity.
        ValueError: `peak` is not positive and finite.
    """
    return 10 * torch.log10(_peak(peak) / _mse_per_image(x_hat, x)).mean()


def psnr_of_mean(x_hat: Tensor, x: Tensor, peak: float = 1.0) -> Tensor:
    """Return the PSNR of the mean squared error of all images together.

    −log is convex, so by Jensen's inequality this is at most `psnr`, the mean of the images' own
    values. The two must not be compared with each other.

    Args:
        x_hat: reconstructions, finite floats of shape (N, ...).
        x: originals, of the same shape.
        peak: largest possible intensity, as for `psnr`.

    Returns:
        A scalar, in decibels.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ or are not (N, ...), or a tensor holds NaN or infinity.
        ValueError: `peak` is not positive and finite.
    """
    return 10 * torch.log10(_peak(peak) / _mse_per_image(x_hat, x).mean())


@exercise("week04_denoising")
def linear_least_squares(noisy: Tensor, clean: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Return (W, b) that minimise Σ_i ‖x̃_i W + b − x_i‖² + ridge · ‖W‖².

    With X̃_c and X_c centred: W = (X̃_cᵀ X̃_c + ridge · I)⁻¹ X̃_cᵀ X_c and b = mean(x) − mean(x̃)
    W. The bias is not penalised (Hoerl and Kennard, 1970). For additive noise of variance σ² and
    many images W tends to (C + σ²I)⁻¹ C, C the covariance of the clean images (Wiener, 1949).

    Args:
        noisy: damaged images as rows x̃, (N, D).
        clean: the same images undamaged, x, (N, D).
        ridge: weight of ‖W‖², >= 0.

    Returns:
        W (D, D), for rows x̂ = x̃ @ W + b, and b (D,), in the dtype of `clean`; computed in
        float64.

    Raises:
        TypeError: `noisy` or `clean` is not a tensor of floats.
        ValueError: `noisy` and `clean` are not finite matrices of one shape.
        ValueError: `ridge` is negative or infinite, or there is no unique solution (use ridge > 0).
    """
    check_matrix(noisy, "noisy")
    check_same_shape(noisy, check_matrix(clean, "clean"), "noisy", "clean")
    if not 0 <= ridge < math.inf:
        raise ValueError(f"ridge must be a number >= 0, got {ridge}")
    a, y = noisy.double(), clean.double()
    mean_in, mean_out = a.mean(dim=0), y.mean(dim=0)  # (D,)
    a = a - mean_in
    gram = a.T @ a + ridge * torch.eye(a.shape[1], dtype=a.dtype, device=a.device)  # (D, D)
    root, failed = torch.linalg.cholesky_ex(gram)
    if failed:
        raise ValueError(
            f"no unique solution: the {len(a)} noisy images leave some of the {a.shape[1]} "
            "directions empty; use ridge > 0"
        )
    weight = torch.cholesky_solve(a.T @ (y - mean_out), root)  # (D, D)
    bias = mean_out - mean_in @ weight
    return weight.to(clean.dtype), bias.to(clean.dtype)


class LinearDenoiser:
    """The best linear repair of one kind of damage, in closed form: a baseline for networks.

    Args:
        ridge: weight of ‖W‖², as in `linear_least_squares`; checked by `fit`.

    Attributes:
        ridge: weight of ‖W‖².
        weight_: W (D, D). This and the following exist after `fit`.
        bias_: b (D,).
    """

    def __init__(self, ridge: float = 1.0) -> None:
        self.ridge = ridge

    def fit(self, noisy: Tensor, clean: Tensor) -> LinearDenoiser:
        """Fit to pairs of images.

        Args:
            noisy: damaged images, rows (N, D) or (N, C, H, W).
            clean: the same images undamaged, in the same shape.

        Returns:
            The denoiser itself.

        Raises:
            TypeError: `noisy` or `clean` is not a tensor of floats.
            ValueError: the shapes differ, or a tensor holds NaN or infinity.
            ValueError: `ridge` is negative or infinite, or there is no unique solution (use ridge >
                0).
        """
        rows = check_batch(noisy, "noisy").flatten(1), check_batch(clean, "clean").flatten(1)
        self.weight_, self.bias_ = linear_least_squares(*rows, self.ridge)
        return self

    def __call__(self, noisy: Tensor) -> Tensor:
        """Return the repaired images.

        Args:
            noisy: damaged images, rows (N, D) or (N, C, H, W), with the D of the fit.

        Returns:
            The repaired images, in the shape of `noisy`, not clamped.

        Raises:
            TypeError: `noisy` is not a tensor of floats.
            ValueError: `fit` was not called yet, or `noisy` holds NaN or infinity.
        """
        if not hasattr(self, "weight_"):
            raise ValueError("this LinearDenoiser is not fitted yet; call fit(noisy, clean) first")
        rows = check_batch(noisy, "noisy").flatten(1)
        return (rows @ self.weight_ + self.bias_).reshape(noisy.shape)


class PCADenoiser:
    """Project on the first k principal axes of *clean* images, which keeps k/D of white noise.

    Of noise with variance σ² per pixel, D σ² in all, k σ² stay; of the signal Σ_{i>k} λ_i is lost,
    with λ_i the variance along axis i. No pairs are needed, so it cannot know how strong the noise
    is: k must be chosen.

    Args:
        k: number of axes, 1 <= k <= min(N, D); checked by `fit`.

    Attributes:
        pca: the fitted `PCA`.
    """

    def __init__(self, k: int) -> None:
        self.pca = PCA(k)

    def fit(self, clean: Tensor) -> PCADenoiser:
        """Fit to clean images.

        Args:
            clean: undamaged images, rows (N, D) or (N, C, H, W), N >= 2.

        Returns:
            The denoiser itself.

        Raises:
            TypeError: `clean` is not a tensor of floats, or `k` is not an integer.
            ValueError: `clean` has another shape, or holds NaN or infinity.
            ValueError: `k` is not between 1 and min(N, D), or all images are equal.
        """
        self.pca.fit(clean)
        return self

    def __call__(self, noisy: Tensor) -> Tensor:
        """Return the projected images.

        Args:
            noisy: damaged images, rows (N, D) or (N, C, H, W), with the D of the fit.

        Returns:
            The repaired images, in the shape of `noisy`, not clamped.

        Raises:
            RuntimeError: `fit` was not called yet.
            TypeError: `noisy` is not a tensor of floats.
            ValueError: `noisy` has another D than the clean images, or holds NaN or infinity.
        """
        return self.pca.reconstruct(noisy).reshape(noisy.shape)


@exercise("week04_denoising")
def ideal_denoiser(noisy: Tensor, points: Tensor, sigma: float) -> Tensor:
    """Return E[x | x̃], the best repair there is when x is one of `points`, all equally likely.

    With Gaussian noise p(x_i | x̃) ∝ exp(−‖x̃ − x_i‖² / 2σ²), so that
    x̂ = Σ_i w_i x_i,  w = softmax_i(−‖x̃ − x_i‖² / 2σ²).
    No function of x̃ has a smaller mean squared error. And (Robbins 1956; Vincent 2011)
    (x̂ − x̃) / σ² = ∇ log p_σ(x̃), where p_σ is the density of the noisy points: the step from x̃
    to its repair goes uphill, towards where data are dense.

    Args:
        noisy: damaged images as rows x̃, (M, D).
        points: all images that x may be, as rows (N, D).
        sigma: standard deviation σ > 0 of the noise, in units of intensity.

    Returns:
        Repaired rows x̂, (M, D), finite for every distance and every sigma > 0.

    Raises:
        TypeError: `noisy` or `points` is not a tensor of floats.
        ValueError: `noisy` or `points` is not a matrix, or holds NaN or infinity.
        ValueError: `noisy` and `points` differ in D, or `sigma` is not positive and finite.
    """
    check_matrix(noisy, "noisy")
    check_matrix(points, "points")
    if noisy.shape[1] != points.shape[1]:
        raise ValueError(
            f"noisy has {noisy.shape[1]} numbers per row and points have {points.shape[1]}; "
            "they must be equal"
        )
    if not 0 < sigma < math.inf:
        raise ValueError(f"sigma must be > 0, got {sigma}")
    squared = torch.cdist(noisy, points, compute_mode="donot_use_mm_for_euclid_dist").square()
    return torch.softmax(-squared / (2 * sigma**2), dim=1) @ points  # (M, N) @ (N, D)


def _mse_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    check_batch(x_hat, "x_hat")
    check_same_shape(x_hat, check_batch(x, "x"), "x_hat", "x")
    return (x_hat - x).square().flatten(1).mean(dim=1)  # (N, D) -> (N,)


def _peak(peak: float) -> float:
    if not 0 < peak < math.inf:
        raise ValueError(f"peak must be > 0, got {describe(peak)}; it is 1 for images in [0, 1]")
    return peak**2
