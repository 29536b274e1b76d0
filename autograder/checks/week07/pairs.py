"""Hidden checks of week 7's pairs, and of the contrastive loss on them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_shape, run, to_pair, to_tensor
from autograder.checks import GRADER_SEED
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

PAIRS = 6000
PARTS = ("the first images", "the second images", "`same`")


@errand
def _drawn(random_pairs, labels, n, seed, elsewhere):
    import copy

    import torch

    torch.manual_seed(elsewhere)
    return copy.deepcopy(random_pairs(labels, n, torch.Generator().manual_seed(seed)))


def _sorted_labels() -> Tensor:
    """Return 30 labels of four classes, of 12, 9, 6 and 3 members, mixed."""
    labels = torch.tensor([7] * 12 + [2] * 9 + [-1] * 6 + [30] * 3)
    return labels[torch.randperm(30, generator=generator(320))]


@check({"different images, rightly named": 1, "half and half, of every class": 1, "no order": 1})
def random_pairs(report: Report, random_pairs: Callable) -> None:
    """Statistics of 6,000 pairs: each bound is many standard errors away from the truth."""
    name, labels = "random_pairs", _sorted_labels()

    def draw(
        n: int = PAIRS, seed: int = GRADER_SEED, elsewhere: int = 1
    ) -> tuple[Tensor, Tensor, Tensor]:
        found = run(lambda: _drawn(random_pairs, labels.clone(), n, seed, elsewhere), name=name)
        found = to_pair(found, name, PARTS)
        first, second, same = (
            expect_shape(v, (n,), what) for v, what in zip(found, PARTS, strict=True)
        )
        for v, what in ((first, PARTS[0]), (second, PARTS[1])):
            expect(
                not v.is_floating_point() and v.dtype != torch.bool,
                f"{what} should be row numbers, integers, but they are {v.dtype}",
                "wrong-type",
            )
            expect(
                bool(((v >= 0) & (v < len(labels))).all()),
                f"{what} hold numbers that are no rows: are these labels?",
                "no-rows",
            )
        return first.long(), second.long(), same.bool()

    with report.criterion("different images, rightly named"):
        first, second, same = draw()
        itself = float((first == second).double().mean())
        expect(
            itself == 0,
            f"{100 * itself:.1f} % of the pairs are an image with itself: their distance is 0 "
            "whatever the network does",
            "self-pairs",
        )
        wrong = float(((labels[first] == labels[second]) != same).double().mean())
        expect(wrong < 1, "`same` is True for two classes: the other way round", "swapped")
        expect(
            wrong == 0,
            f"`same` is wrong for {100 * wrong:.1f} % of the pairs; compare the labels of the two "
            "rows that you return",
            "wrong-name",
        )
    with report.criterion("half and half, of every class"):
        first, second, _ = draw()
        alike = labels[first] == labels[second]
        share = float(alike.double().mean())
        expect(
            share == 0.5,
            f"{100 * share:.1f} % of the pairs are of one class; it should be half of them",
            "unbalanced",
        )
        ends = torch.stack([first, second], dim=1)
        expect(
            len(ends.sort(dim=1).values.unique(dim=0)) > 200,
            "the same few pairs again and again: draw the partner anew for each pair",
            "few-pairs",
        )
        kinds = labels.unique().tolist()
        for kind in kinds:
            expect(
                bool((alike & (labels[first] == kind)).any()),
                "some classes have no pair of their own: draw from all of them",
                "classes-missing",
            )
        kinds_met = {tuple(pair) for pair in labels[ends[~alike]].sort(dim=1).values.tolist()}
        every = len(kinds) * (len(kinds) - 1) // 2
        expect(
            len(kinds_met) == every,
            f"of {every} ways to combine two classes only {len(kinds_met)} occur: the partner's "
            "class must be drawn, too",
            "few-combinations",
        )
        seen = [len(ends[kind].unique()) for kind in (alike, ~alike)]
        expect(
            min(seen) == len(labels),
            f"only {min(seen)} of {len(labels)} images occur among the pairs of one kind: every "
            "image should",
            "images-missing",
        )
        odd = draw(n=101)
        expect(
            int((labels[odd[0]] == labels[odd[1]]).sum()) == 50,
            "of 101 pairs 50 should be of one class, n // 2",
            "unbalanced",
        )
    with report.criterion("no order"):
        first, second, _ = one = draw()
        alike = labels[first] == labels[second]
        switches = float((alike[1:] != alike[:-1]).double().mean())
        expect(
            0.4 < switches < 0.6,
            "the place of a pair tells whether it is of one class (all of one kind first, or in "
            "turns): mix them, or the label is leaked",
            "label-leaked",
        )
        again = draw(elsewhere=2)
        expect(
            all(torch.equal(a, b) for a, b in zip(one, again, strict=True)),
            "two generators of one seed gave different pairs: pass `generator=generator` to every "
            "random function",
            "generator-ignored",
        )
        other = draw(seed=GRADER_SEED + 1)
        expect(
            not torch.equal(first, other[0]) or not torch.equal(second, other[1]),
            "another generator gave the same pairs: do not seed inside the function",
            "same-every-time",
        )


def _loss(a: Tensor, b: Tensor, same: Tensor, m: float, how: str = "") -> Tensor:
    """Return the contrastive loss in float64, or what a mistake makes of it."""
    a, b = a.double(), b.double()
    square = (a - b).square().sum(1)
    if how == "manhattan":
        square = (a - b).abs().sum(1).square()
    if how == "mean-over-numbers":
        square = (a - b).square().mean(1)
    d = square.sqrt()
    near, far = square, (m - d).clamp_min(0).square()
    near = {
        "not-squared": d,
        "margin-on-positives": (d - m).clamp_min(0).square(),
        "positives-forgotten": torch.zeros_like(d),
    }.get(how, near)
    far = {
        "negatives-not-squared": (m - d).clamp_min(0),
        "squared-distance": (m - square).clamp_min(0).square(),
        "squares-in-hinge": (m**2 - square).clamp_min(0),
        "margin-not-squared-twice": (m - square).clamp_min(0),
        "no-hinge": (m - d).square(),
        "minus": -square,
        "hinge-wrong-way": (d - m).clamp_min(0).square(),
        "negatives-forgotten": torch.zeros_like(d),
    }.get(how, far)
    if how == "swapped":
        near, far = far, near
    terms = torch.where(same, near, far)
    if how == "both-terms":
        terms = near + far
    if how == "each-kind":
        return (near[same].mean().nan_to_num(0) + far[~same].mean().nan_to_num(0)) / 2
    return {"sum": terms.sum(), "halved": terms.mean() / 2, "one-per-pair": terms}.get(
        how, terms.mean()
    )


LOSS_MISTAKES = {
    "not-squared": "pairs of one class cost D; it is D²",
    "margin-on-positives": "the margin was applied to pairs of *one* class: they are pulled "
    "together always, without a margin",
    "negatives-not-squared": "max(0, m − D) was not squared",
    "squared-distance": "m − D² in the hinge; it is m − D, squared afterwards",
    "squares-in-hinge": "max(0, m² − D²); it is max(0, m − D), squared afterwards",
    "margin-not-squared-twice": "max(0, m − D²); it is max(0, m − D), squared afterwards",
    "no-hinge": "without max(0, …) pairs that are far apart are pulled back to the margin",
    "hinge-wrong-way": "max(0, D − m) punishes pairs that are *far* apart; it is m − D",
    "minus": "−D² for pairs of two classes has no lower end: use the margin",
    "positives-forgotten": "pairs of one class cost nothing; they cost D²",
    "negatives-forgotten": "pairs of two classes cost nothing: all codes would collapse",
    "swapped": "the two terms are swapped (the paper writes Y = 0 for similar; here same is True)",
    "both-terms": "both terms are added for every pair; `same` chooses one",
    "sum": "the sum over pairs; take their mean",
    "halved": "the paper's factor ½; here without",
    "one-per-pair": "one number for each pair; return their mean",
    "each-kind": "the mean of each kind; here one mean over all pairs",
    "manhattan": "the Manhattan distance; take the Euclidean",
    "mean-over-numbers": "the mean over the numbers of a code; take the sum",
}


@errand
def _gradient(contrastive_loss, a, b, same, margin):
    import torch

    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    loss = contrastive_loss(a, b, same, margin)
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return None
    return list(torch.autograd.grad(loss.sum(), [a, b], allow_unused=True))


@check({"pairs of one class": 1, "pairs of two classes": 1, "both, and their mean": 1,
        "the gradient": 1})  # fmt: skip
def contrastive_loss(report: Report, contrastive_loss: Callable) -> None:
    """Against the formula in float64; the gradient in closed form."""
    name = "contrastive_loss"
    a = torch.randn(8, 3, generator=generator(330))
    b = a + torch.linspace(0.15, 2.2, 8)[:, None] * torch.randn(8, 3, generator=generator(331))

    def look(same: Tensor, margin: float, what: str) -> None:
        value = run(contrastive_loss, a.clone(), b.clone(), same.clone(), margin, name=name)
        right = _loss(a, b, same, margin)
        known = []
        for how, why in LOSS_MISTAKES.items():
            wrong = _loss(a, b, same, margin, how)
            if wrong.shape != right.shape or abs(float(wrong - right)) > 1e-3:
                known.append(Mistake(how, wrong, why))
        expect_close(value, right, what, known)

    all_same, none_same = torch.ones(8, dtype=torch.bool), torch.zeros(8, dtype=torch.bool)
    mixed = torch.tensor([True, False, False, True, False, True, True, False])
    with report.criterion("pairs of one class"):
        look(all_same, 1.3, "the loss of pairs of one class")
    with report.criterion("pairs of two classes"):
        look(none_same, 1.7, "the loss of pairs of two classes")
    with report.criterion("both, and their mean"):
        look(mixed, 1.7, "the loss of eight pairs")
        look(mixed, 0.6, "the loss of eight pairs with a small margin")
    with report.criterion("the gradient"):
        margin = 1.7
        b2 = b.clone()
        b2[[0, 1]] = a[[0, 1]]  # one pair of each kind at distance 0
        found = run(lambda: _gradient(contrastive_loss, a, b2, mixed, margin), name=name)
        expect(
            found is not None and all(g is not None for g in found),
            "the loss has no gradient for both codes: use torch operations on a and b",
            "no-gradient",
        )
        got = to_tensor(found[0], "the gradient").double()
        expect(
            bool(torch.isfinite(got).all()),
            "the gradient is NaN where two codes are equal: the slope of √ at 0 is infinite, and "
            "0 · ∞ is not a number",
            "nan-gradient",
        )
        difference = (a - b2).double()
        d = difference.norm(dim=1, keepdim=True)
        push = -2 * (margin - d).clamp_min(0) * difference / d.clamp_min(1e-12)
        right = torch.where(mixed[:, None], 2 * difference, push) / 8
        known = [Mistake("sum", 8 * right, "the gradient of a sum over pairs; take the mean")]
        for sign, g, what in ((1, found[0], "a"), (-1, found[1], "b")):
            keep = to_tensor(g, "the gradient").double().clone()
            expect_shape(keep, (8, 3), f"the gradient for {what}")
            keep[1] = 0  # at distance 0 every direction is as good as another
            expect_close(keep, sign * right, f"the gradient for {what}", known, atol=1e-4)
