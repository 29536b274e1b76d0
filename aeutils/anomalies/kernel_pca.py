"""Kernel PCA and its reconstruction error, in closed form.

A kernel k(x, y) = ⟨φ(x), φ(y)⟩ is an inner product in a space that is never visited. PCA there
needs the kernel matrix of the training rows alone, and so does the squared distance of φ(x) from
the flat that PCA fits (Hoffmann, 2007). With k(x, y) = xᵀy it is the squared error of PCA.

>>> x = torch.tensor([[0.0, 0.0], [2.0, 0.1], [4.0, -0.1]])
>>> kernel_pca_errors(x @ x.T, x @ x.T, x.square().sum(dim=1), 1).sum() < 0.02
tensor(True)

References:
    * B. Schölkopf, A. Smola and K.-R. Müller (1998). Nonlinear component analysis as a kernel
      eigenvalue problem. Neural Computation 10 (5).
    * H. Hoffmann (2007). Kernel PCA for novelty detection. Pattern Recognition 40 (3).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_float_tensor, check_matrix, describe
from aeutils.anomalies.baselines import check_rows, squared_distances
from aeutils.testing.sealed import exercise


def gaussian_kernel(x: Tensor, y: Tensor, gamma: float) -> Tensor:
    """Return exp(−γ ‖x − y‖²) for all pairs of rows.

    Args:
        x: rows (N, D).
        y: rows (M, D).
        gamma: one over the squared width of the kernel, above 0.

    Returns:
        Numbers from 0 to 1, (N, M).

    Raises:
        TypeError: `x` or `y` is not a tensor of floats.
        ValueError: one of them is no finite matrix, they have other numbers of columns, or `gamma`
            is not above 0.
    """
    check_rows(x, y, ("x", "y"))
    if not gamma > 0:
        raise ValueError(f"gamma must be above 0, got {describe(gamma)}")
    return torch.exp(-gamma * squared_distances(x, y))


def median_gamma(x: Tensor) -> float:
    """Return one over the median of the squared distances between different rows.

    A usual choice that looks at training rows only; 1 where all rows are equal.

    Args:
        x: rows (N, D).

    Returns:
        A number above 0.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is no finite matrix.
    """
    squared = torch.pdist(check_matrix(x, "x").double()).square()
    squared = squared[squared > 1e-9 * squared.max()] if len(squared) else squared
    return 1 / float(squared.median()) if len(squared) else 1.0


@exercise("elective_b_anomalies")
def kernel_pca_errors(k_train: Tensor, k_cross: Tensor, k_self: Tensor, components: int) -> Tensor:
    """Return squared distances in feature space from the flat that kernel PCA fits.

    Args:
        k_train: kernel of each pair of the M training rows, symmetric, floats (M, M).
        k_cross: kernel of each of N new rows with each training row, (N, M).
        k_self: kernel of each new row with itself, (N,).
        components: dimensions of the flat, from 1 to M − 1; those without variance are
            left out.

    Returns:
        Errors (N,), never below 0.

    Raises:
        TypeError: a kernel is not a tensor of floats, or `components` not an integer.
        ValueError: the shapes do not fit together, or `components` is not from 1 to M − 1.
    """
    check_matrix(k_train, "k_train")
    check_matrix(k_cross, "k_cross")
    check_float_tensor(k_self, "k_self")
    m, n = len(k_train), len(k_cross)
    if k_train.shape != (m, m) or k_cross.shape != (n, m) or k_self.shape != (n,):
        raise ValueError(
            "k_train, k_cross and k_self must have shapes (M, M), (N, M) and (N,), got "
            f"{tuple(k_train.shape)}, {tuple(k_cross.shape)} and {tuple(k_self.shape)}"
        )
    check_count(components, "components")
    if components >= m:
        raise ValueError(
            f"components must be from 1 to {m - 1}, one less than the training rows, got "
            f"{components}"
        )
    of_train, of_all, of_x = k_train.mean(dim=0), k_train.mean(), k_cross.mean(dim=1)
    centred = k_train - of_train[:, None] - of_train + of_all
    cross = k_cross - of_x[:, None] - of_train + of_all
    values, vectors = torch.linalg.eigh(centred)
    values, vectors = values[-components:], vectors[:, -components:]
    known = values > 1e-6 * values[-1].clamp_min(torch.finfo(values.dtype).tiny)
    along = cross @ vectors[:, known] / values[known].sqrt()
    return (k_self - 2 * of_x + of_all - along.square().sum(dim=1)).clamp_min(0)
