"""The same notebook and checks for otter-grader: what `otter run` takes for one submission.

otter-grader is not among the kit's packages; `--otter PROGRAM` names an installation of it in an
environment that has the kit's packages as well.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade, is_solution

ROOT = Path(__file__).resolve().parent.parent
TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = {points}


@test_case()
def test_answer({answers}):
    from autograder.exercises import {week}

    report = {week}.{check}.EXERCISE({answers})
    assert report.earned == report.points, report.mistakes
"""


def make(solution: Path, folder: Path) -> Path:
    """Write otter's tests and a perfect submission into a folder; return the submission."""
    nb = nbformat.read(solution, as_version=4)
    (folder / "tests").mkdir(parents=True)
    kept = []
    for cell in nb.cells:
        if is_grade(cell) and not is_solution(cell):
            week, check, answers = re.search(
                r"grade\((\w+)\.(\w+), ([\w, ]+)\)", cell.source
            ).groups()
            text = TEST.format(
                name=check,
                points=cell.metadata.nbgrader.points,
                answers=answers,
                week=week,
                check=check,
            )
            (folder / "tests" / f"{check}.py").write_text(text, encoding="utf-8")
        elif "explore" not in cell.metadata.get("tags", []):
            kept.append(cell)
    nb.cells = kept
    nbformat.write(nb, folder / solution.name)
    return folder / solution.name


def seconds(program: str, solution: Path, folder: Path, repeats: int) -> float:
    """Return the median seconds of `otter run` for a perfect submission, checked to be perfect."""
    submission = make(solution, folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])

    def run(*arguments: str) -> None:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-1000:] + done.stderr[-2000:])

    run("generate", "-t", "tests", "-o", "autograder.zip", "--no-environment")
    taken = []
    for _ in range(repeats + 1):  # the first fills the disk cache
        before = time.perf_counter()
        run("run", "-a", "autograder.zip", submission.name, "--no-logo")
        taken.append(time.perf_counter() - before)
        tests = json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]
        lost = [t["name"] for t in tests if t.get("score") != t.get("max_score")]
        if lost:
            raise SystemExit(f"otter did not give full marks for {lost}")
    return statistics.median(taken[1:])
