"""The divergence of a Gaussian from the prior by an integral, and what mistakes make of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# What is told about a wrong formula. The others, of variances alone, give NaN for log_var < 0.
MESSAGES = {
    "half-missing": "the ½ in front of the bracket is missing",
    "half-twice": "half of what it should be; there is one ½, in front of the bracket",
    "sign": "the sign is turned: a divergence is never below 0",
    "log-std": "log_var was taken for log σ; it is log σ², so that σ² = exp(log_var)",
    "std-given": "log_var was taken for σ itself; it is log σ²",
    "variance-given": "log_var was taken for σ² itself; it is log σ²",
    "exp-doubled": "σ² was taken for exp(2 · log_var); it is exp(log_var)",
    "sigma-not-squared": "σ stands where σ² belongs; σ² = exp(log_var)",
    "exp-missing": "log_var stands where σ² belongs; σ² = exp(log_var)",
    "other-way": "the divergence of the prior from the posterior; turn it round",
    "one-missing": "the −1 is missing, so that it is not 0 for a unit that says nothing",
    "one-added": "+1 stands where −1 belongs",
    "half-log": "log σ, half of log_var, stands where log σ² belongs",
    "log-sign": "log σ² was added; subtract it",
    "log-missing": "the term −log σ² is missing",
    "variance-missing": "the term σ² is missing",
    "variance-sign": "σ² was subtracted; add it",
    "mean-sign": "μ² was subtracted; add it",
    "mean-not-squared": "μ was not squared",
    "absolute-mean": "|μ| stands where μ² belongs",
    "mean-doubled": "2μ stands where μ² belongs",
    "mean-missing": "the term μ² is missing",
    "mean-only": "μ²/2 alone; the spread has its price as well",
    "absolute-log": "|log σ²| stands where log σ² belongs",
    "base-two": "bits; nats are asked for, so use the natural logarithm",
}


def divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return KL(N(mean, exp(log_var)) ‖ N(0, 1)), entry by entry, in float64.

    It is the integral of q log(q/p), a sum over steps of a quarter of a standard deviation. For
    Gaussians such a sum is exact to the last digits.

    Args:
        mean: of any shape.
        log_var: logarithms of the variances, of the same shape.
    """
    t = torch.linspace(-12, 12, 97, dtype=torch.float64)  # from the mean, in standard deviations
    weights = (-t.square() / 2).exp()
    m, v = mean.double()[..., None], log_var.double()[..., None]
    z = m + (v / 2).exp() * t
    log_ratio = (z.square() - t.square() - v) / 2
    return log_ratio @ (weights / weights.sum())


def mistaken(mean: Tensor, log_var: Tensor, how: str = "") -> Tensor:
    """Return what a mistake makes of the divergence, in float64; NaN where it has no value.

    Args:
        mean: of any shape.
        log_var: logarithms of the variances, of the same shape.
        how: the mistake, one of `MESSAGES`; with any other name nothing is mistaken.
    """
    m, v = mean.double(), log_var.double()
    squared = {
        "mean-sign": -m.square(),
        "mean-not-squared": m,
        "absolute-mean": m.abs(),
        "mean-doubled": 2 * m,
        "mean-missing": 0 * m,
    }.get(how, m.square())
    variance = {
        "log-std": (2 * v).exp(),
        "std-given": v.square(),
        "variance-given": v,
        "exp-doubled": (2 * v).exp(),
        "sigma-not-squared": (v / 2).exp(),
        "exp-missing": v,
        "variance-missing": 0 * v,
        "variance-sign": -v.exp(),
    }.get(how, v.exp())
    log = {
        "log-std": 2 * v,
        "std-given": v.square().log(),
        "variance-given": v.log(),
        "half-log": v / 2,
        "log-sign": -v,
        "log-missing": 0 * v,
        "absolute-log": v.abs(),
    }.get(how, v)
    one = {"one-missing": 0.0, "one-added": -1.0}.get(how, 1.0)
    bracket = squared + variance - one - log
    return {
        "half-missing": bracket,
        "half-twice": bracket / 4,
        "sign": -bracket / 2,
        "other-way": (v + (1 + m.square()) / v.exp() - 1) / 2,
        "mean-only": m.square() / 2,
        "base-two": bracket / 2 / math.log(2),
    }.get(how, bracket / 2)
