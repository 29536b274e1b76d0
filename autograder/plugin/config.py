"""The grader in any nbgrader course: two lines in its ``nbgrader_config.py``::

from autograder.hall.plugin import exam_hall
exam_hall(c)
"""

from __future__ import annotations

from nbgrader.preprocessors import (
    ClearHiddenTests,
    ClearOutput,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
)
from traitlets.config import Config

from autograder.plugin.export import CsvAtOnce
from autograder.plugin.exporters import ExamExporter
from autograder.plugin.feedback import SummariseReports, show_offline
from autograder.plugin.grades import GetAllGrades
from autograder.plugin.late import LatePenalties
from autograder.plugin.nbgrader_internals import search_with
from autograder.plugin.preprocessor import ExamHall
from autograder.plugin.restore import RestoreCells
from autograder.plugin.save_grades import SaveGrades
from autograder.plugin.submissions import find_submissions


def exam_hall(c: Config) -> None:
    """Make nbgrader's `autograde` and `generate_feedback` use the exam hall.

    Args:
        c: the configuration that nbgrader hands to ``nbgrader_config.py``.
    """
    c.Autograde.exporter_class = ExamExporter
    search_with(find_submissions, ExamExporter)
    c.Autograde.sanitize_preprocessors = [
        ClearOutput,
        RestoreCells,  # after which metadata need no check
        OverwriteKernelspec,
    ]
    c.Autograde.autograde_preprocessors = [
        ExamHall,
        IgnorePattern,
        LimitOutput,
        SaveGrades,
        LatePenalties,
    ]
    c.ExportApp.plugin_class = CsvAtOnce
    show_offline(c)
    # Feedback must not print the source of the hidden tests.
    c.GenerateFeedback.preprocessors = [
        GetAllGrades,
        ClearHiddenTests,
        SummariseReports,
    ]
