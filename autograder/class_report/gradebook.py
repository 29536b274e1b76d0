"""What nbgrader's gradebook knows: people, what was released, points and times."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader import api
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select

from autograder.class_report.people import People, Student

Cell = tuple[str, str]  # the names of a notebook and of a graded cell in it


@dataclass
class Handed:
    """What the gradebook has of one student's submission.

    Attributes:
        points: by graded cell; None where a person has not given them yet.
        seconds_late: after the deadline, an extension counted in.
        open_until: end of an extension that is not over, for who has not handed in.
        graded: whether any cell has points.
    """

    points: dict[Cell, float | None] = field(default_factory=dict)
    seconds_late: float = 0.0
    open_until: datetime | None = None
    graded: bool = False


@dataclass
class Entries:
    """What the gradebook has of one assignment.

    Attributes:
        worth: points of every graded cell.
        stubs: what was released in every answer cell.
        handed: by student.
    """

    worth: dict[Cell, float] = field(default_factory=dict)
    stubs: dict[Cell, str] = field(default_factory=dict)
    handed: dict[str, Handed] = field(default_factory=dict)


@contextmanager
def open_gradebook(directory: CourseDirectory) -> Iterator[Gradebook]:
    """Open a course's gradebook; one that does not exist is not made.

    Args:
        directory: nbgrader's settings of the course.

    Returns:
        A context with the gradebook.

    Raises:
        ValueError: there is none.
    """
    url = directory.db_url
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        raise ValueError(
            f"There is no gradebook {file}. Expected: the one that `nbgrader autograde` writes; "
            "grade the week first, in this folder."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's
        with Gradebook(url) as gradebook:
            yield gradebook


def graded_assignments(gradebook: Gradebook) -> list[str]:
    """Return the names of all assignments for which somebody has points.

    Args:
        gradebook: the course's.
    """
    rows = gradebook.db.execute(
        select(api.Assignment.name)
        .join(api.SubmittedAssignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
        .join(
            api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id
        )
        .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .where((api.Grade.auto_score.is_not(None)) | (api.Grade.manual_score.is_not(None)))
        .distinct()
    )
    return sorted(name for (name,) in rows)


def read_people(gradebook: Gradebook, names: bool) -> People:
    """Return everybody in the gradebook.

    Args:
        gradebook: the course's.
        names: whether pages show names.
    """
    s = api.Student
    rows = gradebook.db.execute(select(s.id, s.first_name, s.last_name, s.email))
    students = [Student(i, first or "", last or "", mail or "") for i, first, last, mail in rows]
    # nbgrader gives every assignment a random id, which no page, list or export shows.
    ids = gradebook.db.execute(select(api.Assignment.id).order_by(api.Assignment.name).limit(1))
    return People(students, ids.scalar() or "", names)


def read_entries(gradebook: Gradebook, assignment: str) -> Entries:
    """Read one assignment.

    Args:
        gradebook: the course's.
        assignment: its name, which the gradebook has.
    """
    entries = Entries()
    released = gradebook.find_assignment(assignment)
    for notebook in released.notebooks:
        for cell in [*notebook.grade_cells, *notebook.task_cells]:
            entries.worth[notebook.name, cell.name] = float(cell.max_score)
        answers = {cell.name for cell in notebook.solution_cells}
        for cell in notebook.source_cells:
            if cell.name in answers:
                entries.stubs[notebook.name, cell.name] = cell.source or ""
    now = datetime.now(UTC).replace(tzinfo=None)  # nbgrader keeps UTC without saying so
    a = api.SubmittedAssignment
    for student, timestamp, extension in gradebook.db.execute(
        select(a.student_id, a.timestamp, a.extension).where(a.assignment_id == released.id)
    ):
        handed = entries.handed[student] = Handed()
        if released.duedate is not None:
            due = released.duedate + (extension or timedelta(0))
            if timestamp is not None:
                handed.seconds_late = max(0.0, (timestamp - due).total_seconds())
            elif extension and due > now:
                handed.open_until = due
    g, b = api.Grade, api.BaseCell
    rows = gradebook.db.execute(
        select(a.student_id, api.Notebook.name, b.name, g.auto_score, g.manual_score, g.score)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == a.id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .join(g, g.notebook_id == api.SubmittedNotebook.id)
        .join(b, b.id == g.cell_id)
        .where(a.assignment_id == released.id)
    )
    for student, name, cell, automatic, by_hand, score in rows:
        handed = entries.handed[student]
        known = automatic is not None or by_hand is not None
        handed.points[name, cell] = float(score) if known else None
        handed.graded = handed.graded or known
    return entries
