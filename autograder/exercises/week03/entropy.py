"""Week 3: the entropy of symbols in bits, from their counts."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "entropy",
    signature="def entropy(counts):",
    right={
        "without the zeros": """
            p = counts[counts > 0] / counts.sum()
            return float(-(p * p.log2()).sum())
        """,
        "xlogy": """
            p = counts.double() / counts.sum()
            return -torch.xlogy(p, p).sum().item() / math.log(2)
        """,
        "plain Python": """
            total, bits = int(counts.sum()), 0.0
            for n in counts.tolist():
                if n > 0:
                    bits += n / total * math.log2(total / n)
            return bits
        """,
    },
    wrong={
        "nats": {"log2": "log"},
        "log-of-zero": {"[counts > 0]": ""},
        "base-ten": {"log2": "log10"},
        "sign": {"float(-": "float("},
        "not-normalised": {" / counts.sum()": ".float()"},
        "mean-over-kinds": {"()).sum()": "()).mean()"},
        "not-weighted": {"-(p * p.log2()).sum()": "-p.log2().mean()"},
        "smoothed": """
            c = counts + (counts == 0).any()
            p = c / c.sum()
            return float(-(p * p.log2()).sum())
        """,
        "uniform": "return math.log2(len(counts))",
        "total-bits": {"(p *": "(counts[counts > 0] *"},
    },
)


def shannon(counts: list[int]) -> float:
    """Return −Σ p log₂ p in plain Python."""
    total = sum(counts)
    return -sum(n / total * math.log2(n / total) for n in counts if n)


@EXERCISE.criterion("the formula", points=1)
def formula(entropy: Callable) -> None:
    """Counts without zeros."""
    for counts in ([5, 3, 9, 1], [40, 7], [2, 2, 2, 2, 2]):
        right, total, kinds = shannon(counts), sum(counts), len(counts)
        mean = sum(math.log2(n / total) for n in counts) / kinds
        raw = -sum(n * math.log2(n) for n in counts)
        each = [-n / total * math.log2(n / total) for n in counts]
        known = [
            Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
            Mistake("base-ten", right * math.log10(2), "with log₁₀: use log₂ for bits"),
            Mistake("sign", -right, "the sign: *minus* the sum"),
            Mistake(
                "not-normalised", raw, "counts were used as probabilities: divide by the total"
            ),
            Mistake("total-bits", right * total, "bits of all symbols; divide by their number"),
            Mistake("mean-over-kinds", right / kinds, "averaged over kinds; sum"),
            Mistake("not-weighted", -mean, "each kind counts the same; weight it by p"),
            Mistake("not-weighted", -mean * kinds, "log p was not weighted by p"),
            Mistake("uniform", math.log2(kinds), "all kinds taken as equally frequent"),
            Mistake("one-per-kind", each, "one number for each kind; sum them"),
        ]
        if len(set(counts)) == 1:  # here most mistakes give the right number
            known = known[:2]
        got = run(entropy, torch.tensor(counts), name="entropy")
        expect_close(got, right, f"the entropy of counts {counts}", known)


@EXERCISE.criterion("symbols that never came", points=1)
def zeros(entropy: Callable) -> None:
    """Counts with zeros, which add nothing."""
    for counts in ([6, 0, 2, 0], [0, 0, 9], [0, 1, 1, 0, 0, 0]):
        right = shannon(counts)
        got = to_tensor(run(entropy, torch.tensor(counts), name="entropy"), "the entropy")
        expect(
            bool(torch.isfinite(got).all()),
            f"the entropy of counts {counts} is {got.flatten().tolist()[0]}: 0 · log 0 must "
            "count as 0",
            "log-of-zero",
        )
        smoothed = shannon([n + 1 for n in counts])
        raw = -sum(n * math.log2(n) for n in counts if n)
        known = [
            Mistake("smoothed", smoothed, "one was added to every count"),
            Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
            Mistake(
                "not-normalised", raw, "counts were used as probabilities: divide by the total"
            ),
            Mistake("sign", -right, "the sign: *minus* the sum"),
        ]
        expect_close(got, right, f"the entropy of counts {counts}", known, rtol=1e-5, atol=1e-5)


@EXERCISE.conduct(right=lambda counts: shannon(counts.tolist()), between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Counts, some of them 0, not the first."""
    counts = new.integers(0, 9, n)
    counts[0] = 4
    return {"counts": counts}
