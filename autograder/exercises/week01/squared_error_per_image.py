"""Week 1: the squared error of each image, and the compression factor."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "squared_error_per_image",
    defines=("squared_error_per_image", "compression_factor"),
    right={
        "flatten and sum": """
            def squared_error_per_image(x_hat, x):
                return ((x_hat - x) ** 2).flatten(1).sum(dim=1)

            def compression_factor(d, k):
                return d / k
        """,
        "loop, floats": """
            def squared_error_per_image(x_hat, x):
                errors = []
                for a, b in zip(x_hat, x):
                    errors.append(float(((a - b) * (a - b)).sum()))
                return torch.tensor(errors)

            def compression_factor(d, k):
                return float(d) / float(k)
        """,
        "mse_loss in float64": """
            def squared_error_per_image(x_hat, x):
                e = F.mse_loss(x_hat.double(), x.double(), reduction="none")
                return e.reshape(len(e), -1).sum(-1)

            def compression_factor(d, k):
                return torch.tensor(d / k)
        """,
    },
    wrong={
        "mean-not-sum": {"sum": "mean"},
        "grand-total": {".flatten(1).sum(dim=1)": ".sum()"},
        "grand-mean": {"((x_hat - x) ** 2).flatten(1).sum(dim=1)": "F.mse_loss(x_hat, x)"},
        "summed-over-images": {"dim=1": "dim=0"},
        "rooted": {"((x_hat - x) ** 2).flatten(1).sum": "(x_hat - x).flatten(1).norm"},
        "absolute": {"((x_hat - x) ** 2)": "(x_hat - x).abs()"},
        "only-rows": {".flatten(1)": ""},
        "upside-down": {"d / k": "k / d"},
        "whole-division": {"d / k": "d // k"},
    },
)

X, X_HAT = torch.rand(2, 4, 12, generator=grader_generator())
DIFFERENCE = X_HAT.double() - X.double()
RIGHT = (DIFFERENCE**2).sum(1)
ONE = "one number for all images; keep one per image"
KNOWN = [
    Mistake("mean-not-sum", RIGHT / 12, "the mean over the pixels; sum them"),
    Mistake("grand-total", RIGHT.sum(), ONE),
    Mistake("grand-mean", RIGHT.mean(), ONE),
    Mistake("grand-mean", RIGHT.mean() / 12, ONE),
    Mistake("summed-over-images", (DIFFERENCE**2).sum(0), "summed over the images, dim 0"),
    Mistake("rooted", RIGHT.sqrt(), "a square root was taken"),
    Mistake("absolute", DIFFERENCE.abs().sum(1), "absolute differences; square them"),
    Mistake("halved", RIGHT / 2, "half of it: no ½ in this definition"),
    Mistake("square-of-sum", DIFFERENCE.sum(1) ** 2, "summed first, then squared"),
]


@EXERCISE.criterion("one sum per image", points=1)
def one_sum(squared_error_per_image: Callable, compression_factor: Callable) -> None:
    """Images as rows."""
    got = run(squared_error_per_image, X_HAT.clone(), X.clone(), name="squared_error_per_image")
    expect_close(got, RIGHT, "the error per image", KNOWN)


@EXERCISE.criterion("images of any shape", points=1)
def any_shape(squared_error_per_image: Callable, compression_factor: Callable) -> None:
    """The same numbers as images."""
    shape = (4, 3, 2, 2)
    images, name = (X_HAT.reshape(shape).clone(), X.reshape(shape).clone()), EXERCISE.name
    squares = DIFFERENCE.reshape(shape) ** 2
    flatten = "summed over dim 1 alone; images have shape (N, C, H, W): flatten them first"
    last = "summed over the last dimension alone; flatten the images first"
    known = [
        *KNOWN,
        Mistake("only-rows", squares.sum(1), flatten),
        Mistake("last-dimension", squares.sum(-1), last),
    ]
    got = run(squared_error_per_image, *images, name=name)
    expect_close(got, RIGHT, "the error of images (4, 3, 2, 2)", known)


@EXERCISE.criterion("compression factor", points=1)
def factor(squared_error_per_image: Callable, compression_factor: Callable) -> None:
    """Numbers of an image over numbers of its code."""
    for d, k in ((784, 30), (3072, 64), (10, 4)):
        known = [
            Mistake("upside-down", k / d, "the inverse: how many times *shorter*"),
            Mistake("whole-division", d // k, "rounded down: use /, not //"),
            Mistake("saved-share", 1 - k / d, "the share saved, not the factor"),
        ]
        got = run(compression_factor, d, k, name="compression_factor")
        expect_close(got, d / k, f"the compression factor from {d} to {k}", known)


def by_numbers(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return each image's sum, one number after the other."""
    rows = zip((x_hat - x).flatten(1).tolist(), strict=True)
    return torch.tensor([sum(v * v for v in row) for (row,) in rows], dtype=torch.float64)


@EXERCISE.conduct(right=by_numbers, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {"x_hat": new.normal(n, 3, 2, 2), "x": new.normal(n, 3, 2, 2)}


@EXERCISE.conduct("compression_factor", right=lambda d, k: d / k)
def arguments_of_factor(new: Draw, n: int) -> Arguments:
    """Numbers of an image and of a code."""
    return {"d": new.whole(30, 900), "k": new.whole(2, 29)}
