"""Week 6: classes guessed by the most similar class mean."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_unchanged, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "prototype_accuracy",
    signature="def prototype_accuracy(z_train, y_train, z_test, y_test):",
    right={
        "step by step": """
            mean = z_train.mean(dim=0)
            train, test = F.normalize(z_train - mean), F.normalize(z_test - mean)
            classes = y_train.unique()
            prototypes = torch.stack([train[y_train == c].mean(dim=0) for c in classes])
            score = test @ F.normalize(prototypes).T
            guess = classes[score.argmax(dim=1)]
            return float((guess == y_test).double().mean())
        """,
        "nearest on the sphere, float64": """
            m = z_train.double().mean(0)
            a, b = z_train.double() - m, z_test.double() - m
            a, b = a / a.norm(dim=1, keepdim=True), b / b.norm(dim=1, keepdim=True)
            kinds = sorted(set(y_train.tolist()))
            p = torch.stack([a[y_train == c].sum(0) for c in kinds])
            p = p / p.norm(dim=1, keepdim=True)
            best = torch.cdist(b, p).argmin(1).tolist()
            return sum(kinds[i] == y for i, y in zip(best, y_test.tolist())) / len(y_test)
        """,
        "numpy, a dictionary": """
            a, y = z_train.numpy().astype(float), y_train.numpy()
            mean = a.mean(axis=0)
            def unit(v):
                return v / np.linalg.norm(v, axis=-1, keepdims=True)
            a = unit(a - mean)
            prototypes = {int(c): unit(a[y == c].mean(axis=0)) for c in np.unique(y)}
            right = 0
            for v, label in zip(unit(z_test.numpy().astype(float) - mean), y_test.tolist()):
                right += max(prototypes, key=lambda c: v @ prototypes[c]) == label
            return right / len(y_test)
        """,
    },
    wrong={
        "argmin": {"argmax": "argmin"},
        "place-for-label": {"classes[score.argmax(dim=1)]": "score.argmax(dim=1)"},
        "test-mean": {"z_test - mean": "z_test - z_test.mean(dim=0)"},
        "all-mean": {"z_train.mean(dim=0)": "torch.cat([z_train, z_test]).mean(dim=0)"},
        "test-not-centred": {"z_test - mean": "z_test"},
        "not-centred": {"z_train.mean(dim=0)": "0"},
        "normalised-then-centred": {
            "mean =": "z_train, z_test = F.normalize(z_train), F.normalize(z_test)\n    mean =",
            "F.normalize(z_train - mean)": "z_train - mean",
            "F.normalize(z_test - mean)": "z_test - mean",
        },
        "train-accuracy": {"mean =": "z_test, y_test = z_train, y_train\n    mean ="},
        "test-prototypes": {
            "train[y_train == c].mean(dim=0)": "test[y_test == c].mean(dim=0).nan_to_num()"
        },
        "dot-product": {"F.normalize(prototypes).T": "prototypes.T"},
        "sums": {"== c].mean": "== c].sum", "F.normalize(prototypes).T": "prototypes.T"},
        "not-normalised": {"F.normalize(z_train - mean)": "z_train - mean"},
        "euclidean": {
            "F.normalize(z_train - mean)": "z_train - mean",
            "F.normalize(z_test - mean)": "z_test - mean",
            "test @ F.normalize(prototypes).T": "-torch.cdist(test, prototypes)",
        },
        "nearest-code": {"classes[score.argmax(dim=1)]": "y_train[(test @ train.T).argmax(dim=1)]"},
        "error": {"guess ==": "guess !="},
        "percent": {"return float": "return 100 * float"},
        "count": {"float((guess == y_test).double().mean())": "int((guess == y_test).sum())"},
    },
)

MISTAKES = {
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
Data = tuple[Tensor, Tensor, Tensor, Tensor]  # training codes and labels, test codes and labels


def units(z: Tensor) -> Tensor:
    """Return the rows, each divided by its length."""
    return z / z.norm(dim=1, keepdim=True)


def prepared(z: Tensor, z_test: Tensor, how: str) -> tuple[Tensor, Tensor]:
    """Return both sets centred and of unit length, or what a mistake makes of them."""
    if how == "normalised-then-centred":
        middle = units(z).mean(0)
        return units(units(z) - middle), units(units(z_test) - middle)
    mean, nothing = z.mean(0), torch.zeros(z.shape[1], dtype=z.dtype)
    if how == "not-centred":
        mean = nothing
    if how == "all-mean":
        mean = torch.cat([z, z_test]).mean(0)
    mean_test = {"test-mean": z_test.mean(0), "test-not-centred": nothing}.get(how, mean)
    train, test = z - mean, z_test - mean_test
    if how == "euclidean":
        return train, test
    return train if how == "not-normalised" else units(train), units(test)


def accuracy(data: Data, how: str = "") -> float:
    """Return the accuracy of the prototypes, or what a mistake makes of it."""
    z, y, z_test, y_test = data
    if how == "train-accuracy":
        z_test, y_test = z, y
    train, test = prepared(z.double(), z_test.double(), how)
    kinds = y.unique()
    of, labels = (test, y_test) if how == "test-prototypes" else (train, y)
    prototypes = torch.stack([of[labels == c].mean(0) for c in kinds])
    if how == "sums":
        prototypes = torch.stack([of[labels == c].sum(0) for c in kinds])
    if how == "euclidean":
        best = torch.cdist(test, prototypes).argmin(1)
    else:
        score = test @ (prototypes if how in ("dot-product", "sums") else units(prototypes)).T
        best = score.argmin(1) if how == "argmin" else score.argmax(1)
    if how == "nearest-code":
        best = torch.searchsorted(kinds, y[(test @ train.T).argmax(1)])
    guess = best if how == "place-for-label" else kinds[best]
    right = float((guess == y_test).double().mean())
    results = {"error": 1 - right, "count": right * len(y_test), "percent": 100 * right}
    return results.get(how, right)


def clouds(n: int, seed: int, offset: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return codes of three classes of unequal size and width, away from zero."""
    draw = grader_generator(seed)
    y = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2, 1, 2, 2]).repeat(n // 12)
    middles = torch.tensor([[1.2, 0.0, 0.4], [-0.7, 0.8, 0.0], [0.1, -0.9, -0.6]])
    width = torch.tensor([1.6, 0.7, 1.0])[y][:, None]
    spread = torch.exp(0.5 * torch.randn(n, 1, generator=draw))
    z = spread * (middles[y] + width * torch.randn(n, 3, generator=draw))
    return z + offset * torch.tensor([1.0, 0.6, -0.4]), y


# The seeds are such that every mistake has an accuracy of its own.
TRAIN, TEST = clouds(48, 213), clouds(240, 214)


def look(prototype_accuracy: Callable, data: Data, what: str) -> None:
    """Compare the student's accuracy with every step by hand."""
    known = [Mistake(how, accuracy(data, how), message) for how, message in MISTAKES.items()]
    given = [value.clone() for value in data]
    value = run(prototype_accuracy, *given, name="prototype_accuracy")
    expect_close(value, accuracy(data), what, known, rtol=1e-6, atol=1e-6)
    for before, after in zip(data, given, strict=True):
        expect_unchanged(before, after, "prototype_accuracy")


@EXERCISE.criterion("the prototypes", points=1)
def the_prototypes(prototype_accuracy: Callable) -> None:
    """Data that tell the usual mistakes apart."""
    look(prototype_accuracy, (*TRAIN, *TEST), "the accuracy")


@EXERCISE.criterion("labels of any kind", points=1)
def any_labels(prototype_accuracy: Callable) -> None:
    """Labels that are no row numbers."""
    names = torch.tensor([8, -3, 5])
    data = (TRAIN[0], names[TRAIN[1]], TEST[0], names[TEST[1]])
    look(prototype_accuracy, data, "the accuracy for labels −3, 5, 8")


@EXERCISE.criterion("learned from training codes only", points=1)
def training_only(prototype_accuracy: Callable) -> None:
    """Test codes from elsewhere, and of two classes only: their own mean would be another one."""
    far, y = clouds(240, 215)
    keep = y != 1
    data = (*TRAIN, far[keep] + 0.5, y[keep])
    look(prototype_accuracy, data, "the accuracy on test codes of two classes only")


@EXERCISE.conduct(right=lambda *data: accuracy(data), sizes=(24, 6, 70), between=(0, 1))
def arguments(new: Draw, n: int) -> Arguments:
    """Training and test codes of three classes."""
    y, y_test = new.labels(n), new.labels(n)
    middles = torch.tensor([[1.2, 0.0, 0.4], [-0.7, 0.8, 0.0], [0.1, -0.9, -0.6]])
    train, test = middles[y] + new.normal(n, 3), middles[y_test] + new.normal(n, 3)
    return {"z_train": train, "y_train": y, "z_test": test, "y_test": y_test}
