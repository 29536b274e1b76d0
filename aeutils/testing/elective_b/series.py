"""Visible tests of elective B: windows of a series, scores of points, thresholds, and events."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
    to_pair,
    to_tensor,
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


def _mask(text: str) -> Tensor:
    """Return a text of # and . as booleans."""
    return torch.tensor([letter == "#" for letter in text])


def _adjusted(point_adjust: Callable) -> None:
    """Three series, in which events are filled, or stay as they are."""
    # events:                0-1, 3-7, 10, 13; of the first two a point is flagged
    flagged, anomalous = _mask(".###.#.#...#.."), _mask("##.#####..#..#")
    known = [
        ("not-adjusted", ".###.#.#...#..", "the flags came back as they were"),
        ("false-alarms-lost", "##.#####......", "flags outside of events stay as they are"),
        ("alarms-dropped", "########......", "an alarm outside of events stays as it is"),
        ("all-events", "########..##.#", "two events hold no flagged point, and stay as they are"),
        ("events-unmet", ".###.#.#..##.#", "fill the events *with* a flagged point"),
        ("only-after", ".#######...#..", "fill the whole event, before the flagged point as well"),
        ("neighbours-only", "########..##..", "the point beside an alarm is not flagged itself"),
        ("roles-swapped", "########..#..#", "events are filled, not alarms"),
    ]
    value = run(point_adjust, flagged, anomalous, name="point_adjust")
    mistakes = [Mistake(name, _mask(text), why) for name, text, why in known]
    what = "the adjusted flags of .###.#.#...#.. where ##.#####..#..# is anomalous"
    got = expect_close(value, _mask("########...#.."), what, mistakes, show_expected=True)
    expect(
        got.dtype == torch.bool,
        f"the adjusted flags should be booleans, but they are {got.dtype}",
        "not-booleans",
    )
    whole = "fill the whole event, before the flagged points and after them"
    for text, events, right, name, wrong, why in (
        ("#.......#", "####.####", "####.####", "only-before", "#....####", whole),
        ("#.......#", "####.####", "####.####", "only-after", "####....#", whole),
        ("#.......#", "####.####", "####.####", "neighbours-only", "##.....##", whole),
        ("#......", "##...##", "##.....", "ends-joined", "##...##", "the last event holds no flag"),
        (
            "......#",
            "##...##",
            ".....##",
            "ends-joined",
            "##...##",
            "the first event holds no flag",
        ),
        ("..#.", "....", "..#.", "false-alarms-lost", "....", "a flag outside of events stays"),
    ):
        value = run(point_adjust, _mask(text), _mask(events), name="point_adjust")
        what = f"the adjusted flags of {text} where {events} is anomalous"
        mistake = Mistake(name, _mask(wrong), why)
        expect_close(value, _mask(right), what, [mistake], show_expected=True)


def events(event_quality: Callable, point_adjust: Callable) -> bool:
    """Fourteen points with four events and four alarms; no alarm; and the point adjustment."""
    # alarms: 1-3 meets two events, 5 and 7 meet the second event, 11 stands beside an event;
    # events: 0-1 and 3-7 are found, 10 and 13 are not
    flagged, anomalous = _mask(".###.#.#...#.."), _mask("##.#####..#..#")
    name, right = "event_quality", (3 / 4, 2 / 4)
    ends = "a run at the first point counts, and so does one at the last; they are two runs"
    known = [
        Mistake("points-counted", (4 / 6, 4 / 9), "points were counted; count alarms and events"),
        Mistake("adjusted-points", (7 / 9, 7 / 9), "points after the adjustment were counted"),
        Mistake("swapped", (2 / 4, 3 / 4), "precision comes first, then recall"),
        Mistake("events-over-alarms", (2 / 4, 2 / 4), "three of the four *alarms* are good"),
        Mistake("alarms-over-events", (3 / 4, 3 / 4), "two of the four *events* are found"),
        Mistake("overlaps-counted", (1, 1), "an alarm that meets two events is one alarm"),
        Mistake("whole-runs", (2 / 4, 0), "one point of a run is enough"),
        Mistake("first-run-lost", (3 / 4, 1 / 3), ends),
        Mistake("ends-joined", (3 / 4, 2 / 3), ends),
        Mistake("both-edges", (3 / 8, 2 / 7), "the ends of runs were counted as beginnings, too"),
        Mistake("numbers", (3, 2), "numbers; divide by how many alarms and events there are"),
        Mistake("missed", (1 / 4, 2 / 4), "the shares of those that were not hit"),
    ]
    what = "precision and recall of .###.#.#...#.. where ##.#####..#..# is anomalous"
    found = to_pair(
        run(event_quality, flagged, anomalous, name=name), name, ("precision", "recall")
    )
    expect_close(list(found), right, what, known, show_expected=True)
    for alarm, event, good in (("#..#", "####", (1, 1)), ("####", "#..#", (1, 1))):
        found = run(event_quality, _mask(alarm), _mask(event), name=name)
        what = f"precision and recall of {alarm} where {event} is anomalous"
        expect_close(list(found), good, what, show_expected=True)
    try:
        found = run(event_quality, _mask("...."), _mask(".##."), name=name)
    except CheckFailed as error:
        why = "the precision is 0 where no alarm rang, and nothing is divided by 0 then"
        expect(error.mistake != "raised-ZeroDivisionError", why, "division-by-zero")
        raise
    known = [Mistake("one-for-none", (1, 0), "the precision is 0 where no alarm rang")]
    what = "precision and recall where no alarm rang"
    finite = bool(torch.isfinite(to_tensor(found, what).double()).all())
    expect(finite, f"{what} are NaN: 0 / 0; both are 0", "nan-for-none")
    expect_close(list(found), (0, 0), what, known, show_expected=True)
    _adjusted(point_adjust)
    return passed("events", "alarms and events, each counted once; and the point adjustment")
