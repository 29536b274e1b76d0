"""Elective D: standardised features and both probes in float64, and what mistakes make of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from autograder.exercises import grader_generator

STANDARDISE = {
    "by-other": "the means and deviations of `other` were used; they are those of `train`",
    "by-both": "the means and deviations of `train` and `other` together were used; `other` must "
    "not have a part in them",
    "train-returned": "`train` was standardised; return `other`, by the numbers of `train`",
    "not-centred": "divided by the deviations, but the means were not subtracted",
    "not-scaled": "the means were subtracted, but nothing was divided by the deviations",
    "variances": "divided by the variances; divide by their roots",
    "one-deviation": "one deviation of all numbers; each column has its own",
    "one-mean": "one mean of all numbers; each column has its own",
    "mean-of-other": "the means are those of `other`; take those of `train`",
    "deviation-of-other": "the deviations are those of `other`; take those of `train`",
    "over-units": "each row's own mean and deviation; take those of the columns of `train`",
    "root-mean-square": "divided by the root of the mean square; subtract the mean first",
    "absolute-deviations": "divided by mean absolute deviations; take standard deviations",
    "ranges": "divided by the largest less the smallest; take standard deviations",
    "times-deviation": "multiplied by the deviations; divide by them",
    **{
        f"epsilon {e}": "something is added to the deviations, or under their root, which shows "
        "where they are small: a deviation that is not 0 needs nothing"
        for e in (0.1, 0.01, 0.001, 0.0001)
    },
    **{
        f"under-root {e}": "something is added to the variances, which shows where they are small: "
        "a variance that is not 0 needs nothing"
        for e in (0.01, 0.001, 0.0001, 0.00001)
    },
    "unchanged": "`other` came back as it was",
}

LINEAR = {
    "ridge-always-1": "`ridge` has no effect: it is 1 throughout",
    "ridge-ignored": "`ridge` has no effect",
    "ridge-times-n": "ρ was multiplied by the number of images",
    "ridge-squared": "ρ was squared",
    "ridge-inverted": "1/ρ stands where ρ belongs",
    "ridge-everywhere": "ρ was added to every number of ZᵀZ; add it to the diagonal (`torch.eye`)",
    "shares-missing": "ȳ was not added to the scores, so that the classes' sizes do not count",
    "intercept-penalised": "a column of ones was penalised with the others; add ȳ instead",
    "not-standardised": "the features were not standardised",
    "only-centred": "the features were only centred; divide by the training deviations",
    "test-not-standardised": "the test features were not standardised as the training features are",
    "train-not-standardised": "the training features were not standardised",
    "by-test": "the test features were standardised by their own means and deviations; nothing of "
    "the test features may count",
    "by-both": "training and test features were standardised together; nothing of the test "
    "features may count",
    "least": "the class of the *smallest* score",
    "labels-as-numbers": "the labels were fitted as numbers; they are names: fit their one-hot "
    "table",
    "prototypes": "the class of the nearest mean; the ridge regression is asked for",
    "solve-forgotten": "ZᵀY alone; solve (ZᵀZ + ρI) W = ZᵀY",
    "largest-class": "the most frequent class for every image",
}

NEAREST = {
    "farthest": "the *farthest* features voted",
    "nearest-alone": "`k` has no effect: the nearest alone decided",
    "five-always": "`k` has no effect: five voted throughout",
    "one-more": "k + 1 features voted",
    "one-fewer": "k − 1 features voted",
    "first-dropped": "the nearest was left out; a test image is not among the training images",
    "everybody": "all training features voted",
    "not-standardised": "the features were not standardised",
    "only-centred": "the features were only centred; divide by the training deviations",
    "by-test": "the test features were standardised by their own means and deviations; nothing of "
    "the test features may count",
    "by-both": "training and test features were standardised together; nothing of the test "
    "features may count",
    "cosine": "cosines decided who is near; take Euclidean distances",
    "city-block": "sums of absolute differences decided who is near; take Euclidean distances",
    "largest-difference": "the largest difference decided who is near; take Euclidean distances",
    "weighted": "the votes were weighted by distance; each counts once",
    "rarest": "the class with the *fewest* votes",
    "median": "the median of the labels; labels are names, count them",
    "mean": "the mean of the labels; labels are names, count them",
    "smallest-label": "the smallest label among the neighbours; count them",
    "largest-label": "the largest label among the neighbours; count them",
    "prototypes": "the class of the nearest mean; the k nearest features are to vote",
}


class Case(NamedTuple):
    """Training features, labels and test features, with the setting of a probe."""

    train: Tensor
    labels: Tensor
    test: Tensor
    setting: float


def scaled(train: Tensor, other: Tensor, divisor: int = 1, how: str = "") -> Tensor:
    """Return the standardised columns in float64, or what a mistake makes of them.

    Args:
        train: (N, K).
        other: (M, K).
        divisor: 1 for N − 1, 0 for N.
        how: the mistake, one of `STANDARDISE`.
    """
    x, y = train.double(), other.double()
    source = {"by-other": y, "by-both": torch.cat([x, y])}.get(how, x)
    constant = x.amin(dim=0) == x.amax(dim=0)
    n = len(source)
    mean = source.sum(dim=0) / n
    variance = (source - mean).square().sum(dim=0) / max(n - divisor, 1)
    deviation = {
        "not-scaled": torch.ones_like(mean),
        "variances": variance,
        "one-deviation": source.std(correction=divisor),
        "deviation-of-other": y.std(dim=0, correction=divisor if len(y) > 1 else 0),
        "root-mean-square": (source.square().sum(dim=0) / (n - divisor)).sqrt(),
        "absolute-deviations": (source - mean).abs().mean(dim=0),
        "ranges": x.amax(dim=0) - x.amin(dim=0),
        "times-deviation": 1 / variance.sqrt(),
    }.get(how, variance.sqrt())
    if how.startswith("epsilon"):
        deviation = deviation + float(how.split()[1])
    if how.startswith("under-root"):
        deviation = (variance + float(how.split()[1])).sqrt()
    centre = {
        "not-centred": 0 * mean,
        "one-mean": source.mean(),
        "mean-of-other": y.mean(dim=0),
    }.get(how, mean)
    if how == "over-units":
        rows = y.std(dim=1, keepdim=True, correction=divisor)
        return (y - y.mean(dim=1, keepdim=True)) / rows
    moved = x if how == "train-returned" else y
    if how == "unchanged":
        return moved
    return ((moved - centre) / deviation).masked_fill(constant, 0)


def standardised(case: Case, divisor: int, how: str) -> tuple[Tensor, Tensor]:
    """Return training and test features as a probe sees them, or as a mistake has it."""
    train, test = case.train.double(), case.test.double()
    z, z_test = scaled(train, train, divisor), scaled(train, test, divisor)
    if how == "not-standardised":
        return train, test
    if how == "only-centred":
        return train - train.mean(dim=0), test - train.mean(dim=0)
    if how == "by-test":
        return z, scaled(test, test, divisor)
    if how == "by-both":
        both = torch.cat([train, test])
        return scaled(both, train, divisor), scaled(both, test, divisor)
    first = train if how == "train-not-standardised" else z
    return first, test if how == "test-not-standardised" else z_test


def one_hot(labels: Tensor) -> Tensor:
    """Return the table with a 1 for each label, in float64."""
    return (labels[:, None] == torch.arange(int(labels.max()) + 1)).double()


def scores(z: Tensor, labels: Tensor, z_test: Tensor, ridge: float, how: str = "") -> Tensor:
    """Return the linear probe's scores, by the products of images instead of those of units.

    (ZᵀZ + ρI)⁻¹Zᵀ = Zᵀ(ZZᵀ + ρI)⁻¹.

    Args:
        z: standardised training features, (N, K), float64.
        labels: (N,).
        z_test: standardised test features, (M, K), float64.
        ridge: ρ.
        how: the mistake, one of `LINEAR`.
    """
    n, table = len(z), one_hot(labels)
    rho = {
        "ridge-ignored": 1e-8,
        "ridge-always-1": 1.0,
        "ridge-times-n": n * ridge,
        "ridge-squared": ridge**2,
        "ridge-inverted": 1 / ridge,
    }.get(how, ridge)
    start = 0 * table.mean(dim=0) if how == "shares-missing" else table.mean(dim=0)
    if how == "intercept-penalised":
        start = table.sum(dim=0) / (n + rho)
    if how == "prototypes":
        means = table.T @ z / table.sum(dim=0)[:, None]
        return -torch.cdist(z_test, means)
    if how == "solve-forgotten":
        return z_test @ (z.T @ table) + start
    if how == "largest-class":
        return start.expand(len(z_test), -1)
    if how == "ridge-everywhere":
        return z_test @ (torch.linalg.pinv(z.T @ z + ridge) @ z.T @ table) + start
    weights = torch.linalg.solve(z @ z.T + rho * torch.eye(n, dtype=z.dtype), table)
    if how == "labels-as-numbers":
        each = labels.double()
        solved = torch.linalg.solve(z @ z.T + rho * torch.eye(n, dtype=z.dtype), each)
        numbers = z_test @ (z.T @ solved) + each.mean()
        return -(numbers[:, None] - torch.arange(table.shape[1])).abs()
    found = z_test @ (z.T @ weights) + start
    return -found if how == "least" else found


def linear(case: Case, divisor: int = 1, how: str = "") -> Tensor:
    """Return the linear probe's scores of a case, (M, C), or what a mistake makes of them."""
    z, z_test = standardised(case, divisor, how)
    return scores(z, case.labels, z_test, case.setting, how)


