"""The reports that grading stored in a notebook."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from autograder.hall.report import MIME, Report


def reports(nb: NotebookNode) -> dict[str, Report]:
    """Return the reports stored in a graded notebook, by grade_id.

    >>> reports(nbformat.read("autograded/ann/week01_pca/week01_pca.ipynb", 4))  # doctest: +SKIP

    Args:
        nb: a notebook below ``autograded/``.
    """
    found = {}
    for cell in nb.cells:
        if is_grade(cell) and cell.cell_type == "code" and not is_solution(cell):
            shown = [o for o in cell.outputs if MIME in o.get("data", {})]
            if len(shown) == 1:
                found[cell.metadata.nbgrader["grade_id"]] = Report.from_dict(shown[0].data[MIME])
    return found
