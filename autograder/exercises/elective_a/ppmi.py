"""Elective A: how much more often two words meet than chance would have them meet."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "ppmi",
    signature="def ppmi(pairs, power=0.75):",
    right={
        "probabilities": """
            total = pairs.sum()
            words = pairs.sum(dim=1, keepdim=True) / total
            contexts = pairs.sum(dim=0) ** power
            expected = words * contexts / contexts.sum()
            return torch.where(pairs > 0, pairs / total / expected, 1).log().clamp_min(0)
        """,
        "differences of logarithms, float64": """
            p = pairs.double()
            smooth = power * p.sum(0).log()
            pmi = p.log() - p.sum(1, keepdim=True).log() - (smooth - smooth.logsumexp(0))
            return pmi.nan_to_num(nan=0.0).relu()
        """,
        "numpy, the outer product of shares": """
            n = pairs.double().numpy()
            contexts = n.sum(axis=0) ** power
            chance = np.outer(n.sum(axis=1), contexts) / contexts.sum()
            out = np.zeros(n.shape)
            counted = n > 0
            out[counted] = np.maximum(np.log(n[counted] / chance[counted]), 0)
            return torch.from_numpy(out)
        """,
        "pair by pair": """
            rows, columns = pairs.sum(1).tolist(), pairs.sum(0).tolist()
            every = sum(n**power for n in columns)
            out = torch.zeros(pairs.shape)
            for w, c in pairs.nonzero().tolist():
                ratio = float(pairs[w, c]) / rows[w] * every / columns[c] ** power
                if ratio > 1:
                    out[w, c] = math.log(ratio)
            return out
        """,
    },
    wrong={
        "not-clamped": {".clamp_min(0)": ""},
        "power-on-words": """
            words = pairs.sum(dim=1, keepdim=True) ** power
            expected = words / words.sum() * (pairs.sum(dim=0) / pairs.sum())
            return torch.where(pairs > 0, pairs / pairs.sum() / expected, 1).log().clamp_min(0)
        """,
        "power-on-both": {
            "words = pairs.sum(dim=1, keepdim=True) / total": (
                "words = pairs.sum(dim=1, keepdim=True) ** power; words = words / words.sum()"
            )
        },
        "power-ignored": {" ** power": ""},
        "power-frozen": {"** power": "** 0.75"},
        "power-of-share": {"contexts.sum()": "total ** power"},
        "unsmoothed-total": {"contexts.sum()": "total"},
        "total-missing": {"pairs / total / expected": "pairs / expected"},
        "words-missing": {"words * contexts": "contexts"},
        "log-of-zero": {
            "torch.where(pairs > 0, pairs / total / expected, 1).log().clamp_min(0)": (
                "(pairs / total / expected).log()"
            )
        },
        "nan-for-empty": {
            "torch.where(pairs > 0, pairs / total / expected, 1)": "(pairs / total / expected)"
        },
        "log2": {".log()": ".log2()"},
        "one-more": {"1).log()": "0).log1p()"},
        "no-log": {".log()": "", " expected, 1)": " expected, 0)"},
        "added-one": {"total = pairs.sum()": "pairs = pairs + 1; total = pairs.sum()"},
    },
)

NAME, WHAT = EXERCISE.name, "the PPMI"
MESSAGES = {
    "not-clamped": "negative where a pair is rarer than chance; PPMI is 0 there: clamp at 0",
    "absolute": "the absolute value; where PMI is negative, PPMI is 0",
    "power-on-words": "the power was applied to the words (rows); it belongs to the contexts, the "
    "sums of columns",
    "power-on-both": "the power was applied to words and contexts; to the contexts alone",
    "power-on-pairs": "the power was applied to the pairs; to the sums of columns alone",
    "power-ignored": "`power` has no effect: #(c) was not raised to it",
    "power-frozen": "#(c) was raised to 0.75 whatever `power` is",
    "power-of-share": "P(c)ᵃ, which does not add up to 1 over the contexts; divide #(c)ᵃ by the "
    "sum of all #(c')ᵃ",
    "unsmoothed-total": "#(c)ᵃ was divided by the sum of all counts; by the sum of all #(c')ᵃ",
    "total-missing": "P(w, c) is a share: divide the counts of pairs by their total",
    "words-missing": "P(w) is missing from the denominator",
    "contexts-missing": "Pₐ(c) is missing from the denominator",
    "log2": "logarithms to base 2; take the natural one",
    "one-more": "log(1 + ratio); the logarithm of the ratio itself is 0 at chance",
    "no-log": "the ratio without its logarithm",
    "added-one": "1 was added to every count; PPMI leaves a pair that was never counted at 0",
}


def shares(numbers: list[float], power: float) -> list[float]:
    """Return numbers raised to a power, divided by their sum."""
    raised = [n**power for n in numbers]
    return [n / sum(raised) for n in raised]


def table(pairs: Tensor, power: float = 0.75, how: str = "") -> Tensor:
    """Return the PPMI pair by pair in plain Python, or what a mistake makes of it."""
    n = pairs.double() + (1 if how == "added-one" else 0)
    rows, columns = n.sum(1).tolist(), n.sum(0).tolist()
    used = {"power-ignored": 1.0, "power-frozen": 0.75, "power-on-words": 1.0}.get(how, power)
    words = shares(rows, power if how in ("power-on-words", "power-on-both") else 1.0)
    contexts = shares(columns, used)
    if how == "power-of-share":
        contexts = [(c / sum(columns)) ** power for c in columns]
    if how == "unsmoothed-total":
        contexts = [c**power / sum(columns) for c in columns]
    if how == "words-missing":
        words = [1.0] * len(rows)
    if how == "contexts-missing":
        contexts = [1.0] * len(columns)
    joint = shares(n.flatten().tolist(), power if how == "power-on-pairs" else 1.0)
    if how == "total-missing":
        joint = n.flatten().tolist()
    chance = [w * c for w in words for c in contexts]
    found = [measure(j, e, how) for j, e in zip(joint, chance, strict=True)]
    return torch.tensor(found, dtype=torch.float64).reshape(pairs.shape)


def measure(joint: float, chance: float, how: str) -> float:
    """Return the PPMI of one pair, or what a mistake makes of it."""
    if not joint:
        return 0.0
    pmi = math.log(joint) - math.log(chance)
    return {
        "not-clamped": pmi,
        "absolute": abs(pmi),
        "log2": max(pmi, 0.0) / math.log(2),
        "one-more": math.log1p(math.exp(pmi)),
        "no-log": math.exp(pmi),
    }.get(how, max(pmi, 0.0))


# Every pair was counted; some words and contexts are rarer than others.
FULL = 0.25 + (
    torch.rand(6, 5, generator=grader_generator(411))
    * torch.tensor([1.0, 2, 12, 5, 1, 3])[:, None]
    * torch.tensor([1.0, 9, 3, 1, 4])
)
# Some were not; the others hold fractions, too, as windows give them that weigh by distance.
SPARSE = torch.randint(0, 3, (5, 8), generator=grader_generator(412)) / torch.tensor(
    [1.0, 2, 4, 1, 3, 1, 9, 2]
)


def expect_ppmi(ppmi: Callable, pairs: Tensor, power: float | None = None) -> None:
    """Compare the student's table with the one pair by pair; without a power, its default."""
    given = pairs.clone()
    value = run(ppmi, given, *([] if power is None else [power]), name=NAME)
    what = WHAT if power is None else f"{WHAT} with power={power:g}"
    shapes = [Mistake("transposed", pairs.T.shape, "rows are words, columns are contexts")]
    found = expect_shape(value, pairs.shape, what, shapes)
    expect_unchanged(pairs, given, NAME)
    expect(
        not bool(torch.isinf(found).any()),
        f"{what} is −∞ where a pair was never counted: log 0; it is 0 there",
        "log-of-zero",
    )
    expect(
        not bool(torch.isnan(found).any()),
        f"{what} is NaN in a row or column without counts: 0 / 0; it is 0 there",
        "nan-for-empty",
    )
    usual = 0.75 if power is None else power
    known = [Mistake(how, table(pairs, usual, how), why) for how, why in MESSAGES.items()]
    expect_close(found, table(pairs, usual), what, known)


