"""Two lines in ``nbgrader_config.py`` put a course like this one on this grader::

from autograder.config import configure
configure(c)

Another course, with test cells of its own, uses :func:`autograder.plugin.config.exam_hall` instead.
"""

from __future__ import annotations

import functools
import re

from traitlets.config import Config

from autograder.hall.plugin import exam_hall
from autograder.units import unit_of

EXPLORE = "explore"
"""Tag of the cells that only explore (training runs, plots): grading skips them."""
RECORD = "record"
"""Tag of the cells that keep numbers for the pages of the book: no release has them."""


def configure(c: Config, site: str = "") -> None:
    """Grade in the exam hall, with `aeutils` sealed and exploring cells left out.

    Args:
        c: the configuration that nbgrader hands to ``nbgrader_config.py``.
        site: address of the course's site, "" if it has none; with one, feedback pages link what
            lost points to the lesson.

    Raises:
        ValueError: the address is not one that a browser can follow.
    """
    if site and not re.match(r"https?://[^/\s]", site):
        raise ValueError(
            f"the site's address is {site!r}; it begins with https:// or http://, such as "
            '"https://www.example.org/autoencoders". Leave it out if the course has no site.'
        )
    exam_hall(c)
    if site:
        c.SummariseReports.lesson = functools.partial(lesson_section, site)
    c.ExamHall.packages = ["aeutils"]
    # What the notebooks import by the name of a function, so that their imports do not tell.
    c.ExamHall.warm = ["aeutils.data.preload", "aeutils.widgets.predictions"]
    c.ExamHall.skip_tag = EXPLORE
    c.RestoreCells.keep_tag = EXPLORE
    leave_out_records(c)


def lesson_section(site: str, assignment: str, grade_id: str) -> str:
    """Return the address of the section on what answers of a unit get wrong, "" if it has none.

    Args:
        site: address of the course's site.
        assignment: the notebook's name.
        grade_id: of the graded cell; a lesson has one such section for all its exercises.

    >>> lesson_section("https://www.example.org/ae/", "week01_pca", "test-center")
    'https://www.example.org/ae/week01.html#misconceptions-seen-in-answers'
    """
    unit = unit_of(assignment)
    return f"{site.rstrip('/')}/{unit}.html#misconceptions-seen-in-answers" if unit else ""


def leave_out_records(c: Config) -> None:
    """Have nbconvert drop the cells tagged `RECORD` from a release.

    Only there: the tags of a submission are its student's, and take nothing away.
    """
    exporter = c.GenerateAssignment.NotebookExporter
    exporter.preprocessors = ["nbconvert.preprocessors.TagRemovePreprocessor"]
    exporter.TagRemovePreprocessor.remove_cell_tags = {RECORD}
