"""Week 5: the contractive penalty of one sigmoid layer, in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week05 import _jacobians as exact
from autograder.exercises.week05._jacobians import D, K, N, draw, penalty

EXERCISE = Exercise(
    "contractive_sigmoid",
    signature="def contractive_sigmoid(x, weight, bias):",
    right={
        "row norms": """
            a = x @ weight.T + bias
            h = torch.sigmoid(a)
            d = h * (1 - h)
            return (d ** 2 @ (weight ** 2).sum(1)).mean()
        """,
        "the Jacobian written out": """
            h = torch.sigmoid(F.linear(x, weight, bias))
            j = (h - h ** 2)[:, :, None] * weight[None]
            return j.pow(2).flatten(1).sum(1).mean()
        """,
        "einsum and a mean slope": """
            h = 1 / (1 + torch.exp(-(torch.einsum("nd,kd->nk", x, weight) + bias)))
            mean_square = ((h * (1 - h)) ** 2).mean(dim=0)
            return torch.dot(mean_square, weight.norm(dim=1) ** 2)
        """,
    },
    wrong={
        "slope-missing": {"(d ** 2 @ (weight ** 2).sum(1)).mean()": "(weight ** 2).sum()"},
        "slope-not-squared": {"d ** 2": "d"},
        "slope-of-preactivation": {"h * (1 - h)": "a * (1 - a)"},
        "sum-over-batch": {".mean()": ".sum()"},
        "not-squared": {".mean()": ".sqrt().mean()"},
        "bias-missing": {" + bias": ""},
        "transposed-weights": {".sum(1)": ".sum(0)"},
        "norms-multiplied": {
            "d ** 2 @ (weight ** 2).sum(1)).mean()": "d ** 2).sum(1).mean() * (weight ** 2).sum()"
        },
        "slope-of-tanh": {"h * (1 - h)": "1 - h ** 2"},
        "mean-over-code": {"d ** 2 @": "d ** 2 *"},
        "no-gradient": {".mean()": ".mean().item()"},
        "h-not-slope": {"d ** 2": "h ** 2"},
        "sigmoid-twice": {"h * (1 - h)": "torch.sigmoid(h) * (1 - torch.sigmoid(h))"},
    },
)
NAME = EXERCISE.name
MESSAGES = {
    "transposed-weights": "columns of W were squared and summed: row k belongs to unit k",
    "slope-missing": "the slope of the sigmoid is missing",
    "slope-not-squared": "h(1 − h) must be squared: it belongs to J, and J is squared",
    "slope-of-preactivation": "a(1 − a) with a = W x + b: the slope is h(1 − h), with h after "
    "the sigmoid",
    "sigmoid-twice": "a sigmoid of a sigmoid",
    "slope-of-tanh": "1 − h² is tanh's slope",
    "h-not-slope": "h, where its slope belongs",
    "bias-missing": "the bias was left out",
    "norms-multiplied": "the norm of all of W for every unit: each unit has its own row",
    "weights-not-squared": "the weights were not squared",
}


def known(x: Tensor, w: Tensor, b: Tensor) -> list[Mistake]:
    """Return the known mistakes at these inputs."""
    a, rows = x @ w.T + b, (w**2).sum(1)
    h = a.sigmoid()
    d, twice = h * (1 - h), h.sigmoid() * (1 - h.sigmoid())
    values = {
        "slope-missing": rows.sum(),
        "slope-not-squared": (d @ rows).mean(),
        "slope-of-preactivation": ((a * (1 - a)) ** 2 @ rows).mean(),
        "sigmoid-twice": (twice**2 @ rows).mean(),
        "slope-of-tanh": ((1 - h**2) ** 2 @ rows).mean(),
        "h-not-slope": (h**2 @ rows).mean(),
        "bias-missing": penalty(x, w, 0 * b),
        "norms-multiplied": (d**2).sum(1).mean() * rows.sum(),
        "weights-not-squared": (d**2 @ w.sum(1)).mean(),
    }
    first = []
    if w.shape[0] == w.shape[1]:  # otherwise a transposed W does not fit, and Python says so
        values = {"transposed-weights": (d**2 @ (w**2).sum(0)).mean(), **values}
        product = "x @ weight, where x @ weight.T computes W x for rows"
        other = (x @ w + b).sigmoid()
        value = ((other * (1 - other)) ** 2 @ rows).mean()
        first = [Mistake("transposed-weights", value, product)]
    mistakes = [Mistake(name, value, MESSAGES[name]) for name, value in values.items()]
    return [*first, *mistakes, *exact.reduced(exact.jacobian(x, w, b))]


@EXERCISE.criterion("the formula", points=1)
def formula(contractive_sigmoid: Callable) -> None:
    """One image, and as many units as pixels, so that a transposed weight fits too."""
    one = [draw(11, 1, 4), draw(12, 4, 4), draw(13, 4)]
    got = run(contractive_sigmoid, *(t.clone() for t in one), name=NAME)
    expect_close(got, penalty(*one), "the penalty of one image, 4 units, 4 pixels", known(*one))


@EXERCISE.criterion("mean over the batch", points=1)
def mean_over_batch(contractive_sigmoid: Callable) -> None:
    """A batch in float64 and in float32."""
    many = [draw(14, N, D), draw(15, K, D), draw(16, K)]
    got = run(contractive_sigmoid, *(t.clone() for t in many), name=NAME)
    expect_close(got, penalty(*many), f"the penalty of {N} images", known(*many))
    got = run(contractive_sigmoid, *(t.float() for t in many), name=NAME)
    expect_close(got, penalty(*many), "the same in float32", rtol=1e-3)


@EXERCISE.criterion("gradients for the weights", points=1)
def weight_gradients(contractive_sigmoid: Callable) -> None:
    """The gradients for W and b."""
    many = [draw(17, N, D), draw(18, K, D), draw(19, K)]
    exact.expect_gradients(NAME, contractive_sigmoid, many, ["W", "b"])


@EXERCISE.conduct(right=penalty, trains=["weight", "bias"], rtol=1e-3, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Images and a layer."""
    return {"x": new.normal(n, 5), "weight": new.normal(3, 5), "bias": new.normal(3)}
