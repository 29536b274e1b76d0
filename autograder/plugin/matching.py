"""Cells that lost what nbgrader wrote into them, matched with the released ones.

Other programs drop the metadata of cells, people copy their answers into a new notebook or switch a
cell to Markdown, and an older release had other names. An answer is then known by its id, by the
names it defines, or by how much of the stub it keeps; a test only by its id or its very text, and
what runs as a test is the released cell in any case.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.plugin.definitions import defined_names, mentioned_names
from autograder.plugin.releases import Release, claim_of, is_test, plain

LIKE_STUB = 60  # per cent of the text that agrees
LIKE_RELEASED = 90
COMPARED = 20_000  # characters


def claim_cells(nb: NotebookNode, release: Release) -> list[str]:
    """Give released names to cells that have lost theirs.

    Args:
        nb: the submission, as it was read.
        release: what was released.

    Returns:
        Remarks.
    """
    claimed = {name for cell in nb.cells if (name := claim_of(cell)) in release.cells}
    lost = [name for name in release.cells if name not in claimed]
    if not lost:
        return []
    free = [cell for cell in nb.cells if claim_of(cell) not in release.cells]
    matched: dict[str, list[str]] = {"id": [], "definition": [], "text": [], "stub": []}
    for how, find in (("id", _by_id), ("text", _by_text), ("definition", _by_definition)):
        for name in list(lost):
            if (cell := find(name, free, release)) is not None:
                _give(cell, name, free, lost)
                matched[how].append(name)
    for name in list(lost):
        if (cell := _by_stub(name, free, release)) is not None:
            _give(cell, name, free, lost)
            matched["stub"].append(name)
    reasons = {
        "id": "by their ids",
        "text": "by their text",
        "definition": "by what they define",
        "stub": "by how much of the released text they keep",
    }
    found = [f"{reasons[how]}: {', '.join(names)}" for how, names in matched.items() if names]
    if not found:
        return []
    return [f"cells had lost nbgrader's metadata and were recognised {'; '.join(found)}"]


def _give(cell: NotebookNode, name: str, free: list[NotebookNode], lost: list[str]) -> None:
    cell.metadata["nbgrader"] = NotebookNode(grade_id=name)
    free[:] = [other for other in free if other is not cell]
    lost.remove(name)


def _by_id(name: str, free: list[NotebookNode], release: Release) -> NotebookNode | None:
    return next((c for c in free if release.ids.get(c.get("id", "")) == name), None)


def _by_text(name: str, free: list[NotebookNode], release: Release) -> NotebookNode | None:
    """A locked cell that still says what was released, or an answer that is still the stub."""
    texts = {plain(release.cells[name].source), plain(release.texts.get(name, ""))} - {""}
    if not is_test(release.cells[name]) and release.answers.get(name):
        return None  # a stub is no answer: what defines the name may stand elsewhere
    return next((c for c in free if plain(c.source) in texts), None)


def _by_definition(name: str, free: list[NotebookNode], release: Release) -> NotebookNode | None:
    """The last cell that defines a name of this answer, a stub only if there is nothing else."""
    wanted = release.answers.get(name)
    if not wanted:
        return None
    found = [c for c in free if wanted & defined_names(c.source)]
    answered = [c for c in found if not release.is_stub(name, c.source)]
    found = answered or found
    return found[-1] if found else None


def _by_stub(name: str, free: list[NotebookNode], release: Release) -> NotebookNode | None:
    """The cell that keeps most of an answer's stub, if that is most of the stub."""
    if name not in release.answers:
        return None
    stub = release.texts.get(name) or release.cells[name].source
    if len(stub.strip()) < 20:
        return None
    scored = [(fuzz.ratio(stub[:COMPARED], c.source[:COMPARED]), -i) for i, c in enumerate(free)]
    best, place = max(scored, default=(0.0, 0))
    return free[-place] if best >= LIKE_STUB else None


def keep_tags(nb: NotebookNode, release: Release, tag: str) -> list[str]:
    """Put a tag back on the released cells that have lost it.

    Args:
        nb: the submission; cells that count have their names.
        release: what was released.
        tag: of cells that grading leaves out.

    Returns:
        Remarks.
    """
    tagged = [cell for cell in release.ordinary if tag and tag in cell.tags]
    ids, texts = {cell.id for cell in tagged}, {plain(cell.source) for cell in tagged}
    again = 0
    for cell in nb.cells if tagged else ():
        if cell.cell_type != "code" or claim_of(cell) in release.cells:
            continue
        if "tags" in cell.metadata or not cell.source.strip():
            continue
        same = cell.get("id") in ids or plain(cell.source) in texts
        if same or _alike(cell.source, texts):
            cell.metadata["tags"] = [tag]
            again += 1
    return [f"{again} cells that only explore had lost their tag {tag!r}"] if again else []


