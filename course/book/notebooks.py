"""What the book takes from the executed notebooks: figures, questions, and a version to read.

The outputs are those that the builder stored when it ran the solutions. Running them again would
take minutes and could not show anything else: `python -m autograder check` refuses a notebook that
is out of step with its source, and nbval runs each of them in the tests.
"""

from __future__ import annotations

import ast
import base64
import copy
import functools
import html
import re
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from aeutils._internal.notebook import NUMBERS
from autograder import units
from course.book import ROOT

PNG = re.compile(r'<img[^>]*src="data:image/png;base64,([^"]+)"[^>]*>')


class Figure(NamedTuple):
    """A picture that a notebook drew, and what it shows in words."""

    png: bytes
    alt: str


class Question(NamedTuple):
    """A prediction that the notebook asks for."""

    key: str
    text: str
    low: float
    high: float
    unit: str


def names() -> list[str]:
    """Return the notebooks there are, for example week01_pca, in the order of the weeks."""
    return units.notebooks(ROOT)


@functools.cache
def solution(name: str) -> NotebookNode:
    """Return the executed solution of a notebook."""
    return nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)


@functools.cache
def released(name: str) -> NotebookNode:
    """Return the notebook as students get it."""
    return nbformat.read(ROOT / "notebooks" / name / f"{name}.ipynb", as_version=4)


def to_read(name: str) -> NotebookNode:
    """Return the students' notebook with the outputs of everything that is not an exercise.

    Sources are those of the release, so no solution and no hidden test can be among them. Answer
    cells have no output. Answers to predictions are folded away.
    """
    cells = copy.deepcopy(solution(name)).cells
    outputs = {c.id: c.outputs for c in cells if c.cell_type == "code"}
    nb = copy.deepcopy(released(name))
    for cell in nb.cells:
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type != "code":
            continue
        is_answer = "raise NotImplementedError" in cell.source
        cell.outputs = [] if is_answer else [o for o in outputs.get(cell.id, []) if _shown(o)]
        cell.execution_count = None
        cell.metadata.tags = ["hide-output"] if "reveal(" in cell.source else []
    nb.metadata.kernelspec = NotebookNode(
        name="python3", display_name="Python 3", language="python"
    )
    return nb


def figures(name: str) -> list[Figure]:
    """Return every figure of the executed solution, in order."""
    found = []
    for cell in solution(name).cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            for match in PNG.finditer(page):
                alt = re.search(r'alt="([^"]*)"', match[0])
                text = html.unescape(alt[1]) if alt else ""
                found.append(Figure(base64.b64decode(match[1]), text))
    return found


def numbers(name: str) -> list[tuple[str, float]]:
    """Return the numbers that the executed solution recorded, with their names."""
    return [
        (key, value)
        for cell in solution(name).cells
        for output in cell.get("outputs", [])
        for key, value in output.get("data", {}).get(NUMBERS, {}).items()
    ]


def questions(name: str) -> list[Question]:
    """Return the predictions a notebook asks for, read from its cells."""
    found = []
    for cell in released(name).cells:
        if cell.cell_type != "code" or "predict(" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "predict"):
                continue
            plain = [ast.literal_eval(a) for a in node.args]
            named = {
                k.arg: ast.literal_eval(k.value)
                for k in node.keywords
                if isinstance(k.value, ast.Constant | ast.UnaryOp)
            }
            key, text, low, high = plain[:4]
            found.append(Question(key, text, low, high, str(named.get("unit", ""))))
    return found


def _shown(output: NotebookNode) -> bool:
    """The grader's report names the criteria of hidden checks; it is not for this page."""
    return not any("autograder" in kind for kind in output.get("data", {}))


def find_figure(name: str, begins: str) -> Figure:
    """Return the one figure of a notebook whose alt text begins so."""
    found = [f for f in figures(name) if f.alt.startswith(begins)]
    if len(found) != 1:
        raise LookupError(f"{name} has {len(found)} figures whose alt text begins {begins!r}")
    return found[0]