@EXERCISE.criterion("PMI where it is positive", points=1)
def positive(ppmi: Callable) -> None:
    """Power 1, which leaves the contexts as they are: every pair counted, then some of them."""
    expect_ppmi(ppmi, FULL, 1.0)
    expect_ppmi(ppmi, SPARSE, 1.0)


@EXERCISE.criterion("smoothed contexts", points=1)
def smoothed(ppmi: Callable) -> None:
    """The default, and other powers."""
    expect_ppmi(ppmi, FULL)
    expect_ppmi(ppmi, FULL, 0.5)
    expect_ppmi(ppmi, SPARSE, 0.3)


@EXERCISE.criterion("what was never counted", points=1)
def never_counted(ppmi: Callable) -> None:
    """Empty rows, empty columns, and both."""
    for rows, columns in (([1], []), ([], [0, 4]), ([0, 3], [7])):
        pairs = SPARSE.clone()
        pairs[rows], pairs[:, columns] = 0, 0
        expect_ppmi(ppmi, pairs)


@EXERCISE.conduct(
    right=table,
    extremes=[{"pairs": torch.full((3, 4), 2.0), "power": 0.75}],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Counts, many of them 0; at the extreme every pair meets as often as chance has it."""
    counts = (new.integers(0, 9, n, 6) - new.integers(0, 5, n, 6)).clamp_min(0)
    return {"pairs": counts.float() + new.alternate(0, 0.5), "power": new.alternate(0.75, 0.4)}
