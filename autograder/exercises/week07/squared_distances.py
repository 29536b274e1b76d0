"""Week 7: the table of squared distances between two sets of codes, by one matrix product."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "squared_distances",
    signature="def squared_distances(a, b):",
    right={
        "the three terms, clamped": """
            return ((a**2).sum(1, keepdim=True) + (b**2).sum(1) - 2 * a @ b.T).clamp_min(0)
        """,
        "cdist, squared": "return torch.cdist(a, b).square()",
        "addmm after a shift, float64": """
            middle = b.double().mean(dim=0)
            a, b = a.double() - middle, b.double() - middle
            lengths = a.pow(2).sum(1)[:, None] + b.pow(2).sum(1)[None, :]
            return torch.addmm(lengths, a, b.T, alpha=-2).clamp(min=0).float()
        """,
        "numpy": """
            x, y = a.double().numpy(), b.double().numpy()
            d = np.einsum("ik,ik->i", x, x)[:, None] + np.einsum("jk,jk->j", y, y) - 2 * x @ y.T
            return torch.from_numpy(np.maximum(d, 0))
        """,
    },
    wrong={
        "root": "return torch.cdist(a, b)",
        "plus": {"- 2": "+ 2", ".clamp_min(0)": ""},
        "no-two": {"2 * a": "a", ".clamp_min(0)": ""},
        "no-query-length": {"(a**2).sum(1, keepdim=True) + ": "", ".clamp_min(0)": ""},
        "manhattan": "return torch.cdist(a, b, p=1)",
        "mean": "return ((a[:, None] - b) ** 2).mean(-1)",
        "dot-product": "return a @ b.T",
        "cosine": "return 1 - F.normalize(a) @ F.normalize(b).T",
        "transposed": "return ((b[:, None] - a) ** 2).sum(2)",
        "not-summed": "return (a[:, None] - b) ** 2",
        "one-for-each": "return ((a - b[: len(a)]) ** 2).sum(1)",
        "negative": {".clamp_min(0)": ""},
        "large-table": "return ((a[:, None] - b) ** 2).sum(2)",
        "loop": "return torch.stack([((row - b) ** 2).sum(1) for row in a])",
    },
)

WHAT = "the squared distances"
A, B = (
    torch.randn(n, 3, generator=grader_generator(300 + n)) + torch.tensor([0.5, -0.3, 1.0])
    for n in (5, 7)
)
FAR = 30 + torch.rand(64, 40, generator=grader_generator(303))
WIDE = 2 + 3 * torch.randn(64, 40, generator=grader_generator(306))


def table(a: Tensor, b: Tensor) -> Tensor:
    """Return all squared distances, by differences in float64, (M, N)."""
    return (a.double()[:, None] - b.double()).square().sum(dim=2)


def mistakes(a: Tensor, b: Tensor) -> list[Mistake]:
    """Return the usual wrong tables."""
    right, a, b = table(a, b), a.double(), b.double()
    square_a, square_b, product = a.square().sum(1)[:, None], b.square().sum(1), a @ b.T
    no_a = square_b - 2 * product
    cosine = 1 - product / (square_a * square_b).sqrt()
    return [
        Mistake("root", right.sqrt(), "distances; leave the root out"),
        Mistake("plus", square_a + square_b + 2 * product, "the sign: *minus* 2 a·b"),
        Mistake("no-two", square_a + square_b - product, "a·b was subtracted once; it is 2 a·b"),
        Mistake("no-query-length", no_a, "‖a‖² is missing"),
        Mistake("no-query-length", no_a.clamp_min(0), "‖a‖² is missing, and clamped"),
        Mistake("manhattan", torch.cdist(a, b, p=1), "absolute differences; square them"),
        Mistake("mean", right / a.shape[1], "the mean over the numbers of a code; take the sum"),
        Mistake("dot-product", product, "dot products; ‖a‖² + ‖b‖² − 2 a·b"),
        Mistake("cosine", cosine, "cosine distances; take squared Euclidean ones"),
    ]


@EXERCISE.criterion("every row with every row", points=1)
def every_row(squared_distances: Callable) -> None:
    """Five codes and seven, against differences in float64."""
    given = A.clone(), B.clone()
    found = run(squared_distances, *given, name="squared_distances")
    shapes = [
        Mistake("transposed", (7, 5), "rows of the result belong to a, columns to b"),
        Mistake("not-summed", (5, 7, 3), "one number for each pair: sum over the code"),
        Mistake("one-for-each", (5,), "every row of a with *every* row of b"),
    ]
    expect_shape(found, (5, 7), WHAT, shapes)
    expect_close(found, table(A, B), WHAT, mistakes(A, B))
    for before, after in zip((A, B), given, strict=True):
        expect_unchanged(before, after, "squared_distances")


@EXERCISE.criterion("never below zero", points=1)
def not_negative(squared_distances: Callable) -> None:
    """Codes against themselves, far from the origin and around it: there rounding shows."""
    for codes in (FAR, WIDE):
        value = run(squared_distances, codes.clone(), codes.clone(), name="squared_distances")
        found = expect_shape(value, (64, 64), WHAT)
        expect(bool(torch.isfinite(found).all()), f"{WHAT} of equal rows are NaN", "not-finite")
        least = float(found.min())
        expect(
            least >= 0,
            f"a squared distance of {least:.2g}: for nearly equal rows rounding makes it negative; "
            "clamp at 0",
            "negative",
        )
        expect_close(found, table(codes, codes), WHAT, mistakes(codes, codes), atol=0.2, rtol=1e-2)


@remote_call
def _watched(squared_distances, a, b):
    import torch

    class Watch(torch.overrides.TorchFunctionMode):
        calls, largest = 0, 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            Watch.calls += 1
            if isinstance(made, torch.Tensor):
                Watch.largest = max(Watch.largest, made.numel())
            return made

    with Watch():
        found = squared_distances(a, b)
    return found, Watch.calls, Watch.largest


def watched(squared_distances: Callable, a: Tensor, b: Tensor) -> tuple[object, int, int]:
    """Return the student's table, the number of torch calls, and the size of the largest result."""
    found = run(lambda: _watched(squared_distances, a.clone(), b.clone()), name="squared_distances")
    value, calls, largest = to_pair(found, "the count", ("table", "calls", "largest"))
    return value, int(to_tensor(calls, "a number of calls")), int(to_tensor(largest, "a size"))


@EXERCISE.criterion("no loop, no large table", points=1)
def economy(squared_distances: Callable) -> None:
    """What is made on the way is counted, for 20 codes and for 60."""
    a, b = (torch.randn(n, 50, generator=grader_generator(s)) for n, s in ((60, 304), (63, 305)))
    _, calls_of_few, _ = watched(squared_distances, a[:20], b[:23])
    found, calls, largest = watched(squared_distances, a, b)
    expect_close(found, table(a, b), WHAT, mistakes(a, b), rtol=1e-3)
    expect(
        largest < 60 * 63 * 25,
        f"for 60 and 63 codes of 50 numbers a tensor of {largest:,} numbers was made: all "
        "differences at once; use ‖a‖² + ‖b‖² − 2 a·b",
        "large-table",
    )
    expect(
        calls <= calls_of_few + 8,
        f"{calls_of_few} torch calls for 20 rows, {calls} for 60: a loop over rows; one matrix "
        "product does it",
        "loop",
    )


@EXERCISE.conduct(right=table, rtol=1e-3, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Two sets of codes."""
    return {"a": new.normal(n, 3), "b": new.normal(n + 2, 3)}
