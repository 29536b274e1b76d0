"""From nbgrader's notebooks and settings to the paper of one submission."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_solution

from autograder.hall.exam import Cell, Paper
from autograder.hall.prelude import statements
from autograder.hall.restore import visible_part
from autograder.hall.sandbox import Room
from autograder.hall.seal import sealed_packages
from autograder.hall.watched import Limits

if TYPE_CHECKING:
    from autograder.hall.plugin import ExamHall


def make_paper(
    hall: ExamHall,
    nb: NotebookNode,
    names: dict,
    course: CourseDirectory,
    files: Path | None,
    scratch: Path,
) -> Paper:
    """Put together what an examination needs.

    Args:
        hall: the settings.
        nb: the submission, its cells restored.
        names: nbgrader's assignment, notebook and database.
        course: nbgrader's folders.
        files: what lies beside the notebook.
        scratch: where temporary files go.

    Raises:
        ValueError: the assignment is not in Python.
    """
    released = _release(course, names)
    language = released.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise ValueError(f"the exam hall grades Python notebooks; this one is in {language}")
    support = Path(course.format_path(course.source_directory, ".", names["assignment"])).resolve()
    hidden = ClearHiddenTests(parent=hall)
    room = make_room(tuple(hall.packages), names["assignment"], (Path(course.root).resolve(),))
    return Paper(
        cells=tuple(_cell(hall, cell, hidden) for cell in nb.cells),
        released=tuple(_released(hall, c) for c in released.cells if c.cell_type == "code"),
        room=Room(files, room.packages, room.hidden, room.environment),
        limits=_limits(hall),
        protected=hall.sandbox != "none",
        support=support if support.is_dir() else None,
        hidden=(hidden.begin_test_delimeter, hidden.end_test_delimeter),
        scratch=scratch,
        warm=tuple(hall.warm),
    )


def make_room(packages: tuple[str, ...], assignment: str, hidden: tuple[Path, ...]) -> Room:
    """Return what is the same for every student of an assignment.

    Args:
        packages: the course's own packages, which students get without the answers.
        assignment: whose answers are left out.
        hidden: folders that no student may see, besides this package's own.
    """
    return Room(
        packages=sealed_packages(packages, assignment) if packages else None,
        hidden=(*hidden, Path(__file__).resolve().parent.parent),
        environment={"AEUTILS_SEALED": assignment},
    )


def _limits(hall: ExamHall) -> Limits:
    return Limits(
        cell_seconds=hall.cell_seconds,
        total_seconds=hall.total_seconds,
        memory=hall.memory_mb * 2**20,
        processes=hall.processes,
        disk=hall.disk_mb * 2**20,
        restarts=hall.restarts,
    )


def _cell(hall: ExamHall, cell: NotebookNode, hidden: ClearHiddenTests) -> Cell:
    if cell.cell_type != "code":
        return Cell("", "leave")
    if is_grade(cell) and not is_solution(cell):
        visible = visible_part(cell.source, hidden)
        grader = cell.metadata.nbgrader
        return Cell(visible, "test", grader["grade_id"], float(grader["points"]), cell.source)
    skipped = hall.skip_tag and hall.skip_tag in cell.metadata.get("tags", [])
    return Cell(cell.source, "leave" if skipped or not cell.source.strip() else "student")


def _released(hall: ExamHall, cell: NotebookNode) -> dict:
    """Describe a cell of the release for prelude.ReleasedCell."""
    return {
        "source": cell.source,
        "grade_id": cell.metadata.get("nbgrader", {}).get("grade_id", ""),
        "exercise": bool(is_solution(cell)),
        "test": bool(is_grade(cell) and not is_solution(cell)),
        "skipped": bool(hall.skip_tag) and hall.skip_tag in cell.metadata.get("tags", []),
    }


def imported(paper: Paper, tests: bool) -> tuple[str, ...]:
    """Return the modules that a paper's release imports; with `tests`, its test cells too."""
    found: dict[str, None] = {}
    for cell in paper.released:
        if cell["test"] and not tests:
            continue
        for statement in statements(cell["source"]):
            for node in ast.walk(statement):
                if isinstance(node, ast.Import):
                    found.update((alias.name, None) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
                    found.update((f"{node.module}.{a.name}", None) for a in node.names)
    found.update((name, None) for name in paper.warm)
    return tuple(name for name in found if not name.endswith(".*"))


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: float) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _release(course: CourseDirectory, names: dict) -> NotebookNode:
    """Return the notebook as the instructor wrote it, or at least what the gradebook kept of it."""
    for folder in (course.source_directory, course.release_directory):
        path = Path(
            course.format_path(folder, ".", names["assignment"]), names["notebook"] + ".ipynb"
        )
        if path.exists():
            return _read(path, path.stat().st_mtime)
    nb = nbformat.v4.new_notebook()
    with Gradebook(names["db_url"]) as gradebook:
        found = gradebook.find_notebook(names["notebook"], names["assignment"])
        answers = {c.name for c in found.solution_cells}
        tests = {c.name for c in found.grade_cells} - answers
        for source in found.source_cells:
            if source.cell_type == "code":
                metadata = {"grade_id": source.name, "solution": source.name in answers}
                metadata["grade"] = source.name in tests
                cell = nbformat.v4.new_code_cell(source.source, metadata={"nbgrader": metadata})
                nb.cells.append(cell)
    return nb
