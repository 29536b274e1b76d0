"""Elective B: the areas under the ROC curve and under precision against recall."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "ranking_quality",
    signature="def ranking_quality(scores, anomalous):",
    right={
        "counts of each score": """
            values, place = scores.unique(return_inverse=True)
            bad = torch.zeros(len(values), dtype=torch.double)
            bad.index_add_(0, place, anomalous.double())
            good = torch.zeros_like(bad).index_add_(0, place, (~anomalous).double())
            below = good.cumsum(0) - good / 2
            auroc = (bad * below).sum() / (bad.sum() * good.sum())
            hit, false = bad.flip(0).cumsum(0), good.flip(0).cumsum(0)
            average = (bad.flip(0) / bad.sum() * hit / (hit + false)).sum()
            return float(auroc), float(average)
        """,
        "every pair; thresholds at the anomalous points": """
            bad, good = scores[anomalous], scores[~anomalous]
            apart = bad[:, None] - good
            auroc = (torch.sign(apart).double().mean() + 1) / 2
            found = (bad >= bad[:, None]).double().sum(dim=1)
            flagged = (scores >= bad[:, None]).double().sum(dim=1)
            return auroc, (found / flagged).mean()
        """,
        "down the thresholds, plain Python": """
            pairs = list(zip(scores.tolist(), anomalous.tolist()))
            positives = sum(a for _, a in pairs)
            negatives = len(pairs) - positives
            auroc = average = 0.0
            hits = alarms = 0
            for value in sorted({s for s, _ in pairs}, reverse=True):
                here = [a for s, a in pairs if s == value]
                new, wrong = sum(here), len(here) - sum(here)
                auroc += wrong * (hits + new / 2) / (positives * negatives)
                hits, alarms = hits + new, alarms + len(here)
                average += new / positives * hits / alarms
            return auroc, average
        """,
        "numpy, trapezoids at the ends of runs": """
            s, a = scores.numpy(), anomalous.numpy().astype(np.float64)
            order = np.argsort(-s, kind="stable")
            s, a = s[order], a[order]
            ends = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
            hits = a.cumsum()[ends]
            recall = np.concatenate([[0.0], hits / a.sum()])
            fall_out = np.concatenate([[0.0], (ends + 1 - hits) / (1 - a).sum()])
            auroc = (np.diff(fall_out) * (recall[1:] + recall[:-1])).sum() / 2
            return auroc, (np.diff(recall) * hits / (ends + 1)).sum()
        """,
        "mean ranks and a table of thresholds, float32": """
            steps = scores.unique().flip(0)
            flagged = scores >= steps[:, None]
            hits = (flagged & anomalous).sum(dim=1).float()
            recall = hits / anomalous.sum()
            growth = torch.diff(recall, prepend=torch.zeros(1))
            average = growth @ (hits / flagged.sum(dim=1))
            ranks = (scores[:, None] > scores).sum(1) + (scores[:, None] == scores).sum(1) / 2
            p = anomalous.sum()
            above = ranks[anomalous].sum() - p * p / 2
            return (above / (p * (len(scores) - p))).item(), average.item()
        """,
    },
    wrong={
        "ties-win": {" - good / 2": ""},
        "ties-lose": {" - good / 2": " - good"},
        "smallest-first": {"scores.unique": "(-scores).unique"},
        "normal-found": {"values, place = ": "anomalous = ~anomalous\n    values, place = "},
        "gini": {"float(auroc)": "float(2 * auroc - 1)"},
        "pairs-counted": {" / (bad.sum() * good.sum())": ""},
        "all-pairs": {"(bad.sum() * good.sum())": "len(scores) ** 2"},
        "one-kind": {"(bad.sum() * good.sum())": "bad.sum()"},
        "ties-in-order": """
            order = scores.argsort(descending=True, stable=True)
            a = anomalous[order].double()
            hits, false = a.cumsum(0), (1 - a).cumsum(0)
            auroc = ((1 - a) * hits).sum() / (hits[-1] * false[-1])
            precision = hits / torch.arange(1, len(a) + 1)
            return float(auroc), float((a * precision).sum() / hits[-1])
        """,
        "ties-in-order-backwards": """
            order = scores.argsort(stable=True).flip(0)
            a = anomalous[order].double()
            hits, false = a.cumsum(0), (1 - a).cumsum(0)
            auroc = ((1 - a) * hits).sum() / (hits[-1] * false[-1])
            precision = hits / torch.arange(1, len(a) + 1)
            return float(auroc), float((a * precision).sum() / hits[-1])
        """,
        "start-missing": {
            "auroc = (bad * below).sum() / (bad.sum() * good.sum())": "pass",
            "return float(auroc)": (
                "auroc = torch.trapezoid(hit / hit[-1], false / false[-1])\n    return float(auroc)"
            ),
        },
        "mean-difference": {
            "float(auroc)": "float(scores[anomalous].mean() - scores[~anomalous].mean())"
        },
        "swapped": {"float(auroc), float(average)": "float(average), float(auroc)"},
        "trapezoids": {
            "average = (bad.flip(0) / bad.sum() * hit / (hit + false)).sum()": (
                "one = torch.ones(1, dtype=torch.double)\n"
                "    average = torch.trapezoid(\n"
                "        torch.cat([one, hit / (hit + false)]),\n"
                "        torch.cat([0 * one, hit / hit[-1]]),\n"
                "    )"
            )
        },
        "trapezoids-without-start": {
            "average = (bad.flip(0) / bad.sum() * hit / (hit + false)).sum()": (
                "average = torch.trapezoid(hit / (hit + false), hit / hit[-1])"
            )
        },
        "first-step-missing": {
            "(bad.flip(0) / bad.sum() * hit / (hit + false)).sum()": (
                "((hit / hit[-1]).diff() * (hit / (hit + false))[1:]).sum()"
            )
        },
        "strictly-above": """
            steps = scores.unique().flip(0)
            flagged = scores > steps[:, None]
            hits = (flagged & anomalous).sum(dim=1).double()
            growth = torch.diff(hits / anomalous.sum(), prepend=torch.zeros(1))
            average = (growth * hits / flagged.sum(dim=1).clamp_min(1)).sum()
            apart = torch.sign(scores[anomalous][:, None] - scores[~anomalous])
            return float(apart.double().mean() + 1) / 2, float(average)
        """,
        "previous-precision": {
            "hit / (hit + false)).sum()": (
                "torch.cat([torch.ones(1), (hit / (hit + false))[:-1]])).sum()"
            )
        },
        "steps-alike": {
            "(bad.flip(0) / bad.sum() * hit / (hit + false)).sum()": "(hit / (hit + false)).mean()"
        },
        "interpolated": {
            "hit / (hit + false)).sum()": (
                "(hit / (hit + false)).flip(0).cummax(0).values.flip(0)).sum()"
            )
        },
        "recall-not-divided": {" / bad.sum() * hit": " * hit"},
        "negative": {"float(average)": "-float(average)"},
        "share": {
            "float(average)": "float(anomalous.double().mean())",
        },
        "last-recall": {
            "(bad.flip(0) / bad.sum() * hit / (hit + false)).sum()": (
                "(hit / hit[-1] * hit / (hit + false)).sum()"
            )
        },
    },
)

NAME = EXERCISE.name
PARTS = ("auroc", "average_precision")
ORDER = "equal scores were put in an order; they are flagged together"
OF_AUROC = {
    "turned": "1 minus the area: small scores were taken for suspicious, or normal points for "
    "anomalous",
    "ties-win": "a pair of equal scores counts as won; it counts one half",
    "ties-lose": "a pair of equal scores counts as lost; it counts one half",
    "ties-in-order": ORDER + ", and their pairs count one half",
    "ties-in-order-backwards": ORDER + ", and their pairs count one half",
    "start-missing": "the first piece of the ROC curve is missing: it starts at (0, 0)",
    "gini": "2 AUROC − 1; chance is one half here",
    "pairs-counted": "the number of pairs; divide by (anomalous points) · (normal points)",
    "all-pairs": "divided by N²; by (anomalous points) · (normal points)",
    "one-kind": "divided by the points of one kind only; divide by both numbers",
    "mean-difference": "the difference of two mean scores; count pairs",
    "swapped": "this is the average precision: the area under the ROC curve comes first",
}
OF_AVERAGE = {
    "smallest-first": "the thresholds were walked upwards: the largest score is flagged first",
    "normal-found": "the average precision of finding *normal* points",
    "ties-in-order": ORDER + ", so that a step is a score and not a point",
    "ties-in-order-backwards": ORDER + ", so that a step is a score and not a point",
    "trapezoids": "trapezoids between the points of the curve; the sum is Σ (Rᵢ − Rᵢ₋₁) Pᵢ",
    "trapezoids-without-start": "trapezoids between the points of the curve, the first step left "
    "out; the sum is Σ (Rᵢ − Rᵢ₋₁) Pᵢ",
    "first-step-missing": "the first step is missing: recall grows from R₀ = 0",
    "strictly-above": "the last step is missing: flag points with *at least* the score, `>=`",
    "previous-precision": "each step was multiplied by the precision before it; Pᵢ after it",
    "steps-alike": "the mean of the precisions; each counts as much as recall grew",
    "points-alike": "the mean of the precisions; each counts as much as recall grew",
    "interpolated": "each precision was raised to the largest one after it; take it as it is",
    "recall-not-divided": "recall is a share: divide by the number of anomalous points",
    "divided-by-all": "divided by all points; recall is a share of the anomalous ones",
    "negative": "below 0: recall was walked downwards, so that it shrank at each step",
    "share": "the share of anomalous points, which is what flagging everything gives",
    "last-recall": "precisions times recall; times the *growth* of recall, Rᵢ − Rᵢ₋₁",
    "swapped": "this is the area under the ROC curve: average precision comes second",
}


def steps(scores: list[float], anomalous: list[bool], ties: str = "") -> list[tuple[int, int]]:
    """Return hits and false alarms at each threshold, from none flagged to all.

    Args:
        scores: of all points.
        anomalous: which they are.
        ties: "ties-in-order" and "ties-in-order-backwards" flag point by point.
    """
    order = sorted(range(len(scores)), key=scores.__getitem__)
    if ties == "ties-in-order":
        order = sorted(range(len(scores)), key=lambda i: (scores[i], -i))
    points, hits, false = [(0, 0)], 0, 0
    for place in range(len(order) - 1, -1, -1):
        hits, false = hits + anomalous[order[place]], false + (not anomalous[order[place]])
        if ties or not place or scores[order[place - 1]] < scores[order[place]]:
            points.append((hits, false))
    return points


def area(scores: list[float], anomalous: list[bool], how: str = "") -> float:
    """Return the area under the ROC curve by trapezoids, or what a mistake makes of it."""
    points = steps(scores, anomalous, how if how.startswith("ties-in-order") else "")
    ups, acrosses = points[-1]
    sides = {"ties-win": (0.0, 1.0), "ties-lose": (1.0, 0.0)}.get(how, (0.5, 0.5))
    parts = [(g - f) * (sides[0] * h + sides[1] * i) for (h, f), (i, g) in pairwise(points)]
    whole = sum(parts[1:] if how == "start-missing" else parts)
    auroc = whole / (ups * acrosses)
    return {
        "turned": 1 - auroc,
        "gini": 2 * auroc - 1,
        "pairs-counted": whole,
        "all-pairs": whole / len(scores) ** 2,
        "one-kind": whole / ups,
        "mean-difference": sum(s for s, a in zip(scores, anomalous, strict=True) if a) / ups
        - sum(s for s, a in zip(scores, anomalous, strict=True) if not a) / acrosses,
    }.get(how, auroc)


def precisions(scores: list[float], anomalous: list[bool]) -> float:
    """Return average precision as the mean, over anomalous points, of the precision at each."""
    pairs = list(zip(scores, anomalous, strict=True))
    found = []
    for score in (s for s, a in pairs if a):
        flagged = [a for s, a in pairs if s >= score]
        found.append(sum(flagged) / len(flagged))
    return sum(found) / len(found)


def average(scores: list[float], anomalous: list[bool], how: str) -> float:
    """Return what a mistake makes of the average precision."""
    if how == "smallest-first":
        return precisions([-s for s in scores], anomalous)
    if how == "normal-found":
        return precisions(scores, [not a for a in anomalous])
    points = steps(scores, anomalous, how if how.startswith("ties-in-order") else "")
    recall = [h / points[-1][0] for h, _ in points]
    precision = [1.0] + [h / (h + f) for h, f in points[1:]]
    top = [max(precision[i:]) for i in range(len(points))]
    grow = [b - a for a, b in pairwise(recall)]
    after = [g * p for g, p in zip(grow, precision[1:], strict=True)]
    middle = [g * (p + q) / 2 for g, p, q in zip(grow, precision, precision[1:], strict=False)]
    right, share = sum(after), points[-1][0] / len(scores)
    single = [h / (h + f) for h, f in steps(scores, anomalous, "ties-in-order")[1:]]
    return {
        "trapezoids": sum(middle),
        "trapezoids-without-start": sum(middle[1:]),
        "first-step-missing": sum(after[1:]),
        "strictly-above": sum(after[:-1]),
        "previous-precision": sum(g * p for g, p in zip(grow, precision, strict=False)),
        "steps-alike": sum(precision[1:]) / len(grow),
        "points-alike": sum(single) / len(single),
        "interpolated": sum(g * p for g, p in zip(grow, top[1:], strict=True)),
        "recall-not-divided": right * points[-1][0],
        "divided-by-all": right * share,
        "negative": -right,
        "share": share,
        "last-recall": sum(r * p for r, p in zip(recall[1:], precision[1:], strict=True)),
    }.get(how, right)


def quality(scores: Tensor, anomalous: Tensor) -> tuple[float, float]:
    """Return both areas in plain Python."""
    s, a = scores.tolist(), [bool(v) for v in anomalous.tolist()]
    return area(s, a), precisions(s, a)


def looked_at(ranking_quality: Callable, scores: Tensor, anomalous: Tensor) -> tuple:
    """Return the student's two numbers."""
    given = scores.clone(), anomalous.clone()
    found = to_pair(run(ranking_quality, *given, name=NAME), NAME, PARTS)
    for before, after in zip((scores, anomalous), given, strict=True):
        expect_unchanged(before, after, NAME)
    return found


