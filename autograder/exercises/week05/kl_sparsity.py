"""Week 5: the sparsity penalty, a Kullback–Leibler divergence from a target activity."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "kl_sparsity",
    signature="def kl_sparsity(h, target):",
    right={
        "formula": """
            m = h.mean(0).clamp(1e-6, 1 - 1e-6)
            return (
                target * (target / m).log() + (1 - target) * ((1 - target) / (1 - m)).log()
            ).sum()
        """,
        "four logarithms": """
            total = 0.0
            for unit in h.T:
                m = torch.clamp(unit.mean(), min=1e-6, max=1 - 1e-6)
                total = total + target * (math.log(target) - torch.log(m))
                total = total + (1 - target) * (math.log(1 - target) - torch.log1p(-m))
            return total
        """,
        "torch's own divergence": """
            mean = (h.sum(dim=0) / h.shape[0]).clamp(1e-6, 1 - 1e-6)
            wanted = torch.distributions.Bernoulli(torch.full_like(mean, target))
            return torch.distributions.kl_divergence(
                wanted, torch.distributions.Bernoulli(mean)
            ).sum()
        """,
    },
    wrong={
        "swapped": """
            m = h.mean(0).clamp(1e-6, 1 - 1e-6)
            return (m * (m / target).log() + (1 - m) * ((1 - m) / (1 - target)).log()).sum()
        """,
        "features-mean": {"h.mean(0)": "h.mean(1)"},
        "one-term": {" + (1 - target) * ((1 - target) / (1 - m)).log()": ""},
        "not-clamped": {".clamp(1e-6, 1 - 1e-6)": ""},
        "mean-over-units": {".sum()": ".mean()"},
        "before-averaging": {"h.mean(0)": "h", ".sum()": ".mean(0).sum()"},
        "one-mean": {"h.mean(0)": "h.mean()", ".sum()": ""},
        "sign": {"return (": "return -("},
        "sum-not-mean": {"h.mean(0).clamp(1e-6, 1 - 1e-6)": "h.sum(0)"},
        "sigmoid-again": {"h.mean(0).clamp(1e-6, 1 - 1e-6)": "h.sigmoid().mean(0)"},
        "cross-entropy": """
            m = h.mean(0).clamp(1e-6, 1 - 1e-6)
            return -(target * m.log() + (1 - target) * (1 - m).log()).sum()
        """,
        "no-gradient": {"h.mean(0)": "torch.tensor(h.detach().numpy().mean(0))"},
        "squared-distance": "return ((h.mean(0) - target) ** 2).sum()",
    },
)


def divergence(rho: float, mean: Tensor) -> Tensor:
    """Return KL(ρ ‖ mean), entry by entry, in float64."""
    mean = mean.double()
    return rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()


@EXERCISE.criterion("the formula", points=1)
def formula(kl_sparsity: Callable) -> None:
    """One unit at 0.35 with target 0.1, by hand."""
    rho, at = 0.1, torch.tensor([[0.35]])
    m = float(at)
    right = divergence(rho, at).sum()
    known = [
        Mistake(
            "swapped",
            m * math.log(m / rho) + (1 - m) * math.log((1 - m) / (1 - rho)),
            "this is KL(ρ̂ ‖ ρ): the target comes first",
        ),
        Mistake(
            "one-term",
            rho * math.log(rho / m),
            "the second term, (1 − ρ) log((1 − ρ)/(1 − ρ̂)), is missing",
        ),
        Mistake("sign", -right, "the sign: a divergence is never negative"),
        Mistake("base-two", right / math.log(2), "logarithm to base 2; use the natural one"),
        Mistake(
            "cross-entropy",
            -rho * math.log(m) - (1 - rho) * math.log(1 - m),
            "this is the cross-entropy: it is not 0 at the target",
        ),
        Mistake("squared-distance", (m - rho) ** 2, "this is the squared distance"),
        Mistake(
            "sigmoid-again",
            divergence(rho, at.sigmoid()).sum(),
            "h has gone through its sigmoid already",
        ),
    ]
    got = run(kl_sparsity, at.clone(), rho, name="kl_sparsity")
    expect_close(got, right, "the penalty of one unit at 0.35, target 0.1,", known)


@EXERCISE.criterion("mean over images, sum over units", points=1)
def reduction(kl_sparsity: Callable) -> None:
    """A batch of 6 images and 4 units: average first, then compare, then sum."""
    rho = 0.2
    h = torch.rand(6, 4, generator=grader_generator(2)) ** 2 * 0.9 + 0.02
    right = divergence(rho, h.mean(0)).sum()
    known = [
        Mistake(
            "features-mean",
            divergence(rho, h.mean(1)).sum(),
            "the mean was taken over the units of an image: ρ̂_j is the mean of unit j over "
            "the batch",
        ),
        Mistake("features-mean", divergence(rho, h.mean(1)).mean(), "the mean was over units"),
        Mistake(
            "before-averaging",
            divergence(rho, h).mean(0).sum(),
            "the divergence of every single activation: average first, then compare",
        ),
        Mistake("before-averaging", divergence(rho, h).sum(), "average over the batch first"),
        Mistake("mean-over-units", divergence(rho, h.mean(0)).mean(), "averaged over units; sum"),
        Mistake("one-mean", divergence(rho, h.mean()), "one mean for all units: each has its own"),
        Mistake("not-reduced", divergence(rho, h.mean(0)), "one number per unit; sum them"),
    ]
    got = to_tensor(run(kl_sparsity, h.clone(), rho, name="kl_sparsity"), "the penalty")
    expect(
        not bool(got.isnan().any()) or not bool((h.sum(0) > 1).any()),
        "NaN: the logarithm of a negative number; were activations summed, not averaged?",
        "sum-not-mean",
    )
    expect_close(got, right, "the penalty of 6 images and 4 units", known)


@remote_call
def _gradient(kl_sparsity, h, target):
    import torch

    h = h.clone().requires_grad_()
    value = kl_sparsity(h, target)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), h)[0]


@EXERCISE.criterion("the gradient, and finite at both ends", points=1)
def gradient_and_ends(kl_sparsity: Callable) -> None:
    """The gradient in closed form; units that never or always answer; a mean of 0.0005."""
    name = "kl_sparsity"
    h = torch.rand(5, 3, generator=grader_generator(3)).double() * 0.8 + 0.1
    got = run(lambda: _gradient(kl_sparsity, h, 0.15), name=name)
    expect(got is not None, "no gradient reaches the activations", "no-gradient")
    m = h.mean(0)
    slope = ((m - 0.15) / (m * (1 - m)) / 5).expand(5, 3)
    expect_close(got, slope, "the gradient of the penalty")
    for value in (0.0, 1.0):
        got = to_tensor(run(kl_sparsity, torch.full((3, 2), value), 0.1, name=name), "it")
        expect(
            bool(torch.isfinite(got).all()),
            f"the penalty of units that are {value:g} for every image is "
            f"{float(got.flatten()[0]):g}: clamp the means first",
            "not-clamped",
        )
    h = torch.full((4, 2), 5e-4)
    expect_close(
        run(kl_sparsity, h, 0.1, name=name),
        divergence(0.1, h.mean(0)).sum(),
        "the penalty of units with mean 0.0005 (clamp to [1e-6, 1 − 1e-6])",
        rtol=2e-3,
    )


@EXERCISE.conduct(
    right=lambda h, target: divergence(target, h.mean(0)).sum(), trains=["h"], between=(0, math.inf)
)
def arguments(new: Draw, n: int) -> Arguments:
    """Activations and a target."""
    return {"h": new.uniform(0.1, 0.9, n, 3), "target": new.alternate(0.2, 0.4)}
