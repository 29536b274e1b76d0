"""nbgrader's `SaveAutoGrades`, with one transaction for a notebook instead of one a cell."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import compute_checksum, determine_grade, is_task

from autograder.plugin.queries import of_submitted_notebooks


def submitted_notebook(gradebook: Gradebook, names: dict[str, Any]) -> str:
    """Return the number of a submitted notebook.

    nbgrader's object of it comes with its scores, each computed by a query of its own.

    Args:
        gradebook: nbgrader's.
        names: of the student, the assignment and the notebook.

    Raises:
        MissingEntry: there is no such submission.
    """
    query = of_submitted_notebooks(names["assignment"], SubmittedNotebook.id).where(
        SubmittedAssignment.student_id == names["student"], Notebook.name == names["notebook"]
    )
    found = gradebook.db.execute(query).scalar_one_or_none()
    if found is None:
        what = f"{names['assignment']}/{names['notebook']} of {names['student']}"
        raise MissingEntry(f"No such submission: {what}")
    return str(found)


class SaveGrades(SaveAutoGrades):
    """Saves scores and comments of a notebook: either all of them, or none.

    nbgrader looks up each grade and each comment by joining seven tables, and writes each to the
    disk before it goes on. Here both are read at once and written at once; what is saved is the
    same.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict]:
        """Save what the notebook's cells earned.

        Args:
            nb: the notebook, graded.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.

        Raises:
            MissingEntry: the gradebook has no such submission.
        """
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            number = submitted_notebook(gradebook, names)
            self.grades, self.comments = (
                dict(
                    gradebook.db.query(BaseCell.name, kind)
                    .join(kind, kind.cell_id == BaseCell.id)
                    .filter(kind.notebook_id == number)
                    .all()
                )
                for kind in (Grade, Comment)
            )
            for index, cell in enumerate(nb.cells):
                self.preprocess_cell(cell, resources, index)  # calls the two methods below
            gradebook.db.commit()
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        grade = self.grades[cell.metadata.nbgrader["grade_id"]]
        grade.auto_score, _ = determine_grade(cell, self.log)
        # A person has to look where nobody could score it, or somebody had scored it before.
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None

    def _add_comment(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        settings = cell.metadata.nbgrader
        untouched = settings.get("checksum") == compute_checksum(cell) and not is_task(cell)
        comment = self.comments[settings["grade_id"]]
        comment.auto_comment = "No response." if untouched else None
