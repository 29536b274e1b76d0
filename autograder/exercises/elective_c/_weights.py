"""Importance weights in float64, with the density of each Gaussian, and what mistakes make of them.

The course's own formula leaves out the constants that both Gaussians share. Here each logarithm is
one of a density, and the mean of the weights is taken image by image with Python's numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

Five = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # the arguments: x, logits, z, mean, log_var

OF_WEIGHTS = {
    "posterior-missing": "log q(z|x), the density that the draws come from, is missing: a weight "
    "is p(x|z) p(z) *over* q(z|x)",
    "prior-missing": "log p(z), the prior's density at the draws, is missing",
    "gaussians-missing": "only log p(x|z); the prior's density over the posterior's belongs to "
    "the weight as well",
    "ratio-turned": "the weight holds q(z|x) / p(z); it is p(z) / q(z|x)",
    "gaussians-multiplied": "log q(z|x) was added; it is subtracted, because q divides",
    "constants-in-one": "one of the Gaussians has its −½ log 2π for each unit and the other has "
    "not; both or none",
    "log-var-missing": "log σ² is missing: a narrow posterior has a high density",
    "log-var-sign": "log σ² has the wrong sign: a narrow posterior has a high density, "
    "and q divides",
    "log-var-halved": "log σ was taken where log σ² belongs, or was halved twice",
    "variance-missing": "(z − μ)² was not divided by σ²",
    "divided-by-deviation": "(z − μ)² was divided by σ; divide by σ²",
    "multiplied-by-variance": "(z − μ)² was multiplied by σ²; divide",
    "variance-squared": "(z − μ)² was divided by exp(2 · log_var), which is σ⁴; exp(log_var) is σ²",
    "log-var-for-log-std": "`log_var` was taken for log σ: it is log σ², so σ is exp(log_var / 2)",
    "log-var-for-std": "`log_var` was taken for σ itself: it is log σ², so σ is exp(log_var / 2)",
    "log-var-for-variance": "`log_var` was taken for σ² itself: σ² is exp(log_var)",
    "mean-ignored": "the distance of z from 0 was taken for that from the mean",
    "half-missing": "the ½ of the Gaussians is missing",
    "closed-form-kl": "the KL divergence in closed form stands where the draws' own densities "
    "belong: it is the average of log q(z|x) − log p(z), and a weight needs the value at its draw",
    "pixel-mean": "averaged over pixels; the probability of an image is a product, so sum the "
    "logarithms",
    "unit-mean": "averaged over the units of the code; sum them",
    "one-entry-of-each": "the first unit only",
    "ink-only": "only pixels that are 1 count; pixels that are 0 have a probability as well",
    "ink-and-paper-swapped": "the cross-entropy was added; log p(x|z) is *minus* the cross-entropy",
    "sigmoid-twice": "a sigmoid was applied twice: `…_with_logits` takes logits",
    "squared-error": "a squared error; log p(x|z) is minus the cross-entropy",
}
OF_AVERAGE = {
    "mean-of-logs": "the mean of the *logarithms*: that is the ELBO. The logarithm of the mean of "
    "the weights is asked for",
    "log-s-missing": "the logarithm of the *sum* of the weights: log S is missing",
    "log-s-sign": "log S has the wrong sign: −log(Σ w / S) = log S − log Σ w",
    "images-counted": "divided by the number of images; divide by S, the number of draws",
    "sign": "the sign: *minus* the logarithm",
    "best-only": "the best draw only; all S of them count",
    "best-over-s": "the best draw over S; all S of them count",
    "weighted-logs": "a mean of the logarithms, weighted by the weights; take the logarithm of "
    "their mean",
    "sum-of-logs": "the sum of the logarithms; take that of the mean of the weights",
    "one-for-all": "one number for all images; return one for each",
}
APART = "p(x|z) was averaged over the draws, and p(z) / q(z|x) on its own; average their product"


def of_pixels(x: Tensor, logits: Tensor, how: str = "") -> Tensor:
    """Return log p(x|z), (S, N): a pixel that is 0 has the probability s(−logit)."""
    sign = 2 * x - 1
    pixels = {
        "ink-only": x * F.logsigmoid(logits),
        "ink-and-paper-swapped": -F.logsigmoid(sign * logits),
        "sigmoid-twice": F.logsigmoid(sign * logits.sigmoid()),
        "squared-error": -(logits.sigmoid() - x).square(),
    }.get(how, F.logsigmoid(sign * logits))
    return pixels.mean(dim=2) if how == "pixel-mean" else pixels.sum(dim=2)


def of_gaussian(z: Tensor, mean: Tensor, square: Tensor, log_square: Tensor) -> Tensor:
    """Return twice the logarithm of a Gaussian's density, entry by entry.

    Args:
        z: where.
        mean: of the Gaussian.
        square: its variance, as it divides (z − μ)².
        log_square: the logarithm of its variance, as it stands in the density.
    """
    return -((z - mean).square() / square) - log_square - math.log(2 * math.pi)


def of_codes(z: Tensor, mean: Tensor, log_var: Tensor, how: str = "") -> Tensor:
    """Return log p(z) − log q(z|x), (S, N), or what a mistake makes of it."""
    one, deviation = torch.ones_like(log_var), (log_var / 2).exp()
    square = {
        "variance-missing": one,
        "divided-by-deviation": deviation,
        "multiplied-by-variance": 1 / log_var.exp(),
        "variance-squared": (2 * log_var).exp(),
        "log-var-for-log-std": (2 * log_var).exp(),
        "log-var-for-std": log_var.square(),
        "log-var-for-variance": log_var,
    }.get(how, log_var.exp())
    log_square = {
        "log-var-missing": 0 * log_var,
        "log-var-sign": -log_var,
        "log-var-halved": log_var / 2,
        "log-var-for-log-std": 2 * log_var,
        "log-var-for-std": log_var.square().log(),
        "log-var-for-variance": log_var.log(),
    }.get(how, log_var)
    prior = of_gaussian(z, 0 * mean, one, 0 * log_var)
    centre = 0 * mean if how == "mean-ignored" else mean
    posterior = of_gaussian(z, centre, square, log_square)
    kl = mean.square() + log_var.exp() - 1 - log_var
    both = {
        "posterior-missing": prior,
        "prior-missing": -posterior,
        "gaussians-missing": 0 * prior,
        "ratio-turned": posterior - prior,
        "gaussians-multiplied": prior + posterior,
        "constants-in-one": prior - posterior - math.log(2 * math.pi),
        "half-missing": 2 * (prior - posterior),
        "closed-form-kl": -kl.expand(prior.shape),
    }.get(how, prior - posterior)
    if how == "one-entry-of-each":
        return both[..., 0] / 2
    return (both.mean(dim=2) if how == "unit-mean" else both.sum(dim=2)) / 2


def log_weights(given: Five, how: str = "") -> Tensor:
    """Return the logarithms of the weights, (S, N), or what a mistake makes of them."""
    x, logits, z, mean, log_var = (t.double() for t in given)
    return of_pixels(x, logits, how) + of_codes(z, mean, log_var, how)


def average(logs: Tensor, how: str = "") -> Tensor:
    """Return −log of the mean weight for each image, (N,), or what a mistake makes of it.

    Args:
        logs: the logarithms of the weights, (S, N).
        how: the mistake.
    """
    out, (s, n) = [], logs.shape
    for column in logs.T.tolist():
        best = max(column)
        shares = [math.exp(v - best) for v in column]
        total = best + math.log(math.fsum(shares))  # the logarithm of the sum
        weighted = math.fsum(a * v for a, v in zip(shares, column, strict=True)) / sum(shares)
        out.append(
            {
                "mean-of-logs": -math.fsum(column) / s,
                "sum-of-logs": -math.fsum(column),
                "log-s-missing": -total,
                "log-s-sign": -total - math.log(s),
                "images-counted": math.log(n) - total,
                "sign": total - math.log(s),
                "best-only": -best,
                "best-over-s": math.log(s) - best,
                "weighted-logs": -weighted,
            }.get(how, math.log(s) - total)
        )
    told = torch.tensor(out, dtype=torch.float64)
    return told.mean() if how == "one-for-all" else told


def bound(x: Tensor, logits: Tensor, z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """Return the importance-weighted bound of each image, (N,), in float64."""
    return average(log_weights((x, logits, z, mean, log_var)))


def wrong_values(given: Five) -> Sequence[tuple[str, Tensor, str]]:
    """Return name, value and message of each known mistake for these arguments."""
    x, logits, z, mean, log_var = (t.double() for t in given)
    right = log_weights(given)
    # A Gaussian that stands alone may have been written with its constant, or without.
    constant = math.log(2 * math.pi) * z.shape[2] / 2
    found = [(how, average(log_weights(given, how)), why) for how, why in OF_WEIGHTS.items()]
    written = {"posterior-missing": 1, "prior-missing": -1, "gaussians-multiplied": 2}
    for how, times in {**written, "constants-in-one": 2}.items():
        value = average(log_weights(given, how) + times * constant)
        found.append((how, value, OF_WEIGHTS[how]))
    found += [(how, average(right, how), why) for how, why in OF_AVERAGE.items()]
    halves = average(of_pixels(x, logits)) + average(of_codes(z, mean, log_var))
    found.append(("averaged-apart", halves, APART))
    return [(how, value, why) for how, value, why in found if bool(torch.isfinite(value).all())]