def votes(z: Tensor, labels: Tensor, z_test: Tensor, k: int, how: str = "") -> Tensor:
    """Return how many of the k nearest have each class, (M, C), or what a mistake counts.

    Args:
        z: standardised training features, (N, K), float64.
        labels: (N,).
        z_test: standardised test features, (M, K), float64.
        k: how many vote.
        how: the mistake, one of `NEAREST`.
    """
    apart = (z_test[:, None] - z).square().sum(dim=2).sqrt()
    if how == "prototypes":
        return scores(z, labels, z_test, 1.0, how)
    if how == "cosine":
        units = [v / v.norm(dim=1, keepdim=True).clamp_min(1e-12) for v in (z_test, z)]
        apart = 1 - units[0] @ units[1].T
    if how == "city-block":
        apart = (z_test[:, None] - z).abs().sum(dim=2)
    if how == "largest-difference":
        apart = (z_test[:, None] - z).abs().amax(dim=2)
    n = len(z)
    many = {
        "nearest-alone": 1,
        "five-always": min(5, n),
        "one-more": min(k + 1, n),
        "one-fewer": max(k - 1, 1),
        "everybody": n,
    }.get(how, k)
    order = apart.argsort(dim=1, descending=how == "farthest")
    chosen = order[:, 1 : many + 1] if how == "first-dropped" else order[:, :many]
    names, classes = labels[chosen], torch.arange(int(labels.max()) + 1)
    if how in ("median", "mean", "smallest-label", "largest-label"):
        number = {
            "median": names.median(dim=1).values.double(),
            "mean": names.double().mean(dim=1).round(),
            "smallest-label": names.amin(dim=1).double(),
            "largest-label": names.amax(dim=1).double(),
        }[how]
        return -(number[:, None] - classes).abs()
    weight = torch.ones_like(apart)
    if how == "weighted":
        weight = 1 / apart.clamp_min(1e-9)
    found = torch.stack(
        [((names == c) * weight.gather(1, chosen)).sum(dim=1) for c in classes.tolist()], dim=1
    )
    return torch.where(found > 0, -found, -1e9) if how == "rarest" else found


