"""Week 6: three distances between the rows of two tables."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "distances",
    signature="def distances(a, b):",
    right={
        "norms and sums": """
            d = a - b
            return (
                d.norm(dim=1),
                d.abs().sum(dim=1),
                1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)
            )
        """,
        "functional": """
            e = torch.sqrt(((a - b) ** 2).sum(-1))
            m = torch.linalg.vector_norm(a - b, ord=1, dim=-1)
            return [e, m, 1 - F.cosine_similarity(a, b, dim=-1)]
        """,
        "numpy, row by row": """
            rows = []
            for p, q in zip(a.double().numpy(), b.double().numpy()):
                lengths = np.linalg.norm(p) * np.linalg.norm(q)
                cosine = p @ q / lengths if lengths > 0 else 0.0
                rows.append([np.linalg.norm(p - q), np.abs(p - q).sum(), 1 - cosine])
            return tuple(torch.tensor(np.array(rows)).T)
        """,
    },
    wrong={
        "squared": {"d.norm(dim=1)": "(d ** 2).sum(dim=1)"},
        "mean-not-sum": {"d.abs().sum": "d.abs().mean"},
        "no-absolute": {"d.abs().sum": "d.sum"},
        "largest": {"d.abs().sum": "d.abs().amax"},
        "swapped": {"d.norm(dim=1)": "d.abs().sum(dim=1)", "d.abs().sum(dim=1)": "d.norm(dim=1)"},
        "sum-over-rows": {"d.norm(dim=1)": "d.norm(dim=0)", "sum(dim=1)": "sum(dim=0)"},
        "all-pairs": {
            "d.norm(dim=1)": "torch.cdist(a, b)",
            "d.abs().sum(dim=1)": "torch.cdist(a, b, p=1)",
        },
        "one-number": {"d.norm(dim=1)": "d.norm()", "sum(dim=1)": "sum()"},
        "similarity": {"1 - (a": "(a"},
        "dot-product": {" / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)": ""},
        "one-length": {"(a.norm(dim=1) * b.norm(dim=1))": "a.norm(dim=1)"},
        "angle": {
            "1 - (a": "torch.arccos(((a",
            ".clamp_min(1e-12)": ".clamp_min(1e-12)).clamp(-1, 1))",
        },
        "correlation": """
            d = a - b
            a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
            return d.norm(dim=1), d.abs().sum(1), 1 - F.cosine_similarity(a, b)
        """,
        "nan-for-zero": {".clamp_min(1e-12)": ""},
        "zero-is-alike": {"1 - (a": "(1 - (a", ".clamp_min(1e-12)": ").nan_to_num(0.0)"},
    },
)

PARTS = ("Euclidean", "Manhattan", "cosine")
A = 1.5 * torch.randn(6, 4, generator=grader_generator(1))
B = torch.randn(6, 4, generator=grader_generator(2)) + 0.4
X, Y = A.double(), B.double()
LENGTH_X, LENGTH_Y = X.square().sum(1).sqrt(), Y.square().sum(1).sqrt()


def answer(distances: Callable, a: Tensor, b: Tensor) -> tuple:
    """Return the student's three distances."""
    return to_pair(run(distances, a.clone(), b.clone(), name="distances"), "distances", PARTS)


def by_rows(distance: Callable[[list[tuple[float, float]]], float]) -> Tensor:
    """Return a distance of pairs of numbers, worked out row by row in plain Python."""
    pairs = [list(zip(p.tolist(), q.tolist(), strict=True)) for p, q in zip(X, Y, strict=True)]
    return torch.tensor([distance(row) for row in pairs], dtype=torch.float64)


