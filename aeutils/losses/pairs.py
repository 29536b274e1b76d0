"""Siamese networks: one encoder, two images, and how far apart their codes should be.

Both images go through the *same* encoder (Bromley et al., 1993). With D the Euclidean distance of
the two codes and `same` = 1 for a pair of one class, 0 otherwise, the contrastive loss of a pair is
(Hadsell, Chopra and LeCun, 2006, eq. 4; they write Y = 0 for similar and put ½ before both terms)::

    same · D²  +  (1 − same) · max(0, m − D)²

The first term alone has a perfect solution: the same code for every image. The second pushes pairs
of different classes apart, up to the margin m and no further.

>>> z = torch.tensor([[0.0], [0.5], [3.0]])
>>> contrastive_loss(z[[0, 0]], z[[1, 2]], torch.tensor([True, False]), margin=1.0)  # ½ (0.25 + 0)
tensor(0.1250)
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import (
    check_count,
    check_labels,
    check_matrix,
    check_same_shape,
    describe,
)
from aeutils.testing.sealed import exercise


@exercise("week07_siamese")
def random_pairs(
    labels: Tensor, n: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw n pairs of different images: n // 2 of one class, the others of two, in random order.

    The first image of a pair is drawn with equal chances from all that have a partner of the wanted
    kind, and its partner with equal chances from all that fit.

    Args:
        labels: integers (N,), of at least two classes, one of them with two members or more.
        n: number of pairs, >= 1.
        generator: source of all random numbers; None for torch's global one.

    Returns:
        Row numbers of the first and of the second images, int64 (n,), and whether they are of one
        class, bool (n,).

    Raises:
        TypeError: `labels` is not a tensor of integers (N,), or `n` is not an integer.
        ValueError: `n` is below 1, there is one class only, or no class has two members.
    """
    check_labels(labels, len(labels))
    check_count(n, "n")
    device = labels.device
    classes, own, counts = labels.unique(return_inverse=True, return_counts=True)
    if len(classes) < 2 or int(counts.max()) < 2:
        raise ValueError("labels must hold two classes and a class of two members, to make pairs")
    # Sorted by class, a class is a run of places; places outside the run are the other classes.
    by_class = own.argsort(stable=True)
    start = counts.cumsum(0) - counts
    place = torch.empty_like(by_class).scatter_(
        0, by_class, torch.arange(len(labels), device=device)
    )

    # Not every device has float64; without a generator the numbers are the CPU's.
    where = torch.device("cpu") if generator is None else generator.device

    def below(limits: Tensor) -> Tensor:
        draw = torch.rand(len(limits), generator=generator, dtype=torch.float64, device=where)
        return (draw.to(device) * limits).long()

    positives = n // 2
    with_partner = (counts[own] > 1).nonzero().squeeze(1)
    a = with_partner[below(torch.full((positives,), len(with_partner), device=device))]
    offset = 1 + below(counts[own[a]] - 1)  # 1 … n_c − 1 places further, cyclically
    b = by_class[start[own[a]] + (place[a] - start[own[a]] + offset) % counts[own[a]]]
    c = below(torch.full((n - positives,), len(labels), device=device))
    skip = counts[own[c]] + below(len(labels) - counts[own[c]])  # skips the own class
    d = by_class[(start[own[c]] + skip) % len(labels)]
    mix = torch.randperm(n, generator=generator, device=where).to(device)
    first, second = torch.cat([a, c])[mix], torch.cat([b, d])[mix]
    return first, second, labels[first] == labels[second]


@exercise("week07_siamese")
def contrastive_loss(a: Tensor, b: Tensor, same: Tensor, margin: float = 1.0) -> Tensor:
    """Return the mean over pairs of same · D² + (1 − same) · max(0, margin − D)².

    The gradient is finite also where two codes are equal, D = 0: the slope of √ is infinite there,
    and the slope of D is taken to be 0.

    Args:
        a: codes of the first images, (N, K).
        b: codes of the second images, (N, K).
        same: True or 1 where both are of one class, (N,).
        margin: distance m > 0, in units of the codes, beyond which pairs of different classes are
            left alone.

    Returns:
        A scalar, in squared units of the codes.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats.
        ValueError: `a` and `b` are not finite matrices of one shape, or `same` is not of shape
            (N,).
        ValueError: `margin` is not positive.
    """
    check_same_shape(check_matrix(a, "a"), check_matrix(b, "b"), "a", "b")
    if same.shape != (len(a),):
        raise ValueError(f"same must have shape ({len(a)},), got {describe(same)}")
    return pair_terms((a - b).square().sum(dim=1), same.bool(), margin).mean()


def pair_terms(squared: Tensor, same: Tensor, margin: float) -> Tensor:
    """Return the contrastive loss of each pair, computed from its squared distance.

    Args:
        squared: squared distances D² >= 0, of any shape.
        same: True where a pair is of one class, in the shape of `squared`.
        margin: distance m > 0, in units of the codes.

    Returns:
        One loss for each pair, in the shape of `squared`.

    Raises:
        ValueError: `margin` is not positive.
    """
    if not margin > 0:
        raise ValueError(f"margin must be positive, got {margin}")
    positive = squared > 0
    distance = torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)
    return torch.where(same, squared, (margin - distance).clamp_min(0).square())


@exercise("week07_siamese")
def all_pairs_loss(z: Tensor, labels: Tensor, margin: float = 1.0) -> Tensor:
    """Return the contrastive loss of all pairs of a batch, both kinds counting alike.

    ½ (mean over pairs i < j of one class + mean over pairs i < j of two): a batch of B images has
    B(B − 1)/2 pairs for the price of B images through the encoder. With ten balanced classes nine
    pairs in ten are of two classes; in a single mean over all pairs they would outweigh the others.
    A kind that the batch has no pair of contributes 0.

    Args:
        z: codes (B, K).
        labels: integers (B,).
        margin: distance m > 0, as in `contrastive_loss`.

    Returns:
        A scalar, in squared units of the codes.

    Raises:
        TypeError: `z` is not a tensor of floats, or `labels` not one of integers (B,).
        ValueError: `z` is not a finite matrix, or there is not one label for each code.
        ValueError: `margin` is not positive.
    """
    check_labels(labels, len(check_matrix(z, "z")))
    centred = z - z.mean(dim=0)  # same distances, but smaller numbers, hence less rounding
    length = centred.square().sum(dim=1)
    squared = (length[:, None] + length - 2 * centred @ centred.T).clamp_min(0)  # (B, B)
    same = labels[:, None] == labels
    terms = pair_terms(squared, same, margin)
    upper = torch.ones_like(same).triu(diagonal=1)
    attract, repel = (
        (terms * kind).sum() / kind.sum().clamp_min(1) for kind in (same & upper, ~same & upper)
    )
    return (attract + repel) / 2
