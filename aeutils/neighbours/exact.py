"""The nearest codes, and how they vote: exact search, made for tens of thousands of codes.

This is the one search behind `aeutils.neighbours.knn.search` and
`aeutils.embeddings.probes.knn_accuracy`.

References:
    * N. J. Higham (2002). Accuracy and stability of numerical algorithms. SIAM, 2nd edition.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.testing.sealed import exercise

SPARE = 16  # more candidates than neighbours: rounding may confuse the order of those alike
CHUNK = 64  # test codes compared at once: their distances stay in the cache
GROUP = 32  # distances of which the smallest is found first


def nearest_neighbours(
    z_train: Tensor,
    z_test: Tensor,
    k: int = 5,
    metric: str = "euclidean",
    chunk: int = CHUNK,
    *,
    leave_one_out: bool = False,
) -> Tensor:
    """Return the rows of the k training codes nearest to each test code, (M, k), nearest first.

    Exact search: every pair is compared. ‖t‖² − 2 q·t, the squared distance less the ‖q‖² that is
    the same for every t, is one matrix product for `chunk` test codes. Codes in float32 are
    compared in float32, several times faster than in float64; the k + `SPARE` nearest are then put
    in order by ‖q − t‖² in float64. Where the last candidate is so near that rounding may have
    left out a nearer one, the test code is compared with all training codes in float64.

    Other modules call this one; `aeutils.neighbours.knn.search` is the same search for notebooks,
    and `aeutils.embeddings.probes.knn_accuracy` adds the vote and its comparison with labels.

    Args:
        z_train: stored codes (N, K).
        z_test: queries (M, K).
        k: number of neighbours, from 1 to N (to N − 1 with `leave_one_out`).
        metric: "euclidean" or "cosine".
        chunk: test codes compared at once; memory is `chunk` × N numbers.
        leave_one_out: test code i *is* training code i, and not counted as its own neighbour.
            Nothing is guessed: without it, a test code that equals a training code finds it.

    Returns:
        Row numbers of `z_train`, int64 (M, k). Of equally distant codes the earlier row comes
        first, as long as at most `SPARE` tie for the last places.

    Raises:
        TypeError: `z_train` or `z_test` is not a float tensor.
        ValueError: `z_train` or `z_test` is not a finite matrix, or their widths differ.
        ValueError: `k`, `metric` or `chunk` is out of range.
        ValueError: `leave_one_out` is True and `z_test` is not equal to `z_train`.
    """
    z_train, z_test = check_matrix(z_train, "z_train"), check_matrix(z_test, "z_test")
    if z_train.shape[1] != z_test.shape[1]:
        raise ValueError(
            f"z_train has {z_train.shape[1]} columns and z_test has {z_test.shape[1]}; "
            "both must come from the same encoder"
        )
    if metric not in ("euclidean", "cosine"):
        raise ValueError(f"metric must be 'euclidean' or 'cosine', got {metric!r}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1 test code, got {chunk}")
    z_train = on_float64_device(z_train)
    z_test = z_test.detach().to(z_train.device)
    if leave_one_out and not (z_train.shape == z_test.shape and torch.equal(z_train, z_test)):
        raise ValueError(
            f"leave_one_out takes the same codes twice, got {len(z_train)} training codes and "
            f"{len(z_test)} test codes that are not equal; give the training codes as both, or "
            "leave it False for other queries"
        )
    most = len(z_train) - leave_one_out
    if not 1 <= k <= most:
        raise ValueError(
            f"k must be between 1 and {most} (the training codes to choose from), got {k}"
        )

    own = torch.arange(len(z_test), device=z_test.device) if leave_one_out else None
    if torch.float64 not in (z_train.dtype, z_test.dtype):
        nearest, sure = _search(z_train.float(), z_test.float(), k, metric, chunk, own)
        if sure.all():
            return nearest
        own = None if own is None else own[~sure]
        again, _ = _search(z_train.double(), z_test[~sure].double(), k, metric, chunk, own)
        nearest[~sure] = again
        return nearest
    return _search(z_train.double(), z_test.double(), k, metric, chunk, own)[0]


def _search(
    z_train: Tensor, z_test: Tensor, k: int, metric: str, chunk: int, own: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the nearest rows (M, k), and for each test code whether they surely are (M,).

    `own`: row of the training codes that each test code is, not to be counted; None if it is none.
    """
    train, test = _for_search(z_train, z_test, metric)
    # A zero vector has cosine 0 with everything, so under "cosine" it counts as a unit vector too.
    square = train.square().sum(dim=1) if metric == "euclidean" else torch.ones_like(train[:, 0])
    size = train.norm(dim=1).max()
    nearest, sure = [], []
    room = train.new_empty(min(chunk, len(test)), len(train))  # used again and again: no new pages
    for start in range(0, len(test), chunk):
        rows = test[start : start + chunk]
        distance = torch.addmm(square, rows, train.T, alpha=-2, out=room[: len(rows)])  # (chunk, N)
        if own is not None:
            every = torch.arange(len(rows), device=rows.device)
            distance[every, own[start : start + chunk]] = torch.inf
        found, candidates = smallest(distance, min(k + SPARE, len(train)))
        # Sums of K products round by at most about K · eps of the largest (Higham 2002, eq. 3.5).
        rounding = (train.shape[1] + 3) * torch.finfo(train.dtype).eps
        error = rounding * size * (size + 2 * rows.norm(dim=1))
        gaps = found[:, 1 : k + 1] - found[:, : min(k, found.shape[1] - 1)]
        doubtful = (~(gaps > 2 * error[:, None])).any(dim=1).nonzero().flatten()
        best = candidates[:, :k].clone()
        itself = found[doubtful].isinf()
        best[doubtful] = _in_exact_order(
            candidates[doubtful], itself, z_train, z_test[start + doubtful], k, metric
        )
        nearest.append(best)
        everyone = found.shape[1] == len(train)
        sure.append((found[:, -1] - found[:, k - 1] > 2 * error) | everyone)
    return torch.cat(nearest), torch.cat(sure)


