"""Same class or not? How often the codes of a same-class pair are closer than those of another.

Looks at order only, so the scale of the cosines does not matter. Report it next to raw pixels, PCA,
an untrained encoder and shuffled labels (`aeutils.embeddings.passport.baselines`).

References:
    * H. B. Mann and D. R. Whitney (1947). On a test of whether one of two random variables is
      stochastically larger than the other. Annals of Mathematical Statistics 18(1), 50–60.
    * J. A. Hanley and B. J. McNeil (1982). The meaning and use of the area under a receiver
      operating characteristic curve. Radiology 143(1), 29–36.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_float_tensor
from aeutils.embeddings.similarity import check_classes, unit_codes
from aeutils.testing.sealed import exercise


@exercise("week06_evaluation")
def auc(same: Tensor, diff: Tensor) -> float:
    """Return the probability that a random number of `same` is larger than one of `diff`.

    A tie counts one half. This is the area under the ROC curve (Hanley and McNeil, 1982) and the
    statistic of Mann and Whitney (1947) divided by the number of pairs; counted with one sort.

    Args:
        same: similarities of same-class pairs, shape (S,).
        diff: similarities of different-class pairs, shape (D,).

    Returns:
        A probability: 0.5 is chance, 1 is perfect.

    Raises:
        TypeError: `same` or `diff` is not a float tensor.
        ValueError: `same` or `diff` is empty, not of one axis, or not finite.
    """
    for name, values in (("same", same), ("diff", diff)):
        if check_float_tensor(values, name).ndim != 1 or len(values) == 0:
            raise ValueError(f"{name} must be one or more numbers, shape (S,), got {values.shape}")
    diff = diff.sort().values
    below = torch.searchsorted(diff, same.contiguous(), right=False)  # how many are smaller
    below_or_tied = torch.searchsorted(diff, same.contiguous(), right=True)
    return float((below + below_or_tied).double().mean() / (2 * len(diff)))


def pair_auc(
    z: Tensor, labels: Tensor, sample: int = 2000, seed: int = 0, centre: bool = False
) -> float:
    """Return the probability that a same-class pair is closer than a different-class pair.

    Closeness is the cosine; a tie counts one half. This is the area under the ROC curve of "same
    class?" predicted from the cosine (Hanley and McNeil, 1982).

    Exact over all N(N − 1)/2 pairs for N <= `sample`. For more codes it is exact over the pairs of
    a random `sample` of them, drawn from `seed` (2,000 codes make two million pairs).

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,).
        sample: the largest number of codes whose pairs are all compared.
        seed: seed of the draw.
        centre: subtract the mean code first.

    Returns:
        A probability: 0.5 is chance, 1 is perfect.

    Raises:
        TypeError: `z` is not a float tensor, or `labels` holds no integers.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
        ValueError: there are fewer than two classes, or a class has one member.
        ValueError: `sample` is below 2, or the codes drawn hold no pair of both kinds.
    """
    if sample < 2:
        raise ValueError(f"sample must be at least 2 codes to make a pair, got {sample}")
    units, labels = unit_codes(z, labels, centre)
    check_classes(labels)
    if len(units) > sample:
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randperm(len(units), generator=generator)[:sample].to(units.device)
        units, labels = units[chosen], labels[chosen]
        if len(labels.unique()) in (1, len(labels)):
            raise ValueError(f"{sample} codes hold no pair of both kinds; raise `sample`")
    row, column = torch.triu_indices(len(units), len(units), offset=1, device=units.device)
    # Twelve decimals: codes that are equal must tie, whatever the rounding of the product.
    cosine = (units @ units.T)[row, column].round(decimals=12)
    same_class = labels[row] == labels[column]
    return auc(cosine[same_class], cosine[~same_class])
