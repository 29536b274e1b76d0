"""Does a code keep images of one class together? Three measures, none of them enough alone.

* `class_similarity`: mean cosine within a class and between classes. Easy to fool: a common offset
  of all codes pushes every cosine towards 1, so report it with ``centre=True`` as well.
* `pair_auc`: how often a same-class pair is closer than a different-class pair. Looks at order
  only, so the scale of the cosines does not matter.
* `knn_accuracy`: does the class of the nearest neighbours tell the class of an image?

Report them together, next to raw pixels, PCA, an untrained encoder and shuffled labels
(`aeutils.passport.baselines`). All sums are in float64, on the device of the codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils._validate import check_labels, check_matrix


@dataclass(frozen=True, eq=False)
class ClassSimilarity:
    """Mean cosine similarity of each class: to itself (`same`), to the others (`diff`).

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
    """Return the mean cosine similarity within each class and between it and the others.

    With unit vectors u_i, the class sum S_c and the total sum S, the mean over all pairs needs no
    (N, N) matrix, because a sum of dot products is the dot product of sums::

        same_c = (‖S_c‖² − Σ‖u_i‖²) / (n_c (n_c − 1))      self-pairs taken out
        diff_c = S_c · (S − S_c)    / (n_c (N − n_c))

    which costs O(N·K) instead of O(N²·K).

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,); every class needs at least two members.
        centre: subtract the mean code first. Without it a common offset hides the classes.
        renormalise: map each cosine from [-1, 1] to [0, 1] by (1 + cos) / 2. With False the
            ratio is one of raw cosines: it explodes, or turns negative, where `diff` is near zero.

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

    Exact search. Where classes tie for the majority, the one with the nearest member wins. When
    `z_test` equals `z_train`, row i is never counted as a neighbour of itself (leave-one-out).

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
    z_train, z_test = check_matrix(z_train, "z_train"), check_matrix(z_test, "z_test")
    y_train = check_labels(y_train, len(z_train), "y_train").to(z_train.device)
    y_test = check_labels(y_test, len(z_test), "y_test").to(z_train.device)
    if z_train.shape[1] != z_test.shape[1]:
        raise ValueError(
            f"z_train has {z_train.shape[1]} columns and z_test has {z_test.shape[1]}; "
            "both must come from the same encoder"
        )
    if metric not in ("euclidean", "cosine"):
        raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1 test code, got {chunk}")
    z_test = z_test.to(z_train.device)
    leave_one_out = z_train.shape == z_test.shape and torch.equal(z_train, z_test)
    most = len(z_train) - leave_one_out
    if not 1 <= k <= most:
        raise ValueError(
            f"k must be between 1 and {most} (the training codes to choose from), got {k}"
        )

    train, test = _double(z_train), _double(z_test)
    if metric == "cosine":  # ‖u − v‖² = 2 − 2 cos(u, v): the same order as the cosine
        train, test = _normalise(train), _normalise(test)
    else:  # distances do not change; smaller numbers lose fewer digits in the subtraction below
        mean = train.mean(dim=0)
        train, test = train - mean, test - mean
    y_train, y_test = y_train.to(train.device), y_test.to(train.device)
    # A zero vector has cosine 0 with everything, so under "cosine" it counts as a unit vector too.
    square = train.square().sum(dim=1) if metric == "euclidean" else torch.ones_like(train[:, 0])
    right = 0
    for start in range(0, len(test), chunk):
        rows = test[start : start + chunk]
        # ‖t‖² − 2 q·t is the squared distance less ‖q‖², which is the same for every t.
        distance = torch.addmm(square, rows, train.T, alpha=-2)  # (chunk, N)
        if leave_one_out:
            own = torch.arange(len(rows), device=rows.device)
            distance[own, start + own] = torch.inf
        nearest = distance.topk(k, largest=False, sorted=True).indices  # (chunk, k), nearest first
        predicted = _majority(y_train[nearest])
        right += int((predicted == y_test[start : start + chunk]).sum())
    return right / len(test)


def _majority(votes: Tensor) -> Tensor:
    """Return (M,) the commonest label of each row of `votes` (M, k); a tie goes to the leftmost."""
    agreeing = (votes[:, :, None] == votes[:, None, :]).sum(dim=2)  # (M, k) votes for each label
    position = torch.arange(votes.shape[1], 0, -1, device=votes.device)
    best = (agreeing * (votes.shape[1] + 1) + position).argmax(dim=1, keepdim=True)
    return votes.gather(1, best).squeeze(1)


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
    codes = _double(z)
    size = codes.norm(dim=1).max()
    if centre:
        codes = codes - codes.mean(dim=0)
    # Rows of rounding noise (a collapsed code, centred) have no direction: they count as zero.
    codes = torch.where(codes.norm(dim=1, keepdim=True) > 1e-12 * size, codes, 0.0)
    return _normalise(codes), labels.to(codes.device)


def _normalise(codes: Tensor) -> Tensor:
    norm = codes.norm(dim=1, keepdim=True)
    return torch.where(norm > 0, codes / norm.clamp_min(1e-300), 0.0)


def _double(z: Tensor) -> Tensor:
    """Return `z` in float64, detached; on the CPU if its device (Apple's mps) has no float64."""
    z = z.detach()
    return (z.cpu() if z.device.type == "mps" else z).double()
