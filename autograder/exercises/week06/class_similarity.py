"""Week 6: mean cosines within and between classes, by sums of unit vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week06._classes import class_sums, codes, units
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "class_similarity",
    signature="def class_similarity(z, labels):",
    right={
        "class by class": """
            u = z.double() / z.double().norm(dim=1, keepdim=True)
            total, same, diff = u.sum(dim=0), [], []
            for c in labels.unique():
                members = u[labels == c]
                n, s = len(members), members.sum(dim=0)
                same.append((s @ s - n) / (n * (n - 1)))
                diff.append(s @ (total - s) / (n * (len(u) - n)))
            return torch.stack(same), torch.stack(diff)
        """,
        "one-hot, no loop": """
            _, own, n = labels.unique(return_inverse=True, return_counts=True)
            u = F.normalize(z.double(), dim=1)
            sums = F.one_hot(own).double().T @ u
            same = ((sums ** 2).sum(1) - n) / (n * (n - 1))
            diff = (sums * (sums.sum(0) - sums)).sum(1) / (n * (len(z) - n))
            return same, diff
        """,
        "float32, index_add, lists": """
            classes = sorted(set(labels.tolist()))
            u = z / torch.linalg.norm(z, dim=1)[:, None]
            sums = {c: u[labels == c].sum(0) for c in classes}
            count = {c: int((labels == c).sum()) for c in classes}
            same, diff = [], []
            for c in classes:
                rest = sum(sums[k] for k in classes if k != c)
                n = count[c]
                same.append(float(((sums[c] ** 2).sum() - n) / (n * n - n)))
                diff.append(float(sums[c].dot(rest) / n / (len(z) - n)))
            return same, diff
        """,
        "numpy, the mean vectors": """
            u = z.double().numpy()
            u = u / np.sqrt((u ** 2).sum(1, keepdims=True))
            y = labels.numpy()
            same, diff = [], []
            for c in np.unique(y):
                m, o = u[y == c].mean(0), u[y != c].mean(0)
                n = (y == c).sum()
                same.append((n * (m @ m) - 1) / (n - 1))
                diff.append(m @ o)
            return np.array(same), np.array(diff)
        """,
    },
    wrong={
        "self-pairs": {"(s @ s - n) / (n * (n - 1))": "s @ s / n ** 2"},
        "self-pairs-in-sum": {"(s @ s - n)": "s @ s"},
        "self-pairs-in-number": {"(n * (n - 1))": "n ** 2"},
        "half-the-pairs": {"(n * (n - 1))": "(n * (n - 1) / 2)"},
        "not-normalised": {" / z.double().norm(dim=1, keepdim=True)": ""},
        "columns-normalised": {"dim=1, keepdim=True": "dim=0"},
        "renormalised": {
            "torch.stack(same)": "(1 + torch.stack(same)) / 2",
            "torch.stack(diff)": "(1 + torch.stack(diff)) / 2",
        },
        "sum-not-mean": {
            "(s @ s - n) / (n * (n - 1))": "s @ s - n",
            "s @ (total - s) / (n * (len(u) - n))": "s @ (total - s)",
        },
        "swapped": {"stack(same)": "stack(diff)", "stack(diff)": "stack(same)"},
        "own-class-in-diff": {"(total - s) / (n * (len(u) - n))": "total / (n * len(u))"},
        "own-class-in-number": {"(len(u) - n)": "len(u)"},
        "mean-over-classes": {
            "s @ (total - s) / (n * (len(u) - n))": (
                "torch.stack([(s / n) @ u[labels == k].mean(0)"
                " for k in labels.unique() if k != c]).mean()"
            )
        },
        "labels-from-zero": {"labels.unique()": "range(int(labels.max()) + 1)"},
        "matrix": """
            u = F.normalize(z.double())
            cosine = u @ u.T
            alike = labels[:, None] == labels
            other = ~torch.eye(len(z), dtype=torch.bool)
            same, diff = [], []
            for c in labels.unique():
                own = (labels == c)[:, None]
                same.append(cosine[own & alike & other].mean())
                diff.append(cosine[own & ~alike].mean())
            return torch.stack(same), torch.stack(diff)
        """,
        "changed-its-argument": """
            z /= z.norm(dim=1, keepdim=True)
            same, diff = [], []
            for c in labels.unique():
                s, n = z[labels == c].sum(0), int((labels == c).sum())
                same.append((s @ s - n) / (n * (n - 1)))
                diff.append(s @ (z.sum(0) - s) / (n * (len(z) - n)))
            return torch.stack(same), torch.stack(diff)
        """,
    },
)

PARTS = ("the same-class means", "the different-class means")
Z, LABELS = codes(12, 3, 11), torch.arange(12) % 3


def by_pairs(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
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


def same_mistakes(z: Tensor, labels: Tensor, right: Tensor) -> list[Mistake]:
    """Return what goes wrong with the means over pairs of one class."""
    sums, n = class_sums(units(z), labels)
    square, pairs = sums.square().sum(1), n * (n - 1)

    def plain(v: Tensor) -> tuple[Tensor, Tensor]:
        """Squared lengths of class sums of vectors as they are, and of the vectors themselves."""
        return class_sums(v, labels)[0].square().sum(1), class_sums(v**2, labels)[0].sum(1)

    raw, raw_own = plain(z.double())
    columns, columns_own = plain(z.double() / z.double().norm(dim=0))
    own = "each code's cosine with itself, 1, is in the mean: take the self-pairs out"
    in_sum = "divided by n (n − 1) pairs, but the n self-pairs are still in the sum"
    in_number = "the self-pairs were taken out of the sum but are still in the number, n²"
    half = "every pair is twice in the sum, so divide by n (n − 1), not by half of that"
    units_first = "dot products of the codes as they are; make them unit vectors first"
    rows = "the columns were given length 1, not the rows; use dim=1"
    return [
        Mistake("self-pairs", square / n**2, own),
        Mistake("self-pairs-in-sum", square / pairs, in_sum),
        Mistake("self-pairs-in-number", (square - n) / n**2, in_number),
        Mistake("half-the-pairs", (square - n) / (pairs / 2), half),
        Mistake("not-normalised", (raw - raw_own) / pairs, units_first),
        Mistake("not-normalised", (raw - n) / pairs, units_first),
        Mistake("columns-normalised", (columns - columns_own) / pairs, rows),
        Mistake("columns-normalised", (columns - n) / pairs, rows),
        Mistake("renormalised", (1 + right) / 2, "(1 + cosine) / 2; return the cosines here"),
        Mistake("sum-not-mean", square - n, "the sum over pairs; divide by their number"),
        Mistake("swapped", by_pairs(z, labels)[1], "the two results are in the wrong order"),
    ]


def diff_mistakes(z: Tensor, labels: Tensor, right: Tensor) -> list[Mistake]:
    """Return what goes wrong with the means over pairs of two classes."""
    sums, n = class_sums(units(z), labels)
    total, every = sums.sum(0), n.sum()
    raw, _ = class_sums(z.double(), labels)
    means = sums / n[:, None]
    between = means @ means.T
    others = (between.sum(1) - between.diagonal()) / (len(n) - 1)
    across = (sums * (total - sums)).sum(1)
    raw_across = (raw * (raw.sum(0) - raw)).sum(1) / (n * (every - n))
    for_all = (right * n * (every - n)).sum() / (n * (every - n)).sum()
    own = "the class's own codes are among the others: subtract S_c from the total"
    number = "divided by the number of *all* codes; there are N − n_c others"
    fewer = "divided by N − 1 others; there are N − n_c in other classes"
    classes = "the mean over the other *classes*; large classes have more pairs: mean over pairs"
    units_first = "dot products of the codes as they are; make them unit vectors first"
    return [
        Mistake("own-class-in-diff", sums @ total / (n * every), own),
        Mistake("own-class-in-diff", sums @ total / (n * (every - n)), own),
        Mistake("own-class-in-number", across / (n * every), number),
        Mistake("own-class-in-number", across / (n * (every - 1)), fewer),
        Mistake("mean-over-classes", others, classes),
        Mistake("not-normalised", raw_across, units_first),
        Mistake("renormalised", (1 + right) / 2, "(1 + cosine) / 2; return the cosines here"),
        Mistake("one-for-all", for_all, "one number for all classes; return one for each"),
    ]


def answer(class_similarity: Callable, z: Tensor, labels: Tensor) -> tuple:
    """Return the student's two results; the codes must stay as they were."""
    given, name = z.clone(), "class_similarity"
    found = to_pair(run(class_similarity, given, labels.clone(), name=name), name, PARTS)
    expect_unchanged(z, given, name)
    return found


