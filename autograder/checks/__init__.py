"""Hidden checks, one package a week and one function an exercise.

A check draws its own inputs from :data:`GRADER_SEED`, which differs from every seed a student sees,
and takes its expected values from independent maths: float64, closed forms, finite differences.
"""

import torch
from torch import Tensor

from aeutils.checking import to_tensor
from autograder.report import grade

GRADER_SEED = 20260

__all__ = ["GRADER_SEED", "close", "grade", "grader_generator"]


def grader_generator(seed: int = 0) -> torch.Generator:
    """Return a generator with a seed that no student sees."""
    return torch.Generator().manual_seed(GRADER_SEED + seed)


def close(a: Tensor, b: object) -> bool:
    """Tell whether two results agree in shape and, to a part in a thousand, in value."""
    b = to_tensor(b, "b").double()
    return a.shape == b.shape and torch.allclose(a.double(), b, rtol=1e-3)
