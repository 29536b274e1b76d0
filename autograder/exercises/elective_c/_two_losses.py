"""Both losses of an adversarial autoencoder in float64, and what known mistakes make of them.

The discriminator has one hidden layer, and everything is worked out from its weights: no module is
called here, and what is right of a gradient comes from the chain rule, written out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Weights(NamedTuple):
    """A discriminator D(z) = v · tanh(W z + b) + c, in float64.

    Attributes:
        w: (H, K).
        b: (H,).
        v: (1, H).
        c: (1,).
    """

    w: Tensor
    b: Tensor
    v: Tensor
    c: Tensor


def logits_of(weights: Weights, rows: Tensor) -> Tensor:
    """Return the discriminator's logits of rows (N, K), (N,)."""
    return (rows.double() @ weights.w.T + weights.b).tanh() @ weights.v[0] + weights.c


def entropies(logits: Tensor, target: float) -> Tensor:
    """Return the cross-entropy of each logit a against a target t: log(1 + e^a) − t a."""
    return torch.logaddexp(torch.zeros_like(logits), logits) - target * logits


OF_DISCRIMINATOR = {
    "labels-swapped": "the labels, or the halves, are swapped: draws from the prior belong to 1, "
    "codes to 0",
    "half-missing": "the ½ is missing",
    "sum-for-mean": "summed over rows; take the mean of each half",
    "halves-joined": "all rows weigh the same, so that the larger half counts more: take the mean "
    "of each half first",
    "draws-only": "only the draws from the prior count; the codes belong to the loss as well",
    "codes-only": "only the codes count; the draws from the prior belong to the loss as well",
    "all-true": "the codes were compared with 1; their target is 0",
    "all-false": "the draws were compared with 0; their target is 1",
    "half-of-one": "only one half was divided by 2",
    "subtracted": "one half was subtracted from the other; add them",
    "sign": "the sign: a cross-entropy is positive, and the discriminator makes it small",
    "sigmoid-twice": "a sigmoid was applied twice: `…_with_logits` takes the logits as they are",
    "squared-error": "a squared error; the cross-entropy is asked for",
    "differences": "a difference of mean logits; the cross-entropy is asked for",
    "base-two": "logarithms to base 2; use the natural one",
    "smoothed": "the targets are not 1 and 0",
}
OF_ENCODER = {
    "against-0": "the codes were compared with 0, as in the discriminator's loss: the encoder "
    "wants them to pass for draws from the prior, which is 1",
    "minimax": "minus the discriminator's cross-entropy of the codes: where the discriminator is "
    "sure, it has no slope, and the encoder learns nothing. Cross-entropy against 1 is asked for",
    "sum-for-mean": "summed over rows; take the mean",
    "half-missing": "half of it: there is no ½ in the encoder's loss",
    "sign": "the sign: a cross-entropy is positive, and the encoder makes it small",
    "sigmoid-twice": "a sigmoid was applied twice: `…_with_logits` takes the logits as they are",
    "squared-error": "a squared error; the cross-entropy is asked for",
    "differences": "minus the mean logit; the cross-entropy is asked for",
    "base-two": "logarithms to base 2; use the natural one",
    "smoothed": "the target is not 1",
}


def of_discriminator(true: Tensor, false: Tensor, how: str = "") -> Tensor:
    """Return the discriminator's loss, or what a mistake makes of it.

    Args:
        true: its logits of the draws from the prior, (M,).
        false: its logits of the codes, (N,).
        how: the mistake.
    """
    if how == "sigmoid-twice":
        true, false = true.sigmoid(), false.sigmoid()
    one, zero = {
        "labels-swapped": (0.0, 1.0),
        "all-true": (1.0, 1.0),
        "all-false": (0.0, 0.0),
        "smoothed": (0.9, 0.0),
    }.get(how, (1.0, 0.0))
    of_true, of_false = entropies(true, one), entropies(false, zero)
    if how == "squared-error":
        of_true, of_false = (true.sigmoid() - 1).square(), false.sigmoid().square()
    a, b = of_true.mean(), of_false.mean()
    return {
        "half-missing": a + b,
        "sum-for-mean": (of_true.sum() + of_false.sum()) / 2,
        "halves-joined": torch.cat([of_true, of_false]).mean(),
        "draws-only": a,
        "codes-only": b,
        "half-of-one": a + b / 2,
        "subtracted": (a - b) / 2,
        "sign": -(a + b) / 2,
        "differences": (false.mean() - true.mean()) / 2,
        "base-two": (a + b) / 2 / math.log(2),
    }.get(how, (a + b) / 2)


