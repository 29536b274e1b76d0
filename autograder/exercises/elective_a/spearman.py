"""Elective A: the correlation of ranks, where equal values share a rank."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_unchanged,
    run,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "spearman",
    signature="def spearman(a, b):",
    right={
        "how many are below": """
            def ranks(values):
                below = (values[:, None] > values).sum(dim=1)
                equal = (values[:, None] == values).sum(dim=1)
                return below + (equal + 1).double() / 2

            x, y = ranks(a), ranks(b)
            x, y = x - x.mean(), y - y.mean()
            length = x.norm() * y.norm()
            return float(x @ y / length) if length > 0 else 0.0
        """,
        "the ends of runs, a matrix of correlations": """
            def ranks(values):
                _, place, times = values.unique(return_inverse=True, return_counts=True)
                return (times.cumsum(0) - (times - 1) / 2)[place]

            both = torch.stack([ranks(a), ranks(b)]).double()
            return torch.corrcoef(both)[0, 1].nan_to_num(0.0)
        """,
        "numpy, searchsorted": """
            x, y = a.double().numpy(), b.double().numpy()
            if x.min() == x.max() or y.min() == y.max():
                return 0.0
            x, y = (
                np.searchsorted(np.sort(v), v) + np.searchsorted(np.sort(v), v, side="right")
                for v in (x, y)
            )
            return float(np.cov(x, y)[0, 1] / (x.std(ddof=1) * y.std(ddof=1)))
        """,
        "plain Python": """
            def ranks(values):
                ordered = sorted(values)
                return [ordered.index(v) + (ordered.count(v) - 1) / 2 for v in values]

            x, y = ranks(a.tolist()), ranks(b.tolist())
            middle = (len(x) - 1) / 2
            xy = sum((p - middle) * (q - middle) for p, q in zip(x, y))
            xx, yy = (sum((p - middle) ** 2 for p in r) for r in (x, y))
            return xy / math.sqrt(xx * yy) if xx * yy else 0.0
        """,
    },
    wrong={
        "pearson": {"x, y = ranks(a), ranks(b)": "x, y = a.double(), b.double()"},
        "one-side-ranked": {"ranks(b)\n": "b.double()\n"},
        "sorted-places": {
            "return below + (equal + 1).double() / 2": (
                "return values.argsort(stable=True).double()"
            )
        },
        "order-of-appearance": {
            "return below + (equal + 1).double() / 2": (
                "return values.argsort(stable=True).argsort().double()"
            )
        },
        "ties-min": {" + (equal + 1).double() / 2": ".double()"},
        "ties-max": {"(equal + 1).double() / 2": "equal.double()"},
        "dense": {
            "return below + (equal + 1).double() / 2": (
                "return values.unique(return_inverse=True)[1].double()"
            )
        },
        "shortcut": {
            "x, y = x - x.mean(), y - y.mean()": "n = len(a)",
            "length = x.norm() * y.norm()": "if x.std() == 0 or y.std() == 0: return 0.0",
            "float(x @ y / length) if length > 0 else 0.0": (
                "float(1 - 6 * (x - y).square().sum() / (n * (n**2 - 1)))"
            ),
        },
        "kendall": """
            up = (a[:, None] - a).sign().double()
            across = (b[:, None] - b).sign().double()
            length = up.norm() * across.norm()
            return float((up * across).sum() / length) if length > 0 else 0.0
        """,
        "not-centred": {"x - x.mean(), y - y.mean()": "x, y"},
        "ddof": {"x @ y / length": "(x * y).mean() / (x.std() * y.std())"},
        "covariance": {"x @ y / length": "(x * y).mean()"},
        "sign": {"float(x": "float(-x"},
        "nan-for-constant": {" if length > 0 else 0.0": ""},
    },
)

NAME, WHAT = EXERCISE.name, "ρ"
TIES = "equal values share the mean of the ranks that they take together"
MESSAGES = {
    "pearson": "the correlation of the values; rank both first",
    "one-side-ranked": "the ranks of one were correlated with the values of the other; rank both",
    "sorted-places": "argsort says which value stands at each place; a rank is the place of each "
    "value, for example the argsort of the argsort",
    "order-of-appearance": f"of equal values the first got the smaller rank; {TIES}",
    "ties-min": f"equal values got the smallest of their ranks; {TIES}",
    "ties-max": f"equal values got the largest of their ranks; {TIES}",
    "dense": f"equal values got one rank, and the next value the rank after it; {TIES}",
    "shortcut": "1 − 6 Σd² / (n (n² − 1)) holds only where no two values are equal; correlate the "
    "ranks",
    "kendall": "pairs in the same order were counted, which is Kendall's τ; correlate the ranks",
    "not-centred": "the cosine of the ranks; subtract their mean first",
    "ddof": "divided by n at one place and by n − 1 at the other; ρ needs the same for covariance "
    "and standard deviations",
    "covariance": "the covariance of the ranks; divide by both standard deviations",
    "sign": "the sign: was one side ranked from its largest value? Large with large is positive",
    "squared": "ρ², which has no sign; return ρ",
    "absolute": "|ρ|; return it with its sign",
}


def ranked(values: list[float], how: str) -> list[float]:
    """Return ranks from walking once through the sorted values, or what a mistake makes of them."""
    order = sorted(range(len(values)), key=values.__getitem__)
    if how == "sorted-places":
        return [float(i) for i in order]
    ranks, start, runs = [0.0] * len(values), 0, 0
    while start < len(order):
        same = [i for i in order[start:] if values[i] == values[order[start]]]
        for place, i in enumerate(same, start=start + 1):
            ranks[i] = {
                "order-of-appearance": float(place),
                "ties-min": start + 1.0,
                "ties-max": float(start + len(same)),
                "dense": float(runs),
            }.get(how, start + (1 + len(same)) / 2)
        start, runs = start + len(same), runs + 1
    return ranks


def correlation(x: list[float], y: list[float], how: str = "") -> float:
    """Return the correlation from the squared differences of standard scores; 0 if one is constant.

    Or what a mistake makes of it.
    """
    n = len(x)
    if how == "not-centred":
        return sum(p * q for p, q in zip(x, y, strict=True)) / (math.hypot(*x) * math.hypot(*y))
    scores, spreads = [], []
    for values in (x, y):
        mean = sum(values) / n
        spreads.append(math.sqrt(sum((v - mean) ** 2 for v in values) / n))
        scores.append([(v - mean) / (spreads[-1] or 1.0) for v in values])
    if not all(spreads):
        return 0.0
    apart = sum((p - q) ** 2 for p, q in zip(*scores, strict=True))
    rho = 1 - apart / (2 * n)
    return {
        "ddof": rho * (n - 1) / n,
        "covariance": rho * spreads[0] * spreads[1],
        "sign": -rho,
        "squared": rho**2,
        "absolute": abs(rho),
    }.get(how, rho)


def kendall(x: list[float], y: list[float], halves: bool) -> float:
    """Return Kendall's τ; with `halves` the variant that makes up for ties (τ-b)."""
    pairs = [(i, j) for i in range(len(x)) for j in range(i)]
    signs = [[(v[i] > v[j]) - (v[i] < v[j]) for i, j in pairs] for v in (x, y)]
    agree = sum(p * q for p, q in zip(*signs, strict=True))
    lengths = [sum(map(abs, s)) for s in signs]
    return agree / (math.sqrt(lengths[0] * lengths[1]) if halves else len(pairs))


