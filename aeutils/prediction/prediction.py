"""The loss of predicted patches where the true ones are hidden.

The target is what is to be predicted of each patch: its pixels (He et al., 2022), or what a network
that sees the whole image says of it (Assran et al., 2023).

>>> import torch
>>> predicted, target = torch.zeros(1, 3, 2), torch.ones(1, 3, 2)
>>> prediction_loss(predicted, target, torch.tensor([[True, False, False]]))
tensor(1.)

References:
    * K. He, X. Chen, S. Xie, Y. Li, P. Dollár and R. Girshick (2022). Masked autoencoders are
      scalable vision learners. CVPR.
    * M. Assran et al. (2023). Self-supervised learning from images with a joint-embedding
      predictive architecture. CVPR, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_floats, check_same_shape, describe
from aeutils.testing.sealed import exercise


@exercise("elective_d_prediction")
def prediction_loss(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Return the mean squared error over the hidden patches. The target gets no gradient.

    Args:
        predicted: a vector for each patch, floats (N, P, K). Those of visible patches do not
            matter.
        target: what should have been predicted, (N, P, K).
        hidden: booleans (N, P), True where a patch was hidden, at least one of them.

    Returns:
        A scalar, a mean over the hidden patches of all images and their K numbers.

    Raises:
        TypeError: `predicted` or `target` is not a tensor of floats, or `hidden` not of booleans.
        ValueError: the shapes do not fit together, or nothing is hidden.
    """
    check_hidden(hidden)
    check_same_shape(
        check_floats(predicted, "predicted"), check_floats(target, "target"), "predicted", "target"
    )
    if predicted.ndim != 3 or predicted.shape[:2] != hidden.shape:
        raise ValueError(
            f"predicted must have shape ({hidden.shape[0]}, {hidden.shape[1]}, K), a vector for "
            f"each entry of hidden, got {describe(predicted)}"
        )
    # Not with predicted[hidden]: on a GPU it would wait to learn how many there are.
    errors = (predicted - target.detach()).square().mean(dim=2)
    return torch.where(hidden, errors, 0).sum() / hidden.sum()


def check_hidden(hidden: Tensor) -> Tensor:
    """Return a mask of hidden patches, or say what else was given.

    Args:
        hidden: what was given.

    Raises:
        TypeError: it does not hold booleans.
        ValueError: it is no matrix, or hides nothing (seen on the CPU only).
    """
    if not isinstance(hidden, Tensor) or hidden.dtype != torch.bool:
        raise TypeError(f"hidden must be a tensor of booleans, got {describe(hidden)}")
    if hidden.ndim != 2 or 0 in hidden.shape:
        raise ValueError(f"hidden must have shape (N, P), got {describe(hidden)}")
    if hidden.device.type == "cpu" and not bool(hidden.any()):
        raise ValueError("hidden hides no patch, so there is nothing to predict")
    return hidden
