"""Hidden checks of week 4's Gaussian noise and speckle, by the moments of what was added."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from aeutils.checking import expect
from autograder.checks.week04.draws import draw, from_the_generator, own_for_each, pixels
from autograder.report import Report, check

TOLERANCE = 0.04  # relative; the standard deviation of 24,000 numbers scatters by 0.005


def near(value: float, expected: float, tolerance: float = TOLERANCE) -> bool:
    """Tell whether a statistic is what it should be, up to its scatter."""
    return abs(value - expected) <= tolerance * abs(expected)


def correlation(a: Tensor, b: Tensor) -> float:
    """Return Pearson's correlation of all entries."""
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / (a.std() * b.std()))


def _size(deviation: float, sigma: float, what: str) -> None:
    """Raise, with its reason, unless a standard deviation is `sigma`."""
    known = [
        ("variance", math.sqrt(sigma), f"sigma was taken for a variance: {what} is its root"),
        ("sigma-squared", sigma**2, f"{what} is sigma²: sigma is not to be squared"),
        ("uniform", sigma / math.sqrt(12), "uniform numbers instead of normal ones"),
        ("uniform", sigma / math.sqrt(3), "uniform numbers instead of normal ones"),
    ]
    if near(deviation, sigma):
        return
    for mistake, value, message in known:
        expect(not near(deviation, value), message, mistake)
    expect(False, f"{what} is {deviation:.3g} times what was asked for", "wrong-size")


def _bell(noise: Tensor, sigma: float, what: str) -> None:
    """Raise unless the noise has mean 0, the deviation asked for, and the tails of a bell."""
    mean, deviation = float(noise.mean()), float(noise.std())
    # rand · sigma, and |randn| · sigma
    expect(
        not (near(mean, sigma / 2) and near(deviation, sigma / math.sqrt(12))),
        "uniform numbers between 0 and sigma: use normal ones, which have mean 0",
        "uniform",
    )
    expect(abs(mean) < 0.04 * sigma, f"the mean of {what} is not 0", "wrong-mean")
    _size(deviation, sigma, f"the standard deviation of {what}")
    fourth = float(((noise - mean) / deviation).pow(4).mean())
    expect(fourth > 2.5, "the noise has no tails: uniform, not normal, numbers", "uniform")


@check({"the noise": 1, "its own for every pixel": 1, "the generator, and the input": 1})
def gaussian(report: Report, gaussian: Callable) -> None:
    """Out − x must be N(0, σ²), also for x outside [0, 1]."""
    x, sigma, name = pixels(-0.5, 1.5, 21), 0.25, "gaussian"
    with report.criterion("the noise"):
        out = draw(gaussian, x, sigma, name).first
        noise = out - x
        own_for_each(noise)
        expect(
            bool(out.min() < 0 or out.max() > 1),
            "the noisy values were clipped to [0, 1]; clipped noise no longer has mean 0: leave "
            "them as they are",
            "clipped",
        )
        expect(
            correlation(noise, x) > -0.8, "the image is missing: return image + noise", "noise-only"
        )
        clipped_before = out - x.clamp(0, 1)
        expect(
            near(float(noise.std()), sigma)
            or not near(float(clipped_before.std()), sigma)
            or abs(float(clipped_before.mean())) > 0.04 * sigma,
            "the image was clipped to [0, 1] before the noise was added; leave its values alone",
            "clipped-before",
        )
        expect(
            abs(correlation(noise.abs(), x.abs())) < 0.3,
            "the noise grows with the pixel: this is speckle; *add* the noise",
            "multiplied",
        )
        _bell(noise, sigma, "the noise")
        strong = draw(gaussian, x, 1.5, name).first - x  # the same formula at another level
        _bell(strong, 1.5, "the noise at another sigma")
    with report.criterion("its own for every pixel"):
        own_for_each(draw(gaussian, x, sigma, name).first - x)
    with report.criterion("the generator, and the input"):
        from_the_generator(draw(gaussian, x, sigma, name), x, name)


@check({"in proportion to the pixel": 1, "the generator, and the input": 1})
def speckle(report: Report, speckle: Callable) -> None:
    """(out − x) / x must be N(0, σ²)."""
    x, sigma, name = pixels(0.3, 1.8, 22), 0.25, "speckle"
    with report.criterion("in proportion to the pixel"):
        out = draw(speckle, x, sigma, name).first
        added, relative = out - x, (out - x) / x
        own_for_each(relative)
        expect(
            bool(out.max() > 1),
            "the result was clipped to [0, 1]; leave its values alone",
            "clipped",
        )
        expect(
            not near(float(relative.mean()), -1, 0.05),
            "the image is gone: x · σ n has mean 0; multiply by 1 + σ n",
            "signal-lost",
        )
        expect(
            correlation(added.abs(), x) > 0.1,
            "bright and dark pixels get the same noise: it was added, not multiplied",
            "additive",
        )
        _bell(relative, sigma, "(out − x) / x")
        _bell((draw(speckle, x, 0.8, name).first - x) / x, 0.8, "(out − x) / x at another sigma")
    with report.criterion("the generator, and the input"):
        from_the_generator(draw(speckle, x, sigma, name), x, name)
