"""Elective D: standardised features, a linear probe and a probe of nearest neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    run,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_d import _probed as exact
from autograder.exercises.elective_d._probe_classes import (
    all_right,
    asked,
    classes_of,
    excused,
    expect_classes,
    linear_classes,
)
from autograder.exercises.elective_d._probed import Case
from autograder.exercises.elective_d._probes_answers import RIGHT, WRONG

EXERCISE = Exercise(
    "probes",
    defines=("standardise", "linear_probe", "knn_probe"),
    right=RIGHT,
    wrong=WRONG,
)


# --- standardise ----------------------------------------------------------------------------------


def columns(n: int, scales: Sequence[float], offsets: Sequence[float], seed: int) -> Tensor:
    """Return n rows of columns with these scales and offsets; at 0 they stand still."""
    rows = torch.randn(n, len(scales), generator=grader_generator(seed))
    return rows * torch.tensor(scales) + torch.tensor(offsets)


PAIRS = [
    (columns(7, [1, 20, 0.3], [3, -40, 0.2], 930), columns(5, [2, 10, 0.5], [1, 10, 1], 931)),
    (columns(2, [1, 0.5], [0, 4], 932), columns(3, [1, 2], [2, 1], 933)),
    (columns(9, [0.02, 3, 1], [0.5, 0, 2], 934), columns(9, [0.03, 1, 4], [0.4, 5, 0], 935)),
    (columns(30, [2.0, 5], [7, -3], 936), columns(4, [1.0, 1], [2, 2], 937)),
]
STILL = [
    (columns(7, [1, 0, 2], [1, 0.1, 3], 938), columns(4, [1, 1, 1], [0, 2, 1], 939)),
    (columns(11, [0, 1, 0], [0.7, 2, -1.3], 940), columns(6, [3, 1, 0.2], [1, 0, -1], 941)),
    (columns(33, [0, 0.5], [1.1, 0], 942), columns(3, [1.0, 1], [0, 0], 943)),
]


def all_scaled(pairs: Sequence[tuple[Tensor, Tensor]], divisor: int, how: str = "") -> Tensor:
    """Return all numbers of the standardised columns, or what a mistake makes of them."""
    return torch.cat([exact.scaled(*pair, divisor, how).flatten() for pair in pairs])


def expect_scaled(standardise: Callable, pairs: Sequence[tuple[Tensor, Tensor]], what: str) -> None:
    """Compare the student's standardised columns with the right ones, by either divisor."""
    found = []
    for train, other in pairs:
        shapes = [
            Mistake("train-returned", tuple(train.shape), exact.STANDARDISE["train-returned"]),
            Mistake(
                "both-returned", (len(train) + len(other), train.shape[1]), "return `other` alone"
            ),
        ]
        value = run(standardise, train.clone(), other.clone(), name="standardise")
        found.append(expect_shape(value, tuple(other.shape), what, shapes).double().flatten())
    got = torch.cat(found)
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} are NaN or infinite: a unit that never moves on training images has the deviation "
        "0; let it become 0 everywhere",
        "nan-for-constant",
    )
    still = torch.cat([(t.amin(0) == t.amax(0)).expand(len(o), -1).flatten() for t, o in pairs])
    huge = f"{what} are huge where a unit never moves on training images: divided by nearly 0. It "
    expect(
        not bool((got[still].abs() > 1e4).any()),
        f"{huge}should become 0 everywhere, whatever it is on other images",
        "huge-for-constant",
    )
    expect(
        not bool(got[still].any()),
        f"{what} are not 0 where a unit never moves on training images: it should become 0 "
        "everywhere, whatever it is on other images",
        "constant-shifted",
    )
    right = [all_scaled(pairs, divisor) for divisor in (1, 0)]
    wanted = right[1] if torch.allclose(got, right[1], rtol=1e-3, atol=1e-4) else right[0]
    known = [
        Mistake(how.split()[0], wrong, message)
        for how, message in exact.STANDARDISE.items()
        for divisor in (1, 0)
        if (wrong := all_scaled(pairs, divisor, how)).shape == wanted.shape
    ]
    expect_close(got, wanted, what, known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("standardised by the training features", points=1)
def of_train(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> None:
    """Columns of all scales, one of them tiny."""
    expect_scaled(standardise, PAIRS, "the standardised columns of four pairs of tables")


@EXERCISE.criterion(
    "units that never move",
    points=1,
    alone="right where every unit moves on training images, wrong where one never does",
)
def never_moving(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> None:
    """Columns that are constant in `train`, whatever they are in `other`."""
    expect_scaled(standardise, STILL, "the standardised columns, some of which never move,")


def is_scaled(value: Tensor, train: Tensor, other: Tensor) -> str:
    """Return what is wrong with standardised columns; either divisor is right."""
    got = expect_shape(value, tuple(other.shape), "the standardised columns").double()
    right = [exact.scaled(train, other, divisor) for divisor in (0, 1)]
    fits = any(torch.allclose(got, r, rtol=1e-3, atol=1e-4) for r in right)
    return "" if fits else "the columns are not those minus the means, over the deviations"


@EXERCISE.conduct(holds=is_scaled, sizes=(6, 2, 70))
def arguments(new: Draw, n: int) -> Arguments:
    """Features, and others from another place."""
    train = new.normal(n, 3) * new.uniform(0.5, 3, 3) + 2 * new.normal(3)
    return {"train": train, "other": new.normal(n + 1, 3) + 1}


# --- both probes ----------------------------------------------------------------------------------

SCALES = [1, 30, 0.05, 3]
# At so weak a ridge the classes hardly depend on it.
WEAK_CASES = [
    exact.clear(exact.drawn(n, scales, classes, seed)._replace(setting=0.01))
    for n, scales, classes, seed in (
        (30, SCALES, 3, 955),
        (24, [2.0, 0.1, 7], 4, 956),
        (36, [0.3, 40], 2, 957),
    )
]
LINEAR_CASES = [
    exact.clear(exact.drawn(n, scales, classes, seed)._replace(setting=ridge))
    for n, scales, classes, seed, ridge in (
        (24, SCALES, 3, 950, 0.3),
        (30, SCALES, 3, 951, 25.0),
        (12, [2.0, 1, 0.3, 5, 1, 1, 0.1, 1, 4, 1, 2, 1, 1, 8], 4, 952, 3.0),
        (40, [0.2, 9, 1], 2, 953, 100.0),
    )
]
NEAREST_CASES = [
    exact.apart_enough(exact.drawn(n, scales, classes, seed)._replace(setting=k))
    for n, scales, classes, seed, k in (
        (24, SCALES, 3, 960, 3),
        (40, SCALES, 4, 961, 9),
        (18, [5.0, 0.1, 1], 3, 962, 1),
        (15, [1.0, 20], 3, 963, 15),
        (21, SCALES, 4, 964, 6),
    )
]


@EXERCISE.criterion("the linear probe", points=1)
def the_linear_probe(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> None:
    """Three cases with a weak ridge; what is wrong there is told by those with others as well."""
    what = "the classes by the linear probe"
    found = linear_classes(linear_probe, WEAK_CASES)
    if all_right(found, [exact.linear(case) for case in WEAK_CASES]):
        return
    if excused(standardise, found, WEAK_CASES, exact.scores):
        return
    found += linear_classes(linear_probe, LINEAR_CASES)
    expect_classes(found, WEAK_CASES + LINEAR_CASES, exact.linear, exact.LINEAR, what)


@EXERCISE.criterion(
    "any ridge, and more units than images",
    points=1,
    alone="right at a weak ridge, wrong at others, or where units outnumber images",
)
def any_ridge(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> None:
    """Four cases with a ridge of their own, one with more units than images; then the default."""
    name, what = "linear_probe", "the classes by the linear probe"
    found = linear_classes(linear_probe, LINEAR_CASES)
    if not excused(standardise, found, LINEAR_CASES, exact.scores):
        expect_classes(found, LINEAR_CASES, exact.linear, exact.LINEAR, what)
    case = exact.clear(
        exact.drawn(7, [1, 30, 0.05, 3, 1, 2], 3, 954, m=600)._replace(setting=1.0), 500
    )
    expect_default(linear_probe, standardise, case, exact.scores, ("ridge", "1.0"), name)


def expect_default(
    probe: Callable,
    standardise: Callable,
    case: Case,
    scores: Callable,
    setting: tuple[str, str],
    name: str,
) -> None:
    """Raise unless a probe takes its default where no setting is given."""
    train, labels, test, _ = case
    given = train.clone(), labels.clone(), test.clone()
    value = run(lambda: asked(probe, given), name=name)
    got = [to_tensor(value, f"the classes by {name}").long()]
    z, z_test = exact.standardised(case, 1, "")
    right = scores(z, labels, z_test, case.setting)
    fits = all_right(got, [right]) or excused(standardise, got, [case], scores)
    text = f"wrong where no `{setting[0]}` is given; it is {setting[1]} then"
    expect(fits, text, f"another-{setting[0]}")


@EXERCISE.criterion("the k nearest", points=1)
def the_nearest(standardise: Callable, linear_probe: Callable, knn_probe: Callable) -> None:
    """Five cases from k = 1 to k = N; in a tie any of the classes is right; then the default."""
    name, what = "knn_probe", "the classes by the k nearest"
    found = classes_of(knn_probe, NEAREST_CASES, name, whole=True)
    if not excused(standardise, found, NEAREST_CASES, of_whole):
        expect_classes(found, NEAREST_CASES, exact.near, exact.NEAREST, what)
    case = exact.apart_enough(exact.drawn(30, SCALES, 3, 965)._replace(setting=5), 150)
    expect_default(knn_probe, standardise, case, of_whole, ("k", "5"), name)


def of_whole(z: Tensor, labels: Tensor, z_test: Tensor, k: float) -> Tensor:
    """Return the votes of k features, k as a case holds it."""
    return exact.votes(z, labels, z_test, int(k))


def is_of_scores(value: Tensor, scores: Sequence[Tensor], slack: float) -> str:
    """Return what is wrong with classes; each must have nearly the largest of some scores."""
    got = expect_shape(value, (len(scores[0]),), "the classes").long()
    if bool((got < 0).any() or (got >= scores[0].shape[1]).any()):
        return "there is no such class"
    near = [s.gather(1, got[:, None])[:, 0] >= s.amax(dim=1) - slack for s in scores]
    return "" if bool(torch.stack(near).any(dim=0).all()) else "another class has a larger score"


def is_linear(value: Tensor, train: Tensor, labels: Tensor, test: Tensor, ridge: float) -> str:
    """Return what is wrong with the linear probe's classes; either divisor is right."""
    case = Case(train, labels, test, ridge)
    return is_of_scores(value, [exact.linear(case, divisor) for divisor in (0, 1)], 1e-4)


@EXERCISE.conduct("linear_probe", holds=is_linear, sizes=(30, 4, 70))
def arguments_of_linear_probe(new: Draw, n: int) -> Arguments:
    """Features around the classes' means, and others; a weak and a strong ridge."""
    labels = new.labels(n)
    train = new.normal(n, 3) + 2 * new.normal(3, 3)[labels]
    ridge = new.alternate(0.5, 60.0)
    return {"train": train, "labels": labels, "test": 2 * new.normal(25, 3), "ridge": ridge}


def is_nearest(value: Tensor, train: Tensor, labels: Tensor, test: Tensor, k: int) -> str:
    """Return what is wrong with the classes of neighbours; of equal votes any is right."""
    case = Case(train, labels, test, k)
    z, z_test = exact.standardised(case, 1, "")
    ordered = torch.cdist(z_test, z).sort(dim=1).values
    sure = torch.ones(len(test), dtype=torch.bool)
    if k < len(z):
        sure = ordered[:, k] - ordered[:, k - 1] > 1e-4
    got = expect_shape(value, (len(test),), "the classes").long()
    return is_of_scores(got[sure], [exact.near(case)[sure]], 1e-9)


@EXERCISE.conduct("knn_probe", holds=is_nearest, sizes=(30, 4, 70), between=(0, math.inf))
def arguments_of_knn_probe(new: Draw, n: int) -> Arguments:
    """Features around the classes' means, and others; one or three vote."""
    labels = new.labels(n)
    train = new.normal(n, 3) + new.normal(3, 3)[labels]
    return {"train": train, "labels": labels, "test": new.normal(25, 3), "k": new.alternate(1, 3)}
