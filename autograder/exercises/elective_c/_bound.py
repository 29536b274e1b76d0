"""The negative evidence lower bound in float64, its gradients, and what mistakes make of them."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.elective_c._divergence import divergence, mistaken

OF_KL = ("half-missing", "log-std", "std-given")  # mistakes inside the divergence
SUM_AND_MEAN = "sum over pixels and over units, then take one mean over images"
MESSAGES = {
    "mean-over-pixels": "the cross-entropy was averaged over pixels, as `reduction='mean'` does: "
    f"{SUM_AND_MEAN}",
    "balance": "the cross-entropy was averaged over pixels and the divergence summed over the "
    f"batch, so that nearly all weight is on the divergence: {SUM_AND_MEAN}",
    "mean-over-everything": f"both halves were averaged over everything: {SUM_AND_MEAN}",
    "summed-over-batch": "summed over the images of the batch; take the mean over them",
    "reconstruction-summed-over-batch": "the cross-entropy was summed over the images of the "
    "batch; take the mean over them",
    "kl-summed-over-batch": "the divergence was summed over the images of the batch; take the "
    "mean over them",
    "kl-averaged-over-units": "the divergence was averaged over units; sum over them",
    "one-per-image": "one number for each image; return their mean",
    "beta-on-reconstruction": "beta weights the cross-entropy; it weights the divergence",
    "beta-on-both": "beta weights both halves; it weights the divergence alone",
    "beta-ignored": "`beta` has no effect on the divergence",
    "beta-squared": "beta was squared",
    "beta-divides": "the divergence was divided by beta; multiply",
    "beta-added": "beta was added to the divergence; multiply",
    "elbo": "the bound itself; its negative is asked for, which is a loss",
    "kl-subtracted": "the loss falls where the divergence grows; the divergence is a cost: add it",
    "reconstruction-subtracted": "the cross-entropy was subtracted; it is a cost: add it",
    "kl-missing": "the divergence is missing",
    "reconstruction-missing": "the cross-entropy is missing",
    "sigmoid-twice": "a sigmoid was taken before a cross-entropy that takes one itself",
    "logits-as-probabilities": "logits were taken as probabilities",
    "squared-error": "squared errors of the probabilities; the cross-entropy is asked for",
    "squared-error-of-logits": "squared errors of the logits; the cross-entropy is asked for",
    "ink-only": "the term for paper, (1 − x) log(1 − p), is missing",
    "paper-only": "the term for ink, x log p, is missing",
    "swapped": "logits and images changed places",
    "binarised": "the images were rounded to 0 and 1; grey stays grey",
    "half-missing": "the ½ of the divergence is missing (in `kl_to_prior`, if you call that)",
    "log-std": "log_var was taken for log σ in the divergence; it is log σ²",
    "std-given": "log_var was taken for σ itself in the divergence; it is log σ²",
}


def cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    """Return −x log p − (1 − x) log(1 − p) of each pixel, p = sigmoid(logits), in float64."""
    a, t = logits.double(), x.double()
    paper, ink = torch.logaddexp(a, 0 * a), torch.logaddexp(-a, 0 * a)  # −log(1 − p), −log p
    return t * ink + (1 - t) * paper


def per_pixel(logits: Tensor, x: Tensor, how: str = "") -> Tensor:
    """Return what the first half is made of, (N, D), or what a mistake makes of it."""
    a, t = logits.double(), x.double()
    if how == "logits-as-probabilities":
        return -(t * a.log() + (1 - t) * (1 - a).log())
    return {
        "sigmoid-twice": cross_entropy(a.sigmoid(), t),
        "squared-error": (a.sigmoid() - t).square(),
        "squared-error-of-logits": (a - t).square(),
        "ink-only": t * cross_entropy(a, 0 * t + 1),
        "paper-only": (1 - t) * cross_entropy(a, 0 * t),
        "swapped": cross_entropy(t, a),
        "binarised": cross_entropy(a, t.round()),
        "reconstruction-missing": 0 * a,
    }.get(how, cross_entropy(a, t))


def bound(
    logits: Tensor, x: Tensor, mean: Tensor, log_var: Tensor, beta: float = 1.0, how: str = ""
) -> Tensor:
    """Return the negative bound in float64, or what a mistake makes of it.

    Args:
        logits: of pixels, (N, D).
        x: images, (N, D).
        mean: of the posteriors, (N, K).
        log_var: logarithms of their variances, (N, K).
        beta: weight of the divergence.
        how: the mistake, one of `MESSAGES`.
    """
    pixels = per_pixel(logits, x, how)
    units = mistaken(mean, log_var, how) if how in OF_KL else divergence(mean, log_var)
    rebuilt, cost = pixels.sum(dim=1), units.sum(dim=1)
    weighted = {
        "beta-on-reconstruction": cost,
        "beta-ignored": cost,
        "beta-squared": beta**2 * cost,
        "beta-divides": cost / beta if beta else cost,
        "beta-added": beta + cost,
        "kl-subtracted": -beta * cost,
        "kl-missing": 0 * cost,
    }.get(how, beta * cost)
    weighted_pixels = beta if how in ("beta-on-reconstruction", "beta-on-both") else 1.0
    rebuilt = weighted_pixels * rebuilt
    every = rebuilt + weighted
    return {
        "mean-over-pixels": pixels.mean() + weighted.mean(),
        "balance": pixels.mean() + weighted.sum(),
        "mean-over-everything": pixels.mean() + beta * units.mean(),
        "summed-over-batch": every.sum(),
        "reconstruction-summed-over-batch": rebuilt.sum() + weighted.mean(),
        "kl-summed-over-batch": rebuilt.mean() + weighted.sum(),
        "kl-averaged-over-units": rebuilt.mean() + beta * units.mean(),
        "one-per-image": every,
        "elbo": -every.mean(),
        "reconstruction-subtracted": (weighted - rebuilt).mean(),
    }.get(how, every.mean())


def gradient(
    logits: Tensor, x: Tensor, mean: Tensor, log_var: Tensor, how: str = ""
) -> tuple[Tensor, ...]:
    """Return the gradients of the bound with beta = 1 for logits, mean and log_var, in float64.

    The right ones are closed forms; those of a mistake come from its formula.
    """
    a, t, m, v = (value.double() for value in (logits, x, mean, log_var))
    if how:
        leaves = [value.clone().requires_grad_() for value in (a, m, v)]
        value = bound(leaves[0], t, leaves[1], leaves[2], how=how).sum()
        found = torch.autograd.grad(value, leaves, allow_unused=True)
        pairs = zip(found, leaves, strict=True)
        return tuple(torch.zeros_like(leaf) if g is None else g for g, leaf in pairs)
    n = len(t)
    return ((a.sigmoid() - t) / n, m / n, (v.exp() - 1) / (2 * n))
