"""Elective B: precision and recall of events, and the point adjustment."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "events",
    defines=("event_quality", "point_adjust"),
    right={
        "runs are numbered": """
            def numbers(runs):
                before = torch.cat([runs.new_zeros(1), runs[:-1]])
                starts = runs & ~before
                return starts.cumsum(0), int(starts.sum())

            def share(runs, others):
                number, count = numbers(runs)
                met = number[runs & others].unique()
                return len(met) / count if count > 0 else 0.0

            def event_quality(flagged, anomalous):
                precision = share(flagged, anomalous)
                recall = share(anomalous, flagged)
                return precision, recall

            def point_adjust(flagged, anomalous):
                number, _ = numbers(anomalous)
                met = number[flagged & anomalous].unique()
                whole = torch.isin(number, met)
                return flagged | (anomalous & whole)
        """,
        "one walk along the points": """
            def runs_of(mask):
                runs, start = [], None
                for t, inside in enumerate(mask.tolist() + [False]):
                    if inside and start is None:
                        start = t
                    elif start is not None and not inside:
                        runs.append((start, t))
                        start = None
                return runs

            def event_quality(flagged, anomalous):
                alarms, events = runs_of(flagged), runs_of(anomalous)
                good = sum(bool(anomalous[a:b].any()) for a, b in alarms)
                found = sum(bool(flagged[a:b].any()) for a, b in events)
                return (good / len(alarms) if alarms else 0.0), found / len(events)

            def point_adjust(flagged, anomalous):
                out = flagged.clone()
                for a, b in runs_of(anomalous):
                    out[a:b] |= flagged[a:b].any()
                return out
        """,
        "numpy, edges and running sums": """
            def edges(mask):
                padded = np.concatenate([[0], mask.numpy(), [0]])
                change = np.diff(padded)
                return np.flatnonzero(change == 1), np.flatnonzero(change == -1)

            def hits(mask, other):
                first, behind = edges(mask)
                sums = np.concatenate([[0], np.cumsum(other.numpy())])
                return sums[behind] > sums[first]

            def event_quality(flagged, anomalous):
                good, found = hits(flagged, anomalous), hits(anomalous, flagged)
                return float(good.sum() / max(len(good), 1)), float(found.mean())

            def point_adjust(flagged, anomalous):
                first, behind = edges(anomalous)
                lengths = behind - first
                out = flagged.numpy().copy()
                out[anomalous.numpy()] |= np.repeat(hits(anomalous, flagged), lengths)
                return torch.from_numpy(out)
        """,
        "hits spread through their runs": """
            def spread(hit, runs):
                hit = hit & runs
                while True:
                    wider = hit.clone()
                    wider[1:] |= hit[:-1]
                    wider[:-1] |= hit[1:]
                    wider &= runs
                    if torch.equal(wider, hit):
                        return hit
                    hit = wider

            def count(runs):
                return int(runs[0] + (runs[1:] > runs[:-1]).sum())

            def event_quality(flagged, anomalous):
                alarms, events = count(flagged), count(anomalous)
                good = count(spread(anomalous, flagged))
                return good / max(alarms, 1), count(spread(flagged, anomalous)) / events

            def point_adjust(flagged, anomalous):
                return flagged.logical_or(spread(flagged, anomalous))
        """,
    },
    wrong={
        "points-counted": {
            "precision = share(flagged, anomalous)": (
                "precision = int((flagged & anomalous).sum()) / max(1, int(flagged.sum()))"
            ),
            "recall = share(anomalous, flagged)": (
                "recall = int((flagged & anomalous).sum()) / int(anomalous.sum())"
            ),
        },
        "adjusted-points": {
            "precision = share(flagged, anomalous)": (
                "flagged = point_adjust(flagged, anomalous); "
                "precision = int((flagged & anomalous).sum()) / max(1, int(flagged.sum()))"
            ),
            "recall = share(anomalous, flagged)": (
                "recall = int((flagged & anomalous).sum()) / int(anomalous.sum())"
            ),
        },
        "adjusted-first": {
            "precision = share": "flagged = point_adjust(flagged, anomalous); precision = share"
        },
        "swapped": {"return precision, recall": "return recall, precision"},
        "events-over-alarms": {
            "precision = share(flagged, anomalous)": (
                "precision = share(anomalous, flagged) * numbers(anomalous)[1] "
                "/ max(1, numbers(flagged)[1])"
            )
        },
        "alarms-over-events": {
            "recall = share(anomalous, flagged)": (
                "recall = precision * numbers(flagged)[1] / numbers(anomalous)[1]"
            )
        },
        "overlaps-counted": {
            "met = number[runs & others].unique()\n": "met = range(numbers(runs & others)[1])\n"
        },
        "whole-runs": {
            "met = number[runs & others].unique()\n": (
                "met = [i for i in range(1, count + 1) if others[runs & (number == i)].all()]\n"
            )
        },
        "first-run-lost": {"starts = runs & ~before": "starts = runs & ~before; starts[0] = False"},
        "last-run-lost": """
            def ends_of(runs):
                return (runs[:-1] & ~runs[1:]).nonzero().flatten().tolist()

            def starts_of(runs):
                starts = (runs[1:] & ~runs[:-1]).nonzero().flatten() + 1
                return ([0] if runs[0] else []) + starts.tolist()

            def share(runs, others):
                pairs = list(zip(starts_of(runs), ends_of(runs)))
                met = sum(bool(others[a : b + 1].any()) for a, b in pairs)
                return met / len(pairs) if pairs else 0.0

            def event_quality(flagged, anomalous):
                return share(flagged, anomalous), share(anomalous, flagged)

            def point_adjust(flagged, anomalous):
                out = flagged.clone()
                for a, b in zip(starts_of(anomalous), ends_of(anomalous)):
                    if flagged[a : b + 1].any():
                        out[a : b + 1] = True
                return out
        """,
        "ends-joined": {
            "before = torch.cat([runs.new_zeros(1), runs[:-1]])": "before = runs.roll(1)",
            "return starts.cumsum(0), int(starts.sum())": (
                "count = int(starts.sum()); number = starts.cumsum(0); "
                "return torch.where(number > 0, number, count), count"
            ),
        },
        "both-edges": {"starts = runs & ~before": "starts = runs ^ before"},
        "nan-for-none": {" if count > 0 else 0.0": " if count > 0 else math.nan"},
        "one-for-none": {" if count > 0 else 0.0": " if count > 0 else 1.0"},
        "division-by-zero": {" if count > 0 else 0.0": ""},
        "not-adjusted": {"return flagged | (anomalous & whole)": "return flagged"},
        "false-alarms-lost": {"flagged | (anomalous & whole)": "anomalous & whole"},
        "all-events": {"flagged | (anomalous & whole)": "flagged | anomalous"},
        "only-after": {
            "met = number[flagged & anomalous].unique()\n    whole": "inside = False\n    whole",
            "torch.isin(number, met)": "flagged.clone()",
            "return flagged | (anomalous & whole)": (
                "for t in range(len(flagged)):\n"
                "        inside = bool(anomalous[t]) and (inside or bool(flagged[t]))\n"
                "        whole[t] |= inside\n"
                "    return flagged | whole"
            ),
        },
        "neighbours-only": {
            "whole = torch.isin(number, met)": (
                "near = flagged.clone(); near[1:] |= flagged[:-1]; near[:-1] |= flagged[1:]; "
                "whole = near"
            )
        },
        "roles-swapped": {
            "number, _ = numbers(anomalous)": (
                "flagged, anomalous = anomalous, flagged; number, _ = numbers(anomalous)"
            )
        },
        "events-unmet": {"anomalous & whole": "anomalous & ~whole"},
        "alarms-dropped": {
            "flagged | (anomalous & whole)": (
                "flagged & torch.isin(numbers(flagged)[0], "
                "numbers(flagged)[0][flagged & anomalous]) | (anomalous & whole)"
            )
        },
        "not-booleans": {
            "flagged | (anomalous & whole)": "(flagged | (anomalous & whole)).float()"
        },
        "changed-its-argument": {
            "return flagged |": "flagged |= anomalous & whole; return flagged |"
        },
    },
)

Run = tuple[int, int]  # first point, and the one behind the last
Masks = tuple[Tensor, Tensor]  # flagged and anomalous


def runs_of(mask: Tensor) -> list[Run]:
    """Return the runs of True, which a regular expression finds in a text of 0 and 1."""
    text = "".join("01"[bool(v)] for v in mask.tolist())
    return [found.span() for found in re.finditer("1+", text)]


def touched(one: Run, others: list[Run]) -> int:
    """Return how many of the others share a point with a run."""
    return sum(max(one[0], a) < min(one[1], b) for a, b in others)


def covered(one: Run, others: list[Run]) -> bool:
    """Return whether a run lies in one of the others."""
    return any(a <= one[0] and one[1] <= b for a, b in others)


def over(part: float, whole: float) -> float:
    """Return a share; 0 of nothing."""
    return part / whole if whole else 0.0


def counted(runs: list[Run], size: int, how: str) -> list[Run]:
    """Return the runs that a mistake counts."""
    begins, reaches = runs[:1] and runs[0][0] == 0, runs[-1:] and runs[-1][1] == size
    if how == "first-run-lost" and begins:
        return runs[1:]
    if how == "last-run-lost" and reaches:
        return runs[:-1]
    return runs[1:] if how == "ends-joined" and begins and reaches else runs


def share(runs: list[Run], others: list[Run], size: int, how: str) -> float:
    """Return the share of the runs that meet one of the others, or what a mistake makes of it."""
    some = counted(runs, size, how.replace("-by-number", ""))
    met = sum(touched(run, others) > 0 for run in some)
    if how == "first-run-lost-by-number":  # the first run has the number 0, and is met all the same
        met = sum(touched(run, others) > 0 for run in runs)
    if how == "ends-joined" and len(some) < len(runs) > 1:
        ends = touched(runs[0], others) + touched(runs[-1], others) > 0
        met += ends - (touched(runs[-1], others) > 0)
    among = {
        "f-shares": len(runs) + len(others),
        "both-edges": sum(1 + (b < size) for _, b in runs),
        "numbers": 1,
    }.get(how, len(some))
    met = {
        "overlaps-counted": sum(touched(run, others) for run in runs),
        "whole-runs": sum(covered(run, others) for run in runs),
        "missed": len(runs) - met,
    }.get(how, met)
    return over(met, among)


def quality(flagged: Tensor, anomalous: Tensor, how: str = "") -> tuple[float, float]:
    """Return precision and recall of events by intervals, or what a mistake makes of them."""
    if how.startswith("adjusted"):
        flagged = adjusted(flagged, anomalous)
    alarms, events, size = runs_of(flagged), runs_of(anomalous), len(flagged)
    right = share(alarms, events, size, how), share(events, alarms, size, how)
    points = float((flagged & anomalous).sum())
    of_points = over(points, float(flagged.sum())), over(points, float(anomalous.sum()))
    return {
        "points-counted": of_points,
        "adjusted-points": of_points,
        "swapped": (right[1], right[0]),
        "events-over-alarms": (over(right[1] * len(events), len(alarms)), right[1]),
        "alarms-over-events": (right[0], over(right[0] * len(alarms), len(events))),
    }.get(how, right)


PARTS = ("precision", "recall")
FIRST = "a run that begins at the first point was not counted: put a False before it"
OF_QUALITY = {
    "points-counted": "*points* were counted; count alarms and events, however long they are",
    "adjusted-points": "points were counted after the point adjustment; count alarms and events",
    "adjusted-first": "the alarms were adjusted first, which joins them; count them as they rang",
    "swapped": "precision and recall have changed places",
    "events-over-alarms": "precision is the number of found *events* over the number of alarms; an "
    "event may be found by several alarms, and an alarm may find several events: count the alarms "
    "that hit",
    "alarms-over-events": "recall is the number of good *alarms* over that of events; several "
    "alarms may find one event: count the events that were found",
    "overlaps-counted": "every place where an alarm and an event meet was counted; an alarm that "
    "meets two events is one alarm, and so is an event",
    "whole-runs": "a run counted only if all of its points were hit; one is enough",
    "first-run-lost": FIRST,
    "last-run-lost": "a run that reaches the last point was not counted: put a False behind it",
    "ends-joined": "a run at the end and one at the beginning were taken for one: `roll` puts the "
    "last point before the first; put a False there",
    "both-edges": "beginnings *and* ends of runs were counted as beginnings",
    "f-shares": "divided by alarms and events together",
    "numbers": "numbers of alarms and events; divide by how many there are",
    "missed": "the share of those that were *not* hit",
}


def adjusted(flagged: Tensor, anomalous: Tensor, how: str = "") -> Tensor:
    """Return the point adjustment event by event, or what a mistake makes of it."""
    out = flagged.tolist()
    size = len(out)
    alarms, events = runs_of(flagged), runs_of(anomalous)
    if how == "roles-swapped":
        return adjusted(anomalous, flagged)
    if how in ("false-alarms-lost", "hits-only"):
        out = (flagged & anomalous).tolist()
    if how == "alarms-dropped":
        for a, b in alarms:
            if not touched((a, b), events):
                out[a:b] = [False] * (b - a)
    if how != "ends-joined":
        events = counted(events, size, how)
    given = flagged.tolist()
    ring = how == "ends-joined" and len(events) > 1 and events[0][0] == 0 and events[-1][1] == size
    for a, b in events:
        inside = given[a:b]
        hit = any(inside)
        if ring and (a, b) in (events[0], events[-1]):
            hit = any(given[: events[0][1]]) or any(given[events[-1][0] :])
        if how in ("not-adjusted", "hits-only"):
            hit = False
        if how == "all-events":
            hit = True
        if how == "events-unmet":
            hit = not hit
        if how == "only-after" and hit:
            a += inside.index(True)
        if how == "only-before" and hit:
            b -= inside[::-1].index(True)
        if how == "neighbours-only":
            for t in range(a, b):
                out[t] = any(given[max(t - 1, 0) : t + 2])
        elif hit:
            out[a:b] = [True] * (b - a)
    return torch.tensor(out, dtype=torch.bool)


OF_ADJUSTMENT = {
    "not-adjusted": "the flags came back as they were",
    "false-alarms-lost": "flags outside the events are gone; they stay as they are",
    "alarms-dropped": "alarms that meet no event are gone; they stay as they are",
    "hits-only": "only flags that lie in events are left; all flags stay, and events are filled",
    "all-events": "every event was filled; only those that hold a flagged point are",
    "events-unmet": "the events *without* a flagged point were filled; those with one are",
    "first-run-lost": "an event that begins at the first point was not filled",
    "last-run-lost": "an event that reaches the last point was not filled",
    "only-after": "an event was filled from its first flagged point on; fill all of it",
    "only-before": "an event was filled up to its last flagged point; fill all of it",
    "neighbours-only": "only the neighbours of a flagged point were flagged; fill the whole event",
    "roles-swapped": "alarms were filled where they hold an anomalous point; fill events",
    "ends-joined": "an event at the end and one at the beginning were taken for one: `roll` puts "
    "the last point before the first; put a False there",
}


def masks(flagged: str, anomalous: str) -> Masks:
    """Return two texts of # and . as booleans."""
    one, other = ([letter == "#" for letter in text] for text in (flagged, anomalous))
    return torch.tensor(one), torch.tensor(other)