@EXERCISE.criterion("Euclidean and Manhattan", points=1)
def euclidean_and_manhattan(distances: Callable) -> None:
    """Row by row, number by number, in float64."""
    first, second, _ = answer(distances, A, B)
    euclidean = by_rows(lambda row: math.sqrt(sum((p - q) ** 2 for p, q in row)))
    manhattan = by_rows(lambda row: sum(abs(p - q) for p, q in row))
    of_lengths = (LENGTH_X - LENGTH_Y).abs()
    known = [
        Mistake("squared", euclidean.square(), "squared distances: the root is missing"),
        Mistake("mean-not-sum", euclidean / 2, "the *mean* over the 4 numbers; take their sum"),
        Mistake("mean-not-sum", euclidean.square() / 4, "the mean of the squares, without root"),
        Mistake("swapped", manhattan, "this is the Manhattan distance; Euclidean comes first"),
        Mistake("sum-over-rows", (X - Y).norm(dim=0), "summed over the rows; use dim=1"),
        Mistake("all-pairs", torch.cdist(X, Y), "all pairs; row i with row i only"),
        Mistake("one-number", (X - Y).norm(), "one number; return one for each row"),
        Mistake("lengths-only", of_lengths, "the difference of the lengths"),
    ]
    expect_close(first, euclidean, "the Euclidean distances", known)
    d = X - Y
    known = [
        Mistake("no-absolute", d.sum(1), "differences of both signs cancel: use abs"),
        Mistake("no-absolute", d.sum(1).abs(), "take abs before the sum, not after"),
        Mistake("mean-not-sum", manhattan / 4, "the *mean* over the 4 numbers; take their sum"),
        Mistake("largest", d.abs().amax(1), "the largest difference; add them up"),
        Mistake("sum-over-rows", d.abs().sum(0), "summed over the rows; use dim=1"),
        Mistake("all-pairs", torch.cdist(X, Y, p=1), "all pairs; row i with row i only"),
        Mistake("one-number", manhattan.sum(), "one number; return one for each row"),
    ]
    expect_close(second, manhattan, "the Manhattan distances", known)


def cosine_mistakes(cosine: Tensor, dot: Tensor) -> list[Mistake]:
    """Return the usual mistakes for the cosine distance of X and Y."""
    p, q = X - X.mean(1, keepdim=True), Y - Y.mean(1, keepdim=True)
    correlation = (p * q).sum(1) / (p.norm(dim=1) * q.norm(dim=1))
    squared = 1 - dot / (LENGTH_X * LENGTH_Y).square()
    pairs = 1 - (X / LENGTH_X[:, None]) @ (Y / LENGTH_Y[:, None]).T
    one = "divided by one of the two lengths only"
    return [
        Mistake("similarity", cosine, "the cosine itself; its *distance* is 1 − cosine"),
        Mistake("dot-product", 1 - dot, "1 − a·b without dividing by the lengths"),
        Mistake("dot-product", dot, "a·b without dividing by the lengths"),
        Mistake("one-length", 1 - dot / LENGTH_X, one),
        Mistake("one-length", 1 - dot / LENGTH_Y, one),
        Mistake("squared-lengths", squared, "divided by the squared lengths"),
        Mistake("angle", torch.arccos(cosine), "the angle; the distance is 1 − its cosine"),
        Mistake("correlation", 1 - correlation, "each row was centred; leave them as they are"),
        Mistake("half", (1 - cosine) / 2, "(1 − cosine) / 2; the distance goes from 0 to 2"),
        Mistake("all-pairs", pairs, "all pairs; row i with row i only"),
    ]


@EXERCISE.criterion("cosine", points=1)
def cosine(distances: Callable) -> None:
    """In plain Python, and rows of zeros, whose cosine with anything is 0."""
    dot = by_rows(lambda row: sum(p * q for p, q in row))
    cosine = dot / (LENGTH_X * LENGTH_Y)
    right, known = 1 - cosine, cosine_mistakes(cosine, dot)
    expect_close(answer(distances, A, B)[2], right, "the cosine distances", known)
    zero_a, zero_b = A.clone(), B.clone()
    zero_a[0], zero_b[1], zero_a[2], zero_b[2] = 0, 0, 0, 0
    third = to_tensor(answer(distances, zero_a, zero_b)[2], "the cosine distances")
    expect(
        bool(torch.isfinite(third).all()),
        "with a row of zeros the cosine distance is NaN or infinite: 0/0; keep the divisor "
        "away from 0",
        "nan-for-zero",
    )
    alike = torch.cat([torch.zeros(3, dtype=torch.float64), right[3:]])
    why = "a row of zeros has cosine 0 with anything, so distance 1, not 0"
    right = torch.cat([torch.ones(3, dtype=torch.float64), right[3:]])
    known = [Mistake("zero-is-alike", alike, why)]
    expect_close(third, right, "the cosine distances of rows of zeros", known)


def three(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the three distances by cdist, and by angles between rows."""
    u, v = (t / t.square().sum(1, keepdim=True).sqrt().clamp_min(1e-300) for t in (a, b))
    euclidean, manhattan = (torch.cdist(a, b, p=p).diagonal() for p in (2.0, 1.0))
    return euclidean, manhattan, 1 - (u * v).sum(1)


@EXERCISE.conduct(right=three, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Two tables of rows."""
    return {"a": new.normal(n, 4), "b": new.normal(n, 4)}
