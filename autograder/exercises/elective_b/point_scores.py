"""Elective B: the score of a point is the mean over the windows that hold it."""

from __future__ import annotations

import math
import statistics
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
    "point_scores",
    signature="def point_scores(window_scores, width):",
    right={
        "place by place of a window": """
            n = len(window_scores)
            total = window_scores.new_zeros(n + width - 1)
            held = window_scores.new_zeros(n + width - 1)
            for j in range(width):
                total[j : j + n] += window_scores
                held[j : j + n] += 1
            return total / held
        """,
        "differences of running sums, float64": """
            n = len(window_scores)
            sums = torch.cat([torch.zeros(1), window_scores]).double().cumsum(0)
            t = torch.arange(n + width - 1)
            first, behind = (t - width + 1).clamp_min(0), (t + 1).clamp_max(n)
            return (sums[behind] - sums[first]) / (behind - first)
        """,
        "numpy, two convolutions": """
            scores = window_scores.double().numpy()
            total = np.convolve(scores, np.ones(width))
            return torch.from_numpy(total / np.convolve(np.ones_like(scores), np.ones(width)))
        """,
        "point by point": """
            points = len(window_scores) + width - 1
            means = [window_scores[max(0, t - width + 1) : t + 1].mean() for t in range(points)]
            return torch.stack(means)
        """,
        "gaps at both ends, nanmean": """
            gap = torch.full((width - 1,), math.nan)
            return torch.cat([gap, window_scores, gap]).unfold(0, width, 1).nanmean(dim=1)
        """,
    },
    wrong={
        "divided-by-width": {"total / held": "total / width"},
        "not-divided": {"total / held": "total"},
        "counted-from-one": {"held = window_scores.new_zeros": "held = window_scores.new_ones"},
        "overwritten": {"+= window_scores": "= window_scores"},
        "first-window": {"+= window_scores": "= window_scores", "total / held": "total"},
        "last-window": """
            return torch.cat([window_scores, window_scores[-1:].expand(width - 1)])
        """,
        "centred": """
            before = (width - 1) // 2
            first, last = window_scores[:1].expand(before), window_scores[-1:]
            return torch.cat([first, window_scores, last.expand(width - 1 - before)])
        """,
        "repeated-ends": """
            first, last = (window_scores[i].expand(width - 1) for i in (0, -1))
            return torch.cat([first, window_scores, last]).unfold(0, width, 1).mean(dim=1)
        """,
        "one-window-less": {
            "range(width)": "range(max(1, width - 1))",
            "total / held": "total / held.clamp_min(1)",
        },
        "none-for-the-last": {"range(width)": "range(max(1, width - 1))"},
        "largest": """
            gap = torch.full((width - 1,), -math.inf)
            return torch.cat([gap, window_scores, gap]).unfold(0, width, 1).amax(dim=1)
        """,
        "smallest": """
            gap = torch.full((width - 1,), math.inf)
            return torch.cat([gap, window_scores, gap]).unfold(0, width, 1).amin(dim=1)
        """,
        "median": """
            n = len(window_scores)
            held = [window_scores[max(0, t - width + 1) : t + 1] for t in range(n + width - 1)]
            return torch.stack([scores.quantile(0.5) for scores in held])
        """,
        "running-mean": """
            t = torch.arange(1, len(window_scores) + width)
            sums = torch.cat([window_scores, torch.zeros(width - 1)]).cumsum(0)
            return sums / t.clamp_max(len(window_scores))
        """,
        "windows-for-points": """
            return window_scores.clone()
        """,
        "full-windows-only": {"total / held": "(total / held)[width - 1 : n]"},
        "twice-averaged": {"total / held": "(total / held) / held"},
        "changed-its-argument": {"return": "window_scores /= width; return"},
    },
)

NAME, WHAT = EXERCISE.name, "the scores"
ENDS = "points near the ends lie in fewer than `width` windows: divide by how many there are"
MESSAGES = {
    "divided-by-width": f"all sums were divided by `width`; {ENDS}",
    "not-divided": "the sum over the windows; take their mean",
    "counted-from-one": "divided by one window too many: was the count begun with ones?",
    "overwritten": "one window's score, divided by their number: `=` overwrites, `+=` adds",
    "first-window": "the score of the *first* window that holds the point; the mean over all of "
    "them (`=` overwrites, `+=` adds)",
    "last-window": "the score of the window that *begins* at the point; the mean over all that "
    "hold it",
    "centred": "the score of the window around the point; the mean over all that hold it",
    "repeated-ends": "the first and the last window were counted several times near the ends, to "
    f"make up for windows that do not exist; {ENDS}",
    "one-window-less": "the last place of every window was left out: a window holds `width` points",
    "largest": "the largest score of the windows that hold the point; their mean",
    "smallest": "the smallest score of the windows that hold the point; their mean",
    "median": "the median over the windows that hold the point; their mean",
    "running-mean": "the mean over *all* windows so far; only those that hold the point",
    "twice-averaged": "divided by the number of windows twice",
    "windows-after": "the windows that begin at the point or after it; those that hold it begin at "
    "the point or *before* it",
}


