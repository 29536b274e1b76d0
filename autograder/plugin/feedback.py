"""The pages that nbgrader makes of graded notebooks: a student's feedback, and formgrader's."""

from __future__ import annotations

import re

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Callable
from traitlets.config import Config

from autograder.hall.report import MIME
from autograder.plugin.intake import NOTE, UNREADABLE
from autograder.plugin.remarks import remarks
from autograder.plugin.sanitise import safe_markdown
from autograder.plugin.summary import TEMPLATES, exercise_html, exercises, summary_html
from autograder.plugin.titles import notebook_title


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML exporter, with a template of ours: `templates/exam_feedback`."""


def show_offline(c: Config) -> None:
    """Set up the pages of `generate_feedback` and of formgrader so that they fetch nothing.

    Args:
        c: the configuration that nbgrader hands to ``nbgrader_config.py``.
    """
    c.HTMLExporter.filters = {"markdown2html": safe_markdown, "without_net": without_net}
    # nbgrader names formgrader's own template as HTMLExporter's; this file extends it.
    c.HTMLExporter.extra_template_paths = [str(TEMPLATES)]
    c.HTMLExporter.template_file = "formgrade_offline.html.j2"
    # A setting of the subclass wins over those that nbgrader makes for HTMLExporter.
    c.FeedbackExporter.template_name = "exam_feedback"
    c.FeedbackExporter.template_file = "index.html.j2"
    c.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    c.FeedbackExporter.extra_template_paths = []
    c.GenerateFeedback.exporter_class = FeedbackExporter


def without_net(head: str) -> str:
    """Return a page's head without the scripts that it loads from another host.

    Args:
        head: HTML that a template of nbgrader made.
    """
    return re.sub(r'<script[^>]*\bsrc="(https?:)?//[^>]*>\s*</script>', "", head)


class SummariseReports(NbGraderPreprocessor):
    """Makes what the feedback page says about each exercise, and the summary above the notebook.

    Both go into the resources, where no submission can put anything.
    """

    lesson = Callable(
        lambda assignment, grade_id: "",
        help="called with the names of assignment and graded cell of each exercise that lost "
        "points; returns the address of the lesson's section that treats it, or an empty text",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Put `exam` into the resources, and take away what the page shows in another way.

        Args:
            nb: the notebook, after nbgrader's GetGrades.
            resources: nbgrader's names, points and settings of this conversion.

        Returns:
            Both.
        """
        about = resources["nbgrader"]
        found = exercises(nb, lambda grade_id: self._address(about["assignment"], grade_id))
        title = notebook_title(nb) or about["notebook"]
        most, score = float(about["max_score"]), float(about["score"])
        resources["exam"] = {
            "title": title,
            "exercises": {exercise.grade_id: exercise_html(exercise) for exercise in found},
            "summary": summary_html(
                title=title,
                score=score,
                most=most,
                share=min(max(100 * score / most, 0), 100) if most > 0 else 100,
                late=float(about["late_penalty"]),
                exercises=found,
                reasons=any(exercise.lost or exercise.error for exercise in found),
                complete=sum(exercise.complete for exercise in found),
                unreadable=str(nb.metadata.get(UNREADABLE, "")),
                unprotected=nb.metadata.get("exam_hall", {}).get("protected") is False,
                remarks=remarks(nb),
            ),
        }
        nb.cells = [cell for cell in nb.cells if not _is_said_above(nb, cell)]
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [o for o in cell.outputs if MIME not in o.get("data", {})]
        return nb, resources

    def _address(self, assignment: str, grade_id: str) -> str:
        address = self.lesson(assignment, grade_id)
        return address if re.match(r"https?://", address) else ""


def _is_said_above(nb: NotebookNode, cell: NotebookNode) -> bool:
    """Tell whether a cell is the note that the submission could not be read."""
    return bool(nb.metadata.get(UNREADABLE)) and cell.get("id") == NOTE
