"""What grading again would change: points, criteria and messages, student by student."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Grade,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.utils import is_grade, is_locked
from sqlalchemy import Select, create_engine, select

from autograder.hall.report import Criterion, Report
from autograder.plugin.regrading.places import Places, fingerprint
from autograder.plugin.regrading.record import COLUMNS, Change, CriterionChange, Row
from autograder.plugin.reports import reports

Values = dict[tuple[str, str, str], Any]  # by table, id and column


@dataclass
class Standing:
    """What a gradebook says about one student.

    Attributes:
        score: points after penalties.
        values: what grading wrote.
        manual: points given by hand, and the exercise's name, by the id of a grade.
    """

    score: float
    values: Values
    manual: dict[str, tuple[str, float]]


def standings(url: str, assignment: str) -> dict[str, Standing]:
    """Return what a gradebook says about everybody who handed in.

    Args:
        url: the gradebook's address.
        assignment: the assignment's name.
    """
    # Column by column: nbgrader's objects take most of a minute for a thousand students.
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            handed_in = select(SubmittedAssignment.student_id).join(Assignment)
            handed_in = handed_in.where(Assignment.name == assignment)
            found = {s: Standing(0.0, {}, {}) for s in connection.execute(handed_in).scalars()}
            for row in connection.execute(_points(assignment)).mappings():
                found[row["student"]].score += row["score"]
                if row["manual_score"] is not None:
                    given = row["name"], row["manual_score"]
                    found[row["student"]].manual[row["id"]] = given
            for table in COLUMNS:
                for row in connection.execute(_written(table, assignment)).mappings():
                    for column in COLUMNS[table]:
                        found[row["student"]].values[table, row["id"], column] = row[column]
    finally:
        engine.dispose()
    for standing in found.values():
        for (_, _, column), value in standing.values.items():
            if column == "late_submission_penalty":
                standing.score -= value or 0.0
    return found


def _written(name: str, assignment: str) -> Select:
    """Return the query for what grading wrote into a table, with whose it is."""
    table = Base.metadata.tables[name]
    query = select(table.c.id, *(table.c[column] for column in COLUMNS[name]))
    if name != "submitted_notebook":
        query = query.join(SubmittedNotebook, table.c.notebook_id == SubmittedNotebook.id)
    return _whose(query, assignment)


def _points(assignment: str) -> Select:
    """Return the query for the points of every grade, as nbgrader counts them."""
    query = select(Grade.id, Grade.score.label("score"), Grade.manual_score, BaseCell.name)
    query = query.select_from(Grade).join(BaseCell, Grade.cell_id == BaseCell.id)
    query = query.join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
    return _whose(query, assignment)


def _whose(query: Select, assignment: str) -> Select:
    query = query.add_columns(SubmittedAssignment.student_id.label("student"))
    query = query.join(
        SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id
    )
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return query.where(Assignment.name == assignment)


def compare(
    student: str, before: Standing, after: Standing, old: Places, new: Places
) -> Change | str | None:
    """Return what changes for one student; a reason if that cannot be told; None if nothing does.

    Args:
        student: the id.
        before: what the gradebook says.
        after: what its copy says after grading again.
        old: folders of the course.
        new: folders beside it.
    """
    change = Change(student, before.score, after.score)
    same_text = True
    paths = sorted(new.graded(student).glob("*.ipynb"))
    if not paths:
        return "could not be graded again"
    for path in paths:
        notebooks = [_read(places.graded(student) / path.name) for places in (old, new)]
        if notebooks[0] is None or notebooks[1] is None:
            return f"{path.name} of the former grading cannot be read"
        if _students_own(notebooks[0]) != _students_own(notebooks[1]):
            return "its cells are not those that were graded: handed in again?"
        same_text &= _sources(notebooks[0]) == _sources(notebooks[1])
        change.criteria += _criteria(_reports(notebooks[0]), _reports(notebooks[1]))
    change.rows = _rows(before.values, after.values)
    if not change.rows and not change.criteria and same_text:
        return None
    changed = {row.id for row in change.rows if row.column == "auto_score"}
    for grade, (name, points) in before.manual.items():
        if grade in changed:
            change.notes.append(f"{name}: {points:g} points given by hand stay")
    for row in change.rows:
        if row.column == "late_submission_penalty":
            change.notes.append(f"late penalty {row.old or 0:g} → {row.new or 0:g}")
    change.had_journal = old.journal(student).exists()
    change.old_files, change.new_files = (fingerprint(p.graded(student)) for p in (old, new))
    return change


def _rows(before: Values, after: Values) -> list[Row]:
    rows = []
    for (table, id_, column), value in before.items():
        if column == "needs_manual_grade":
            # Nobody has to look again at points by hand where the grader says what it said.
            points = table, id_, "auto_score"
            if before[points] == after[points]:
                continue
        if after[table, id_, column] != value:
            rows.append(Row(table, id_, column, value, after[table, id_, column]))
    return rows


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # whatever is wrong with it
        return None


def _reports(nb: NotebookNode) -> dict[str, Report]:
    try:
        return reports(nb)
    except (KeyError, TypeError, ValueError):  # of another release, or edited
        return {}


def _students_own(nb: NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells if not is_locked(cell) and not _is_test(cell)]


def _is_test(cell: NotebookNode) -> bool:
    return is_grade(cell) and not cell.metadata.nbgrader.get("solution", False)


def _sources(nb: NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells]


def _criteria(old: dict[str, Report], new: dict[str, Report]) -> list[CriterionChange]:
    found = []
    for grade_id in dict.fromkeys([*old, *new]):
        before, after = old.get(grade_id), new.get(grade_id)
        name = (after or before or Report(grade_id)).exercise
        pairs: dict[tuple[str, int], list[Criterion | None]] = {}
        for side, report in enumerate((before, after)):
            seen: dict[str, int] = {}
            for criterion in report.criteria if report else ():
                number = seen[criterion.name] = seen.get(criterion.name, 0) + 1
                pairs.setdefault((criterion.name, number), [None, None])[side] = criterion
        for (criterion_name, _), (was, now) in pairs.items():
            if was != now:
                found.append(
                    CriterionChange(
                        name,
                        criterion_name,
                        was.earned if was else None,
                        now.earned if now else None,
                        was.message if was else "",
                        now.message if now else "",
                    )
                )
    return found
