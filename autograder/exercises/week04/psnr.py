"""Week 4: the peak signal-to-noise ratio of repaired images, in decibels."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "psnr",
    signature="def psnr(x_hat, x, peak=1.0):",
    right={
        "one logarithm": """
            return (10 * torch.log10(peak**2 / ((x_hat - x) ** 2).flatten(1).mean(dim=1))).mean()
        """,
        "two logarithms, loop": """
            values = []
            for a, b in zip(x_hat, x):
                values.append(20 * math.log10(peak) - 10 * math.log10(float(F.mse_loss(a, b))))
            return sum(values) / len(values)
        """,
        "amplitudes, numpy": """
            d = (x_hat - x).double().numpy().reshape(len(x), -1)
            return np.mean(20 * np.log10(peak / np.sqrt((d**2).mean(axis=1))))
        """,
    },
    wrong={
        "psnr-of-mean": "return 10 * torch.log10(peak**2 / F.mse_loss(x_hat, x))",
        "natural-log": {"log10": "log"},
        "twenty": {"10 *": "20 *"},
        "sse": {"mean(dim=1)": "sum(1)"},
        "sign": {"peak**2 / ": "", "mean(dim=1)": "mean(dim=1) / peak**2"},
        "peak-not-squared": {"peak**2": "peak"},
        "peak-ignored": "return -10 * ((x_hat - x) ** 2).flatten(1).mean(dim=1).log10().mean()",
        "largest-pixel": {"peak**2": "x.max() ** 2"},
        "half": {"peak**2": "peak", "mean(dim=1)": "mean(dim=1).sqrt()"},
        "one-per-image": {"(10 *": "10 *", "dim=1))).mean()": "dim=1))"},
        "no-factor": {"(10 * ": "", "dim=1)))": "dim=1))"},
        "pixel-by-pixel": {".flatten(1).mean(dim=1)": ""},
    },
)

X = torch.rand(4, 1, 3, 2, generator=grader_generator(31))
SCALE = torch.tensor([0.02, 0.1, 0.5, 1.0]).reshape(4, 1, 1, 1)
X_HAT = X + SCALE * torch.randn(4, 1, 3, 2, generator=grader_generator(32))
SQUARES = (X_HAT.double() - X.double()).square().flatten(1)  # (4, 6)
MSE = SQUARES.mean(1)


def decibels(error: Tensor, peak: float = 1.0) -> Tensor:
    """Return 10 log₁₀(peak² / error)."""
    return 10 * torch.log10(peak**2 / error)


@EXERCISE.criterion("decibels", points=1)
def one_image(psnr: Callable) -> None:
    """The formula, for one image."""
    right = decibels(MSE[1])
    known = [
        Mistake("sign", -right, "the sign: a better repair has a *larger* PSNR"),
        Mistake("natural-log", right * math.log(10), "natural logarithm; take base 10"),
        Mistake("twenty", 2 * right, "20 log₁₀ of a *squared* error; take 10 log₁₀"),
        Mistake("sse", decibels(SQUARES[1].sum()), "the *sum* of the squares; take their mean"),
        Mistake("half", right / 2, "half the decibels: was the root taken of the error only?"),
        Mistake("no-factor", right / 10, "the factor 10 is missing: bels, not decibels"),
        Mistake("mse", MSE[1], "the mean squared error itself; turn it into decibels"),
    ]
    got = run(psnr, X_HAT[1:2].clone(), X[1:2].clone(), name="psnr")
    given = run(psnr, X_HAT[1:2].clone(), X[1:2].clone(), 1.0, name="psnr")
    if close(right, given):
        known.append(Mistake("wrong-default", got, "the default of `peak` is 1"))
    expect_close(got, right, "the PSNR of one image", known)


@EXERCISE.criterion("the mean of the images' values", points=1)
def mean_over_images(psnr: Callable) -> None:
    """Four images whose errors differ much, so that the mean error is another number."""
    each = decibels(MSE)
    right = each.mean()
    known = [
        Mistake(
            "psnr-of-mean",
            decibels(MSE.mean()),
            "the PSNR of the mean error of all images; take each image's PSNR, then the mean",
        ),
        Mistake("one-per-image", each, "one number per image; take their mean"),
        Mistake("sum-over-images", each.sum(), "the sum over images; take the mean"),
        Mistake("sse", decibels(SQUARES.sum(1)).mean(), "the *sum* of squares of an image"),
        Mistake(
            "pixel-by-pixel", decibels(SQUARES).mean(), "a PSNR of every pixel; of every image"
        ),
    ]
    got = run(psnr, X_HAT.clone(), X.clone(), name="psnr")
    expect_close(got, right, "the PSNR of four images", known)
    rows = run(psnr, X_HAT.flatten(1).clone(), X.flatten(1).clone(), name="psnr")
    expect_close(rows, right, "the PSNR of the same images as rows", known)


@EXERCISE.criterion("the peak", points=1)
def peak(psnr: Callable) -> None:
    """Images up to 255, and images that stay far below their peak."""
    for factor, top in ((255.0, 255.0), (0.3, 2.0)):
        error = MSE * factor**2
        largest = float(X.max()) * factor
        known = [
            Mistake("peak-ignored", decibels(error).mean(), "`peak` has no effect"),
            Mistake(
                "peak-not-squared",
                decibels(error, math.sqrt(top)).mean(),
                "peak must be squared, as the error is",
            ),
            Mistake(
                "largest-pixel",
                decibels(error, largest).mean(),
                "the largest pixel was taken for the peak; the caller gives it",
            ),
        ]
        got = run(psnr, X_HAT * factor, X * factor, top, name="psnr")
        right = decibels(error, top).mean()
        expect_close(got, right, "the PSNR at another peak", known, rtol=1e-3)


def by_images(x_hat: Tensor, x: Tensor, peak: float) -> Tensor:
    """Return the mean of each image's decibels."""
    return decibels((x_hat - x).square().flatten(1).mean(1), peak).mean()


@EXERCISE.conduct(right=by_images)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels, and a peak."""
    x = new.uniform(0, 1, n, 3, 2, 2)
    noisy = x + 0.3 * new.normal(n, 3, 2, 2)
    return {"x_hat": noisy, "x": x, "peak": new.alternate(1.0, 3.0)}
