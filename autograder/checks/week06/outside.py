"""Hidden checks of week 6's prototypes and silhouettes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_unchanged, run, to_tensor
from autograder.checks import grader_generator as generator
from autograder.report import Report, check

TRAIN, TEST = 48, 240


def _units(z: Tensor) -> Tensor:
    return z / z.norm(dim=1, keepdim=True)


def _accuracy(z: Tensor, y: Tensor, z_test: Tensor, y_test: Tensor, how: str = "") -> float:
    """Return the accuracy of the prototypes, or what a mistake makes of it."""
    z, z_test = z.double(), z_test.double()
    if how == "train-accuracy":
        z_test, y_test = z, y
    mean = z.mean(0)
    mean_test = {
        "test-mean": z_test.mean(0),
        "test-not-centred": torch.zeros_like(mean),
    }.get(how, mean)
    if how == "not-centred":
        mean = mean_test = torch.zeros_like(mean)
    if how == "all-mean":
        mean = mean_test = torch.cat([z, z_test]).mean(0)
    train, test = z - mean, z_test - mean_test
    if how == "normalised-then-centred":
        middle = _units(z).mean(0)
        train, test = _units(z) - middle, _units(z_test) - middle
    kinds = y.unique()
    if how not in ("not-normalised", "euclidean"):
        train = _units(train)
    test = _units(test) if how != "euclidean" else test
    of, labels = (test, y_test) if how == "test-prototypes" else (train, y)
    prototypes = torch.stack([of[labels == c].mean(0) for c in kinds])
    if how == "sums":
        prototypes = torch.stack([of[labels == c].sum(0) for c in kinds])
    if how == "euclidean":
        best = torch.cdist(test, prototypes).argmin(1)
    else:
        if how not in ("dot-product", "sums"):
            prototypes = _units(prototypes)
        score = test @ prototypes.T
        best = score.argmin(1) if how == "argmin" else score.argmax(1)
    if how == "nearest-code":
        best = torch.searchsorted(kinds, y[(test @ train.T).argmax(1)])
    guess = best if how == "place-for-label" else kinds[best]
    right = float((guess == y_test).double().mean())
    return {"error": 1 - right, "count": right * len(y_test), "percent": 100 * right}.get(
        how, right
    )


PROTOTYPE_MISTAKES = {
    "argmin": "the *smallest* cosine was taken; similar means large",
    "place-for-label": "the row number of the prototype was taken for the label",
    "test-mean": "the test codes were centred with *their own* mean; use the training codes' mean",
    "all-mean": "the test codes are in the mean; it must come from training codes only",
    "test-not-centred": "the test codes were not centred; subtract the training mean, too",
    "not-centred": "nothing was centred; subtract the mean training code from all codes",
    "normalised-then-centred": "unit length first and centred then; centre first",
    "train-accuracy": "the accuracy on the *training* codes; count the test codes",
    "test-prototypes": "prototypes of test codes and their labels: the answers are leaked",
    "dot-product": "a dot product with prototypes that are shorter than 1; take the cosine",
    "sums": "sums instead of means, and no cosine: large classes win",
    "not-normalised": "the training codes were averaged before they had length 1",
    "euclidean": "the nearest mean by Euclidean distance; take the largest cosine",
    "nearest-code": "the class of the nearest training code; compare with class means",
    "error": "the share of wrong answers; return the right ones",
    "percent": "in percent; return a share from 0 to 1",
    "count": "a number of codes; return a share",
}


# The seeds below are such that every mistake has an accuracy of its own.
def _clouds(n: int, seed: int, offset: float) -> tuple[Tensor, Tensor]:
    """Return codes of three classes of unequal size and width, away from zero."""
    draw = generator(seed)
    y = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2, 1, 2, 2]).repeat(n // 12)
    middles = torch.tensor([[1.2, 0.0, 0.4], [-0.7, 0.8, 0.0], [0.1, -0.9, -0.6]])
    width = torch.tensor([1.6, 0.7, 1.0])[y][:, None]
    spread = torch.exp(0.5 * torch.randn(n, 1, generator=draw))
    z = spread * (middles[y] + width * torch.randn(n, 3, generator=draw))
    return z + offset * torch.tensor([1.0, 0.6, -0.4]), y


@check({"the prototypes": 1, "labels of any kind": 1, "learned from training codes only": 1})
def prototype_accuracy(report: Report, prototype_accuracy: Callable) -> None:
    """Against every step by hand; the data tell the usual mistakes apart."""
    name = "prototype_accuracy"

    def look(data: tuple[Tensor, Tensor, Tensor, Tensor], what: str) -> None:
        known = [
            Mistake(how, _accuracy(*data, how), message)
            for how, message in PROTOTYPE_MISTAKES.items()
        ]
        given = [value.clone() for value in data]
        value = run(prototype_accuracy, *given, name=name)
        expect_close(value, _accuracy(*data), what, known, rtol=1e-6, atol=1e-6)
        for before, after in zip(data, given, strict=True):
            expect_unchanged(before, after, name)

    train, test = _clouds(TRAIN, 213, 1.0), _clouds(TEST, 214, 1.0)
    with report.criterion("the prototypes"):
        look((*train, *test), "the accuracy")
    with report.criterion("labels of any kind"):
        names = torch.tensor([8, -3, 5])
        look(
            (train[0], names[train[1]], test[0], names[test[1]]), "the accuracy for labels −3, 5, 8"
        )
    with report.criterion("learned from training codes only"):
        # Test codes from elsewhere, and of two classes only: their own mean would be another one.
        far, y = _clouds(TEST, 215, 1.0)
        keep = y != 1
        look((*train, far[keep] + 0.5, y[keep]), "the accuracy on test codes of two classes only")


def _silhouette(z: Tensor, labels: Tensor, how: str = "") -> Tensor:
    """Return the mean silhouette by loops, or what a mistake makes of it."""
    z = z.double()
    table = torch.cdist(z, z)
    if how == "squared":
        table = table.square()
    if how == "manhattan":
        table = torch.cdist(z, z, p=1)
    if how == "cosine":
        table = 1 - _units(z) @ _units(z).T
    d, y = table.tolist(), labels.tolist()
    kinds, each = sorted(set(y)), []
    for i in range(len(y)):
        own = [d[i][j] for j in range(len(y)) if y[j] == y[i] and (j != i or how == "self-counted")]
        other = {c: [d[i][j] for j in range(len(y)) if y[j] == c] for c in kinds if c != y[i]}
        means = [sum(v) / len(v) for v in other.values()]
        everybody = [v for values in other.values() for v in values]
        if not own or (how == "self-counted" and len(own) == 1):
            each.append({"alone-is-one": 1.0, "alone-left-out": math.nan}.get(how, 0.0))
            continue
        a = sum(own) / len(own)
        b = {
            "b-everybody": sum(everybody) / len(everybody),
            "b-mean-of-classes": sum(means) / len(means),
            "b-farthest": max(means),
            "b-nearest-code": min(everybody),
        }.get(how, min(means))
        if how == "nearest-codes":
            a, b = min(own), min(everybody)
        each.append(
            {
                "sign": (a - b) / max(a, b),
                "not-divided": b - a,
                "divided-by-a": (b - a) / a,
                "divided-by-b": (b - a) / b,
                "divided-by-min": (b - a) / min(a, b),
                "divided-by-sum": (b - a) / (a + b),
            }.get(how, (b - a) / max(a, b))
        )
    s = torch.tensor(each, dtype=torch.float64)
    if how == "mean-over-classes":
        return torch.stack([s[labels == c].mean() for c in labels.unique()]).mean()
    return s if how == "one-per-code" else s.nanmean()


SILHOUETTE_MISTAKES = {
    "self-counted": "the distance of a code to itself, 0, is in its mean a: divide by n − 1",
    "squared": "squared distances: the root is missing",
    "manhattan": "Manhattan distances; take Euclidean ones",
    "cosine": "cosine distances; take Euclidean ones",
    "sign": "a − b; it is b − a",
    "not-divided": "b − a was not divided by the larger of the two",
    "divided-by-a": "divided by a; divide by the larger of a and b",
    "divided-by-b": "divided by b; divide by the larger of a and b",
    "divided-by-min": "divided by the smaller of a and b; divide by the larger",
    "divided-by-sum": "divided by a + b; divide by the larger of the two",
    "b-everybody": "b is the mean over *all* other classes together; take the nearest class's mean",
    "b-mean-of-classes": "b is the mean of the other classes' means; take the smallest",
    "b-farthest": "b is the mean of the *farthest* class; take the nearest",
    "b-nearest-code": "b is the distance to the nearest code of another class; take a class mean",
    "nearest-codes": "distances to the nearest codes; take means over classes",
    "mean-over-classes": "the mean of the classes' means; every code counts once",
    "one-per-code": "one number for each code; return their mean",
    "alone-is-one": "a code that is alone in its class counts 0, not 1",
    "alone-left-out": "codes that are alone in their class were left out; they count 0",
}


@check({"the formula": 1, "the nearest other class": 1, "a class of one": 1})
def silhouette(report: Report, silhouette: Callable) -> None:
    """Against loops over codes."""
    name = "silhouette"

    def look(z: Tensor, labels: Tensor, what: str, known: dict[str, str]) -> None:
        given = z.clone()
        value = run(silhouette, given, labels.clone(), name=name)
        mistakes = [Mistake(how, _silhouette(z, labels, how), why) for how, why in known.items()]
        expect(
            bool(torch.isfinite(to_tensor(value, what).double()).all()),
            f"{what} is NaN or infinite"
            + (": 0/0 for a code that is alone in its class" if "one" in what else ""),
            "nan-for-one" if "one" in what else "not-finite",
        )
        expect_close(value, _silhouette(z, labels), what, mistakes)
        expect_unchanged(z, given, name)

    draw = torch.randn(14, 3, generator=generator(34)) * torch.tensor([1.0, 0.7, 1.4]) + 1.0
    with report.criterion("the formula"):
        two = torch.arange(14) % 2
        moved = draw + two[:, None] * torch.tensor([1.3, 0.5, 0.0])
        look(moved, two, "the silhouette of two classes", SILHOUETTE_MISTAKES)
    with report.criterion("the nearest other class"):
        four = torch.tensor([9, 1, 1, 4, 9, 6, 6, 4, 4, 1, 9, 9, 4, 4])
        places = torch.tensor([[0.0, 0, 0], [3.0, 0, 0], [0, 1.5, 0], [0, 0, 6.0]])
        moved = draw + places[torch.searchsorted(torch.tensor([1, 4, 6, 9]), four)]
        look(moved, four, "the silhouette of four classes", SILHOUETTE_MISTAKES)
    with report.criterion("a class of one"):
        kinds = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 3, 3])
        moved = draw + kinds[:, None] * torch.tensor([1.0, 0.3, 0.0])
        look(moved, kinds, "the silhouette with a class of one", SILHOUETTE_MISTAKES)
