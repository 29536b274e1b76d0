"""Elective B: the smallest threshold that rings no more false alarms than can be borne."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "threshold",
    signature="def threshold(errors, rate):",
    right={
        "each error tried": """
            above = (errors[None, :] > errors[:, None]).double().mean(dim=1)
            return float(errors[above <= rate].min())
        """,
        "a place among the sorted": """
            borne = int(rate * len(errors))
            return errors.sort(descending=True).values[borne].item()
        """,
        "the last of the largest": """
            return errors.topk(math.floor(rate * errors.numel()) + 1).values[-1]
        """,
        "numpy, the inverse of the distribution": """
            return float(np.quantile(errors.double().numpy(), 1 - rate, method="inverted_cdf"))
        """,
        "up from the smallest": """
            values = errors.tolist()
            for value in sorted(values):
                if sum(other > value for other in values) <= rate * len(values):
                    return value
        """,
        "different values and how often they occur": """
            values, times = errors.unique(return_counts=True)
            above = len(errors) - times.cumsum(0)
            return float(values[(above > rate * len(errors)).sum()])
        """,
    },
    wrong={
        "quantile": """
            return float(errors.quantile(1 - rate))
        """,
        "quantile-of-gaps": """
            return float(errors.quantile(1 - rate, interpolation="higher"))
        """,
        "other-tail": """
            return float(errors.sort().values[int(rate * len(errors))])
        """,
        "one-too-high": """
            return float(errors.sort(descending=True).values[max(0, int(rate * len(errors)) - 1)])
        """,
        "one-too-low": """
            n = len(errors)
            return float(errors.sort().values[max(0, n - 2 - int(rate * n))])
        """,
        "rounded-up": """
            place = min(math.ceil(rate * len(errors)), len(errors) - 1)
            return float(errors.sort(descending=True).values[place])
        """,
        "rounded-count": """
            place = min(round(rate * len(errors)), len(errors) - 1)
            return float(errors.sort(descending=True).values[place])
        """,
        "strictly-below-rate": {"<= rate": "< max(rate, 1e-9)"},
        "at-least": {
            " > ": " >= ",
            "errors[above <= rate].min()": (
                "errors[above <= rate].min() if (above <= rate).any() else errors.max()"
            ),
        },
        "infinite": {
            " > ": " >= ",
            "errors[above <= rate].min()": (
                "errors[above <= rate].min() if (above <= rate).any() else math.inf"
            ),
        },
        "largest": {"min()": "max()"},
        "smallest": {"errors[None, :] > errors[:, None]": "errors[:, None] > errors[None, :]"},
        "ties-once": {"above = ": "errors = errors.unique(); above = "},
        "not-sorted": """
            return float(errors[len(errors) - 1 - int(rate * len(errors))])
        """,
        "midpoint": """
            values, borne = errors.sort(descending=True).values, int(rate * len(errors))
            return float((values[borne] + values[max(0, borne - 1)]) / 2)
        """,
        "share-of-largest": """
            return float((1 - rate) * errors.max())
        """,
        "deviations": """
            return float(errors.mean() + 3 * errors.std(correction=0))
        """,
        "share": """
            above = (errors[None, :] > errors[:, None]).double().mean(dim=1)
            return float(above[above <= rate].max())
        """,
        "place": """
            above = (errors[None, :] > errors[:, None]).double().mean(dim=1)
            return int(errors.masked_fill(above > rate, math.inf).argmin())
        """,
        "all-allowed": {"float(errors[above <= rate].min())": "errors[above <= rate]"},
    },
)

NAME, WHAT = EXERCISE.name, "the threshold"
BORNE = "of n sorted errors floor(rate · n) may lie above it"
MESSAGES = {
    "quantile": "a value between two errors; `quantile` interpolates, and the threshold is one of "
    f"the errors: {BORNE}",
    "quantile-of-gaps": "a quantile counts the n − 1 gaps between the errors, not the errors: "
    f"{BORNE}",
    "other-tail": "counted from the smallest error; `rate` is the share *above* the threshold",
    "one-too-high": "one error too high: there is a smaller one above which few enough lie. An "
    "alarm rings only *above* the threshold, so that the error itself does not count",
    "one-too-low": f"one error too low: above it lies a larger share than `rate`; {BORNE}",
    "rounded-count": f"rate · n was rounded to the nearest number; down: {BORNE}",
    "rounded-up": f"rate · n was rounded up; down: {BORNE}",
    "strictly-below-rate": "a share of exactly `rate` was refused; *at most* `rate` is allowed: <=",
    "at-least": "errors that are *equal* to the threshold were counted as alarms; only those above "
    "it are: > and not >=",
    "infinite": "no threshold was found, because errors *equal* to it were counted as alarms: > "
    "and not >=",
    "largest": "the largest error, above which nothing lies; the *smallest* error above which at "
    "most the share `rate` lies",
    "smallest": "the smallest error, above which nearly all lie",
    "ties-once": "equal errors were counted once; each of them is a window of its own",
    "not-sorted": "a place among the errors as they were given; sort them first",
    "midpoint": "the middle between two errors; return one of the errors",
    "share-of-largest": "a share of the largest error; `rate` is a share of the *number* of errors",
    "deviations": "a mean plus so many standard deviations, whatever the rate; count instead",
    "share": "the share of the errors that lie above the threshold; return the threshold",
    "number": "the number of errors that lie above the threshold; return the threshold",
    "place": "the place of an error; return the error itself",
}


def chosen(errors: Tensor, rate: float, how: str = "") -> float:
    """Return the threshold by exact fractions, or what a mistake makes of it."""
    given = errors.tolist()
    n, values, borne = len(given), sorted(given), Fraction(rate) * len(given)
    if how == "ties-once":
        return chosen(torch.tensor(sorted(set(given)), dtype=torch.float64), rate)

    def smallest(allowed: Callable[[float], bool], otherwise: float = values[-1]) -> float:
        return next((v for v in values if allowed(v)), otherwise)

    def above(v: float) -> int:
        return len([w for w in given if w > v])

    def at_least(v: float) -> int:
        return len([w for w in given if w >= v])

    right = smallest(lambda v: above(v) <= borne)
    last = n - 1
    k, gaps = math.floor(borne), (1 - rate) * last
    low = math.floor(gaps)
    high = min(low + 1, last)
    mean, deviation = statistics.fmean(given), statistics.pstdev(given)
    lower, upper = values[max(last - k - 1, 0)], values[min(n - k, last)]
    return {
        "quantile": values[low] + (gaps - low) * (values[high] - values[low]),
        "quantile-lower": values[low],
        "quantile-higher": values[math.ceil(gaps)],
        "quantile-nearest": values[round(gaps)],
        "other-tail": values[k],
        "other-tail-quantile": float(torch.quantile(errors.double(), rate)),
        "one-too-high": upper,
        "one-too-low": lower,
        "rounded-count": values[max(last - round(borne), 0)],
        "rounded-up": values[max(last - math.ceil(borne), 0)],
        "strictly-below-rate": smallest(lambda v: above(v) < borne),
        "at-least": smallest(lambda v: at_least(v) <= borne),
        "infinite": smallest(lambda v: at_least(v) <= borne, math.inf),
        "largest": values[-1],
        "smallest": values[0],
        "not-sorted": given[last - k],
        "not-sorted-turned": given[k],
        "midpoint": (right + upper) / 2,
        "midpoint-below": (right + lower) / 2,
        "share-of-largest": (1 - rate) * values[-1],
        "deviations": mean + 3 * deviation,
        "two-deviations": mean + 2 * deviation,
        "share": above(right) / n,
        "number": float(above(right)),
        "place": float(given.index(right)),
    }.get(how, right)


# Other ways to one and the same mistake.
VARIANTS = {
    "quantile-lower": "quantile-of-gaps",
    "quantile-higher": "quantile-of-gaps",
    "quantile-nearest": "quantile-of-gaps",
    "other-tail-quantile": "other-tail",
    "not-sorted-turned": "not-sorted",
    "midpoint-below": "midpoint",
    "two-deviations": "deviations",
}


ALL = "several errors, above which few enough lie; return the smallest of them"


def expect_thresholds(threshold: Callable, errors: Tensor, rates: Sequence[float], of: str) -> None:
    """Compare the student's thresholds at several rates with those of exact fractions."""
    found = []
    for rate in rates:
        given = errors.clone()
        value = run(threshold, given, rate, name=NAME)
        expect_unchanged(errors, given, NAME)
        what = f"{WHAT} of {of} with rate={rate:.4g}"
        shapes = [Mistake("all-allowed", (n,), ALL) for n in range(len(errors) + 1)]
        found.append(expect_shape(value, (), what, shapes).double())
    names = [(how, how) for how in MESSAGES if how != "quantile-of-gaps"] + list(VARIANTS.items())

    def all_of(how: str) -> Tensor:
        return torch.tensor([chosen(errors, rate, how) for rate in rates], dtype=torch.float64)

    what = f"{WHAT} of {of} with rate={', '.join(f'{rate:.4g}' for rate in rates)}"
    known = [Mistake(name, all_of(how), MESSAGES[name]) for how, name in names]
    expect_close(torch.stack(found), all_of(""), what, known)


