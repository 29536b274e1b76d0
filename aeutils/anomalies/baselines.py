"""Scores that need no network, and that hardly any paper reports.

All take rows, windows of a series or images, and return a number for each: the larger, the more
suspicious. A network that does not beat them has shown nothing.

References:
    * R. Wu and E. J. Keogh (2021). Current time series anomaly detection benchmarks are flawed and
      are creating the illusion of progress. IEEE TKDE 35 (3).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix, describe
from aeutils.anomalies.windows import check_series

CHUNK = 4096  # rows whose distances are in memory at one time


def neighbour_difference(series: Tensor) -> Tensor:
    """Return the squared difference of each value from the one before it; 0 for the first.

    Args:
        series: floats (T,).

    Returns:
        (T,).

    Raises:
        TypeError: `series` is not a tensor of floats.
        ValueError: `series` is no vector with a number in it.

    >>> neighbour_difference(torch.tensor([1.0, 1.0, 3.0]))
    tensor([0., 0., 4.])
    """
    series = check_series(series, "series")
    return torch.cat([series.new_zeros(1), series.diff().square()])


def mean_distance(train: Tensor, x: Tensor) -> Tensor:
    """Return the squared distance of each row from the mean of the training rows.

    Args:
        train: normal rows (M, D).
        x: rows to score (N, D).

    Returns:
        (N,).

    Raises:
        TypeError: `train` or `x` is not a tensor of floats.
        ValueError: one of them is no finite matrix, or they have other numbers of columns.
    """
    check_rows(train, x)
    return (x - train.mean(dim=0)).square().sum(dim=1)


def nearest_distance(train: Tensor, x: Tensor) -> Tensor:
    """Return the squared distance of each row from the nearest training row.

    Args:
        train: normal rows (M, D).
        x: rows to score (N, D).

    Returns:
        (N,).

    Raises:
        TypeError: `train` or `x` is not a tensor of floats.
        ValueError: one of them is no finite matrix, or they have other numbers of columns.
    """
    check_rows(train, x)
    return torch.cat([squared_distances(part, train).amin(dim=1) for part in x.split(CHUNK)])


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Return the squared distances of all pairs of rows, also of rows far from the origin.

    Args:
        x: rows (N, D).
        y: rows (M, D).

    Returns:
        (N, M).
    """
    # About a mean: in float32, the squares of thousands leave no digits for a distance of one.
    mean = y.mean(dim=0)
    return torch.cdist(x - mean, y - mean).square()


def check_rows(a: Tensor, b: Tensor, names: tuple[str, str] = ("train", "x")) -> None:
    """Say it if two matrices of rows do not belong together.

    Args:
        a: rows.
        b: other rows.
        names: what the message calls them.

    Raises:
        TypeError: one of them is not a tensor of floats.
        ValueError: one of them is no finite matrix, or they have other numbers of columns.
    """
    if check_matrix(a, names[0]).shape[1] != check_matrix(b, names[1]).shape[1]:
        raise ValueError(
            f"{' and '.join(names)} must have rows of one length, got {describe(a)} and "
            f"{describe(b)}"
        )
