"""``python -m autograder extend``: a due date of their own for one student."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from filelock import FileLock
from nbgrader.api import Assignment, Gradebook, MissingEntry

from autograder.collecting.course import find_course
from autograder.collecting.report import printable, table
from autograder.plugin.extensions import (
    FILE,
    Extension,
    longer,
    read_extensions,
    settle,
    write_extensions,
)
from autograder.plugin.timestamps import read_time, write_time

HOW = 'Expected: python -m autograder extend STUDENT ASSIGNMENT --until "2026-03-05 12:00 UTC".'


def run(options: argparse.Namespace) -> int:
    """Set, take back or list extensions in the current folder's course.

    Args:
        options: as ``autograder/__main__.py`` defines them.

    Returns:
        0, or 2 if nothing was done.
    """
    try:
        if not options.list and not options.assignment:
            raise ValueError(f"A student and an assignment are needed. {HOW}")
        course = find_course(options.assignment or "")
        root, url = Path(course.directory.root), course.directory.db_url
        file = url.removeprefix("sqlite:///")
        if file != url and not Path(file).exists():  # opening it would make it
            raise ValueError(
                f"There is no gradebook {file}. Expected: a course of which an assignment was "
                "released (nbgrader generate_assignment) and has a due date."
            )
        with FileLock(root / f"{FILE}.lock"), Gradebook(url, None) as gradebook:
            if options.list:
                if options.student:
                    raise ValueError("--list shows all extensions; give it no student.")
                print(_listed(gradebook, read_extensions(root)))
            elif options.remove:
                print(_remove(gradebook, root, options.student, options.assignment))
            else:
                assignment = _assignment(gradebook, options.assignment)
                _check_student(gradebook, options.student)
                until = read_until(options.until)
                print(_grant(gradebook, root, Extension(assignment.name, options.student, until)))
    except (ValueError, OSError) as problem:
        print(printable(str(problem)), file=sys.stderr)
        return 2
    return 0


def read_until(text: str) -> datetime:
    """Return a time that names its zone.

    Args:
        text: as somebody typed it.

    Raises:
        ValueError: it is no time, or could be two, or names no zone.
    """
    try:
        until = read_time(text)
        # A time without a zone is another one wherever it is read.
        other = read_time(text, timezone(timedelta(hours=1)))
    except ValueError as problem:
        raise ValueError(f"--until {problem}") from None
    if until != other:
        raise ValueError(
            f'--until "{text}" names no time zone. Expected: one behind it, such as '
            f'"{text} Europe/Berlin" or "{text} UTC".'
        )
    return until


def _grant(gradebook: Gradebook, root: Path, extension: Extension) -> str:
    due = gradebook.find_assignment(extension.assignment).duedate
    if due is None:
        raise ValueError(
            f"{extension.assignment} has no due date, so nobody is late. Set one first: nbgrader "
            f'db assignment add {extension.assignment} --duedate="2026-03-02 12:00 UTC"'
        )
    if longer(due, extension.until) is None:
        raise ValueError(
            f"--until {write_time(extension.until)} is not after the due date of "
            f"{extension.assignment}, {write_time(due.replace(tzinfo=UTC))}. Expected: a later "
            "time; --remove takes an extension back."
        )
    others = [e for e in read_extensions(root) if not _same(e, extension)]
    write_extensions(root, [*others, extension])
    settle(gradebook, [extension])
    return (
        f"{extension.student} may hand in {extension.assignment} until "
        f"{write_time(extension.until)}, {longer(due, extension.until)} longer than others. "
        f"Late penalties follow on the next `nbgrader autograde {extension.assignment}`."
    )


def _remove(gradebook: Gradebook, root: Path, student: str, assignment: str) -> str:
    known = read_extensions(root)
    gone = Extension(assignment, student, datetime.now(UTC))
    left = [e for e in known if not _same(e, gone)]
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        submission = None
    if len(left) == len(known) and (submission is None or submission.extension is None):
        raise ValueError(
            f"{student} has no extension of {assignment}. Expected: one of those that "
            "`python -m autograder extend --list` shows."
        )
    write_extensions(root, left)
    if submission is not None:
        gradebook.grant_extension(assignment, student)  # by no time at all: that removes it
    return (
        f"{student} has no extension of {assignment} any more. Late penalties follow on the next "
        f"`nbgrader autograde {assignment}`."
    )


def _same(one: Extension, other: Extension) -> bool:
    return (one.assignment, one.student) == (other.assignment, other.student)


def _listed(gradebook: Gradebook, extensions: list[Extension]) -> str:
    dues = {a.name: a.duedate for a in gradebook.assignments}
    rows = []
    for extension in extensions:
        due = dues.get(extension.assignment)
        more = longer(due, extension.until)
        state = f"{more} longer" if more else "no effect: the due date is not before it"
        if due is None:
            state = "no effect: there is no due date"
        rows.append(_row(extension.assignment, extension.student, extension.until, due, state))
    listed = {(e.assignment, e.student) for e in extensions}
    for assignment in gradebook.assignments:
        for submission in assignment.submissions:
            names = assignment.name, submission.student.id
            if submission.extension and names not in listed and assignment.duedate:
                until = submission.duedate.replace(tzinfo=UTC)
                state = f"{submission.extension} longer; set in nbgrader, moves with the due date"
                rows.append(_row(*names, until, assignment.duedate, state))
    head = ("assignment", "student", "until", "due for all others", "which is")
    return table(head, sorted(rows)) if rows else "nobody has an extension"


def _row(
    assignment: str, student: str, until: datetime, due: datetime | None, state: str
) -> tuple[str, ...]:
    shown = write_time(due.replace(tzinfo=UTC)) if due else "–"
    return assignment, student, write_time(until), shown, state


def _assignment(gradebook: Gradebook, name: str) -> Assignment:
    try:
        return gradebook.find_assignment(name)
    except MissingEntry:
        known = sorted(assignment.name for assignment in gradebook.assignments)
        raise ValueError(
            f'There is no assignment "{name}" in the gradebook. Expected: '
            f"{', '.join(known) or 'one that was released (nbgrader generate_assignment)'}. The "
            "student comes first, the assignment second."
        ) from None


def _check_student(gradebook: Gradebook, student: str) -> None:
    try:
        gradebook.find_student(student)
    except MissingEntry:
        raise ValueError(
            f'There is no student "{student}" in the gradebook.{_like(student, gradebook.students)}'
            " Expected: an id of the roster. Import it (nbgrader db student import students.csv), "
            f"or add one: nbgrader db student add {student}"
        ) from None


def _like(student: str, students: Iterable) -> str:
    close = difflib.get_close_matches(student, [s.id for s in students])
    return f" Did you mean {' or '.join(close)}?" if close else ""