ERRORS = torch.rand(16, generator=grader_generator(620)).square() * 3 + 0.1


@EXERCISE.criterion("counting", points=1)
def counting(threshold: Callable) -> None:
    """Sixteen different errors, at rates that are a whole number of them and at others."""
    rates = (3 / 16, 0.07, 0.1, 0.25, 0.47, 0.72)
    expect_thresholds(threshold, ERRORS, rates, "16 different errors")
    expect_thresholds(threshold, ERRORS[3:], (0.2, 0.6), "13 different errors")


# 0 once, 1 six times, 2 twice, 3 once, 5 twice, 8 four times
TIMES = torch.tensor([0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 5, 8, 8, 8, 8])
TIED = (TIMES.float() + 0.5)[torch.randperm(16, generator=grader_generator(621))]


@EXERCISE.criterion("equal errors", points=1)
def equal(threshold: Callable) -> None:
    """Sixteen errors that are often equal, which lie above a threshold together or not at all."""
    rates = (3 / 16, 4 / 16, 0.3, 6 / 16, 0.45, 0.7)
    expect_thresholds(threshold, TIED, rates, "16 errors that are often equal")


@EXERCISE.criterion("the ends", points=1)
def ends(threshold: Callable) -> None:
    """No alarm at all, nearly nothing but alarms, one error alone, and all errors equal."""
    rates = (0.0, 0.001, 15 / 16, 0.99)
    expect_thresholds(threshold, ERRORS, rates, "16 different errors")
    expect_thresholds(threshold, TIED, rates, "16 errors that are often equal")
    expect_thresholds(threshold, ERRORS[2:3], (0.0, 0.5, 0.9), "one error")
    expect_thresholds(threshold, torch.full((7,), 0.4), (0.0, 0.5, 0.9), "7 errors, all equal,")


@EXERCISE.conduct(
    right=chosen,
    sizes=(9, 1, 70),
    extremes=[
        {"errors": torch.tensor([0.7, 0.2, 1.9, 0.4]), "rate": 0.0},
        {"errors": torch.tensor([0.7, 0.7, 0.7]), "rate": 0.5},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Errors of windows; at the extremes no alarm can be borne, and all errors are equal."""
    return {"errors": new.uniform(0, 2, n), "rate": new.alternate(0.37, 0.13)}
