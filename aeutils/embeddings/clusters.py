"""Clusters of codes, found without labels: do they agree with classes that nobody told them?

k-means looks for k centres such that the codes are near to theirs. Two measures then compare
cluster numbers with labels; neither minds which number a cluster has. The **purity** is the share
of codes whose class is the most frequent one of their cluster (Manning, Raghavan and Schütze, 2008,
§16.3). It rises with the number of clusters, and a cluster for each code is pure. The **adjusted
Rand index** counts pairs: of all pairs of codes, how many are together both times, or apart both
times? It is shifted and scaled so that clusters drawn by lot have 0 on average and equal partitions
have 1 (Hubert and Arabie, 1985).

>>> labels = torch.tensor([0, 0, 1, 1])
>>> purity(torch.tensor([7, 7, 7, 3]), labels)   # class 1 is the minority of cluster 7
0.75
>>> adjusted_rand_index(torch.tensor([5, 5, 2, 2]), labels)
1.0

References:
    * C. D. Manning, P. Raghavan and H. Schütze (2008). Introduction to information retrieval,
      §16.3. Cambridge University Press.
    * L. Hubert and P. Arabie (1985). Comparing partitions. Journal of Classification 2, 193–218.
    * D. Arthur and S. Vassilvitskii (2007). k-means++: the advantages of careful seeding. SODA.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_labels, check_matrix, describe

STARTS = 10  # k-means runs from so many drawn centres, and the best run counts


def k_means(codes: Tensor, k: int, seed: int, standardise: bool = False) -> Tensor:
    """Return the number of each code's cluster, by scikit-learn's k-means.

    The best of 10 runs from centres drawn by k-means++: the one with the smallest sum of squared
    distances.

    Args:
        codes: (N, K), on any device; the search itself runs on the CPU.
        k: number of clusters, from 1 to N.
        seed: of the first centres.
        standardise: shift and scale every column to mean 0 and deviation 1 first, so that no column
            counts more than another because its numbers are larger (a constant column becomes 0).

    Returns:
        Cluster numbers from 0 to k − 1, int64 (N,), on the device of `codes`.

    Raises:
        TypeError: `codes` is not a float tensor, or `k` is no integer.
        ValueError: `codes` is not a finite matrix, or `k` is not from 1 to N.
    """
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler

    rows = check_matrix(codes, "codes").detach().float().cpu().numpy()
    check_count(k, "k")
    if k > len(rows):
        raise ValueError(f"k must be at most the number of codes, {len(rows)}, got {k}")
    if standardise:
        rows = StandardScaler().fit_transform(rows)
    found = KMeans(k, n_init=STARTS, random_state=seed).fit_predict(rows)
    return torch.from_numpy(found).long().to(codes.device)


def purity(clusters: Tensor, labels: Tensor) -> float:
    """Return the share of codes that are of their cluster's most frequent class.

    Only purities of the same number of clusters can be compared.

    Args:
        clusters: cluster numbers, integers (N,).
        labels: classes, integers (N,).

    Returns:
        A share above 0 and at most 1.

    Raises:
        TypeError: an argument is not a tensor of integers, (N,).
        ValueError: they are empty, or their lengths differ.
    """
    _check_pair(clusters, labels)
    cluster, in_cluster = clusters.unique(return_inverse=True)
    classes, of_class = labels.to(clusters.device).unique(return_inverse=True)
    cells = torch.bincount(
        in_cluster * len(classes) + of_class, minlength=len(cluster) * len(classes)
    )
    table = cells.reshape(len(cluster), len(classes))  # codes by cluster and class
    return float(table.amax(dim=1).sum()) / len(labels)


def adjusted_rand_index(clusters: Tensor, labels: Tensor) -> float:
    """Return the adjusted Rand index of two partitions, by scikit-learn.

    Args:
        clusters: cluster numbers, integers (N,).
        labels: classes, integers (N,).

    Returns:
        1 for equal partitions, about 0 for clusters drawn by lot, and at least −0.5.

    Raises:
        TypeError: an argument is not a tensor of integers, (N,).
        ValueError: they are empty, or their lengths differ.
    """
    from sklearn.metrics import adjusted_rand_score

    _check_pair(clusters, labels)
    return float(adjusted_rand_score(labels.cpu().numpy(), clusters.cpu().numpy()))


def _check_pair(clusters: Tensor, labels: Tensor) -> None:
    """Raise unless both are integers (N,) of one length that is not 0."""
    if not isinstance(labels, Tensor) or labels.numel() == 0:
        raise ValueError(
            f"labels must hold the class of at least one code, got {describe(labels)}; pass a "
            "tensor of integers (N,)"
        )
    check_labels(labels, len(labels))
    check_labels(clusters, len(labels), "clusters")
