"""What is attacked, and by which files.

A *cell attack* is a file whose whole text becomes the first cell of an otherwise blank submission.
A *notebook attack* is a file with a function ``submission(nb, folder)``, which changes the blank
notebook or returns another one (or raw text or bytes for the file), and may put files beside it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.attacks import course
from autograder.demo import ASSIGNMENT as WEEK
from autograder.demo import set_up
from autograder.simulated import solve

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GROUPS = ("marks", "leaks", "damage")


@dataclass(frozen=True)
class Attack:
    """One file of the corpus."""

    path: Path
    tries: str
    target: str = course.ASSIGNMENT
    earns: float = 0.0

    @property
    def group(self) -> str:
        """What it is after: marks, leaks or damage."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.stem

    @property
    def student(self) -> str:
        """The name under which it is handed in."""
        return f"att_{self.name}"


@dataclass(frozen=True)
class Target:
    """An assignment that is attacked.

    Attributes:
        name: of the assignment; the notebook is called the same.
        full: its points.
        source: folder of the instructor's version in the course folder.
        make: writes the course into an empty folder.
        honest: gives the notebooks of honest students.
        right: what these earn.
        secrets: texts that no student may get to see.
    """

    name: str
    full: float
    source: str
    make: Callable[[Path], None]
    honest: Callable[[NotebookNode, Path], dict[str, NotebookNode]]
    right: dict[str, float]
    secrets: tuple[str, ...]


def _vault_honest(release: NotebookNode, _: Path) -> dict[str, NotebookNode]:
    return course.honest(release)


VAULT = Target(
    name=course.ASSIGNMENT,
    full=course.FULL,
    source="source",
    make=course.make_course,
    honest=_vault_honest,
    right={
        "aaa_right": course.FULL,
        "mmm_half": sum(course.HALF.values()),
        "zzz_right": course.FULL,
    },
    secrets=(
        course.SECRET_NUMBER,
        f"line {course.SECRET_NUMBER[:5]}",
        f"raised N{course.SECRET_NUMBER[:3]}",
        course.DIARY,
        course.TOKEN,
    ),
)


def _week01_make(folder: Path) -> None:
    set_up(ROOT, folder, "\nc.ExamHall.cell_seconds = 20\n")


def _week01_honest(release: NotebookNode, folder: Path) -> dict[str, NotebookNode]:
    path = folder / "solutions" / WEEK / f"{WEEK}.ipynb"
    right = solve(release, nbformat.read(path, as_version=4))
    return {"aaa_right": right, "zzz_right": course.copy(right)}


WEEK01 = Target(
    name=WEEK,
    full=24.0,
    source="solutions",
    make=_week01_make,
    honest=_week01_honest,
    right={"aaa_right": 24.0, "zzz_right": 24.0},
    secrets=("constructed subspaces", "the same S and V", course.TOKEN),
)
TARGETS = {target.name: target for target in (VAULT, WEEK01)}


def attacks(target: str | None = None) -> list[Attack]:
    """Return the corpus, or what is aimed at one target."""
    found = []
    for group in GROUPS:
        for path in sorted((HERE / group).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            tries = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
            header = dict(re.findall(r"^# (target|earns): *(\S+)", text, re.MULTILINE))
            attack = Attack(
                path, tries, header.get("target", course.ASSIGNMENT), float(header.get("earns", 0))
            )
            if target in (None, attack.target):
                found.append(attack)
    return found
