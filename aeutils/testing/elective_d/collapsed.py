"""Visible tests of elective D: the spread and the effective rank of features."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, passed, run


def _number(function: Callable, features: Tensor, name: str, what: str) -> Tensor:
    """Return the student's number for some features; raise where it is no number."""
    n, k = features.shape
    shapes = [
        Mistake("each-unit", (k,), "one number for each unit; return one for all of them"),
        Mistake("each-image", (n,), "one number for each image; return one for all of them"),
        Mistake("not-a-scalar", (1,), "a vector of one number; return the number, of shape ()"),
    ]
    return expect_shape(run(function, features.clone(), name=name), (), what, shapes).double()


def _spread(spread: Callable) -> None:
    """Three units of four images: one stands still, two move; then two images."""
    features = torch.tensor([[8.0, 3, 4], [2, 3, 4], [8, 1, 4], [2, 1, 4]])
    # the deviations are 3, 1 and 0, or √(4/3) times that
    what = "the spread of three units with the deviations 3, 1 and 0"
    got = _number(spread, features, "spread", what)
    more = math.sqrt(4 / 3)
    own = "each unit has a deviation of its own, over the images; then take their mean"
    # by which divisor the variance was taken is left open
    known = [
        Mistake(name, factor * value, message)
        for factor in (1, more)
        for name, value, message in (
            ("variances", factor * 10 / 3, "the mean of *variances*; take the root of each first"),
            ("root-of-mean", math.sqrt(10 / 3), "the mean of the *roots*, not the root of a mean"),
            ("summed", 4, "the sum over units; take the mean"),
            ("largest", 3, "the largest deviation; take the mean"),
            ("median", 1, "the median over units; take the mean"),
            ("not-centred", (math.sqrt(34) + math.sqrt(5) + 4) / 3, "subtract each unit's mean"),
        )
    ]
    known += [
        Mistake("one-deviation", features.std(correction=0), own),
        Mistake("one-deviation", features.std(), own),
        Mistake("over-units", features.std(dim=1, correction=0).mean(), own),
        Mistake("over-units", features.std(dim=1).mean(), own),
    ]
    factor = more if abs(float(got) - 4 / 3 * more) < 1e-3 else 1.0
    expect_close(got, 4 / 3 * factor, what, known, rtol=1e-3, show_expected=True)
    what = "the spread of two images, (1, 5) and (3, 1)"
    got = _number(spread, torch.tensor([[1.0, 5], [3, 1]]), "spread", what)
    factor = math.sqrt(2) if abs(float(got) - 1.5 * math.sqrt(2)) < 1e-3 else 1.0
    expect_close(got, 1.5 * factor, what, rtol=1e-3, show_expected=True)


def _rank_of(weights: Tensor) -> float:
    """Return exp of the entropy of shares."""
    p = weights / weights.sum()
    return float(torch.special.entr(p).sum().exp())


