"""Elective C: the Fréchet distance by a nuclear norm, and what mistakes make of it."""

from __future__ import annotations

import torch
from torch import Tensor

MESSAGES = {
    "root-of-entries": "the roots of single entries were taken; the root of a matrix keeps its "
    "eigenvectors, and has the roots of its eigenvalues",
    "roots-multiplied": "the root of Σa times the root of Σb; that is not the root of "
    "Σa^½ Σb Σa^½ unless the two covariances have the same axes",
    "root-forgotten": "no root of Σa^½ Σb Σa^½ was taken; its trace is the sum of the *roots* of "
    "its eigenvalues",
    "root-of-trace": "the root of a trace; take the trace of the root",
    "inner-root-forgotten": "Σa itself was put on both sides of Σb; put its root there",
    "variances-only": "only variances were compared, feature by feature; the covariances between "
    "features count as well",
    "factor-missing": "the root is subtracted once; the formula subtracts it twice",
    "root-added": "the root was added; it is subtracted, so that equal Gaussians have distance 0",
    "traces-subtracted": "the traces of Σa and Σb were subtracted; add them",
    "root-left-out": "means and variances only; the root of Σa^½ Σb Σa^½ is to be subtracted twice",
    "means-missing": "the means are left out; add ‖μa − μb‖²",
    "mean-not-squared": "the length of μa − μb was added; add its square",
    "mean-averaged": "the squares of μa − μb were averaged over the features; sum them",
    "one-mean": "one mean of all numbers; each feature has its own, `mean(dim=0)`",
    "mean-summed": "the differences of the means were summed before the square; square each",
    "rooted": "the distance itself; the *squared* distance is asked for, so take no root of it",
    "means-only": "only the means; the covariances count as well",
    "covariances-subtracted": "the squared difference of the covariances; the formula takes a "
    "trace, with a root of a matrix in it",
    "entries-summed": "all entries of the matrix were summed; a trace sums the diagonal",
    "uncentred": "the features were not centred; a covariance is about the mean",
    "divided-by-n": "the covariances divide by N and M; they divide by N − 1 and M − 1",
    "not-divided": "the products were summed and not divided; a covariance divides by N − 1",
    "wrong-axis": "covariances of the rows; those of the features are asked for, so that the "
    "matrices are (F, F): `torch.cov` takes a feature in each *row*",
}
# Other ways to one and the same mistake.
VARIANTS = {
    "root-of-entries-of-product": "root-of-entries",
    "root-of-size-of-product": "root-of-entries",
    "uncentred-by-n": "uncentred",
    "wrong-axis-all": "wrong-axis",
    "mean-summed-plain": "mean-summed",
}


def trace_of_root(a: Tensor, b: Tensor) -> Tensor:
    """Return tr(Σa^½ Σb Σa^½)^½ for Σa = aᵀa and Σb = bᵀb: the sum of singular values of a bᵀ.

    Args:
        a: a factor of the first covariance, (N, F).
        b: a factor of the second, (M, F).
    """
    return torch.linalg.matrix_norm(a @ b.T, "nuc")


def root_of(matrix: Tensor) -> Tensor:
    """Return the root of a symmetric matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T


def factors(rows: Tensor, how: str) -> tuple[Tensor, Tensor]:
    """Return the mean and a factor of the covariance, or what a mistake takes for them.

    Args:
        rows: features, float64, (N, F).
        how: the mistake, or "".
    """
    if how.startswith("wrong-axis"):
        rows = rows.T
    mean = rows.mean(dim=0)
    apart = rows if how.startswith("uncentred") else rows - mean
    by = {"divided-by-n": len(rows), "uncentred-by-n": len(rows), "not-divided": 1}
    if how == "wrong-axis":  # of the covariance only
        mean = rows.mean(dim=1)
    return mean, apart / by.get(how, len(rows) - 1) ** 0.5


def cross_of(a: Tensor, b: Tensor, how: str) -> Tensor:
    """Return the trace of the root, or what a mistake makes of it.

    Args:
        a: a factor of the first covariance.
        b: a factor of the second.
        how: the mistake, or "".
    """
    cov_a, cov_b = a.T @ a, b.T @ b
    product = cov_a @ cov_b
    return {
        "root-of-entries": lambda: (root_of(cov_a) @ cov_b @ root_of(cov_a)).diagonal().sqrt(),
        "root-of-entries-of-product": lambda: product.diagonal().sqrt(),
        "root-of-size-of-product": lambda: product.diagonal().abs().sqrt(),
        "roots-multiplied": lambda: (root_of(cov_a) @ root_of(cov_b)).diagonal(),
        "root-forgotten": lambda: product.diagonal(),
        "root-of-trace": lambda: product.trace().sqrt(),
        "inner-root-forgotten": lambda: torch.linalg.svdvals(cov_a @ b.T),
        "variances-only": lambda: (cov_a.diagonal() * cov_b.diagonal()).sqrt(),
    }.get(how, lambda: trace_of_root(a, b))().sum()


def squared_distance(a: Tensor, b: Tensor, how: str = "") -> Tensor:
    """Return the squared Fréchet distance in float64, or what a mistake makes of it.

    Args:
        a: features, (N, F).
        b: features, (M, F); "wrong-axis" needs N = M.
        how: the mistake, or "".
    """
    (mean_a, root_a), (mean_b, root_b) = factors(a.double(), how), factors(b.double(), how)
    gap = (mean_a - mean_b).square().sum()
    spread, cross = root_a.square().sum() + root_b.square().sum(), cross_of(root_a, root_b, how)
    right = gap + spread - 2 * cross
    if how == "entries-summed":
        root = root_of(root_a.T @ root_a)
        whole = root_of(root @ (root_b.T @ root_b) @ root)
        return gap + (root_a.T @ root_a + root_b.T @ root_b - 2 * whole).sum()
    if how == "covariances-subtracted":
        return gap + (root_a.T @ root_a - root_b.T @ root_b).square().sum()
    return {
        "factor-missing": right + cross,
        "traces-subtracted": right - 2 * spread,
        "one-mean": right - gap + (mean_a.mean() - mean_b.mean()).square(),
        "root-added": right + 4 * cross,
        "root-left-out": right + 2 * cross,
        "means-missing": right - gap,
        "mean-not-squared": right - gap + gap.sqrt(),
        "mean-averaged": right - gap + gap / len(mean_a),
        "mean-summed": right - gap + (mean_a - mean_b).sum().square(),
        "mean-summed-plain": right - gap + (mean_a - mean_b).sum(),
        "rooted": right.clamp_min(0).sqrt(),
        "means-only": gap,
    }.get(how, right)
