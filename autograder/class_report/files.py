"""The files of a report: tables for a spreadsheet, and pages, each whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.class_report.diagnoses import MESSAGE, fit
from autograder.class_report.people import People
from autograder.class_report.reading import Week

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet computes what begins so


def write(path: Path, text: str) -> None:
    """Write a file; an old one stays until the new one is complete.

    Only this computer's user may read it: it is about people.

    Args:
        path: the file; its folder is made.
        text: what it is to hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def criteria_table(week: Week, people: People) -> str:
    """Return every student × criterion as CSV.

    Args:
        week: what was read.
        people: who is called what.
    """
    head = ["student", "exercise", "criterion", "state", "points", "earned", "mistake", "message"]
    return _csv(head, _criteria(week, people))


def _criteria(week: Week, people: People) -> Iterable[list[object]]:
    for student in sorted(week.attempts, key=people.order):
        for exercise in week.exercises:
            attempt = week.attempts[student][exercise.cell]
            for name, criterion in attempt.criteria.items():
                message = " ".join(criterion.message[: 2 * MESSAGE].split())
                yield [
                    people.label(student),
                    exercise.title,
                    name,
                    attempt.state,
                    f"{criterion.points:g}",
                    f"{criterion.earned:g}",
                    criterion.mistake,
                    fit(message if people.names else people.mask(message), MESSAGE)
                    if message
                    else "",
                ]


def weeks_table(weeks: list[str], rows: Iterable[tuple[str, list[float | None]]]) -> str:
    """Return every student's share of the points, a week a column, as CSV.

    Args:
        weeks: names of the assignments.
        rows: for each student the label and the shares, None for nothing handed in.
    """
    table: Iterable[Sequence[object]] = (
        [label, *("" if s is None else f"{s:.4f}" for s in shares)] for label, shares in rows
    )
    return _csv(["student", *weeks], table)


def _csv(head: list[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()  # so that Excel takes it for UTF-8


def _harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        try:
            float(cell)
        except ValueError:
            return "'" + cell
    return cell
