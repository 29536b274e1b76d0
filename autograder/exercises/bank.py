"""The answer bank: every right and wrong answer of every exercise. It tests the tests.

Each right answer must earn full marks, each wrong one must lose some *with its own diagnosis*, and
the blank stub must earn 0. ``python -m autograder bank`` prints the table; pytest proves it.
"""

from __future__ import annotations

import functools
import importlib
import linecache
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbgrader.utils import is_solution

from autograder import exercises as package
from autograder.exercises.exercise import Exercise
from autograder.hall.report import Report
from autograder.units import in_order

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PRELUDE = """\
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""


def weeks() -> list[str]:
    """Return the names of the weeks and electives that have exercises, in order."""
    return in_order(m.name for m in pkgutil.iter_modules(package.__path__))


@functools.cache
def exercises(week: str) -> dict[str, Exercise]:
    """Return the exercises of a week by name, in the order of the notebook.

    Args:
        week: for example "week05".
    """
    module = importlib.import_module(f"{package.__name__}.{week}")
    found = {
        name: value.EXERCISE for name, value in vars(module).items() if hasattr(value, "EXERCISE")
    }
    order = list(stubs(week))
    last = len(order)
    return dict(
        sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else last)
    )


@functools.cache
def stubs(week: str) -> dict[str, str]:
    """Return the empty answer cells of a week as students get them, by exercise, in order.

    Args:
        week: for example "week05".
    """
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for path in NOTEBOOKS.glob(f"{week}*/{week}*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if is_solution(cell)
    }


def stub(week: str, name: str) -> str:
    """Return the empty answer cell of an exercise as students get it.

    Args:
        week: for example "week05".
        name: the exercise's name.

    Raises:
        FileNotFoundError: the student notebook is not built, or has no such exercise.
    """
    if name not in stubs(week):
        raise FileNotFoundError(
            f"no stub of {name!r} in {NOTEBOOKS / week}*; run `python -m autograder build`"
        )
    return stubs(week)[name]


def objects(week: str, name: str, code: str, label: str = "answer") -> list[object]:
    """Run an answer's code as its notebook cell would run; return what it defines, in order.

    Args:
        week: for example "week05".
        name: the exercise's name.
        code: source of the answer cell.
        label: what tracebacks call it.

    Returns:
        The objects named in the exercise's `defines`.
    """
    exercise = exercises(week)[name]
    filename = f"<{week} {name}: {label}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    scope: dict[str, object] = {"__name__": "__main__"}
    exec(compile(PRELUDE + exercise.setup, "<prelude>", "exec"), scope)
    exec(compile(code, filename, "exec"), scope)
    return [scope[n] for n in exercise.defines]


def assess(week: str, name: str, code: str, label: str = "answer") -> Report:
    """Return the hidden check's report on an answer's code.

    Args:
        week: for example "week05".
        name: the exercise's name.
        code: source of the answer cell.
        label: what tracebacks call it.
    """
    return exercises(week)[name](*objects(week, name, code, label))


def caught(report: Report, mistake: str) -> bool:
    """Return whether a wrong answer lost points with its own diagnosis.

    Args:
        report: the check's report on the answer.
        mistake: the name that it must carry.
    """
    return report.earned < report.points and mistake in report.mistakes


def all_answers(kind: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (week, exercise, label, code) of every "right" or every "wrong" answer.

    Args:
        kind: "right" or "wrong".
    """
    for week in weeks():
        for name, exercise in exercises(week).items():
            for label, code in getattr(exercise, kind).items():
                yield week, name, label, code
