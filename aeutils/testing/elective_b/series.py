"""Visible tests of elective B: windows of a series, scores of points, thresholds, and events."""

from __future__ import annotations

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