def of_encoder(logits: Tensor, how: str = "") -> Tensor:
    """Return the encoder's loss, or what a mistake makes of it.

    Args:
        logits: the discriminator's of the codes, (N,).
        how: the mistake.
    """
    loss = entropies(logits, 1.0)
    return {
        "against-0": entropies(logits, 0.0).mean(),
        "minimax": -entropies(logits, 0.0).mean(),
        "sum-for-mean": loss.sum(),
        "half-missing": loss.mean() / 2,
        "sign": -loss.mean(),
        "sigmoid-twice": entropies(logits.sigmoid(), 1.0).mean(),
        "squared-error": (logits.sigmoid() - 1).square().mean(),
        "differences": -logits.mean(),
        "base-two": loss.mean() / math.log(2),
        "smoothed": entropies(logits, 0.9).mean(),
    }.get(how, loss.mean())


def to_weights(weights: Weights, rows: Tensor, slopes: Tensor) -> list[Tensor]:
    """Return the gradients of a loss for W, b, v and c, by the chain rule.

    Args:
        weights: the discriminator's.
        rows: what it looked at, (N, K).
        slopes: of the loss for each logit, (N,).
    """
    rows = rows.double()
    h = (rows @ weights.w.T + weights.b).tanh()
    inner = slopes[:, None] * weights.v * (1 - h.square())  # for each hidden sum, (N, H)
    return [inner.T @ rows, inner.sum(dim=0), (slopes @ h)[None], slopes.sum()[None]]


def to_rows(weights: Weights, rows: Tensor, slopes: Tensor) -> Tensor:
    """Return the gradient of a loss for the rows that the discriminator looked at, (N, K).

    Args:
        weights: the discriminator's.
        rows: what it looked at, (N, K).
        slopes: of the loss for each logit, (N,).
    """
    h = (rows.double() @ weights.w.T + weights.b).tanh()
    return (slopes[:, None] * weights.v * (1 - h.square())) @ weights.w


def of_both_halves(weights: Weights, codes: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of the discriminator's loss that draws and codes give, as long vectors.

    Args:
        weights: the discriminator's.
        codes: (N, K).
        prior: (M, K).
    """
    true, false = logits_of(weights, prior), logits_of(weights, codes)
    # the slope of the cross-entropy for a logit is s(a) − t
    by_draws = to_weights(weights, prior, (true.sigmoid() - 1) / len(true) / 2)
    by_codes = to_weights(weights, codes, false.sigmoid() / len(false) / 2)
    return long(by_draws), long(by_codes)


def long(parts: Sequence[Tensor]) -> Tensor:
    """Return tensors as one long vector in float64."""
    return torch.cat([part.double().flatten() for part in parts])


def of_mistake(weights: Weights, codes: Tensor, prior: Tensor, how: str) -> Tensor:
    """Return the gradient that a mistake in the discriminator's loss leads to, as a long vector.

    Args:
        weights: the discriminator's.
        codes: (N, K).
        prior: (M, K).
        how: the mistake.
    """
    leaves = Weights(*(w.clone().requires_grad_() for w in weights))
    loss = of_discriminator(logits_of(leaves, prior), logits_of(leaves, codes), how)
    found = torch.autograd.grad(loss, list(leaves), allow_unused=True, materialize_grads=True)
    return long(found)
