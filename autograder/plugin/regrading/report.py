"""What an instructor reads about grading again: who gains, who loses, by which criterion and why.

Messages quote what students' code returned; whoever prints these lines escapes them.
"""

from __future__ import annotations

import textwrap

from autograder.plugin.regrading.record import Change, CriterionChange

LONGEST = 200  # characters of a message; the record holds all of it


def lines(changes: list[Change]) -> list[str]:
    """Return the lines about all students whose points or messages change.

    Args:
        changes: one for each.
    """
    said = []
    for change in sorted(changes, key=lambda c: (-abs(_gain(c)), c.student)):
        if not (_gain(change) or change.criteria or change.notes):
            continue  # only the released text around the answers is another one
        said.append(f"{change.student}: {_points(change)}")
        said += [f"    {line}" for c in change.criteria for line in _criterion(c)]
        said += [f"    {note}" for note in change.notes]
    return said


def summary(changes: list[Change], dry: bool) -> str:
    """Return a sentence about all.

    Args:
        changes: one for each student.
        dry: whether they were only found.
    """
    more, less = sum(_gain(c) > 0 for c in changes), sum(_gain(c) < 0 for c in changes)
    words = sum(not _gain(c) and bool(c.criteria) for c in changes)
    rest = len(changes) - more - less - words
    would = "would get" if dry else "got"
    text = f"{more} {would} more points, {less} fewer, {words} the same with other messages"
    return f"{text}, {rest} only a graded notebook with other text" if rest else text


def _gain(change: Change) -> float:
    return round(change.new_score - change.old_score, 6)


def _points(change: Change) -> str:
    if not _gain(change):
        return f"{change.new_score:g}, as before"
    return f"{change.old_score:g} → {change.new_score:g} ({_gain(change):+g})"


def _criterion(change: CriterionChange) -> list[str]:
    points = " → ".join(
        "–" if p is None else f"{p:g}" for p in (change.old_points, change.new_points)
    )
    return [
        f"{change.exercise}, {change.criterion}: {points}",
        f"    was: {_short(change.old_points, change.old_message)}",
        f"    now: {_short(change.new_points, change.new_message)}",
    ]


def _short(points: float | None, message: str) -> str:
    if points is None:
        return "there is no such criterion"
    return textwrap.shorten(message, LONGEST, placeholder=" …") or "passed"
