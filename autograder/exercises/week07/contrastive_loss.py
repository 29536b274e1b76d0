"""Week 7: the contrastive loss of pairs of codes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._gradients import gradients
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "contrastive_loss",
    signature="def contrastive_loss(a, b, same, margin):",
    right={
        "where and norm": """
            d, d2 = (a - b).norm(dim=1), ((a - b) ** 2).sum(1)
            near, far = d2, (margin - d).clamp_min(0) ** 2
            terms = torch.where(same, near, far)
            return terms.mean()
        """,
        "masks, a little under the root": """
            y = same.float()
            squared = (a - b).pow(2).sum(dim=-1)
            distance = torch.sqrt(squared + 1e-12)
            return torch.mean(y * squared + (1 - y) * F.relu(margin - distance) ** 2)
        """,
        "each kind by itself, float64": """
            gap = (a - b).double()
            near = (gap[same] ** 2).sum()
            far = torch.linalg.vector_norm(gap[~same], dim=1)
            far = torch.maximum(margin - far, torch.zeros_like(far)).square().sum()
            return (near + far) / len(same)
        """,
    },
    wrong={
        "not-squared": {"far = d2": "far = d"},
        "margin-on-positives": {"far = d2": "far = (d - margin).clamp_min(0) ** 2"},
        "negatives-not-squared": {"clamp_min(0) ** 2": "clamp_min(0)"},
        "squared-distance": {"margin - d": "margin - d2"},
        "squares-in-hinge": {"(margin - d).clamp_min(0) ** 2": "(margin**2 - d2).clamp_min(0)"},
        "margin-not-squared-twice": {
            "(margin - d).clamp_min(0) ** 2": "(margin - d2).clamp_min(0)"
        },
        "no-hinge": {".clamp_min(0)": ""},
        "hinge-wrong-way": {"margin - d": "d - margin"},
        "minus": {"(margin - d).clamp_min(0) ** 2": "-d2"},
        "positives-forgotten": {"far = d2": "far = 0 * d"},
        "negatives-forgotten": {"(margin - d).clamp_min(0) ** 2": "0 * d"},
        "swapped": {"same, near, far": "same, far, near"},
        "both-terms": {"torch.where(same, near, far)": "near + far"},
        "sum": {"terms.mean()": "terms.sum()"},
        "halved": {"terms.mean()": "terms.mean() / 2"},
        "one-per-pair": {"terms.mean()": "terms"},
        "manhattan": {
            "(a - b).norm(dim=1)": "(a - b).abs().sum(1)",
            "((a - b) ** 2).sum(1)": "(a - b).abs().sum(1) ** 2",
        },
        "mean-over-numbers": {
            "(a - b).norm(dim=1)": "((a - b) ** 2).mean(1).clamp_min(1e-12).sqrt()",
            "((a - b) ** 2).sum(1)": "((a - b) ** 2).mean(1)",
        },
        "nan-gradient": {"(a - b).norm(dim=1)": "((a - b) ** 2).sum(1).sqrt()"},
        "no-gradient": {".norm": ".detach().norm", "** 2).sum(1)": "** 2).sum(1).detach()"},
    },
)

A = torch.randn(8, 3, generator=grader_generator(330))
STEPS = torch.randn(8, 3, generator=grader_generator(331))
B = A + torch.linspace(0.15, 2.2, 8)[:, None] * STEPS
ALL_SAME, NONE_SAME = torch.ones(8, dtype=torch.bool), torch.zeros(8, dtype=torch.bool)
MIXED = torch.tensor([True, False, False, True, False, True, True, False])

MESSAGES = {
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


def formula(a: Tensor, b: Tensor, same: Tensor, m: float, how: str = "") -> Tensor:
    """Return the contrastive loss in float64, or what a mistake makes of it."""
    gap = a.double() - b.double()
    square = {
        "manhattan": gap.abs().sum(1).square(),
        "mean-over-numbers": gap.square().mean(1),
    }.get(how, gap.square().sum(1))
    d = square.sqrt()
    hinge = (m - d).clamp_min(0).square()
    near = {
        "not-squared": d,
        "margin-on-positives": (d - m).clamp_min(0).square(),
        "positives-forgotten": torch.zeros_like(d),
        "swapped": hinge,
    }.get(how, square)
    far = {
        "negatives-not-squared": (m - d).clamp_min(0),
        "squared-distance": (m - square).clamp_min(0).square(),
        "squares-in-hinge": (m**2 - square).clamp_min(0),
        "margin-not-squared-twice": (m - square).clamp_min(0),
        "no-hinge": (m - d).square(),
        "minus": -square,
        "hinge-wrong-way": (d - m).clamp_min(0).square(),
        "negatives-forgotten": torch.zeros_like(d),
        "swapped": square,
    }.get(how, hinge)
    terms = near + far if how == "both-terms" else torch.where(same, near, far)
    each_kind = near[same].mean().nan_to_num(0) + far[~same].mean().nan_to_num(0)
    return {
        "sum": terms.sum(),
        "halved": terms.mean() / 2,
        "one-per-pair": terms,
        "each-kind": each_kind / 2,
    }.get(how, terms.mean())


def expect_loss(contrastive_loss: Callable, same: Tensor, margin: float, what: str) -> None:
    """Compare the student's loss of the eight pairs with the formula."""
    given = A.clone(), B.clone(), same.clone(), margin
    value = run(contrastive_loss, *given, name="contrastive_loss")
    inputs = A, B, same, margin
    expect_close(value, formula(*inputs), what, visible(formula, MESSAGES, *inputs))