def near(case: Case, divisor: int = 1, how: str = "") -> Tensor:
    """Return the votes of a case, (M, C), or what a mistake makes of them."""
    z, z_test = standardised(case, divisor, how)
    return votes(z, case.labels, z_test, int(case.setting), how)


def drawn(n: int, scales: list[float], classes: int, seed: int, m: int = 200) -> Case:
    """Return overlapping classes of different sizes; test images come from another place.

    Args:
        n: training images.
        scales: of the columns.
        classes: how many.
        seed: of the numbers.
        m: test images.
    """
    rng, k = grader_generator(seed), len(scales)
    centres = torch.randn(classes, k, generator=rng)
    sizes = torch.tensor([0.5**c for c in range(classes)]).clamp_min(0.15)
    rest = torch.multinomial(sizes, n - classes, replacement=True, generator=rng)
    labels = torch.cat([torch.arange(classes), rest])[torch.randperm(n, generator=rng)]
    train = centres[labels] + torch.randn(n, k, generator=rng)
    test = 1.3 * torch.randn(m, k, generator=rng) + 0.4
    wide = torch.tensor(scales)
    shift = 2 * torch.randn(k, generator=rng)
    return Case((train + shift) * wide, labels, (test + shift) * wide, 0.0)


def clear(case: Case, m: int = 40) -> Case:
    """Return a linear case with test images whose class is clear, whatever divisor is taken."""
    kept = torch.ones(len(case.test), dtype=torch.bool)
    for divisor in (0, 1):
        top = linear(case, divisor).topk(2, dim=1).values
        kept &= top[:, 0] - top[:, 1] > 0.01
    return case._replace(test=case.test[kept][:m])


def apart_enough(case: Case, m: int = 40) -> Case:
    """Return a case of neighbours with test images for which it is clear who the k nearest are."""
    z, z_test = standardised(case, 1, "")
    ordered = torch.cdist(z_test, z).sort(dim=1).values
    k = int(case.setting)
    gap = ordered[:, k] - ordered[:, k - 1] if k < len(z) else torch.ones(len(z_test))
    return case._replace(test=case.test[gap > 1e-3][:m])
