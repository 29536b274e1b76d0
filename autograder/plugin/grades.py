"""nbgrader's preprocessor GetGrades, which asks the gradebook once for the whole class.

nbgrader asks for each cell of each student: with 14 cells about 25 queries, each put together and
compiled anew. That was a quarter of what a feedback page cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade, is_solution, is_task
from sqlalchemy import func, select

from autograder.plugin.nbgrader_internals import running_converter
from autograder.plugin.queries import of_submitted_notebooks


@dataclass
class Entry:
    """What the gradebook has of one student's notebook.

    Attributes:
        late: the penalty, None if there is none.
        score: points of all cells.
        scores: points by the name of a graded cell.
        comments: by the name of an answer's cell.
    """

    late: float | None
    score: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Book:
    """What the gradebook has of one notebook.

    Attributes:
        most: points of all cells.
        points: points of a graded cell, by its name.
        entries: by the student's id.
    """

    most: float
    points: dict[str, float]
    entries: dict[str, Entry]


class GetAllGrades(GetGrades):
    """Puts points and comments into a notebook as nbgrader's GetGrades does.

    It is made anew for each run, and knows the points as they were when the run began.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._books: dict[tuple[str, str, str], Book] = {}

    @property
    def alone(self) -> bool:
        """Whether one student's page is made, as formgrader does."""
        return len(running_converter(self).assignments) == 1

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Put points and comments into the cells' metadata, and the sums into the resources.

        Args:
            nb: the graded notebook.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.
        """
        about = resources["nbgrader"]
        alone = self.alone
        key = about["db_url"], about["assignment"], about["notebook"]
        if key not in self._books or (alone and about["student"] not in self._books[key].entries):
            self._books[key] = read_book(*key, about["student"] if alone else "")
        book = self._books[key]
        entry = book.entries.get(about["student"])
        if entry is None or not _complete(nb, book, entry):
            return super().preprocess(nb, resources)  # which says what the gradebook lacks
        for cell in nb.cells:
            if is_solution(cell) or is_task(cell):
                cell.metadata.nbgrader["comment"] = entry.comments[_name(cell)]
            if is_grade(cell) or is_task(cell):
                cell.metadata.nbgrader["score"] = entry.scores[_name(cell)]
                cell.metadata.nbgrader["points"] = book.points[_name(cell)]
        if entry.late is not None:
            self.log.warning("Late submission penalty: %s", entry.late)
        about["late_penalty"] = entry.late or 0
        about["score"], about["max_score"] = entry.score - about["late_penalty"], book.most
        return nb, resources


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata["nbgrader"]["grade_id"])


def _complete(nb: NotebookNode, book: Book, entry: Entry) -> bool:
    answers = {_name(c) for c in nb.cells if is_solution(c) or is_task(c)}
    graded = {_name(c) for c in nb.cells if is_grade(c) or is_task(c)}
    return answers <= set(entry.comments) and graded <= set(entry.scores) & set(book.points)


def read_book(db_url: str, assignment: str, notebook: str, student: str = "") -> Book:
    """Return what the gradebook has of a notebook.

    Args:
        db_url: address of the gradebook.
        assignment: the assignment's name.
        notebook: the notebook's name.
        student: whose entries; "" for everybody's.
    """
    here = [Assignment.name == assignment, Notebook.name == notebook]
    whose = [SubmittedAssignment.student_id == student] if student else []

    def submitted(*columns: Any) -> Any:
        query = of_submitted_notebooks(assignment, SubmittedAssignment.student_id, *columns)
        return query.where(Notebook.name == notebook, *whose)

    with Gradebook(db_url) as gradebook:
        ask = gradebook.db.execute
        cells = [
            row
            for kind in (TaskCell, GradeCell)  # of two with one name, nbgrader takes the latter
            for row in ask(
                select(kind.id, kind.name, kind.max_score)
                .join(Notebook, Notebook.id == kind.notebook_id)
                .join(Assignment, Assignment.id == Notebook.assignment_id)
                .where(*here)
            )
        ]
        most = ask(select(Notebook.max_score).join(Assignment).where(*here)).scalar() or 0.0
        entries = {
            name: Entry(late)
            for name, late in ask(submitted(SubmittedNotebook.late_submission_penalty))
        }
        grades = submitted(BaseCell.id, Grade.score).join(
            Grade, Grade.notebook_id == SubmittedNotebook.id
        )
        names = {cell: name for cell, name, _ in cells}
        order = {cell: place for place, (cell, _, _) in enumerate(cells)}
        rows = ask(grades.join(BaseCell, BaseCell.id == Grade.cell_id)).all()
        for name, cell, score in sorted(rows, key=lambda row: order.get(row[1], -1)):
            if cell in names:
                entries[name].scores[names[cell]] = score
        sums = submitted(func.coalesce(func.sum(Grade.score), 0.0)).join(
            Grade, Grade.notebook_id == SubmittedNotebook.id
        )
        for name, score in ask(sums.group_by(SubmittedAssignment.student_id)):
            entries[name].score = score
        for kind in (TaskCell, SolutionCell):
            said = submitted(kind.name, Comment.comment).join(
                Comment, Comment.notebook_id == SubmittedNotebook.id
            )
            for name, cell, comment in ask(said.join(kind, kind.id == Comment.cell_id)):
                entries[name].comments[cell] = comment
    return Book(most, {name: points for _, name, points in cells}, entries)
