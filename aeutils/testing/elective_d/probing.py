"""Visible tests of elective D: standardised features and two probes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
)

# Ten images of three classes, with two units of which the second moves ten times as much as the
# first. The test images come from another place, and were chosen so that every mistake of the
# tables below gives them classes of its own: a row has a digit for each test image, once for each
# ρ or k. Which of the divisors N and N − 1 was taken makes no difference to any row.
IMAGES = torch.tensor(
    [
        [9.0, -11],
        [8, -10],
        [8, -34],
        [8, -26],
        [10, -16],
        [3, -33],
        [1, -33],
        [1, -58],
        [5, -21],
        [1, -168],
    ]
)
LABELS = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2])
TO_FIT = torch.tensor(
    [[7.0, 63], [-2, -108], [14, -186], [8, 62], [-7, -101], [0, -148], [-5, 81], [4, 23]]
)
TO_VOTE = torch.tensor(
    [[12.0, 29], [5, -103], [8, -128], [7, -3], [7, 2], [17, 1], [13, -6], [-1, -134]]
)
RIDGES, NEIGHBOURS = (0.2, 40.0), (1, 3, 7)

FITTED = ("11001211", "01001110")
OTHERWISE_FITTED = {
    "ridge-ignored": (
        "11001211",
        "11001211",
        "`ridge` has no effect: add ρ, and no number in its place, to the diagonal of ZᵀZ",
    ),
    "ridge-always-1": ("01001211", "01001211", "`ridge` has no effect: it is 1 throughout"),
    "ridge-times-n": ("01001211", "00000000", "ρ was multiplied by the number of images"),
    "ridge-squared": ("11001211", "00000000", "ρ was squared"),
    "ridge-everywhere": (
        "11001211",
        "11011011",
        "ρ was added to every number of ZᵀZ; add it to the diagonal (`torch.eye`)",
    ),
    "ridge-inverted": ("01001211", "11001211", "1/ρ stands where ρ belongs"),
    "shares-missing": (
        "11011211",
        "01001211",
        "ȳ was not added to the scores, so that the classes' sizes do not count",
    ),
    "intercept-penalised": (
        "11001211",
        "01001210",
        "a column of ones was penalised with the others; add ȳ instead",
    ),
    "not-standardised": ("02002200", "02002200", "the features were not standardised"),
    "only-centred": (
        "11001211",
        "01001211",
        "the features were only centred; divide by the training deviations",
    ),
    "test-not-standardised": ("12212211", "02202200", "`test` was not standardised as `train` is"),
    "train-not-standardised": ("01001010", "01001010", "`train` was not standardised"),
    "by-test": (
        "01001210",
        "00001000",
        "`test` was standardised by its own means and deviations; take those of `train`",
    ),
    "by-both": (
        "01001211",
        "00001000",
        "`train` and `test` were standardised together; take the numbers of `train`",
    ),
    "least": ("20120002", "20120022", "the class of the *smallest* score"),
    "labels-as-numbers": (
        "02002221",
        "01101111",
        "the labels were fitted as numbers; they are names: fit their one-hot table",
    ),
    "prototypes": (
        "02201211",
        "02201211",
        "the class of the nearest mean; the ridge regression is asked for",
    ),
    "solve-forgotten": ("01201210", "01201210", "ZᵀY alone; solve (ZᵀZ + ρI) W = ZᵀY"),
    "largest-class": ("00000000", "00000000", "the most frequent class for every image"),
}

VOTED = ("01000002", "01000001", "01000001")
OTHERWISE_VOTED = {
    "farthest": ("20122220", "10011110", "10011110", "the *farthest* features voted"),
    "nearest-alone": (
        "01000002",
        "01000002",
        "01000002",
        "`k` has no effect: the nearest alone decided",
    ),
    "one-more": ("01000001", "01000001", "00000000", "k + 1 features voted"),
    "one-fewer": ("01000002", "01000001", "00000001", "k − 1 features voted"),
    "first-dropped": (
        "01200001",
        "00200001",
        "00000000",
        "the nearest was left out; a test image is not among the training images",
    ),
    "everybody": ("00000000", "00000000", "00000000", "all training features voted"),
    "not-standardised": (
        "01200002",
        "00000000",
        "01100001",
        "the features were not divided by the training deviations",
    ),
    "by-test": (
        "01122001",
        "01100001",
        "01100001",
        "`test` was standardised by its own means and deviations; take those of `train`",
    ),
    "by-both": (
        "01200002",
        "01000001",
        "01000001",
        "`train` and `test` were standardised together; take the numbers of `train`",
    ),
    "cosine": (
        "02200002",
        "01000001",
        "00000001",
        "cosines decided who is near; take Euclidean distances",
    ),
    "city-block": (
        "02000002",
        "01000001",
        "01000001",
        "sums of absolute differences decided who is near; take Euclidean distances",
    ),
    "largest-difference": (
        "01100002",
        "00000001",
        "01100001",
        "the largest difference decided who is near; take Euclidean distances",
    ),
    "weighted": (
        "01000002",
        "01000002",
        "01000001",
        "the votes were weighted by distance; each counts once",
    ),
    "rarest": ("01000002", "00200002", "10111110", "the class with the *fewest* votes"),
    "median": (
        "01000002",
        "01000001",
        "01100001",
        "the median of the labels; labels are names, count them",
    ),
    "mean": (
        "01000002",
        "01100001",
        "01100001",
        "the mean of the labels; labels are names, count them",
    ),
    "smallest-label": (
        "01000002",
        "00000001",
        "00000000",
        "the smallest label among the neighbours; count them",
    ),
    "largest-label": (
        "01000002",
        "01200002",
        "22222222",
        "the largest label among the neighbours; count them",
    ),
    "prototypes": (
        "02200002",
        "02200002",
        "02200002",
        "the class of the nearest mean; the k nearest features are to vote",
    ),
}


def _classes(value: object, count: int, what: str, shapes: Sequence[Mistake]) -> Tensor:
    """Return a student's classes of `count` test images; raise where they are no such thing."""
    got = expect_shape(value, (count,), what, shapes)
    expect(not got.is_floating_point(), f"{what} are no integers", "not-integers")
    return got


