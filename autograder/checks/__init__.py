"""Hidden checks, one module a week and one function an exercise.

A check draws its own inputs from :data:`GRADER_SEED`, which differs from every seed a student sees,
and takes its expected values from independent maths: float64, closed forms, finite differences.
"""

from autograder.report import grade

GRADER_SEED = 20260

__all__ = ["GRADER_SEED", "grade"]
