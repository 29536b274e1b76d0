"""The deviation of noise at several log-variances, and which mistake gives another one."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, expect
from autograder.exercises.moments import near

LEVELS = [-3.0, -1.2, 0.4, 1.1, 2.0]  # of the log-variance
# Of 12,000 numbers a deviation scatters by 0.7 %.
TOLERANCE = 0.05

UNIFORM = {"uniform between 0 and 1": 12, "uniform between −1 and 1": 3}
KNOWN: dict[str, tuple[Callable[[float], float], str]] = {
    "log-var-for-deviation": (
        abs,
        "the noise was multiplied by log_var itself; σ is exp(log_var / 2)",
    ),
    "variance-for-deviation": (
        math.exp,
        "the noise was multiplied by the variance, exp(log_var); σ is its root, exp(log_var / 2)",
    ),
    "exp-2v": (
        lambda v: math.exp(2 * v),
        "σ² = exp(log_var), so that log_var is halved, not doubled",
    ),
    "half-outside": (
        lambda v: math.exp(v) / 2,
        "half of the variance is not its root: the half belongs inside the exponential",
    ),
    "root-of-log-var": (
        lambda v: math.sqrt(abs(v)),
        "the noise was multiplied by the root of log_var; take exp first",
    ),
    "half-of-log-var": (lambda v: abs(v) / 2, "exp is missing: log_var / 2 is log σ, not σ"),
    "no-spread": (
        lambda v: 1.0,
        "the noise was not multiplied by σ: log_var makes no difference",
    ),
    "sign": (lambda v: math.exp(-v / 2), "exp(−log_var / 2) is 1 / σ"),
    "sign-of-log-var": (lambda v: math.exp(-v), "exp(−log_var) is 1 / σ²"),
    "exp-minus-one": (
        lambda v: abs(math.expm1(v / 2)),
        "1 is missing: the noise was multiplied by exp(log_var / 2) − 1",
    ),
    "base-two": (lambda v: 2 ** (v / 2), "a power of 2; log_var is a natural logarithm"),
    "exp-twice": (
        lambda v: math.exp(math.exp(v / 2)),
        "an exponential too many",
    ),
    "softplus": (lambda v: math.log1p(math.exp(v)), "softplus of log_var; σ is exp(log_var / 2)"),
    "sigmoid": (lambda v: 1 / (1 + math.exp(-v)), "sigmoid of log_var; σ is exp(log_var / 2)"),
    "spread-squared-and-halved": (
        lambda v: math.exp(v / 2) / 2,
        "σ was halved once more",
    ),
}


def expect_own(apart: Tensor) -> None:
    """Raise if what was added, for one log-variance, is alike for rows, or for units of a row."""
    whole = float(apart.std())
    expect(
        float(apart.abs().mean()) > 1e-4,
        "there is no noise in the draw: it is the mean, while training",
        "never-drawn",
    )
    alone = "there is one number for all rows and units; draw one for every entry"
    expect(whole > 1e-3 * float(apart.abs().mean()), alone, "one-for-all")
    expect(
        float(apart.std(dim=0).mean()) > 0.05 * whole,
        "all rows get the same noise: the draws need the shape of the means, (N, K)",
        "same-for-all",
    )
    expect(
        float(apart.std(dim=1).mean()) > 0.05 * whole,
        "all units of a row get the same noise: the draws need the shape of the means, (N, K)",
        "one-per-row",
    )


def spreads(apart: Tensor, log_var: Tensor) -> list[float]:
    """Return the standard deviation of what was added to the mean, at each of the `LEVELS`.

    Args:
        apart: what was added, float64, (N, K).
        log_var: each entry one of the levels, (N, K).
    """
    return [float(apart[log_var == torch.tensor(v)].std()) for v in LEVELS]


def expect_spread(found: list[float]) -> None:
    """Raise, with the reason where one is known, unless the deviations are exp(level / 2).

    Args:
        found: the deviations, one for each of the `LEVELS`.

    Raises:
        CheckFailed: they are others.
    """

    def fits(function: Callable[[float], float], factor: float = 1.0) -> bool:
        pairs = zip(found, LEVELS, strict=True)
        return all(near(s, factor * function(v), TOLERANCE) for s, v in pairs)

    def right(v: float) -> float:
        return math.exp(v / 2)

    if fits(right):
        return
    for mistake, (function, message) in KNOWN.items():
        expect(not fits(function), f"the spread of the draw: {message}", mistake)
    for which, part in UNIFORM.items():
        text = f"the noise is {which}; normal numbers have variance 1"
        expect(not fits(right, part**-0.5), text, "uniform")
    logs = [math.log(max(s, 1e-12)) for s in found]
    share, start = _line(LEVELS, logs)
    if all(abs(y - share * v - start) < TOLERANCE for v, y in zip(LEVELS, logs, strict=True)):
        factor = math.exp(start)
        text = f"σ grows like {factor:.2g} · exp({share:.2g} · log_var); it is exp(log_var / 2)"
        raise CheckFailed(f"the spread of the draw: {text}", "other-exponent")
    worst = max(range(len(found)), key=lambda i: abs(logs[i] - LEVELS[i] / 2))
    text = f"where log_var is {LEVELS[worst]:g} the deviation of the draw is {found[worst]:.3g}, "
    raise CheckFailed(text + f"and σ is {right(LEVELS[worst]):.3g}", "wrong-spread")


def _line(x: list[float], y: list[float]) -> tuple[float, float]:
    """Return slope and start of the least-squares line."""
    a, b = sum(x) / len(x), sum(y) / len(y)
    slope = sum((u - a) * (v - b) for u, v in zip(x, y, strict=True))
    slope /= sum((u - a) ** 2 for u in x)
    return slope, b - slope * a