def _two_directions(effective_rank: Callable) -> None:
    """Two units that partly go together, far from 0, with the singular values 10 and 5."""
    name, what = "effective_rank", "the effective rank of two units with singular values 10 and 5"
    # Around (5, 2): 10 · (1, −1, 1, −1)/2 times (0.96, 0.28), and 5 · (1, 1, −1, −1)/2 times
    # (−0.28, 0.96). Were the units at right angles, each divided by its deviation would count the
    # same, and the rank itself, 2, could not be told from that.
    features = torch.tensor([[9.1, 5.8], [-0.5, 3], [10.5, 1], [0.9, -1.8]])
    right = 3 / 2 ** (2 / 3)  # exp(⅔ log 3/2 + ⅓ log 3)
    sigma, nats = torch.tensor([10.0, 5.0]).double(), math.log(right)
    centre = "subtract the mean of each column first"
    uncentred = torch.linalg.svdvals(features)
    each = (features - features.mean(dim=0)) / features.std(dim=0)
    columns = (features - features.mean(dim=0)).norm(dim=0)
    by_rows = torch.linalg.svdvals(features - features.mean(dim=1, keepdim=True))
    by_one = torch.linalg.svdvals(features - features.mean())
    length, one_by_largest = sigma / sigma.norm(), sigma / 10
    entropies = [float(torch.special.entr(v).sum()) for v in (sigma, length, one_by_largest)]
    known = [
        Mistake("not-centred", _rank_of(uncentred), f"the mean counts as a direction; {centre}"),
        Mistake("rows-centred", _rank_of(by_rows), f"the mean of each *row*; {centre}"),
        Mistake("one-mean", _rank_of(by_one), f"one mean for all numbers; {centre}"),
        Mistake(
            "how-many",
            2,
            "the rank, as `matrix_rank` gives it: it counts singular values that are not 0, "
            "however small. The *effective* rank is the exponential of their entropy",
        ),
        Mistake(
            "standardised",
            _rank_of(torch.linalg.svdvals(each)),
            "columns were divided by their deviations; only centre",
        ),
        Mistake("columns", _rank_of(columns), "deviations of columns; take the singular values"),
        Mistake("squares", _rank_of(sigma**2), "the shares of σ²; take those of σ itself"),
        Mistake("roots", _rank_of(sigma.sqrt()), "the shares of √σ; take those of σ itself"),
        Mistake("entropy", nats, "the entropy itself; take its exponential"),
        Mistake("bits", math.exp(nats / math.log(2)), "exp belongs to the natural logarithm"),
        Mistake("two-to-the-nats", 2**nats, "2 to the power of nats; exp belongs to them"),
        Mistake("sign", 1 / right, "the sign of the entropy is turned"),
        Mistake("mean-for-sum", math.sqrt(right), "the mean of p log p; take the sum"),
        Mistake(
            "not-normalised", math.exp(entropies[0]), "divide the singular values by their sum"
        ),
        Mistake("by-length", math.exp(entropies[1]), "divide by the *sum* of singular values"),
        Mistake("by-largest", math.exp(entropies[2]), "divide by the *sum* of singular values"),
        Mistake("softmax", _rank_of(sigma.exp()), "a softmax of them; divide by their sum"),
        Mistake(
            "participation-of-values",
            225 / 125,
            "(Σσ)² / Σσ²; the exponential of the entropy is asked",
        ),
        Mistake(
            "participation", 125**2 / (100**2 + 25**2), "(Σσ²)² / Σσ⁴; exp of the entropy is asked"
        ),
        Mistake("stable-rank", 125 / 100, "Σσ² over the largest; exp of the entropy is asked for"),
        Mistake("one-over-largest", 15 / 10, "Σσ over the largest; exp of the entropy is asked"),
    ]
    got = _number(effective_rank, features, name, what)
    expect_close(got, right, what, known, rtol=1e-3, show_expected=True)


def _fewer_directions(effective_rank: Callable) -> None:
    """Units that go together or stand still, few images, and rows that are all equal."""
    name = "effective_rank"
    together = torch.tensor([[0.0, 0], [1, 2], [5, 10]])
    cases = {
        "two columns of which one is twice the other": together,
        "one unit that moves and two that stand still": torch.tensor(
            [[1.0, 0, 2], [-1, 0, 2], [1, 0, 2], [-1, 0, 2]]
        ),
        "two images with three units": torch.tensor([[1.0, 0, 2], [3, 3, -1]]),
    }
    for case, features in cases.items():
        what = f"the effective rank of {case}"
        got = _number(effective_rank, features, name, what)
        finite = bool(torch.isfinite(got))
        expect(
            finite,
            f"{what} is NaN: 0 · log 0, where `torch.special.entr` gives 0, or the root of an "
            "eigenvalue that rounding puts below 0, where it has to be cut off",
            "nan-for-constant-units",
        )
        columns = (features - features.mean(dim=0)).norm(dim=0)
        wrong = "the deviations of columns; columns that go together share one direction"
        known = [Mistake("columns", _rank_of(columns), wrong)]
        expect_close(got, 1, what, known, rtol=1e-2, show_expected=True)
    what = "the effective rank of rows that are all equal"
    for row in (torch.tensor([[0.5, -1.0]]), torch.tensor([[0.1, 0.7, 1.3]])):
        for n in (4, 7, 11):
            got = _number(effective_rank, row.expand(n, -1).clone(), name, what)
            expect(
                bool(torch.isfinite(got)),
                f"{what} is NaN: all singular values are 0, and 0/0 is NaN. Return 0 there",
                "nan-for-equal-rows",
            )
            one = Mistake("one-for-equal-rows", 1, "no direction at all is used: return 0")
            known = [one] if n == 4 else []
            ends = "0 up to rounding is not 0: compare the rows themselves"
            known += [Mistake("rounding-for-a-direction", got, ends)] if n > 4 else []
            expect_close(got, 0, what, known, rtol=0, atol=0, show_expected=True)


def collapse(spread: Callable, effective_rank: Callable) -> bool:
    """Units with known deviations; units that share directions, stand still, or are all equal."""
    _spread(spread)
    _two_directions(effective_rank)
    _fewer_directions(effective_rank)
    return passed("collapse", "the units' mean deviation, and how many directions are in use")