def compare(found: tuple, scores: Tensor, anomalous: Tensor, part: int, what: str) -> None:
    """Compare one of the two numbers with the one of plain Python."""
    s, a = scores.tolist(), [bool(v) for v in anomalous.tolist()]
    right = quality(scores, anomalous)
    of, messages = (average, OF_AVERAGE) if part else (area, OF_AUROC)
    known = [Mistake(how, of(s, a, how), why) for how, why in messages.items() if how != "swapped"]
    known.insert(0, Mistake("swapped", right[1 - part], messages["swapped"]))
    if not part:
        kinds = area(s, a, "one-kind") * sum(a) / (len(a) - sum(a))
        known.append(Mistake("one-kind", kinds, OF_AUROC["one-kind"]))
    what = f"the {('area under the ROC curve', 'average precision')[part]} of {what}"
    finite = bool(torch.isfinite(to_tensor(found[part], what).double()).all())
    expect(finite, f"{what} is NaN or infinite: is there a threshold that flags nothing?", "nan")
    expect_close(found[part], right[part], what, known)


# The largest score is a normal point's, so that no curve starts with a straight line upwards.
BAD = torch.arange(26) % 3 == 1
SCORES = torch.randn(26, generator=grader_generator(510)) + 0.8 * BAD
SCORES[0] = SCORES.max() + 0.5
FEW = torch.randint(0, 5, (26,), generator=grader_generator(511)) / 4
FEW[BAD] = torch.tensor([1, 0.75, 0.25, 0.75, 1, 0.5, 0.75, 0, 0.5])


