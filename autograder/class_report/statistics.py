"""How well exercises separate, and how reliable a week's points are: with intervals.

Both are classical test theory: the corrected item-total correlation of an exercise (its points with
the points of all *other* exercises), and Cronbach's α of the week with exercises as items. The
intervals are percentiles of a bootstrap over students, with a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FEWEST = 10  # students; below that, neither number says anything
RESAMPLES = 2000
SEED = 0
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Analysis:
    """What a week's points say about its exercises.

    Attributes:
        students: how many rows it is computed from.
        alpha: Cronbach's α, or None.
        separation: for each exercise the corrected item-total correlation, or None.
        why_not: why numbers are missing, "" if none is.
    """

    students: int
    alpha: Estimate | None = None
    separation: list[Estimate | None] = field(default_factory=list)
    why_not: str = ""


def analyse(points: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED) -> Analysis:
    """Compute α and every exercise's item-total correlation.

    Args:
        points: earned points, shape (students, exercises).
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        The numbers; those that these points do not determine are None.

    Raises:
        ValueError: it is not a table of finite numbers.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"points has the shape {points.shape}. Expected: a table of finite numbers, a row a "
            "student and a column an exercise."
        )
    n, k = points.shape
    if n < FEWEST or k < 2:
        few = f"{n} students answered something, and fewer than {FEWEST} say nothing about it"
        why = few if n < FEWEST else "a week of one exercise has nothing to compare it with"
        return Analysis(n, None, [None] * k, why)
    once = np.full((1, n), 1.0)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    value = _coefficients(points, once)[0]
    drawn = _coefficients(points, draws.astype(float))
    ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    found: list[Estimate | None] = []
    for column in range(k + 1):
        known = drawn[np.isfinite(drawn[:, column]), column]
        if np.isfinite(value[column]) and known.size:
            low, high = np.quantile(known, ends)
            found.append(Estimate(float(value[column]), float(low), float(high)))
        else:
            found.append(None)
    return Analysis(n, found[0], found[1:])


def _coefficients(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return α and all correlations of each weighting of the students.

    Resampling a class is giving each student a whole number as a weight, so that all resamples are
    a few products of matrices.

    Args:
        points: shape (students, exercises).
        weights: shape (weightings, students).

    Returns:
        Shape (weightings, 1 + exercises); nan where there is no spread.
    """
    x = points - points.mean(axis=0)
    total = x.sum(axis=1, keepdims=True)
    rest = total - x
    n, k = weights.sum(axis=1, keepdims=True), x.shape[1]

    def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return weights @ (a * b) / n - (weights @ a / n) * (weights @ b / n)

    def spread(a: np.ndarray) -> np.ndarray:  # rounding leaves a little where there is none
        variance = covariance(a, a)
        return np.where(variance > 1e-9 * np.maximum((a**2).max(axis=0), 1e-300), variance, np.nan)

    correlations = covariance(x, rest) / np.sqrt(spread(x) * spread(rest))
    alpha = k / (k - 1) * (1 - covariance(x, x).sum(axis=1, keepdims=True) / spread(total))
    return np.hstack([alpha, correlations])
