"""Elective D: the spread and the effective rank of features, and what mistakes make of them."""

from __future__ import annotations

import torch
from torch import Tensor

SPREAD = {
    "one-deviation": "one deviation of all numbers together: how far the units' means are apart "
    "counts, too. Take each column's own, then their mean",
    "over-units": "the deviations within each image; take those of each column, over the images",
    "variances": "the mean of variances; take the root of each first",
    "root-of-mean": "the root of the mean variance; the mean of the roots is asked for",
    "summed": "the sum over units; take their mean",
    "not-centred": "the root of a mean square, from which the mean was not subtracted: a unit that "
    "is 2 for every image has the deviation 0",
    "one-mean": "the mean over all units was subtracted; each unit has a mean of its own",
    "absolute-deviations": "mean absolute deviations; take standard deviations",
    "largest": "the largest deviation; take the mean over units",
    "smallest": "the smallest deviation; take the mean over units",
    "median": "the median over units; take the mean",
    "relative": "each deviation was divided by its unit's mean",
    "means": "the mean of the numbers; take the mean of the units' deviations",
    "divided-by-images": "the sum over units was divided by the number of images; divide it by the "
    "number of units",
    "mean-added": "the mean was added; subtract it",
}

RANK = {
    "not-centred": "the features were not centred, so that their mean counts as a direction; "
    "subtract the mean of each column first",
    "rows-centred": "each row's own mean was subtracted; subtract the mean of each column",
    "one-mean": "one mean was subtracted from all numbers; each column has its own",
    "standardised": "each column was divided by its deviation; only centre",
    "squares": "the shares of σ²; take those of σ itself",
    "fourth-powers": "the shares of σ⁴; take those of σ itself",
    "roots": "the shares of √σ; take those of σ itself",
    "entropy": "the entropy itself; take its exponential",
    "bits": "exp of an entropy in bits; exp belongs to the natural logarithm, 2 to log2",
    "two-to-the-nats": "2 to the power of an entropy in nats; exp belongs to the natural logarithm",
    "sign": "below 1: the sign of the entropy is turned, −Σ p log p",
    "mean-for-sum": "the mean of p log p; take the sum",
    "not-normalised": "the singular values were not divided by their sum",
    "by-mean": "the singular values were divided by their mean; divide by their sum",
    "by-largest": "the singular values were divided by the largest; divide by their sum",
    "by-length": "the singular values were divided by the root of their sum of squares; divide by "
    "their sum",
    "softmax": "a softmax of the singular values; divide them by their sum",
    "participation-of-values": "(Σσ)² / Σσ²; the exponential of the entropy is asked for",
    "participation": "(Σσ²)² / Σσ⁴; the exponential of the entropy is asked for",
    "stable-rank": "Σσ² over the largest σ²; the exponential of the entropy is asked for",
    "one-over-largest": "Σσ over the largest σ; the exponential of the entropy is asked for",
    "how-many": "the rank, as `torch.linalg.matrix_rank` gives it: it counts the singular values "
    "that are not 0, however small. The *effective* rank is the exponential of their entropy",
    "how-many-uncentred": "the rank, as `torch.linalg.matrix_rank` gives it, of features that were "
    "not even centred: it counts the singular values that are not 0, however small. The "
    "*effective* rank is the exponential of the entropy of those of the centred features",
    "columns": "the shares of the columns' deviations: columns that go together count twice; take "
    "the singular values",
}


def spread(features: Tensor, divisor: int = 1, how: str = "") -> Tensor:
    """Return the mean deviation of the columns from differences of pairs, or what a mistake gives.

    The variance is half the mean squared difference of two different images.

    Args:
        features: (N, K).
        divisor: 1 for N − 1, 0 for N.
        how: the mistake, one of `SPREAD`.
    """
    x, n = features.double(), len(features)
    squares = (x[:, None] - x).square().sum(dim=(0, 1)) / (2 * n)
    variance = squares / (n - divisor)
    deviation, apart = variance.sqrt(), x - x.mean(dim=0)
    return {
        "one-deviation": x.std(correction=divisor),
        "over-units": x.std(dim=1, correction=divisor).mean(),
        "variances": variance.mean(),
        "root-of-mean": variance.mean().sqrt(),
        "summed": deviation.sum(),
        "not-centred": (x.square().sum(dim=0) / (n - divisor)).sqrt().mean(),
        "one-mean": ((x - x.mean()).square().sum(dim=0) / (n - divisor)).sqrt().mean(),
        "absolute-deviations": apart.abs().mean(),
        "largest": deviation.max(),
        "smallest": deviation.min(),
        "median": deviation.median(),
        "means": x.mean(),
        "divided-by-images": deviation.sum() / n,
        "mean-added": ((x + x.mean(dim=0)).square().sum(dim=0) / (n - divisor)).sqrt().mean(),
        "relative": (deviation / x.mean(dim=0)).mean(),
    }.get(how, deviation.mean())


def singular_values(features: Tensor, how: str = "") -> Tensor:
    """Return singular values of the centred features, from the eigenvalues of products of rows.

    Args:
        features: (N, K).
        how: the mistake, one of `RANK`.
    """
    x = features.double()
    centred = {
        "not-centred": x,
        "how-many-uncentred": x,
        "rows-centred": x - x.mean(dim=1, keepdim=True),
        "one-mean": x - x.mean(),
        "standardised": (x - x.mean(dim=0)) / x.std(dim=0).clamp_min(1e-12),
    }.get(how, x - x.mean(dim=0))
    if how == "columns":
        return centred.norm(dim=0)
    values = torch.linalg.eigvalsh(centred @ centred.T)
    return values.clamp_min(0).sqrt()


def effective_rank(features: Tensor, how: str = "") -> Tensor:
    """Return the effective rank in float64, or what a mistake makes of it.

    Args:
        features: (N, K).
        how: the mistake, one of `RANK`.
    """
    if bool((features == features[:1]).all()) and not how:
        return torch.zeros((), dtype=torch.float64)
    values = singular_values(features, how)
    values = values[values > 1e-7 * values.max()]  # the others are rounding
    if not len(values):  # a mistake has made zeros of all features
        return torch.tensor(torch.nan)
    powers = {"squares": values**2, "fourth-powers": values**4, "roots": values.sqrt()}
    weights = powers.get(how, values)
    whole = {
        "not-normalised": torch.ones(()),
        "by-mean": weights.sum() / min(features.shape),
        "by-largest": weights.max(),
        "by-length": weights.norm(),
    }.get(how, weights.sum())
    p = values.softmax(dim=0) if how == "softmax" else weights / whole
    terms = -p * p.log()
    entropy, square = terms.sum(), values**2
    return {
        "entropy": entropy,
        "bits": (entropy / torch.tensor(2.0).double().log()).exp(),
        "two-to-the-nats": 2**entropy,
        "sign": (-entropy).exp(),
        "mean-for-sum": (entropy / min(features.shape)).exp(),
        "participation-of-values": values.sum() ** 2 / square.sum(),
        "participation": square.sum() ** 2 / square.square().sum(),
        "stable-rank": square.sum() / square.max(),
        "one-over-largest": values.sum() / values.max(),
        "how-many": torch.tensor(len(values)),
        "how-many-uncentred": torch.tensor(len(values)),
    }.get(how, entropy.exp())
