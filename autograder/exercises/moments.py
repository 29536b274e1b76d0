"""The moments of noise: whether it is normal, with mean 0 and the standard deviation asked for."""

from __future__ import annotations

import math

from torch import Tensor

from aeutils.testing.checking import CheckFailed, expect

TOLERANCE = 0.04  # relative; the standard deviation of 24,000 numbers scatters by 0.005


def near(value: float, expected: float, tolerance: float = TOLERANCE) -> bool:
    """Return whether a statistic, `value`, is the `expected` one, up to a relative `tolerance`."""
    return abs(value - expected) <= tolerance * abs(expected)


def correlation(a: Tensor, b: Tensor) -> float:
    """Return Pearson's correlation of the entries of `a` and `b`, of one shape."""
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / (a.std() * b.std()))


def expect_deviation(deviation: float, sigma: float, what: str) -> None:
    """Raise, with its reason, unless a standard deviation is the one that was asked for.

    Args:
        deviation: the one that was measured.
        sigma: the one that was asked for.
        what: the messages call it so.

    Raises:
        CheckFailed: they differ; the mistake is named where one is known to give this deviation.
    """
    if near(deviation, sigma):
        return
    known = [
        ("variance", math.sqrt(sigma), f"sigma was taken for a variance: {what} is its root"),
        ("sigma-squared", sigma**2, f"{what} is sigma²: sigma is not to be squared"),
        ("uniform", sigma / math.sqrt(12), "uniform numbers instead of normal ones"),
        ("uniform", sigma / math.sqrt(3), "uniform numbers instead of normal ones"),
    ]
    for mistake, value, message in known:
        expect(not near(deviation, value), message, mistake)
    raise CheckFailed(f"{what} is {deviation:.3g} times what was asked for", "wrong-size")


def expect_normal(noise: Tensor, sigma: float, what: str) -> None:
    """Raise unless noise has mean 0, the deviation asked for, and the tails of a bell.

    Args:
        noise: many numbers, of any shape.
        sigma: the standard deviation that was asked for.
        what: the messages call the noise so.

    Raises:
        CheckFailed: it has not; the mistake is named where one is known.
    """
    mean, deviation = float(noise.mean()), float(noise.std())
    expect(
        not (near(mean, sigma / 2) and near(deviation, sigma / math.sqrt(12))),
        "uniform numbers between 0 and sigma: use normal ones, which have mean 0",
        "uniform",
    )
    expect(abs(mean) < 0.04 * sigma, f"the mean of {what} is not 0", "wrong-mean")
    expect_deviation(deviation, sigma, f"the standard deviation of {what}")
    fourth = float(((noise - mean) / deviation).pow(4).mean())
    expect(fourth > 2.5, "the noise has no tails: uniform, not normal, numbers", "uniform")


def standard(noise: Tensor) -> str:
    """Return what is wrong with `noise` that should be standard normal, to five standard errors."""
    mean, deviation, n = float(noise.mean()), float(noise.std()), noise.numel()
    if abs(mean) > 5 / n**0.5:
        return f"the noise has mean {mean:.2g}"
    if abs(deviation - 1) > 5 / (2 * n) ** 0.5:
        return f"the noise has {deviation:.2g} times the deviation"
    return ""


def wrong_share(hit: Tensor, share: float) -> str:
    """Return what is wrong with the share of pixels that were hit, to five standard errors.

    Args:
        hit: whether each pixel was hit, of any shape.
        share: how many should have been, from 0 to 1.

    Returns:
        A fragment of a sentence; empty if nothing is wrong.
    """
    found = float(hit.mean())
    allowed = 5 * (share * (1 - share) / hit.numel()) ** 0.5
    return "" if abs(found - share) < allowed else f"a share of {found:.2g} instead of {share:g}"