def _name(
    found: Sequence[Tensor],
    right: tuple[str, ...],
    otherwise: Mapping[str, tuple[str, ...]],
    what: str,
    setting: str,
) -> None:
    """Raise with the name of the mistake that gives these classes, if one of the tables does.

    Args:
        found: the student's classes of the test images, for each value of the setting.
        right: the right ones, a digit for each image.
        otherwise: what mistakes make of them, and the message at the end.
        what: how messages call the classes.
        setting: the probe's argument, of which each row has another value.

    Raises:
        CheckFailed: the mistake is known.
    """
    rows = tuple("".join(str(int(c)) for c in one) for one in found)
    if rows == right:
        return
    places = f"{what} are numbers that no label has: are they the places of neighbours?"
    expect(all(int(one.max()) < 3 for one in found), f"{places} Return their labels", "places")
    for name, (*classes, message) in otherwise.items():
        if rows == tuple(classes):
            raise CheckFailed(f"{what}: {message}", name)
    same = f"{what} are the same whatever `{setting}` is: use it, and no number in its place"
    expect(len(set(rows)) > 1, same, "argument-ignored")


def _standardise(standardise: Callable) -> None:
    """Three columns of three images, one of which never moves, and two other images."""
    train = torch.tensor([[1.0, 10, 0.1], [3, 10, 0.3], [5, 10, 0.5]])
    other = torch.tensor([[7.0, 12, 0.3], [3, 9, 0.8]])
    # means 3, 10 and 0.3; deviations 2 and 0.2 with N − 1, and √(2/3) times that with N
    name, what = "standardise", "`other`, standardised by `train`,"
    right = torch.tensor([[2.0, 0, 0], [0, 0, 2.5]]).double()
    shapes = [
        Mistake("train-returned", (3, 3), "`train` came back; return `other`"),
        Mistake("both-returned", (5, 3), "`train` and `other` came back; return `other` alone"),
    ]
    value = run(standardise, train.clone(), other.clone(), name=name)
    got = expect_shape(value, (2, 3), what, shapes).double()
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} is NaN or infinite: the second unit never moves, and its deviation is 0; let it "
        "become 0 everywhere",
        "nan-for-constant",
    )
    either = [1.0, math.sqrt(1.5)]  # by which number the squares are divided is left open
    factor = next((f for f in either if torch.allclose(got, f * right, rtol=1e-3, atol=1e-4)), 0)
    if not factor:
        _name_scaling(got, train.double(), other.double(), what)
    still = f"{what} is not 0 where a unit never moves in `train`, whatever it is in `other`"
    huge = bool((got[:, 1].abs() > 1e4).any())
    expect(not huge, f"{still}: it was divided by nearly 0", "huge-for-constant")
    expect(not bool(got[:, 1].any()), still, "constant-shifted")
    expect_close(got, (factor or 1) * right, what, rtol=1e-3, atol=1e-4, show_expected=True)
    # The deviation of seven times 0.1 is not 0, but the last digit of a float32.
    rows = torch.stack([torch.full((7,), 0.1), torch.arange(7.0)], dim=1)
    value = run(standardise, rows.clone(), rows[:1] + 1, name=name)
    got = expect_shape(value, (1, 2), what).double()
    expect(bool((got[:, 0] == 0).all()), still, "huge-for-constant")