def rho(a: Tensor, b: Tensor, how: str = "") -> float:
    """Return Spearman's ρ in plain Python, or what a mistake makes of it."""
    x, y = a.tolist(), b.tolist()
    ranks = ranked(x, how), ranked(y, how)
    if how == "pearson":
        return correlation(x, y)
    if how == "shortcut":
        n, apart = len(x), sum((p - q) ** 2 for p, q in zip(*ranks, strict=True))
        return 1 - 6 * apart / (n * (n * n - 1))
    return correlation(*ranks, how)


def known(a: Tensor, b: Tensor) -> list[Mistake]:
    """Return the known mistakes for these values."""
    x, y = a.tolist(), b.tolist()
    found = [
        Mistake(how, rho(a, b, how), why)
        for how, why in MESSAGES.items()
        if how not in ("kendall", "one-side-ranked")
    ]
    one, two = correlation(ranked(x, ""), y), correlation(x, ranked(y, ""))
    found += [Mistake("one-side-ranked", v, MESSAGES["one-side-ranked"]) for v in (one, two)]
    found.append(Mistake("ddof", rho(a, b) * len(x) / (len(x) - 1), MESSAGES["ddof"]))
    if len(set(x)) > 1 and len(set(y)) > 1:
        found += [Mistake("kendall", kendall(x, y, h), MESSAGES["kendall"]) for h in (True, False)]
    return found


