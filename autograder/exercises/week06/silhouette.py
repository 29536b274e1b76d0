"""Week 6: the mean silhouette of codes and their classes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_unchanged,
    run,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "silhouette",
    signature="def silhouette(z, labels):",
    right={
        "a table of class means": """
            d = torch.cdist(z.double(), z.double())
            classes, own = labels.unique(return_inverse=True)
            member = F.one_hot(own, len(classes)).double()
            sums, n = d @ member, member.sum(0)
            rows = torch.arange(len(z))
            a = sums[rows, own] / (n[own] - 1).clamp_min(1)
            means = sums / n
            means[rows, own] = torch.inf
            b = means.amin(1)
            s = (b - a) / torch.maximum(a, b)
            s = torch.where(n[own] > 1, s, 0.0)
            return float(s.mean())
        """,
        "code by code": """
            z, y = z.double(), labels.tolist()
            values = []
            for i in range(len(z)):
                d = torch.sqrt(((z - z[i]) ** 2).sum(1)).tolist()
                own = [d[j] for j in range(len(y)) if y[j] == y[i] and j != i]
                if not own:
                    values.append(0.0)
                    continue
                a = sum(own) / len(own)
                b = min(
                    sum(d[j] for j in range(len(y)) if y[j] == c) / y.count(c)
                    for c in set(y) if c != y[i]
                )
                values.append((b - a) / max(a, b))
            return sum(values) / len(values)
        """,
        "numpy, masks": """
            x, y = z.numpy().astype(float), labels.numpy()
            d = np.linalg.norm(x[:, None] - x[None], axis=2)
            s = np.zeros(len(x))
            for i in range(len(x)):
                own = (y == y[i]) & (np.arange(len(x)) != i)
                if own.any():
                    a = d[i, own].mean()
                    b = min(d[i, y == c].mean() for c in np.unique(y[y != y[i]]))
                    s[i] = 1 - a / b if a < b else b / a - 1
            return s.mean()
        """,
    },
    wrong={
        "self-counted": {"(n[own] - 1)": "n[own]"},
        "squared": {"cdist(z.double(), z.double())": "cdist(z.double(), z.double()) ** 2"},
        "manhattan": {"z.double())\n": "z.double(), p=1)\n"},
        "cosine": {
            "torch.cdist(z.double(), z.double())": (
                "1 - F.normalize(z.double()) @ F.normalize(z.double()).T"
            )
        },
        "sign": {"(b - a)": "(a - b)"},
        "not-divided": {"(b - a) / torch.maximum(a, b)": "b - a"},
        "divided-by-a": {"torch.maximum(a, b)": "a"},
        "divided-by-b": {"torch.maximum(a, b)": "b"},
        "divided-by-min": {"maximum": "minimum"},
        "divided-by-sum": {"torch.maximum(a, b)": "(a + b)"},
        "b-everybody": {"means.amin(1)": "(d.sum(1) - sums[rows, own]) / (len(z) - n[own])"},
        "b-mean-of-classes": {
            "torch.inf": "0",
            "means.amin(1)": "means.sum(1) / (len(classes) - 1)",
        },
        "b-farthest": {"torch.inf": "-torch.inf", "amin": "amax"},
        "b-nearest-code": {
            "means.amin(1)": "d.masked_fill(labels[:, None] == labels, torch.inf).amin(1)"
        },
        "mean-over-classes": {
            "s.mean()": "torch.stack([s[labels == c].mean() for c in classes]).mean()"
        },
        "one-per-code": {"float(s.mean())": "s"},
        "nan-for-one": """
            d = torch.cdist(z.double(), z.double())
            s = []
            for i in range(len(z)):
                own = labels == labels[i]
                a = d[i, own].sum() / (own.sum() - 1)
                b = min(d[i, labels == c].mean() for c in labels.unique() if c != labels[i])
                s.append((b - a) / max(a, b))
            return float(torch.stack(s).mean())
        """,
        "alone-is-one": {"s, 0.0)": "s, 1.0)"},
        "alone-left-out": {"torch.where(n[own] > 1, s, 0.0)": "s[n[own] > 1]"},
    },
)

MISTAKES = {
    "self-counted": "the distance of a code to itself, 0, is in its mean a: divide by n − 1",
    "squared": "squared distances: the root is missing",
    "manhattan": "Manhattan distances; take Euclidean ones",
    "cosine": "cosine distances; take Euclidean ones",
    "sign": "a − b; it is b − a",
    "not-divided": "b − a was not divided by the larger of the two",
    "divided-by-a": "divided by a; divide by the larger of a and b",
    "divided-by-b": "divided by b; divide by the larger of a and b",
    "divided-by-min": "divided by the smaller of a and b; divide by the larger",
    "divided-by-sum": "divided by a + b; divide by the larger of the two",
    "b-everybody": "b is the mean over *all* other classes together; take the nearest class's mean",
    "b-mean-of-classes": "b is the mean of the other classes' means; take the smallest",
    "b-farthest": "b is the mean of the *farthest* class; take the nearest",
    "b-nearest-code": "b is the distance to the nearest code of another class; take a class mean",
    "nearest-codes": "distances to the nearest codes; take means over classes",
    "mean-over-classes": "the mean of the classes' means; every code counts once",
    "one-per-code": "one number for each code; return their mean",
    "alone-is-one": "a code that is alone in its class counts 0, not 1",
    "alone-left-out": "codes that are alone in their class were left out; they count 0",
}


def table(z: Tensor, how: str) -> list[list[float]]:
    """Return all distances, or what a mistake makes of them."""
    z = z.double()
    if how == "squared":
        return torch.cdist(z, z).square().tolist()
    if how == "cosine":
        u = z / z.norm(dim=1, keepdim=True)
        return (1 - u @ u.T).tolist()
    return torch.cdist(z, z, p=1 if how == "manhattan" else 2).tolist()


def of_one(own: list[float], others: list[list[float]], how: str) -> float:
    """Return one code's silhouette from its distances to its own class and to each other one."""
    means, everybody = [sum(v) / len(v) for v in others], [d for v in others for d in v]
    a = min(own) if how == "nearest-codes" else sum(own) / len(own)
    b = {
        "b-everybody": sum(everybody) / len(everybody),
        "b-mean-of-classes": sum(means) / len(means),
        "b-farthest": max(means),
        "b-nearest-code": min(everybody),
        "nearest-codes": min(everybody),
    }.get(how, min(means))
    results = {
        "sign": (a - b) / max(a, b),
        "not-divided": b - a,
        "divided-by-a": (b - a) / a,
        "divided-by-b": (b - a) / b,
        "divided-by-min": (b - a) / min(a, b),
        "divided-by-sum": (b - a) / (a + b),
    }
    return results.get(how, (b - a) / max(a, b))


