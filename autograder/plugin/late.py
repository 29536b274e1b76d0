"""Late penalties: lose a share of the score for every day begun after the deadline."""

from __future__ import annotations

import logging
from collections.abc import Collection
from math import ceil
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.api import (
    Assignment,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float

from autograder.plugin.queries import of_submitted_notebooks

DAY = 24 * 60 * 60


class PerDay(BasePlugin):
    """nbgrader plug-in: ``c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"``.

    With the defaults nothing is lost. ``c.PerDay.share = 0.1`` takes 10% of the score for every
    day begun, never more than the score itself.
    """

    share = Float(0.0, help="share of the score lost per day begun, 0 to 1").tag(config=True)
    grace_hours = Float(0.0, help="hours after the deadline that cost nothing").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """Return the points to take off a score.

        Args:
            student_id: whose submission it is.
            score: points that it earned.
            total_seconds_late: seconds after the deadline.
        """
        late = total_seconds_late - self.grace_hours * 60 * 60
        days = ceil(late / DAY) if late > 0 else 0
        return min(score, score * self.share * days)


class LatePenalties(AssignLatePenalties):
    """nbgrader's preprocessor, which is asked only about who is late or has lost points for it.

    It loads two objects whose scores are computed by queries of their own; for most of a class, to
    find that nothing is late.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict]:
        """Save the penalty of a submission, if it is late or was.

        Args:
            nb: the notebook.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.
        """
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            found = penalties_of(gradebook, names["assignment"], {names["student"]})
        if (names["student"], names["notebook"]) in found:
            return super().preprocess(nb, resources)
        return nb, resources


def settle_penalties(
    exporter: Any, course: CourseDirectory, students: Collection[str], log: logging.Logger
) -> None:
    """Compute the late penalties of an assignment again, for extensions and due dates that moved.

    nbgrader computes a penalty when it grades a submission, and leaves out what is graded.

    Args:
        exporter: in which nbgrader's preprocessors run.
        course: nbgrader's folders.
        students: whose penalties.
        log: where an instructor reads what changed.
    """
    assignment, quiet = course.assignment_id, logging.getLogger(f"{__name__}.quiet")
    quiet.setLevel(logging.ERROR)  # how late everybody is was said when they were graded
    penalties = AssignLatePenalties(parent=exporter, log=quiet)
    with Gradebook(course.db_url) as gradebook:
        before = penalties_of(gradebook, assignment, students)
    for student, notebook in before:
        names = {"student": student, "assignment": assignment, "notebook": notebook}
        names["db_url"] = course.db_url
        penalties.preprocess(new_notebook(), {"nbgrader": names})
    with Gradebook(course.db_url) as gradebook:
        after = penalties_of(gradebook, assignment, students)
    for one, penalty in before.items():
        if after.get(one, 0.0) != penalty:
            log.warning("%s: late penalty %g instead of %g", one[0], after.get(one, 0.0), penalty)


def penalties_of(
    gradebook: Gradebook, assignment: str, students: Collection[str]
) -> dict[tuple[str, str], float]:
    """Return penalties by student and notebook, of whoever has one or handed in late.

    Args:
        gradebook: nbgrader's.
        assignment: its name.
        students: whose penalties.
    """
    query = of_submitted_notebooks(
        assignment,
        SubmittedAssignment.student_id,
        Notebook.name,
        SubmittedNotebook.late_submission_penalty,
        SubmittedAssignment.timestamp > Assignment.duedate,
    )
    if len(students) == 1:
        query = query.where(SubmittedAssignment.student_id == next(iter(students)))
    return {
        (student, notebook): penalty or 0.0
        for student, notebook, penalty, late in gradebook.db.execute(query)
        if student in students and (late or penalty)
    }
