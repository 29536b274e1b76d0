"""Three distances between codes, and tables of them.

=============  =============================  ===============================================
distance       of two rows a, b               unchanged when
=============  =============================  ===============================================
`euclidean`    √Σ (a_d − b_d)²                both are rotated or moved together
`manhattan`    Σ |a_d − b_d|                  both are moved together
`cosine`       1 − a·b / (‖a‖ ‖b‖)            both are rotated; either is made longer, shorter
=============  =============================  ===============================================

For rows of length 1 the Euclidean and the cosine distance put neighbours in the same order, because
‖a − b‖² = 2 − 2 a·b. For other rows they may disagree: the cosine ignores how long a code is, and
changes when the origin moves.

>>> a, b = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 4.0]])
>>> [float(d) for d in distances(a, b)]
[5.0, 7.0, 1.0]
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix, check_same_shape
from aeutils.testing.sealed import exercise

METRICS = ("euclidean", "manhattan", "cosine")


@exercise("week06_evaluation")
def distances(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the Euclidean, Manhattan and cosine distance of row i of `a` to row i of `b`.

    A row of zeros has no direction: its cosine with anything counts as 0, its cosine distance
    is 1.

    Args:
        a: codes, floats (N, D).
        b: codes, floats (N, D).

    Returns:
        Three tensors (N,): Euclidean, Manhattan, cosine (from 0 to 2).

    Raises:
        TypeError: `a` or `b` is not a float tensor.
        ValueError: `a` or `b` is not a finite matrix, or their shapes differ.
    """
    check_same_shape(check_matrix(a, "a"), check_matrix(b, "b"), "a", "b")
    cosine = (unit_rows(a) * unit_rows(b)).sum(dim=1)
    return (a - b).norm(dim=1), (a - b).abs().sum(dim=1), 1 - cosine


def distance_table(a: Tensor, b: Tensor, metric: str = "euclidean") -> Tensor:
    """Return the distances of every row of `a` (M, D) to every row of `b` (N, D), shape (M, N).

    The whole table is held in memory.

    Args:
        a: codes (M, D).
        b: codes (N, D).
        metric: one of `METRICS`.

    Returns:
        Distances (M, N).

    Raises:
        TypeError: `a` or `b` is not a float tensor.
        ValueError: `a` or `b` is not a finite matrix, or their widths differ.
        ValueError: `metric` is not one of `METRICS`.
    """
    check_matrix(a, "a")
    check_matrix(b, "b")
    check_metric(metric)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a has {a.shape[1]} columns and b has {b.shape[1]}; both must come from the same "
            "encoder"
        )
    if metric == "cosine":
        return 1 - unit_rows(a) @ unit_rows(b).T
    # The differences themselves, not ‖a‖² + ‖b‖² − 2 a·b, which loses the digits of small ones.
    exact = "donot_use_mm_for_euclid_dist"
    return torch.cdist(a, b, p=2.0 if metric == "euclidean" else 1.0, compute_mode=exact)


def unit_rows(z: Tensor) -> Tensor:
    """Return the rows of `z` divided by their length; rows of zeros stay zero.

    Args:
        z: floats (N, K).

    Returns:
        Rows of length 1 or 0, (N, K), of the dtype of `z`.
    """
    return z / z.norm(dim=1, keepdim=True).clamp_min(torch.finfo(z.dtype).tiny)


def check_metric(metric: str) -> str:
    """Return `metric` if it is one of `METRICS`; raise otherwise.

    Args:
        metric: name of a distance.

    Returns:
        The same name.

    Raises:
        ValueError: `metric` is not one of `METRICS`.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {METRICS}, got {metric!r}")
    return metric
