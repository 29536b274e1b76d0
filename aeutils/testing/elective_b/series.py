"""Visible tests of elective B: windows of a series, scores of points, thresholds, and events."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
)


def _shares_memory(view: object, series: Tensor) -> bool:
    """Return whether a tensor, or an array, lies in the memory of the series."""
    if isinstance(view, np.ndarray):
        return view.ctypes.data == series.data_ptr()
    memory = view.untyped_storage() if isinstance(view, Tensor) else None
    return memory is not None and memory.data_ptr() == series.untyped_storage().data_ptr()


def windows(windows: Callable) -> bool:
    """Eight values in windows of three, of which the last value is in none; then the memory."""
    series, name = torch.tensor([3.0, 1, 4, 1, 5, 9, 2, 6]), "windows"
    # the beginnings 0, 2 and 4; a window that began at 6 would need a ninth value
    right: list[list[float]] = [[3, 1, 4], [4, 1, 5], [5, 9, 2]]
    every: list[list[float]] = [[3, 1, 4], [1, 4, 1], [4, 1, 5], [1, 5, 9], [5, 9, 2], [9, 2, 6]]
    known = [
        Mistake("stride-ignored", every, "a window begins at every value; at every second one"),
        Mistake("swapped", [[3.0, 1], [1, 5], [2, 6]], "`width` and `stride` changed places"),
        Mistake("side-by-side", [right[0], every[3]], "the next window begins 2 further on, not 3"),
        Mistake("one-too-few", right[:2], "the last window, 5, 9, 2, is missing"),
        Mistake("padded", [*right, [2.0, 6, 0]], "the last window is not full: leave it out"),
        Mistake("from-the-end", every[1::2], "the first window begins with the first value"),
        Mistake(
            "spread",
            [[3.0, 4, 5], [1, 1, 9], [4, 5, 2], [1, 9, 6]],
            "the stride lies between windows, not between the values of one",
        ),
        Mistake("transposed", torch.tensor(right).T, "windows are the rows, not the columns"),
        Mistake("reversed", [row[::-1] for row in right], "each window runs backwards"),
        Mistake("last-first", right[::-1], "the last window comes first"),
    ]
    what = "the windows of 3, 1, 4, 1, 5, 9, 2, 6 with width=3 and stride=2"
    view = run(windows, series, 3, 2, name=name)
    expect_close(view, right, what, known, show_expected=True)
    # six windows, the last of which ends with the series
    last = Mistake("last-missing", every[:-1], "the last window begins at T − width")
    what = "the windows of 3, 1, 4, 1, 5, 9, 2, 6 with width=3"
    expect_close(run(windows, series, 3, name=name), every, what, [last], show_expected=True)
    # every second value: in memory the neighbours of 3 are other numbers
    some = run(windows, series[::2], 2, name=name)
    known = [
        Mistake(
            "strided",
            [[3, 1], [1, 4], [4, 1]],
            "numbers that the series does not hold: it is a view itself; ask `series.stride(0)`",
        )
    ]
    what = "the windows of every second value, 3, 4, 5, 2, with width=2"
    expect_close(some, [[3, 4], [4, 5], [5, 2]], what, known, show_expected=True)
    alone = run(windows, series, 8, 5, name=name)
    expect_close(alone, series[None], "the only window of width 8", show_expected=True)
    expect(
        not isinstance(view, list),
        "the windows are a list; return one tensor, (N, width)",
        "not-one-tensor",
    )
    expect(
        _shares_memory(view, series),
        "the windows were copied, or the series before them: `unfold` gives a view of the memory "
        "of the series; `stack`, `clone`, `contiguous` and indexing by a tensor copy",
        "copied",
    )
    return passed(name, "every window that lies in the series, and nothing is copied")


def point_scores(point_scores: Callable) -> bool:
    """Four windows of three values; then two windows of five, and windows of one."""
    scores, name = torch.tensor([6.0, 3, 12, 9]), "point_scores"
    # the six points lie in the windows 0; 0, 1; 0, 1, 2; 1, 2, 3; 2, 3; 3
    right = [6, 9 / 2, 21 / 3, 24 / 3, 21 / 2, 9]
    shapes = [
        Mistake("windows-for-points", (4,), "one score a window; there are 4 + 3 − 1 points"),
        Mistake("full-windows-only", (2,), "points near the ends have a score as well"),
    ]
    mean = "take the mean over all windows that hold the point"
    known = [
        Mistake("divided-by-width", [2, 3, 7, 8, 7, 3], "the first point lies in one window only"),
        Mistake("not-divided", [6, 9, 21, 24, 21, 9], "sums over the windows; take means"),
        Mistake("counted-from-one", [3, 3, 5.25, 6, 7, 4.5], "divided by one window too many"),
        Mistake("overwritten", [6, 3, 2, 1, 6, 9], "`=` overwrites what was added; `+=` adds"),
        Mistake("first-window", [6, 6, 6, 3, 12, 9], f"the first window alone; {mean}"),
        Mistake("last-window", [6, 3, 12, 9, 9, 9], f"the last window alone; {mean}"),
        Mistake("centred", [6, 6, 3, 12, 9, 9], f"the window around the point; {mean}"),
        Mistake("repeated-ends", [6, 5, 7, 8, 10, 9], "the first and last window count once"),
        Mistake("one-window-less", [6, 4.5, 7.5, 10.5, 9, 0], "a window holds three points"),
        Mistake("largest", [6, 6, 12, 12, 12, 9], f"the largest score; {mean}"),
        Mistake("smallest", [6, 3, 3, 3, 9, 9], f"the smallest score; {mean}"),
        Mistake("median", [6, 4.5, 6, 9, 10.5, 9], f"the median; {mean}"),
        Mistake("running-mean", [6, 4.5, 7, 7.5, 7.5, 7.5], "a window holds three points, not all"),
        Mistake("twice-averaged", [6, 9 / 4, 7 / 3, 8 / 3, 21 / 4, 9], "divided twice"),
    ]
    what = "the scores of 6 points in windows of 3 with scores 6, 3, 12, 9"
    got = expect_shape(run(point_scores, scores, 3, name=name), (6,), what, shapes)
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} are not finite: 0 / 0, as if no window held a point",
        "none-for-the-last",
    )
    expect_close(got, right, what, known, show_expected=True)
    few = run(point_scores, torch.tensor([2.0, 8.0]), 5, name=name)
    what = "the scores of 6 points in windows of 5 with scores 2, 8"
    expect_close(few, [2, 5, 5, 5, 5, 8], what, show_expected=True)
    what = "the scores of 4 points in windows of one"
    expect_close(run(point_scores, scores, 1, name=name), scores, what, show_expected=True)
    return passed(name, "the mean over the windows that hold a point, near the ends as well")


def threshold(threshold: Callable) -> bool:
    """Eight errors, of which some are equal, at five rates; then one error alone."""
    errors, name = torch.tensor([3.0, 1, 4, 1, 0.25, 3, 2, 1]), "threshold"
    rates = (0.0, 0.25, 0.45, 0.5, 0.875)
    # 8 · rate is 0, 2, 3.6, 4 and 7; 0, 1, 3, 4 and 7 errors lie above 4, 3, 2, 1 and 0.25
    right = [4, 3, 2, 1, 0.25]
    deviations = [float(errors.mean() + n * errors.std(correction=0)) for n in (2, 3)]
    sort, between = "sort the errors first", "the middle of two errors; return one of them"
    known = [
        Mistake("quantile", [4, 3, 1.85, 1.5, 0.90625], "between two errors; return one of them"),
        Mistake("other-tail", [0.25, 1, 1, 2, 4], "`rate` is the share *above* the threshold"),
        Mistake("one-too-high", [4, 3, 3, 2, 1], "one error too high in places"),
        Mistake("one-too-low", [3, 2, 1, 1, 0.25], "too many errors lie above in places"),
        Mistake("rounded-up", [4, 3, 1, 1, 0.25], "round 3.6 errors down, to 3"),
        Mistake("strictly-below-rate", [4, 3, 2, 2, 1], "4 of 8 are allowed, exactly 0.5"),
        Mistake("at-least", [4, 4, 3, 2, 1], "an error equal to the threshold rings no alarm"),
        Mistake("infinite", [math.inf, 4, 3, 2, 1], "an equal error rings no alarm: > and not >="),
        Mistake("place", [2, 0, 6, 1, 4], "a place among the errors; return the error itself"),
        Mistake("ties-once", [4, 3, 2, 2, 0.25], "equal errors count as often as they occur"),
        Mistake("largest", [4] * 5, "the smallest such error, and `rate` of them may lie above"),
        Mistake("smallest", [0.25] * 5, "at most the share `rate` may lie above"),
        Mistake("not-sorted", [1, 3, 0.25, 1, 3], sort),
        Mistake("not-sorted", [3, 4, 1, 0.25, 1], sort),
        Mistake("midpoint", [4, 3, 2.5, 1.5, 0.625], between),
        Mistake("midpoint", [3.5, 2.5, 1.5, 1, 0.25], between),
        Mistake("share-of-largest", [4, 3, 2.2, 2, 0.5], "`rate` is a share of their *number*"),
        Mistake("share", [0, 1 / 8, 3 / 8, 4 / 8, 7 / 8], "a share; return the threshold"),
        Mistake("number", [0, 1, 3, 4, 7], "a number of errors; return the threshold"),
        *(Mistake("deviations", [d] * 5, "`rate` has no effect: count errors") for d in deviations),
    ]
    what = "the threshold of 3, 1, 4, 1, 0.25, 3, 2, 1 with rate="
    shapes = [Mistake("all-allowed", (n,), "several errors; the smallest") for n in range(9)]
    found = []
    for rate in rates:
        value = run(threshold, errors, rate, name=name)
        found.append(expect_shape(value, (), f"{what}{rate}", shapes).double())
    several = what + ", ".join(map(str, rates))
    expect_close(torch.stack(found), right, several, known, show_expected=True)
    for rate in (0.0, 0.9):
        alone = run(threshold, torch.tensor([0.7]), rate, name=name)
        expect_close(alone, 0.7, f"the threshold of one error, 0.7, with rate={rate}")
    return passed(name, "one of the errors, the smallest above which few enough lie")