def smallest(distance: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k smallest numbers of each row of `distance` (M, N), in order, and their columns.

    The columns are dealt into groups of `GROUP`. A row's k smallest numbers lie in the k groups
    whose own smallest numbers are smallest: any other group has k numbers before its first. Finding
    these minima is one cheap pass; only k · `GROUP` numbers are then put in order. Several times
    faster than ``distance.topk`` for long rows. Where numbers tie, it is not said which come first.

    Args:
        distance: numbers (M, N); infinity is allowed.
        k: how many to return of each row, from 1 to N.

    Returns:
        The numbers (M, k), the smallest first, and their columns, int64 (M, k).
    """
    n = distance.shape[1]
    groups = n // GROUP
    if groups < 4 * k:
        return distance.topk(k, largest=False)
    dealt = distance[:, : groups * GROUP].unflatten(1, (GROUP, groups))  # (M, GROUP, groups)
    chosen = dealt.amin(dim=1).topk(k, largest=False, sorted=False).indices  # (M, k)
    step = torch.arange(0, groups * GROUP, groups, device=distance.device)
    columns = (chosen[:, :, None] + step).flatten(1)  # (M, k · GROUP)
    rest = torch.arange(groups * GROUP, n, device=distance.device).expand(len(distance), -1)
    columns = torch.cat([columns, rest], dim=1)
    best = distance.gather(1, columns).topk(k, largest=False)
    return best.values, columns.gather(1, best.indices)


def vote_accuracy(nearest: Tensor, y_train: Tensor, y_test: Tensor) -> float:
    """Return the share of test codes whose class is the majority among their neighbours.

    Where classes tie for the majority, the one with the nearest member wins. With other labels the
    neighbours stay the same.

    Args:
        nearest: rows of training codes, (M, k), as `nearest_neighbours` returns.
        y_train: integers, one for each training code.
        y_test: integers of shape (M,).

    Returns:
        A share from 0 to 1.
    """
    votes = y_train.to(nearest.device)[nearest]  # (M, k)
    return float((majority(votes) == y_test.to(nearest.device)).double().mean())


def _for_search(z_train: Tensor, z_test: Tensor, metric: str) -> tuple[Tensor, Tensor]:
    """Return codes whose order of squared distances is that of the metric, with small numbers."""
    if metric == "cosine":  # ‖u − v‖² = 2 − 2 cos(u, v)
        return normalise(z_train.double()).to(z_train.dtype), normalise(z_test.double()).to(
            z_test.dtype
        )
    # Shifting and scaling keeps the order; small numbers neither lose digits nor overflow.
    mean = z_train.mean(dim=0, dtype=torch.float64).to(z_train.dtype)
    train, test = z_train - mean, z_test - mean
    size = max(float(train.abs().max()), float(test.abs().max())) or 1.0
    return train / size, test / size


def _in_exact_order(
    candidates: Tensor, itself: Tensor, z_train: Tensor, z: Tensor, k: int, metric: str
) -> Tensor:
    """Return the k nearest (M, k) of candidates (M, C) for codes (M, K), compared in float64.

    Of candidates that tie, the earlier row comes first; where `itself` is true, last of all.
    """
    candidates, order = candidates.sort(dim=1)
    distance = z_train[candidates].double()  # (M, C, K)
    if metric == "cosine":
        distance = -(normalise(distance) * normalise(z.double())[:, None]).sum(dim=2)
    else:
        distance = distance.sub_(z.double()[:, None]).square_().sum(dim=2)
    distance[itself.gather(1, order)] = torch.inf
    return candidates.gather(1, distance.argsort(dim=1, stable=True)[:, :k])


@exercise("week07_siamese")
def majority(votes: Tensor) -> Tensor:
    """Return the commonest label of each row, (M,); a tie goes to the leftmost.

    Args:
        votes: integers (M, k) of any value.

    Returns:
        One label for each row, (M,), of the dtype of `votes`.
    """
    agreeing = (votes[:, :, None] == votes[:, None, :]).sum(dim=2)  # (M, k) votes for each label
    position = torch.arange(votes.shape[1], 0, -1, device=votes.device)
    best = (agreeing * (votes.shape[1] + 1) + position).argmax(dim=1, keepdim=True)
    return votes.gather(1, best).squeeze(1)


def normalise(codes: Tensor) -> Tensor:
    """Return the codes scaled to length 1; zero codes stay zero.

    Args:
        codes: float64 of shape (..., K).

    Returns:
        Unit codes, float64 of shape (..., K).
    """
    norm = codes.norm(dim=-1, keepdim=True)
    return torch.where(norm > 0, codes / norm.clamp_min(1e-300), 0.0)


def on_float64_device(z: Tensor) -> Tensor:
    """Return `z` without gradients, on a device that has float64 (Apple's mps has not: the CPU).

    Args:
        z: a tensor of any shape.

    Returns:
        The same numbers, in the same dtype.
    """
    z = z.detach()
    return z.cpu() if z.device.type == "mps" else z