def expect_rho(spearman: Callable, a: Tensor, b: Tensor, what: str) -> None:
    """Compare the student's number with the one of plain Python."""
    given = a.clone(), b.clone()
    value = run(spearman, *given, name=NAME)
    expect_close(value, rho(a, b), f"{WHAT} of {what}", known(a, b))
    for before, after in zip((a, b), given, strict=True):
        expect_unchanged(before, after, NAME)


@EXERCISE.criterion("different values", points=1)
def different(spearman: Callable) -> None:
    """Values on other scales, and a bent but rising line, which no correlation of values sees."""
    a = torch.randn(12, generator=grader_generator(421))
    b = 40 + (a + 0.9 * torch.randn(12, generator=grader_generator(422))).exp()
    expect_rho(spearman, a, b, "12 pairs")
    expect_rho(spearman, -a, b, "12 pairs, large with small")
    expect_rho(spearman, a, a.exp(), "values and their exponentials")


@EXERCISE.criterion("equal values", points=1)
def ties(spearman: Callable) -> None:
    """Whole numbers from few, as people say them, against cosines; then both from few."""
    few = torch.tensor([0.0, 1, 4, 9])[torch.randint(0, 4, (14,), generator=grader_generator(423))]
    cosines = few / 20 + torch.randn(14, generator=grader_generator(424)) / 5
    fewer = torch.randint(0, 3, (14,), generator=grader_generator(425)).float() - few / 6
    expect_rho(spearman, cosines, few, "cosines and whole numbers")
    expect_rho(spearman, few, fewer.round(), "numbers that are often equal")


@EXERCISE.criterion("where nothing can be said", points=1)
def constant(spearman: Callable) -> None:
    """All of one side equal, or of both; and all but one, about which something can be said."""
    line = torch.tensor([0.2, 0.9, 0.1, 0.6, 0.3])
    level, step = torch.full((5,), 0.7), torch.tensor([0.7, 0.9, 0.7, 0.7, 0.7])
    expect_rho(spearman, step, line, "numbers that are all equal but one")
    for a, b in ((level, line), (line, level), (level, level)):
        value = run(spearman, a.clone(), b.clone(), name=NAME)
        expect(
            bool(torch.isfinite(to_tensor(value, WHAT)).all()),
            f"{WHAT} is NaN where all values of one side are equal: 0 / 0; it is 0 there",
            "nan-for-constant",
        )
        expect_close(value, 0.0, f"{WHAT} where all values of one side are equal")


@EXERCISE.conduct(
    right=rho,
    sizes=(8, 2, 70),
    extremes=[{"a": torch.full((4,), 0.3), "b": torch.tensor([1.0, 3.0, 2.0, 3.0])}],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Pairs of which some are equal on one side; at the extreme all of a are equal."""
    a = new.normal(n)
    return {"a": a, "b": (2 * a + new.normal(n)).round()}
