"""Week 3: a network with twice as many code numbers as inputs that copies its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect_close,
    expect_shape,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "copy_weights",
    signature="def copy_weights(d):",
    right={
        "blocks": """
            one = torch.eye(d)
            return (
                torch.cat([one, -one]), torch.zeros(2 * d),
                torch.cat([one, -one], dim=1), torch.zeros(d),
            )
        """,
        "the two halves taken in turns": """
            w = torch.zeros(2 * d, d)
            for i in range(d):
                w[2 * i, i], w[2 * i + 1, i] = 1.0, -1.0
            return w, torch.zeros(2 * d), w.T.clone(), torch.zeros(d)
        """,
        "scaled, numpy": """
            w = np.kron(np.array([[-4.0], [4.0]]), np.eye(d)).astype(np.float32)
            return w, np.zeros(2 * d, np.float32), w.T / 16, np.zeros(d, np.float32)
        """,
    },
    wrong={
        "not-twice": """
            one = torch.eye(d)
            return one, torch.zeros(d), one, torch.zeros(d)
        """,
        "negative-lost": {
            "torch.cat([one, -one]),": "torch.cat([one, one]),",
            "[one, -one], dim": "[one, torch.zeros(d, d)], dim",
        },
        "negative-half-lost": {
            "torch.cat([one, -one]),": "torch.cat([one, one]),",
            "[one, -one], dim": "[one, one], dim",
        },
        "absolute": {"[one, -one], dim": "[one, one], dim"},
        "sign": {"[one, -one], dim": "[-one, one], dim"},
        "doubled": {"torch.cat([one, -one], dim": "2 * torch.cat([one, -one], dim"},
        "halved": {"dim=1)": "dim=1) / 2"},
        "transposed": {"one]),": "one], dim=1),", "one], dim=1),": "one]),"},
        "wrong-dtype": {"one = torch.eye(d)": "one = torch.eye(d, dtype=torch.float64)"},
        "nothing": {"torch.cat([one, -one]),": "torch.cat([one, one]),"},
        "bias-trick": """
            one = torch.eye(d)
            return (
                torch.cat([one, one]),
                torch.full((2 * d,), 100.0),
                torch.cat([one, torch.zeros(d, d)], dim=1),
                torch.full((d,), -100.0),
            )
        """,
    },
)

D = 5
NAMES = ["W", "b", "V", "c"]


def weights(copy_weights: Callable, d: int = D) -> list[Tensor]:
    """Return W (2d, d), b (2d,), V (d, 2d), c (d,) in float64, if they have these shapes."""
    values = to_pair(run(copy_weights, d, name="copy_weights"), "copy_weights", NAMES)
    short = f"the code has {d} numbers; use twice as many"
    found = []
    shapes = ((2 * d, d), (2 * d,), (d, 2 * d), (d,))
    for value, shape, name in zip(values, shapes, NAMES, strict=True):
        known = [Mistake("not-twice", (d,), short)] if shape != (d,) else []
        if len(shape) == 2:
            known = [
                Mistake("transposed", shape[::-1], "transposed"),
                Mistake("not-twice", (d, d), short),
            ]
        found.append(expect_shape(value, shape, f"{name} for d = {d}", known).double())
    return found


def expect_copy(copy_weights: Callable, x: Tensor, what: str, atol: float = 1e-5) -> None:
    """Apply the weights to x in float64 and compare with x."""
    w, b, v, c = weights(copy_weights)
    known = [
        Mistake("negative-lost", x.relu(), "negative numbers came back as 0"),
        Mistake("absolute", x.abs(), "the absolute value: subtract the second half"),
        Mistake("doubled", 2 * x, "twice the input came back"),
        Mistake("halved", x / 2, "half of the input came back"),
        Mistake("sign", -x, "the input came back with the wrong sign"),
        Mistake("nothing", torch.zeros_like(x), "everything came back as 0"),
        Mistake("negative-half-lost", 2 * x.relu(), "both halves hold the positive part"),
    ]
    copy = (x.double() @ w.T + b).relu() @ v.T + c
    expect_close(copy, x, f"the copy of {what}", known, atol=atol)


@EXERCISE.criterion("shapes", points=1)
def shapes(copy_weights: Callable) -> None:
    """For 5 and for 2 inputs."""
    weights(copy_weights)
    weights(copy_weights, 2)


@EXERCISE.criterion("positive numbers come back", points=1)
def positive(copy_weights: Callable) -> None:
    """Six rows of numbers from 0 to 1."""
    x = torch.rand(6, D, generator=grader_generator(31))
    expect_copy(copy_weights, x, "positive numbers")


@EXERCISE.criterion("so do negative and large ones", points=1)
def every_size(copy_weights: Callable) -> None:
    """Both signs, then a million times as large, then a hundredth."""
    y = torch.randn(20, D, generator=grader_generator(32))
    expect_copy(copy_weights, y, "numbers of both signs")
    try:
        expect_copy(copy_weights, 1e6 * y, "large numbers")
    except CheckFailed as error:
        raise CheckFailed(
            "small numbers come back, large ones do not: a bias lifts them above 0 only up to "
            "a point",
            "bias-trick",
        ) from error
    expect_copy(copy_weights, y / 100, "small numbers", atol=1e-6)


def copies(result: Any, d: int) -> str:
    """Return what is wrong with the four weights."""
    w, b, v, c = (to_tensor(t, "the weights").double() for t in result)
    if w.shape != (2 * d, d) or v.shape != (d, 2 * d):
        return f"the shapes are not those for {d} numbers"
    x = torch.randn(5, d, generator=grader_generator(33)).double()
    copy = (x @ w.T + b).relu() @ v.T + c
    return "" if torch.allclose(copy, x, rtol=1e-4, atol=1e-5) else "the copy differs"


@EXERCISE.conduct(holds=copies, dtypes=[torch.float32] * 4)
def arguments(new: Draw, n: int) -> Arguments:
    """Numbers of an image."""
    return {"d": n + new.alternate(1, 0) if n > 1 else 1}
