"""Week 7: the contrastive loss of all pairs in a batch, both kinds weighing the same."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._gradients import batch_gradient
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "all_pairs_loss",
    signature="def all_pairs_loss(z, labels, margin):",
    right={
        "pairs i < j": """
            i, j = torch.triu_indices(len(z), len(z), offset=1)
            d = (z[i] - z[j]).norm(dim=1)
            same = labels[i] == labels[j]
            near, far = d[same] ** 2, (margin - d[~same]).clamp_min(0) ** 2
            return (near.sum() / max(len(near), 1) + far.sum() / max(len(far), 1)) / 2
        """,
        "the whole square without its diagonal": """
            squared = ((z[:, None] - z[None]) ** 2).sum(2)
            distance = (squared + 1e-12).sqrt()
            other = ~torch.eye(len(z), dtype=torch.bool)
            same = labels[:, None] == labels[None]
            near, far = same & other, ~same
            attract = (squared * near).sum() / near.sum().clamp_min(1)
            repel = (F.relu(margin - distance).square() * far).sum() / far.sum().clamp_min(1)
            return 0.5 * attract + 0.5 * repel
        """,
        "pdist": """
            d = F.pdist(z)
            i, j = torch.triu_indices(len(z), len(z), 1)
            same = labels[i] == labels[j]
            total = 0 * z.sum()
            if same.any():
                total = total + d[same].pow(2).mean()
            if (~same).any():
                total = total + (margin - d[~same]).clamp(min=0).pow(2).mean()
            return total / 2
        """,
    },
    wrong={
        "self-pairs": {
            "torch.triu_indices(len(z), len(z), offset=1)": (
                "torch.cartesian_prod(*2 * [torch.arange(len(z))]).T"
            )
        },
        "half-self-pairs": {", offset=1": ""},
        "one-mean": {
            "(near.sum() / max(len(near), 1) + far.sum() / max(len(far), 1)) / 2": (
                "torch.cat([near, far]).mean()"
            )
        },
        "divided-by-all": {
            "(near.sum() / max(len(near), 1)": "2 * (near.sum()",
            " / max(len(far), 1)) / 2": ") / len(z) ** 2",
        },
        "sum-of-means": {" / max(len(far), 1)) / 2": " / max(len(far), 1))"},
        "sum": {" / max(len(near), 1)": "", " / max(len(far), 1)) / 2": ")"},
        "swapped": {
            "d[same] ** 2, (margin - d[~same])": "d[~same] ** 2, (margin - d[same])",
        },
        "not-squared": {"d[same] ** 2": "d[same]"},
        "margin-on-positives": {"d[same] ** 2": "(d[same] - margin).clamp_min(0) ** 2"},
        "negatives-not-squared": {"clamp_min(0) ** 2": "clamp_min(0)"},
        "squared-distance": {"d[~same]": "d[~same] ** 2"},
        "no-hinge": {".clamp_min(0)": ""},
        "only-positives": {" + far.sum() / max(len(far), 1)": ""},
        "neighbours-only": {
            "torch.triu_indices(len(z), len(z), offset=1)": (
                "torch.arange(len(z) - 1), torch.arange(1, len(z))"
            )
        },
        "nan-empty": {
            "near.sum() / max(len(near), 1)": "near.mean()",
            "far.sum() / max(len(far), 1)": "far.mean()",
        },
        "pair-of-two": {"max(len(far), 1)": "max(len(far), 2)"},
        "nan-gradient": {"(z[i] - z[j]).norm(dim=1)": "((z[i] - z[j]) ** 2).sum(1).sqrt()"},
        "no-gradient": {".norm": ".detach().norm"},
    },
)

NINE = 0.7 * torch.randn(9, 4, generator=grader_generator(340))
TWELVE = 0.8 * torch.randn(12, 3, generator=grader_generator(341))
SIX = 0.7 * torch.randn(6, 3, generator=grader_generator(342), dtype=torch.float64)

MESSAGES = {
    "self-pairs": "each code is paired with itself, at distance 0: leave the diagonal out",
    "half-self-pairs": "the diagonal is among the pairs: offset=1 leaves each code's pair with "
    "itself out",
    "one-mean": "one mean over all pairs: the more frequent kind decides; a mean of each kind",
    "divided-by-all": "the sum divided by B²: self-pairs are in the number, and the kinds do not "
    "count alike",
    "sum-of-means": "half of each: divide the sum of both means by 2",
    "sum": "sums over pairs; take means",
    "swapped": "the two kinds are swapped",
    "not-squared": "pairs of one class cost D; it is D²",
    "margin-on-positives": "the margin was applied to pairs of *one* class; they cost D²",
    "negatives-not-squared": "max(0, m − D) was not squared",
    "squared-distance": "m − D² in the hinge; it is m − D, squared afterwards",
    "no-hinge": "pairs beyond the margin cost nothing: max(0, m − D)",
    "only-positives": "pairs of two classes are missing: all codes would collapse",
    "neighbours-only": "only pairs of codes that follow each other; take all",
}


def formula(z: Tensor, labels: Tensor, m: float, how: str = "") -> Tensor:
    """Return the loss in float64, or what a mistake makes of it."""
    z, n = z.double(), len(labels)
    i, j = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    kept = {
        "self-pairs": i > -1,
        "half-self-pairs": i <= j,
        "neighbours-only": j == i + 1,
    }.get(how, i < j)
    i, j = i[kept], j[kept]
    square = (z[i] - z[j]).square().sum(1)
    d = square.sqrt()
    hinge = (m - d).clamp_min(0).square()
    same = labels[i] == labels[j]
    near = {
        "not-squared": d,
        "margin-on-positives": (d - m).clamp_min(0).square(),
        "swapped": hinge,
    }.get(how, square)[same]
    far = {
        "negatives-not-squared": (m - d).clamp_min(0),
        "squared-distance": (m - square).clamp_min(0).square(),
        "no-hinge": (m - d).square(),
        "swapped": square,
    }.get(how, hinge)[~same]
    total = near.sum() + far.sum()
    of_near, of_far = (kind.sum() / max(len(kind), 1) for kind in (near, far))
    return {
        "sum-of-means": of_near + of_far,
        "one-mean": total / len(d),
        "sum": total,
        "divided-by-all": 2 * total / n**2,
        "only-positives": of_near / 2,
    }.get(how, (of_near + of_far) / 2)


def expect_loss(all_pairs_loss: Callable, z: Tensor, labels: Tensor, m: float, what: str) -> None:
    """Compare the student's loss with the formula."""
    value = run(all_pairs_loss, z.clone(), labels.clone(), m, name="all_pairs_loss")
    one_kind = len(labels.unique()) in (1, len(labels))
    finite = bool(torch.isfinite(to_tensor(value, what).double()).all())
    expect(finite or not one_kind, f"{what} is NaN: the mean of no pairs; count 0", "nan-empty")
    expect_close(value, formula(z, labels, m), what, visible(formula, MESSAGES, z, labels, m))


