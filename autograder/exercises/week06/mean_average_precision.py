"""Week 6: retrieval, each code a query for the other codes of its class."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_unchanged, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "mean_average_precision",
    signature="def mean_average_precision(z, labels):",
    right={
        "one table": """
            u = F.normalize(z.double())
            s = u @ u.T
            s.fill_diagonal_(-torch.inf)
            order = s.argsort(dim=1, descending=True)[:, :-1]
            hit = (labels[order] == labels[:, None]).double()
            p = hit.cumsum(1) / torch.arange(1, hit.shape[1] + 1)
            each = (p * hit).sum(1) / hit.sum(1)
            return float(each.mean())
        """,
        "query by query": """
            u = z.double() / z.double().norm(dim=1, keepdim=True)
            total = 0.0
            for i in range(len(z)):
                rest = [j for j in range(len(z)) if j != i]
                rest.sort(key=lambda j: -float(u[i] @ u[j]))
                found, precisions = 0, []
                for rank, j in enumerate(rest, start=1):
                    if labels[j] == labels[i]:
                        found += 1
                        precisions.append(found / rank)
                total += sum(precisions) / found
            return total / len(z)
        """,
        "float32, positions of the hits": """
            u = z / z.norm(dim=1, keepdim=True)
            out = []
            for i in range(len(z)):
                keep = torch.arange(len(z)) != i
                order = torch.argsort(-(u[keep] @ u[i]))
                places = torch.nonzero(labels[keep][order] == labels[i])[:, 0] + 1
                out.append((torch.arange(1, len(places) + 1) / places).mean())
            return torch.stack(out).mean()
        """,
    },
    wrong={
        "query-included": {"s.fill_diagonal_(-torch.inf)": "pass", "[:, :-1]": ""},
        "first-dropped": {
            "s.fill_diagonal_(-torch.inf)": "pass",
            "True)[:, :-1]": "True, stable=True)[:, 1:]",
        },
        "ascending": {"-torch.inf": "torch.inf", ", descending=True": ""},
        "not-normalised": {"F.normalize(z.double())": "z.double()"},
        "euclidean": {"u @ u.T": "-torch.cdist(z.double(), z.double())"},
        "all-ranks": {"(p * hit).sum(1) / hit.sum(1)": "p.mean(1)"},
        "divided-by-all": {".sum(1) / hit.sum(1)": ".mean(1)"},
        "precision-at-r": {
            "(p * hit).sum(1) / hit.sum(1)": (
                "p.gather(1, hit.sum(1, keepdim=True).long() - 1)[:, 0]"
            )
        },
        "reciprocal-rank": {"(p * hit).sum(1) / hit.sum(1)": "1 / (1 + hit.argmax(1))"},
        "sum": {" / hit.sum(1)": ""},
        "one-per-query": {"float(each.mean())": "each"},
        "mean-over-classes": {
            "each.mean()": "torch.stack([each[labels == c].mean() for c in labels.unique()]).mean()"
        },
    },
)
NAME = EXERCISE.name
MESSAGES = {
    "query-included": "every query finds itself at rank 1; leave it out of its own ranking",
    "ascending": "the least similar come first",
    "not-normalised": "dot products instead of cosines: long codes win; divide by the lengths",
    "euclidean": "ranked by Euclidean distance; rank by cosine",
    "all-ranks": "the precision was averaged over all ranks; over those with a hit only",
    "divided-by-all": "divided by the number of all others; by that of the right ones",
    "precision-at-r": "one precision, at rank R; average it over the ranks of all hits",
    "reciprocal-rank": "only the first hit counts (mean reciprocal rank); all of them should",
    "last-only": "only the precision at the last hit",
    "sum": "the sum over the hits; take the mean",
    "mean-over-classes": "the mean of the classes' means; every query counts once",
    "one-per-query": "one number for each query; return their mean",
    "query-for-last": "every query finds itself at rank 1 and the last code is left out instead; "
    "leave the query itself out",
    "last-left-out": "the last code of each ranking was left out, too",
    "ascending-with-query": "the least similar come first, the query itself before them",
    "other-classes": "codes of *other* classes count as hits",
    "rank-too-late": "ranks are counted from 2; the first has rank 1",
    "one-hit-more": "one hit too many is counted at every rank",
    "one-over-rank": "1 / rank for each hit; the precision is the number of hits so far / rank",
}


def average_precision(hits: list[bool], how: str = "") -> float:
    """Return the average precision of one ranking, or what a mistake makes of it."""
    late, more = how == "rank-too-late", how == "one-hit-more"
    precision = [(sum(hits[: r + 1]) + more) / (r + 1 + late) for r in range(len(hits))]
    at_hits = [p for p, hit in zip(precision, hits, strict=True) if hit]
    wanted = sum(hits)
    return {
        "all-ranks": sum(precision) / len(precision),
        "divided-by-all": sum(at_hits) / len(hits),
        "precision-at-r": sum(hits[:wanted]) / wanted,
        "reciprocal-rank": 1 / (1 + hits.index(True)),
        "sum": sum(at_hits),
        "last-only": at_hits[-1] if at_hits else 0.0,
        "one-hit-more": sum(at_hits) / (wanted + 1),
        "one-over-rank": sum(1 / (rank + 1) for rank, hit in enumerate(hits) if hit) / wanted,
    }.get(how, sum(at_hits) / wanted)


def ranked(z: Tensor, labels: Tensor, how: str = "", bonus: float = 0.0) -> Tensor:
    """Return the mean average precision by loops, or what a mistake makes of it.

    A tiny bonus for codes of the query's class decides which of equally similar codes come first.
    """
    z = z.double()
    u = z if how == "not-normalised" else z / z.norm(dim=1, keepdim=True)
    score = -torch.cdist(z, z) if how == "euclidean" else u @ u.T
    y, found = labels.tolist(), []
    for i, row in enumerate((score + bonus * (labels[:, None] == labels)).tolist()):
        itself = how in ("query-included", "query-for-last")
        others = [j for j in range(len(y)) if j != i or itself]
        others.sort(key=row.__getitem__, reverse="ascending" not in how)
        others = others[:-1] if how in ("query-for-last", "last-left-out") else others
        others = [i, *others[:-1]] if how == "ascending-with-query" else others
        hits = [(y[j] == y[i]) != (how == "other-classes") for j in others]
        found.append(average_precision(hits, how))
    each = torch.tensor(found, dtype=torch.float64)
    if how == "mean-over-classes":
        return torch.stack([each[labels == c].mean() for c in labels.unique()]).mean()
    return each if how == "one-per-query" else each.mean()


@EXERCISE.criterion("the mean average precision", points=2)
def thirteen_codes(mean_average_precision: Callable) -> None:
    """Codes of three classes, of different lengths."""
    labels = torch.tensor([3, 0, 3, 7, 7, 3, 0, 3, 3, 7, 0, 3, 3])
    z = torch.randn(13, 3, generator=grader_generator(27)) * torch.linspace(0.4, 2, 13)[:, None]
    z = z + 0.8 * torch.eye(3)[torch.searchsorted(torch.tensor([0, 3, 7]), labels)]
    known = [Mistake(how, ranked(z, labels, how), why) for how, why in MESSAGES.items()]
    given = z.clone()
    value = run(mean_average_precision, given, labels.clone(), name=NAME)
    expect_close(value, ranked(z, labels), "the mAP of 13 codes", known)
    expect_unchanged(z, given, NAME)


# Rows 0 and 3 are equal, of different classes, and far from the other member of their class.
TWINS = [[1.0, 0.0, 0.0], [-0.9, 0.3, 0.1], [0.3, 0.9, 0.1]]
TWINS += [[1.0, 0.0, 0.0], [-0.8, -0.5, 0.1], [0.4, 0.8, -0.3]]
TWIN_LABELS = torch.tensor([0, 0, 2, 1, 1, 2])


@EXERCISE.criterion(
    "two equal codes",
    points=1,
    alone="right where no two codes are equal, wrong where two are",
)
def equal_codes(mean_average_precision: Callable) -> None:
    """The order of equal codes is left open, except that a query is never in its own ranking."""
    thirteen_codes(mean_average_precision)
    for order in (torch.arange(6), torch.arange(6).flip(0)):
        twins, kinds = torch.tensor(TWINS)[order], TWIN_LABELS[order]
        value = run(mean_average_precision, twins.clone(), kinds.clone(), name=NAME)
        low, high = (float(ranked(twins, kinds, bonus=b)) for b in (-1e-6, 1e-6))
        expect(
            low - 1e-5 <= float(to_tensor(value, "the mAP")) <= high + 1e-5,
            "wrong when two codes are equal: was the *first* of each ranking dropped? That may "
            "be the query's double; take the query's own index out",
            "first-dropped",
        )


@EXERCISE.conduct(right=ranked, sizes=(12, 4, 70), between=(0, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Codes and labels."""
    return {"z": new.normal(n, 3), "labels": new.labels(n)}
