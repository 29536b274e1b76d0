"""The class-similarity table: mean cosine within a class and between classes.

The mean over all pairs needs no (N, N) matrix. With codes u_i of length 1, the class sum
S_c = Σ_{i in c} u_i and the total S = Σ_c S_c, a sum of dot products is the dot product of sums::

    same_c = (‖S_c‖² − n_c) / (n_c (n_c − 1))      the n_c self-pairs, each 1, taken out
    diff_c = S_c · (S − S_c) / (n_c (N − n_c))

That is O(N·K) work instead of O(N²·K), exact, and it reads the codes in pieces: 70,000 codes need
no more working memory than 8,192 do.

The table is easily fooled. A common offset of all codes pushes every cosine towards 1 and every
ratio towards 1; `centre=True` takes it away. A `diff` near zero makes a ratio of plain cosines
explode; ``renormalise=True`` keeps both between 0 and 1. Neither says how well neighbours sort:
report `aeutils.embeddings.verification.pair_auc` and `knn_accuracy` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix
from aeutils.neighbours.exact import on_float64_device
from aeutils.testing.sealed import exercise

CHUNK = 8192  # codes read at once


@dataclass(frozen=True, eq=False)
class ClassSimilarity:
    """Mean similarity of each class: to itself (`same`), to the others (`diff`).

    Similarity is (1 + cosine) / 2, or the cosine itself: see `class_similarity`.

    Attributes:
        classes: label of each class, in ascending order, (C,).
        same: mean similarity of two codes of the class, float64 (C,).
        diff: mean similarity of a code of the class and one of another, float64 (C,).
        ratio: same / diff, float64 (C,).
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


@exercise("week06_evaluation")
def class_similarity(
    z: Tensor, labels: Tensor, centre: bool = False, renormalise: bool = True
) -> ClassSimilarity:
    """Return the mean similarity within each class, and between it and the others.

    The similarity of two codes u and v has two definitions here, by their cosine
    u·v / (‖u‖ ‖v‖):

    * ``renormalise=True``, the default: **(1 + cosine) / 2**, between 0 and 1. This is what the
      essay that the course starts from has in its tables ("renormalized to be in range [0, 1]").
      Unrelated codes have 0.5, so next to unrelated classes the ratio is at most 2;
    * ``renormalise=False``: the **cosine itself**, between -1 and 1. Unrelated codes have 0, so the
      ratio explodes, or turns negative, where `diff` is near zero.

    Ratios of the two kinds cannot be compared: say which one it is. With same = 0.2, diff = 0.02 as
    cosines, the ratio is 10, and (1.2 / 2) / (1.02 / 2) = 1.18 renormalised.

    A zero vector has no direction; its cosine with anything counts as 0, as in scikit-learn. So
    does, with `centre`, a code that differs from the mean by no more than rounding.

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,); every class needs at least two members.
        centre: subtract the mean code first. Without it a common offset hides the classes.
        renormalise: (1 + cosine) / 2 if True, the cosine itself if False.

    Returns:
        A `ClassSimilarity`; ``print`` it for a table. A ratio of 1 means no separation.

    Raises:
        TypeError: `z` is not a float tensor, or `labels` holds no integers.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
        ValueError: there are fewer than two classes, or a class has one member.

    Examples:
        >>> z = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
        >>> class_similarity(z, torch.tensor([0, 0, 1, 1])).ratio
        tensor([2., 2.], dtype=torch.float64)
    """
    z = on_float64_device(check_matrix(z, "z"))
    labels = check_labels(labels, len(z)).to(z.device)
    classes, index, counts = check_classes(labels)
    number = torch.arange(len(classes), device=z.device)
    sums = torch.zeros(len(classes), z.shape[1], dtype=torch.float64, device=z.device)
    self_pairs = torch.zeros(len(classes), dtype=torch.float64, device=z.device)
    position = 0
    for units, directed in _unit_pieces(z, centre):
        piece = index[position : position + len(units)]
        position += len(units)
        member = (piece == number[:, None]).double()  # (C, B)
        sums += member @ units  # (C, K)
        self_pairs += member @ directed  # 1 for each member that has a direction
    n = counts.double()
    squares = sums.square().sum(dim=1)  # ‖S_c‖²
    same = (squares - self_pairs) / (n * (n - 1))
    diff = (sums @ sums.sum(dim=0) - squares) / (n * (len(z) - n))
    return _finished(classes, same, diff, renormalise)


