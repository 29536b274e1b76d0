"""Visible tests of elective D: standardised features and two probes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, passed, run


def _standardise(standardise: Callable) -> None:
    """Three columns of three images, one of which never moves, and two other images."""
    train = torch.tensor([[1.0, 10, 0.1], [3, 10, 0.3], [5, 10, 0.5]])
    other = torch.tensor([[7.0, 12, 0.3], [3, 9, 0.8]])
    # means 3, 10 and 0.3; deviations 2 and 0.2 with N − 1, and √(2/3) times that with N
    name, what = "standardise", "`other`, standardised by `train`,"
    right = torch.tensor([[2.0, 0, 0], [0, 0, 2.5]]).double()
    shapes = [Mistake("train-returned", (3, 3), "`train` came back; return `other`")]
    value = run(standardise, train.clone(), other.clone(), name=name)
    got = expect_shape(value, (2, 3), what, shapes).double()
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} is NaN or infinite: the second unit never moves, and its deviation is 0; let it "
        "become 0 everywhere",
        "nan-for-constant",
    )
    still = f"{what} is not 0 where a unit never moves in `train`, whatever it is in `other`"
    expect(not bool(got[:, 1].any()), still, "constant-shifted")
    either = [1.0, math.sqrt(1.5)]  # by which number the squares are divided is left open
    others = other - other.mean(dim=0)
    known = [
        Mistake(how, factor * torch.as_tensor(values), message)
        for factor in either
        for how, values, message in (
            ("not-centred", [[3.5, 0, 1.5], [1.5, 0, 4]], "subtract the means of `train` first"),
            ("variances", factor * torch.tensor([[1.0, 0, 0], [0, 0, 12.5]]), "take roots"),
        )
    ]
    known += [
        Mistake("not-scaled", [[4, 0, 0], [0, 0, 0.5]], "divide by the deviations of `train`"),
        Mistake("times-deviation", [[8, 0, 0], [0, 0, 0.1]], "multiplied; divide"),
        Mistake(
            "by-other",
            (others / other.std(dim=0)).where(torch.tensor([True, False, True]), 0),
            "the means and deviations of `other`; take those of `train`",
        ),
        Mistake(
            "by-other",
            (others / other.std(dim=0, correction=0)).where(torch.tensor([True, False, True]), 0),
            "the means and deviations of `other`; take those of `train`",
        ),
    ]
    factor = next((f for f in either if torch.allclose(got, f * right, rtol=1e-3, atol=1e-4)), 1.0)
    expect_close(got, factor * right, what, known, rtol=1e-3, atol=1e-4, show_expected=True)
    # The deviation of seven times 0.1 is not 0, but the last digit of a float32.
    rows = torch.stack([torch.full((7,), 0.1), torch.arange(7.0)], dim=1)
    value = run(standardise, rows.clone(), rows[:1] + 1, name=name)
    got = expect_shape(value, (1, 2), what).double()
    expect(bool((got[:, 0] == 0).all()), still, "huge-for-constant")


def _linear(linear_probe: Callable) -> None:
    """Two units at right angles and two classes, one of them rare, so that all is known by hand."""
    name, what = "linear_probe", "the classes by the linear probe"
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
    shapes = [
        Mistake("scores-returned", (6, 2), "a score for each class; return the class"),
        Mistake("class-of-each-unit", (2,), "one number for each class; one for each image"),
        Mistake("train-classified", (4,), "the training images; classify `test`"),
    ]
    for ridge, (places, right) in given.items():
        at = f"{what} at ρ = {ridge:g}"
        test = torch.tensor(places) * torch.tensor([2.0, 30]) + torch.tensor([5.0, -7])
        value = run(linear_probe, train.clone(), labels.clone(), test.clone(), ridge, name=name)
        got = expect_shape(value, (6,), at, shapes)
        expect(not got.is_floating_point(), f"{at} are no integers", "not-integers")
        x = torch.tensor(places).double().sum(dim=1) / 2
        known = [
            Mistake("least", [1 - c for c in right], "the class of the *smallest* score"),
            Mistake("largest-class", [0] * 6, "class 0 throughout"),
            Mistake("shares-missing", (x > 0).long(), "ȳ was not added to the scores"),
            Mistake("ridge-ignored", (x > 0.5).long(), "`ridge` has no effect"),
            Mistake("ridge-always-1", (x * 4 / 5 > 0.5).long(), "`ridge` is 1 throughout"),
            Mistake(
                "ridge-times-n", (x / (1 + ridge) > 0.5).long(), "ρ was multiplied by the number"
            ),
            Mistake("solve-forgotten", (4 * x > 0.5).long(), "solve (ZᵀZ + ρI) W = ZᵀY"),
        ]
        told = [m for m in known if torch.as_tensor(m.value).tolist() != right]
        expect_close(got, right, at, told)
    test = torch.tensor([[1.0, 0.1], [1.5, 0.2]]) * torch.tensor([2.0, 30])
    test = test + torch.tensor([5.0, -7])
    value = run(linear_probe, train.clone(), labels.clone(), test, name=name)
    known = [Mistake("another-ridge", [c, c], "`ridge` is 1 where none is given") for c in (0, 1)]
    expect_close(value, [0, 1], f"{what} where no ridge is given", known, show_expected=True)


def _near(knn_probe: Callable) -> None:
    """Nine images on two lines of very different lengths, of three classes."""
    name, what = "knn_probe", "the classes by the k nearest"
    train = torch.tensor(
        [[0.0, 0], [0, 90], [1, 0], [1, 100], [2, 200], [3, 300], [3, 220], [4, 400], [4, 390]]
    )
    labels = torch.tensor([0, 2, 0, 1, 2, 1, 1, 2, 2])
    test = torch.tensor([[0.1, 10.0], [3.9, 380], [1.2, 120], [2.9, 250]])
    shapes = [
        Mistake("votes-returned", (4, 3), "votes for each class; return the class"),
        Mistake("train-classified", (9,), "the training images; classify `test`"),
    ]
    # None where classes have equally many votes
    by_k: dict[int, list[int | None]] = {
        1: [0, 2, 1, 1],
        3: [0, 2, 2, 1],
        5: [None, 2, None, 2],
        9: [2, 2, 2, 2],
    }
    asked: list[tuple[int | None, list[int | None]]] = [*by_k.items(), (None, by_k[5])]
    for k, right in asked:
        at = f"{what} with k = {k}" if k else f"{what} where no k is given, which is 5 then,"
        more = [k] if k else []
        value = run(knn_probe, train.clone(), labels.clone(), test.clone(), *more, name=name)
        got = expect_shape(value, (4,), at, shapes)
        expect(not got.is_floating_point(), f"{at} are no integers", "not-integers")
        wanted = [int(g) if r is None else r for g, r in zip(got, right, strict=True)]
        known = [
            Mistake("nearest-alone", [0, 2, 1, 1], "the nearest alone decided; let k vote"),
            Mistake("everybody", [2, 2, 2, 2], "all training features voted"),
            Mistake("cosine", [0, 2, 0, 2], "cosines decided who is near; take distances"),
            Mistake("city-block", [0, 2, 0, 1], "take Euclidean distances"),
            Mistake("first-dropped", [0, 1, 2, 2], "the nearest was left out"),
            Mistake("farthest", [2, 0, 2, 0], "the *farthest* voted"),
        ]
        told = [m for m in known if m.value != wanted]
        expect_close(got, wanted, at, told, show_expected=True)
    train = torch.tensor([[0.0, 0], [1, 0], [0, 100]])
    given = train, torch.tensor([0, 1, 2]), torch.tensor([[0.9, 55], [0.1, 30]]), 1
    raw = Mistake("not-standardised", [2, 0], "the features were not standardised")
    what = "the classes of (0.9, 55) and (0.1, 30)"
    expect_close(run(knn_probe, *given, name=name), [1, 0], what, [raw], show_expected=True)


def probes(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> bool:
    """Columns by hand, four images at right angles, and neighbours on two lines."""
    _standardise(standardise)
    _linear(linear_probe)
    _near(knn_probe)
    return passed("probes", "by the training features alone: standardised, fitted, voted")
