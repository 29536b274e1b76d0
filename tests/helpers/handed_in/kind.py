"""A kind of submission: how it is made, what it earns and what is said about it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tiny_course import FILE, answered, submit


@dataclass(frozen=True)
class Kind:
    """A kind of submission.

    Attributes:
        make: spoils right answers, given the course and the student's folder.
        points: score in the gradebook, of 7.
        page: words on the student's feedback page.
        log: words that stand together in one warning of `nbgrader autograde`.
    """

    make: Callable[[Path, Path], None]
    points: float
    page: str
    log: tuple[str, ...]

    @property
    def what(self) -> str:
        """What was handed in, in words."""
        assert self.make.__doc__, self.make.__name__
        return " ".join(self.make.__doc__.split())


KINDS: dict[str, Kind] = {}


def kind(points: float, page: str = "", log: tuple[str, ...] = (), name: str = "") -> Callable:
    """Make a function a kind of submission, under its own name or another."""

    def register(make: Callable) -> Callable:
        KINDS[name or make.__name__] = Kind(make, points, page, log)
        return make

    return register


def hand_in(name: str, course: Path) -> None:
    """Let a student of that name submit right answers, and spoil them."""
    KINDS[name].make(course, submit(course, name, answered(course)))


def read(folder: Path) -> dict:
    """Return the notebook's JSON."""
    return json.loads((folder / FILE).read_text(encoding="utf-8"))


def write(folder: Path, nb: object, name: str = FILE) -> None:
    """Write JSON as a notebook."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(nb), encoding="utf-8")


def change(folder: Path, **fields: object) -> None:
    """Change fields of the notebook's JSON."""
    write(folder, {**read(folder), **fields})


def each_cell(folder: Path, spoil: Callable[[dict], object]) -> None:
    """Let a function spoil every cell."""
    nb = read(folder)
    for cell in nb["cells"]:
        spoil(cell)
    write(folder, nb)


def grade_id(cell: dict) -> str:
    """Return a cell's grade_id, "" if it has none."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")