@exercise("week06_evaluation")
def class_similarity_by_matrix(
    z: Tensor, labels: Tensor, centre: bool = False, renormalise: bool = True
) -> ClassSimilarity:
    """Return what `class_similarity` returns, by its definition: the (N, N) matrix of cosines.

    Slow, and N² numbers in memory; it is here to be compared with.

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,); every class needs at least two members.
        centre: subtract the mean code first.
        renormalise: (1 + cosine) / 2 if True, the cosine itself if False.

    Returns:
        As `class_similarity`.

    Raises:
        TypeError: `z` is not a float tensor, or `labels` holds no integers.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
        ValueError: there are fewer than two classes, or a class has one member.
    """
    units, labels = unit_codes(z, labels, centre)
    classes, index, _ = check_classes(labels)
    cosine = units @ units.T  # (N, N)
    same, diff = [], []
    for c in range(len(classes)):
        own = index == c
        block = cosine[own][:, own]
        n = len(block)
        same.append((block.sum() - block.diagonal().sum()) / (n * (n - 1)))
        diff.append(cosine[own][:, ~own].mean())
    return _finished(classes, torch.stack(same), torch.stack(diff), renormalise)


def unit_codes(z: Tensor, labels: Tensor, centre: bool) -> tuple[Tensor, Tensor]:
    """Return `z` as unit rows in float64 (zero rows stay zero), and labels on the same device.

    Args:
        z: codes of shape (N, K).
        labels: integers of shape (N,).
        centre: subtract the mean code first.

    Returns:
        Unit codes, float64 (N, K), and the labels (N,).

    Raises:
        TypeError: `z` is not a float tensor, or `labels` holds no integers.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
    """
    z = on_float64_device(check_matrix(z, "z"))
    labels = check_labels(labels, len(z)).to(z.device)
    return torch.cat([units for units, _ in _unit_pieces(z, centre)]), labels


def check_classes(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the classes, and which of them each label is, if there are pairs of both kinds.

    Args:
        labels: integers of shape (N,).

    Returns:
        The C classes in ascending order (C,), the place of each label among them (N,), and the
        number of members of each class (C,).

    Raises:
        ValueError: there are fewer than two classes, or a class has one member.
    """
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


def _unit_pieces(z: Tensor, centre: bool) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (unit rows (B, K), 1 or 0 for rows with or without a direction (B,)), in float64."""
    mean, smallest, pieces = None, 1e-300, z.split(CHUNK)
    if centre:
        total = torch.zeros(z.shape[1], dtype=torch.float64, device=z.device)
        size = 0.0
        for piece in pieces:
            codes = piece.double()
            total += codes.sum(dim=0)
            size = max(size, float(torch.linalg.vector_norm(codes, dim=1).max()))
        # Rows of rounding noise (a collapsed code, centred) have no direction. The mean of float64
        # codes is rounded as well, by up to N steps; that of narrower codes is exact beside theirs.
        rounding = max(1e-12, 4 * torch.finfo(z.dtype).eps)
        mean, smallest = total / len(z), max(rounding * size, smallest)
    for piece in pieces:
        codes = piece.double() if mean is None else piece.double() - mean
        norm = torch.linalg.vector_norm(codes, dim=1)
        directed = (norm > smallest).double()
        yield codes * (directed / norm.clamp_min(smallest))[:, None], directed


def _finished(classes: Tensor, same: Tensor, diff: Tensor, renormalise: bool) -> ClassSimilarity:
    if renormalise:
        same, diff = (1 + same) / 2, (1 + diff) / 2
    return ClassSimilarity(classes, same, diff, same / diff)
