"""Retrieval: each code asks for the others of its class. How high do they rank?

The others are put in order of similarity. The **precision at rank r** is the share of right ones
among the first r; the **average precision** of a query is the mean of these over the ranks at
which a right one stands (Manning, Raghavan and Schütze, 2008, §8.4). The mean over all queries is
the mAP.

Chance is about the share of the class, 0.1 for ten balanced classes. Unlike kNN accuracy, which
asks for a handful of neighbours, the mAP asks for *all* members of the class: a class in two pieces
can have perfect neighbours and a poor mAP.

>>> average_precision(torch.tensor([[True, False, True]]))   # (1/1 + 2/3) / 2
tensor([0.8333], dtype=torch.float64)

References:
    * C. D. Manning, P. Raghavan and H. Schütze (2008). Introduction to information retrieval, §8.4.
      Cambridge University Press.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_labels, check_matrix
from aeutils.embeddings.distances import check_metric, distance_table
from aeutils.embeddings.similarity import check_classes
from aeutils.neighbours.exact import on_float64_device
from aeutils.testing.sealed import exercise

CHUNK = 250  # queries ranked at once


def average_precision(relevant: Tensor) -> Tensor:
    """Return the average precision of each row, float64 (M,); NaN where nothing is relevant.

    Args:
        relevant: booleans in ranked order, the best first, (M, N).

    Returns:
        Average precisions from 0 to 1, or NaN, float64 (M,).

    Raises:
        TypeError: `relevant` is not a matrix of booleans.
    """
    if relevant.dtype != torch.bool or relevant.ndim != 2:
        raise TypeError(f"relevant must be booleans (M, N), got {relevant.dtype} {relevant.shape}")
    hit = relevant.double()
    rank = torch.arange(1, hit.shape[1] + 1, dtype=torch.float64, device=hit.device)
    precision = hit.cumsum(dim=1) / rank  # (M, N)
    return (precision * hit).sum(dim=1) / hit.sum(dim=1)


@exercise("week06_evaluation")
def mean_average_precision(
    z: Tensor, labels: Tensor, metric: str = "cosine", sample: int | None = None, seed: int = 0
) -> float:
    """Return the mean over all codes of the average precision of their ranking of the others.

    A code is never in its own ranking, even where another one equals it. Of equally distant codes
    the earlier row ranks first.

    Args:
        z: codes (N, K).
        labels: integers (N,); every class needs at least two members.
        metric: "cosine", "euclidean" or "manhattan".
        sample: largest number of codes used; a random choice of them (from `seed`) for more.
            None for all.
        seed: seed of that choice.

    Returns:
        The mAP, from 0 to 1.

    Raises:
        TypeError: `z` is not a float tensor, `labels` holds no integers, or `sample` is no integer.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
        ValueError: among the codes used there are fewer than two classes, or a class has one
            member.
        ValueError: `metric` is unknown, or `sample` is below 1.
    """
    z, labels = drawn(z, labels, sample, seed)
    check_classes(labels)
    check_metric(metric)
    found, n = [], len(z)
    for start in range(0, n, CHUNK):
        distance = distance_table(z[start : start + CHUNK], z, metric)  # (B, N)
        row = torch.arange(len(distance), device=z.device)
        distance[row, row + start] = torch.inf  # the query itself comes last
        order = distance.argsort(dim=1, stable=True)[:, :-1]  # (B, N − 1)
        found.append(average_precision(labels[order] == labels[row + start, None]))
    return float(torch.cat(found).mean())


def drawn(z: Tensor, labels: Tensor, sample: int | None, seed: int) -> tuple[Tensor, Tensor]:
    """Return codes in float64 and labels, all of them or a random `sample` of the rows.

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,).
        sample: largest number of rows; None for all.
        seed: seed of the choice.

    Returns:
        Codes, float64 (B, K), and their labels (B,), with B = min(N, `sample`).

    Raises:
        TypeError: `z` is not a float tensor, `labels` holds no integers, or `sample` is no integer.
        ValueError: `z` is not a finite matrix, `labels` has another length, or `sample` is below 1.
    """
    z = on_float64_device(check_matrix(z, "z")).double()
    labels = check_labels(labels, len(z)).to(z.device)
    rows = random_rows(len(z), sample, seed).to(z.device)
    return z[rows], labels[rows]


def random_rows(n: int, sample: int | None, seed: int) -> Tensor:
    """Return all row numbers below n, or `sample` random ones where n is larger.

    Args:
        n: number of rows.
        sample: largest number of rows; None for all.
        seed: seed of the choice.

    Returns:
        Row numbers, int64, in ascending order where all are used.

    Raises:
        TypeError: `sample` is not an integer.
        ValueError: `sample` is below 1.
    """
    if sample is None or n <= sample:
        return torch.arange(n)
    check_count(sample, "sample")
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:sample]
