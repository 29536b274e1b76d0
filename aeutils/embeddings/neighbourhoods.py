"""Do two spaces agree on which rows are neighbours? And is each row a neighbour equally often?

* `neighbour_overlap`: of the k nearest in one space, how many are among the k nearest in the other?
  Symmetric; strict: the next neighbour after the k-th counts as wholly missed.
* `trustworthiness` (Venna and Kaski, 2001): how far away in the first space are the rows that the
  second shows as neighbours? Asks for false neighbours only, and forgives near misses.
* `hubness` (Radovanović, Nanopoulos and Ivanović, 2010): in many dimensions some points are among
  the nearest of very many others, and most points of hardly any. The skewness of these counts says
  how much.

None of them uses labels. To keep the neighbours of *pixels* is a virtue of a map of the pixels, but
not of a code that is meant to be better than pixels.

References:
    * J. Venna and S. Kaski (2001). Neighborhood preservation in nonlinear projection methods: an
      experimental study. ICANN.
    * M. Radovanović, A. Nanopoulos and M. Ivanović (2010). Hubs in space: popular nearest neighbors
      in high-dimensional data. Journal of Machine Learning Research 11, 2487–2531.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_matrix
from aeutils.embeddings.retrieval import random_rows
from aeutils.neighbours.exact import nearest_neighbours
from aeutils.testing.sealed import exercise


@exercise("week06_evaluation")
def neighbour_overlap(
    a: Tensor, b: Tensor, k: int = 10, sample: int | None = None, seed: int = 0
) -> float:
    """Return the mean share of the k nearest in `a` that are also among the k nearest in `b`.

    Euclidean; a row is never its own neighbour. Chance is k / (N − 1).

    Args:
        a: rows (N, D), for example pixels.
        b: the same N things as rows (N, K), for example codes.
        k: number of neighbours, from 1 to N − 1.
        sample: largest number of rows used; a random choice of them (from `seed`) for more.
            None for all.
        seed: seed of that choice.

    Returns:
        A share from 0 to 1.

    Raises:
        TypeError: `a` or `b` is not a float tensor, or `sample` is not an integer.
        ValueError: `a` or `b` is not a finite matrix, or their numbers of rows differ.
        ValueError: `k` or `sample` is out of range.
    """
    a, b = _alike(a, b, sample, seed)
    near_a, near_b = _neighbours(a, k), _neighbours(b, k)
    return float((near_a[:, :, None] == near_b[:, None, :]).double().sum() / near_a.numel())


def trustworthiness(
    a: Tensor, b: Tensor, k: int = 10, sample: int | None = None, seed: int = 0
) -> float:
    """Return how far neighbours in `b` can be trusted to be neighbours in `a`, by scikit-learn.

    1 − c · Σ_i Σ_j max(0, rank of j around i in `a` − k), over the k nearest j of i in `b`, with c
    such that the worst is 0 and the best is 1.

    Args:
        a: rows (N, D), for example pixels.
        b: the same N things as rows (N, K), for example codes.
        k: number of neighbours, at least 1 and below N / 2.
        sample: largest number of rows used; a random choice of them (from `seed`) for more.
            None for all.
        seed: seed of that choice.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError: `a` or `b` is not a float tensor, or `k` or `sample` is not an integer.
        ValueError: `a` or `b` is not a finite matrix, or their numbers of rows differ.
        ValueError: `k` or `sample` is out of range.
    """
    from sklearn.manifold import trustworthiness as sklearn_trustworthiness

    a, b = _alike(a, b, sample, seed)
    check_count(k, "k")
    if not k < len(a) / 2:
        raise ValueError(f"k must be below half the number of rows, {len(a)}, got {k}")
    rows = a.double().cpu().numpy(), b.double().cpu().numpy()
    return float(sklearn_trustworthiness(*rows, n_neighbors=k))


def occurrences(z: Tensor, k: int = 10) -> Tensor:
    """Return how often each row is among the k nearest of another row, int64 (N,); the mean is k.

    Euclidean; a row is never its own neighbour.

    Args:
        z: codes of shape (N, K).
        k: number of neighbours, from 1 to N − 1.

    Returns:
        Counts, int64 (N,), from 0 to N − 1.

    Raises:
        TypeError: `z` is not a float tensor.
        ValueError: `z` is not a finite matrix, or `k` is out of range.
    """
    return torch.bincount(_neighbours(check_matrix(z, "z"), k).flatten(), minlength=len(z))


def hubness(z: Tensor, k: int = 10, sample: int | None = None, seed: int = 0) -> float:
    """Return the skewness of `occurrences`: E (o − k)³ / σ³; without hubs it is 0.

    Points on a line or in a plane have about 0; a few standard normal points in 784 dimensions
    more than 4.

    Args:
        z: codes of shape (N, K).
        k: number of neighbours, from 1 to N − 1.
        sample: largest number of rows used; a random choice of them (from `seed`) for more.
            None for all.
        seed: seed of that choice.

    Returns:
        The skewness, without unit; 0 where every row is a neighbour equally often.

    Raises:
        TypeError: `z` is not a float tensor, or `sample` is not an integer.
        ValueError: `z` is not a finite matrix, or `k` or `sample` is out of range.
    """
    z = check_matrix(z, "z")
    z = z[random_rows(len(z), sample, seed).to(z.device)]
    deviation = occurrences(z, k).double() - k
    spread = deviation.square().mean().sqrt()
    return float(deviation.pow(3).mean() / spread**3) if spread > 0 else 0.0


def _neighbours(z: Tensor, k: int) -> Tensor:
    return nearest_neighbours(z, z, k, leave_one_out=True)


def _alike(a: Tensor, b: Tensor, sample: int | None, seed: int) -> tuple[Tensor, Tensor]:
    a, b = check_matrix(a, "a").detach(), check_matrix(b, "b").detach()
    if len(a) != len(b):
        raise ValueError(
            f"a has {len(a)} rows and b has {len(b)}; row i of both must be about the same image"
        )
    rows = random_rows(len(a), sample, seed).to(a.device)
    return a[rows], b[rows]
