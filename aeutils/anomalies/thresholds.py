"""A threshold from the errors of normal rows and the share of false alarms that can be borne."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.anomalies.windows import check_series
from aeutils.testing.sealed import exercise


@exercise("elective_b_anomalies")
def threshold(errors: Tensor, rate: float) -> float:
    """Return the smallest of the errors above which lies at most the share `rate` of them.

    Choose it on errors of rows that the network was *not* trained on: those of its training rows
    are smaller.

    Args:
        errors: errors of normal rows, floats (N,).
        rate: the share of false alarms that can be borne, from 0 to below 1.

    Returns:
        One of the errors. An alarm rings where an error is above it.

    Raises:
        TypeError: `errors` is not a tensor of floats.
        ValueError: `errors` is no vector with a number in it, or `rate` is not in [0, 1).

    >>> threshold(torch.tensor([3.0, 1.0, 2.0, 4.0]), 0.25)
    3.0
    """
    errors = check_series(errors, "errors")
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be from 0 to below 1, got {describe(rate)}")
    ordered = errors.detach().sort().values
    above = len(ordered) - torch.searchsorted(ordered, ordered, right=True)
    # A share, not rate · N: the product 0.29 · 100 is a little below 29 in floating point.
    return float(ordered[above.double() / len(ordered) <= rate][0])
