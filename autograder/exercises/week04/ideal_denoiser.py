"""Week 4: the ideal denoiser of a finite set of points, by Bayes' rule."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "ideal_denoiser",
    signature="def ideal_denoiser(noisy, points, sigma):",
    right={
        "softmax": """
            return torch.softmax(-torch.cdist(noisy, points) ** 2 / (2 * sigma**2), dim=1) @ points
        """,
        "shifted exponentials, loop": """
            rows = []
            for row in noisy.double():
                e = -((row - points.double()) ** 2).sum(1) / (2 * sigma**2)
                w = torch.exp(e - e.max())
                rows.append((w[:, None] * points).sum(0) / w.sum())
            return torch.stack(rows)
        """,
        "broadcasting and logsumexp": """
            e = -(noisy[:, None] - points[None]).pow(2).sum(-1) / 2 / sigma / sigma
            w = (e - e.logsumexp(1, keepdim=True)).exp()
            return torch.einsum("mn,nd->md", w, points)
        """,
    },
    wrong={
        "no-half": {"(2 * sigma**2)": "sigma**2"},
        "sigma-not-squared": {"sigma**2": "sigma"},
        "half-inside": {"(2 * sigma**2)": "2 * sigma**2"},
        "not-squared": {"points) ** 2": "points)"},
        "sign": {"softmax(-": "softmax("},
        "overflow": """
            w = torch.exp(-torch.cdist(noisy, points) ** 2 / (2 * sigma**2))
            return w @ points / w.sum(1, keepdim=True)
        """,
        "wrong-dimension": {"dim=1": "dim=0"},
        "nearest-only": "return points[torch.cdist(noisy, points).argmin(1)]",
        "residual": {"@ points": "@ points - noisy"},
        "not-normalised": {"softmax": "exp", ", dim=1": ""},
    },
)

POINTS = torch.randn(5, 3, generator=grader_generator(36))
NOISY = torch.randn(7, 3, generator=grader_generator(37))
P = POINTS.double()
SQUARED = (NOISY.double()[:, None] - P).square().sum(-1)  # (7, 5)


def mean(exponent: Tensor, dim: int = 1) -> Tensor:
    """Return the means of the points with the softmax of `exponent` as weights."""
    return torch.softmax(exponent, dim=dim) @ P


def repaired(ideal_denoiser: Callable, noisy: Tensor, sigma: float) -> object:
    """Return the rows that the student's function makes of noisy ones."""
    return run(ideal_denoiser, noisy.clone(), POINTS.clone(), sigma, name="ideal_denoiser")


def known_mistakes(sigma: float, rows: slice) -> list[Mistake]:
    """Return what the usual slips give for these rows."""
    exponent = -SQUARED / (2 * sigma**2)
    variants = [
        ("no-half", mean(-SQUARED / sigma**2), "the 2 in −‖x̃ − xᵢ‖² / 2σ² is missing"),
        ("sigma-not-squared", mean(-SQUARED / (2 * sigma)), "σ must be squared"),
        ("half-inside", mean(-SQUARED * sigma**2 / 2), "multiplied by σ²; divide by it"),
        ("not-squared", mean(-SQUARED.sqrt() / (2 * sigma**2)), "the distance not squared"),
        ("sign", mean(-exponent), "the sign: near points weigh more"),
        ("nearest-only", P[SQUARED.argmin(1)], "the nearest point; take the weighted mean"),
        ("not-normalised", exponent.exp() @ P, "weights that do not add up to 1"),
        (
            "wrong-dimension",
            mean(exponent, dim=0),
            "the weights add up to 1 over the noisy rows; they should over the points",
        ),
        ("residual", mean(exponent) - NOISY.double(), "x̂ − x̃ was returned; return x̂"),
        ("plain-mean", P.mean(0).expand(7, 3), "all points weigh the same"),
    ]
    return [Mistake(name, value[rows], message) for name, value, message in variants]


@EXERCISE.criterion("the weights of Bayes' rule", points=1)
def weights(ideal_denoiser: Callable) -> None:
    """The first of seven noisy rows, at two levels of noise."""
    first = slice(0, 1)
    for sigma in (0.7, 1.6):
        value = expect_shape(repaired(ideal_denoiser, NOISY, sigma), (7, 3), "the repaired rows")
        right = mean(-SQUARED / (2 * sigma**2))[first]
        expect_close(value[first], right, "one repaired row", known_mistakes(sigma, first))


@EXERCISE.criterion("every noisy row on its own", points=1)
def every_row(ideal_denoiser: Callable) -> None:
    """All seven noisy rows."""
    value = repaired(ideal_denoiser, NOISY, 0.7)
    right = mean(-SQUARED / (2 * 0.7**2))
    expect_close(value, right, "seven repaired rows", known_mistakes(0.7, slice(None)))


@EXERCISE.criterion("far and near", points=1)
def far_rows(ideal_denoiser: Callable) -> None:
    """Rows so far from every point that their weights are 0 in floating point."""
    far = torch.tensor([[40.0, 0.0, 0.0], [0.0, -300.0, 10.0]])
    distances = (far.double()[:, None] - P).square().sum(-1)
    value = expect_shape(repaired(ideal_denoiser, far, 0.05), (2, 3), "the repaired rows")
    expect(
        bool(torch.isfinite(value).all()),
        "far from every point all weights round to 0 and 0 / 0 is NaN: take the softmax of "
        "the exponents",
        "overflow",
    )
    known = [
        Mistake("overflow", torch.zeros(2, 3), "far from every point all weights round to 0"),
        Mistake("no-half", mean(-distances / 0.05**2), "the 2 is missing"),
        Mistake("sign", mean(distances), "the sign: near points weigh more"),
    ]
    right = mean(-distances / (2 * 0.05**2))
    expect_close(value, right, "rows far from every point", known, atol=1e-3)


def by_bayes(noisy: Tensor, points: Tensor, sigma: float) -> Tensor:
    """Return the means by Bayes' rule, with normal densities."""
    logs = torch.distributions.Normal(points, sigma).log_prob(noisy[:, None]).sum(-1)
    return (logs - logs.logsumexp(1, keepdim=True)).exp() @ points


TWICE = POINTS[:1].repeat(3, 1)


@EXERCISE.conduct(right=by_bayes, extremes=[{"noisy": POINTS[:2], "points": TWICE, "sigma": 0.5}])
def arguments(new: Draw, n: int) -> Arguments:
    """As many points as noisy rows; at the extreme all points are equal."""
    return {"noisy": new.normal(n, 3), "points": new.normal(n, 3), "sigma": new.alternate(0.9, 1.7)}
