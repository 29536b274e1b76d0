"""Every submitted folder is a submission, whatever lies in it.

nbgrader takes a folder for a submission if a notebook lies in it. A student who handed in a script,
or nothing, would get neither a row in the gradebook nor a page that says so.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from typing import Any

from nbgrader.api import Gradebook, MissingEntry


def find_submissions(converter: Any) -> dict[str, list[str]]:
    """Return the paths of the notebooks to grade, by the submitted folder; they need not exist.

    Args:
        converter: nbgrader's converter for autograding.

    Returns:
        Nothing where the assignment was not released yet, or nobody handed anything in: then
        nbgrader itself says so.
    """
    course = converter.coursedir
    names = _released_notebooks(course.db_url, course.assignment_id, course.notebook_id)
    pattern = course.format_path(
        course.submitted_directory, course.student_id, course.assignment_id
    )
    return {
        folder: [os.path.join(folder, f"{name}.ipynb") for name in names]
        for folder in (glob.glob(pattern) if names else [])
    }


def _released_notebooks(database: str, assignment: str, wanted: str) -> list[str]:
    """Return the names of an assignment's notebooks that match a pattern."""
    with Gradebook(database) as gradebook:
        try:
            names = [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]
        except MissingEntry:
            return []
    return sorted(name for name in names if fnmatch.fnmatchcase(name, wanted))
