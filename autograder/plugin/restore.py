"""Cells that can be trusted to be the ones that were released.

A student can write anything into a notebook's file. What counts (which cells are tests, their
source and points, which are answers) is taken from the gradebook; the submission only says what
the student typed.
"""

from __future__ import annotations

import copy
import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import Integer, Unicode

from autograder.plugin.intake import UNREADABLE
from autograder.plugin.matching import (
    answers_below_tests,
    claim_cells,
    keep_tags,
    missing_ordinary,
)
from autograder.plugin.nbgrader_internals import running_converter
from autograder.plugin.releases import Release, claim_of, is_test
from autograder.plugin.remarks import REMARKS, tell
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
        self.student = resources["nbgrader"]["student"]
        release = self._release(resources["nbgrader"])
        if len(nb.cells) > self.most_cells:
            self._say(nb, f"only the first {self.most_cells} cells are looked at")
            del nb.cells[self.most_cells :]
        kept = ("kernelspec", UNREADABLE, REMARKS)
        nb.metadata = NotebookNode({k: v for k, v in nb.metadata.items() if k in kept})
        if UNREADABLE not in nb.metadata:
            self._say(nb, *claim_cells(nb, release))
            self._say(nb, *keep_tags(nb, release, self.keep_tag))
        originals = copy.deepcopy(release.cells)
        self._claim(nb, release, originals)
        self._put_back(nb, originals)
        if UNREADABLE not in nb.metadata:
            self._put_back_ordinary(nb, release)
            self._say(nb, *answers_below_tests(nb, release, self.keep_tag))
        nb.nbformat, nb.nbformat_minor = 4, 5
        seen: set[str] = set()
        for place, cell in enumerate(nb.cells):  # unique, and the same on every run
            if cell.get("id") in seen or not re.fullmatch(
                r"[\w-]{1,64}", str(cell.get("id") or "")
            ):
                cell.id = f"restored-{place}"
            seen.add(cell.id)
        return nb, resources

    def _say(self, nb: NotebookNode, *texts: str) -> None:
        """Keep what was assumed for the student's page, and tell the instructor."""
        tell(nb, self.log, self.student, *texts)

    def _release(self, names: dict) -> Release:
        """Return what was released; the gradebook is asked once in a run of grading."""
        return running_converter(self).release(names["assignment"], names["notebook"])

    def _claim(
        self, nb: NotebookNode, release: Release, originals: dict[str, NotebookNode]
    ) -> None:
        """Give every cell that claims a released name its released form.

        Of cells with the same claim the last one wins, but a stub yields to an answer.
        """
        taken = self._winners(nb, release)
        twice: dict[str, None] = {}
        changed: dict[str, None] = {}
        markers = ClearHiddenTests(parent=self)
        hidden = markers.begin_test_delimeter, markers.end_test_delimeter
        for place in reversed(range(len(nb.cells))):
            cell = nb.cells[place]
            name = claim_of(cell)
            original = originals.get(name)
            if original is not None and taken[name] != place:
                twice[name] = None
                original = None
            tags = cell.metadata.get("tags")
            kept = [self.keep_tag] if isinstance(tags, list) and self.keep_tag in tags else []
            if original is None:
                if cell.cell_type != "code":
                    _disarm(cell, cell)
                cell.metadata = NotebookNode({"tags": kept} if kept and self.keep_tag else {})
                continue
            new = NotebookNode(original.copy())
            if not original.metadata.nbgrader.locked and not is_test(original):
                new.source = cell.source
                if new.cell_type != "code":
                    _disarm(new, cell)
            elif _said(cell.source, hidden) != _said(original.source, hidden):
                changed[name] = None
            new.id = cell.get("id")
            nb.cells[place] = new
        for names, what in (
            (twice, "there twice, of which the last answer counts"),
            (changed, "changed, and count as they were released"),
        ):
            if names:
                self._say(nb, f"these cells are {what}: {', '.join(reversed(names))}")

    def _winners(self, nb: NotebookNode, release: Release) -> dict[str, int]:
        """Return the place of the cell that counts for every name that is claimed."""
        winners: dict[str, int] = {}
        stubs: set[str] = set()
        for place, cell in enumerate(nb.cells):
            name = claim_of(cell)
            if name not in release.cells:
                continue
            stub = release.is_stub(name, cell.source)
            if name not in winners or not stub or name in stubs:
                winners[name] = place
                (stubs.add if stub else stubs.discard)(name)
        return winners

    def _put_back(self, nb: NotebookNode, originals: dict[str, NotebookNode]) -> None:
        """Insert the released cells that are missing, after the one that stood before them."""
        place, missing = 0, []
        for name, original in originals.items():
            found = [i for i, cell in enumerate(nb.cells) if claim_of(cell) == name]
            if found:
                place = found[0] + 1
                continue
            nb.cells.insert(place, original)
            place += 1
            missing.append(name)
        if missing and UNREADABLE not in nb.metadata:
            self._say(nb, f"missing cells were put back as released: {', '.join(missing)}")

    def _put_back_ordinary(self, nb: NotebookNode, release: Release) -> None:
        """Insert released cells whose names, such as imports, the answers need and lack."""
        for place, source in reversed(missing_ordinary(nb, release, self.keep_tag)):
            nb.cells.insert(place, new_code_cell(source))
            first = source.strip().splitlines()[0][:60]
            self._say(nb, f"the released cell {first!r} is missing, and runs in its place")


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
