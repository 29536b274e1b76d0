"""Elective A: precision at k and average precision of ranked lists."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "list_quality",
    signature="def list_quality(relevant, k):",
    right={
        "one table": """
            hit = relevant.double()
            p = hit.cumsum(dim=1) / torch.arange(1, hit.shape[1] + 1)
            average = (p * hit).sum(dim=1) / hit.sum(dim=1).clamp_min(1)
            return p[:, k - 1], average
        """,
        "list by list": """
            precision, average = [], []
            for row in relevant.tolist():
                precision.append(sum(row[:k]) / k)
                found, parts = 0, []
                for rank, wanted in enumerate(row, start=1):
                    if wanted:
                        found += 1
                        parts.append(found / rank)
                average.append(sum(parts) / len(parts) if parts else 0.0)
            return torch.tensor(precision), torch.tensor(average)
        """,
        "places of the hits, float32": """
            precision = relevant[:, :k].float().mean(dim=1)
            average = torch.zeros(len(relevant))
            for i, row in enumerate(relevant):
                ranks = row.nonzero().flatten() + 1
                if len(ranks):
                    average[i] = (torch.arange(1, len(ranks) + 1) / ranks).mean()
            return precision, average
        """,
        "numpy": """
            hit = relevant.numpy().astype(np.float64)
            n = hit.shape[1]
            up_to = np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None]
            pairs = np.einsum("qi,qj,ij->q", hit, hit, up_to)
            average = pairs / np.maximum(hit.sum(axis=1), 1)
            return torch.from_numpy(hit[:, :k].sum(axis=1) / k), torch.from_numpy(average)
        """,
    },
    wrong={
        "one-rank-late": {"p[:, k - 1]": "p[:, min(k, hit.shape[1] - 1)]"},
        "one-rank-early": {"p[:, k - 1]": "p[:, max(k - 2, 0)]"},
        "recall": {"p[:, k - 1]": "hit[:, :k].sum(dim=1) / hit.sum(dim=1).clamp_min(1)"},
        "hits-counted": {"p[:, k - 1]": "hit[:, :k].sum(dim=1)"},
        "divided-by-length": {"p[:, k - 1]": "hit[:, :k].sum(dim=1) / hit.shape[1]"},
        "any-hit": {"p[:, k - 1]": "hit[:, :k].amax(dim=1)"},
        "all-ranks": {"(p * hit).sum(dim=1) / hit.sum(dim=1).clamp_min(1)": "p.mean(dim=1)"},
        "divided-by-all": {"hit.sum(dim=1).clamp_min(1)": "hit.shape[1]"},
        "sum": {" / hit.sum(dim=1).clamp_min(1)": ""},
        "cut-at-k": {
            "(p * hit).sum(dim=1)": "(p * hit)[:, :k].sum(dim=1)",
            "hit.sum(dim=1).clamp_min(1)": "hit[:, :k].sum(dim=1).clamp_min(1)",
        },
        "cut-at-k-over-all": {"(p * hit).sum(dim=1)": "(p * hit)[:, :k].sum(dim=1)"},
        "reciprocal-rank": {
            "(p * hit).sum(dim=1) / hit.sum(dim=1).clamp_min(1)": (
                "hit.amax(dim=1) / (1 + hit.argmax(dim=1))"
            )
        },
        "not-cumulated": {
            "(p * hit).sum(dim=1)": "(hit / torch.arange(1, hit.shape[1] + 1)).sum(dim=1)"
        },
        "ranks-from-zero": {"torch.arange(1, hit.shape[1] + 1)": "torch.arange(hit.shape[1])"},
        "over-lists": {"cumsum(dim=1)": "cumsum(dim=0)"},
        "worst-first": {"relevant.double()": "relevant.double().flip(1)"},
        "nan-for-none": {".clamp_min(1)": ""},
        "one-for-none": {"p[:, k - 1], average": "p[:, k - 1], average.where(hit.any(dim=1), 1.0)"},
        "swapped": {"p[:, k - 1], average": "average, p[:, k - 1]"},
        "mean-over-lists": {"p[:, k - 1], average": "p[:, k - 1].mean(), average.mean()"},
    },
)
NAME = EXERCISE.name
PARTS = ("precision", "average")
OF_PRECISION = {
    "one-rank-late": "one document too many: rank k has the index k − 1",
    "one-rank-early": "one document too few: rank k has the index k − 1",
    "recall": "divided by the number of wanted documents (recall); divide by k",
    "hits-counted": "the *number* of hits among the first k; divide by k",
    "divided-by-length": "divided by the length of the list; divide by k",
    "ranks-from-zero": "divided by k − 1: the first rank is 1, not 0",
    "any-hit": "whether there is a hit at all; the share of hits among the first k",
    "swapped": "this is the average precision: precision at k comes first",
}
OF_AVERAGE = {
    "all-ranks": "the precisions at *all* ranks were averaged; at those with a hit only",
    "divided-by-all": "divided by the length of the list; by the number of wanted documents",
    "sum": "the sum over the hits; take their mean",
    "cut-at-k": "only hits among the first k count; average precision looks at the whole list",
    "cut-at-k-over-all": "only hits among the first k were added up; average precision looks at "
    "the whole list",
    "cut-at-k-over-k": "only hits among the first k were added up; average precision looks at "
    "the whole list",
    "reciprocal-rank": "only the first hit counts (reciprocal rank); all of them should",
    "not-cumulated": "1 / rank for each hit; the precision at that rank is (hits so far) / rank",
    "last-only": "only the precision at the last hit; take the mean over all hits",
    "precision-at-r": "one precision, at rank R; average those at the ranks of all hits",
    "swapped": "this is the precision at k: average precision comes second",
}
OF_BOTH = {
    "over-lists": "hits were counted down the lists, not along each list: `dim=1`",
    "worst-first": "read from the end of the list: the best comes first",
    "mean-over-lists": "the mean over lists; return one number for each list",
}


def quality(relevant: Tensor, k: int, how: str = "") -> tuple[Tensor, Tensor]:
    """Return both by loops over ranks, or what a mistake makes of them."""
    table = [[bool(v) for v in row] for row in relevant.tolist()]
    if how == "worst-first":
        table = [row[::-1] for row in table]
    first, second = [], []
    for q, row in enumerate(table):
        n, wanted = len(row), sum(row)
        counts = [sum(row[: r + 1]) for r in range(n)]
        if how == "over-lists":
            counts = [sum(other[r] for other in table[: q + 1]) for r in range(n)]
        at = [c / (r + 1) for r, c in enumerate(counts)]
        hits = [r for r in range(n) if row[r]]
        top = [r for r in hits if r < k]
        precision, average = at[k - 1], sum(at[r] for r in hits) / max(wanted, 1)
        if how in ("one-rank-late", "one-rank-early"):
            place = k if how == "one-rank-late" else k - 2
            precision = at[min(max(place, 0), n - 1)]
        precision = {
            "recall": len(top) / max(wanted, 1),
            "hits-counted": float(len(top)),
            "divided-by-length": len(top) / n,
            "any-hit": float(bool(top)),
            "ranks-from-zero": at[k - 1] * k / max(k - 1, 1),
        }.get(how, precision)
        cut = sum(at[r] for r in top)
        average = {
            "all-ranks": sum(at) / n,
            "divided-by-all": sum(at[r] for r in hits) / n,
            "sum": sum(at[r] for r in hits),
            "cut-at-k": cut / max(len(top), 1),
            "cut-at-k-over-all": cut / max(wanted, 1),
            "cut-at-k-over-k": cut / max(min(wanted, k), 1),
            "reciprocal-rank": 1 / (1 + hits[0]) if hits else 0.0,
            "not-cumulated": sum(1 / (1 + r) for r in hits) / max(wanted, 1),
            "last-only": at[hits[-1]] if hits else 0.0,
            "precision-at-r": at[wanted - 1] if hits else 0.0,
        }.get(how, average)
        first.append(precision)
        second.append(average)
    both = torch.tensor(first, dtype=torch.float64), torch.tensor(second, dtype=torch.float64)
    if how == "mean-over-lists":
        return both[0].mean(), both[1].mean()
    return (both[1], both[0]) if how == "swapped" else both


def looked_at(list_quality: Callable, relevant: Tensor, k: int) -> tuple:
    """Return the student's two results."""
    given = relevant.clone()
    found = to_pair(run(list_quality, given, k, name=NAME), NAME, PARTS)
    expect_unchanged(relevant, given, NAME)
    return found


