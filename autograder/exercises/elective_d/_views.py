"""Elective D: the contrastive loss of two views by a loop over views, and what mistakes make of it.

The right value is that of Chen et al. (2020), eq. 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

MESSAGES = {
    "self-in-sum": "the view itself is in the softmax; it runs over the *other* 2N − 1 views",
    "self-as-positive": "each view was made its own partner; its partner is the other view of the "
    "same image",
    "both-as-positives": "the view itself is a partner beside the other view of its image; leave "
    "it out",
    "partner-left-out": "the partner is missing in the sum below; the softmax runs over *all* "
    "other views",
    "across-only": "the softmax runs over the views of the other kind alone; those of its own kind "
    "belong into it, too",
    "first-views-only": "the mean over the first views alone; the second ones have their softmax, "
    "too",
    "first-across-only": "first views against second ones alone; the softmax runs over all other "
    "views of both kinds, and the mean over all 2N views",
    "second-views-only": "the mean over the second views alone; the first ones have theirs, too",
    "summed": "the sum over views; take their mean",
    "divided-by-images": "the sum over 2N views was divided by N; divide by 2N",
    "divided-twice": "half of what it should be: the mean runs over 2N views, and each counts once",
    "not-normalised": "dot products of the codes as they are; cosines need unit vectors",
    "columns-normalised": "the columns were given length 1, not the rows: dim=1",
    "one-normalised": "only one of the two kinds of views has length 1; cosines need both",
    "times-temperature": "multiplied by the temperature; divide by it",
    "temperature-squared": "divided by the square of the temperature",
    "temperature-ignored": "`temperature` has no effect: the cosines were not divided by it",
    "temperature-not-passed": "`temperature` has no effect: it is 0.1 throughout, the default of "
    "`supcon_loss`; pass it on",
    "default-always": "`temperature` has no effect: it is 0.5 throughout",
    "scaled": "multiplied by τ at the end; there is no such factor",
    "divided-by-temperature": "divided by τ at the end; there is no such factor",
    "sign": "the sign: minus the logarithm",
    "log-missing": "minus the shares themselves; take their logarithms",
    "log-of-mean": "the logarithm of the mean share; it is the mean of the logarithms",
    "bits": "bits; nats are asked for, so use the natural logarithm",
    "neighbours-as-partners": "rows 2i and 2i + 1 were paired; put the codes below one another; "
    "row i belongs to row i + N",
    "next-as-partner": "the partner is the next image's view; row i of both belongs together",
    "distances": "squared distances stand for cosines",
    "alignment-only": "minus the cosine of the partners alone; the others belong below",
}


def partner_of(n: int, how: str) -> Tensor:
    """Return the row of each view's partner, the first views above the second ones."""
    rows = torch.arange(2 * n)
    if how == "neighbours-as-partners":
        return rows + 1 - 2 * (rows % 2)
    if how == "next-as-partner":
        return torch.cat([n + (rows[:n] + 1) % n, (rows[:n] - 1) % n])
    return rows if how == "self-as-positive" else (rows + n) % (2 * n)


def two_view_loss(z: Tensor, z_other: Tensor, temperature: float = 0.5, how: str = "") -> Tensor:
    """Return the loss in float64, or what a mistake makes of it.

    Args:
        z: codes of the first views, (N, K).
        z_other: codes of the second views, (N, K).
        temperature: of the softmax.
        how: the mistake, one of `MESSAGES`.
    """
    n, views = len(z), torch.cat([z, z_other]).double()
    t = {
        "times-temperature": 1 / temperature,
        "temperature-squared": temperature**2,
        "temperature-ignored": 1.0,
        "temperature-not-passed": 0.1,
        "default-always": 0.5,
    }.get(how, temperature)
    units = views / views.norm(dim=1, keepdim=True)
    if how == "one-normalised":
        units = torch.cat([units[:n], views[n:]])
    units = {"not-normalised": views, "columns-normalised": views / views.norm(dim=0)}.get(
        how, units
    )
    similarities = units @ units.T / t
    if how == "distances":
        similarities = -(units[:, None] - units).square().sum(dim=2) / t
    rows, logs = torch.arange(2 * n), []
    for i, partner in enumerate(partner_of(n, how).tolist()):
        s = similarities[i]
        below = rows != i
        if how in ("self-in-sum", "self-as-positive", "both-as-positives"):
            below = rows >= 0
        elif how == "partner-left-out":
            below = below & (rows != partner)
        elif how in ("across-only", "first-across-only"):
            below = (rows >= n) == (i < n)
        share = s[partner] - s[below].logsumexp(dim=0)
        if how == "both-as-positives":
            share = (share + s[i] - s[below].logsumexp(dim=0)) / 2
        logs.append(s[partner] if how == "alignment-only" else share)
    each = torch.stack(logs)
    mean = -each.mean()
    return {
        "first-views-only": -each[:n].mean(),
        "first-across-only": -each[:n].mean(),
        "second-views-only": -each[n:].mean(),
        "summed": -each.sum(),
        "divided-by-images": 2 * mean,
        "divided-twice": mean / 2,
        "scaled": temperature * mean,
        "divided-by-temperature": mean / temperature,
        "sign": -mean,
        "log-missing": -each.exp().mean(),
        "log-of-mean": -each.exp().mean().log(),
        "bits": mean / math.log(2),
    }.get(how, mean)
