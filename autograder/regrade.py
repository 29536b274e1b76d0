"""``python -m autograder regrade``: grade a week again after a check was changed.

With ``--dry-run`` it only says whose points would change. Without, it does it, and writes a record
with which ``--undo`` makes the old state again.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import SQLAlchemyError

from autograder.collecting.course import find_course
from autograder.collecting.report import printable
from autograder.plugin.intake import TIMESTAMP
from autograder.plugin.one_at_a_time import one_run
from autograder.plugin.pending import Pending
from autograder.plugin.reading.files import irregular
from autograder.plugin.regrading.beside import Beside
from autograder.plugin.regrading.changes import compare, standings
from autograder.plugin.regrading.exchange import apply, finish_interrupted, undo
from autograder.plugin.regrading.places import Places
from autograder.plugin.regrading.record import Change, new_record, read_record, unfinished
from autograder.plugin.regrading.report import lines, summary
from autograder.plugin.timestamps import read_time

LOG = logging.getLogger("autograder.regrade")


def run(options: argparse.Namespace) -> int:
    """Grade again, say what would change, or undo it, in the current folder's course.

    Args:
        options: as ``autograder/__main__.py`` defines them.

    Returns:
        0 if all is said and done; 1 if somebody's submission could not be graded again; 2 if
        nothing was done at all.
    """
    try:
        if options.undo:
            return _undo(options)
        if not options.assignment:
            raise ValueError(
                "An assignment is needed. Expected: python -m autograder regrade ASSIGNMENT, with "
                "--dry-run to change nothing; or --undo RECORD."
            )
        places = _places(options.assignment)
        with one_run(places.hall, places.assignment, LOG) as note:
            return _regrade(places, options.dry_run, note)
    except (ValueError, OSError, SQLAlchemyError) as problem:
        print(printable(str(problem)), file=sys.stderr)
        return 2


def _places(assignment: str) -> Places:
    """Return the folders of an assignment of which somebody's submission was graded."""
    course = find_course(assignment).directory
    places = Places(course, assignment, course.autograded_directory)
    if not places.hall.is_dir():  # the lock lies there; nothing is made for a misspelt course
        raise ValueError(
            f"Nothing was graded in {places.hall.parent} by this grader. Expected: to run "
            f"`nbgrader autograde {assignment}` first."
        )
    with Gradebook(course.db_url, None) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            known = sorted(a.name for a in gradebook.assignments)
            raise ValueError(
                f'There is no assignment "{assignment}" in the gradebook. Expected: '
                f"{', '.join(known)}."
            ) from None
    return places


def _regrade(places: Places, dry: bool, note: Callable[[int, int], None]) -> int:
    waiting = list(unfinished(places.root, places.assignment))
    if waiting and dry:
        raise ValueError(
            f"{waiting[0].path} was interrupted. Expected: to put the old state back first, which "
            f"`nbgrader autograde {places.assignment}` or this command without --dry-run do."
        )
    finish_interrupted(places, LOG)
    with Beside(places) as beside:
        rows = standings(beside.url, places.assignment)
        before = {student: row for student, row in rows.items() if places.graded(student).is_dir()}
        left_out = {student: why for student in before if (why := _not_again(places, student))}
        note(0, len(before) - len(left_out))
        if len(left_out) == len(before):
            raise ValueError(
                f"Nobody's {places.assignment} can be graded again. Expected: submissions that "
                f"`nbgrader autograde {places.assignment}` graded. "
                + "; ".join(f"{student}: {why}" for student, why in sorted(left_out.items()))
            )
        # Who was never graded has a turn with `nbgrader autograde`, and nobody waits for it here.
        ungraded = [student for student in places.who_submitted() if student not in before]
        beside.grade([*left_out, *ungraded])
        after = standings(beside.url, places.assignment)
        changes: list[Change] = []
        for student in sorted(before.keys() - left_out):
            found = compare(student, before[student], after[student], places, beside.places)
            if isinstance(found, str):
                left_out[student] = found
            elif found:
                changes.append(found)
        record = new_record(places.root, places.assignment, changes)
        if changes and not dry:
            apply(record, places, beside.places)
    for line in lines(changes):
        print(printable(line))
    if left_out:
        print("Left as they are (`nbgrader autograde` grades them):")
        for student, why in sorted(left_out.items()):
            print(printable(f"    {student}: {why}"))
    print(
        f"{len(before) - len(left_out)} graded again: {summary(changes, dry)}; "
        f"{len(left_out)} left as they are"
    )
    if changes and not dry:
        print(
            f"Record: {record.path}. Back: python -m autograder regrade --undo "
            f"{record.path.relative_to(places.root)}. Feedback pages are the old ones until "
            f"`nbgrader generate_feedback {places.assignment} --force`."
        )
    return int(bool(left_out))


def _undo(options: argparse.Namespace) -> int:
    root = Path(find_course("").directory.root)
    record = read_record(options.undo, root)
    if options.assignment not in (None, record.assignment):
        raise ValueError(
            f"{options.undo} is a record of {record.assignment}, not of {options.assignment}."
        )
    places = _places(record.assignment)
    with one_run(places.hall, places.assignment, LOG):
        if list(unfinished(root, record.assignment)):
            finish_interrupted(places, LOG)
        record = read_record(options.undo, root)  # as it is now that nobody else writes it
        undo(record, places)
    print(
        f"{len(record.changes)} students have what they had before {record.path.name}. Feedback "
        f"pages follow with `nbgrader generate_feedback {record.assignment} --force`."
    )
    return 0


def _not_again(places: Places, student: str) -> str:
    """Return why a student's submission is not graded again, or ""."""
    graded = places.graded(student)
    if Pending(places.hall, places.assignment).interrupted(student, graded):
        return "was interrupted while it was graded"
    if not places.submitted(student).is_dir():
        return "the submission is not there any more"
    if _time(places.submitted(student)) != _time(graded):
        return "handed in again since"
    return ""


def _time(folder: Path) -> object:
    path = folder / TIMESTAMP
    try:
        return None if irregular(path) else read_time(path.read_bytes())
    except (OSError, ValueError):
        return None
