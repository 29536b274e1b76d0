"""A class of 40 in a copy of the kit, really graded, with planted mistakes and a check to dispute.

The copy has a grader of its own, so that a check can be changed as an instructor changes it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from repository import ROOT

from autograder.demo import ASSIGNMENT, must_work, nbgrader, submit
from autograder.simulated import solve

STUDENTS = 40
PLANTED = (
    ("principal_axes", "singular-values", 11),
    ("squared_error_per_image", "mean-not-sum", 9),
    ("center", "kept-dim", 7),
)
DISPUTED = PLANTED[2]
# The change: a mean of shape (1, D) is as good, in the test and in what every function owes.
CHANGES = {
    "expect_close(answer(center)[1], MEAN": "expect_close(answer(center)[1].reshape(-1), MEAN",
    "@EXERCISE.conduct(right=centred, ": "@EXERCISE.conduct(",
}
COPIED = ("autograder", "aeutils", "course/static", f"solutions/{ASSIGNMENT}")


def wrong(number: int) -> dict[str, str]:
    """Return a student's planted mistakes: the first have all three, the later ones fewer."""
    return {exercise: mistake for exercise, mistake, count in PLANTED if 2 <= number < 2 + count}


def run(kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the kit's own grader in the kit's folder."""
    return subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=kit,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(kit)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def graded_kit(kit: Path, students: int = STUDENTS) -> Path:
    """Copy the kit, release week 1, hand in for a class, and grade it; return the folder."""
    for name in COPIED:
        ignore = shutil.ignore_patterns("__pycache__", "attacks")
        shutil.copytree(ROOT / name, kit / name, ignore=ignore)
    for name in ("nbgrader_config.py", "course/week01.md"):
        shutil.copy(ROOT / name, kit / name)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(kit)
    try:
        must_work("generate_assignment", nbgrader(kit, "generate_assignment", ASSIGNMENT))
        file = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
        release = nbformat.read(kit / "notebooks" / file, as_version=4)
        solution = nbformat.read(kit / "solutions" / file, as_version=4)
        submit(
            kit,
            {
                f"s{number:02d}": nbformat.writes(
                    solve(release, solution, **wrong(number)) if number else release
                )
                for number in range(students)
            },
        )
        must_work("autograde", nbgrader(kit, "autograde", ASSIGNMENT))
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return kit


def change_check(kit: Path) -> None:
    """Change the kit's check of the disputed exercise."""
    path = kit / "autograder" / "exercises" / "week01" / f"{DISPUTED[0]}.py"
    text = path.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert text.count(old) == 1, f"the check of {DISPUTED[0]} has no line {old!r} any more"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