@EXERCISE.criterion("every pair once", points=1)
def every_pair(all_pairs_loss: Callable) -> None:
    """Nine codes of three classes."""
    labels = torch.tensor([5, 1, 5, 9, 1, 9, 5, 1, 5])
    expect_loss(all_pairs_loss, NINE, labels, 1.9, "the loss of nine codes")


@EXERCISE.criterion("both kinds alike", points=1)
def both_kinds(all_pairs_loss: Callable) -> None:
    """Few pairs of one class among many, then batches in which one kind is missing."""
    labels = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0, 1, 7, 8, 9])
    one_class, z = torch.zeros(4, dtype=torch.long), TWELVE
    expect_loss(all_pairs_loss, z, labels, 1.6, "the loss of twelve codes of ten classes")
    alone = "the loss where no two are of one class"
    expect_loss(all_pairs_loss, z[:5], labels[:5], 1.6, alone)
    expect_loss(all_pairs_loss, z[:4], one_class, 1.6, "the loss of one class")
    two = "the loss of two codes of two classes, a single pair"
    value = run(all_pairs_loss, z[:2].clone(), labels[:2].clone(), 9.0, name="all_pairs_loss")
    right = formula(z[:2], labels[:2], 9.0)
    known = [Mistake("pair-of-two", right / 2, "the mean of one pair was divided by 2 pairs")]
    expect_close(value, right, two, [*known, *visible(formula, MESSAGES, z[:2], labels[:2], 9.0)])


@EXERCISE.criterion("the gradient", points=1)
def gradient(all_pairs_loss: Callable) -> None:
    """Against central differences in float64; finite even where codes are equal."""
    labels, margin, step, name = torch.tensor([0, 1, 0, 2, 1, 0]), 1.8, 1e-5, "all_pairs_loss"
    found = batch_gradient(all_pairs_loss, SIX, labels, margin, name)
    slopes = []
    for change in step * torch.eye(SIX.numel(), dtype=torch.float64).reshape(-1, *SIX.shape):
        up, down = (formula(SIX + s * change, labels, margin) for s in (1, -1))
        slopes.append((up - down) / (2 * step))
    right = torch.stack(slopes).reshape(SIX.shape)
    known = [Mistake("sum-of-means", 2 * right, "divide the sum of both means by 2")]
    expect_close(found, right, "the gradient", known, rtol=1e-3, atol=1e-4)
    twins = SIX.clone()
    twins[[1, 2]] = twins[[0, 5]]  # one equal pair of two classes, one of one class
    batch_gradient(all_pairs_loss, twins, labels, margin, name)
    nothing = torch.zeros_like(SIX)
    batch_gradient(all_pairs_loss, nothing, labels, margin, name)
    expect_loss(all_pairs_loss, nothing, labels, margin, "the loss of codes that are all 0")


@EXERCISE.conduct(right=formula, trains=["z"], sizes=(6, 2, 70), between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Codes, labels and a margin."""
    return {"z": new.normal(n, 3), "labels": new.labels(n), "margin": new.alternate(2.5, 3.5)}
