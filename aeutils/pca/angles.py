"""How far apart two subspaces are."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.testing.sealed import exercise


@exercise("week01_pca")
def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Return the angles between two subspaces, in radians, ascending.

    The first is the smallest angle between any direction of one subspace and any of the other, the
    next the smallest among the directions orthogonal to those, and so on. All are zero when one
    subspace contains the other; the largest is π/2 when some direction of the smaller subspace is
    orthogonal to the other.

    With orthonormal bases A and B, the cosines are the singular values of AᵀB, and the sines those
    of B − A AᵀB, the part of B outside A (Björck and Golub, 1973). The cosine alone loses small
    angles: cos(1e-9) rounds to 1. atan2 of both is accurate everywhere.

    Args:
        a: linearly independent *rows* (ka, D), which need not be orthonormal. The weight of an
            `nn.Linear` encoder has this layout; that of a decoder, (D, k), must be transposed.
        b: the same for the other subspace, (kb, D).

    Returns:
        Angles (min(ka, kb),), in radians between 0 and π/2.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats.
        ValueError: `a` or `b` is not a matrix, or holds NaN or infinity.
        ValueError: the rows of `a` and `b` differ in length, or those of one are linearly
            dependent.
    """
    a, b = check_matrix(a, "a"), check_matrix(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a and b must have rows of the same length, got {tuple(a.shape)} and "
            f"{tuple(b.shape)}; pass bases as rows (transpose the weight of a decoder)"
        )
    dtype = torch.promote_types(a.dtype, b.dtype)
    basis_a, basis_b = _orthonormal_basis(a.to(dtype), "a"), _orthonormal_basis(b.to(dtype), "b")
    if basis_a.shape[1] < basis_b.shape[1]:  # keep the smaller one second: one sine per angle
        basis_a, basis_b = basis_b, basis_a
    overlap = basis_a.T @ basis_b  # (larger k, smaller k)
    cosines = torch.linalg.svdvals(overlap)  # descending: angles ascending
    sines = torch.linalg.svdvals(basis_b - basis_a @ overlap).flip(0)  # ascending as well
    return torch.atan2(sines, cosines)


def _orthonormal_basis(rows: Tensor, name: str) -> Tensor:
    """Return an orthonormal basis (D, k) of the span of k independent rows (k, D)."""
    k, d = rows.shape
    if k <= d:
        basis, singular_values, _ = torch.linalg.svd(rows.T, full_matrices=False)
        if singular_values[-1] > singular_values[0] * d * torch.finfo(rows.dtype).eps:
            return basis
    raise ValueError(
        f"the {k} rows of {name} {tuple(rows.shape)} must be linearly independent; drop rows that "
        "are zero or combinations of others, and transpose the weight of a decoder"
    )
