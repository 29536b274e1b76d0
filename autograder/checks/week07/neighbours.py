"""Hidden checks of week 7's nearest neighbours: the table, the nearest, the vote."""

from __future__ import annotations

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
    to_tensor,
)
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

WHAT = "the squared distances"


def _table(a: Tensor, b: Tensor) -> Tensor:
    """Return all squared distances, by differences in float64, (M, N)."""
    return (a.double()[:, None] - b.double()).square().sum(dim=2)


def _table_mistakes(a: Tensor, b: Tensor, right: Tensor) -> list[Mistake]:
    a, b = a.double(), b.double()
    square_a, square_b, product = a.square().sum(1)[:, None], b.square().sum(1), a @ b.T
    return [
        Mistake("root", right.sqrt(), "distances; leave the root out"),
        Mistake("plus", square_a + square_b + 2 * product, "the sign: *minus* 2 a·b"),
        Mistake("no-two", square_a + square_b - product, "a·b was subtracted once; it is 2 a·b"),
        Mistake("no-query-length", square_b - 2 * product, "‖a‖² is missing"),
        Mistake(
            "no-query-length", (square_b - 2 * product).clamp_min(0), "‖a‖² is missing, and clamped"
        ),
        Mistake("manhattan", torch.cdist(a, b, p=1), "absolute differences; square them"),
        Mistake("mean", right / a.shape[1], "the mean over the numbers of a code; take the sum"),
        Mistake("dot-product", product, "dot products; ‖a‖² + ‖b‖² − 2 a·b"),
        Mistake(
            "cosine",
            1 - product / (square_a * square_b).sqrt(),
            "cosine distances; take squared Euclidean ones",
        ),
    ]


@errand
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


@check({"every row with every row": 1, "never below zero": 1, "no loop, no large table": 1})
def squared_distances(report: Report, squared_distances: Callable) -> None:
    """Against differences in float64; what is made on the way is counted."""
    name = "squared_distances"
    with report.criterion("every row with every row"):
        a, b = (
            torch.randn(n, 3, generator=generator(300 + n)) + torch.tensor([0.5, -0.3, 1.0])
            for n in (5, 7)
        )
        right = _table(a, b)
        given = a.clone(), b.clone()
        found = run(squared_distances, *given, name=name)
        shapes = [
            Mistake("transposed", (7, 5), "rows of the result belong to a, columns to b"),
            Mistake("not-summed", (5, 7, 3), "one number for each pair: sum over the code"),
            Mistake("one-for-each", (5,), "every row of a with *every* row of b"),
        ]
        expect_shape(found, (5, 7), WHAT, shapes)
        expect_close(found, right, WHAT, _table_mistakes(a, b, right))
        for before, after in zip((a, b), given, strict=True):
            expect_unchanged(before, after, name)
    with report.criterion("never below zero"):
        far = 30 + torch.rand(64, 40, generator=generator(303))
        found = to_tensor(run(squared_distances, far.clone(), far.clone(), name=name), WHAT)
        expect_shape(found, (64, 64), WHAT)
        expect(bool(torch.isfinite(found).all()), f"{WHAT} of equal rows are NaN", "not-finite")
        expect(
            float(found.min()) >= 0,
            f"a squared distance of {float(found.min()):.2g}: for nearly equal rows rounding makes "
            "it negative; clamp at 0",
            "negative",
        )
        right = _table(far, far)
        expect_close(found, right, WHAT, _table_mistakes(far, far, right), atol=0.2, rtol=1e-2)
    with report.criterion("no loop, no large table"):
        few, many = (
            run(
                lambda n=n: _watched(
                    squared_distances,
                    torch.randn(n, 50, generator=generator(304)),
                    torch.randn(n + 3, 50, generator=generator(305)),
                ),
                name=name,
            )
            for n in (20, 60)
        )
        a, b = (torch.randn(n, 50, generator=generator(seed)) for n, seed in ((60, 304), (63, 305)))
        right = _table(a, b)
        expect_close(many[0], right, WHAT, _table_mistakes(a, b, right), rtol=1e-3)
        largest = int(to_tensor(many[2], "a size"))
        expect(
            largest < 60 * 63 * 25,
            f"for 60 and 63 codes of 50 numbers a tensor of {largest:,} numbers was made: all "
            "differences at once; use ‖a‖² + ‖b‖² − 2 a·b",
            "large-table",
        )
        calls = [int(to_tensor(found[1], "a number of calls")) for found in (few, many)]
        expect(
            calls[1] <= calls[0] + 8,
            f"{calls[0]} torch calls for 20 rows, {calls[1]} for 60: a loop over rows; one matrix "
            "product does it",
            "loop",
        )