def drawn(size: int, seed: int, stay: float) -> Tensor:
    """Return runs of random lengths: each point is what the one before it is, or not."""
    turns = torch.rand(size, generator=grader_generator(seed)) > stay
    runs = turns.cumsum(0) % 2 == 1
    runs[0] = runs[-1] = False
    return runs


def called(event_quality: Callable, flagged: Tensor, anomalous: Tensor) -> Tensor:
    """Return the student's precision and recall."""
    given = flagged.clone(), anomalous.clone()
    found = to_pair(run(event_quality, *given, name="event_quality"), "event_quality", PARTS)
    for before, after in zip((flagged, anomalous), given, strict=True):
        expect_unchanged(before, after, "event_quality")
    pairs = zip(found, PARTS, strict=True)
    return torch.stack([expect_shape(value, (), f"the {part}").double() for value, part in pairs])


def expect_quality(event_quality: Callable, cases: Sequence[Masks], of: str) -> None:
    """Compare precision and recall with those by intervals, of all cases at once."""

    def every(how: str) -> Tensor:
        return torch.tensor([quality(*case, how) for case in cases], dtype=torch.float64)

    found = torch.stack([called(event_quality, *case) for case in cases])
    known = [Mistake(how, every(how), why) for how, why in OF_QUALITY.items()]
    by_number = Mistake("first-run-lost", every("first-run-lost-by-number"), FIRST)
    known.append(by_number)
    expect_close(found, every(""), f"precision and recall of {of}", known)


