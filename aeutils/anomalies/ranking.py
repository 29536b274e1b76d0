"""How well scores put anomalies first: areas under curves, and the best threshold in hindsight.

References:
    * J. Davis and M. Goadrich (2006). The relationship between precision-recall and ROC curves.
      ICML.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.anomalies.windows import check_series
from aeutils.testing.sealed import exercise


@exercise("elective_b_anomalies")
def ranking_quality(scores: Tensor, anomalous: Tensor) -> tuple[float, float]:
    """Return the areas under the ROC curve and under the precision-recall curve.

    Args:
        scores: floats (N,), larger is more suspicious; scores may be equal.
        anomalous: booleans (N,); both kinds occur.

    Returns:
        AUROC: the share of pairs (anomalous, normal) in the right order, ties counting half; and
        average precision Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the different scores from the largest down.

    Raises:
        TypeError: `scores` is not a tensor of floats, or `anomalous` not one of booleans.
        ValueError: they are not vectors of one length, or one kind does not occur.

    >>> ranking_quality(torch.tensor([0.9, 0.4, 0.4]), torch.tensor([True, True, False]))
    (0.75, 0.8333333333333333)
    """
    hit, false = _counts(scores, anomalous)
    if not (hit[-1] and false[-1]):
        raise ValueError(
            f"of {len(scores)} points {int(hit[-1])} are anomalous; both kinds must occur"
        )
    recall, fall_out = hit / hit[-1], false / false[-1]
    zero = recall.new_zeros(1)
    grown = torch.diff(recall, prepend=zero)
    # Trapezia: a tie is a slanted step, which counts its pairs half.
    auroc = torch.trapezoid(torch.cat([zero, recall]), torch.cat([zero, fall_out]))
    return float(auroc), float((grown * hit / (hit + false)).sum())


def best_f1(scores: Tensor, anomalous: Tensor) -> float:
    """Return the largest F1 of all thresholds: chosen by the labels, so an upper bound only.

    Args:
        scores: floats (N,), larger is more suspicious.
        anomalous: booleans (N,), at least one True.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError: `scores` is not a tensor of floats, or `anomalous` not one of booleans.
        ValueError: they are not vectors of one length, or nothing is anomalous.
    """
    hit, false = _counts(scores, anomalous)
    if not hit[-1]:
        raise ValueError(f"none of {len(scores)} points is anomalous; at least one must be")
    return float((2 * hit / (hit + false + hit[-1])).max())


def _counts(scores: Tensor, anomalous: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many of both kinds are flagged, for each different score from the largest down."""
    scores = check_series(scores, "scores")
    check_flags(anomalous, "anomalous", len(scores))
    _, place = scores.unique(return_inverse=True)
    counts = torch.zeros(2, int(place.max()) + 1, dtype=torch.float64, device=scores.device)
    counts[0].index_add_(0, place, anomalous.double())
    counts[1].index_add_(0, place, (~anomalous).double())
    hit, false = counts.flip(1).cumsum(1)
    return hit, false


def check_flags(flags: Tensor, name: str, length: int) -> None:
    """Say it if `flags` is no vector of booleans of that length.

    Args:
        flags: what was given.
        name: what the message calls it.
        length: how many there should be.

    Raises:
        TypeError: it is not a tensor of booleans.
        ValueError: it has another shape.
    """
    if not isinstance(flags, Tensor) or flags.dtype != torch.bool:
        raise TypeError(f"{name} must be a tensor of booleans, got {describe(flags)}")
    if flags.shape != (length,):
        raise ValueError(f"{name} must have shape ({length},), got {tuple(flags.shape)}")
