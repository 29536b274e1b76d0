"""Supervised contrastive learning: every image of the batch is asked to pick out its own class.

With codes of length 1, u_i, a temperature τ and P(i) the *other* images of the class of image i in
the batch (Khosla et al., 2020, eq. 2, "L_out")::

    loss_i = − 1/|P(i)| Σ_{p in P(i)} log( exp(u_i·u_p / τ) / Σ_{a ≠ i} exp(u_i·u_a / τ) )

The fraction is a softmax over all other images: a classifier whose classes are the images of the
batch. The image itself is in neither sum. There is no margin; τ decides how much the nearest
strangers count. With two views of each image as the only positives this is SimCLR's loss, without
labels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix
from aeutils.testing.sealed import exercise


@exercise("week07_siamese")
def supcon_loss(z: Tensor, labels: Tensor, temperature: float = 0.1) -> Tensor:
    """Return the mean of loss_i over the images that have a positive in the batch.

    Codes are made unit vectors first. Computed with logarithms of sums of exponentials, so that a
    small temperature does not overflow.

    Args:
        z: codes (B, K); none is zero.
        labels: integers (B,). Without a pair of one class the loss is 0.
        temperature: τ > 0, without unit.

    Returns:
        A scalar, in nats.

    Raises:
        TypeError: `z` is not a tensor of floats, or `labels` not one of integers (B,).
        ValueError: `z` is not a finite matrix, or there is not one label for each code.
        ValueError: `temperature` is not positive.
    """
    check_labels(labels, len(check_matrix(z, "z")))
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    units = F.normalize(z)
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    similar = (units @ units.T / temperature).masked_fill(itself, -torch.inf)  # (B, B)
    log_share = similar - similar.logsumexp(dim=1, keepdim=True)
    positive = (labels[:, None] == labels) & ~itself
    counts = positive.sum(dim=1)
    each = -log_share.masked_fill(~positive, 0).sum(dim=1) / counts.clamp_min(1)
    return each.sum() / (counts > 0).sum().clamp_min(1)