def _alike(source: str, texts: Iterable[str]) -> bool:
    source = source[:COMPARED]
    return any(
        fuzz.ratio(source, text[:COMPARED], score_cutoff=LIKE_RELEASED) > 0
        for text in texts
        if 0.8 < (len(source) + 1) / (len(text[:COMPARED]) + 1) < 1.25
    )


def missing_ordinary(nb: NotebookNode, release: Release, skip_tag: str) -> list[tuple[int, str]]:
    """Return released cells whose names the answers need and no cell of the student's defines.

    Args:
        nb: the submission; cells that count have their names.
        release: what was released.
        skip_tag: of cells that grading leaves out.

    Returns:
        For each, the place before which it belongs and its source.
    """
    code = [c for c in nb.cells if c.cell_type == "code" or claim_of(c) in release.answers]
    code = [c for c in code if skip_tag not in c.metadata.get("tags", [])]
    there = {plain(cell.source) for cell in code}
    gone = [
        cell
        for cell in release.ordinary
        if skip_tag not in cell.tags and cell.source.strip() and plain(cell.source) not in there
    ]
    if not gone:
        return []
    needed: set[str] = set()
    defined: set[str] = set()
    for cell in code:
        defined |= defined_names(cell.source)
        if claim_of(cell) in release.answers:
            needed |= mentioned_names(cell.source)
    order = list(release.cells)
    places = {
        claim_of(cell): i for i, cell in enumerate(nb.cells) if claim_of(cell) in release.cells
    }
    found = []
    for cell in gone:
        if not defined_names(cell.source) & (needed - defined):
            continue
        later = order[order.index(cell.follows) + 1 :] if cell.follows else order
        place = min((places[name] for name in later if name in places), default=len(nb.cells))
        found.append((place, cell.source))
    return found


def answers_below_tests(nb: NotebookNode, release: Release, skip_tag: str) -> list[str]:
    """Move answers that stand below their test above it.

    A cell is moved if what it defines is asked for by the test and defined nowhere above it. What
    it mentions itself, and is only defined below the test as well, comes along.

    Args:
        nb: the submission, restored.
        release: what was released.
        skip_tag: of cells that grading leaves out.

    Returns:
        Remarks.
    """
    asked = set().union(*release.answers.values()) if release.answers else set()
    said = []
    for name, test in release.cells.items():
        if not is_test(test):
            continue
        for wanted in sorted(mentioned_names(test.source) & asked):
            place = next((i for i, c in enumerate(nb.cells) if claim_of(c) == name), None)
            if place is None or _defines(nb.cells[:place], wanted, release, skip_tag):
                continue
            moved = _with_what_it_needs(nb, place, wanted, release, skip_tag)
            if moved:
                rest = [c for c in nb.cells[place:] if not any(c is m for m in moved)]
                nb.cells[place:] = [*moved, *rest]
                said.append(f"{wanted!r} stands below its test and counts as if it stood above")
    return said


def _defines(
    cells: Iterable[NotebookNode], name: str, release: Release, skip_tag: str
) -> list[NotebookNode]:
    """Return the student's cells that run and define a name; a stub does not."""
    return [
        cell
        for cell in cells
        if cell.cell_type == "code"
        and not (claim_of(cell) in release.cells and is_test(release.cells[claim_of(cell)]))
        and skip_tag not in cell.metadata.get("tags", [])
        and not (claim_of(cell) in release.answers and release.is_stub(claim_of(cell), cell.source))
        and name in defined_names(cell.source)
    ]


def _with_what_it_needs(
    nb: NotebookNode, place: int, wanted: str, release: Release, skip_tag: str
) -> list[NotebookNode]:
    """Return the last cell from a place on that defines a name, and those that it needs."""
    above, below = nb.cells[:place], nb.cells[place:]
    moved: list[NotebookNode] = []
    waiting = [wanted]
    seen = set(waiting)
    while waiting and len(seen) < 500:
        name = waiting.pop()
        found = _defines(below, name, release, skip_tag)
        if not found or any(found[-1] is m for m in moved):
            continue
        moved.append(found[-1])
        for needed in sorted(mentioned_names(found[-1].source) - seen):
            seen.add(needed)
            if not _defines(above, needed, release, skip_tag):
                waiting.append(needed)
    return [cell for cell in below if any(cell is m for m in moved)]