def by_loops(z: Tensor, labels: Tensor, how: str = "") -> Tensor:
    """Return the mean silhouette, or what a mistake makes of it."""
    d, y, each = table(z, how), labels.tolist(), []
    n, kinds = range(len(y)), sorted(set(y))
    for i in n:
        own = [d[i][j] for j in n if y[j] == y[i] and (j != i or how == "self-counted")]
        if y.count(y[i]) == 1:
            each.append({"alone-is-one": 1.0, "alone-left-out": math.nan}.get(how, 0.0))
        else:
            others = [[d[i][j] for j in n if y[j] == c] for c in kinds if c != y[i]]
            each.append(of_one(own, others, how))
    s = torch.tensor(each, dtype=torch.float64)
    if how == "mean-over-classes":
        return torch.stack([s[labels == c].mean() for c in labels.unique()]).mean()
    return s if how == "one-per-code" else s.nanmean()


def look(silhouette: Callable, z: Tensor, labels: Tensor, what: str) -> None:
    """Compare the student's silhouette with loops over codes; the codes stay as they were."""
    given = z.clone()
    value = run(silhouette, given, labels.clone(), name="silhouette")
    alone = "one" in what
    expect(
        bool(torch.isfinite(to_tensor(value, what).double()).all()),
        f"{what} is NaN or infinite" + (": 0/0 for a code that is alone in its class" * alone),
        "nan-for-one" if alone else "not-finite",
    )
    known = [Mistake(how, by_loops(z, labels, how), why) for how, why in MISTAKES.items()]
    expect_close(value, by_loops(z, labels), what, known)
    expect_unchanged(z, given, "silhouette")


DRAW = torch.randn(14, 3, generator=grader_generator(34)) * torch.tensor([1.0, 0.7, 1.4]) + 1.0


@EXERCISE.criterion("the formula", points=1)
def formula(silhouette: Callable) -> None:
    """Two classes."""
    two = torch.arange(14) % 2
    moved = DRAW + two[:, None] * torch.tensor([1.3, 0.5, 0.0])
    look(silhouette, moved, two, "the silhouette of two classes")


@EXERCISE.criterion("the nearest other class", points=1)
def nearest_class(silhouette: Callable) -> None:
    """Four classes, so that the nearest is not the only other one."""
    four = torch.tensor([9, 1, 1, 4, 9, 6, 6, 4, 4, 1, 9, 9, 4, 4])
    places = torch.tensor([[0.0, 0, 0], [3.0, 0, 0], [0, 1.5, 0], [0, 0, 6.0]])
    moved = DRAW + places[torch.searchsorted(torch.tensor([1, 4, 6, 9]), four)]
    look(silhouette, moved, four, "the silhouette of four classes")


@EXERCISE.criterion("a class of one", points=1)
def class_of_one(silhouette: Callable) -> None:
    """A code that is alone counts 0."""
    kinds = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 3, 3])
    moved = DRAW + kinds[:, None] * torch.tensor([1.0, 0.3, 0.0])
    look(silhouette, moved, kinds, "the silhouette with a class of one")


@EXERCISE.conduct(right=by_loops, sizes=(12, 4, 70), between=(-1, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Codes and labels."""
    return {"z": new.normal(n, 3), "labels": new.labels(n)}
