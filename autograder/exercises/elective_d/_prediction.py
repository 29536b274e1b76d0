"""Elective D: the error of predicted features, as a weighted sum, and what mistakes make of it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

OVER = "take the mean over hidden patches and their K numbers"
MESSAGES = {
    "all-patches": "all patches count; only hidden ones are predicted",
    "visible-instead": "the visible patches count instead of the hidden ones",
    "divided-by-all": "the errors of hidden patches were divided by the number of all patches",
    "summed-over-units": f"the K numbers of a patch were added up; {OVER}",
    "summed": f"a sum over everything; {OVER}",
    "image-by-image": "a mean of the images' means: an image that hides few patches counts as much "
    "as one that hides many; each hidden patch of the batch counts the same",
    "patch-by-patch": "a mean of means for each place: each hidden patch of the batch counts the "
    "same",
    "absolute": "absolute errors; take squared ones",
    "root": "a square root was taken; the mean of the squares is asked for",
    "halved": "half of it; there is no ½ in this loss",
    "smooth-l1": "a smooth absolute error (Huber's); take squared errors",
    "cosine": "1 minus the cosine; take squared errors",
    "target-normalised": "the targets were shifted and scaled, patch by patch; take them as they "
    "are",
    "both-normalised": "both were given length 1; take them as they are",
    "mean-first": "the mean was taken before the square, so that errors of both signs cancel",
    "lengths": "the mean length of the difference; its square is asked for, divided by K",
    "used-as-indices": "the booleans were used as the numbers 0 and 1, which are places of images; "
    "booleans alone choose patches",
    "images": "all patches of an image count in which one is hidden",
    "squares-apart": "the difference of the squares; take the square of the difference",
    "target-alone": "the targets alone; subtract them from what is predicted",
    "target-of-others": "hidden patches were compared with the wrong targets",
    "sign": "the sign: a squared error is not below 0",
}


def weights_of(hidden: Tensor, units: int) -> Tensor:
    """Return the weight of each squared difference, (N, P): 1 / (|H| K) where hidden, 0 elsewhere.

    Args:
        hidden: booleans (N, P).
        units: K.
    """
    chosen = hidden.double()
    return chosen / (chosen.sum() * units)


def error(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Return the mean squared error of hidden patches.

    Args:
        predicted: (N, P, K).
        target: (N, P, K).
        hidden: booleans (N, P).
    """
    apart = predicted - target.detach()
    weights = weights_of(hidden, predicted.shape[2]).to(apart.dtype)
    return torch.einsum("npk,npk,np->", apart, apart, weights)


def mistaken(predicted: Tensor, target: Tensor, hidden: Tensor, how: str) -> Tensor:
    """Return what a mistake makes of it.

    Args:
        predicted: float64 (N, P, K).
        target: (N, P, K).
        hidden: booleans (N, P).
        how: the mistake, one of `MESSAGES`.
    """
    apart = predicted - target
    squares, right = apart.square(), error(predicted, target, hidden)
    chosen, k = hidden.double(), predicted.shape[2]
    a, b = predicted[hidden], target[hidden]
    match how:
        case "all-patches":
            return squares.mean()
        case "visible-instead":
            return squares[~hidden].mean()
        case "divided-by-all":
            return squares[hidden].sum() / squares.numel()
        case "summed-over-units":
            return k * right
        case "summed":
            return squares[hidden].sum()
        case "image-by-image":
            sums = (squares.mean(dim=2) * chosen).sum(dim=1)
            return (sums / chosen.sum(dim=1).clamp_min(1)).mean()
        case "patch-by-patch":
            sums = (squares.mean(dim=2) * chosen).sum(dim=0)
            return (sums / chosen.sum(dim=0).clamp_min(1)).mean()
        case "absolute":
            return apart[hidden].abs().mean()
        case "root":
            return right.sqrt()
        case "halved":
            return right / 2
        case "smooth-l1":
            return F.smooth_l1_loss(a, b)
        case "cosine":
            return 1 - F.cosine_similarity(a, b, dim=1).mean()
        case "target-normalised":
            return (a - F.layer_norm(b, (k,))).square().mean()
        case "both-normalised":
            return (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().mean()
        case "mean-first":
            return apart[hidden].mean().square()
        case "lengths":
            return apart[hidden].norm(dim=1).mean()
        case "used-as-indices":
            return squares[hidden.long()].mean()
        case "images":
            return squares[hidden.any(dim=1)].mean()
        case "squares-apart":
            return a.square().mean() - b.square().mean()
        case "target-alone":
            return b.square().mean()
        case "target-of-others":
            return (a - b.flip(0)).square().mean()
        case "sign":
            return -right
    raise ValueError(how)