@EXERCISE.criterion("same-class pairs", points=1)
def same_class(class_similarity: Callable) -> None:
    """Against loops over pairs."""
    right = by_pairs(Z, LABELS)[0]
    got = answer(class_similarity, Z, LABELS)[0]
    expect_close(got, right, PARTS[0], same_mistakes(Z, LABELS, right))


@EXERCISE.criterion("different-class pairs", points=1)
def different_class(class_similarity: Callable) -> None:
    """Against loops over pairs."""
    right = by_pairs(Z, LABELS)[1]
    got = answer(class_similarity, Z, LABELS)[1]
    expect_close(got, right, PARTS[1], diff_mistakes(Z, LABELS, right))


@EXERCISE.criterion("any labels, classes of any size", points=1)
def any_labels(class_similarity: Callable) -> None:
    """Labels 2, 4 and 9, which do not come in order."""
    z = codes(17, 4, 12)
    labels = torch.tensor([9, 4, 9, 2, 4, 9, 9, 2, 9, 4, 9, 9, 2, 9, 9, 4, 9])
    same, diff = by_pairs(z, labels)
    mistakes = (same_mistakes(z, labels, same), diff_mistakes(z, labels, diff))
    values = answer(class_similarity, z, labels)
    for value, right, known, part in zip(values, (same, diff), mistakes, PARTS, strict=True):
        got = to_tensor(value, part)
        expect(
            got.shape not in ((10,), (9,)),
            "a class for every number from 0 on: the labels here are 2, 4 and 9; use "
            "labels.unique()",
            "labels-from-zero",
        )
        expect_shape(got, (3,), part)
        why = "the classes in the order of their first appearance"
        expect_close(got, right, part, [*known, Mistake("wrong-order", right[[2, 1, 0]], why)])


@remote_call
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


@EXERCISE.criterion("no matrix of pairs", points=1)
def no_matrix(class_similarity: Callable) -> None:
    """The largest tensor that is made on the way is measured."""
    n = 240
    z, labels = codes(n, 4, 13), torch.arange(n) % 3
    told: Any = run(lambda: _watched(class_similarity, z, labels), name="class_similarity")
    (value, _), largest = told
    sums, counts = class_sums(units(z), labels)
    right = (sums.square().sum(1) - counts) / (counts * (counts - 1))
    expect_close(value, right, PARTS[0], same_mistakes(z, labels, right))
    largest = int(to_tensor(largest, "a size"))
    expect(
        largest < (n // 3) ** 2,
        f"for {n} codes a tensor of {largest:,} numbers was made: "
        "all pairs, of everybody or of one class; use sums of unit vectors",
        "matrix",
    )


@EXERCISE.conduct(right=by_pairs, sizes=(12, 4, 70), between=(-1, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Codes and labels."""
    return {"z": new.normal(n, 3), "labels": new.labels(n)}
