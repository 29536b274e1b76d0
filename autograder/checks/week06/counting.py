"""Hidden checks of week 6's counting measures: pair AUC, retrieval, neighbour overlap."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_unchanged, run, to_tensor
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


def _wins(same: list[float], diff: list[float], tie: float = 0.5) -> float:
    """Return the share of comparisons that `same` wins, one by one."""
    points = [1.0 if s > d else tie if s == d else 0.0 for s in same for d in diff]
    return sum(points) / len(points)


@check({"who is larger": 1, "ties": 1, "different numbers of each": 1})
def auc(report: Report, auc: Callable) -> None:
    """Against one comparison after the other."""
    name = "auc"

    def look(same: Tensor, diff: Tensor, what: str) -> None:
        s, d = same.tolist(), diff.tolist()
        right = _wins(s, d)
        pairs = list(zip(sorted(s), sorted(d), strict=False))
        known = [
            Mistake("ties-lose", _wins(s, d, 0.0), "a tie counts as lost; it counts one half"),
            Mistake("ties-win", _wins(s, d, 1.0), "a tie counts as won; it counts one half"),
            Mistake("swapped", 1 - right, "how often `diff` is larger; it is about `same`"),
            Mistake("count", right * len(s) * len(d), "the number of wins; divide by S · D"),
            Mistake("wrong-number", right * len(s), "divided by one of the two numbers only"),
            Mistake("wrong-number", right * len(d), "divided by one of the two numbers only"),
            Mistake("gini", 2 * right - 1, "2 AUC − 1; chance is one half here"),
            Mistake(
                "paired",
                sum(a > b for a, b in zip(s, d, strict=False)) / len(pairs),
                "number i with number i only; compare every one with every one",
            ),
            Mistake(
                "paired",
                (torch.tensor([a > b for a, b in pairs])).double().mean(),
                "number i with number i only; compare every one with every one",
            ),
            Mistake(
                "above-the-mean",
                (same.double() > diff.double().mean()).double().mean(),
                "compared with the *mean* of `diff`; compare with each",
            ),
            Mistake(
                "mean-difference",
                same.double().mean() - diff.double().mean(),
                "the difference of the means; count wins",
            ),
        ]
        given = same.clone(), diff.clone()
        value = run(auc, *given, name=name)
        expect_close(value, right, what, known)
        for before, after in zip((same, diff), given, strict=True):
            expect_unchanged(before, after, name)

    with report.criterion("who is larger"):
        same = torch.randn(8, generator=generator(21)) + 0.4
        look(same, torch.randn(8, generator=generator(22)), "the AUC of 8 and 8 numbers")
    with report.criterion("ties"):
        same = torch.randint(1, 5, (8,), generator=generator(23)).double() / 4
        diff = torch.randint(0, 4, (8,), generator=generator(24)).double() / 4
        look(same, diff, "the AUC of numbers that are often equal")
        look(torch.zeros(5), torch.zeros(3), "the AUC of numbers that are all equal")
    with report.criterion("different numbers of each"):
        same = 30 * torch.randn(5, generator=generator(25)) + 10
        look(same, 30 * torch.randn(11, generator=generator(26)), "the AUC of 5 and 11 numbers")


def _ranked(z: Tensor, labels: Tensor, how: str = "") -> Tensor:
    """Return the mean average precision by loops, or what a mistake makes of it."""
    z = z.double()
    u = z if how == "not-normalised" else z / z.norm(dim=1, keepdim=True)
    score = -torch.cdist(z, z) if how == "euclidean" else u @ u.T
    y, found = labels.tolist(), []
    for i in range(len(y)):
        others = [j for j in range(len(y)) if j != i or how == "query-included"]
        others.sort(key=lambda j: float(score[i, j]), reverse=how != "ascending")
        hits = [y[j] == y[i] for j in others]
        precision = [sum(hits[: r + 1]) / (r + 1) for r in range(len(hits))]
        at_hits = [p for p, hit in zip(precision, hits, strict=True) if hit]
        wanted = sum(hits)
        found.append(
            {
                "all-ranks": sum(precision) / len(precision),
                "divided-by-all": sum(at_hits) / len(hits),
                "precision-at-r": sum(hits[:wanted]) / wanted,
                "reciprocal-rank": 1 / (1 + hits.index(True)),
                "sum": sum(at_hits),
                "from-rank-zero": sum(at_hits) / (wanted + 1),
                "first-only": at_hits[0],
                "last-only": at_hits[-1],
            }.get(how, sum(at_hits) / wanted)
        )
    each = torch.tensor(found, dtype=torch.float64)
    if how == "mean-over-classes":
        return torch.stack([each[labels == c].mean() for c in labels.unique()]).mean()
    return each if how == "one-per-query" else each.mean()


MAP_MISTAKES = {
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
}


@check({"the mean average precision": 2, "two equal codes": 1})
def mean_average_precision(report: Report, mean_average_precision: Callable) -> None:
    """Against rankings by hand."""
    name = "mean_average_precision"
    labels = torch.tensor([3, 0, 3, 7, 7, 3, 0, 3, 3, 7, 0, 3, 3])
    move = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    z = torch.randn(13, 3, generator=generator(27)) * torch.linspace(0.4, 2, 13)[:, None]
    z = z + 0.8 * move[torch.searchsorted(torch.tensor([0, 3, 7]), labels)]

    def look(codes: Tensor, kinds: Tensor, what: str) -> None:
        known = [Mistake(how, _ranked(codes, kinds, how), why) for how, why in MAP_MISTAKES.items()]
        given = codes.clone()
        value = run(mean_average_precision, given, kinds.clone(), name=name)
        expect_close(value, _ranked(codes, kinds), what, known)
        expect_unchanged(codes, given, name)

    with report.criterion("the mean average precision"):
        look(z, labels, "the mAP of 13 codes")
    with report.criterion("two equal codes"):
        look(z, labels, "the mAP of 13 codes")
        for order in (torch.arange(6), torch.arange(6).flip(0)):
            twins, kinds = TWINS[order], TWIN_LABELS[order]
            value = run(mean_average_precision, twins.clone(), kinds.clone(), name=name)
            low, high = (_with_ties(twins, kinds, last) for last in (True, False))
            expect(
                low - 1e-5 <= float(to_tensor(value, "the mAP")) <= high + 1e-5,
                "wrong when two codes are equal: was the *first* of each ranking dropped? That may "
                "be the query's double; take the query's own index out",
                "first-dropped",
            )


# Rows 0 and 3 are equal, of different classes, and far from the other member of their class.
TWINS = torch.tensor(
    [
        *([1.0, 0.0, 0.0], [-0.9, 0.3, 0.1], [0.3, 0.9, 0.1]),
        *([1.0, 0.0, 0.0], [-0.8, -0.5, 0.1], [0.4, 0.8, -0.3]),
    ]
)
TWIN_LABELS = torch.tensor([0, 0, 2, 1, 1, 2])


def _with_ties(z: Tensor, labels: Tensor, hits_last: bool) -> float:
    """Return the mAP where of equally similar codes the right ones come last, or first."""
    u = z.double() / z.double().norm(dim=1, keepdim=True)
    cosine, y, found = (u @ u.T).round(decimals=9).tolist(), labels.tolist(), []
    for i in range(len(y)):
        others = [j for j in range(len(y)) if j != i]
        others.sort(key=lambda j: (-cosine[i][j], (y[j] == y[i]) == hits_last))
        hits = [y[j] == y[i] for j in others]
        at_hits = [sum(hits[: r + 1]) / (r + 1) for r, hit in enumerate(hits) if hit]
        found.append(sum(at_hits) / len(at_hits))
    return sum(found) / len(found)


def _near(z: Tensor, k: int, how: str) -> list[list[int]]:
    """Return the k nearest of each row, by sorting."""
    z = z.double()
    table = torch.cdist(z, z)
    if how == "cosine":
        u = z / z.norm(dim=1, keepdim=True)
        table = 1 - u @ u.T
    if how == "manhattan":
        table = torch.cdist(z, z, p=1)
    rows = []
    for i, row in enumerate(table.tolist()):
        others = [j for j in range(len(row)) if j != i or how == "self-counted"]
        if how == "self-counted":
            row[i] = -1.0
        others.sort(key=row.__getitem__, reverse=how == "farthest")
        rows.append(others[: k - 1 if how == "one-too-few" else k])
    return rows


def _overlap(a: Tensor, b: Tensor, k: int, how: str = "") -> float:
    pairs = list(zip(_near(a, k, how), _near(b, k, how), strict=True))
    if how == "jaccard":
        return sum(len(set(p) & set(q)) / len(set(p) | set(q)) for p, q in pairs) / len(pairs)
    if how == "same-place":
        return sum(p == q for x, y in pairs for p, q in zip(x, y, strict=True)) / (k * len(pairs))
    if how == "all-or-nothing":
        return sum(set(p) == set(q) for p, q in pairs) / len(pairs)
    if how == "any":
        return sum(bool(set(p) & set(q)) for p, q in pairs) / len(pairs)
    shared = sum(len(set(p) & set(q)) for p, q in pairs)
    return {
        "count": shared / len(pairs),
        "not-averaged": shared / k,
        "total": float(shared),
        "divided-by-n": shared / (len(pairs) * (len(pairs) - 1)),
        "one-space": 1.0,
    }.get(how, shared / (k * len(pairs)))


OVERLAP_MISTAKES = {
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


@check({"what two spaces share": 1, "other k": 1})
def neighbour_overlap(report: Report, neighbour_overlap: Callable) -> None:
    """Against sorting and sets."""
    name = "neighbour_overlap"
    a = torch.randn(18, 5, generator=generator(28)) + 0.5
    b = a[:, :2] * torch.tensor([3.0, 1.0]) + 0.7 * torch.randn(18, 2, generator=generator(29))

    def look(k: int) -> None:
        known = [Mistake(how, _overlap(a, b, k, how), w) for how, w in OVERLAP_MISTAKES.items()]
        given = a.clone(), b.clone()
        value = run(neighbour_overlap, *given, k, name=name)
        expect_close(value, _overlap(a, b, k), f"the overlap of {k} neighbours", known)
        for before, after in zip((a, b), given, strict=True):
            expect_unchanged(before, after, name)

    with report.criterion("what two spaces share"):
        look(4)
    with report.criterion("other k"):
        look(1)
        look(7)
