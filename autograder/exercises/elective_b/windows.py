"""Elective B: all windows of a series, as a view of its memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

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
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "windows",
    signature="def windows(series, width, stride=1):",
    right={
        "unfold": """
            return series.unfold(0, width, stride)
        """,
        "as_strided": """
            n = (len(series) - width) // stride + 1
            step = series.stride(0)
            return series.as_strided((n, width), (stride * step, step))
        """,
        "numpy's sliding windows": """
            array = series.numpy()
            every = np.lib.stride_tricks.sliding_window_view(array, width, writeable=True)
            return torch.from_numpy(every[::stride])
        """,
        "every window, then every so many": """
            return series[None].unfold(1, width, 1)[0, ::stride]
        """,
        "another rule for the same memory": """
            step, n = series.stride(0), 1 + (series.numel() - width) // stride
            rule = series.storage_offset(), (n, width), (step * stride, step)
            return torch.tensor([], dtype=series.dtype).set_(series.untyped_storage(), *rule)
        """,
    },
    wrong={
        "copied": {
            "series.unfold(0, width, stride)": (
                "torch.stack([series[i : i + width] "
                "for i in range(0, len(series) - width + 1, stride)])"
            )
        },
        "contiguous": {"stride)": "stride).contiguous()"},
        "series-copied": {"series.": "series.clone()."},
        "not-one-tensor": {
            "series.unfold(0, width, stride)": "list(series.unfold(0, width, stride))"
        },
        "stride-ignored": {"width, stride)": "width, 1)"},
        "swapped": {"width, stride)": "stride, width)"},
        "side-by-side": {"width, stride)": "width, width)"},
        "last-missing": {"series.": "series[: max(width, len(series) - 1)]."},
        "one-too-few": {"stride)": "stride)[:-1]"},
        "padded": {
            "series.": "torch.cat([series, series.new_zeros(-(len(series) - width) % stride)])."
        },
        "from-the-end": {"series.": "series[(len(series) - width) % stride :]."},
        "spread": {
            "series.unfold(0, width, stride)": (
                "series.unfold(0, (width - 1) * stride + 1, 1)[:, ::stride]"
            )
        },
        "transposed": {"stride)": "stride).T"},
        "reversed": {"stride)": "stride).flip(1)"},
        "last-first": {"stride)": "stride).flip(0)"},
        "centred": {"stride)": "stride) - series.mean()"},
        "changed-its-argument": {"return": "series -= series.mean(); return"},
        "strided": {
            "series.unfold(0, width, stride)": (
                "series.as_strided(((len(series) - width) // stride + 1, width), (stride, 1))"
            )
        },
    },
)

NAME, WHAT = EXERCISE.name, "the windows"
MESSAGES = {
    "stride-ignored": "a window begins at every value; the next one begins `stride` further on",
    "swapped": "`width` and `stride` have changed places: `unfold(0, width, stride)`",
    "side-by-side": "each window begins where the one before it ends; it begins `stride` values "
    "after that one's beginning",
    "last-missing": "the window that ends with the series' last value is missing: it begins at "
    "T − width, which `range(…, T − width, …)` leaves out",
    "one-too-few": "the last window is missing: there are (T − width) // stride + 1",
    "padded": "a window reaches beyond the end of the series and was filled up; it is left out",
    "from-the-end": "the last window ends with the series; the first one shall begin with it, and "
    "what is left over lies behind the last",
    "spread": "`stride` lies between the values of a window; it lies between the windows",
    "reversed": "each window runs backwards",
    "last-first": "the last window comes first",
    "one-late": "the first window begins at the second value; it begins at the first",
    "transposed": "windows are the columns; they are the rows, (N, width)",
    "centred": "a mean was subtracted; windows hold the values as they are",
}


def cut(series: Tensor, width: int, stride: int, how: str = "") -> Tensor:
    """Return the windows by looking up one place after the other, or what a mistake makes."""
    values = series.tolist()
    size = len(values)
    if how == "swapped":
        width, stride = stride, width
    stride = {"stride-ignored": 1, "side-by-side": width}.get(how, stride)
    count = sum(1 for start in range(0, size, stride) if start + width <= size)
    starts = [i * stride for i in range(count)]
    offsets = list(range(width))
    if how == "last-missing":
        starts = [start for start in starts if start + width < size]
    if how == "one-too-few":
        starts = starts[:-1]
    if how == "padded" and starts and starts[-1] + width < size:
        starts.append(starts[-1] + stride)
    if how in ("from-the-end", "one-late"):
        late = 1 if how == "one-late" else size - width - starts[-1] if starts else 0
        starts = [start + late for start in starts]
    if how == "spread":
        offsets = [j * stride for j in offsets]
        starts = list(range(max(0, size - offsets[-1])))
    if how == "reversed":
        offsets.reverse()
    if how == "last-first":
        starts.reverse()
    less = sum(values) / size if how == "centred" else 0.0
    places = [[i + j for j in offsets] for i in starts]
    rows = [[values[p] - less if p < size else 0.0 for p in row] for row in places]
    table = torch.tensor(rows, dtype=torch.float64).reshape(len(starts), len(offsets))
    return table.T if how == "transposed" else table


class Found(NamedTuple):
    """What a call returned, and where it lies.

    Attributes:
        windows: the result.
        one: whether it is one tensor, or one array.
        shared: whether it lies in the memory of the series.
        held: how many numbers its memory holds.
    """

    windows: object
    one: bool
    shared: bool
    held: int


@remote_call
def _called(windows, series, *how):
    """Return the result, the series after the call, and whose memory the result lies in."""
    import numpy as np
    import torch

    found = windows(series, *how)
    place, held = 0, 0
    if isinstance(found, torch.Tensor):
        memory = found.untyped_storage()
        place, held = memory.data_ptr(), memory.nbytes() // found.element_size()
    elif isinstance(found, np.ndarray):
        place = found.ctypes.data
    one = isinstance(found, (torch.Tensor, np.ndarray))
    return found, series, one, place == series.untyped_storage().data_ptr(), held


def look(windows: Callable, series: Tensor, *how: int, rows: int | None = None) -> Found:
    """Return what a call makes, once its numbers are right: those of the first rows, or all."""
    given = series.clone()
    parts = ("windows", "series", "one", "shared", "held")
    told = to_pair(run(lambda: _called(windows, given, *how), name=NAME), "the call", parts)
    found, after, one, shared, held = told
    expect_unchanged(series, to_tensor(after, "the series"), NAME)
    width, stride = how[0], how[1] if len(how) > 1 else 1
    setting = f"stride={stride}" if len(how) > 1 else "no stride"
    what = f"{WHAT} with width={width} and {setting} of a series of {len(series)}"
    known = [
        Mistake(name, cut(series, width, stride, name)[:rows], why)
        for name, why in MESSAGES.items()
    ]
    if len(how) == 1:
        why = "the stride is 1 where none is given"
        known += [Mistake("default-stride", cut(series, width, n)[:rows], why) for n in (2, 3)]
    table = to_tensor(found, what)
    table = table[:rows] if table.ndim else table
    expect_close(table, cut(series, width, stride)[:rows], what, known)
    return Found(found, bool(one), bool(shared), int(to_tensor(held, "a number")))


COPIED = (
    f"{WHAT} were copied: they have a memory of their own, in which a value stands once for each "
    "window that holds it. `unfold` gives a view; `stack`, `clone` and indexing by a tensor copy"
)
SERIES = torch.randn(23, generator=grader_generator(600)) + 2


@EXERCISE.criterion("width and stride", points=1)
def width_and_stride(windows: Callable) -> None:
    """The first windows: overlapping, with gaps between them, and with the default stride."""
    for how in ((6, 4), (7, 3), (4, 6), (5, 1), (6,)):
        look(windows, SERIES, *how, rows=3)


@EXERCISE.criterion("up to the end", points=1)
def up_to_the_end(windows: Callable) -> None:
    """The last window ends with the series, or not; one window alone; windows of one value."""
    for how in ((6, 4), (5, 3), (23, 1), (23, 3), (22, 2), (1, 1), (1, 4), (2, 30)):
        look(windows, SERIES, *how)
    look(windows, SERIES[4:5].clone(), 1, 2)


@EXERCISE.criterion("nothing is copied", points=1)
def nothing_is_copied(windows: Callable) -> None:
    """Whether the windows lie in the memory of the series, overlapping ones and others."""
    series = torch.randn(41, generator=grader_generator(601))
    overlapping = look(windows, series, 8, 3, rows=3)
    apart = look(windows, series, 6, 6, rows=3)
    expect(
        overlapping.one,
        f"{WHAT} are a {type(overlapping.windows).__name__}; return one tensor, (N, width), whose "
        "rows they are",
        "not-one-tensor",
    )
    expect(
        overlapping.shared or not apart.shared,
        f"{WHAT} share the memory of the series where they lie side by side, and are copied where "
        "they overlap: `.contiguous()` and `.reshape(…)` copy what does not lie in order",
        "contiguous",
    )
    expect(
        overlapping.shared or overlapping.held != len(series),
        f"{WHAT} are a view, but of a copy: the series was copied first, as `.clone()`, another "
        "dtype and `torch.tensor(…)` do",
        "series-copied",
    )
    expect(
        overlapping.shared and apart.shared,
        COPIED,
        "copied",
    )
    expect(look(windows, series, 9, rows=3).shared, COPIED, "copied")


@EXERCISE.conduct(
    right=cut,
    extremes=[
        {"series": torch.tensor([0.3, -1.2, 0.7, 2.5, 1.1]), "width": 5, "stride": 3},
        {"series": torch.tensor([0.3, -1.2, 0.7, 2.5, 1.1]), "width": 1, "stride": 7},
    ],
    allows={
        "changed-its-argument": "a view shows what was written into the series: the windows of one "
        "who wrote there are wrong, and the criteria look at the series after every call"
    },
)
def arguments(new: Draw, n: int) -> Arguments:
    """A series that is a little longer than a window; at the extremes one window, and width 1."""
    return {
        "series": new.normal(n + 3),
        "width": new.alternate(3, 4),
        "stride": new.alternate(2, 1),
    }
