"""Two lines in ``nbgrader_config.py`` put a course on this grader::

from autograder.config import configure
configure(c)
"""

from __future__ import annotations

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets.config import Config

from autograder.feedback import SummariseReports
from autograder.preprocessors import (
    CourseExecute,
    ReadableNotebookExporter,
    ReadReports,
    RestoreCells,
)

EXPLORE = "explore"
"""Tag of the cells that only explore (training runs, plots): grading skips them."""


def configure(c: Config) -> None:
    """Set up nbgrader's autograde and feedback for partial credit with explanations."""
    c.Autograde.exporter_class = ReadableNotebookExporter
    c.Autograde.sanitize_preprocessors = [
        ClearOutput,
        DeduplicateIds,
        OverwriteKernelspec,
        RestoreCells,
        CheckCellMetadata,
    ]
    c.Autograde.autograde_preprocessors = [
        CourseExecute,
        ReadReports,
        IgnorePattern,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    c.Execute.skip_cells_with_tag = EXPLORE
    c.Execute.timeout = 120
    c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
    # Feedback must not print the source of the hidden checks.
    c.GenerateFeedback.preprocessors = [
        GetGrades,
        ClearHiddenTests,
        SummariseReports,
        CSSHTMLHeaderPreprocessor,
    ]
