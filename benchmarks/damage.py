"""Random damage to a right notebook: what it does to the score, on thousands of examples.

    python -m benchmarks.damage                     10,000 examples of each kind, about 10 minutes
    python -m benchmarks.damage --examples 200

The first kind damages the JSON outside the answers and the file around it: keys go, values become
null, numbers or lists, cells are doubled, deleted (but for answers) or inserted, metadata and ids
are lost, the file is renamed, compressed, or saved in another encoding. The answers and tests that
run afterwards must be those of the undamaged notebook, in their order, with every name that the
answers need. The second kind damages bytes anywhere: there must be a notebook with all tests in it.
"""

from __future__ import annotations

import argparse
import copy
import functools
import gzip
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.config import EXPLORE
from autograder.demo import ASSIGNMENT, nbgrader, set_up
from autograder.plugin.definitions import defined_names, mentioned_names
from autograder.plugin.intake import UNREADABLE, stage
from autograder.plugin.releases import Release, claim_of, is_test, read_release
from autograder.plugin.restore import RestoreCells
from autograder.simulated import make_class

ROOT = Path(__file__).resolve().parent.parent
RECORD = Path(__file__).resolve().parent / "damage.json"
FILE = f"{ASSIGNMENT}.ipynb"

JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.integers(-3, 10),
    st.booleans(),
    st.sampled_from(["", "x", "mine", "a cell with a space", "Übung"]),
    st.lists(st.one_of(st.none(), st.integers(), st.sampled_from(["x", "y\n"])), max_size=3),
    st.dictionaries(st.sampled_from(["a", "name", "text/plain"]), st.integers(), max_size=2),
)
CELL_KEYS = ("metadata", "outputs", "execution_count", "id", "cell_type", "attachments")
TOP_KEYS = ("metadata", "nbformat", "nbformat_minor", "worksheets", "signature")
NAMES = (FILE, f"{ASSIGNMENT} (1).ipynb", f"deep/er/{FILE}", "my.ipynb", f"{FILE}.txt")


@dataclass(repr=False)
class Course:
    """Week 1 as it was released, and a notebook with all answers right."""

    release: Release
    answered: dict[str, Any]

    @functools.cached_property
    def whole(self) -> list[tuple[str, str]]:
        """What counts of the undamaged notebook."""
        return what_counts(restored(json.dumps(self.answered).encode(), self), self.release)

    @functools.cached_property
    def answers(self) -> list[str]:
        """The ids of the answer cells."""
        return [i for i, name in self.release.ids.items() if name in self.release.answers]


def make_course(folder: Path) -> Course:
    """Release week 1 in a folder of its own."""
    set_up(ROOT, folder, "")
    nbgrader(folder, "generate_assignment", ASSIGNMENT)
    name = f"{ASSIGNMENT}/{FILE}"
    files = make_class(folder / "notebooks" / name, folder / "solutions" / name)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        entry = gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT)
        release = read_release(entry, folder / "notebooks" / name, folder / "solutions" / name)
    return Course(release, json.loads(files["ada_perfect"]))


class Restored(RestoreCells):
    """Restores cells without a run of nbgrader around it."""

    release: Release

    def _release(self, names: dict) -> Release:
        return self.release


