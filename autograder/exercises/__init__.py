"""The exercises of the course, one file each: what earns points, and the answers that prove it.

``autograder/exercises/week05/kl_sparsity.py`` holds all that the grader knows of one exercise: its
criteria with points (the hidden check), right answers written differently, and wrong ones that
students really write, each under the name of its diagnosis. A grade cell says::

    from autograder.exercises import grade, week05

    grade(week05.kl_sparsity, kl_sparsity)

A check draws its own inputs from :data:`GRADER_SEED`, which differs from every seed a student sees,
and takes its expected values from independent maths: float64, closed forms, finite differences.
"""

from __future__ import annotations

import sys
from types import ModuleType

import torch
from torch import Tensor

from aeutils.testing.checking import to_tensor
from autograder.exercises.conduct.cases import rehearse
from autograder.exercises.exercise import Exercise
from autograder.hall import report

GRADER_SEED = 20260

__all__ = ["GRADER_SEED", "Exercise", "close", "grade", "grader_generator"]


def grade(module: ModuleType, *answers: object) -> None:
    """Check a student's answers to an exercise, show the report, and raise unless all is right.

    Args:
        module: the exercise's file, for example ``week05.kl_sparsity``.
        answers: the student's objects, in the order of the exercise's `defines`.

    Raises:
        CheckFailed: points were lost; the report says why.
    """
    report.grade(module.EXERCISE, *answers)


def before_forks() -> None:
    """Work out what is the same for every student, of all exercises that are imported.

    The examiners' server calls this once, before it forks an examiner for every submission.
    """
    for name, module in sorted(sys.modules.items()):
        exercise = getattr(module, "EXERCISE", None) if name.startswith(__name__) else None
        if isinstance(exercise, Exercise):
            for conduct in exercise.owed.values():
                rehearse(conduct)


def grader_generator(seed: int = 0) -> torch.Generator:
    """Return a random generator with a seed that no student sees.

    Args:
        seed: added to :data:`GRADER_SEED`, so that draws of one check differ.
    """
    return torch.Generator().manual_seed(GRADER_SEED + seed)


def close(a: Tensor, b: object) -> bool:
    """Return whether two results agree in shape and, to a part in a thousand, in value.

    Args:
        a: a result.
        b: another one: a tensor, an array, a list or a number.
    """
    b = to_tensor(b, "b").double()
    return a.shape == b.shape and torch.allclose(a.double(), b, rtol=1e-3)
