"""Week 6: the share of nearest neighbours that two embeddings have in common."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_unchanged, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "neighbour_overlap",
    signature="def neighbour_overlap(a, b, k):",
    right={
        "all against all": """
            p, q = (
                torch.cdist(z, z).fill_diagonal_(torch.inf).topk(k, largest=False).indices
                for z in (a, b)
            )
            shared = (p[:, :, None] == q[:, None, :]).sum()
            return float(shared) / (k * len(a))
        """,
        "sets": """
            def neighbour_overlap(a, b, k):
                def near(z):
                    z = z.double()
                    rows = []
                    for i in range(len(z)):
                        d = ((z - z[i]) ** 2).sum(1)
                        d[i] = float("inf")
                        rows.append(set(d.argsort()[:k].tolist()))
                    return rows
                return sum(len(p & q) / k for p, q in zip(near(a), near(b))) / len(a)
        """,
        "membership tables": """
            member = []
            for z in (a, b):
                d = torch.cdist(z, z) + torch.diag(torch.full((len(z),), torch.inf))
                m = torch.zeros(len(z), len(z))
                m.scatter_(1, d.argsort(dim=1)[:, :k], 1.0)
                member.append(m)
            return ((member[0] * member[1]).sum(1) / k).mean()
        """,
    },
    wrong={
        "self-counted": {".fill_diagonal_(torch.inf)": ""},
        "one-too-few": {".fill_diagonal_(torch.inf)": "", ".indices": ".indices[:, 1:]"},
        "jaccard": {
            "shared = ": "s = ",
            ".sum()": ".sum(dim=(1, 2))",
            "float(shared) / (k * len(a))": "float((s / (2 * k - s)).mean())",
        },
        "same-place": {"(p[:, :, None] == q[:, None, :])": "(p == q)"},
        "all-or-nothing": {
            "shared = (p[:, :, None] == q[:, None, :]).sum()": "",
            "float(shared) / (k * len(a))": (
                "float((p.sort(1).values == q.sort(1).values).all(1).double().mean())"
            ),
        },
        "any": {".sum()": ".flatten(1).any(1).sum()", "(k * len(a))": "len(a)"},
        "count": {"(k * len(a))": "len(a)"},
        "not-averaged": {"(k * len(a))": "k"},
        "divided-by-n": {"(k * len(a))": "(len(a) * (len(a) - 1))"},
        "farthest": {".fill_diagonal_(torch.inf)": "", ", largest=False": ""},
        "cosine": {"torch.cdist(z, z)": "(1 - F.normalize(z) @ F.normalize(z).T)"},
        "manhattan": {"torch.cdist(z, z)": "torch.cdist(z, z, p=1)"},
        "one-space": {"in (a, b)": "in (a, a)"},
    },
)
MESSAGES = {
    "self-counted": "each row is among its own neighbours, in both spaces; leave it out",
    "jaccard": "divided by the size of the union (Jaccard); divide by k",
    "same-place": "only neighbours at the same place in both lists count; the order is no matter",
    "all-or-nothing": "a row counts only if all of its k neighbours are shared; count each",
    "any": "one shared neighbour is enough here; count each of the k",
    "count": "the mean *number* of shared neighbours; divide by k",
    "not-averaged": "added up over rows; take the mean over rows",
    "total": "the total number of shared neighbours; divide by k and by the rows",
    "divided-by-n": "divided by all others; divide by k",
    "farthest": "the farthest instead of the nearest: `largest=False`",
    "cosine": "neighbours by cosine; take the Euclidean distance",
    "manhattan": "neighbours by Manhattan distance; take the Euclidean",
    "one-too-few": "k − 1 neighbours: was one of the k the row itself?",
    "one-space": "both lists are of the same space: everything is shared",
}


def near(z: Tensor, k: int, how: str) -> list[list[int]]:
    """Return the k nearest of each row, by sorting, or what a mistake takes for them."""
    z = z.double()
    if how == "cosine":  # of codes of length 1, the nearest have the largest cosine
        z = z / z.norm(dim=1, keepdim=True)
    rows = []
    for i, row in enumerate(torch.cdist(z, z, p=1 if how == "manhattan" else 2).tolist()):
        others = [j for j in range(len(row)) if j != i or how == "self-counted"]
        others.sort(key=row.__getitem__, reverse=how == "farthest")
        rows.append(others[: k - 1 if how == "one-too-few" else k])
    return rows


def overlap(a: Tensor, b: Tensor, k: int, how: str = "") -> float:
    """Return the overlap of k neighbours by sets, or what a mistake makes of it."""
    pairs = list(zip(near(a, k, how), near(b, k, how), strict=True))
    n = len(pairs)
    counts = [len(set(p) & set(q)) for p, q in pairs]
    shared = sum(counts)
    if how == "same-place":
        return sum(p == q for x, y in pairs for p, q in zip(x, y, strict=True)) / (k * n)
    return {
        "jaccard": sum(len(set(p) & set(q)) / len(set(p) | set(q)) for p, q in pairs if p) / n,
        "all-or-nothing": counts.count(k) / n,
        "any": (n - counts.count(0)) / n,
        "count": shared / n,
        "not-averaged": shared / k,
        "total": float(shared),
        "divided-by-n": shared / (n * (n - 1)),
        "one-space": 1.0,
    }.get(how, shared / (k * n))


def expect_overlap(neighbour_overlap: Callable, k: int) -> None:
    """Compare the overlap of two spaces with the one by sets."""
    name = EXERCISE.name
    a = torch.randn(18, 5, generator=grader_generator(28)) + 0.5
    b = torch.randn(18, 2, generator=grader_generator(29))
    b = a[:, :2] * torch.tensor([3.0, 1.0]) + 0.7 * b
    known = [Mistake(how, overlap(a, b, k, how), why) for how, why in MESSAGES.items()]
    given = a.clone(), b.clone()
    value = run(neighbour_overlap, *given, k, name=name)
    expect_close(value, overlap(a, b, k), f"the overlap of {k} neighbours", known)
    expect_unchanged(a, given[0], name)
    expect_unchanged(b, given[1], name)


@EXERCISE.criterion("what two spaces share", points=1)
def four(neighbour_overlap: Callable) -> None:
    """Four neighbours."""
    expect_overlap(neighbour_overlap, 4)


@EXERCISE.criterion("other k", points=1)
def other_k(neighbour_overlap: Callable) -> None:
    """One neighbour, and seven."""
    expect_overlap(neighbour_overlap, 1)
    expect_overlap(neighbour_overlap, 7)


@EXERCISE.conduct(right=overlap, sizes=(14, 5, 70), between=(0, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Two spaces and a number of neighbours."""
    return {"a": new.normal(n, 5), "b": new.normal(n, 2), "k": new.alternate(4, 3)}
