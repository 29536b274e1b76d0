"""Read a week's source: jupytext percent format, nbgrader's metadata in shorthand.

In the source an answer cell and its test read::

    # %% nbgrader={"grade_id": "center", "solution": true}
    # %% nbgrader={"grade_id": "test-center", "points": 3}

and the builder fills in the rest of what nbgrader stores. Cell ids follow from the cell's place and
text, so that the same source always gives the same notebook.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.config import RECORD
from autograder.units import in_order

SCHEMA = 3


def weeks(root: Path) -> list[Path]:
    """Return the sources ``solutions/weekNN_topic/weekNN_topic.py`` below the course root."""
    found = {p.stem: p for p in root.glob("solutions/*/*.py") if p.stem == p.parent.name}
    return [found[name] for name in in_order(found)]


def read_source(path: Path) -> NotebookNode:
    """Return the notebook written in `path`, with complete nbgrader metadata and stable ids."""
    nb = jupytext.read(path, fmt="py:percent")
    nb.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    nb.nbformat, nb.nbformat_minor = 4, 5
    index = 0
    for cell in nb.cells:
        if RECORD not in cell.metadata.get("tags", []):
            index += 1  # a release has no such cells, and ids that do not depend on them
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader = _complete(cell.metadata.nbgrader)
            name = cell.metadata.nbgrader.grade_id
        else:
            name = f"{index - 1}\n{cell.source}"
        cell.id = hashlib.sha256(name.encode()).hexdigest()[:12]
        cell.metadata.pop("lines_to_next_cell", None)
    return nb


def _complete(short: dict) -> NotebookNode:
    solution = bool(short.get("solution", False))
    grade = "points" in short
    full = {
        "grade": grade,
        "grade_id": short["grade_id"],
        "locked": not solution,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    if grade:
        full["points"] = short["points"]
    return NotebookNode(full)


def without_outputs(nb: NotebookNode) -> list[dict]:
    """Return what must be equal for two notebooks to have the same content: cells, no outputs."""
    keep = ("nbgrader", "tags")
    return [
        {
            "type": cell.cell_type,
            "id": cell.id,
            "source": cell.source,
            "metadata": {k: cell.metadata[k] for k in keep if k in cell.metadata},
        }
        for cell in nb.cells
    ]
