"""Cells that can be trusted to be the ones that were released.

A student can write anything into a notebook's file. What counts (which cells are tests, their
source and points, which are answers) is taken from the gradebook; the submission only says what
the student typed.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, Notebook
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import Integer, Unicode

from autograder.plugin.intake import UNREADABLE
from autograder.plugin.nbgrader_internals import running_converter
from autograder.plugin.sanitise import IMAGES, clean_markdown


class RestoreCells(NbGraderPreprocessor):
    """Makes a submission's cells what the gradebook says they are.

    Of the student's notebook remain the sources of answers and of cells the student added. Tests
    and locked cells get their released source, missing ones come back in their place (a test as it
    was, an answer as the empty stub, which earns nothing and harms nobody), copies lose their claim
    to be the original, and tags, links to other cells and other metadata go. Nothing fails: this
    replaces nbgrader's OverwriteCells and DeduplicateIds, which give up on some submissions.
    """

    keep_tag = Unicode("", help="the one tag that cells of the student's keep").tag(config=True)
    most_cells = Integer(2000, help="cells of one notebook that are looked at").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Restore every cell of the release.

        Args:
            nb: the notebook.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.
        """
        originals = self._originals(resources["nbgrader"])
        if len(nb.cells) > self.most_cells:
            self.log.warning("Only the first %d cells are looked at", self.most_cells)
            del nb.cells[self.most_cells :]
        nb.metadata = NotebookNode(
            {k: v for k, v in nb.metadata.items() if k in ("kernelspec", UNREADABLE)}
        )
        self._claim(nb, originals)
        self._put_back(nb, originals)
        nb.nbformat, nb.nbformat_minor = 4, 5
        seen: set[str] = set()
        for place, cell in enumerate(nb.cells):  # unique, and the same on every run
            if cell.get("id") in seen or not re.fullmatch(
                r"[\w-]{1,64}", str(cell.get("id") or "")
            ):
                cell.id = f"restored-{place}"
            seen.add(cell.id)
        return nb, resources

    def _originals(self, names: dict) -> dict[str, NotebookNode]:
        """Return the released cells; the gradebook is asked once in a run of grading."""
        known = running_converter(self).releases
        key = names["assignment"], names["notebook"]
        if key not in known:
            with Gradebook(names["db_url"]) as gradebook:
                known[key] = _released_cells(gradebook.find_notebook(key[1], key[0]))
        return copy.deepcopy(known[key])

    def _claim(self, nb: NotebookNode, originals: dict[str, NotebookNode]) -> None:
        """Give every cell that claims a released name its released form; the last one wins."""
        taken: set[str] = set()
        markers = ClearHiddenTests(parent=self)
        hidden = markers.begin_test_delimeter, markers.end_test_delimeter
        for place in reversed(range(len(nb.cells))):
            cell = nb.cells[place]
            claim = cell.metadata.get("nbgrader")
            name = claim.get("grade_id") if isinstance(claim, dict) else None
            original = originals.get(name) if isinstance(name, str) else None
            if name in taken:
                self.log.warning("Cell %r stands there twice; the last one counts", name)
                original = None
            tags = cell.metadata.get("tags")
            kept = [self.keep_tag] if isinstance(tags, list) and self.keep_tag in tags else []
            if original is None:
                if cell.cell_type != "code":
                    _disarm(cell, cell)
                cell.metadata = NotebookNode({"tags": kept} if kept and self.keep_tag else {})
                continue
            assert name is not None, "only a text names a released cell"
            taken.add(name)
            new = NotebookNode(original.copy())
            if not original.metadata.nbgrader.locked and not _is_test(original):
                new.source = cell.source
                if new.cell_type != "code":
                    _disarm(new, cell)
            elif _said(cell.source, hidden) != _said(original.source, hidden):
                self.log.warning("Cell %r was changed; the released one counts", name)
            new.id = cell.get("id")
            nb.cells[place] = new

    def _put_back(self, nb: NotebookNode, originals: dict[str, NotebookNode]) -> None:
        """Insert the released cells that are missing, after the one that stood before them."""
        place = 0
        for name, original in originals.items():
            found = [
                i
                for i, cell in enumerate(nb.cells)
                if cell.metadata.get("nbgrader", {}).get("grade_id") == name
            ]
            if found:
                place = found[0] + 1
                continue
            nb.cells.insert(place, original)
            place += 1
            self.log.warning("Restored the missing cell %r", name)


def visible_part(source: str, hidden: tuple[str, str]) -> str:
    """Return a test cell as students see it.

    Args:
        source: the whole cell.
        hidden: how the first and the last line of a hidden region are recognised.
    """
    shown, inside = [], False
    for line in source.split("\n"):
        if hidden[0] in line:
            inside = True
        elif hidden[1] in line:
            inside = False
        elif not inside:
            shown.append(line)
    return "\n".join(shown)


def _said(source: str, hidden: tuple[str, str]) -> str:
    return visible_part(source.replace("\r\n", "\n"), hidden).strip()


def _is_test(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.grade and not cell.metadata.nbgrader.solution


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


def _disarm(new: NotebookNode, cell: NotebookNode) -> None:
    """Take into `new` a text cell's source and pictures, without what could run in a browser."""
    new.source = clean_markdown(cell.source)
    new.pop("attachments", None)
    pictures = _pictures(cell.get("attachments"))
    if pictures:
        new.attachments = pictures
    for name in set(re.findall(r"attachment:([^\s)\"'<>]+)", new.source)) - pictures.keys():
        new.source = new.source.replace(f"attachment:{name}", name)  # else no page could be made


def _pictures(attachments: object) -> NotebookNode:
    """Return only the attachments that are pictures in base64."""
    kept = NotebookNode()
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if isinstance(bundle, dict):
            found = {
                mime: data
                for mime, data in bundle.items()
                if mime in IMAGES and isinstance(data, str) and data.isascii() and '"' not in data
            }
            if found and '"' not in name and "<" not in name:
                kept[name] = NotebookNode({m: d for m, d in found.items() if "<" not in d})
    return kept
