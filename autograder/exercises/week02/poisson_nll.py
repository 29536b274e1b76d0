"""Week 2: the negative log-likelihood of pixels that are counts."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week02._reductions import reductions

EXERCISE = Exercise(
    "poisson_nll",
    signature="def poisson_nll(log_rate, x):",
    right={
        "formula": "return (log_rate.exp() - x * log_rate).flatten(1).sum(1).mean()",
        "torch's own, divided": """
            return F.poisson_nll_loss(log_rate, x, log_input=True, reduction='sum') / len(x)
        """,
        "image by image, float64": """
            losses = []
            for a, t in zip(log_rate.double(), x.double()):
                losses.append((torch.exp(a) - t * a).sum())
            return sum(losses) / len(losses)
        """,
    },
    wrong={
        "rate-not-log": "return (log_rate - x * log_rate.log()).sum(1).mean()",
        "with-constant": {"x * log_rate).flatten(1)": "x * log_rate + torch.lgamma(x + 1))"},
        "sign": "return (x * log_rate - log_rate.exp()).sum(1).mean()",
        "mean-over-pixels": {".flatten(1).sum(1)": ""},
        "swapped": {"log_rate.exp()": "x.exp()", ".flatten(1)": ""},
        "no-exponential": {".exp()": "", ".flatten(1)": ""},
        "log-again": {"x * log_rate).flatten(1)": "x * log_rate.log())"},
        "squared-error": "return ((log_rate.exp() - x) ** 2).sum(1).mean()",
        "no-gradient": """
            a, t = log_rate.double().numpy(), x.double().numpy()
            return (np.exp(a) - t * a).sum() / a.shape[0]
        """,
        "sum-over-images": {".flatten(1).sum(1).mean()": ".sum()"},
    },
)


@EXERCISE.criterion("the formula", points=1)
def formula(poisson_nll: Callable) -> None:
    """One pixel: rate minus count times log rate."""
    right = math.exp(0.8) - 4 * 0.8
    rate = "log_rate was used as the rate; its exponential is the rate"
    again = "the logarithm of log_rate was taken: it is a logarithm already"
    known = [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("with-constant", right + math.log(24), "the constant log x! was to be dropped"),
        Mistake("rate-not-log", 0.8 - 4 * math.log(0.8), rate),
        Mistake("swapped", math.exp(4) - 0.8 * 4, "log rates and counts are swapped"),
        Mistake("no-exponential", 0.8 - 4 * 0.8, "the rate is exp(log_rate), not log_rate"),
        Mistake("log-again", math.exp(0.8) - 4 * math.log(0.8), again),
        Mistake("squared-error", (math.exp(0.8) - 4) ** 2, "this is the squared error"),
    ]
    got = run(poisson_nll, torch.tensor([[0.8]]), torch.tensor([[4.0]]), name="poisson_nll")
    expect_close(got, right, "the loss of one pixel", known)


@EXERCISE.criterion("sum over pixels, mean over images", points=1)
def reduction(poisson_nll: Callable) -> None:
    """Four images of six pixels, in float64."""
    a = torch.randn(4, 6, generator=grader_generator(4))
    x = torch.poisson(a.exp() * 2 + 1, generator=grader_generator(5))
    right, wrong = reductions(a.double().exp() - x.double() * a.double())
    got = run(poisson_nll, a.clone(), x.clone(), name="poisson_nll")
    expect_close(got, right, "the loss of 4 images of 6 pixels", wrong)


def by_likelihood(log_rate: Tensor, x: Tensor) -> Tensor:
    """Return minus the log-likelihood of torch's own distribution, without its constant."""
    likelihood = torch.distributions.Poisson(log_rate.exp()).log_prob(x)
    return -(likelihood + torch.lgamma(x + 1)).sum(1).mean()


@EXERCISE.conduct(right=by_likelihood, trains=["log_rate"])
def arguments(new: Draw, n: int) -> Arguments:
    """Log rates and counts."""
    return {"log_rate": new.normal(n, 4), "x": new.integers(0, 6, n, 4).float()}
