"""Two classifiers on the same images: only the images on which they differ tell them apart.

Both accuracies have a standard error of √(a (1 − a) / n), but their *difference* has a smaller one,
because most images are easy for both or hard for both. McNemar's test (1947) counts the images that
only one of the two has right: b and c. If the two are equally good, each such image is a toss of a
coin.

>>> import torch
>>> a = torch.tensor([True] * 95 + [False] * 5)
>>> b = torch.tensor([True] * 90 + [False] * 10)
>>> mcnemar(a, b)
Paired(only_first=5, only_second=0, n=100, p=0.0625)

References:
    * McNemar (1947), Note on the sampling error of the difference between correlated proportions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from aeutils._internal.validate import describe


@dataclass(frozen=True)
class Paired:
    """How two classifiers differ on the same images.

    Attributes:
        only_first: images that only the first has right.
        only_second: images that only the second has right.
        n: all images.
        p: how often a fair coin would be at least as uneven, two-sided and exact.
    """

    only_first: int
    only_second: int
    n: int
    p: float

    @property
    def difference(self) -> float:
        """Accuracy of the first minus that of the second, from −1 to 1."""
        return (self.only_first - self.only_second) / self.n

    @property
    def standard_error(self) -> float:
        """Standard error of the difference."""
        apart = self.only_first + self.only_second
        return math.sqrt(max(apart - self.n * self.difference**2, 0.0)) / self.n


def mcnemar(first: Tensor, second: Tensor) -> Paired:
    """Compare two classifiers on the same images by McNemar's exact test.

    Args:
        first: whether the first is right, booleans (N,).
        second: whether the second is right, booleans (N,), the same images in the same order.

    Returns:
        The images that only one of them has right, and the p-value.

    Raises:
        ValueError: the two are not booleans of one shape (N,).
    """
    if first.dtype != second.dtype or str(first.dtype) != "torch.bool":
        raise ValueError(
            f"give booleans, right or wrong; got {describe(first)} and {describe(second)}"
        )
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            "give one boolean for each image, the same images for both; got "
            f"{describe(first)} and {describe(second)}"
        )
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1))
    return Paired(b, c, len(first), min(1.0, 2 * tail / 2 ** (b + c)))
