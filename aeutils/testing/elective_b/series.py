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
