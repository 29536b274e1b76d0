"""A series as overlapping windows, and the scores of windows as scores of its points.

>>> import torch
>>> windows(torch.arange(5.0), 3)
tensor([[0., 1., 2.],
        [1., 2., 3.],
        [2., 3., 4.]])
>>> point_scores(torch.tensor([0.0, 6.0, 0.0]), 3)
tensor([0., 3., 2., 3., 0.])
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_float_tensor, check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("elective_b_anomalies")
def windows(series: Tensor, width: int, stride: int = 1) -> Tensor:
    """Return all windows that begin at 0, stride, 2 stride, … and lie in the series.

    Args:
        series: floats (T,).
        width: length of a window, from 1 to T.
        stride: distance from one window's beginning to the next one's.

    Returns:
        (N, width) with N = (T − width) // stride + 1: a view that shares the series' memory.

    Raises:
        TypeError: `series` is not a tensor of floats, or a length not an integer.
        ValueError: `series` is not a vector or shorter than a window, or a length is below 1.
    """
    series = check_series(series, "series")
    check_count(width, "width")
    check_count(stride, "stride")
    if len(series) < width:
        raise ValueError(
            f"series has {len(series)} values, which is less than one window of {width}"
        )
    return series.unfold(0, width, stride)


@exercise("elective_b_anomalies")
def point_scores(window_scores: Tensor, width: int) -> Tensor:
    """Return the mean score of the windows that hold a point, for each point of the series.

    Args:
        window_scores: floats (N,), of the windows that begin at the points 0, 1, …, N − 1.
        width: length of a window.

    Returns:
        (N + width − 1,).

    Raises:
        TypeError: `window_scores` is not a tensor of floats, or `width` not an integer.
        ValueError: `window_scores` is no vector with a number in it, or `width` is below 1.
    """
    scores = check_series(window_scores, "window_scores")
    check_count(width, "width")
    return overlap_mean(scores[:, None].expand(-1, width))


@exercise("elective_b_anomalies")  # of equal rows it is what the exercise asks for
def overlap_mean(rows: Tensor) -> Tensor:
    """Return for each point of a series the mean of what overlapping windows say of it.

    For example of the reconstructions of all windows, to be drawn beside the series.

    Args:
        rows: windows that begin at the points 0, 1, …, N − 1, floats (N, W).

    Returns:
        (N + W − 1,).

    Raises:
        TypeError: `rows` is not a tensor of floats.
        ValueError: `rows` is no finite matrix.

    >>> overlap_mean(torch.tensor([[1.0, 2.0], [4.0, 3.0]]))
    tensor([1., 3., 3.])
    """
    n, width = check_matrix(rows, "rows").shape
    point = torch.arange(n, device=rows.device)[:, None] + torch.arange(width, device=rows.device)
    total, held = rows.new_zeros(2, n + width - 1)
    total.index_add_(0, point.flatten(), rows.flatten())
    held.index_add_(0, point.flatten(), torch.ones_like(rows).flatten())
    return total / held


def check_series(values: Tensor, name: str) -> Tensor:
    """Return a vector of floats, or say what else was given.

    Args:
        values: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
        ValueError: it is not a vector, is empty, or holds NaN or infinity.
    """
    if check_float_tensor(values, name).ndim != 1 or len(values) == 0:
        raise ValueError(
            f"{name} must be a vector with at least one number, got {describe(values)}"
        )
    return values
