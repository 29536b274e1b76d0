"""Week 1: the angles between two subspaces."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week01._cloud import cloud

EXERCISE = Exercise(
    "principal_angles",
    signature="def principal_angles(a, b):",
    right={
        "qr and svd": """
            qa, _ = torch.linalg.qr(a.T)
            qb, _ = torch.linalg.qr(b.T)
            return torch.arccos(torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1))
        """,
        "svd bases, float64": """
            qa = torch.linalg.svd(a.double(), full_matrices=False).Vh
            qb = torch.linalg.svd(b.double(), full_matrices=False).Vh
            c = torch.linalg.svdvals(qa @ qb.T)
            return torch.acos(torch.minimum(c, torch.ones_like(c))).sort().values
        """,
        "numpy": """
            qa = np.linalg.qr(a.numpy().T)[0]
            qb = np.linalg.qr(b.numpy().T)[0]
            c = np.linalg.svd(qa.T @ qb, compute_uv=False)
            return np.arccos(np.clip(c, 0, 1))
        """,
    },
    wrong={
        "cosines": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            return torch.linalg.svdvals(qa.T @ qb)
        """,
        "degrees": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().rad2deg()
        """,
        "descending": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().flip(0)
        """,
        "not-orthonormalised": "return torch.linalg.svdvals(a @ b.T).clamp(-1, 1).arccos()",
        "largest-only": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().max()
        """,
        "row-by-row": "return torch.cosine_similarity(a, b).clamp(-1, 1).arccos()",
        "nan-from-rounding": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            return torch.linalg.svdvals(qa.T @ qb).mul(1.0000002).arccos()
        """,
        "sines": """
            qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
            c = torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1)
            return (1 - c ** 2).sqrt()
        """,
    },
)

# Two subspaces built to have these angles, and a matrix to put them in other bases.
ANGLES = torch.tensor([0.2, 0.7, 1.3], dtype=torch.float64)
RNG = grader_generator()
FRAME = torch.linalg.qr(torch.randn(8, 8, generator=RNG).double())[0].T
A = FRAME[:3]
B = ANGLES.cos()[:, None] * FRAME[:3] + ANGLES.sin()[:, None] * FRAME[3:6]
MIX = torch.randn(3, 3, generator=RNG).double()


def known(u: Tensor, v: Tensor) -> list[Mistake]:
    """Return what goes wrong with the angles of these rows."""
    as_they_are = torch.linalg.svdvals(u @ v.T).clamp(-1, 1).arccos()
    rowwise = torch.cosine_similarity(u, v).clamp(-1, 1).arccos()
    basis = "the rows were used as they are; make an orthonormal basis of them (qr) first"
    return [
        Mistake("cosines", ANGLES.cos(), "the cosines; take arccos of them"),
        Mistake("degrees", ANGLES.rad2deg(), "degrees; the docstring asks for radians"),
        Mistake("descending", ANGLES.flip(0), "largest first; the smallest comes first"),
        Mistake("sines", ANGLES.sin(), "the sines of the angles"),
        Mistake("largest-only", ANGLES[-1], "the largest alone; all are asked for"),
        Mistake("not-orthonormalised", as_they_are, basis),
        Mistake("row-by-row", rowwise, "angles between pairs of rows, not between subspaces"),
        Mistake("row-by-row", rowwise.sort().values, "angles between pairs of rows"),
    ]


@EXERCISE.criterion("angles", points=1)
def angles(principal_angles: Callable) -> None:
    """Of orthonormal bases."""
    turned = torch.linalg.qr(MIX)[0] @ B
    got = run(principal_angles, A.clone(), turned, name="principal_angles")
    what = "the angles of two orthonormal bases"
    expect_close(got, ANGLES, what, known(A, turned), atol=1e-3)


@EXERCISE.criterion("rows need not be orthonormal", points=1)
def skewed_rows(principal_angles: Callable) -> None:
    """Skewed bases, and subspaces of different dimensions."""
    u, v = 2 * MIX @ A, (MIX.T + 3 * torch.eye(3)) @ B
    got = run(principal_angles, u, v, name="principal_angles")
    expect_close(got, ANGLES, "the angles of two skewed bases", known(u, v), atol=1e-3)
    fewer = run(principal_angles, u, FRAME[:1] * 5, name="principal_angles")
    count = [Mistake("wrong-count", torch.zeros(3), "min(ka, kb) angles: here one")]
    what = "the angle between 3 rows and 1 row inside their span"
    expect_close(fewer, [0.0], what, count, atol=1e-3)


@EXERCISE.criterion("never NaN", points=1)
def never_nan(principal_angles: Callable) -> None:
    """Twenty subspaces compared with themselves."""
    for trial in range(20):
        rows = cloud(4, 9, seed=trial)
        result = run(principal_angles, rows, rows * 3, name="principal_angles")
        got = to_tensor(result, "the angles")
        expect(
            not bool(got.isnan().any()),
            "NaN for a subspace compared with itself: rounding made a cosine exceed 1; "
            "clamp before arccos",
            "nan-from-rounding",
        )
        expect_close(got, torch.zeros(4), "the angles of a subspace with itself", atol=5e-3)


def by_projection(a: Tensor, b: Tensor) -> Tensor:
    """Return the angles from the eigenvalues of one projection seen by the other."""
    short, long = sorted((a, b), key=len)
    basis = torch.linalg.qr(short.T)[0]
    onto = long.T @ torch.linalg.pinv(long.T)
    squared = torch.linalg.eigvalsh(basis.T @ onto @ basis).clamp(0, 1)
    return squared.sqrt().arccos().sort().values


@EXERCISE.conduct(right=by_projection, sizes=(3, 1, 70), rtol=1e-3, atol=2e-3)
def arguments(new: Draw, n: int) -> Arguments:
    """Two sets of random rows, of n and about half as many."""
    d = 2 * n + 4
    return {"a": new.normal(n, d), "b": new.normal(max(1, n // 2), d)}