def spread(scores: list[float], width: int, how: str = "") -> Tensor:
    """Return the scores from a list of the windows of each point, or what a mistake makes."""
    n = len(scores)
    holding: list[list[int]] = [[] for _ in range(n + width - 1)]
    for window in range(n):
        for point in range(window, window + width - (how == "one-window-less" and width > 1)):
            holding[point].append(window)
    out = []
    for t, windows in enumerate(holding):
        if how == "running-mean":
            windows = list(range(min(t + 1, n)))
        if how == "windows-after":
            windows = [w for w in range(t, t + width) if w < n]
        if how == "repeated-ends":
            windows = [min(max(t - j, 0), n - 1) for j in range(width)]
        if not windows:
            out.append(0.0)
            continue
        held = [scores[w] for w in windows]
        total = math.fsum(held)
        middle = min(max(t - (width - 1) // 2, 0), n - 1)
        out.append(
            {
                "divided-by-width": total / width,
                "not-divided": total,
                "counted-from-one": total / (len(held) + 1),
                "overwritten": held[0] / len(held),
                "first-window": held[0],
                "last-window": held[-1],
                "centred": scores[middle],
                "largest": max(held),
                "smallest": min(held),
                "median": statistics.median(held),
                "twice-averaged": total / len(held) ** 2,
            }.get(how, total / len(held))
        )
    return torch.tensor(out, dtype=torch.float64)


def scored(window_scores: Tensor, width: int) -> Tensor:
    """Return the scores of all points."""
    return spread(window_scores.tolist(), width)


def looked_at(point_scores: Callable, scores: Tensor, width: int, part: slice, where: str) -> None:
    """Compare the student's scores with those of the list, in one part of the series."""
    given, n = scores.clone(), len(scores)
    found = run(point_scores, given, width, name=NAME)
    expect_unchanged(scores, given, NAME)
    what = f"{WHAT} of {n + width - 1} points in {n} windows of {width}"
    shapes = [
        Mistake("windows-for-points", (n,), "one score for each *window*; one for each point"),
        Mistake(
            "full-windows-only",
            (max(0, n - width + 1),),
            "only points that lie in `width` windows have a score; those near the ends lie in "
            "fewer, and have one as well",
        ),
        Mistake("one-point-more", (n + width,), "a point too many: there are N + width − 1"),
    ]
    got = expect_shape(found, (n + width - 1,), what, shapes)[part]
    known = [
        Mistake(how, spread(scores.tolist(), width, how)[part], why)
        for how, why in MESSAGES.items()
    ]
    expect(
        bool(torch.isfinite(got.double()).all()),
        f"{what} are not finite {where}: a sum was divided by 0, as if no window held the point; "
        "every window holds `width` points, from its beginning i to i + width − 1",
        "none-for-the-last",
    )
    right = scored(scores, width)[part]
    expect_close(got, right, f"{what}, {where}", known)


SCORES = torch.rand(11, generator=grader_generator(610)) * 5
WIDTH = 4


@EXERCISE.criterion("in the middle", points=1)
def middle(point_scores: Callable) -> None:
    """Points that lie in as many windows as a window has values."""
    for width in (WIDTH, 7, 2):
        part = slice(width - 1, len(SCORES))
        looked_at(point_scores, SCORES, width, part, f"where {width} windows hold a point,")


@EXERCISE.criterion("near the ends", points=1)
def ends(point_scores: Callable) -> None:
    """The first and the last points, which lie in fewer."""
    for width in (WIDTH, 7):
        looked_at(point_scores, SCORES, width, slice(width), "at the beginning")
        looked_at(point_scores, SCORES, width, slice(len(SCORES) - 1, None), "at the end")


@EXERCISE.criterion("short series and narrow windows", points=1)
def short(point_scores: Callable) -> None:
    """Fewer windows than a window has values; one window alone; windows of one value."""
    for scores, width in ((SCORES[:3], 6), (SCORES[4:6], 2), (SCORES[4:5], 5), (SCORES, 1)):
        looked_at(point_scores, scores, width, slice(None), "all of them,")
    looked_at(point_scores, -SCORES, 3, slice(None), "where windows have negative scores,")


@EXERCISE.conduct(
    right=scored,
    extremes=[
        {"window_scores": torch.tensor([0.7, -1.3, 2.2]), "width": 1},
        {"window_scores": torch.tensor([0.7]), "width": 6},
        {"window_scores": torch.zeros(3), "width": 3},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Scores of windows; at the extremes windows of one value, one window, and nothing but 0."""
    return {"window_scores": new.uniform(0, 3, n), "width": new.alternate(3, 4)}
