"""k nearest neighbours: no training, one table of distances, one vote.

A new image is compared with a *store* of images; the k nearest are its neighbours, and the class
that most of them have is the guess (Fix and Hodges, 1951; Cover and Hart, 1967). Three steps, three
functions: `squared_distances`, `nearest`, `vote`. They hold the whole table of M × N numbers.
`search` and `classify` do the same in blocks, so that 60,000 × 10,000 fits anywhere.

Neighbours are found without labels; only the vote needs them.

>>> store, y = torch.tensor([[0.0], [1.0], [9.0]]), torch.tensor([4, 4, 7])
>>> near = nearest(squared_distances(torch.tensor([[2.0]]), store), k=3)
>>> near, vote(y[near])
(tensor([[1, 0, 2]]), tensor([4]))

References:
    * E. Fix and J. L. Hodges (1951). Discriminatory analysis: nonparametric discrimination,
      consistency properties. Report 4, USAF School of Aviation Medicine.
    * T. M. Cover and P. E. Hart (1967). Nearest neighbor pattern classification. IEEE Transactions
      on Information Theory 13(1), 21–27.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_labels, check_matrix, describe
from aeutils.neighbours.exact import CHUNK, majority, nearest_neighbours
from aeutils.testing.sealed import exercise


@exercise("week07_siamese")
def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared Euclidean distance of every row of `a` to every row of `b`, (M, N).

    ‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b: one matrix product and two sums, no loop and no table of
    M × N × K differences. Rounding can leave a small negative number where a = b; it becomes 0.
    The square root would change no order, so it is not taken.

    Args:
        a: floats (M, K).
        b: floats (N, K).

    Returns:
        Squared distances (M, N), none negative.

    Raises:
        TypeError: `a` or `b` is not a float tensor.
        ValueError: `a` or `b` is not a finite matrix, or their widths differ.
    """
    check_matrix(a, "a")
    check_matrix(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a has {a.shape[1]} columns and b has {b.shape[1]}; both must come from the same "
            "encoder"
        )
    lengths = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1)  # (M, N)
    return (lengths - 2 * a @ b.T).clamp_min(0)


@exercise("week07_siamese")
def nearest(distance: Tensor, k: int, same: bool = False) -> Tensor:
    """Return the columns of the k smallest numbers of each row, (M, k), the smallest first.

    Of equal numbers the one of the smaller column comes first.

    Args:
        distance: distances of M queries to N stored codes, (M, N); left unchanged.
        k: number of neighbours, from 1 to N (to N − 1 with `same`).
        same: the queries *are* the stored codes, so M = N, and row i is not a neighbour of itself.
            It is left out by its place, not by its distance: another code may be exactly equal.

    Returns:
        Column numbers, int64 (M, k).

    Raises:
        TypeError: `distance` is not a float tensor, or `k` is not an integer.
        ValueError: `distance` is not a finite matrix, or `k` is out of range.
        ValueError: the table is not square although `same` is True.
    """
    check_matrix(distance, "distance")
    check_count(k, "k")
    if same and distance.shape[0] != distance.shape[1]:
        raise ValueError(f"with same=True the table must be square, got {describe(distance)}")
    if k > distance.shape[1] - same:
        raise ValueError(f"k must be at most {distance.shape[1] - same}, got {k}")
    if same:
        distance = distance.clone().fill_diagonal_(torch.inf)
    return distance.argsort(dim=1, stable=True)[:, :k]


@exercise("week07_siamese")
def vote(labels: Tensor) -> Tensor:
    """Return the commonest label of each row, (M,); of equally common ones the nearest wins.

    "Nearest" is the class that appears first in its row: with k = 2 the vote is that of the first.

    Args:
        labels: classes of the neighbours, integers (M, k) of any value, the nearest neighbour's
            first.

    Returns:
        One class for each row, (M,).

    Raises:
        TypeError: `labels` is not an integer tensor of shape (M, k).
    """
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.ndim != 2:
        raise TypeError(f"labels must be integers (M, k), got {describe(labels)}")
    return majority(labels)


def search(
    store: Tensor,
    queries: Tensor,
    k: int = 5,
    metric: str = "euclidean",
    chunk: int = CHUNK,
    *,
    leave_one_out: bool = False,
) -> Tensor:
    """Return the rows of the k stored codes nearest to each query, (M, k), the nearest first.

    Exact; at most `chunk` × N distances are in memory. This is
    `aeutils.neighbours.exact.nearest_neighbours` under the name that lessons and notebooks use;
    `classify` adds the vote, and `aeutils.embeddings.probes.knn_accuracy` the share of right
    votes.

    Args:
        store: codes (N, K).
        queries: codes (M, K).
        k: number of neighbours, from 1 to N (to N − 1 with `leave_one_out`).
        metric: "euclidean" or "cosine".
        chunk: queries compared at once.
        leave_one_out: query i *is* stored code i, and left out of its own neighbours.

    Returns:
        Row numbers of `store`, int64 (M, k). Of a few equally distant codes the earlier row comes
        first.

    Raises:
        TypeError: `store` or `queries` is not a float tensor.
        ValueError: `store` or `queries` is not a finite matrix, or their widths differ.
        ValueError: `k`, `metric` or `chunk` is out of range.
        ValueError: `leave_one_out` is True and `queries` is not equal to `store`.
    """
    return nearest_neighbours(store, queries, k, metric, chunk, leave_one_out=leave_one_out)


def classify(
    store: Tensor,
    y_store: Tensor,
    queries: Tensor,
    k: int = 5,
    metric: str = "euclidean",
    *,
    leave_one_out: bool = False,
) -> Tensor:
    """Return the class that the k nearest stored codes vote for, (M,): `search`, then `vote`.

    Args:
        store: codes (N, K).
        y_store: their classes, integers (N,).
        queries: codes (M, K).
        k: number of neighbours, from 1 to N (to N − 1 with `leave_one_out`).
        metric: "euclidean" or "cosine".
        leave_one_out: query i *is* stored code i, and has no vote on its own class.

    Returns:
        One class for each query, (M,), of the dtype of `y_store`.

    Raises:
        TypeError: `store` or `queries` is not a float tensor, or `y_store` holds no integers.
        ValueError: `store` or `queries` is not a finite matrix, or their widths differ.
        ValueError: `y_store` has another length than `store`.
        ValueError: `k` or `metric` is out of range.
        ValueError: `leave_one_out` is True and `queries` is not equal to `store`.
    """
    check_labels(y_store, len(check_matrix(store, "store")), "y_store")
    near = search(store, queries, k, metric, leave_one_out=leave_one_out)
    return majority(y_store.to(near.device)[near])
