"""Does a code keep images of one class together? Three measures, none of them enough alone.

* `class_similarity`: mean similarity within a class and between classes. Easy to fool: a common
  offset of all codes pushes every cosine towards 1, so report it with ``centre=True`` as well.
* `pair_auc`: how often a same-class pair is closer than a different-class pair. Looks at order
  only, so the scale of the cosines does not matter.
* `knn_accuracy`: does the class of the nearest neighbours tell the class of an image?

Report them together, next to raw pixels, PCA, an untrained encoder and shuffled labels
(`aeutils.passport.baselines`). All sums are in float64, on the device of the codes; only the search
for neighbours compares float32 codes in float32 first (see `aeutils._neighbours`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils._neighbours import nearest_neighbours, normalise, vote_accuracy, with_double
from aeutils._validate import check_labels, check_matrix


@dataclass(frozen=True, eq=False)
class ClassSimilarity:
    """Mean similarity of each class: to itself (`same`), to the others (`diff`).

    Similarity is (1 + cosine) / 2, or the cosine itself: see `class_similarity`.
    `classes` is an int64 tensor (C,); `same`, `diff` and `ratio` = same / diff are float64 (C,).
    """

    classes: Tensor
    same: Tensor
    diff: Tensor
    ratio: Tensor

    @property
    def mean_ratio(self) -> float:
        """The mean of `ratio` over the classes: the one number that the passport keeps."""
        return float(self.ratio.mean())

    def __str__(self) -> str:
        lines = ["class   same class   diff class   ratio (same / diff)"]
        columns = (self.classes.tolist(), self.same.tolist(), self.diff.tolist())
        for c, same, diff, ratio in zip(*columns, self.ratio.tolist(), strict=True):
            lines.append(f"{c:>5}   {same:>10.3f}   {diff:>10.3f}   {ratio:>19.3f}")
        lines.append(
            f" mean   {self.same.mean():>10.3f}   {self.diff.mean():>10.3f}"
            f"   {self.mean_ratio:>19.3f}"
        )
        return "\n".join(lines)

    __repr__ = __str__


def class_similarity(
    z: Tensor, labels: Tensor, centre: bool = False, renormalise: bool = True
) -> ClassSimilarity:
    """Return the mean similarity within each class, and between it and the others.

    The similarity of two codes has two definitions here, with u·v / (‖u‖ ‖v‖) for their cosine:

    * ``renormalise=True``, the default: **(1 + cosine) / 2**, between 0 and 1. This is what the
      essay that the course starts from has in its tables ("renormalized to be in range [0, 1]").
      Unrelated codes have 0.5, so next to unrelated classes the ratio is at most 2;
    * ``renormalise=False``: the **cosine itself**, between -1 and 1. Unrelated codes have 0, so the
      ratio explodes, or turns negative, where `diff` is near zero.

    Ratios of the two kinds cannot be compared: say which one it is. With same = 0.2, diff = 0.02 as
    cosines, the ratio is 10, and (1.2 / 2) / (1.02 / 2) = 1.18 renormalised.

    With unit vectors u_i, the class sum S_c and the total sum S, the mean over all pairs needs no
    (N, N) matrix, because a sum of dot products is the dot product of sums::

        same_c = (‖S_c‖² − Σ‖u_i‖²) / (n_c (n_c − 1))      self-pairs taken out
        diff_c = S_c · (S − S_c)    / (n_c (N − n_c))

    which costs O(N·K) instead of O(N²·K).

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,); every class needs at least two members.
        centre: subtract the mean code first. Without it a common offset hides the classes.
        renormalise: (1 + cosine) / 2 if True, the cosine itself if False.

    Returns:
        A `ClassSimilarity`; ``print`` it for a table. A ratio of 1 means no separation.

    Raises:
        ValueError: for fewer than two classes, or a class with one member.

    A zero vector has no direction; its cosine with anything counts as 0, as in scikit-learn.

    Example:
        >>> z = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
        >>> class_similarity(z, torch.tensor([0, 0, 1, 1])).ratio
        tensor([2., 2.], dtype=torch.float64)
    """
    units, labels = _unit_rows(z, labels, centre)
    classes, index, counts = _classes(labels)
    one_hot = torch.nn.functional.one_hot(index, len(classes)).to(units.dtype)  # (N, C)
    sums = one_hot.T @ units  # (C, K)
    self_pairs = one_hot.T @ units.square().sum(dim=1)  # (C,): 1 per member, 0 for a zero vector
    n = counts.to(units.dtype)
    same = (sums.square().sum(dim=1) - self_pairs) / (n * (n - 1))
    diff = (sums * (sums.sum(dim=0) - sums)).sum(dim=1) / (n * (len(units) - n))
    if renormalise:
        same, diff = (1 + same) / 2, (1 + diff) / 2
    return ClassSimilarity(classes, same, diff, same / diff)


def pair_auc(
    z: Tensor, labels: Tensor, sample: int = 2000, seed: int = 0, centre: bool = False
) -> float:
    """Return the probability that a same-class pair is closer than a different-class pair.

    Closeness is the cosine; a tie counts one half. This is the area under the ROC curve of "same
    class?" predicted from the cosine (Hanley & McNeil 1982): 0.5 is chance, 1 is perfect.

    Exact over all N(N − 1)/2 pairs for N <= `sample`. For more codes it is exact over the pairs of
    a random `sample` of them, drawn from `seed` (2,000 codes make two million pairs).

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,).
        sample: the largest number of codes whose pairs are all compared.
        seed: seed of the draw.
        centre: subtract the mean code first.

    Raises:
        ValueError: for fewer than two classes, a class with one member, or `sample` below 2.
    """
    if sample < 2:
        raise ValueError(f"sample must be at least 2 codes to make a pair, got {sample}")
    units, labels = _unit_rows(z, labels, centre)
    _classes(labels)
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
    same, diff = cosine[same_class], cosine[~same_class].sort().values
    below = torch.searchsorted(diff, same, right=False)  # different-class pairs less similar
    below_or_tied = torch.searchsorted(diff, same, right=True)
    return float((below + below_or_tied).double().mean() / (2 * len(diff)))


def knn_accuracy(
    z_train: Tensor,
    y_train: Tensor,
    z_test: Tensor,
    y_test: Tensor,
    k: int = 5,
    metric: str = "euclidean",
    chunk: int = 250,
) -> float:
    """Return the share of test codes whose class is the majority among their k nearest neighbours.

    Where classes tie for the majority, the one with the nearest member wins. When `z_test` equals
    `z_train`, row i is never counted as a neighbour of itself (leave-one-out).

    Args:
        z_train: codes of shape (N, K) whose labels are known.
        y_train: integers of shape (N,).
        z_test: codes of shape (M, K).
        y_test: integers of shape (M,).
        k: number of neighbours, at most N (N − 1 when the test set is the training set).
        metric: "euclidean" or "cosine".
        chunk: test codes compared at once; memory is `chunk` × N numbers.

    Example:
        >>> z, y = torch.tensor([[0.0], [1.0], [9.0], [10.0]]), torch.tensor([0, 0, 1, 1])
        >>> knn_accuracy(z, y, torch.tensor([[2.0], [8.0]]), torch.tensor([0, 1]), k=1)
        1.0
    """
    check_labels(y_train, len(check_matrix(z_train, "z_train")), "y_train")
    check_labels(y_test, len(check_matrix(z_test, "z_test")), "y_test")
    return vote_accuracy(nearest_neighbours(z_train, z_test, k, metric, chunk), y_train, y_test)


def _classes(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return (classes (C,), class index of each label (N,), counts (C,)), C >= 2, counts >= 2."""
    classes, index, counts = labels.unique(return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"labels hold one class only ({int(classes[0])}); comparing same-class with "
            "different-class pairs needs at least two classes"
        )
    if int(counts.min()) < 2:
        lonely = classes[counts < 2].tolist()
        raise ValueError(
            f"class {', '.join(map(str, lonely))} has one member, so no same-class pair; "
            "use more images, or leave that class out"
        )
    return classes, index, counts


def _unit_rows(z: Tensor, labels: Tensor, centre: bool) -> tuple[Tensor, Tensor]:
    """Return `z` as unit rows in float64 (zero rows stay zero), and labels on the same device."""
    z = check_matrix(z, "z")
    labels = check_labels(labels, len(z))
    codes = with_double(z).double()
    size = codes.norm(dim=1).max()
    if centre:
        codes = codes - codes.mean(dim=0)
    # Rows of rounding noise (a collapsed code, centred) have no direction: they count as zero.
    codes = torch.where(codes.norm(dim=1, keepdim=True) > 1e-12 * size, codes, 0.0)
    return normalise(codes), labels.to(codes.device)
