"""Week 7: the k nearest neighbours of every code, from a table of distances."""

from __future__ import annotations

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
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "nearest",
    signature="def nearest(distance, k, same):",
    right={
        "a stable argsort": """
            if same:
                distance = distance.clone().fill_diagonal_(torch.inf)
            return distance.argsort(dim=1, stable=True)[:, :k]
        """,
        "numpy": """
            d = distance.numpy().astype(float)
            if same:
                d[np.arange(len(d)), np.arange(len(d))] = np.inf
            return torch.from_numpy(np.argsort(d, axis=1, kind="stable")[:, :k].copy())
        """,
        "lists of columns": """
            rows = []
            for i, row in enumerate(distance.tolist()):
                others = [j for j in range(len(row)) if not (same and j == i)]
                rows.append(sorted(others, key=lambda j: (row[j], j))[:k])
            return torch.tensor(rows)
        """,
    },
    wrong={
        "farthest": {"stable=True": "stable=True, descending=True"},
        "self-counted": "pass; return distance.argsort(dim=1, stable=True)[:, :k]",
        "first-dropped": """
            pass
            return distance.argsort(dim=1, stable=True)[:, int(same) : k + int(same)]
        """,
        "always-left-out": {"if same:\n        ": ""},
        "changed-its-argument": {"distance = distance.clone()": "distance"},
        "values": {"argsort": "sort", "True)[": "True).values["},
        "unordered": {":k]": ":k].sort(dim=1).values"},
        "farthest-of-them": {":k]": ":k].flip(1)"},
        "later-first": {
            "distance.argsort": "(distance.shape[1] - 1 - distance.flip(1).argsort",
            "=True)": "=True))",
        },
        "ties-by-chance": {
            "argsort(dim=1, stable=True)[:, :k]": "topk(k, dim=1, largest=False).indices"
        },
        "one-too-few": {":k]": "1:k]"},
        "everybody": {"[:, :k]": ""},
        "transposed": {":k]": ":k].T"},
    },
)

WHAT = "the nearest columns"
MESSAGES = {
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


def columns(distance: Tensor, k: int, same: bool, how: str = "") -> Tensor:
    """Return the k nearest by sorting lists, or what a mistake makes of it."""
    rows = []
    for i, row in enumerate(distance.tolist()):
        left_out = {"self-counted": -1, "always-left-out": i, "first-dropped": -1}
        itself = left_out.get(how, i if same else -1)
        order = [j for j in range(len(row)) if j != itself]
        if how == "later-first":
            order.reverse()
        order.sort(key=row.__getitem__)  # equal ones keep their order
        if how == "farthest":
            order = order[::-1]
        if how == "first-dropped" and same:
            order = order[1:]
        order = order[:k]
        if how == "unordered":
            order.sort()
        if how == "farthest-of-them":
            order = order[::-1]
        rows.append([row[j] for j in order] if how == "values" else order)
    return torch.tensor(rows)


def expect_nearest(nearest: Callable, table: Tensor, k: int, same: bool) -> None:
    """Compare the student's neighbours with those of sorted lists."""
    given, queries = table.clone(), len(table)
    found = run(nearest, given, k, same, name="nearest")
    shapes = [
        Mistake("one-too-few", (queries, k - 1), "k − 1 neighbours; return k"),
        Mistake("one-too-many", (queries, k + 1), "k + 1 neighbours; return k"),
        Mistake("everybody", tuple(table.shape), "all columns; return the first k"),
        Mistake("transposed", (k, queries), "one row for each query"),
    ]
    value = expect_shape(found, (queries, k), WHAT, shapes)
    right, known = columns(table, k, same), visible(columns, MESSAGES, table, k, same)
    explained = [right, *(to_tensor(mistake.value, WHAT) for mistake in known)]
    named = any(torch.equal(value.double(), other.double()) for other in explained)
    chosen = value.long().clamp(0, table.shape[1] - 1)
    expect(
        named or not torch.equal(table.gather(1, chosen), table.gather(1, right)),
        "distances are right, but of equal ones not always the earlier column comes first; "
        "`topk` promises no order: argsort with stable=True does",
        "ties-by-chance",
    )
    expect_close(found, right, WHAT, known)
    expect_unchanged(table, given, "nearest")


def gaps(numbers: Tensor) -> Tensor:
    """Return the distances between numbers on a line."""
    return (numbers[:, None] - numbers).abs()


@EXERCISE.criterion("the nearest, in order", points=1)
def in_order(nearest: Callable) -> None:
    """Random tables between two sets of codes; the second is square, yet not of one set."""
    expect_nearest(nearest, torch.rand(6, 9, generator=grader_generator(310)), 4, False)
    square = torch.rand(8, 8, generator=grader_generator(311)) + torch.eye(8).flip(1)
    expect_nearest(nearest, square, 3, False)


@EXERCISE.criterion("nobody itself", points=1)
def not_itself(nearest: Callable) -> None:
    """Codes of one set, at first all different, then some of them equal."""
    line = torch.rand(9, generator=grader_generator(312))
    expect_nearest(nearest, gaps(line), 3, True)
    line[[1, 4, 7]] = line[[2, 8, 0]]
    expect_nearest(nearest, gaps(line), 4, True)


@EXERCISE.criterion("ties", points=1)
def ties(nearest: Callable) -> None:
    """Tables with few different distances, where the order of equal ones matters."""
    coarse = torch.randint(4, (7, 80), generator=grader_generator(313)).float()
    expect_nearest(nearest, coarse, 30, False)
    line = torch.randint(3, (40,), generator=grader_generator(314)).float()
    expect_nearest(nearest, gaps(line), 20, True)


@EXERCISE.conduct(right=columns, sizes=(8, 5, 70))
def arguments(new: Draw, n: int) -> Arguments:
    """A square table."""
    return {
        "distance": new.uniform(0.1, 9, n, n),
        "k": new.alternate(4, 3),
        "same": new.alternate(True, False),
    }
