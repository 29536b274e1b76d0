"""Week 1: the mean image, and the images without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
)
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week01._cloud import cloud

EXERCISE = Exercise(
    "center",
    signature="def center(x):",
    right={
        "vectorised": """
            mean = x.mean(dim=0)
            return x - mean, mean
        """,
        "loop over pixels": """
            mean = torch.empty(x.shape[1])
            out = x.clone()
            for j in range(x.shape[1]):
                mean[j] = sum(float(v) for v in x[:, j]) / len(x)
                out[:, j] -= mean[j]
            return out, mean
        """,
        "numpy, float64": """
            array = x.numpy().astype(np.float64)
            return array - array.mean(axis=0), array.mean(axis=0)
        """,
    },
    wrong={
        "global-mean": "return x - x.mean(), x.mean()",
        "mean-per-image": {"dim=0": "dim=1", "x - mean": "x - mean[:, None]"},
        "kept-dim": {"dim=0": "dim=0, keepdim=True"},
        "standardised": {"x - mean": "(x - mean) / x.std(dim=0)"},
        "changed-its-argument": {"return x - mean": "x -= mean; return x"},
        "swapped": {"x - mean, mean": "mean, x - mean"},
        "median": {"x.mean(dim=0)": "x.median(dim=0).values"},
        "returned-none": {"return x - mean, mean": "centered = x - mean"},
        "wrong-number-of-values": "return x - x.mean(dim=0)",
    },
)

X = cloud(7, 5)
MEAN = X.double().mean(0)
PARTS = ["the centred rows", "the mean"]
SWAPPED = "the two results are swapped: centred rows first"


def answer(center: Callable) -> tuple:
    """Return the student's two results."""
    return to_pair(run(center, X.clone(), name="center"), "center", PARTS)


@EXERCISE.criterion("the mean image", points=1)
def mean_image(center: Callable) -> None:
    """The mean over images."""
    known = [
        Mistake("swapped", X - MEAN, SWAPPED),
        Mistake("global-mean", X.mean(), "one number for all pixels; average over dim 0 only"),
        Mistake("mean-per-image", X.mean(1), "one mean per image; average over dim 0"),
        Mistake("kept-dim", MEAN[None], "its shape should be (D,), without a leading 1"),
        Mistake("median", X.median(0).values, "this is the median, not the mean"),
        Mistake("total", X.sum(0), "this is the sum over the images; divide by their number"),
    ]
    expect_close(answer(center)[1], MEAN, "the mean", known)


@EXERCISE.criterion("the centred rows", points=1)
def centred_rows(center: Callable) -> None:
    """Differences from the mean, and nothing else."""
    spread = "the pixels were also divided by their spread; PCA needs the differences alone"
    by_image = X - X.mean(1, keepdim=True)
    known = [
        Mistake("swapped", MEAN, SWAPPED),
        Mistake("global-mean", X - X.mean(), "one number was taken off every pixel"),
        Mistake("mean-per-image", by_image, "each image's own mean is off"),
        Mistake("standardised", (X - X.mean(0)) / X.std(0), spread),
        Mistake("standardised", (X - X.mean(0)) / X.std(0, correction=0), spread),
        Mistake("median", X - X.median(0).values, "the median was taken off, not the mean"),
        Mistake("added", X + X.mean(0), "the mean was added instead of taken off"),
        Mistake("unchanged", X, "the rows are returned as they were"),
    ]
    expect_close(answer(center)[0], X.double() - MEAN, "the centred rows", known)


@EXERCISE.criterion("the argument is left alone", points=1)
def argument(center: Callable) -> None:
    """The caller's tensor is as it was."""
    given = X.clone()
    result = to_pair(run(center, given, name="center"), "center", PARTS)
    expect_unchanged(X, given, "center")
    expect_shape(result[0], X.shape, "the centred rows")


def centred(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the centred rows and the mean, by a product with ones."""
    mean = torch.ones(len(x), dtype=x.dtype) @ x / len(x)
    return x - mean, mean


@EXERCISE.conduct(right=centred, extremes=[{"x": torch.full((4, 3), 2.5)}])
def arguments(new: Draw, n: int) -> Arguments:
    """Rows off the origin; at the extreme all rows are equal."""
    return {"x": new.normal(n, 5) + 1}