def _nearest(distance: Tensor, k: int, same: bool, how: str = "") -> Tensor:
    """Return the k nearest by sorting lists, or what a mistake makes of it."""
    rows = []
    for i, row in enumerate(distance.tolist()):
        itself = {
            "self-counted": -1,
            "always-left-out": i,
            "first-dropped": -1,
            "last-left-out": len(row) - 1,
        }.get(how, i if same else -1)
        columns = [j for j in range(len(row)) if j != itself]
        later_first = how == "later-first"
        columns.sort(key=lambda j, r=row: (r[j], -j if later_first else j))
        if how == "farthest":
            columns = columns[::-1]
        if how == "first-dropped" and same:
            columns = columns[1:]
        columns = columns[:k]
        if how == "unordered":
            columns.sort()
        if how == "farthest-of-them":
            columns = columns[::-1]
        rows.append([row[j] for j in columns] if how == "values" else columns)
    return torch.tensor(rows)


NEAREST_MISTAKES = {
    "self-counted": "each code is its own nearest neighbour; with same=True leave it out",
    "first-dropped": "the first of each row was dropped; where two codes are equal that may be the "
    "double. Leave out the code itself, by its place on the diagonal",
    "always-left-out": "the diagonal is left out though `same` is False: there it is no neighbour "
    "of itself but just another code",
    "farthest": "the *farthest*; the nearest have the smallest distances",
    "values": "the distances; return the columns",
    "unordered": "the right columns, but not in order of distance",
    "farthest-of-them": "the right columns, but the farthest of them first",
    "later-first": "of equal distances the *later* column came first",
}


@check({"the nearest, in order": 1, "nobody itself": 1, "ties": 1})
def nearest(report: Report, nearest: Callable) -> None:
    """Against sorting lists."""
    name, what = "nearest", "the nearest columns"

    def look(table: Tensor, k: int, same: bool) -> None:
        given = table.clone()
        found = run(nearest, given, k, same, name=name)
        right = _nearest(table, k, same)
        wrong = [
            Mistake("one-too-few", (len(table), k - 1), "k − 1 neighbours; return k"),
            Mistake("one-too-many", (len(table), k + 1), "k + 1 neighbours; return k"),
            Mistake("everybody", tuple(table.shape), "all columns; return the first k"),
            Mistake("transposed", (k, len(table)), "one row for each query"),
        ]
        expect_shape(found, (len(table), k), what, wrong)
        known = []
        for how, why in NEAREST_MISTAKES.items():
            with_it = _nearest(table, k, same, how)
            if tuple(with_it.shape) == (len(table), k) and not torch.equal(with_it, right):
                known.append(Mistake(how, with_it, why))
        value = expect_shape(found, (len(table), k), what)
        chosen = value.long().clamp(0, table.shape[1] - 1)
        if (
            not torch.equal(value.double(), right.double())
            and not any(torch.equal(value.double(), m.value.double()) for m in known)
            and torch.equal(table.gather(1, chosen), table.gather(1, right))
        ):
            expect(
                False,
                "distances are right, but of equal ones not always the earlier column comes first; "
                "`topk` promises no order: argsort with stable=True does",
                "ties-by-chance",
            )
        expect_close(found, right, what, known)
        expect_unchanged(table, given, name)

    with report.criterion("the nearest, in order"):
        look(torch.rand(6, 9, generator=generator(310)), 4, False)
        look(torch.rand(8, 8, generator=generator(311)) + torch.eye(8).flip(1), 3, False)
    with report.criterion("nobody itself"):
        line = torch.rand(9, generator=generator(312))
        table = (line[:, None] - line).abs()
        look(table, 3, True)
        line[[1, 4, 7]] = line[[2, 8, 0]]
        look((line[:, None] - line).abs(), 4, True)
    with report.criterion("ties"):
        table = torch.randint(4, (7, 80), generator=generator(313)).float()
        look(table, 30, False)
        coarse = torch.randint(3, (40,), generator=generator(314)).float()
        look((coarse[:, None] - coarse).abs(), 20, True)