def _name_scaling(got: Tensor, train: Tensor, other: Tensor, what: str) -> None:
    """Raise with the name of the mistake if other means and deviations give these columns."""
    both = torch.cat([train, other])
    moves = torch.tensor([True, False, True])
    known: list[Mistake] = []

    def add(name: str, mean: Tensor, by: Tensor, message: str) -> None:
        # Which columns a mistaken answer takes for constant, those of `train` or others, is open.
        wrong = (other - mean) / by
        known.extend(Mistake(name, each, message) for each in (wrong, wrong.where(moves, 0)))

    mean = train.mean(dim=0)
    add("not-scaled", mean, torch.ones(3), "divide by the deviations of `train`")
    add("over-units", other.mean(1, True), other.std(1, keepdim=True), "each row's own numbers")
    for n in (0, 1):
        by = train.std(dim=0, correction=n)
        of_other, of_both = other.std(dim=0, correction=n), both.std(dim=0, correction=n)
        take = "take those of `train`"
        add("by-other", other.mean(0), of_other, f"the means and deviations of `other`; {take}")
        add("by-both", both.mean(0), of_both, f"those of `train` and `other` together; {take}")
        add("mean-of-other", other.mean(0), by, f"the means of `other`; {take}")
        add("deviation-of-other", mean, of_other, f"the deviations of `other`; {take}")
        add("not-centred", torch.zeros(3), by, "subtract the means of `train` first")
        add("variances", mean, by.square(), "divided by variances; take their roots")
        add("times-deviation", mean, 1 / by, "multiplied by the deviations; divide")
        one = train.std(correction=n).expand(3)
        add("one-deviation", mean, one, "one deviation of all numbers; each column has its own")
        for e in (0.1, 0.01, 0.001):
            add("epsilon", mean, by + e, "a deviation that is not 0 needs nothing added to it")
    for name, value, message in known:
        if torch.allclose(got, torch.as_tensor(value), rtol=1e-3, atol=1e-4):
            raise CheckFailed(f"{what.rstrip(',')}: {message}", name)


