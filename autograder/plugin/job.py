"""From nbgrader's notebooks and settings to the grading job of one submission."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_solution

from autograder.hall.isolation.seal import sealed_mounts
from autograder.hall.job import Cell, GradingJob
from autograder.hall.settings import Settings
from autograder.plugin.restore import visible_part


class JobFactory:
    """Makes the grading jobs of a run.

    Args:
        settings: what the instructor set.
        course: nbgrader's folders.
        hidden: how the lines around a hidden region are recognised.
    """

    def __init__(
        self, settings: Settings, course: CourseDirectory, hidden: tuple[str, str]
    ) -> None:
        self.settings, self.course, self.hidden = settings, course, hidden

    def make(
        self, nb: NotebookNode, names: dict[str, Any], files: Path | None, scratch: Path
    ) -> GradingJob:
        """Put together all that is needed to grade one submission.

        Args:
            nb: the submission, its cells restored.
            names: nbgrader's assignment, notebook and database.
            files: folder of what lies beside the notebook.
            scratch: where temporary files go.

        Returns:
            The job.

        Raises:
            ValueError: the assignment is not in Python.
        """
        released = self._release(names)
        language = released.metadata.get("kernelspec", {}).get("language", "python")
        if language != "python":
            raise ValueError(f"the exam hall grades Python notebooks; this one is in {language}")
        course, assignment = self.course, names["assignment"]
        support = Path(course.format_path(course.source_directory, ".", assignment)).resolve()
        root = Path(course.root).resolve()
        mounts = sealed_mounts(self.settings.packages, assignment, (root,))
        return GradingJob(
            assignment=assignment,
            cells=self.cells(nb),
            released=tuple(self._released(c) for c in released.cells if c.cell_type == "code"),
            mounts=replace(mounts, files=files),
            limits=self.settings.limits,
            protected=self.settings.protected,
            support=support if support.is_dir() else None,
            hidden=self.hidden,
            scratch=scratch,
            warm=self.settings.warm,
        )

    def cells(self, nb: NotebookNode) -> tuple[Cell, ...]:
        """Return a submission's cells as a grading job has them.

        Args:
            nb: the submission, its cells restored.
        """
        return tuple(self._cell(cell) for cell in nb.cells)

    def _cell(self, cell: NotebookNode) -> Cell:
        if cell.cell_type != "code":
            return Cell("", "leave")
        if is_grade(cell) and not is_solution(cell):
            visible = visible_part(cell.source, self.hidden)
            grader = cell.metadata.nbgrader
            return Cell(visible, "test", grader["grade_id"], float(grader["points"]), cell.source)
        leave = self._skipped(cell) or not cell.source.strip()
        return Cell(cell.source, "leave" if leave else "student")

    def _skipped(self, cell: NotebookNode) -> bool:
        tag = self.settings.skip_tag
        return bool(tag) and tag in cell.metadata.get("tags", [])

    def _released(self, cell: NotebookNode) -> dict[str, Any]:
        """Describe a cell of the release for trusted_names.ReleasedCell."""
        return {
            "source": cell.source,
            "grade_id": cell.metadata.get("nbgrader", {}).get("grade_id", ""),
            "exercise": bool(is_solution(cell)),
            "test": bool(is_grade(cell) and not is_solution(cell)),
            "skipped": self._skipped(cell),
        }

    def _release(self, names: dict[str, Any]) -> NotebookNode:
        """Return the notebook as the instructor wrote it, or what the gradebook kept of it."""
        for folder in (self.course.source_directory, self.course.release_directory):
            place = self.course.format_path(folder, ".", names["assignment"])
            path = Path(place, names["notebook"] + ".ipynb")
            if path.exists():
                return _read(path, path.stat().st_mtime)
        return _from_gradebook(names)


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: float) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _from_gradebook(names: dict[str, Any]) -> NotebookNode:
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