def restored(raw: bytes, course: Course, name: str = FILE) -> NotebookNode:
    """Return the notebook that is graded when a student hands in these bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        submitted, staged = Path(scratch, "submitted"), Path(scratch, "student", "staged")
        (submitted / name).parent.mkdir(parents=True)
        (submitted / name).write_bytes(raw)
        stage(submitted, staged, {FILE: course.release})
        # nbformat's own reading checks it all against a schema, which takes longer than the rest.
        nb = nbformat.from_dict(json.loads((staged / FILE).read_text(encoding="utf-8")))
    cells = Restored(keep_tag=EXPLORE)
    cells.release, cells.log.disabled = course.release, True
    return cells.preprocess(nb, {"nbgrader": {"student": "ada"}})[0]


def what_counts(nb: NotebookNode, release: Release) -> list[tuple[str, str]]:
    """Return name and source of every answer and test, in the order in which they run."""
    return [(claim_of(c), c.source.strip()) for c in nb.cells if claim_of(c) in release.cells]


def names_missing(nb: NotebookNode, release: Release) -> set[str]:
    """Return the names of the release that an answer mentions and no cell that runs defines."""
    given = {n for c in release.ordinary if EXPLORE not in c.tags for n in defined_names(c.source)}
    running = [
        c for c in nb.cells if c.cell_type == "code" and EXPLORE not in c.metadata.get("tags", [])
    ]
    mentioned = {
        name
        for cell in running
        if claim_of(cell) in release.answers
        for name in mentioned_names(cell.source)
    }
    return (mentioned & given) - {n for cell in running for n in defined_names(cell.source)}


@st.composite
def outside_answers(draw: st.DrawFn, course: Course) -> tuple[bytes, str]:
    """Draw the bytes of a notebook that is damaged outside its answers, and a file's name."""
    nb = copy.deepcopy(course.answered)
    for cell in nb["cells"]:  # an answer is known again when its id is gone
        cell |= {"answer": True} if cell["id"] in course.answers else {}
    for _ in range(draw(st.integers(1, 6))):
        cells = nb["cells"]
        what = draw(st.sampled_from(["key", "key", "key", "source", "top", "cell", "all"]))
        cell = draw(st.sampled_from([c for c in cells if isinstance(c, dict)]))
        is_answer = "answer" in cell
        if what == "key":
            _spoil(draw, cell, draw(st.sampled_from(CELL_KEYS)))
        elif what == "source" and not is_answer:
            _spoil(draw, cell, "source")
        elif what == "top":
            _spoil(draw, nb, draw(st.sampled_from(TOP_KEYS)))
        elif what == "cell":
            place = draw(st.integers(0, len(cells)))
            new = draw(st.one_of(JUNK, st.just(copy.deepcopy(cell))))
            if draw(st.booleans()):
                cells.insert(place if not isinstance(new, dict) else cells.index(cell), new)
            elif not is_answer:
                cells.remove(cell)
        elif what == "all":  # a tool that drops something everywhere
            key = draw(st.sampled_from(("metadata", "outputs", "execution_count", "id")))
            for one in (c for c in cells if isinstance(c, dict)):
                one.pop(key, None)
    return _as_bytes(draw, nb), draw(st.sampled_from(NAMES))


def _spoil(draw: st.DrawFn, owner: dict[str, Any], key: str) -> None:
    if draw(st.booleans()):
        owner.pop(key, None)
    else:
        owner[key] = draw(JUNK)


def _as_bytes(draw: st.DrawFn, nb: dict[str, Any]) -> bytes:
    text = json.dumps(nb, ensure_ascii=draw(st.booleans()))
    raw = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])))
    return gzip.compress(raw) if draw(st.booleans()) and draw(st.booleans()) else raw


@st.composite
def anywhere(draw: st.DrawFn, course: Course) -> bytes:
    """Draw the bytes of a notebook with pieces cut out, doubled or replaced."""
    raw = bytearray(json.dumps(course.answered).encode())
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(raw)))
        piece = draw(st.one_of(st.binary(max_size=20), st.just(bytes(raw[start : start + 500]))))
        raw[start : start + draw(st.integers(0, 3000))] = piece
    return bytes(raw)


def check_outside(course: Course, handed_in: tuple[bytes, str]) -> None:
    """Fail if damage outside the answers changes what is graded."""
    nb = restored(handed_in[0], course, handed_in[1])
    assert UNREADABLE not in nb.metadata, nb.metadata
    assert what_counts(nb, course.release) == course.whole
    assert not names_missing(nb, course.release)


def check_anywhere(course: Course, raw: bytes) -> None:
    """Fail if damage anywhere leaves no valid notebook with every test in it."""
    nb = restored(raw, course)
    nbformat.validate(nb)
    tests = {name for name, cell in course.release.cells.items() if is_test(cell)}
    assert tests <= {claim_of(cell) for cell in nb.cells}


def run(course: Course, examples: int) -> None:
    """Check so many examples of each kind.

    Raises:
        AssertionError: one of them, made as small as possible, does not hold.
    """
    slow = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    slow(given(outside_answers(course))(lambda drawn: check_outside(course, drawn)))()
    slow(given(anywhere(course))(lambda drawn: check_anywhere(course, drawn)))()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    examples = parser.parse_args().examples
    with tempfile.TemporaryDirectory() as scratch:
        run(make_course(Path(scratch, "course")), examples)
    result = {
        "outside the answers": {"examples": examples, "scores lowered": 0},
        "anywhere": {"examples": examples, "without a page": 0},
    }
    RECORD.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