def _votes(labels: Tensor, how: str = "") -> list[int]:
    """Return the votes by counting, or what a mistake makes of them."""
    found = []
    everybody = labels.flatten().tolist()
    for row in labels.tolist():
        counts = {kind: row.count(kind) for kind in row}  # in order of first appearance
        tied = [kind for kind in counts if counts[kind] == max(counts.values())]
        rarest = [kind for kind in counts if counts[kind] == min(counts.values())]
        found.append(
            {
                "smallest-label": min(tied),
                "largest-label": max(tied),
                "first-only": row[0],
                "last-only": row[-1],
                "rarest": rarest[0],
                "median": sorted(row)[(len(row) - 1) // 2],
                "mean": round(sum(row) / len(row)),
                "count": max(counts.values()),
                "place": row.index(tied[0]),
                "class-number": sorted(set(everybody)).index(tied[0]),
                "last-tied": tied[-1],
            }.get(how, tied[0])
        )
    return found


VOTE_MISTAKES = {
    "first-only": "always the nearest alone; let all of them vote",
    "last-only": "always the farthest alone; let all of them vote",
    "smallest-label": "in a tie the *smallest label* won; the class of the nearest should",
    "largest-label": "in a tie the *largest label* won; the class of the nearest should",
    "last-tied": "in a tie the class that appears *last* won; the class of the nearest should",
    "rarest": "the *least* frequent class won",
    "median": "the middle of the sorted labels; labels are names, count them",
    "mean": "the mean of the labels; labels are names, count them",
    "count": "the number of votes; return the class",
    "place": "the place in the row; return the class that stands there",
    "class-number": "the number of the class in sorted order; return the label itself",
}


@check({"the majority": 1, "ties": 1})
def vote(report: Report, vote: Callable) -> None:
    """Against counting in lists."""
    name, what = "vote", "the votes"

    def look(labels: Tensor) -> None:
        given = labels.clone()
        value = run(vote, given, name=name)
        expect_shape(
            value,
            (len(labels),),
            what,
            [Mistake("one-for-all", (), "one class for all queries; one for each row")],
        )
        known = [Mistake(how, _votes(labels, how), why) for how, why in VOTE_MISTAKES.items()]
        expect_close(value, _votes(labels), what, known)
        expect_unchanged(labels, given, name)

    with report.criterion("the majority"):
        clear = [[4, 1, 1, 1, 7], [0, 9, 9, 2, 9], [3, 8, 8, 3, 3], [6, 5, 6, 5, 6]]
        clear += [[2, 7, 4, 7, 7], [1, 0, 0, 0, 0]]
        look(torch.tensor(clear))
        look(torch.tensor([[40, -3, -3], [-3, -3, 40], [12, 40, 40]]))
    with report.criterion("ties"):
        tied = [[5, 2, 2, 5, 9], [7, 3, 3, 7, 1], [1, 8, 8, 1, 6], [6, 4, 3, 2, 1], [9, 2, 2, 4, 4]]
        tied += [[0, 3, 1, 1, 3], [4, 9, 9, 4, 0]]
        look(torch.tensor(tied))
        look(torch.tensor([[3, 1], [2, 6], [5, 5]]))
