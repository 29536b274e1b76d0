"""nbgrader's table of grades, for a whole class at once.

nbgrader asks the gradebook three times for each student and assignment, and each time it adds up
points by looking at those of everybody: the time grows with the square of the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import func, select


class CsvAtOnce(CsvExportPlugin):
    """nbgrader's `CsvExportPlugin`; what it writes is the same.

    A sum of points that are no halves or quarters can differ in its last of 17 digits: the database
    adds them in another order.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the table.

        Args:
            gradebook: nbgrader's.
        """
        super().export(cast(Gradebook, Loaded(gradebook)))


@dataclass
class Submission:
    """What nbgrader's plug-in asks of a submission.

    Attributes:
        timestamp: when it was handed in, in UTC.
        score: points before the penalty.
        late_submission_penalty: points to take off.
    """

    timestamp: datetime | None
    score: float = 0.0
    late_submission_penalty: float = 0.0


class Loaded:
    """What nbgrader's plug-in asks of a gradebook, read with three queries.

    Attributes:
        assignments: nbgrader's own list.
        students: nbgrader's own list.
    """

    def __init__(self, gradebook: Gradebook) -> None:
        self.assignments = gradebook.assignments
        self.students = gradebook.students
        ask = gradebook.db.execute
        handed = SubmittedAssignment
        found: dict[str, Submission] = {}
        self._by_name: dict[tuple[str, str], Submission] = {}
        named = select(handed.id, Assignment.name, handed.student_id, handed.timestamp)
        for row, assignment, student, timestamp in ask(
            named.join(Assignment, Assignment.id == handed.assignment_id)
        ):
            found[row] = self._by_name[assignment, student] = Submission(timestamp)
        whose = SubmittedNotebook.assignment_id
        points = select(whose, func.coalesce(func.sum(Grade.score), 0.0)).join(
            Grade, Grade.notebook_id == SubmittedNotebook.id
        )
        for row, score in ask(points.group_by(whose)):
            found[row].score = score
        late = select(
            whose, func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0.0)
        )
        for row, penalty in ask(late.group_by(whose)):
            found[row].late_submission_penalty = penalty

    def find_submission(self, assignment: str, student: str) -> Any:
        """Return what is known of a submission.

        Args:
            assignment: the assignment's name.
            student: the student's id.

        Raises:
            MissingEntry: nothing was handed in.
        """
        try:
            return self._by_name[assignment, student]
        except KeyError:
            raise MissingEntry(f"No such submission: {assignment} of {student}") from None
