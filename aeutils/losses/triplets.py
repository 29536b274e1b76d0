"""Triplets: an anchor should be nearer to an image of its class than to one of another.

(Weinberger and Saul, 2009; Schroff, Kalenichenko and Philbin, 2015, eq. 3)::

    max(0, D(anchor, positive)² − D(anchor, negative)² + m)

Only the difference of two distances counts, so a class may stay wide as long as others are further.
Most random triplets soon have a loss of 0 and teach nothing: choose hard ones. In a batch, take for
each anchor its farthest positive and its nearest negative (Hermans, Beyer and Leibe, 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, check_same_shape


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0) -> Tensor:
    """Return the mean over triplets of max(0, D₊² − D₋² + margin).

    Args:
        anchor: codes (N, K).
        positive: codes of the same classes, row by row, (N, K).
        negative: codes of other classes, row by row, (N, K).
        margin: m > 0, in squared units of the codes (not checked).

    Returns:
        A scalar, in squared units of the codes.

    Raises:
        TypeError: one of the three is not a tensor of floats.
        ValueError: the three are not finite matrices of one shape.
    """
    for other, name in ((positive, "positive"), (negative, "negative")):
        check_same_shape(check_matrix(anchor, "anchor"), check_matrix(other, name), "anchor", name)
    near = (anchor - positive).square().sum(dim=1)
    far = (anchor - negative).square().sum(dim=1)
    return (near - far + margin).clamp_min(0).mean()


def hardest_triplet_loss(z: Tensor, labels: Tensor, margin: float = 1.0) -> Tensor:
    """Return the mean over anchors of max(0, D₊ − D₋ + margin), with the hardest pair of each.

    D₊ is the distance to the farthest code of the anchor's class, D₋ to the nearest of another; not
    squared, as Hermans et al. recommend: squared distances shrink near 0 and codes collapse more
    easily. An anchor without a positive, or without a negative, is left out.

    Args:
        z: codes (B, K).
        labels: integers (B,).
        margin: m > 0, in units of the codes (not checked).

    Returns:
        A scalar, in units of the codes; 0 if every anchor is left out.

    Raises:
        TypeError: `z` is not a tensor of floats, or `labels` not one of integers (B,).
        ValueError: `z` is not a finite matrix, or there is not one label for each code.
    """
    check_labels(labels, len(check_matrix(z, "z")))
    length = z.square().sum(dim=1)
    distance = (length[:, None] + length - 2 * z @ z.T).clamp_min(1e-12).sqrt()  # (B, B)
    same = labels[:, None] == labels
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    positive, negative = same & ~itself, ~same
    farthest = distance.masked_fill(~positive, 0).amax(dim=1)
    closest = distance.masked_fill(~negative, torch.inf).amin(dim=1)
    usable = positive.any(dim=1) & negative.any(dim=1)
    terms = torch.where(usable, farthest - torch.where(usable, closest, 0.0) + margin, 0.0)
    return terms.clamp_min(0).sum() / usable.sum().clamp_min(1)
