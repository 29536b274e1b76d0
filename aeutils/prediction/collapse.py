"""Signs of collapse: features that do not vary, or vary in few directions.

A network that says the same of every image predicts itself without an error, so the loss does not
show it. These two numbers do.

>>> import torch
>>> features = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
>>> spread(features), effective_rank(features)
(tensor(0.7071), tensor(2.))

References:
    * O. Roy and M. Vetterli (2007). The effective rank: a measure of effective dimensionality.
      EUSIPCO.
    * Q. Garrido, R. Balestriero, L. Najman and Y. LeCun (2023). RankMe: assessing the downstream
      performance of pretrained self-supervised representations by their rank. ICML.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.neighbours.exact import on_float64_device
from aeutils.testing.sealed import exercise


@exercise("elective_d_prediction")
def spread(features: Tensor) -> Tensor:
    """Return how far features vary: the mean of their standard deviations.

    Args:
        features: one row per image, floats (N, K).

    Returns:
        A scalar in units of the features: the standard deviation (divisor N) of each column,
        averaged over columns. 0 if every image has the same features.

    Raises:
        TypeError: `features` is not a tensor of floats.
        ValueError: `features` is no finite matrix.
    """
    return check_matrix(features, "features").std(dim=0, correction=0).mean()


@exercise("elective_d_prediction")
def effective_rank(features: Tensor) -> Tensor:
    """Return in how many directions features vary, as a number that need not be whole.

    The singular values of the centred features, divided by their sum, are taken for probabilities;
    the effective rank is exp of their entropy. It does not depend on the scale of the features.

    Args:
        features: one row per image, floats (N, K).

    Returns:
        A scalar: r for features that vary equally in r directions, which is at most the smaller of
        N − 1 and K; 0 for features that do not vary. Computed in float64.

    Raises:
        TypeError: `features` is not a tensor of floats.
        ValueError: `features` is no finite matrix.
    """
    rows = on_float64_device(check_matrix(features, "features")).double()
    rows = rows - rows[:1]  # equal rows become exactly 0, which the mean alone would miss by a hair
    values = torch.linalg.svdvals(rows - rows.mean(dim=0))
    total = values.sum()
    if total == 0:
        return features.new_zeros(())
    return torch.special.entr(values / total).sum().exp().to(features)
