"""Week 6: how often a similarity within a class is larger than one between classes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_unchanged, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "auc",
    signature="def auc(same, diff):",
    right={
        "table of comparisons": """
            w = same[:, None] > diff
            t = same[:, None] == diff
            return float((w.double() + 0.5 * t.double()).mean())
        """,
        "searchsorted": """
            d = torch.sort(diff)[0]
            lo = torch.searchsorted(d, same)
            hi = torch.searchsorted(d, same, right=True)
            return (lo + hi).sum().item() / 2 / len(same) / len(diff)
        """,
        "signs, a tensor": """
            return (1 + torch.sign(same[:, None] - diff[None]).double().mean()) / 2
        """,
        "mean ranks": """
            every = torch.cat([same, diff]).double()
            _, place, count = every.unique(return_inverse=True, return_counts=True)
            rank = (count.cumsum(0) - (count - 1) / 2)[place]
            s, d = len(same), len(diff)
            return float((rank[:s].sum() - s * (s + 1) / 2) / (s * d))
        """,
    },
    wrong={
        "ties-lose": {"(w.double() + 0.5 * t.double())": "w.double()"},
        "ties-win": {"(w.double() + 0.5 * t.double())": "(w | t).double()"},
        "swapped": {"float(": "float(1 - "},
        "count": {".mean()": ".sum()"},
        "wrong-number": {".mean()": ".sum() / len(same)"},
        "gini": {
            "(w.double() + 0.5 * t.double())": "w.double()",
            ".mean()": ".mean() - (~w & ~t).double().mean()",
        },
        "paired": """
            n = min(len(same), len(diff))
            return float((same[:n] > diff[:n]).double().mean())
        """,
        "above-the-mean": {"(w.double() + 0.5 * t.double())": "(same > diff.mean()).double()"},
        "mean-difference": {"(w.double() + 0.5 * t.double()).mean()": "same.mean() - diff.mean()"},
        "changed-its-argument": """
            diff[:] = diff.sort().values
            lo = torch.searchsorted(diff, same)
            hi = torch.searchsorted(diff, same, right=True)
            return float((lo + hi).double().mean() / (2 * len(diff)))
        """,
    },
)


def wins(same: list[float], diff: list[float], tie: float = 0.5) -> float:
    """Return the share of comparisons that `same` wins, one by one."""
    points = [1.0 if s > d else tie if s == d else 0.0 for s in same for d in diff]
    return sum(points) / len(points)


def known(same: Tensor, diff: Tensor) -> list[Mistake]:
    """Return the known mistakes for these similarities."""
    s, d = same.tolist(), diff.tolist()
    right = wins(s, d)
    in_order = [a > b for a, b in zip(s, d, strict=False)]
    by_rank = [a > b for a, b in zip(sorted(s), sorted(d), strict=False)]
    above = (same.double() > diff.double().mean()).double().mean()
    difference = same.double().mean() - diff.double().mean()
    one = "divided by one of the two numbers only"
    paired = "number i with number i only; compare every one with every one"
    return [
        Mistake("ties-lose", wins(s, d, 0.0), "a tie counts as lost; it counts one half"),
        Mistake("ties-win", wins(s, d, 1.0), "a tie counts as won; it counts one half"),
        Mistake("swapped", 1 - right, "how often `diff` is larger; it is about `same`"),
        Mistake("count", right * len(s) * len(d), "the number of wins; divide by S · D"),
        Mistake("wrong-number", right * len(s), one),
        Mistake("wrong-number", right * len(d), one),
        Mistake("gini", 2 * right - 1, "2 AUC − 1; chance is one half here"),
        Mistake("paired", sum(in_order) / len(in_order), paired),
        Mistake("paired", sum(by_rank) / len(by_rank), paired),
        Mistake("above-the-mean", above, "compared with the *mean* of `diff`; compare with each"),
        Mistake("mean-difference", difference, "the difference of the means; count wins"),
    ]


def expect_auc(auc: Callable, same: Tensor, diff: Tensor, what: str) -> None:
    """Compare the AUC with one comparison after the other."""
    given = same.clone(), diff.clone()
    value = run(auc, *given, name="auc")
    expect_close(value, wins(same.tolist(), diff.tolist()), what, known(same, diff))
    expect_unchanged(same, given[0], "auc")
    expect_unchanged(diff, given[1], "auc")


@EXERCISE.criterion("who is larger", points=1)
def larger(auc: Callable) -> None:
    """As many of each, without ties."""
    same = torch.randn(8, generator=grader_generator(21)) + 0.4
    diff = torch.randn(8, generator=grader_generator(22))
    expect_auc(auc, same, diff, "the AUC of 8 and 8 numbers")


@EXERCISE.criterion(
    "ties",
    points=1,
    alone="right where no two numbers are equal, wrong where some are: a tie counts one half",
)
def ties(auc: Callable) -> None:
    """Quarters, which are often equal; then nothing but ties."""
    same = torch.randint(1, 5, (8,), generator=grader_generator(23)).double() / 4
    diff = torch.randint(0, 4, (8,), generator=grader_generator(24)).double() / 4
    expect_auc(auc, same, diff, "the AUC of numbers that are often equal")
    expect_auc(auc, torch.zeros(5), torch.zeros(3), "the AUC of numbers that are all equal")


@EXERCISE.criterion("different numbers of each", points=1)
def different_numbers(auc: Callable) -> None:
    """Five against eleven, on another scale."""
    same = 30 * torch.randn(5, generator=grader_generator(25)) + 10
    diff = 30 * torch.randn(11, generator=grader_generator(26))
    expect_auc(auc, same, diff, "the AUC of 5 and 11 numbers")


@EXERCISE.conduct(right=lambda same, diff: wins(same.tolist(), diff.tolist()), between=(0, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Similarities, some of them equal."""
    return {
        "same": new.integers(0, 9, n).float() / 4 + 0.5,
        "diff": new.integers(0, 9, n + 1).float() / 4,
    }