# Of eight alarms five are good: 5–8 meets two events, three meet one event, 22–23 meets a part. Of
# five events four are found; the last one stands beside an alarm.
FLAGGED, ANOMALOUS = masks(".##..####.#.#.#..##...##..#..", ".....#.##.#####........###.#.")


@EXERCISE.criterion("alarms and events", points=1)
def alarms_and_events(event_quality: Callable, point_adjust: Callable) -> None:
    """Alarms that meet two events, events that meet two alarms, and random runs."""
    cases = [(FLAGGED, ANOMALOUS), (ANOMALOUS, FLAGGED), (drawn(90, 630, 0.6), drawn(90, 631, 0.8))]
    expect_quality(event_quality, cases, "three series")


@EXERCISE.criterion("the ends, and no alarm", points=1)
def the_ends(event_quality: Callable, point_adjust: Callable) -> None:
    """Runs at one end and at both; all or one point; and no alarm at all."""
    cases = [
        masks("#....#......", "##...##..##."),
        masks("...##.....##", "......##..##"),
        masks("##....#...##", "#...##....##"),
        masks("############", "..##...#...#"),
        masks(".#..#.......", "############"),
        masks("#", "#"),
    ]
    expect_quality(event_quality, cases, "six series with runs at their ends")
    for flagged, anomalous in (masks("......", ".##..#"), masks(".", "#")):
        none = "the precision where no alarm rang, so that there is nothing to divide by, is 0"
        try:
            found = called(event_quality, flagged, anomalous)
        except CheckFailed as error:
            expect(error.mistake != "raised-ZeroDivisionError", none, "division-by-zero")
            raise
        precision = float(found[0])
        expect(math.isfinite(precision), f"{none}, not NaN or infinite", "nan-for-none")
        expect(precision != 1, f"{none}, not 1", "one-for-none")
        right = quality(flagged, anomalous)
        expect_close(found, right, "precision and recall where no alarm rang")


