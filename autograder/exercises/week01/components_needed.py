"""Week 1: how many axes hold a share of the total variance."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "components_needed",
    signature="def components_needed(variances, share):",
    right={
        "cumsum": """
            held = torch.cumsum(variances.double(), 0) / variances.double().sum()
            return min(int((held < share).sum()) + 1, len(variances))
        """,
        "loop with early return": """
            total, held = sum(variances.tolist()), 0.0
            for k, v in enumerate(variances.tolist(), start=1):
                held += v
                if held >= share * total:
                    return k
            return len(variances)
        """,
        "searchsorted, tensor result": """
            v = variances.double()
            index = torch.searchsorted(v.cumsum(0), share * v.sum())
            return torch.clamp(index + 1, max=len(v))
        """,
    },
    wrong={
        "one-too-few": {
            "min(int((held < share).sum()) + 1, len(variances))": "int((held < share).sum())"
        },
        "share-of-axes": "return round(share * len(variances))",
        "not-cumulative": "return int((variances / variances.sum() >= share).sum())",
        "not-normalised": {" / variances.double().sum()": ""},
        "more-than": {"held <": "held <="},
        "more-than-all": """
            held = torch.cumsum(variances, 0) / (variances.sum() * 1.0001)
            return int((held < share).sum()) + 1
        """,
        "one-too-many": {"+ 1": "+ 2"},
    },
)

VARIANCES = torch.tensor([40.0, 24.0, 16.0, 8.0, 6.0, 4.0, 2.0])  # total 100


@EXERCISE.criterion("counts", points=1)
def counts(components_needed: Callable) -> None:
    """Shares that lie between two totals, and variances whose total is not 100."""
    shares = VARIANCES / VARIANCES.sum()
    axes, added = "a share of the number of axes", "shares not added up"
    total = "not divided by the total of the variances"
    for share, right in ((0.75, 3), (0.5, 2), (0.3, 1), (0.95, 6)):
        known = [
            Mistake("one-too-few", right - 1, "one too few: these hold less than asked"),
            Mistake("share-of-axes", int(share * 7), axes),
            Mistake("share-of-axes", round(share * 7), axes),
            Mistake("share-of-axes", math.ceil(share * 7), "a share of the axes"),
            Mistake("not-cumulative", int((shares >= share).sum()), added),
            Mistake("not-cumulative", int((shares < share).sum()), added),
            Mistake("not-normalised", 1, total),
            Mistake("one-too-many", right + 1, "one too many"),
        ]
        got = run(components_needed, VARIANCES.clone(), share, name="components_needed")
        expect_close(got, right, f"the count for a share of {share}", known)
    small = torch.tensor([0.4, 0.3, 0.2, 0.1]) / 100
    got = run(components_needed, small, 0.6, name="components_needed")
    known = [Mistake("not-normalised", 4, total)]
    expect_close(got, 2, "the count for small variances (total 0.01)", known)


@EXERCISE.criterion("a share that is met exactly", points=1)
def met_exactly(components_needed: Callable) -> None:
    """At least the share is enough."""
    exact = torch.tensor([4.0, 2.0, 1.0, 1.0])
    for share, right in ((0.5, 1), (0.75, 2), (0.875, 3)):
        known = [
            Mistake("more-than", right + 1, "at least the share is enough, not more than"),
            Mistake("one-too-few", right - 1, "one too few: these hold less than asked"),
        ]
        got = run(components_needed, exact.clone(), share, name="components_needed")
        what = f"the count when {right} axes hold exactly the share of {share}"
        expect_close(got, right, what, known)


@EXERCISE.criterion(
    "the whole, and rounding",
    points=1,
    alone="right for shares below 1, wrong for a share of 1: all of the variances, and no more",
)
def whole(components_needed: Callable) -> None:
    """A share of 1, which rounding may never reach."""
    many = torch.full((1000,), 0.1)
    got = to_tensor(run(components_needed, many, 1.0, name="components_needed"), "the count")
    expect(
        int(got) != 1001,
        "1,001 axes of 1,000: rounding left the last total below 1; never return more than K",
        "more-than-all",
    )
    expect(
        990 <= int(got) <= 1000 and got.ndim == 0,
        f"the count for the whole of 1,000 equal variances is {got.tolist()}",
        "wrong-values",
    )
    got = run(components_needed, torch.tensor([3.0]), 1.0, name="components_needed")
    expect_close(got, 1, "the count of one axis")


def by_adding(variances: Tensor, share: float) -> int:
    """Return the count by adding one variance after the other."""
    held = variances.cumsum(0) / variances.sum()
    return next((i for i, h in enumerate(held.tolist(), 1) if h >= share), len(variances))


@EXERCISE.conduct(right=by_adding, extremes=[{"variances": torch.tensor([3.0, 1.0]), "share": 1.0}])
def arguments(new: Draw, n: int) -> Arguments:
    """Sorted variances; at the extreme the whole is asked for."""
    variances = new.uniform(0.1, 5, n).sort(descending=True).values
    return {"variances": variances, "share": new.alternate(0.83, 0.41)}
