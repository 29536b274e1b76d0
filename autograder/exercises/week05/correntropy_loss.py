"""Week 5: the correntropy loss, which a few wild pixels cannot dominate."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "correntropy_loss",
    signature="def correntropy_loss(x_hat, x, sigma):",
    right={
        "formula": """
            e = x_hat - x
            return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma**2)))).flatten(1).sum(1).mean()
        """,
        "expm1, float64": """
            e = x_hat - x
            return -sigma**2 * torch.expm1(-0.5 * (e.double() / sigma) ** 2).sum() / len(x)
        """,
        "loop over images": """
            losses = []
            for a, b in zip(x_hat, x):
                similarity = torch.exp(-((a - b) ** 2) / (2 * sigma * sigma))
                losses.append(sigma * sigma * (1 - similarity).sum())
            return sum(losses) / len(losses)
        """,
    },
    wrong={
        "width-not-squared": {"2 * sigma**2": "2 * sigma"},
        "no-two": {"(2 * sigma**2)": "sigma**2"},
        "sign": {"1 - torch": "torch", "(2 * sigma**2))": "(2 * sigma**2)) - 1"},
        "kernel-itself": {"(sigma**2 * (1 - torch": "torch", "sigma**2))))": "sigma**2))"},
        "minus-kernel": {"(sigma**2 * (1 - torch": "-torch", "sigma**2))))": "sigma**2))"},
        "not-scaled": {"sigma**2 * (": "", "sigma**2))))": "sigma**2)))"},
        "error-not-squared": {"e**2": "e.abs()"},
        "exponent-sign": {"-e**2": "e**2"},
        "one-kernel-per-image": {
            "e**2": "(e**2).flatten(1).sum(1)",
            ")))).flatten(1).sum(1)": "))))",
        },
        "mean-over-pixels": {".flatten(1).sum(1)": ""},
        "sum-over-images": {".flatten(1).sum(1).mean()": ".sum()"},
        "only-rows": {".flatten(1)": ""},
        "no-gradient": """
            losses = []
            for a, b in zip(x_hat.numpy(), x.numpy()):
                similarity = np.exp(-((a - b) ** 2) / (2 * sigma * sigma))
                losses.append(float(sigma * sigma * (1 - similarity).sum()))
            return sum(losses) / len(losses)
        """,
    },
)


def robust(squared: Tensor, sigma: float) -> Tensor:
    """Return σ² (1 − exp(−e² / 2σ²)) of squared errors e², in float64."""
    return sigma**2 * (1 - torch.exp(-squared.double() / (2 * sigma**2)))


def per_pixel(a: Tensor, b: Tensor, sigma: float) -> Tensor:
    """Return the loss of every pixel."""
    return robust((a.double() - b.double()) ** 2, sigma)


@EXERCISE.criterion("the formula", points=1)
def formula(correntropy_loss: Callable) -> None:
    """One pixel with an error of 0.7, for a narrow and a wide kernel."""
    sigma, e = 0.4, 0.7
    a, b = torch.tensor([[1.0]]), torch.tensor([[0.3]])
    right = per_pixel(a, b, sigma).sum()
    kernel = math.exp(-(e**2) / (2 * sigma**2))
    width_not_squared, no_two, error_not_squared = (
        sigma**2 * (1 - math.exp(exponent))
        for exponent in (-(e**2) / (2 * sigma), -(e**2) / sigma**2, -e / (2 * sigma**2))
    )
    known = [
        Mistake(
            "width-not-squared",
            width_not_squared,
            "the kernel's width σ must be squared in the exponent",
        ),
        Mistake("no-two", no_two, "the 2 of 2σ² is missing"),
        Mistake(
            "error-not-squared", error_not_squared, "the error must be squared in the exponent"
        ),
        Mistake("sign", -right, "the sign: a loss must *grow* with the error"),
        Mistake(
            "kernel-itself",
            sigma**2 * kernel,
            "this is the similarity, largest at the right answer; a loss is 1 minus it",
        ),
        Mistake("kernel-itself", kernel, "this is the similarity itself"),
        Mistake(
            "minus-kernel",
            -(sigma**2) * kernel,
            "minus the similarity: shift it so that it is 0 without error",
        ),
        Mistake("minus-kernel", -kernel, "minus the similarity: shift and scale it"),
        Mistake("not-scaled", 1 - kernel, "the factor σ² is missing"),
        Mistake("scaled-by-sigma", sigma * (1 - kernel), "the factor is σ², not σ"),
        Mistake("exponent-sign", sigma**2 * (1 - 1 / kernel), "the exponent must be negative"),
        Mistake("squared-error", e**2, "this is the squared error"),
        Mistake("squared-error", e**2 / 2, "this is half the squared error"),
    ]
    got = run(correntropy_loss, a.clone(), b.clone(), sigma, name="correntropy_loss")
    expect_close(got, right, "the loss of one pixel with error 0.7, σ = 0.4,", known)
    wide = run(correntropy_loss, a.clone(), b.clone(), 5.0, name="correntropy_loss")
    expect_close(wide, per_pixel(a, b, 5.0).sum(), "the same with σ = 5")


@EXERCISE.criterion("sum over pixels, mean over images", points=1)
def reduction(correntropy_loss: Callable) -> None:
    """Five images of four pixels, as rows and in two dimensions."""
    sigma = 0.3
    a, b = (torch.rand(5, 4, generator=grader_generator(seed)) for seed in (4, 5))
    each = per_pixel(a, b, sigma)
    right = each.sum(1).mean()
    known = [
        Mistake("mean-over-pixels", each.mean(), "averaged over pixels too; sum them"),
        Mistake("sum-over-images", each.sum(), "summed over images; average over them"),
        Mistake("one-per-image", each.sum(1), "one number per image; average them"),
        Mistake("not-reduced", each, "one number per pixel; sum, then average"),
        Mistake(
            "one-kernel-per-image",
            robust(((a - b) ** 2).double().sum(1), sigma).mean(),
            "one kernel for the whole image: then one wild pixel silences all others; take "
            "a kernel for each pixel",
        ),
    ]
    got = run(correntropy_loss, a.clone(), b.clone(), sigma, name="correntropy_loss")
    expect_close(got, right, "the loss of 5 images of 4 pixels", known)
    a, b, each = (t.reshape(5, 2, 1, 2) for t in (a, b, each))
    got = run(correntropy_loss, a, b, sigma, name="correntropy_loss")
    known.append(Mistake("only-rows", each.sum(1).mean(), "summed over dim 1 alone; flatten first"))
    expect_close(got, right, "the loss of images of shape (5, 2, 1, 2)", known)


def of_images(x_hat: Tensor, x: Tensor, sigma: float) -> Tensor:
    """Return the loss of images."""
    return robust((x_hat - x) ** 2, sigma).flatten(1).sum(1).mean()


@EXERCISE.conduct(right=of_images, trains=["x_hat"], between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels, and a width."""
    pair = {"x_hat": new.uniform(0, 1, n, 3, 2, 1), "x": new.uniform(0, 1, n, 3, 2, 1)}
    return {**pair, "sigma": new.alternate(0.3, 0.6)}
