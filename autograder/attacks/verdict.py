"""What one attack reached: judged by its score, its graded notebook and its feedback page."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import is_grade

from autograder.attacks.evidence import Scripts
from autograder.attacks.targets import Attack, Target

BROKEN = "VAULT-BROKEN"  # printed by attacks that see for themselves that they got through
LARGEST = 20 * 2**20  # bytes of one feedback page


@dataclass
class Verdict:
    """What an attack reached."""

    score: float | None = None
    seconds: float = 0.0
    marks: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    own_loss: list[str] = field(default_factory=list)  # harm that only the attacker suffers

    @property
    def stopped(self) -> bool:
        """Whether it reached nothing."""
        return not (self.marks or self.leaks or self.damage)

    @property
    def word(self) -> str:
        """The worst that it reached, in a word or two."""
        if self.marks:
            return self.marks[0]
        return "leaked" if self.leaks else "damage" if self.damage else "stopped"

    @property
    def reached(self) -> str:
        """All that it reached."""
        return "; ".join([*self.marks, *self.leaks, *self.damage, *self.own_loss])


def page(folder: Path, student: str, assignment: str) -> Path:
    """Return the path of a student's feedback page."""
    return folder / "feedback" / student / assignment / f"{assignment}.html"


def scores(folder: Path, assignment: str) -> dict[str, float]:
    """Return every graded student's score; nothing if the gradebook cannot be read."""
    found = {}
    try:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", None) as gradebook:
            for student in gradebook.students:
                with suppress(MissingEntry):
                    submission = gradebook.find_submission(assignment, student.id)
                    found[student.id] = submission.score
    except Exception as broken:  # destroyed by an attack
        print(f"the gradebook cannot be read: {broken}", file=sys.stderr)
    return found


def outputs(path: Path, tests: bool = True) -> str:
    """Return all that a graded notebook's cells show; of tests, if asked, only what they print."""
    try:
        nb = nbformat.read(path, as_version=4)
    except Exception:
        return ""
    shown = [
        str(output)
        for cell in nb.cells
        for output in cell.get("outputs", [])
        if tests or output.output_type == "stream" or not is_grade(cell)
    ]
    return "\n".join(shown)


def printed(path: Path) -> str:
    """Return what a graded notebook's cells printed."""
    try:
        nb = nbformat.read(path, as_version=4)
    except Exception:
        return ""
    shown = [o for cell in nb.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    return "\n".join(str(o.text) for o in shown)


def judge(
    attack: Attack, folder: Path, target: Target, score: float | None, stock: bool = False
) -> Verdict:
    """Judge what one attacker got, from its graded notebook and its feedback page.

    Args:
        attack: the attack.
        folder: the course folder.
        target: the assignment.
        score: the attacker's, or None if it was not graded.
        stock: whether this is nbgrader by itself, whose feedback shows everybody the hidden tests:
            only what an attack brought to light is held against it.
    """
    verdict = Verdict(score)
    ungraded = verdict.own_loss if stock else verdict.damage  # this grader owes everybody a page
    if score is None:
        ungraded.append("not graded")
    elif not score <= attack.earns + 1e-9:
        full = score >= target.full - 1e-9
        verdict.marks.append("full marks" if full else f"{score:g} of {target.full:g} marks")
    path = page(folder, attack.student, target.name)
    graded = folder / "autograded" / attack.student / target.name / f"{target.name}.ipynb"
    shown = outputs(graded, tests=not stock)
    if path.exists():
        if path.stat().st_size > LARGEST:
            verdict.damage.append(f"a feedback page of {path.stat().st_size / 2**20:.0f} MB")
        html = path.read_text(encoding="utf-8", errors="replace")
        scripts = Scripts()
        scripts.feed(html)
        if scripts.found:
            verdict.leaks.append(f"a script on the feedback page ({', '.join(scripts.found[:3])})")
        if not stock:
            shown += html
    else:
        ungraded.append("no feedback page")
    for secret in target.secrets:
        if secret in shown:
            verdict.leaks.append(f"shows {secret!r}")
    if not stock and "HIDDEN TESTS" in shown:
        verdict.leaks.append("shows a hidden region")
    verdict.damage += re.findall(f"^{BROKEN}:? ?(.*)", printed(graded), re.MULTILINE)[:1]
    return verdict
