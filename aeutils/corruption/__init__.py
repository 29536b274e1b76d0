"""Damage and repair: noise, masks, jitter, filters, and denoising by least squares."""

from aeutils.corruption.affine_jitter import jitter
from aeutils.corruption.denoising import (
    LinearDenoiser,
    PCADenoiser,
    ideal_denoiser,
    linear_least_squares,
    psnr,
    psnr_of_mean,
)
from aeutils.corruption.filters import gaussian_filter, median_filter, non_local_means
from aeutils.corruption.noise import block, downsample, gaussian, mask, salt_and_pepper, speckle
from aeutils.corruption.tangents import affine_tangents, moved

__all__ = [
    "LinearDenoiser",
    "PCADenoiser",
    "affine_tangents",
    "block",
    "downsample",
    "gaussian",
    "gaussian_filter",
    "ideal_denoiser",
    "jitter",
    "linear_least_squares",
    "mask",
    "median_filter",
    "moved",
    "non_local_means",
    "psnr",
    "psnr_of_mean",
    "salt_and_pepper",
    "speckle",
]
