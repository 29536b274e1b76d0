"""Hidden checks of week 4: denoising."""

from autograder.checks.week04.noise import gaussian, speckle
from autograder.checks.week04.repair import ideal_denoiser, linear_least_squares, psnr
from autograder.checks.week04.replaced import mask, salt_and_pepper
from autograder.checks.week04.training import train_denoiser

__all__ = [
    "gaussian",
    "ideal_denoiser",
    "linear_least_squares",
    "mask",
    "psnr",
    "salt_and_pepper",
    "speckle",
    "train_denoiser",
]
