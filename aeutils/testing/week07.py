"""Visible tests of week 7: Siamese networks and nearest neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    passed,
    run,
    to_pair,
    to_tensor,
)


def squared_distances(squared_distances: Callable) -> bool:
    """Two rows against three, and rows that are equal."""
    a = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    b = torch.tensor([[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])
    name, what = "squared_distances", "the squared distances"
    found = run(squared_distances, a, b, name=name)
    right = [[25.0, 1.0, 100.0], [0.0, 18.0, 25.0]]
    wrong_shapes = [
        Mistake("transposed", (3, 2), "rows of the result belong to a, columns to b"),
        Mistake("not-summed", (2, 3, 2), "sum over the numbers of a code, the last dimension"),
    ]
    expect_shape(found, (2, 3), what, wrong_shapes)
    known = [
        Mistake("root", torch.tensor(right).sqrt(), "distances; leave the root out"),
        Mistake("plus", [[25.0, 1.0, 100.0], [100.0, 34.0, 225.0]], "the sign of 2 a·b"),
        Mistake("no-two", [[25.0, 1.0, 100.0], [25.0, 22.0, 75.0]], "2 a·b, not a·b"),
        Mistake("manhattan", [[7.0, 1.0, 14.0], [0.0, 6.0, 7.0]], "squares, not absolute values"),
    ]
    expect_close(found, right, what, known, show_expected=True)
    far = 100 + torch.rand(50, 8, generator=torch.Generator().manual_seed(0))
    itself = to_tensor(run(squared_distances, far, far, name=name), what)
    expect(
        float(itself.min()) >= 0,
        f"a squared distance of {float(itself.min()):.3g}: rounding made it negative; clamp at 0",
        "negative",
    )
    return passed(name, "every row with every row, and never below zero")


def nearest(nearest: Callable) -> bool:
    """A table of distances with ties, and the codes against themselves, two of them equal."""
    name, what = "nearest", "the nearest columns"
    table = torch.tensor([[4.0, 1.0, 3.0, 1.0, 9.0], [0.0, 8.0, 0.0, 5.0, 0.0]])
    given = table.clone()
    found = run(nearest, given, 3, False, name=name)
    expect_unchanged(table, given, name)
    known = [
        Mistake("farthest", [[4, 0, 2], [1, 3, 0]], "the farthest; the nearest have small numbers"),
        Mistake("values", [[1.0, 1.0, 3.0], [0.0, 0.0, 0.0]], "distances; return their columns"),
        Mistake("always-left-out", [[1, 3, 2], [0, 2, 4]], "`same` is False: nobody is left out"),
        Mistake("ties-by-chance", [[3, 1, 2], [0, 2, 4]], "of equal distances the earlier first"),
        Mistake("ties-by-chance", [[3, 1, 2], [4, 2, 0]], "of equal distances the earlier first"),
    ]
    expect_close(found, [[1, 3, 2], [0, 2, 4]], what, known, show_expected=True)
    line = torch.tensor([0.0, 1.0, 1.0, 3.0])  # codes 1 and 2 are equal
    table = (line[:, None] - line).square()
    given = table.clone()
    found = run(nearest, given, 2, True, name=name)
    expect_unchanged(table, given, name)
    known = [
        Mistake("self-counted", [[0, 1], [1, 2], [1, 2], [3, 1]], "each code is its own neighbour"),
        Mistake(
            "first-dropped",
            [[1, 2], [2, 0], [2, 0], [1, 2]],
            "the first of each row was dropped, but for code 2 that is its double, code 1; leave "
            "out the code itself, by its place",
        ),
    ]
    right = [[1, 2], [2, 0], [1, 0], [1, 2]]
    expect_close(found, right, "the nearest others", known, show_expected=True)
    return passed(name, "nearest first, earlier first, and nobody is its own neighbour")


def vote(vote: Callable) -> bool:
    """A majority, two ties, and labels that are no places."""
    labels = torch.tensor([[5, 2, 2, 7], [7, 2, 2, 7], [40, -3, -3, 40], [9, 1, 4, 6]])
    known = [
        Mistake("smallest-label", [2, 2, -3, 1], "in a tie the *smallest label* won; the nearest"),
        Mistake("first-only", [5, 7, 40, 9], "always the nearest alone; let all of them vote"),
        Mistake("last-of-tie", [2, 2, -3, 6], "in a tie the class of the *farther* one won"),
    ]
    value = run(vote, labels.clone(), name="vote")
    expect_close(value, [2, 7, 40, 9], "the votes", known, show_expected=True)
    return passed("vote", "the majority; in a tie the class of the nearest")


@torch.no_grad()
def random_pairs(random_pairs: Callable) -> bool:
    """2,001 pairs of a small set with classes of different sizes."""
    name, parts = "random_pairs", ("the first images", "the second images", "`same`")
    labels = torch.tensor([3, 8, 8, 3, 8, 1, 8, 8, 1, 8])
    draws = [
        to_pair(
            run(random_pairs, labels.clone(), 2001, torch.Generator().manual_seed(seed), name=name),
            name,
            parts,
        )
        for seed in (0, 0, 1)
    ]
    first, second, same = (
        expect_shape(v, (2001,), what) for v, what in zip(draws[0], parts, strict=True)
    )
    expect(
        not first.is_floating_point() and int(min(first.min(), second.min())) >= 0,
        "the first two results should be row numbers, integers from 0 on",
        "wrong-type",
    )
    first, second = first.long(), second.long()
    itself = int((first == second).sum())
    expect(itself == 0, f"{itself} pairs of an image with itself: they teach nothing", "self-pairs")
    alike = labels[first] == labels[second]
    wrong = float((same.bool() != alike).double().mean())
    expect(wrong != 1, "`same` is True for pairs of two classes: swapped", "swapped")
    expect(wrong == 0, f"`same` is wrong for {100 * wrong:.0f} % of the pairs", "wrong-values")
    share = int(alike.sum())
    expect(
        share in (1000, 1001),
        f"{share} of 2,001 pairs are of one class; it should be half of them (1,000)",
        "unbalanced",
    )
    switches = int((alike[1:] != alike[:-1]).sum())
    expect(
        switches > 500,
        "the pairs of one class stand together: the place of a pair gives its label away; mix them",
        "label-leaked",
    )
    again, other = (torch.stack([to_tensor(v, parts[0]) for v in d[:2]]) for d in draws[1:])
    expect(
        torch.equal(torch.stack([first, second]), again.long()),
        "two generators of one seed gave different pairs: pass `generator=generator` on",
        "generator-ignored",
    )
    expect(not torch.equal(again, other), "every seed gives the same pairs", "same-every-time")
    return passed(name, "half of one class, half of two, nobody with itself, well mixed")


def contrastive_loss(contrastive_loss: Callable) -> bool:
    """Distances 0.5, 2 and 5; then two equal codes."""
    name = "contrastive_loss"
    a = torch.zeros(3, 2)
    b = torch.tensor([[0.3, 0.4], [2.0, 0.0], [3.0, 4.0]])

    def look(same: list[bool], right: float, known: list[Mistake]) -> None:
        what = f"the loss of pairs at distances 0.5, 2, 5 with same = {same} and margin 3"
        value = run(contrastive_loss, a.clone(), b.clone(), torch.tensor(same), 3.0, name=name)
        expect_close(value, right / 3, what, known, show_expected=True)

    positives = 0.25 + 4 + 25
    negatives = 2.5**2 + 1
    look(
        [True, True, True],
        positives,
        [
            Mistake("not-squared", 7.5 / 3, "D for a pair of one class; it is D²"),
            Mistake("swapped", negatives / 3, "the terms of `same` and not `same` are swapped"),
            Mistake("margin-on-positives", 4 / 3, "no margin for pairs of one class: D²"),
            Mistake("sum", positives, "the sum over pairs; take their mean"),
        ],
    )
    look(
        [False, False, False],
        negatives,
        [
            Mistake("negatives-not-squared", 3.5 / 3, "max(0, m − D) is to be squared"),
            Mistake("squared-distance", (2.75**2) / 3, "m − D, with D and not D², in the second"),
            Mistake("no-hinge", (negatives + 4) / 3, "pairs beyond the margin cost nothing"),
            Mistake("swapped", positives / 3, "the terms of `same` and not `same` are swapped"),
            Mistake("sum", negatives, "the sum over pairs; take their mean"),
        ],
    )
    look([True, False, False], 0.25 + 1, [])
    twin = torch.tensor([[1.0, 2.0], [0.0, 1.0]], requires_grad=True)
    same = torch.tensor([True, False])
    value = run(contrastive_loss, twin, twin.detach().clone(), same, 3.0, name=name)
    expect(
        isinstance(value, Tensor) and value.requires_grad,
        "the loss has no gradient: use torch operations on a and b only",
        "no-gradient",
    )
    value.backward()
    expect(
        twin.grad is not None and bool(torch.isfinite(twin.grad).all()),
        "where two codes are equal the gradient is NaN: the slope of √ at 0 is infinite, and "
        "0 · ∞ is not a number",
        "nan-gradient",
    )
    return passed(name, "near where same, far where not, and a gradient everywhere")


def all_pairs_loss(all_pairs_loss: Callable) -> bool:
    """Four numbers on a line, two classes."""
    z, labels = torch.tensor([[0.0], [1.0], [3.0], [0.5]]), torch.tensor([4, 4, 4, 9])
    name, what = "all_pairs_loss", "the loss of 0, 1, 3 of one class and 0.5 of another, margin 2"
    same, diff = [1.0, 9.0, 4.0], [1.5**2, 1.5**2, 0.0]
    right = (sum(same) / 3 + sum(diff) / 3) / 2
    known = [
        Mistake("sum-of-means", 2 * right, "half of each: divide the sum of both means by 2"),
        Mistake(
            "self-pairs",
            (2 * sum(same) / 9 + sum(diff) / 3) / 2,
            "each code is paired with itself, at distance 0: leave it out",
        ),
        Mistake(
            "self-pairs",
            (2 * sum(same) / 10 + sum(diff) / 3) / 2,
            "each code is paired with itself, at distance 0: leave it out",
        ),
        Mistake("swapped", math.nan, "the two kinds are swapped"),
    ]
    value = run(all_pairs_loss, z.clone(), labels.clone(), 2.0, name=name)
    expect_close(value, right, what, known, show_expected=True)
    five = torch.cat([z, torch.tensor([[-2.0]])])
    kinds = torch.cat([labels, torch.tensor([9])])
    same.append(2.5**2)
    diff += [0.0, 0.0, 0.0]  # from −2 to 0, 1, 3: at the margin or beyond
    right = (sum(same) / 4 + sum(diff) / 6) / 2
    known = [
        Mistake(
            "one-mean",
            (sum(same) + sum(diff)) / 10,
            "one mean over all pairs: the more frequent kind decides; take a mean of each kind",
        )
    ]
    value = run(all_pairs_loss, five, kinds, 2.0, name=name)
    expect_close(value, right, "the same with one more code", known, show_expected=True)
    equal = torch.ones(3, 2, requires_grad=True)
    value = run(all_pairs_loss, equal, torch.tensor([0, 0, 1]), 2.0, name=name)
    expect(
        isinstance(value, Tensor) and value.requires_grad,
        "the loss has no gradient: use torch operations on z only",
        "no-gradient",
    )
    value.backward()
    expect(
        equal.grad is not None and bool(torch.isfinite(equal.grad).all()),
        "where codes are equal, and each is equal to itself, the gradient is NaN",
        "nan-gradient",
    )
    return passed(name, "every pair once, both kinds alike, a gradient everywhere")


def supcon_loss(supcon_loss: Callable) -> bool:
    """Four arrows at right angles, of different lengths."""
    z = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 0.5], [0.0, 2.0]])
    name = "supcon_loss"
    e = math.exp(2.0)  # cosine 1 at temperature ½
    right = -math.log(e / (e + 2))
    labels = torch.tensor([6, 6, 1, 1])
    known = [
        Mistake("self-in-sum", -math.log(e / (2 * e + 2)), "the image itself is in the sum below"),
        Mistake("no-positives-below", -math.log(e / 2), "positives are in the sum below, too"),
        Mistake(
            "times-temperature",
            -math.log(math.exp(0.5) / (math.exp(0.5) + 2)),
            "divide the cosine by the temperature",
        ),
        Mistake("sign", -right, "minus the logarithm"),
        Mistake("sum", 4 * right, "the sum over images; take the mean"),
    ]
    value = run(supcon_loss, z.clone(), labels, 0.5, name=name)
    expect_close(value, right, "the loss of four arrows, τ = ½", known, show_expected=True)
    value = run(supcon_loss, z.clone(), torch.tensor([6, 6, 1, 2]), 0.5, name=name)
    expect(
        bool(torch.isfinite(to_tensor(value, "the loss").double()).all()),
        "NaN or infinite where an image is alone in its class: leave it out of the mean",
        "nan-alone",
    )
    known = [
        Mistake("alone-counted", right / 2, "images without a positive are left out of the mean")
    ]
    expect_close(value, right, "the loss where two are alone", known, show_expected=True)
    value = run(supcon_loss, z.clone(), labels, 0.005, name=name)
    expect(
        bool(torch.isfinite(to_tensor(value, "the loss").double()).all()),
        "exp(200) is too large for a float: use logsumexp or log_softmax",
        "overflow",
    )
    return passed(name, "each image picks out its class among all others")


def propagate(propagate: Callable) -> bool:
    """A path of four images and one without any edge."""
    weights = torch.zeros(5, 5)
    for i, j in ((0, 1), (1, 2), (2, 3)):
        weights[i, j] = weights[j, i] = 1.0
    labels = torch.tensor([2, -1, -1, 0, -1])
    name, what = "propagate", "the scores after one step with α = ½"
    given = labels.clone()
    found = run(propagate, weights.clone(), given, 3, 0.5, 1, name=name)
    expect_unchanged(labels, given, name)
    half = 0.5 / math.sqrt(2)
    right = torch.zeros(5, 3)
    right[0, 2] = right[3, 0] = 0.5
    right[1, 2] = right[2, 0] = half

    def changed(value: float) -> Tensor:
        return torch.where(right == half, value, right)

    known = [
        Mistake("rows-only", changed(0.25), "divided by row sums; use √ of both degrees"),
        Mistake("not-normalised", changed(0.5), "divide by √ of both degrees"),
    ]
    expect(
        bool(torch.isfinite(to_tensor(found, what).double()).all()),
        "NaN or infinite for the image without an edge: its degree is 0",
        "nan-alone",
    )
    expect_close(found, right, what, known, show_expected=True)
    found = run(propagate, weights.clone(), labels, 3, 0.9, 300, name=name)
    degree = weights.sum(0).clamp_min(1).double()
    start = torch.zeros(5, 3, dtype=torch.float64)
    start[0, 2] = start[3, 0] = 1
    matrix = (
        torch.eye(5, dtype=torch.float64) - 0.9 * weights.double() / degree.outer(degree).sqrt()
    )
    limit = 0.1 * torch.linalg.solve(matrix, start)
    known = [Mistake("start-forgotten", torch.zeros(5, 3), "add (1 − α) Y in every step")]
    what = "the scores after 300 steps with α = 0.9"
    expect_close(found, limit, what, known, show_expected=True)
    return passed(name, "labels flow along the edges, and the known ones keep flowing")