@EXERCISE.criterion("the point adjustment", points=1)
def adjustment(event_quality: Callable, point_adjust: Callable) -> None:
    """The same masks, and random ones; no event, no flag, and all of them."""
    cases = [
        (FLAGGED, ANOMALOUS),
        (ANOMALOUS, FLAGGED),
        (drawn(90, 632, 0.5), drawn(90, 633, 0.8)),
        masks("...#......#.", "####..#...##"),
        masks("#...........", "###..##..###"),
        masks(".....##....#", "###..##..###"),
        *(masks(a, b) for a, b in (("......", "##.#.."), ("#.#..#", "......"), ("##", "##"))),
        masks("#", "#"),
    ]
    found = []
    for flagged, anomalous in cases:
        given = flagged.clone(), anomalous.clone()
        value = run(point_adjust, *given, name="point_adjust")
        for before, after in zip((flagged, anomalous), given, strict=True):
            expect_unchanged(before, after, "point_adjust")
        found.append(expect_shape(value, flagged.shape, "the adjusted flags"))

    def every(how: str) -> Tensor:
        return torch.cat([adjusted(*case, how) for case in cases])

    known = [Mistake(how, every(how), why) for how, why in OF_ADJUSTMENT.items()]
    what = f"the adjusted flags of {len(cases)} series, one after the other,"
    expect_close(torch.cat([flags.double() for flags in found]), every(""), what, known)
    for dtype in {flags.dtype for flags in found} - {torch.bool}:
        name = str(dtype).removeprefix("torch.")
        message = f"the adjusted flags are of type {name}; return booleans"
        raise CheckFailed(message, "not-booleans")


@EXERCISE.conduct(
    right=quality,
    between=(0, 1),
    sizes=(12, 1, 70),
    extremes=[
        {"flagged": torch.zeros(4, dtype=torch.bool), "anomalous": torch.arange(4) > 2},
        {"flagged": torch.ones(4, dtype=torch.bool), "anomalous": torch.arange(4) < 4},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Points of which some are flagged and some, at least one, are anomalous."""
    anomalous = new.uniform(0, 1, n) < 0.4
    return {"flagged": new.uniform(0, 1, n) < 0.5, "anomalous": anomalous | (torch.arange(n) == 0)}


@EXERCISE.conduct(
    "point_adjust",
    right=adjusted,
    sizes=(12, 1, 70),
    extremes=[
        {"flagged": torch.arange(4) > 2, "anomalous": torch.zeros(4, dtype=torch.bool)},
        {"flagged": torch.zeros(4, dtype=torch.bool), "anomalous": torch.arange(4) > 1},
    ],
)
def arguments_of_point_adjust(new: Draw, n: int) -> Arguments:
    """Points of which some are flagged and more are anomalous."""
    return {"flagged": new.uniform(0, 1, n) < 0.3, "anomalous": new.uniform(0, 1, n) < 0.7}
