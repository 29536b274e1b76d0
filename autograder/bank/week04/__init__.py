"""Answers to week 4: denoising."""

from autograder.bank.week04.noise import GAUSSIAN, MASK, SALT_AND_PEPPER, SPECKLE
from autograder.bank.week04.repair import IDEAL_DENOISER, LINEAR_LEAST_SQUARES, PSNR
from autograder.bank.week04.training import TRAIN_DENOISER

EXERCISES = {
    "gaussian": GAUSSIAN,
    "salt_and_pepper": SALT_AND_PEPPER,
    "speckle": SPECKLE,
    "mask": MASK,
    "psnr": PSNR,
    "linear_least_squares": LINEAR_LEAST_SQUARES,
    "train_denoiser": TRAIN_DENOISER,
    "ideal_denoiser": IDEAL_DENOISER,
}
