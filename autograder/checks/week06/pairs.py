"""Hidden checks of week 6's distances and class-similarity table, by sums over explicit pairs."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

PARTS = ("Euclidean", "Manhattan", "cosine")


@check({"Euclidean and Manhattan": 1, "cosine": 1})
def distances(report: Report, distances: Callable) -> None:
    """Row by row, number by number, in float64."""
    name = "distances"
    a = 1.5 * torch.randn(6, 4, generator=generator(1))
    b = torch.randn(6, 4, generator=generator(2)) + 0.4
    x, y = a.double(), b.double()
    rows = [list(zip(p.tolist(), q.tolist(), strict=True)) for p, q in zip(x, y, strict=True)]
    euclidean = [math.sqrt(sum((p - q) ** 2 for p, q in row)) for row in rows]
    manhattan = [sum(abs(p - q) for p, q in row) for row in rows]
    dot = torch.tensor([sum(p * q for p, q in row) for row in rows], dtype=torch.float64)
    length_a, length_b = x.square().sum(1).sqrt(), y.square().sum(1).sqrt()
    cosine = dot / (length_a * length_b)

    def answer(p: Tensor, q: Tensor) -> tuple:
        return to_pair(run(distances, p.clone(), q.clone(), name=name), name, PARTS)

    with report.criterion("Euclidean and Manhattan"):
        first, second, _ = answer(a, b)
        right = torch.tensor(euclidean, dtype=torch.float64)
        known = [
            Mistake("squared", right.square(), "squared distances: the root is missing"),
            Mistake("mean-not-sum", right / 2, "the *mean* over the 4 numbers; take their sum"),
            Mistake("mean-not-sum", right.square() / 4, "the mean of the squares, without root"),
            Mistake("swapped", manhattan, "this is the Manhattan distance; Euclidean comes first"),
            Mistake("sum-over-rows", (x - y).norm(dim=0), "summed over the rows; use dim=1"),
            Mistake("all-pairs", torch.cdist(x, y), "all pairs; row i with row i only"),
            Mistake("one-number", (x - y).norm(), "one number; return one for each row"),
            Mistake("lengths-only", (length_a - length_b).abs(), "the difference of the lengths"),
        ]
        expect_close(first, right, "the Euclidean distances", known)
        right = torch.tensor(manhattan, dtype=torch.float64)
        known = [
            Mistake("no-absolute", (x - y).sum(1), "differences of both signs cancel: use abs"),
            Mistake("no-absolute", (x - y).sum(1).abs(), "take abs before the sum, not after"),
            Mistake("mean-not-sum", right / 4, "the *mean* over the 4 numbers; take their sum"),
            Mistake("largest", (x - y).abs().amax(1), "the largest difference; add them up"),
            Mistake("sum-over-rows", (x - y).abs().sum(0), "summed over the rows; use dim=1"),
            Mistake("all-pairs", torch.cdist(x, y, p=1), "all pairs; row i with row i only"),
            Mistake("one-number", right.sum(), "one number; return one for each row"),
        ]
        expect_close(second, right, "the Manhattan distances", known)
    with report.criterion("cosine"):
        _, _, third = answer(a, b)
        right = 1 - cosine
        centred_x, centred_y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
        correlation = (centred_x * centred_y).sum(1) / (
            centred_x.norm(dim=1) * centred_y.norm(dim=1)
        )
        known = [
            Mistake("similarity", cosine, "the cosine itself; its *distance* is 1 − cosine"),
            Mistake("dot-product", 1 - dot, "1 − a·b without dividing by the lengths"),
            Mistake("dot-product", dot, "a·b without dividing by the lengths"),
            Mistake("one-length", 1 - dot / length_a, "divided by one of the two lengths only"),
            Mistake("one-length", 1 - dot / length_b, "divided by one of the two lengths only"),
            Mistake(
                "squared-lengths",
                1 - dot / (length_a * length_b).square(),
                "divided by the squared lengths",
            ),
            Mistake("angle", torch.arccos(cosine), "the angle; the distance is 1 − its cosine"),
            Mistake("correlation", 1 - correlation, "each row was centred; leave them as they are"),
            Mistake("half", right / 2, "(1 − cosine) / 2; the distance goes from 0 to 2"),
            Mistake(
                "all-pairs",
                1 - (x / length_a[:, None]) @ (y / length_b[:, None]).T,
                "all pairs; row i with row i only",
            ),
        ]
        expect_close(third, right, "the cosine distances", known)
        zero_a, zero_b = a.clone(), b.clone()
        zero_a[0], zero_b[1], zero_a[2], zero_b[2] = 0, 0, 0, 0
        right = torch.cat([torch.ones(3, dtype=torch.float64), right[3:]])
        third = to_tensor(answer(zero_a, zero_b)[2], "the cosine distances")
        expect(
            bool(torch.isfinite(third).all()),
            "with a row of zeros the cosine distance is NaN or infinite: 0/0; keep the divisor "
            "away from 0",
            "nan-for-zero",
        )
        as_one = torch.cat([torch.zeros(3, dtype=torch.float64), right[3:]])
        known = [
            Mistake(
                "zero-is-alike",
                as_one,
                "a row of zeros has cosine 0 with anything, so distance 1, not 0",
            )
        ]
        expect_close(third, right, "the cosine distances of rows of zeros", known)


def units(z: Tensor) -> Tensor:
    """Return the rows in float64, each divided by its length."""
    z = z.double()
    return z / z.square().sum(1, keepdim=True).sqrt()


def _by_pairs(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two means over explicit pairs of unit vectors."""
    u = units(z).tolist()
    kinds, y = sorted(set(labels.tolist())), labels.tolist()
    same: dict[int, list[float]] = {c: [] for c in kinds}
    diff: dict[int, list[float]] = {c: [] for c in kinds}
    for i in range(len(y)):
        for j in range(len(y)):
            if i != j:
                cosine = sum(p * q for p, q in zip(u[i], u[j], strict=True))
                (same if y[i] == y[j] else diff)[y[i]].append(cosine)

    def means(pairs: dict[int, list[float]]) -> Tensor:
        return torch.tensor([sum(p) / len(p) for p in pairs.values()], dtype=torch.float64)

    return means(same), means(diff)


