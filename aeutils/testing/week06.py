"""Visible tests of week 6: evaluating embeddings."""

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
    passed,
    run,
    to_pair,
    to_tensor,
)


def distances(distances: Callable) -> bool:
    """A right-angled triangle, and a row of zeros."""
    a = torch.tensor([[3.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = torch.tensor([[0.0, 4.0], [2.0, 2.0], [0.0, 2.0]])
    parts = ("the Euclidean distances", "the Manhattan distances", "the cosine distances")
    found = to_pair(run(distances, a, b, name="distances"), "distances", parts)
    root = math.sqrt(2)
    known: list[list[Mistake]] = [
        [
            Mistake("squared", [25.0, 2.0, 4.0], "the root is missing"),
            Mistake("swapped", [7.0, 2.0, 2.0], "these are the Manhattan distances"),
        ],
        [Mistake("no-absolute", [-1.0, -2.0, -2.0], "use the absolute differences")],
        [
            Mistake("similarity", [0.0, 1.0, 0.0], "cosines; the distance is 1 − cosine"),
            Mistake("dot-product", [1.0, -3.0, 1.0], "divide by both lengths"),
            Mistake("nan-for-zero", [1.0, 0.0, math.nan], "0/0 for a row of zeros"),
        ],
    ]
    right = ([5.0, root, 2.0], [7.0, 2.0, 2.0], [1.0, 0.0, 1.0])
    for value, wanted, mistakes, part in zip(found, right, known, parts, strict=True):
        expect_close(value, wanted, part, mistakes, show_expected=True)
    return passed("distances", "three distances, row by row, and a row of zeros")


def _table() -> tuple[Tensor, Tensor]:
    """Return codes at 0°, 60° (class 2) and 90°, 90°, 180° (class 5), of different lengths."""
    angles = torch.tensor([0.0, 60.0, 90.0, 90.0, 180.0]) * math.pi / 180
    lengths = torch.tensor([1.0, 3.0, 0.5, 2.0, 1.0])[:, None]
    z = lengths * torch.stack([angles.cos(), angles.sin()], dim=1)
    return z, torch.tensor([2, 2, 5, 5, 5])


def class_similarity(class_similarity: Callable) -> bool:
    """Two classes of arrows whose angles are known."""
    z, labels = _table()
    given, name = z.clone(), "class_similarity"
    parts = ("the same-class means", "the different-class means")
    found = to_pair(run(class_similarity, given, labels, name=name), name, parts)
    expect_unchanged(z, given, name)
    # class 2: cos 60°; class 5: cos 0°, cos 90°, cos 90°
    right = [0.5, 1 / 3]
    known = [
        Mistake("self-pairs", [0.75, 5 / 9], "each code's cosine with itself is in the mean"),
        Mistake("self-pairs-in-sum", [1.5, 5 / 6], "the self-pairs are still in the sum"),
    ]
    shape = tuple(to_tensor(found[0], parts[0]).shape)
    expect(
        shape == (2,),
        f"{parts[0]} have shape {shape}, but there are two classes, 2 and 5",
        "labels-from-zero",
    )
    expect_close(found[0], right, parts[0], known, show_expected=True)
    half, side = 0.5, math.sqrt(3) / 2  # pairs: 90°, 90°, 180° and 30°, 30°, 120°
    between = (0 + 0 - 1 + side + side - half) / 6
    own = [(2 * (1 + 0.5) + 6 * between) / 10, (3 + 2 + 6 * between) / 15]
    known = [Mistake("own-class-in-diff", own, "the class's own codes are among the others")]
    expect_close(found[1], [between, between], parts[1], known, show_expected=True)
    return passed(name, "pairs of one class, pairs of two, and nobody with itself")


def class_ratio(class_ratio: Callable) -> bool:
    """The same arrows: with and without each choice."""
    z, labels = _table()
    name = "class_ratio"
    between = (math.sqrt(3) - 1.5) / 6
    plain = (0.5 + 1 / 3) / 2 / between
    shown = (1.5 + 4 / 3) / 2 / (1 + between)
    for renormalise, right in ((False, plain), (True, shown)):
        given = z.clone()
        value = run(class_ratio, given, labels, False, renormalise, name=name)
        expect_unchanged(z, given, name)
        what = f"the ratio with centre=False, renormalise={renormalise}"
        other = shown if not renormalise else plain
        known = [
            Mistake("renormalise-ignored", other, "`renormalise` is taken the other way round"),
            Mistake("ratio-renormalised", (1 + plain) / 2, "renormalise same and diff, not ratios"),
        ]
        expect_close(value, right, what, known, show_expected=True)
    # Four arrows around a far point: without it, a cross whose arms are the classes.
    cross = torch.tensor([[1.0, 0.0], [1.0, 0.2], [-1.0, 0.0], [-1.0, -0.2]])
    given = cross + 50
    value = run(class_ratio, given, torch.tensor([0, 0, 1, 1]), True, True, name=name)
    expect_unchanged(cross + 50, given, name)
    cosine = 1 / math.sqrt(1.04)
    right = (1 + cosine) / (1 - (1 + 1 + 2 * cosine) / 4)
    expect(
        abs(float(to_tensor(value, "the ratio")) - 1) > 0.01,
        "with centre=True, arrows around a far point have ratio 1: was the mean subtracted?",
        "centre-ignored",
    )
    expect_close(value, right, "the centred ratio of a cross", rtol=1e-2, show_expected=True)
    return passed(name, "both choices, and no change to the codes")


def auc(auc: Callable) -> bool:
    """Six comparisons, one of them a tie."""
    value = run(auc, torch.tensor([3.0, 2.0]), torch.tensor([1.0, 2.0, 2.5]), name="auc")
    known = [
        Mistake("ties-lose", 4 / 6, "a tie counts as lost; it counts one half"),
        Mistake("ties-win", 5 / 6, "a tie counts as won; it counts one half"),
        Mistake("swapped", 1.5 / 6, "how often `diff` is larger"),
        Mistake("count", 4.5, "the number of wins; divide by the number of comparisons"),
    ]
    expect_close(value, 4.5 / 6, "the AUC of [3, 2] against [1, 2, 2.5]", known, show_expected=True)
    value = run(auc, torch.zeros(4), torch.zeros(3), name="auc")
    expect_close(value, 0.5, "the AUC where all numbers are equal", show_expected=True)
    return passed("auc", "every one against every one, ties count one half")


def prototype_accuracy(prototype_accuracy: Callable) -> bool:
    """Two directions around a far point; one test code is on the wrong side."""
    arms = torch.tensor([[1.0, 0.1], [2.0, -0.2], [-1.0, 0.1], [-2.0, -0.2]])
    y = torch.tensor([7, 7, 3, 3])
    test = torch.tensor([[3.0, 1.0], [0.5, 0.0], [-1.0, 0.4], [0.2, -0.1]])
    y_test = torch.tensor([7, 7, 3, 3])
    shift = torch.tensor([20.0, 20.0])
    value = run(
        prototype_accuracy, arms + shift, y, test + shift, y_test, name="prototype_accuracy"
    )
    known = [
        Mistake("argmin", 0.25, "the least similar prototype was taken"),
        Mistake("place-for-label", 0.0, "the prototype's row number was taken for its label"),
        Mistake("train-accuracy", 1.0, "is this the accuracy on the training codes?"),
    ]
    what = "the accuracy where 3 of 4 test codes are on their class's side"
    expect_close(value, 0.75, what, known, show_expected=True)
    return passed("prototype_accuracy", "centred by the training mean, the largest cosine wins")


def mean_average_precision(mean_average_precision: Callable) -> bool:
    """Four arrows: at 0°, 20°, 50° and 90°."""
    angles = torch.tensor([0.0, 20.0, 50.0, 90.0]) * math.pi / 180
    z = torch.tensor([1.0, 4.0, 1.0, 0.3])[:, None] * torch.stack(
        [angles.cos(), angles.sin()], dim=1
    )
    labels = torch.tensor([1, 0, 1, 0])
    # the only other member of the class stands at rank 2, 3, 3, 2
    right = (1 / 2 + 1 / 3 + 1 / 3 + 1 / 2) / 4
    known = [
        Mistake(
            "query-included",
            (2 * (1 + 2 / 3) / 2 + 2 * (1 + 2 / 4) / 2) / 4,
            "every query finds itself first; leave it out",
        ),
        Mistake("ascending", (1 / 2 + 1 + 1 + 1 / 2) / 4, "the least similar come first"),
    ]
    name = "mean_average_precision"
    value = run(mean_average_precision, z, labels, name=name)
    expect_close(value, right, "the mAP of four arrows", known, show_expected=True)
    return passed(name, "the others of the class, ranked by cosine, without the query")


def silhouette(silhouette: Callable) -> bool:
    """Five numbers on a line, in three classes."""
    z, labels = torch.tensor([[0.0], [1.0], [4.0], [6.0], [20.0]]), torch.tensor([3, 3, 8, 8, 9])
    each = [(5 - 1) / 5, (4 - 1) / 4, (3.5 - 2) / 3.5, (5.5 - 2) / 5.5, 0.0]
    known = [
        Mistake(
            "self-counted",
            (4.5 / 5 + 3.5 / 4 + 2.5 / 3.5 + 4.5 / 5.5) / 5,
            "the distance of a code to itself is in its mean a",
        ),
        Mistake("sign", -sum(each) / 5, "a − b; it is b − a"),
        Mistake("alone-left-out", sum(each) / 4, "a code alone in its class counts as 0"),
        Mistake("alone-is-one", (sum(each) + 1) / 5, "a code alone in its class counts as 0"),
        Mistake("nan-for-one", math.nan, "0/0 for the code that is alone in its class"),
    ]
    value = run(silhouette, z, labels, name="silhouette")
    what = "the silhouette of 0, 1 | 4, 6 | 20"
    expect(
        bool(torch.isfinite(to_tensor(value, what).double()).all()),
        f"{what} is NaN: 0/0 for the code that is alone in its class; it counts as 0",
        "nan-for-one",
    )
    expect_close(value, sum(each) / 5, what, known, show_expected=True)
    return passed("silhouette", "own class without oneself, nearest other class, a class of one")


def neighbour_overlap(neighbour_overlap: Callable) -> bool:
    """Numbers on a line, of which two change places."""
    a = torch.tensor([[0.0], [1.0], [2.5], [10.0], [11.5]])
    b = torch.tensor([[0.0], [1.0], [10.0], [2.5], [11.5]])
    name = "neighbour_overlap"
    # two nearest in a: {1,2} {0,2} {1,0} {4,2} {3,2}; in b: {1,3} {0,3} {4,3} {1,0} {2,3}
    known = [
        Mistake("self-counted", 0.8, "each row is its own neighbour; leave it out"),
        Mistake("jaccard", (1 / 3 + 1 / 3 + 0 + 0 + 1) / 5, "divide by k, not by the union"),
        Mistake("count", 0.8, "the number of shared neighbours; divide by k"),
        Mistake("same-place", 0.2, "the order of the neighbours does not matter"),
    ]
    value = run(neighbour_overlap, a, b, 2, name=name)
    expect_close(value, 0.4, "the overlap of two neighbours", known, show_expected=True)
    value = run(neighbour_overlap, a, 3 * a - 1, 3, name=name)
    expect_close(value, 1.0, "the overlap of a space with itself, stretched", show_expected=True)
    return passed(name, "shared neighbours, in whatever order, without oneself")
