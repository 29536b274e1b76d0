"""Criteria × students as a picture, and lines over the weeks: SVG without scripts or fonts.

A row is a criterion, a column a student, the weakest on the left. Neighbours that look the same are
one rectangle, and each kind is one path, so that the picture of a thousand students stays small.
Kinds differ in height as well as in colour. Labels stand beside the pictures, as text of the page:
inside, they would shrink with it on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from markupsafe import Markup, escape

from autograder.class_report.predictions import Guesses
from autograder.class_report.reading import (
    BLANK,
    STOPPED,
    UNREAD,
    UNTOUCHED,
    Attempt,
    Exercise,
    Week,
)

FULL, PART, LOST = "earned", "part", "lost"
# kind: what it is called, and where in its row it begins and ends
KINDS = {
    FULL: ("all points", 0.0, 1.0),
    PART: ("some points", 0.35, 1.0),
    LOST: ("no points", 0.0, 1.0),
    STOPPED: ("stopped", 0.55, 1.0),
    UNTOUCHED: ("untouched", 0.8, 1.0),
    BLANK: ("blank", 0.4, 0.6),
    UNREAD: ("not readable", 0.0, 0.15),
}
ROW = 14  # height of a criterion


@dataclass(frozen=True)
class Row:
    """One criterion, with how many students are of each kind."""

    exercise: Exercise
    criterion: str
    points: float
    kinds: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """Students by kind."""
        return {kind: self.kinds.count(kind) for kind in KINDS}


def rows_of(week: Week, students: list[str]) -> list[Row]:
    """Return every criterion's row.

    Args:
        week: what was read.
        students: in the order of the columns.
    """
    return [
        Row(
            exercise,
            name,
            points,
            [_kind(week.attempts[student][exercise.cell], name) for student in students],
        )
        for exercise in week.exercises
        for name, points in exercise.criteria.items()
    ]


def _kind(attempt: Attempt, name: str) -> str:
    criterion = attempt.criteria[name]
    if criterion.earned >= criterion.points > 0:
        return FULL
    if attempt.state in (UNTOUCHED, BLANK, UNREAD):
        return attempt.state
    if criterion.earned > 0:
        return PART
    return STOPPED if attempt.state == STOPPED else LOST


def strip(row: Row) -> Markup:
    """Return the picture of one criterion.

    Args:
        row: of `rows_of`.
    """
    paths: dict[str, list[str]] = {}
    x = 0
    for kind, run in groupby(row.kinds):
        length = len(list(run))
        _, top, bottom = KINDS[kind]
        height = (bottom - top) * ROW
        paths.setdefault(kind, []).append(f"M{x} {top * ROW:g}h{length}v{height:g}h-{length}z")
        x += length
    drawn = "".join(
        f'<path class="k-{kind}" d="{"".join(parts)}"/>' for kind, parts in paths.items()
    )
    said = ", ".join(f"{KINDS[kind][0]} {count}" for kind, count in row.counts.items() if count)
    return Markup(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" class="strip" '
        'aria-label="{}">{}</svg>'
    ).format(max(x, 1), ROW, f"{row.criterion}, students: {said}", Markup(drawn))


def number_line(guesses: Guesses) -> Markup:
    """Return a question's number line: middle half and median of the guesses, and the answer.

    Args:
        guesses: with quarters. The table beside it says the same in numbers.
    """
    question = guesses.question
    assert guesses.quarters is not None, "too few guesses have no picture"
    lower, median, upper = (f"{100 * question.place(q):.1f}" for q in guesses.quarters)
    drawn = f"M{lower} 5H{upper}V13H{lower}z", f"M{median} 3V15"
    answer = ""
    if question.answer is not None:
        at = 100 * question.place(question.answer)
        answer = f'<path class="k-lost" d="M{at - 1.5:.1f} 0h3l-1.5 7z"/>'
    return Markup(
        '<svg class="guesses" viewBox="-2 0 104 18" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="grid" d="M0 9H100M0 6v6M100 6v6"/><path class="k-earned" d="{}"/>'
        '<path class="median-guess" d="{}"/>{}</svg>'
    ).format(*drawn, Markup(answer))


def swatch(kind: str) -> Markup:
    """Return the legend's little square of a kind.

    Args:
        kind: one of `KINDS`.
    """
    _, top, bottom = KINDS[kind]
    return Markup(
        '<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><rect class="frame" x="0.5" '
        'y="0.5" width="13" height="13"/><path class="k-{}" d="M0 {}h14v{}h-14z"/></svg>'
    ).format(kind, f"{14 * top:g}", f"{14 * (bottom - top):g}")


def trajectories(shares: np.ndarray, weeks: list[str], described: str) -> Markup:
    """Return everybody's share of the points over the weeks, with the class's median and quarters.

    Args:
        shares: between 0 and 1, nan for nothing handed in; shape (students, weeks).
        weeks: what the weeks are called.
        described: the alternative text.
    """
    width, height, left, top = 420, 240, 44, 12
    across = (width - left - 30) / max(len(weeks) - 1, 1)

    def point(week: int, share: float) -> str:
        return f"{left + week * across:.1f} {top + (1 - share) * (height - 48):.1f}"

    def line(values: np.ndarray) -> str:
        parts, pen = [], "M"
        for week, share in enumerate(values):
            parts.append(pen + point(week, share) if np.isfinite(share) else "")
            pen = "L" if np.isfinite(share) else "M"
        return "".join(parts)

    there = np.isfinite(shares).any(axis=0)
    quarters = np.full((3, len(weeks)), np.nan)
    if there.any():
        quarters[:, there] = np.nanquantile(shares[:, there], [0.25, 0.5, 0.75], axis=0)
    known = [week for week in range(len(weeks)) if there[week]]
    band = "L".join(
        [point(w, quarters[2, w]) for w in known] + [point(w, quarters[0, w]) for w in known[::-1]]
    )
    parts = [f'<path class="band" d="M{band}z"/>'] if known else []
    parts += [f'<path class="one" d="{line(row)}"/>' for row in shares] if len(shares) <= 80 else []
    parts.append(f'<path class="median" d="{line(quarters[1])}"/>')
    for share in (0, 0.5, 1):
        x, y = point(0, share).split()
        parts.append(f'<text x="{float(x) - 8:g}" y="{float(y) + 4:g}" text-anchor="end">')
        parts.append(f'{share:.0%}</text><path class="grid" d="M{x} {y}H{width - 10}"/>')
    for week, name in enumerate(weeks):
        x = point(week, 0).split()[0]
        parts.append(f'<text x="{x}" y="{height - 8}" text-anchor="middle">{escape(name)}</text>')
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="lines">{}</svg>'
    ).format(width, height, described, Markup("".join(parts)))
