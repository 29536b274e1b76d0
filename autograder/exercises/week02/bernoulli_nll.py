"""Week 2: the negative log-likelihood of pixels that are ink or paper."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week02._reductions import reductions

EXERCISE = Exercise(
    "bernoulli_nll",
    signature="def bernoulli_nll(logits, x):",
    right={
        "softplus": "return (F.softplus(logits) - x * logits).flatten(1).sum(dim=1).mean()",
        "torch's own, divided": """
            return F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)
        """,
        "max trick, float64, loop": """
            total = 0.0
            for a, t in zip(logits.double(), x.double()):
                total = total + (a.clamp(min=0) - a * t + torch.log1p(torch.exp(-a.abs()))).sum()
            return total / len(x)
        """,
        "two logsigmoids": """
            return -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)
        """,
    },
    wrong={
        "mean-over-pixels": "return F.binary_cross_entropy_with_logits(logits, x)",
        "sum-over-images": {".flatten(1).sum(dim=1).mean()": ".sum()"},
        "overflow": """
            p = torch.sigmoid(logits)
            return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).flatten(1).sum(1).mean()
        """,
        "epsilon": """
            p = torch.sigmoid(logits)
            return -(
                x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()
            ).flatten(1).sum(1).mean()
        """,
        "sign": "return (x * logits - F.softplus(logits)).flatten(1).sum(1).mean()",
        "ink-only": "return -(x * F.logsigmoid(logits)).flatten(1).sum(1).mean()",
        "sigmoid-twice": """
            return F.binary_cross_entropy_with_logits(
                logits.sigmoid(), x, reduction='sum'
            ) / len(x)
        """,
        "only-rows": {".flatten(1).sum(dim=1)": ".sum(1)"},
        "one-per-image": {".sum(dim=1).mean()": ".sum(1)"},
        "no-gradient": {".mean()": ".mean().item()"},
        "squared-error": "return ((logits.sigmoid() - x) ** 2).flatten(1).sum(1).mean()",
    },
)

LOGITS = torch.randn(5, 4, generator=grader_generator(2)) * 2
X = torch.rand(5, 4, generator=grader_generator(3))


def per_pixel(logits: Tensor, x: Tensor) -> Tensor:
    """Return −x log p − (1 − x) log(1 − p) in float64."""
    p, t = logits.double().sigmoid(), x.double()
    return -(t * p.log() + (1 - t) * (1 - p).log())


@EXERCISE.criterion("the formula", points=1)
def formula(bernoulli_nll: Callable) -> None:
    """One pixel."""
    a, x = LOGITS[:1, :1], X[:1, :1]
    p, t = a.double().sigmoid(), x.double()
    right = per_pixel(a, x).sum()
    swapped = per_pixel(torch.logit(t), p).sum()
    paper = "the term for paper, (1 − x) log(1 − p), is missing"
    known = [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("ink-only", -(t * p.log()).sum(), paper),
        Mistake("sigmoid-twice", per_pixel(p, x).sum(), "a sigmoid was applied twice"),
        Mistake("swapped", swapped, "logits and pixels are swapped"),
        Mistake("squared-error", ((p - t) ** 2).sum(), "squared error of the probabilities"),
        Mistake("base-two", right / math.log(2), "logarithm to base 2; use the natural one"),
        Mistake("two-logits", per_pixel(2 * a, x).sum(), "twice the logit was used"),
    ]
    got = run(bernoulli_nll, a.clone(), x.clone(), name="bernoulli_nll")
    expect_close(got, right, "the loss of one pixel", known)


@EXERCISE.criterion("sum over pixels, mean over images", points=1)
def reduction(bernoulli_nll: Callable) -> None:
    """Rows, then the same numbers as images."""
    right, wrong = reductions(per_pixel(LOGITS, X))
    got = run(bernoulli_nll, LOGITS.clone(), X.clone(), name="bernoulli_nll")
    expect_close(got, right, "the loss of 5 images of 4 pixels", wrong)
    shape = (5, 2, 1, 2)
    images = LOGITS.reshape(shape).clone(), X.reshape(shape).clone()
    rows = per_pixel(LOGITS, X).reshape(shape).sum(1).mean()
    wrong.append(Mistake("only-rows", rows, "summed over dim 1 alone; flatten first"))
    got = run(bernoulli_nll, *images, name="bernoulli_nll")
    expect_close(got, right, "the loss of images of shape (5, 2, 1, 2)", wrong)


@EXERCISE.criterion("large logits", points=1)
def large_logits(bernoulli_nll: Callable) -> None:
    """The limit where p rounds to 0 or 1."""
    for a, x, right in ((-200.0, 1.0, 200.0), (1000.0, 0.0, 1000.0), (1000.0, 1.0, 0.0)):
        pixel = torch.tensor([[a]]), torch.tensor([[x]])
        got = to_tensor(run(bernoulli_nll, *pixel, name="bernoulli_nll"), "the loss")
        expect(
            bool(torch.isfinite(got).all()),
            f"the loss of pixel {x:g} at logit {a:g} is {float(got):g}: the "
            "probability rounded to 0 or 1 before its logarithm was taken; stay with the "
            "logit",
            "overflow",
        )
        expect(
            abs(float(got) - right) < 0.01 * max(right, 1) or right == 0,
            f"the loss of pixel {x:g} at logit {a:g} is {float(got):.4g}: an epsilon "
            "inside the logarithm hides the overflow and caps the loss",
            "epsilon",
        )
        expect_close(got, right, f"the loss of pixel {x:g} at logit {a:g}", atol=1e-3)


@EXERCISE.conduct(
    right=lambda logits, x: per_pixel(logits, x).flatten(1).sum(1).mean(), trains=["logits"]
)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {"logits": 2 * new.normal(n, 3, 2, 1), "x": new.uniform(0, 1, n, 3, 2, 1)}
