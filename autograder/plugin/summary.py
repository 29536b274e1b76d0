"""What a feedback page says about each exercise: title, points, and a sentence for each lost point.

The parts of the page that hold it are made here, by jinja2 with escaping switched on: nbconvert's
own templates run without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.hall.report import Criterion
from autograder.plugin.reports import reports
from autograder.plugin.titles import last_heading

TEMPLATES = Path(__file__).parent / "templates"
ROUNDING = 1e-9
NO_RESPONSE = "No response."  # nbgrader's own comment on an answer that was left as released
LONGEST = 300  # characters of an error's message in the summary; all of it stands at its exercise


def sentence(text: str) -> Markup:
    """Return a message as HTML: its lines as lines, its backticks as code.

    Args:
        text: which may quote what a student wrote.

    >>> sentence("`a<b`\\nis false")
    Markup('<code>a&lt;b</code><br>is false')
    """
    shown = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(shown.replace("\n", "<br>"))


PARTS = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # else each page looks at the file's date, a dozen times
)
PARTS.filters["sentence"] = sentence


@dataclass
class Exercise:
    """One graded cell, as the feedback page shows it.

    Attributes:
        grade_id: nbgrader's name of the graded cell, which links lead to.
        title: the heading above it.
        earned: points in the gradebook, by hand or not.
        points: points that could be earned.
        criteria: what the check looked at; empty without a report.
        checked: points that the check gave, None without a report.
        error: how the test ended, where there is no report.
        comments: grade_ids of the answers that an instructor has commented on.
        lesson: address of the lesson's section that treats it, "" if there is none.
    """

    grade_id: str
    title: str
    earned: float
    points: float
    criteria: list[Criterion] = field(default_factory=list)
    checked: float | None = None
    error: str = ""
    comments: list[str] = field(default_factory=list)
    lesson: str = ""

    @property
    def complete(self) -> bool:
        """Whether all points were earned."""
        return self.earned >= self.points - ROUNDING

    @property
    def share(self) -> float:
        """Share of the points, for the bar: 0 to 100, also with extra credit."""
        return min(max(100 * self.earned / self.points, 0), 100) if self.points > 0 else 100

    @property
    def lost(self) -> list[Criterion]:
        """The criteria that cost points."""
        return [c for c in self.criteria if c.earned < c.points - ROUNDING]

    @property
    def by_hand(self) -> bool:
        """Whether the gradebook has other points than the check gave."""
        return self.checked is not None and abs(self.checked - self.earned) > ROUNDING


def exercises(nb: NotebookNode, lesson: Callable[[str], str]) -> list[Exercise]:
    """Return the exercises of a graded notebook, in its order.

    Args:
        nb: after nbgrader's preprocessor GetGrades.
        lesson: gives the address of the lesson's section for an exercise's grade_id, "" if none.
    """
    found: list[Exercise] = []
    known = reports(nb)
    heading = ""
    comments: list[str] = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = last_heading(cell.source) or heading
        about = cell.metadata.get("nbgrader", {})
        said = (about.get("comment") or "") if is_solution(cell) or is_task(cell) else ""
        if said not in ("", NO_RESPONSE):
            comments.append(str(about["grade_id"]))
        if not (is_grade(cell) or is_task(cell)):
            continue
        grade_id = str(about["grade_id"])
        exercise = Exercise(
            grade_id,
            heading or grade_id,
            earned=float(about.get("score") or 0),
            points=float(about.get("points") or 0),
            error=_error(cell),
            comments=comments,
        )
        if (report := known.get(grade_id)) is not None:
            exercise.criteria, exercise.checked, exercise.error = (
                report.criteria,
                report.earned,
                "",
            )
        if not exercise.complete:
            exercise.lesson = lesson(grade_id)
        found.append(exercise)
        comments = []
    _tell_apart(found)
    return found


def _tell_apart(found: list[Exercise]) -> None:
    """Add its grade_id to the title of every exercise that shares its heading with another."""
    titles = [exercise.title for exercise in found]
    for exercise in found:
        if titles.count(exercise.title) > 1 and exercise.title != exercise.grade_id:
            exercise.title += f" ({exercise.grade_id})"


def _error(cell: NotebookNode) -> str:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            said = (output.evalue.strip() or output.ename).splitlines()
            return said[0][:LONGEST] if said else ""
    return ""


def summary_html(**values: object) -> str:
    """Return the top of the page.

    Args:
        values: what its template `exam_feedback/summary.html.j2` names.
    """
    return PARTS.get_template("exam_feedback/summary.html.j2").render(**values)


def exercise_html(exercise: Exercise) -> str:
    """Return what stands at an exercise: its points and its criteria.

    Args:
        exercise: which one.
    """
    return PARTS.get_template("exam_feedback/exercise.html.j2").render(exercise=exercise)
