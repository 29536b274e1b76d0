"""Putting what was graded beside the gradebook in the place of the old, and back again.

The files of each student are moved first, then all rows of the gradebook are written in one
transaction. The record says beforehand what will be done. Whatever ends the run before the end,
:func:`put_back` makes the old state of it, as often as it is called.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Base
from sqlalchemy import Connection, create_engine, select, update

from autograder.plugin.regrading.places import Places, fingerprint
from autograder.plugin.regrading.record import (
    APPLIED,
    UNDOING,
    UNDONE,
    Change,
    Record,
    Row,
    unfinished,
)

FREE = ("needs_manual_grade", "late_submission_penalty")
"""Columns that Formgrader or a moved due date may have changed meanwhile: then they stay."""


def apply(record: Record, old: Places, new: Places) -> None:
    """Replace the old by the new, or leave all as it was.

    Args:
        record: what will be done; it is written.
        old: folders of the course.
        new: folders beside it, whose files are moved away.

    Raises:
        ValueError: the gradebook changed while it was graded again.
    """
    try:
        record.save()
        for change in record.changes:
            for thing, other in zip(
                _things(record, change, old), _things(record, change, new), strict=True
            ):
                _move(other.place, thing.waiting)
        for change in record.changes:
            for thing in _things(record, change, old):
                _move(thing.place, thing.kept)
                _move(thing.waiting, thing.place)
        _write_rows(old.course.db_url, record)
        record.state = APPLIED
        record.save()
    except BaseException:  # Control-C, too
        put_back(record, old)
        raise


def undo(record: Record, places: Places) -> None:
    """Make the state before a grading again, if nothing else happened to these submissions.

    Args:
        record: what was done.
        places: folders of the course.

    Raises:
        ValueError: it was undone already, or something was graded since.
    """
    if record.state != APPLIED:
        raise ValueError(f"{record.path.name} is {record.state}; there is nothing to undo.")
    since = sorted(
        {c.student for c in record.changes if fingerprint(places.graded(c.student)) != c.new_files}
        | _changed_since(places.course.db_url, record)
    )
    if since:
        raise ValueError(
            f"Graded once more since {record.path.name}: {', '.join(since)}. Nothing was changed. "
            "Expected: what this record left; undo newer records first."
        )
    record.state = UNDOING
    record.save()
    put_back(record, places)


def put_back(record: Record, places: Places) -> None:
    """Make the old state, from wherever a run that applies or undoes has come to.

    Args:
        record: what was to be done; a record of a run that did not come to its end is removed.
        places: folders of the course.
    """
    for change in record.changes:
        for thing in _things(record, change, places):
            if thing.kept.exists():
                _move(thing.place, thing.waiting)
                _move(thing.kept, thing.place)
            elif not thing.was_there and not thing.waiting.exists():
                _move(thing.place, thing.waiting)
    _write_rows(places.course.db_url, record, back=True)
    if record.state == UNDOING:
        record.state = UNDONE
        record.save()
        shutil.rmtree(record.files, ignore_errors=True)
    else:
        record.forget()


def finish_interrupted(places: Places, log: logging.Logger) -> None:
    """Put back what a run left halfway that was killed. Only for who holds the lock.

    Args:
        places: folders of the course.
        log: where an instructor reads it.
    """
    for record in unfinished(places.root, places.assignment):
        log.warning(
            "%s: grading %s again was interrupted; everything is put back as it was before",
            record.path.name,
            record.assignment,
        )
        put_back(record, places)


@dataclass(frozen=True)
class _Thing:
    """A file or folder of a student's that is replaced as a whole.

    Attributes:
        place: where it belongs.
        kept: where the old one is kept.
        waiting: where the new one waits.
        was_there: whether there was an old one.
    """

    place: Path
    kept: Path
    waiting: Path
    was_there: bool


def _things(record: Record, change: Change, places: Places) -> list[_Thing]:
    student, old, new = change.student, record.files / "old", record.files / "new"
    return [
        _Thing(place, old / student / name, new / student / name, was_there)
        for name, place, was_there in (
            ("graded", places.graded(student), True),
            ("journal.json", places.journal(student), change.had_journal),
        )
    ]


def _move(source: Path, target: Path) -> None:
    """Rename what is there; within a file system that happens wholly or not at all."""
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


def _write_rows(url: str, record: Record, back: bool = False) -> None:
    """Write all rows in one transaction; forward, only over what was there when it was graded."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for change in record.changes:
                for row in change.rows:
                    one, other = (row.new, row.old) if back else (row.old, row.new)
                    table = Base.metadata.tables[row.table]
                    found = connection.execute(
                        update(table)
                        .where(table.c.id == row.id)
                        .where(table.c[row.column].is_not_distinct_from(one))
                        .values({row.column: other})
                    )
                    if found.rowcount == 0 and not back and row.column not in FREE:
                        raise ValueError(
                            f"The gradebook's {row.table} of {change.student} changed while it was "
                            "graded again. Nothing was changed; run the command once more."
                        )
    finally:
        engine.dispose()


def _changed_since(url: str, record: Record) -> set[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {
                change.student
                for change in record.changes
                for row in change.rows
                if row.column not in FREE and _value(connection, row) != [row.new]
            }
    finally:
        engine.dispose()


def _value(connection: Connection, row: Row) -> list:
    table = Base.metadata.tables[row.table]
    query = select(table.c[row.column]).where(table.c.id == row.id)
    return list(connection.execute(query).scalars())
