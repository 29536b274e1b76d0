"""Label propagation: a few labels flow along the edges of a graph of neighbours.

Every image is a node; W holds the weight of each edge, D its row sums. With Y (N, C) one row of
zeros for each image, and a 1 at its class where it is known, repeat (Zhou et al., 2004)::

    F ← α S F + (1 − α) Y,     S = D^{−1/2} W D^{−1/2}

Images with the same neighbours end with the same class: the *unlabelled* images decide where the
borders run. That helps when classes are clouds with gaps between them, and hurts when they are not.

>>> w = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
>>> propagate(w, torch.tensor([5, -1, -1]), classes=6).argmax(dim=1)
tensor([5, 5, 5])

References:
    * D. Zhou, O. Bousquet, T. N. Lal, J. Weston and B. Schölkopf (2004). Learning with local and
      global consistency. NIPS 16.
    * X. Zhu, Z. Ghahramani and J. Lafferty (2003). Semi-supervised learning using Gaussian fields
      and harmonic functions. ICML.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_count, check_matrix
from aeutils.neighbours.exact import nearest_neighbours
from aeutils.testing.sealed import exercise

UNKNOWN = -1  # the label of an image whose class is not known


def neighbour_graph(z: Tensor, k: int = 10, metric: str = "euclidean") -> Tensor:
    """Return W, (N, N) and sparse: 1 where i is among the k nearest of j, or j among those of i.

    No row is its own neighbour, even where another one equals it.

    Args:
        z: codes of shape (N, K).
        k: number of neighbours, from 1 to N − 1.
        metric: "euclidean" or "cosine".

    Returns:
        Sparse float32 (N, N), symmetric, with zeros on the diagonal.

    Raises:
        TypeError: `z` is not a float tensor.
        ValueError: `z` is not a finite matrix, or `k` or `metric` is out of range.
    """
    near = nearest_neighbours(check_matrix(z, "z"), z, k, metric, leave_one_out=True)  # (N, k)
    n, column = len(z), near.flatten()
    row = torch.arange(n, device=near.device).repeat_interleave(k)
    places = torch.cat([row * n + column, column * n + row]).unique()  # each edge once each way
    both = torch.stack([places // n, places % n])
    ones = torch.ones(both.shape[1], device=near.device)
    return torch.sparse_coo_tensor(
        both, ones, (len(z), len(z)), is_coalesced=True, check_invariants=False
    )


@exercise("week07_siamese")
def propagate(
    weights: Tensor, labels: Tensor, classes: int, alpha: float = 0.99, steps: int = 50
) -> Tensor:
    """Return the scores F after `steps` steps from F = Y, (N, classes), float32.

    Args:
        weights: W, (N, N), dense or sparse, symmetric, not negative, zeros on the diagonal. An
            image without any edge keeps (1 − α) Y.
        labels: integers (N,): a class from 0 to classes − 1, or −1 where it is not known.
        classes: number of classes, C.
        alpha: share of the neighbours in each step, 0 ≤ α < 1.
        steps: number of steps, at least 1.

    Returns:
        Scores, not negative, that need not sum to 1. The largest of a row is its class.

    Raises:
        TypeError: `classes` or `steps` is not an integer.
        ValueError: `weights` has another shape than (N, N), or a label is no class.
        ValueError: `classes`, `alpha` or `steps` is out of range.
    """
    check_count(classes, "classes")
    check_count(steps, "steps")
    if weights.shape != (len(labels), len(labels)):
        raise ValueError(
            f"weights must have shape ({len(labels)}, {len(labels)}), one row and one column for "
            f"each label, got {tuple(weights.shape)}"
        )
    if not 0 <= alpha < 1:
        raise ValueError(f"alpha must be from 0 to below 1, got {alpha}")
    if int(labels.min()) < UNKNOWN or int(labels.max()) >= classes:
        raise ValueError(f"labels must be from −1 (not known) to {classes - 1}")
    start = one_hot_known(labels, classes).to(weights.device)  # Y
    degree = weights @ torch.ones(len(labels), 1, device=weights.device)  # (N, 1)
    scale = torch.where(degree > 0, degree.clamp_min(1e-30).rsqrt(), 0.0)
    scores = start
    for _ in range(steps):
        scores = alpha * scale * (weights @ (scale * scores)) + (1 - alpha) * start
    return scores


def one_hot_known(labels: Tensor, classes: int) -> Tensor:
    """Return Y (N, classes): a 1 at the class of each known label, zeros where it is −1.

    Args:
        labels: integers (N,), −1 where the class is not known.
        classes: number of classes.

    Returns:
        Float32 (N, classes).
    """
    return F.one_hot(labels.clamp_min(0), classes).float() * (labels >= 0)[:, None]


def spread_labels(
    z: Tensor, labels: Tensor, classes: int, k: int = 10, alpha: float = 0.99, steps: int = 50
) -> Tensor:
    """Return a class for every image, int64 (N,): `propagate` on the graph of `z`.

    The columns of the scores are divided by their sums first, so that no class wins because its
    few labelled images happen to have many neighbours (Zhu, Ghahramani and Lafferty, 2003).

    Args:
        z: codes of shape (N, K).
        labels: integers (N,), −1 where the class is not known.
        classes: number of classes.
        k: number of neighbours in the graph, from 1 to N − 1.
        alpha: share of the neighbours in each step, 0 ≤ α < 1.
        steps: number of steps, at least 1.

    Returns:
        Classes from 0 to classes − 1; 0 where no label reaches an image.

    Raises:
        TypeError: `z` is not a float tensor, or `classes` or `steps` is not an integer.
        ValueError: `z` is not a finite matrix with one row for each label, or a label is no class.
        ValueError: `k`, `classes`, `alpha` or `steps` is out of range.
    """
    scores = propagate(neighbour_graph(z, k), labels, classes, alpha, steps)
    return (scores / scores.sum(dim=0).clamp_min(1e-30)).argmax(dim=1)
