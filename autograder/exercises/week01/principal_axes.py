"""Week 1: the principal axes of centred images, and their variances."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_shape, run, to_pair
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week01._cloud import cloud

EXERCISE = Exercise(
    "principal_axes",
    signature="def principal_axes(centered, k):",
    right={
        "svd": """
            _, s, vt = torch.linalg.svd(centered, full_matrices=False)
            return vt[:k], s[:k] ** 2 / (len(centered) - 1)
        """,
        "eigenvectors of the covariance": """
            values, vectors = torch.linalg.eigh(torch.cov(centered.T))
            return vectors.flip(1)[:, :k].T, values.flip(0)[:k]
        """,
        "numpy, float64": """
            u, s, vt = np.linalg.svd(centered.double().numpy())
            return vt[:k], (s[:k] ** 2) / (centered.shape[0] - 1)
        """,
        "signs turned, variances measured": """
            axes = -torch.linalg.svd(centered, full_matrices=False).Vh[:k]
            return axes, (centered @ axes.T).var(dim=0)
        """,
    },
    wrong={
        "columns": {"vt[:k]": "vt[:, :k].T"},
        "transposed": {"vt[:k]": "vt[:k].T"},
        "left-vectors": {"_, s, vt": "u, s, _", "vt[:k]": "u[:, :k]"},
        "smallest": """
            values, vectors = torch.linalg.eigh(torch.cov(centered.T))
            return vectors[:, :k].T, values[:k]
        """,
        "ascending": """
            values, vectors = torch.linalg.eigh(torch.cov(centered.T))
            return vectors[:, -k:].T, values[-k:]
        """,
        "singular-values": {" ** 2 / (len(centered) - 1)": ""},
        "not-divided": {" / (len(centered) - 1)": ""},
        "divided-by-n": {"(len(centered) - 1)": "len(centered)"},
        "shares": {"s[:k] ** 2 / (len(centered) - 1)": "(s ** 2 / (s ** 2).sum())[:k]"},
        "scaled-axes": {"vt[:k]": "s[:k, None] * vt[:k]"},
        "all-axes": {"vt[:k]": "vt", "s[:k]": "s"},
    },
)

N, D, K = 9, 6, 3
X = cloud(N, D, seed=1)
X = X - X.mean(0)
VALUES, VECTORS = torch.linalg.eigh(X.double().T @ X.double() / (N - 1))
VALUES, VECTORS = VALUES.flip(0), VECTORS.flip(1)  # largest first; axes in columns


def answer(principal_axes: Callable) -> tuple:
    """Return the student's two results."""
    result = run(principal_axes, X.clone(), K, name="principal_axes")
    return to_pair(result, "principal_axes", ["the axes", "the variances"])


def axes(principal_axes: Callable) -> Tensor:
    """Return the student's axes in float64, if they have the right shape."""
    left = "these are columns of U: one entry per image, not pixel"
    known = [
        Mistake("transposed", (D, K), "the axes must be rows, shape (k, D); these are columns"),
        Mistake("all-axes", (D, D), "all axes came back; keep the first k"),
        Mistake("left-vectors", (N, K), left),
    ]
    return expect_shape(answer(principal_axes)[0], (K, D), "the axes", known).double()


@EXERCISE.criterion("axes are orthonormal rows", points=1)
def orthonormal(principal_axes: Callable) -> None:
    """The table of their products is the identity."""
    a = axes(principal_axes)
    why = "they are scaled by the singular values; axes have length 1"
    scaled = Mistake("scaled-axes", torch.diag(VALUES[:K] * (N - 1)), why)
    what = "the table of products of the axes (1 on the diagonal, 0 elsewhere)"
    expect_close(a @ a.T, torch.eye(K), what, [scaled], atol=1e-3)


@EXERCISE.criterion("axes have the largest variances", points=1)
def largest(principal_axes: Callable) -> None:
    """They span the subspace of the first eigenvectors."""
    a = axes(principal_axes)
    columns = torch.linalg.svd(X, full_matrices=False)[2].T[:K].double()
    smallest = VECTORS[:, -K:].T
    known = [
        Mistake("columns", columns.T @ columns, "columns of Vᵀ were taken; axes are rows"),
        Mistake("smallest", smallest.T @ smallest, "these have the smallest variances"),
    ]
    right = VECTORS[:, :K] @ VECTORS[:, :K].T
    expect_close(a.T @ a, right, "the subspace that the axes span", known, atol=1e-3)


@EXERCISE.criterion("widest axis first", points=1)
def widest_first(principal_axes: Callable) -> None:
    """Each lies along the eigenvector of its place."""
    overlap = (axes(principal_axes) @ VECTORS[:, :K]).abs()
    known = [Mistake("ascending", torch.eye(K).flip(0), "narrowest first; sort widest first")]
    what = "the overlap of your axes with the right ones, in order,"
    expect_close(overlap, torch.eye(K), what, known, atol=1e-2)


@EXERCISE.criterion("variances", points=1)
def variances(principal_axes: Callable) -> None:
    """Against the eigenvalues of the covariance matrix in float64."""
    s, right = (VALUES * (N - 1)).sqrt()[:K], VALUES[:K]
    known = [
        Mistake("ascending", right.flip(0), "narrowest first; sort widest first"),
        Mistake("singular-values", s, "these are s; a variance is s² / (N − 1)"),
        Mistake("not-divided", s**2, "these are s²; divide by N − 1"),
        Mistake("divided-by-n", s**2 / N, "divided by N; the mean cost one: N − 1"),
        Mistake("standard-deviations", right.sqrt(), "these are the square roots"),
        Mistake("shares", right / VALUES.sum(), "these are shares, not variances"),
        Mistake("divided-by-d", s**2 / (D - 1), "divided by D − 1 instead of N − 1"),
        Mistake("all-variances", VALUES, "all of them came back; keep the first k"),
    ]
    expect_close(answer(principal_axes)[1], right, "the variances", known, rtol=1e-3)


def by_eigenvectors(centered: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return axes and variances from the covariance matrix."""
    values, vectors = torch.linalg.eigh(centered.T @ centered / (len(centered) - 1))
    return vectors.flip(1)[:, :k].T, values.flip(0)[:k]


def up_to_sign(axes: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Return what is determined: variances, and the lines on which the axes lie, where they do."""
    return torch.einsum("k,ki,kj->kij", variances, axes, axes), variances


def centred_cloud(new: Draw, n: int, d: int) -> Tensor:
    """Return centred rows, wider in some directions than in others."""
    x = new.normal(n, d) * torch.linspace(3, 0.5, d)
    return x - x.mean(0)


@EXERCISE.conduct(
    right=by_eigenvectors,
    up_to=up_to_sign,
    sizes=(9, 4, 70),
    extremes=[
        {"centered": centred_cloud(Draw(n), n, d), "k": min(n, d)} for n, d in ((8, 4), (4, 6))
    ],
    rtol=1e-3,
    atol=1e-3,
)
def arguments(new: Draw, n: int) -> Arguments:
    """A centred cloud; at the extremes k = min(N, D)."""
    return {"centered": centred_cloud(new, n, 6), "k": new.alternate(2, 3)}
