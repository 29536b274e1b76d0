"""The answer bank: right answers written differently and wrong ones that students really write.

It tests the tests. For every exercise, each right answer must earn full marks, each wrong one must
lose some *with its own diagnosis*, and the blank stub must earn 0. `python -m autograder bank`
prints the table; pytest proves it.
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.report import Check, Report


@dataclass(frozen=True)
class Exercise:
    """All known answers to one exercise.

    Attributes:
        gives: the names that the answer cell defines and the check takes, in order.
        right: answers that must earn full marks, by a few words on how they are written.
        wrong: answers that must lose points, by the mistake that the report must name.
        needs: code that stands in the notebook before the answer (other exercises' functions).
    """

    gives: tuple[str, ...]
    right: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    needs: str = ""


PRELUDE = """\
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""


def weeks() -> list[str]:
    """Return the names of the weeks that have a bank, in order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("week"))


def exercises(week: str) -> dict[str, Exercise]:
    """Return the bank of one week, by the name of the check."""
    return importlib.import_module(f"{__name__}.{week}").EXERCISES


def find_check(week: str, name: str) -> Check:
    """Return the hidden check of an exercise."""
    return getattr(importlib.import_module(f"autograder.checks.{week}"), name)


def objects(week: str, name: str, code: str, label: str = "answer") -> list[object]:
    """Run an answer's code as its notebook cell would run; return what it defines, in order."""
    exercise = exercises(week)[name]
    filename = f"<{week} {name}: {label}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    scope: dict[str, object] = {"__name__": "__main__"}
    exec(compile(PRELUDE + exercise.needs, "<prelude>", "exec"), scope)
    exec(compile(code, filename, "exec"), scope)
    return [scope[n] for n in exercise.gives]


def assess(week: str, name: str, code: str, label: str = "answer") -> Report:
    """Return the hidden check's report on an answer's code."""
    return find_check(week, name)(*objects(week, name, code, label))


def all_answers(kind: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (week, exercise, label, code) of every "right" or every "wrong" answer."""
    for week in weeks():
        for name, exercise in exercises(week).items():
            for label, code in getattr(exercise, kind).items():
                yield week, name, label, code
