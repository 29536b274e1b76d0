"""What was released to students: the cells that count, from the gradebook, and all others.

The gradebook alone says which cells are tests, what they contain and what they are worth. The
released file is only asked for what the gradebook does not keep: the ids of cells, and the ordinary
cells between the exercises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Notebook

from autograder.plugin.definitions import defined_names


@dataclass(frozen=True)
class Ordinary:
    """A released code cell that is neither an answer nor a test.

    Attributes:
        id: the cell's id.
        source: what it says.
        tags: its tags.
        follows: name of the cell that counts after which it stands; "" at the beginning.
    """

    id: str
    source: str
    tags: tuple[str, ...] = ()
    follows: str = ""


@dataclass
class Release:
    """One released notebook.

    Attributes:
        cells: the cells that count, in order, by their grade_id, as the gradebook has them.
        ids: grade_id by the id of the cell in the released file.
        texts: source by grade_id in the released file, where tests have no hidden part.
        solved: names that the instructor's solutions define, by grade_id.
        ordinary: the other code cells.
    """

    cells: dict[str, NotebookNode]
    ids: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    ordinary: list[Ordinary] = field(default_factory=list)
    solved: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def answers(self) -> dict[str, frozenset[str]]:
        """Return the names that each answer cell is to define; none for an answer in words.

        They are those of the stub; of a stub that defines nothing, those of the solution.
        """
        return {
            name: defined_names(cell.source) or self.solved.get(name, frozenset())
            if cell.cell_type == "code"
            else frozenset()
            for name, cell in self.cells.items()
            if cell.metadata.nbgrader.solution
        }

    def is_stub(self, name: str, source: str) -> bool:
        """Tell whether a source is what was released in an answer cell.

        Args:
            name: the answer's grade_id.
            source: what a student's cell says.
        """
        return plain(source) in (plain(self.cells[name].source), plain(self.texts.get(name, "")))

    def exercises_in(self, nb: NotebookNode) -> tuple[int, int]:
        """Return how many exercises a notebook holds, and how many of them were answered.

        Args:
            nb: any notebook.
        """
        if not self.answers:
            return 1, 1
        held, answered = set(), set()
        for cell in nb.cells:
            claim = claim_of(cell)
            defined = defined_names(cell.source)
            for name, names in self.answers.items():
                if claim == name or self.ids.get(cell.get("id", "")) == name or names & defined:
                    held.add(name)
                    if not self.is_stub(name, cell.source):
                        answered.add(name)
        return len(held), len(answered)


def read_release(entry: Notebook, released: Path, source: Path) -> Release:
    """Put together what is known of a release.

    Args:
        entry: the gradebook's.
        released: the notebook that students got; if it is gone, the instructor's stands in for it.
        source: the instructor's notebook.

    Returns:
        The release, without ids and ordinary cells if there is neither file.
    """
    release = Release(_released_cells(entry))
    solved = _cells(source)
    for cell in solved:
        if claim_of(cell) in release.cells and cell.cell_type == "code":
            release.solved[claim_of(cell)] = defined_names(cell.source)
    last = ""
    for cell in _cells(released) or solved:
        name = claim_of(cell)
        if name in release.cells:
            last = name
            release.texts[name] = cell.source
            if "id" in cell:
                release.ids[cell.id] = name
        elif cell.cell_type == "code" and not name:
            tags = tuple(cell.metadata.get("tags", []))
            release.ordinary.append(Ordinary(cell.get("id", ""), cell.source, tags, last))
    return release


def _cells(path: Path) -> list[NotebookNode]:
    """Return an instructor's cells; none without such a file, for the gradebook has the rest."""
    try:
        return list(nbformat.read(path, as_version=4).cells)
    except Exception:
        return []


def claim_of(cell: NotebookNode) -> str:
    """Return the grade_id that a cell claims to have, or "".

    Args:
        cell: of any notebook.
    """
    claim = cell.metadata.get("nbgrader")
    name = claim.get("grade_id") if isinstance(claim, dict) else None
    return name if isinstance(name, str) else ""


def is_test(cell: NotebookNode) -> bool:
    """Tell whether a released cell is a test.

    Args:
        cell: one of `Release.cells`.
    """
    return cell.metadata.nbgrader.grade and not cell.metadata.nbgrader.solution


def plain(source: str) -> str:
    """Return a cell's text as it is compared: line ends alike, no blank ends.

    Args:
        source: of any cell.
    """
    return source.replace("\r\n", "\n").strip()


def _released_cells(released: Notebook) -> dict[str, NotebookNode]:
    points = {c.name: c.max_score for c in [*released.grade_cells, *released.task_cells]}
    kinds = {
        "grade": {c.name for c in released.grade_cells},
        "solution": {c.name for c in released.solution_cells},
        "task": {c.name for c in released.task_cells},
    }
    return {
        source.name: _as_released(source, points.get(source.name), kinds)
        for source in released.source_cells
    }


def _as_released(source: Any, points: float | None, kinds: dict[str, set]) -> NotebookNode:
    """Return a cell of the released notebook as the gradebook remembers it."""
    new = new_code_cell if source.cell_type == "code" else new_markdown_cell
    metadata = {
        "cell_type": source.cell_type,
        "checksum": source.checksum,
        "grade": source.name in kinds["grade"],
        "grade_id": source.name,
        "locked": bool(source.locked),
        "schema_version": 3,
        "solution": source.name in kinds["solution"],
        "task": source.name in kinds["task"],
    }
    if points is not None:
        metadata["points"] = points
    return new(source.source, metadata=NotebookNode({"nbgrader": NotebookNode(metadata)}))
