"""Week 2: the cross-entropy of a network that ends in a tanh."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week02._reductions import reductions
from autograder.exercises.week02.bernoulli_nll import EXERCISE as BERNOULLI

EXERCISE = Exercise(
    "tanh_cross_entropy",
    signature="def tanh_cross_entropy(a, x):",
    setup=BERNOULLI.right["softplus"],
    right={
        "twice the logit": "return bernoulli_nll(2 * a, x)",
        "own softplus": """
            return (x * F.softplus(-2 * a) + (1 - x) * F.softplus(2 * a)).sum(1).mean()
        """,
        "torch's own": """
            return F.binary_cross_entropy_with_logits(a + a, x, reduction='none').sum(1).mean()
        """,
    },
    wrong={
        "half-logit": {"2 * a": "a"},
        "overflow": """
            p = (1 + torch.tanh(a)) / 2
            return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).sum(1).mean()
        """,
        "log-of-tanh": """
            y = torch.tanh(a)
            return -(x * y.log() + (1 - x) * (1 - y).log()).sum(1).mean()
        """,
        "tanh-as-logit": {"2 * a": "torch.tanh(a)"},
        "four-times": {"2 * a": "4 * a"},
        "rescaled-pixels": {"2 * a, x": "2 * a, 2 * x - 1"},
        "no-gradient": {"2 * a, x)": "2 * a, x).detach()"},
        "squared-error": "return ((torch.tanh(a) - x) ** 2).sum(1).mean()",
        "mean-over-pixels": "return F.binary_cross_entropy_with_logits(2 * a, x)",
    },
)

A = torch.randn(5, 3, generator=grader_generator(6))
X = torch.rand(5, 3, generator=grader_generator(7))


def entropy(p: Tensor) -> Tensor:
    """Return the cross-entropy of probabilities p with the pixels, in float64."""
    t = X.double()
    return -(t * p.log() + (1 - t) * (1 - p).log())


@EXERCISE.criterion("the formula, reduced like the others", points=1)
def formula(tanh_cross_entropy: Callable) -> None:
    """Against (1 + tanh a) / 2 in float64."""
    y, t = A.double().tanh(), X.double()
    right, wrong = reductions(entropy((1 + y) / 2))
    half = "sigmoid(a) is not (1 + tanh a) / 2: which logit has that sigmoid?"
    rescaled = -((2 * t - 1) * ((1 + y) / 2).log() + (2 - 2 * t) * ((1 - y) / 2).log())
    pixels = "the pixels were rescaled to [−1, 1]; cross-entropy wants them in [0, 1]"

    def by_logit(logit: Tensor) -> Tensor:
        return entropy(logit.sigmoid()).sum(1).mean()

    known = [
        Mistake("half-logit", by_logit(A.double()), half),
        Mistake("tanh-as-logit", by_logit(y), "tanh a was used as a logit"),
        Mistake("squared-error", ((y - t) ** 2).sum(1).mean(), "squared error"),
        Mistake("four-times", by_logit(4 * A.double()), "the logit is too large by 2"),
        Mistake("rescaled-pixels", rescaled.sum(1).mean(), pixels),
    ]
    result = run(tanh_cross_entropy, A.clone(), X.clone(), name="tanh_cross_entropy")
    got = to_tensor(result, "the loss")
    expect(
        not bool(got.isnan().any()),
        "NaN: the logarithm of a negative tanh was taken; tanh a stands for the "
        "probability (1 + y) / 2",
        "log-of-tanh",
    )
    expect_close(got, right, "the loss of 5 images of 3 pixels", [*known, *wrong])


@EXERCISE.criterion("large values", points=1)
def large_values(tanh_cross_entropy: Callable) -> None:
    """The limit where tanh rounds to ±1."""
    for a, x, right in ((-100.0, 1.0, 200.0), (1000.0, 0.0, 2000.0)):
        pixel = torch.tensor([[a]]), torch.tensor([[x]])
        got = to_tensor(run(tanh_cross_entropy, *pixel, name="tanh_cross_entropy"), "the loss")
        expect(
            bool(torch.isfinite(got).all()),
            f"the loss of pixel {x:g} at a = {a:g} is {float(got):g}: tanh rounded "
            "to ±1 before the logarithm was taken",
            "overflow",
        )
        known = [Mistake("half-logit", right / 2, "half of it: which logit has this sigmoid?")]
        expect_close(got, right, f"the loss of pixel {x:g} at a = {a:g}", known, atol=0.1)


def by_probability(a: Tensor, x: Tensor) -> Tensor:
    """Return the loss from the probability (1 + tanh a) / 2."""
    p = (1 + a.tanh()) / 2
    return -(x * p.log() + (1 - x) * (1 - p).log()).sum(1).mean()


@EXERCISE.conduct(right=by_probability, trains=["a"], between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Rows."""
    return {"a": new.normal(n, 4), "x": new.uniform(0, 1, n, 4)}