def _linear(linear_probe: Callable) -> None:
    """Three classes at a weak and a strong ridge; then two units at right angles, by hand."""
    name, what = "linear_probe", "the classes by the linear probe"
    shapes = [
        Mistake("scores-returned", (8, 3), "a score for each class; return the class"),
        Mistake("class-of-each-unit", (3,), "one number for each class; one for each image"),
        Mistake("train-classified", (10,), "the training images; classify `test`"),
        Mistake("column", (8, 1), "a column; return one number for each image, (M,)"),
    ]
    found = []
    for ridge in RIDGES:
        value = run(linear_probe, IMAGES.clone(), LABELS.clone(), TO_FIT.clone(), ridge, name=name)
        found.append(_classes(value, 8, f"{what} at ρ = {ridge:g}", shapes))
    _name(found, FITTED, OTHERWISE_FITTED, f"{what} at ρ = 0.2 and ρ = 40", "ridge")
    # Four images at (±2, ±30) around (5, −7). Standardised they are (±1, ±1) with N, (±√¾, ±√¾)
    # with N − 1, and ZᵀZ is 4 or 3 times the identity. One of four has the label 1: of ȳ the
    # difference is −½, and of W it is ½ for either unit, times 4/(4 + ρ) or 3/(3 + ρ).
    train = torch.tensor([[7.0, 23], [7, -37], [3, 23], [3, -37]])
    labels = torch.tensor([1, 0, 0, 0])
    # so that class 1 wins where (x + y)/2 · 4/(4 + ρ) > ½, or 3/(3 + ρ), x and y in deviations
    given = {
        0.01: ([[1.0, 0.4], [0.5, 0.3], [-1, 3], [3, -1.5], [2, -1.3], [0, 0]], [1, 0, 1, 1, 0, 0]),
        12.0: ([[4.0, 2.0], [1, 1.5], [4, 1.5], [0, 3.0], [-1, 0], [9, -3]], [1, 0, 1, 0, 0, 1]),
    }
    for ridge, (places, right) in given.items():
        at = f"{what} of four images at right angles, ρ = {ridge:g},"
        test = torch.tensor(places) * torch.tensor([2.0, 30]) + torch.tensor([5.0, -7])
        value = run(linear_probe, train.clone(), labels.clone(), test, ridge, name=name)
        expect_close(_classes(value, 6, at, []), right, at, show_expected=True)
    for ridge, one, digits in zip(RIDGES, found, FITTED, strict=True):
        expect_close(one, [int(d) for d in digits], f"{what} at ρ = {ridge:g}", show_expected=True)
    test = torch.tensor([[1.0, 0.1], [1.5, 0.2]]) * torch.tensor([2.0, 30])
    test = test + torch.tensor([5.0, -7])
    value = run(linear_probe, train.clone(), labels.clone(), test, name=name)
    known = [Mistake("another-ridge", [c, c], "`ridge` is 1 where none is given") for c in (0, 1)]
    expect_close(value, [0, 1], f"{what} where no ridge is given", known, show_expected=True)


def _near(knn_probe: Callable) -> None:
    """Three classes for one, three and seven neighbours; then nine images on two lines, by hand."""
    name, what = "knn_probe", "the classes by the k nearest"
    found = []
    for k in NEIGHBOURS:
        shapes = [
            Mistake("votes-returned", (8, 3), "votes for each class; return the class"),
            Mistake("train-classified", (10,), "the training images; classify `test`"),
            Mistake("column", (8, 1), "a column; return one number for each image, (M,)"),
            Mistake("neighbours", (8, k), "one for each neighbour; let them vote"),
        ]
        value = run(knn_probe, IMAGES.clone(), LABELS.clone(), TO_VOTE.clone(), k, name=name)
        found.append(_classes(value, 8, f"{what} with k = {k}", shapes))
    _name(found, VOTED, OTHERWISE_VOTED, f"{what} with k = 1, 3 and 7", "k")
    train = torch.tensor(
        [[0.0, 0], [0, 90], [1, 0], [1, 100], [2, 200], [3, 300], [3, 220], [4, 400], [4, 390]]
    )
    labels = torch.tensor([0, 2, 0, 1, 2, 1, 1, 2, 2])
    test = torch.tensor([[0.1, 10.0], [3.9, 380], [1.2, 120], [2.9, 250]])
    # None where classes have equally many votes
    by_k: dict[int, list[int | None]] = {
        1: [0, 2, 1, 1],
        3: [0, 2, 2, 1],
        5: [None, 2, None, 2],
        9: [2, 2, 2, 2],
    }
    asked: list[tuple[int | None, list[int | None]]] = [*by_k.items(), (None, by_k[5])]
    for k_or_none, right in asked:
        more = [k_or_none] if k_or_none else []
        at = f"{what} on two lines, k = {k_or_none}," if more else f"{what} where no `k` is given"
        value = run(knn_probe, train.clone(), labels.clone(), test.clone(), *more, name=name)
        got = _classes(value, 4, at, [])
        wanted = [int(g) if r is None else r for g, r in zip(got, right, strict=True)]
        text = f"{at} are wrong, and right where it is given as 5; it is 5 then"
        expect(bool(more) or got.tolist() == wanted, text, "another-k")
        expect_close(got, wanted, at, show_expected=True)
    for k, one, digits in zip(NEIGHBOURS, found, VOTED, strict=True):
        expect_close(one, [int(d) for d in digits], f"{what} with k = {k}", show_expected=True)


def probes(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> bool:
    """Columns by hand, ten images of three classes, and further ones by hand."""
    _standardise(standardise)
    _linear(linear_probe)
    _near(knn_probe)
    return passed("probes", "by the training features alone: standardised, fitted, voted")
