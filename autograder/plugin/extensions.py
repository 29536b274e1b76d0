"""Extensions: until when one student may hand in, whatever becomes of the due date.

nbgrader keeps an extension as the time between the due date and the student's own, so that it
moves whenever the due date does, and it has no place for a student who has not handed in yet. What
was promised is a date. The dates are kept in ``extensions.csv`` in the course's top folder, and
:func:`settle` makes nbgrader's extensions from them before each run of grading.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.plugin.timestamps import read_time, write_time

FILE = "extensions.csv"
COLUMNS = ["assignment", "student", "until"]


@dataclass(frozen=True, order=True)
class Extension:
    """A student's own due date.

    Attributes:
        assignment: the assignment's name.
        student: the student's id in nbgrader.
        until: the date, with its zone.
    """

    assignment: str
    student: str
    until: datetime


def read_extensions(folder: Path) -> list[Extension]:
    """Return the extensions of a course, all assignments', in order.

    Args:
        folder: the course's top folder.

    Raises:
        ValueError: a line of the file is not understood; the message names it.
    """
    path = folder / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != COLUMNS:
            raise ValueError(
                f"{path} begins with {','.join(rows.fieldnames or ['nothing'])}. "
                f"Expected: a first line {','.join(COLUMNS)}."
            )
        found = {}
        for row in rows:
            try:
                until = read_time(row["until"] or "")
            except ValueError as problem:
                raise ValueError(f"{path}, line {rows.line_num}: until {problem}") from None
            found[row["assignment"], row["student"]] = until  # the last line counts
    return sorted(Extension(*names, until) for names, until in found.items())


def write_extensions(folder: Path, extensions: Iterable[Extension]) -> None:
    """Replace the list of a course's extensions; an interruption leaves the old one.

    Args:
        folder: the course's top folder.
        extensions: all that there are.
    """
    new = folder / f"{FILE}.new"
    with new.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows((e.assignment, e.student, write_time(e.until)) for e in sorted(extensions))
        lines.flush()
        os.fsync(lines.fileno())
    new.replace(folder / FILE)


def settle(gradebook: Gradebook, extensions: Iterable[Extension]) -> None:
    """Set nbgrader's extensions so that they end at the dates that were promised.

    A date that the due date has passed meanwhile takes nothing away: the due date counts then.
    Whoever has not handed in has no row yet, and gets the extension with it.

    Args:
        gradebook: the course's.
        extensions: of assignments that it has.
    """
    for extension in extensions:
        try:
            submission = gradebook.find_submission(extension.assignment, extension.student)
        except MissingEntry:
            continue
        # nbgrader fails on an extension where there is no due date, so that one is taken away.
        wanted = longer(submission.assignment.duedate, extension.until)
        if submission.extension != wanted:
            minutes = wanted / timedelta(minutes=1) if wanted else 0
            gradebook.grant_extension(extension.assignment, extension.student, minutes=minutes)


def longer(due: datetime | None, until: datetime) -> timedelta | None:
    """Return how much longer than others somebody has, or None if it is no longer.

    Args:
        due: the due date as nbgrader keeps it, in UTC without a zone.
        until: the student's own.
    """
    if due is None or until <= due.replace(tzinfo=UTC):
        return None
    return until - due.replace(tzinfo=UTC)