def class_sums(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class sums (C, K) and the counts (C,)."""
    kinds = labels.unique()
    sums = torch.stack([z[labels == c].sum(0) for c in kinds])
    return sums, torch.stack([(labels == c).sum() for c in kinds]).double()


def _same_mistakes(z: Tensor, labels: Tensor, right: Tensor) -> list[Mistake]:
    u = units(z)
    sums, n = class_sums(u, labels)
    square = sums.square().sum(1)
    raw, _ = class_sums(z.double(), labels)
    own = class_sums(z.double().square().sum(1, keepdim=True), labels)[0][:, 0]
    columns = z.double() / z.double().norm(dim=0)
    column_sums, _ = class_sums(columns, labels)
    column_own = class_sums(columns.square().sum(1, keepdim=True), labels)[0][:, 0]
    return [
        Mistake(
            "self-pairs",
            square / n**2,
            "each code's cosine with itself, 1, is in the mean: take the self-pairs out",
        ),
        Mistake(
            "self-pairs-in-sum",
            square / (n * (n - 1)),
            "divided by n (n − 1) pairs, but the n self-pairs are still in the sum",
        ),
        Mistake(
            "self-pairs-in-number",
            (square - n) / n**2,
            "the self-pairs were taken out of the sum but are still in the number, n²",
        ),
        Mistake(
            "half-the-pairs",
            (square - n) / (n * (n - 1) / 2),
            "every pair is twice in the sum, so divide by n (n − 1), not by half of that",
        ),
        Mistake(
            "not-normalised",
            (raw.square().sum(1) - own) / (n * (n - 1)),
            "dot products of the codes as they are; make them unit vectors first",
        ),
        Mistake(
            "not-normalised",
            (raw.square().sum(1) - n) / (n * (n - 1)),
            "dot products of the codes as they are; make them unit vectors first",
        ),
        Mistake(
            "columns-normalised",
            (column_sums.square().sum(1) - column_own) / (n * (n - 1)),
            "the columns were given length 1, not the rows; use dim=1",
        ),
        Mistake(
            "columns-normalised",
            (column_sums.square().sum(1) - n) / (n * (n - 1)),
            "the columns were given length 1, not the rows; use dim=1",
        ),
        Mistake("renormalised", (1 + right) / 2, "(1 + cosine) / 2; return the cosines here"),
        Mistake("sum-not-mean", square - n, "the sum over pairs; divide by their number"),
        Mistake("swapped", _by_pairs(z, labels)[1], "the two results are in the wrong order"),
    ]


def _diff_mistakes(z: Tensor, labels: Tensor, right: Tensor) -> list[Mistake]:
    u = units(z)
    sums, n = class_sums(u, labels)
    total, every = sums.sum(0), n.sum()
    raw, _ = class_sums(z.double(), labels)
    means = sums / n[:, None]
    between = means @ means.T
    others = (between.sum(1) - between.diagonal()) / (len(n) - 1)
    return [
        Mistake(
            "own-class-in-diff",
            sums @ total / (n * every),
            "the class's own codes are among the others: subtract S_c from the total",
        ),
        Mistake(
            "own-class-in-diff",
            sums @ total / (n * (every - n)),
            "the class's own codes are among the others: subtract S_c from the total",
        ),
        Mistake(
            "own-class-in-number",
            (sums * (total - sums)).sum(1) / (n * every),
            "divided by the number of *all* codes; there are N − n_c others",
        ),
        Mistake(
            "own-class-in-number",
            (sums * (total - sums)).sum(1) / (n * (every - 1)),
            "divided by N − 1 others; there are N − n_c in other classes",
        ),
        Mistake(
            "mean-over-classes",
            others,
            "the mean over the other *classes*; large classes have more pairs: mean over pairs",
        ),
        Mistake(
            "not-normalised",
            (raw * (raw.sum(0) - raw)).sum(1) / (n * (every - n)),
            "dot products of the codes as they are; make them unit vectors first",
        ),
        Mistake("renormalised", (1 + right) / 2, "(1 + cosine) / 2; return the cosines here"),
        Mistake("one-for-all", (right * n * (every - n)).sum() / (n * (every - n)).sum(),
                "one number for all classes; return one for each"),
    ]  # fmt: skip


def codes(n: int, k: int, seed: int) -> Tensor:
    """Return codes (n, k) away from zero."""
    return torch.randn(n, k, generator=generator(seed)) + 0.6


@check(
    {
        "same-class pairs": 1,
        "different-class pairs": 1,
        "any labels, classes of any size": 1,
        "no matrix of pairs": 1,
    }
)
def class_similarity(report: Report, class_similarity: Callable) -> None:
    """Against loops over pairs; and what it makes on the way is measured."""
    name, parts = "class_similarity", ("the same-class means", "the different-class means")

    def answer(z: Tensor, labels: Tensor) -> tuple:
        given, kinds = z.clone(), labels.clone()
        found = to_pair(run(class_similarity, given, kinds, name=name), name, parts)
        expect_unchanged(z, given, name)
        return found

    z, labels = codes(12, 3, 11), torch.arange(12) % 3
    same, diff = _by_pairs(z, labels)
    with report.criterion("same-class pairs"):
        expect_close(answer(z, labels)[0], same, parts[0], _same_mistakes(z, labels, same))
    with report.criterion("different-class pairs"):
        expect_close(answer(z, labels)[1], diff, parts[1], _diff_mistakes(z, labels, diff))
    with report.criterion("any labels, classes of any size"):
        z, labels = (
            codes(17, 4, 12),
            torch.tensor([9, 4, 9, 2, 4, 9, 9, 2, 9, 4, 9, 9, 2, 9, 9, 4, 9]),
        )
        same, diff = _by_pairs(z, labels)
        for value, right, mistakes, part in zip(
            answer(z, labels),
            (same, diff),
            (_same_mistakes(z, labels, same), _diff_mistakes(z, labels, diff)),
            parts,
            strict=True,
        ):
            got = to_tensor(value, part)
            expect(
                got.shape not in ((10,), (9,)),
                "a class for every number from 0 on: the labels here are 2, 4 and 9; use "
                "labels.unique()",
                "labels-from-zero",
            )
            expect_shape(got, (3,), part)
            by_appearance = Mistake(
                "wrong-order",
                right[[2, 1, 0]],
                "the classes in the order of their first appearance",
            )
            expect_close(got, right, part, [*mistakes, by_appearance])
    with report.criterion("no matrix of pairs"):
        n = 600
        z, labels = codes(n, 4, 13), torch.arange(n) % 3
        (value, _), largest = run(lambda: _watched(class_similarity, z, labels), name=name)
        sums, counts = class_sums(units(z), labels)
        right = (sums.square().sum(1) - counts) / (counts * (counts - 1))
        expect_close(value, right, parts[0], _same_mistakes(z, labels, right))
        largest = int(to_tensor(largest, "a size"))
        expect(
            largest < (n // 3) ** 2,
            f"for {n} codes a tensor of {largest:,} numbers was made: "
            "all pairs, of everybody or of one class; use sums of unit vectors",
            "matrix",
        )


@errand
def _watched(class_similarity, z, labels):
    import torch

    class Watch(torch.overrides.TorchFunctionMode):
        largest = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            if isinstance(made, torch.Tensor):
                Watch.largest = max(Watch.largest, made.numel())
            return made

    with Watch():
        same, diff = class_similarity(z, labels)
    return (same, diff), Watch.largest
