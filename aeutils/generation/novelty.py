"""How new a sample is: its distance to the nearest training image. A copy has 0."""

from __future__ import annotations

from torch import Tensor

from aeutils.anomalies.baselines import check_rows
from aeutils.neighbours.exact import nearest_neighbours
from aeutils.testing.sealed import exercise


@exercise("elective_c_generating")
def nearest_distances(samples: Tensor, train: Tensor) -> Tensor:
    """Return the Euclidean distance of each sample to the training image that is nearest to it.

    A distance of raw pixels: a training image moved by one pixel is already far away. Samples are
    searched a few at a time, so memory grows as N + M, not as N · M.

    Args:
        samples: floats (N, D).
        train: training images, (M, D), M >= 1.

    Returns:
        (N,), 0 for a copy.

    Raises:
        TypeError: `samples` or `train` is not a tensor of floats.
        ValueError: one of them is no finite matrix, or they have other numbers of columns.
    """
    check_rows(samples, train, ("samples", "train"))
    # The search finds the row exactly; its distance is then one difference a sample.
    nearest = nearest_neighbours(train, samples, k=1).squeeze(1).to(train.device)
    return (samples - train[nearest]).norm(dim=1)
