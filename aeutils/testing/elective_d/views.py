"""Visible test of elective D: the contrastive loss of two views."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, passed, run

NAME = "two_view_loss"


def _loss(two_view_loss: Callable, *given: object, what: str) -> Tensor:
    """Return the student's loss, a tensor; raise where it is no number."""
    shapes = [
        Mistake("each-view", (4,), "one number for each view; take their mean"),
        Mistake("each-view", (2,), "one number for each image; take the mean over all views"),
        Mistake("not-a-scalar", (1,), "a vector of one number; return the number, of shape ()"),
    ]
    return expect_shape(run(two_view_loss, *given, name=NAME), (), what, shapes).double()


def _by_hand(two_view_loss: Callable) -> None:
    """Two images, whose views point right, right, up and left, at a temperature of 0.4."""
    z, z_other = torch.tensor([[1.0, 0], [2, 0]]), torch.tensor([[0.0, 3], [-4, 0]])
    what = "the loss of (1, 0), (2, 0) and (0, 3), (−4, 0) at the temperature 0.4"
    # In this order of views, cosines of the partners, and what is left of the sums below when
    # cosines over τ are 1/τ for two views that point one way, −1/τ for opposite ones, else 0.
    cosines = [0.0, -1, 0, -1]

    def sums(scale: float) -> list[float]:
        return [1 + 2 * math.cosh(scale)] * 2 + [3.0, 1 + 2 * math.exp(-scale)]

    def mean(below: list[float], partner: list[float]) -> float:
        pairs = zip(below, partner, strict=True)
        return sum(math.log(b) - p for b, p in pairs) / len(below)

    def at(scale: float) -> float:
        return mean(sums(scale), [scale * c for c in cosines])

    below, partner = sums(2.5), [2.5 * c for c in cosines]
    each = [math.log(b) - p for b, p in zip(below, partner, strict=True)]
    right, e = at(2.5), math.exp(-2.5)
    with_self = [b + math.exp(2.5) for b in below]
    without = [b - math.exp(p) for b, p in zip(below, partner, strict=True)]
    # first views against second ones, and second ones against first ones
    across = [1 + e, 1 + e, 2.0, 2 * e]
    neighbours = mean(below, [2.5, 2.5, 0, 0])
    lengths = torch.cat([z, z_other]).double()
    products = (lengths @ lengths.T / 0.4).fill_diagonal_(-torch.inf).log_softmax(dim=1)
    unscaled = -float(products[torch.arange(4), torch.tensor([2, 3, 0, 1])].mean())
    shares = [math.exp(-v) for v in each]
    known = [
        Mistake(
            "self-in-sum",
            mean(with_self, partner),
            "the view itself is in the softmax; leave it out",
        ),
        Mistake("self-as-positive", mean(with_self, [2.5] * 4), "no view is its own partner"),
        Mistake(
            "partner-left-out",
            mean(without, partner),
            "the partner belongs into the sum below, too",
        ),
        Mistake("across-only", mean(across, partner), "the softmax runs over views of both kinds"),
        Mistake(
            "first-across-only",
            mean(across[:2], partner[:2]),
            "first views against second ones alone; all other views belong into the softmax",
        ),
        Mistake("first-views-only", sum(each[:2]) / 2, "the mean runs over the second views, too"),
        Mistake("second-views-only", sum(each[2:]) / 2, "the mean runs over the first views, too"),
        Mistake("summed", 4 * right, "the sum over views; take their mean"),
        Mistake("divided-by-images", 2 * right, "divide by the number of views, not of images"),
        Mistake("divided-twice", right / 2, "half of it: each view counts once in the mean"),
        Mistake("not-normalised", unscaled, "dot products; cosines need unit vectors"),
        Mistake("times-temperature", at(0.4), "multiplied by the temperature; divide by it"),
        Mistake("temperature-ignored", at(1), "the cosines were not divided by the temperature"),
        Mistake("temperature-not-passed", at(10), "a temperature of 0.1: pass `temperature` on"),
        Mistake("distances", at(5), "squared distances stand for cosines"),
        Mistake("scaled", 0.4 * right, "multiplied by τ at the end; there is no such factor"),
        Mistake("sign", -right, "the sign: minus the logarithm"),
        Mistake("log-missing", -sum(shares) / 4, "minus the shares; take their logarithms"),
        Mistake("log-of-mean", -math.log(sum(shares) / 4), "the mean of the *logarithms*"),
        Mistake("bits", right / math.log(2), "bits; use the natural logarithm"),
        Mistake(
            "neighbours-as-partners",
            neighbours,
            "the first views were paired with each other; row i of `z` and row i of `z_other` "
            "belong together",
        ),
        Mistake("alignment-only", -sum(partner) / 4, "the other views belong below"),
        Mistake("nobody-has-a-partner", 0, "0: has no view found its partner?"),
    ]
    got = _loss(two_view_loss, z.clone(), z_other.clone(), 0.4, what=what)
    why = "0/0 of a view without a partner, or −∞ · 0 on the diagonal"
    expect(bool(torch.isfinite(got)), f"{what} is NaN or infinite: {why}", "not-finite")
    expect_close(got, right, what, known, rtol=1e-3, show_expected=True)
    what = "the same loss where no temperature is given, which is 0.5,"
    got = _loss(two_view_loss, z.clone(), z_other.clone(), what=what)
    expect_close(got, at(2), what, rtol=1e-3, show_expected=True)
    what = "the same loss at the temperature 2"
    got = _loss(two_view_loss, z.clone(), z_other.clone(), 2.0, what=what)
    expect_close(got, at(0.5), what, rtol=1e-3, show_expected=True)


def _extremes(two_view_loss: Callable) -> None:
    """Two views that are equal, at a small temperature; three images; gradients."""
    z, what = torch.eye(3) * torch.tensor([[1.0], [2], [5]]), "the loss of three images"
    got = _loss(two_view_loss, z.clone(), z[:, [1, 2, 0]].clone(), 0.002, what=what)
    # each view points where the partner of another one does: 1/τ more than the own partner
    why = "exp(500) does not fit into a float; use logsumexp or log_softmax"
    expect(bool(torch.isfinite(got)), f"{what} at τ = 0.002 is NaN or infinite: {why}", "overflow")
    expect_close(got, 500, f"{what} at τ = 0.002", rtol=1e-3, show_expected=True)
    got = _loss(two_view_loss, z.clone(), 2 * z, 1.0, what=what)
    right = math.log(math.e + 4) - 1
    expect_close(got, right, f"{what} whose views agree", rtol=1e-3, show_expected=True)
    leaves = [z.clone().requires_grad_(), (z + 0.3).requires_grad_()]
    value = run(two_view_loss, *leaves, 0.5, name=NAME)
    cut = "no gradient reaches the codes: `.detach()`, `.item()` and numpy cut the graph"
    expect(isinstance(value, Tensor) and value.requires_grad, cut, "no-gradient")
    found = torch.autograd.grad(value, leaves, allow_unused=True)
    both = "a gradient reaches one kind of views alone; there is no teacher here, both sides learn"
    expect(all(g is not None for g in found), both, "no-gradient-for-one-view")
    for g in found:
        finite = g is not None and bool(torch.isfinite(g).all())
        expect(
            finite, "the gradient of the loss has NaN, although the loss has none", "nan-gradient"
        )


def two_view_loss(two_view_loss: Callable) -> bool:
    """A batch worked out by hand, a small temperature, and the gradient."""
    _by_hand(two_view_loss)
    _extremes(two_view_loss)
    return passed(NAME, "each view finds its partner among all other views")