@EXERCISE.criterion("pairs of one class", points=1)
def one_class(contrastive_loss: Callable) -> None:
    """Eight pairs of one class."""
    expect_loss(contrastive_loss, ALL_SAME, 1.3, "the loss of pairs of one class")


@EXERCISE.criterion("pairs of two classes", points=1)
def two_classes(contrastive_loss: Callable) -> None:
    """Eight pairs of two classes, some of them beyond the margin."""
    expect_loss(contrastive_loss, NONE_SAME, 1.7, "the loss of pairs of two classes")


@EXERCISE.criterion("both, and their mean", points=1)
def both(contrastive_loss: Callable) -> None:
    """Four pairs of each kind, with a large and a small margin."""
    expect_loss(contrastive_loss, MIXED, 1.7, "the loss of eight pairs")
    expect_loss(contrastive_loss, MIXED, 0.6, "the loss of eight pairs with a small margin")


@EXERCISE.criterion("the gradient", points=1)
def gradient(contrastive_loss: Callable) -> None:
    """The gradient in closed form, also where the two codes of a pair are equal."""
    margin, b = 1.7, B.clone()
    b[[0, 1]] = A[[0, 1]]  # one pair of each kind at distance 0
    no_gradient = "the loss has no gradient for both codes: use torch operations on a and b"
    found = gradients(contrastive_loss, [A, b], [MIXED, margin], "contrastive_loss", no_gradient)
    expect(
        bool(torch.isfinite(found[0]).all()),
        "the gradient is NaN where two codes are equal: the slope of √ at 0 is infinite, and "
        "0 · ∞ is not a number",
        "nan-gradient",
    )
    difference = (A - b).double()
    d = difference.norm(dim=1, keepdim=True)
    push = -2 * (margin - d).clamp_min(0) * difference / d.clamp_min(1e-12)
    right = torch.where(MIXED[:, None], 2 * difference, push) / 8
    known = [Mistake("sum", 8 * right, "the gradient of a sum over pairs; take the mean")]
    for sign, got, code in ((1, found[0], "a"), (-1, found[1], "b")):
        what = f"the gradient for {code}"
        kept = expect_shape(got, (8, 3), what).clone()
        kept[1] = 0  # at distance 0 every direction is as good as another
        expect_close(kept, sign * right, what, known, atol=1e-4)


@EXERCISE.conduct(right=formula, trains=["a", "b"], between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Pairs of codes, some of one class."""
    pairs = {"a": new.normal(n, 3), "b": new.normal(n, 3), "same": new.integers(0, 2, n) > 0}
    return {**pairs, "margin": new.alternate(2.5, 3.5)}
