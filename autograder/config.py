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


def configure(c: Config) -> None:
    """Grade in the exam hall, with `aeutils` sealed and exploring cells left out."""
    exam_hall(c)
    c.ExamHall.packages = ["aeutils"]
    c.ExamHall.warm = ["aeutils.data.preload"]
    c.ExamHall.skip_tag = EXPLORE
    c.RestoreCells.keep_tag = EXPLORE
