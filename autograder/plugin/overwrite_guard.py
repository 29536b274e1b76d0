"""Never build a student notebook over answers that somebody typed into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import compute_checksum, is_solution


def typed_answers(notebook: Path) -> list[str]:
    """Return the grade ids of the answer cells in a released notebook that were changed since.

    nbgrader stores a checksum of every stub it releases; an answer cell that no longer matches
    its own checksum has been typed into. A file that cannot be read counts as changed.

    Args:
        notebook: path of the released notebook.
    """
    if not notebook.exists():
        return []
    try:
        nb = nbformat.read(notebook, as_version=4)
    except Exception:
        return ["(unreadable file)"]
    return [
        cell.metadata.nbgrader.grade_id
        for cell in nb.cells
        if is_solution(cell)
        and cell.metadata.nbgrader.get("checksum") not in (None, compute_checksum(cell))
    ]


def refuse_to_overwrite(notebook: Path) -> None:
    """Raise if `notebook` holds typed answers.

    Args:
        notebook: path of the released notebook.

    Raises:
        NbGraderException: it holds answers that somebody typed.
    """
    changed = typed_answers(notebook)
    if changed:
        raise NbGraderException(
            f"{notebook} holds typed answers ({', '.join(changed)}) and would be overwritten. "
            "Move it out of this folder, or delete it if you do not need it, and run again."
        )


class KeepWorkExporter(NotebookExporter):
    """nbgrader's exporter for `generate_assignment` that first looks at what it would replace."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        converter: Any = self.parent
        course = getattr(converter, "coursedir", None)
        if course is None:
            return
        release = Path(course.root) / course.release_directory
        for notebooks in converter.assignments.values():
            for source in map(Path, notebooks):
                try:
                    refuse_to_overwrite(release / source.parent.name / source.name)
                except NbGraderException as refusal:
                    self.log.error("%s", refusal)  # nbgrader itself only sets the exit status
                    raise
