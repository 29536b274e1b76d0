"""What is right of events, by intervals, and what known mistakes make of it."""

from __future__ import annotations

import re

import torch
from torch import Tensor

Run = tuple[int, int]  # first point, and the one behind the last


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
