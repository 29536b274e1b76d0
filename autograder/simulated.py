"""A simulated class: submissions of the kinds that every real class sends in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import is_grade, is_solution

from autograder.exercises import bank

NOISE_BEFORE = """\
import sys, warnings
from tqdm import tqdm as _bar
warnings.simplefilter("always")
print("starting", __name__)
warnings.warn("a warning on stderr")
for _ in _bar(range(3), desc="a progress bar on stderr"):
    pass
"""
NOISE_INSIDE = """
    print("called")
    import warnings, sys; warnings.warn("called"); print("called", file=sys.stderr)
"""


def solve(
    release: NotebookNode, solution: NotebookNode, *, week: str = "week01", **wrong: str
) -> NotebookNode:
    """Return a submission: the student's notebook with every answer filled in.

    Args:
        release: the notebook students get.
        solution: the notebook the right answers come from.
        week: where the mistakes come from.
        wrong: by grade id, the mistake (a name of the answer bank) to hand in instead.
    """
    answers = {c.metadata.nbgrader.grade_id: c.source for c in solution.cells if is_solution(c)}
    nb = nbformat.from_dict(json.loads(json.dumps(release)))
    for cell in nb.cells:
        if is_solution(cell):
            grade_id = cell.metadata.nbgrader.grade_id
            cell.source = answers[grade_id]
            if grade_id in wrong:
                cell.source = bank.exercises(week)[grade_id].wrong[wrong[grade_id]].strip()
    return nb


def noisy(release: NotebookNode, solution: NotebookNode) -> NotebookNode:
    """Return a right submission that prints, warns and draws progress bars in every cell it may."""
    nb = solve(release, solution)
    for cell in nb.cells:
        if cell.cell_type == "code" and not is_grade(cell):
            cell.source = NOISE_BEFORE + cell.source
            if is_solution(cell):  # and inside the answers, so that the grade cells are noisy too
                lines = []
                for line in cell.source.splitlines():
                    lines.append(line)
                    if line.strip() == "### BEGIN SOLUTION":
                        indent = line[: len(line) - len(line.lstrip())]
                        lines += [
                            indent + text.strip() for text in NOISE_INSIDE.strip().splitlines()
                        ]
                cell.source = "\n".join(lines)
    return nb


def crashing(release: NotebookNode, solution: NotebookNode) -> NotebookNode:
    """Return a right submission with one cell that ends the Python process half-way."""
    nb = solve(release, solution)
    middle = [i for i, c in enumerate(nb.cells) if is_solution(c)][3]
    nb.cells.insert(
        middle, new_code_cell("import os\nos._exit(1)  # clean up before continuing", id="crash")
    )
    return nb


def any_class(release_path: Path, solution_path: Path, week: str) -> list[str]:
    """Return five submissions of any week: right, noisy, blank, with one mistake, with another.

    Args:
        release_path: the notebook students get.
        solution_path: the notebook the right answers come from.
        week: the week's part of the answer bank, such as "week06".

    Returns:
        The notebooks' texts.
    """
    release, solution = (nbformat.read(p, as_version=4) for p in (release_path, solution_path))
    mistakes = [
        {name: next(iter(exercise.wrong))} for name, exercise in bank.exercises(week).items()
    ]
    made = [
        solve(release, solution),
        noisy(release, solution),
        release,
        *(solve(release, solution, week=week, **mistake) for mistake in mistakes[:2]),
    ]
    return [nbformat.writes(nb) for nb in made]


def make_class(release_path: Path, solution_path: Path) -> dict[str, str]:
    """Return the text of each submitted file of week 1, by student."""
    release = nbformat.read(release_path, as_version=4)
    solution = nbformat.read(solution_path, as_version=4)
    for cell in solution.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    makers: dict[str, Callable[[], NotebookNode]] = {
        "ada_perfect": lambda: solve(release, solution),
        "ben_noisy": lambda: noisy(release, solution),
        "cho_blank": lambda: release,
        "dev_global_mean": lambda: solve(release, solution, center="global-mean"),
        "eva_not_centred": lambda: solve(
            release, solution, project="not-centred", principal_axes="singular-values"
        ),
        "fay_mean_not_sum": lambda: solve(
            release,
            solution,
            squared_error_per_image="mean-not-sum",
            principal_angles="not-orthonormalised",
        ),
        "gus_crash": lambda: crashing(release, solution),
    }
    files = {student: nbformat.writes(make()) for student, make in makers.items()}
    files["hal_not_json"] = files["ada_perfect"][:4000]
    return files