def compare(found: tuple, relevant: Tensor, k: int, part: int, what: str) -> None:
    """Compare one of the two results with the one by loops."""
    messages = {**(OF_AVERAGE if part else OF_PRECISION), **OF_BOTH}
    known = [Mistake(how, quality(relevant, k, how)[part], why) for how, why in messages.items()]
    ranks = "ranks were counted from 0: the first rank is 1"
    if not bool(torch.isfinite(to_tensor(found[part], what).double()).all()):
        expect(not bool(relevant.any(dim=1).all()), f"{what}: {ranks}", "ranks-from-zero")
        empty = "is NaN or infinite for a list without a wanted document (0 / 0); it should be 0"
        expect(False, f"{what} {empty}", "nan-for-none")
    expect_close(found[part], quality(relevant, k)[part], what, known)


LISTS = torch.rand(7, 11, generator=grader_generator(90)) < 0.4
LISTS[0, :6] = torch.tensor([False, True, True, False, False, True])
LISTS[3] = torch.arange(11) > 7
LISTS[5, 0] = True


@EXERCISE.criterion("precision at k", points=1)
def precision(list_quality: Callable) -> None:
    """Seven lists of eleven documents, at two k."""
    for k in (4, 6):
        found = looked_at(list_quality, LISTS, k)
        compare(found, LISTS, k, 0, f"the precision at {k} of 7 lists")


@EXERCISE.criterion("average precision", points=1)
def average(list_quality: Callable) -> None:
    """The same lists; k makes no difference."""
    for k in (4, 6):
        found = looked_at(list_quality, LISTS, k)
        compare(found, LISTS, k, 1, "the average precision of 7 lists")


@EXERCISE.criterion("nothing wanted, and the ends of k", points=1)
def ends(list_quality: Callable) -> None:
    """A list without a wanted document, one of nothing else; k = 1 and k = N; one list alone."""
    lists = torch.tensor([[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]]).bool()
    for some, k in ((lists, 1), (lists, 4), (lists[3:], 2), (lists[2:3, :1], 1)):
        found = looked_at(list_quality, some, k)
        compare(found, some, k, 0, f"the precision at {k} of lists of {some.shape[1]}")
        if not bool(some.any(dim=1).all()):
            value = to_tensor(found[1], "the average precision")
            expect(
                value.shape != (4,) or not bool(value[1] == 1),
                "a list without a wanted document got the average precision 1; it should be 0",
                "one-for-none",
            )
        compare(found, some, k, 1, f"the average precision of lists of {some.shape[1]}")


@EXERCISE.conduct(right=quality)
def arguments(new: Draw, n: int) -> Arguments:
    """Lists of nine documents, some without a wanted one."""
    return {"relevant": new.uniform(0, 1, n, 9) < 0.3, "k": new.alternate(3, 5)}
