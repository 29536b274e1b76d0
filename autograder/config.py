"""Two lines in ``nbgrader_config.py`` put a course like this one on this grader::

from autograder.config import configure
configure(c)

Another course, with test cells of its own, uses :func:`autograder.plugin.config.exam_hall` instead.
"""

from __future__ import annotations

from traitlets.config import Config

from autograder.hall.plugin import exam_hall

EXPLORE = "explore"
"""Tag of the cells that only explore (training runs, plots): grading skips them."""
RECORD = "record"
"""Tag of the cells that keep numbers for the pages of the book: no release has them."""


def configure(c: Config) -> None:
    """Grade in the exam hall, with `aeutils` sealed and exploring cells left out."""
    exam_hall(c)
    c.ExamHall.packages = ["aeutils"]
    # What the notebooks import by the name of a function, so that their imports do not tell.
    c.ExamHall.warm = ["aeutils.data.preload", "aeutils.widgets.predictions"]
    c.ExamHall.skip_tag = EXPLORE
    c.RestoreCells.keep_tag = EXPLORE
    leave_out_records(c)


def leave_out_records(c: Config) -> None:
    """Have nbconvert drop the cells tagged `RECORD` from a release.

    Only there: the tags of a submission are its student's, and take nothing away.
    """
    exporter = c.GenerateAssignment.NotebookExporter
    exporter.preprocessors = ["nbconvert.preprocessors.TagRemovePreprocessor"]
    exporter.TagRemovePreprocessor.remove_cell_tags = {RECORD}
