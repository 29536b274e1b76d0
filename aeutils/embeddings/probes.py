"""Probes: a simple classifier is trained on the codes. How well does it do on new images?

This is *extrinsic*: the code is judged by a task and not by its own geometry. The classifier must
be weak, so that it is the code that is tested (Alain and Bengio, 2016): a linear one, the nearest
class mean, or a vote of the nearest neighbours. Whatever a probe learns, means and scales included,
it learns from training codes only.

References:
    * G. Alain and Y. Bengio (2016). Understanding intermediate layers using linear classifier
      probes. arXiv:1610.01644.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix
from aeutils.neighbours.exact import (
    CHUNK,
    nearest_neighbours,
    normalise,
    on_float64_device,
    vote_accuracy,
)
from aeutils.testing.sealed import exercise


def linear_probe(
    z_train: Tensor,
    y_train: Tensor,
    z_test: Tensor,
    y_test: Tensor,
    strength: float = 1.0,
    steps: int = 100,
) -> float:
    """Return the test accuracy of logistic regression (scikit-learn's) on the training codes.

    Every column is shifted and scaled to mean 0 and deviation 1 of the training codes first (a
    constant column stays 0). Without this the penalty would punish columns of small numbers.

    Args:
        z_train: codes to learn from, (N, K).
        y_train: their classes, integers (N,).
        z_test: codes to be judged on, (M, K).
        y_test: their classes, integers (M,).
        strength: scikit-learn's C, positive; smaller means a stronger penalty on the weights.
        steps: L-BFGS stops after this many steps, converged or not, so that no run takes long.

    Returns:
        The share of test codes that get their own class, from 0 to 1.

    Raises:
        TypeError: codes are not float tensors, or labels hold no integers.
        ValueError: codes are not finite matrices of one width, or have no label each.
        ValueError: scikit-learn's, where the training codes are of one class, or `strength` or
            `steps` is out of range.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # scikit-learn needs it, so it is there

    z_train, z_test = _checked(z_train, y_train, z_test, y_test)
    mean, spread = z_train.mean(dim=0), z_train.std(dim=0, correction=0)
    scale = torch.where(spread > 1e-12 * z_train.abs().max(), 1 / spread, 0.0)
    train, test = ((z - mean) * scale for z in (z_train, z_test))
    model = LogisticRegression(C=strength, max_iter=steps)
    # One thread: on matrices as narrow as codes several wait for one another and take ten times
    # as long.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # `steps` are enough to compare codes
        model.fit(train.float().cpu().numpy(), y_train.cpu().numpy())
    return float(model.score(test.float().cpu().numpy(), y_test.cpu().numpy()))


@exercise("week06_evaluation")
def prototype_accuracy(z_train: Tensor, y_train: Tensor, z_test: Tensor, y_test: Tensor) -> float:
    """Return the share of test codes whose most similar class mean is their own class's.

    The mean training code is taken from all codes, which then get length 1; a class's prototype is
    the mean of its training codes, and similarity is the cosine. Of equally similar prototypes the
    one of the smaller label wins.

    Args:
        z_train: codes whose labels are known, (N, K).
        y_train: their classes, integers (N,).
        z_test: codes to classify, (M, K).
        y_test: their classes, integers (M,).

    Returns:
        The share of test codes that get their own class, from 0 to 1.

    Raises:
        TypeError: codes are not float tensors, or labels hold no integers.
        ValueError: codes are not finite matrices of one width, or have no label each.
    """
    z_train, z_test = _checked(z_train, y_train, z_test, y_test)
    mean = z_train.mean(dim=0)
    train, test = normalise(z_train - mean), normalise(z_test - mean)
    classes = y_train.unique()
    prototypes = torch.stack([train[y_train == c].mean(dim=0) for c in classes])  # (C, K)
    found = classes[(test @ normalise(prototypes).T).argmax(dim=1)]
    return float((found == y_test).double().mean())


def knn_accuracy(
    z_train: Tensor,
    y_train: Tensor,
    z_test: Tensor,
    y_test: Tensor,
    k: int = 5,
    metric: str = "euclidean",
    chunk: int = CHUNK,
    *,
    leave_one_out: bool = False,
) -> float:
    """Return the share of test codes whose class is the majority among their k nearest neighbours.

    Where classes tie for the majority, the one with the nearest member wins. To
    `aeutils.neighbours.knn.classify`, which returns the votes, this adds the comparison with the
    true classes.

    Args:
        z_train: codes of shape (N, K) whose labels are known.
        y_train: integers of shape (N,).
        z_test: codes of shape (M, K).
        y_test: integers of shape (M,).
        k: number of neighbours, from 1 to N (to N − 1 with `leave_one_out`).
        metric: "euclidean" or "cosine".
        chunk: test codes compared at once; memory is `chunk` × N numbers.
        leave_one_out: test code i *is* training code i, and not counted as its own neighbour. Say
            so wherever codes are judged on themselves: each would find itself, at distance 0.

    Returns:
        A share from 0 to 1.

    Raises:
        TypeError: codes are not float tensors, or labels hold no integers.
        ValueError: codes are not finite matrices of one width, or have no label each.
        ValueError: `k`, `metric` or `chunk` is out of range.
        ValueError: `leave_one_out` is True and `z_test` is not equal to `z_train`.

    Examples:
        >>> z, y = torch.tensor([[0.0], [1.0], [9.0], [10.0]]), torch.tensor([0, 0, 1, 1])
        >>> knn_accuracy(z, y, torch.tensor([[2.0], [8.0]]), torch.tensor([0, 1]), k=1)
        1.0
    """
    check_labels(y_train, len(check_matrix(z_train, "z_train")), "y_train")
    check_labels(y_test, len(check_matrix(z_test, "z_test")), "y_test")
    nearest = nearest_neighbours(z_train, z_test, k, metric, chunk, leave_one_out=leave_one_out)
    return vote_accuracy(nearest, y_train, y_test)


def _checked(
    z_train: Tensor, y_train: Tensor, z_test: Tensor, y_test: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the codes in float64, checked."""
    z_train, z_test = check_matrix(z_train, "z_train"), check_matrix(z_test, "z_test")
    check_labels(y_train, len(z_train), "y_train")
    check_labels(y_test, len(z_test), "y_test")
    if z_train.shape[1] != z_test.shape[1]:
        raise ValueError(
            f"z_train has {z_train.shape[1]} columns and z_test has {z_test.shape[1]}; "
            "both must come from the same encoder"
        )
    return on_float64_device(z_train).double(), on_float64_device(z_test).double()
