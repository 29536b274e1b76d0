"""What grading again would change: points, criteria and messages, student by student."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Base, Gradebook
from nbgrader.utils import is_grade, is_locked
from sqlalchemy import create_engine, select

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
    with Gradebook(url, None) as gradebook:
        found = {
            s.student.id: Standing(s.score - (s.late_submission_penalty or 0.0), {}, {})
            for s in gradebook.find_assignment(assignment).submissions
        }
        for submission in gradebook.find_assignment(assignment).submissions:
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    if grade.manual_score is not None:
                        given = grade.name, grade.manual_score
                        found[submission.student.id].manual[grade.id] = given
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            for table in COLUMNS:
                for row in connection.execute(_written(table, assignment)).mappings():
                    for column in COLUMNS[table]:
                        key = table, row["id"], column
                        found[row["student"]].values[key] = row[column]
    finally:
        engine.dispose()
    return found


def _written(name: str, assignment: str) -> Any:
    """Return the query for a table's rows of one assignment, with whose they are."""
    tables = Base.metadata.tables
    table, notebook = tables[name], tables["submitted_notebook"]
    submission, task = tables["submitted_assignment"], tables["assignment"]
    joined = table if name == "submitted_notebook" else table.join(notebook)
    joined = joined.join(submission, notebook.c.assignment_id == submission.c.id)
    joined = joined.join(task, submission.c.assignment_id == task.c.id)
    columns = [table.c.id, submission.c.student_id.label("student")]
    columns += [table.c[column] for column in COLUMNS[name]]
    return select(*columns).select_from(joined).where(task.c.name == assignment)


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