@EXERCISE.criterion("the area under the ROC curve", points=1)
def roc(ranking_quality: Callable) -> None:
    """Scores without ties."""
    found = looked_at(ranking_quality, SCORES, BAD)
    compare(found, SCORES, BAD, 0, "26 points, 9 of them anomalous")
    more, bad = 100 - 30 * SCORES[:11], BAD[:11]
    compare(looked_at(ranking_quality, more, bad), more, bad, 0, "11 points, on another scale")


@EXERCISE.criterion("average precision", points=1)
def area_under_precision(ranking_quality: Callable) -> None:
    """The same scores."""
    found = looked_at(ranking_quality, SCORES, BAD)
    compare(found, SCORES, BAD, 1, "26 points, 9 of them anomalous")
    more, bad = 100 - 30 * SCORES[:11], BAD[:11]
    compare(looked_at(ranking_quality, more, bad), more, bad, 1, "11 points, on another scale")


@EXERCISE.criterion(
    "equal scores",
    points=1,
    alone="right where no two scores are equal, wrong where some are: equal scores are flagged "
    "together, and a pair of them counts one half",
)
def ties(ranking_quality: Callable) -> None:
    """Few different scores; one for all; and perfect ones, of which many are equal."""
    one = torch.full((10,), 0.3)
    sure = BAD.float()
    for scores, what in ((FEW, "few different scores"), (sure, "scores of 0 and 1, all right")):
        found = looked_at(ranking_quality, scores, BAD)
        for part in (0, 1):
            compare(found, scores, BAD, part, what)
    found = looked_at(ranking_quality, one, BAD[:10])
    for part in (0, 1):
        compare(found, one, BAD[:10], part, "ten equal scores")


@EXERCISE.conduct(
    right=quality,
    sizes=(9, 2, 70),
    between=(0, 1),
    extremes=[
        {"scores": torch.zeros(5), "anomalous": torch.tensor([0, 1, 0, 0, 1]).bool()},
        {"scores": torch.tensor([-2.0, 7.0, 7.0]), "anomalous": torch.tensor([1, 0, 0]).bool()},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Scores, some of them equal; at the extremes all of them, and the worst ranking."""
    anomalous = (torch.arange(n) % 3 == 0)[new.order(n)]
    return {"scores": (3 * new.normal(n) + 2 * anomalous).round() / 4, "anomalous": anomalous}
