"""Penalties on weights and on the mean activity of the code.

A penalty is added to the reconstruction loss with a weight λ that must be chosen on held-out data:

    loss = losses.mse(model(x), x) + λ · penalty

=====================  ==========================  ============================================
penalty                of                          what becomes small
=====================  ==========================  ============================================
`l2`                   the weights                 the slopes of every layer
`l1`                   the weights                 *weights*, many of them to (nearly) 0
`kl_sparsity`          the code, over a batch      the share of images for which a unit is on
=====================  ==========================  ============================================

L1 on the weights does not make the *code* sparse: a unit that looks at few pixels may still be on
for every image. For a sparse code, penalise the code. The contractive penalty, of the encoder's
slope at each image, is in `aeutils.losses.contractive`.

Biases are left out: they set where a unit switches, not how steeply, and pulling them to 0 would
pull a unit's mean activity to 1/2.

>>> model = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Linear(2, 4))
>>> bool(l2(model) == model[0].weight.square().sum() + model[1].weight.square().sum())
True

References:
    * Krogh and Hertz (1992), A simple weight decay can improve generalization.
    * Tibshirani (1996), Regression shrinkage and selection via the lasso (L1).
    * Lee, Ekanadham and Ng (2008), Sparse deep belief net model for visual area V2 (mean
      activation).
    * Ng (2011), Sparse autoencoder, CS294A lecture notes (the KL form, p. 14).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_matrix, describe
from aeutils.testing.sealed import exercise

SMALLEST = 1e-6  # mean activations are kept this far from 0 and from 1


@exercise("week05_contractive")
def weight_penalty(model: nn.Module, power: int) -> Tensor:
    """Return Σ |w|^power over all weights of `model`, without biases.

    A weight is an entry of a parameter with two or more dimensions: matrices of linear layers,
    kernels of convolutions. Biases, and scales of normalisation layers, have one dimension. A
    matrix that is used twice (tied weights) counts once.

    Args:
        model: a module with at least one weight.
        power: 1 (L1, the lasso) or 2 (L2, weight decay).

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: `power` is neither 1 nor 2, or the model has no weights.
    """
    if power not in (1, 2):
        raise ValueError(f"power must be 1 (L1) or 2 (L2), got {describe(power)}")
    weights = [w for w in model.parameters() if w.ndim >= 2]
    if not weights:
        raise ValueError(f"{type(model).__name__} has no parameter with two or more dimensions")
    first, *others = (w.abs().sum() if power == 1 else w.square().sum() for w in weights)
    return sum(others, start=first)


def l1(model: nn.Module) -> Tensor:
    """Return Σ |w| over all weights, without biases (Tibshirani, 1996).

    Args:
        model: a module with at least one weight (see `weight_penalty`).

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: the model has no weights.
    """
    return weight_penalty(model, 1)


def l2(model: nn.Module) -> Tensor:
    """Return Σ w² over all weights, without biases (Krogh and Hertz, 1992).

    With plain gradient descent λ Σ w² shrinks each weight by the factor 1 − 2 η λ in every step:
    weight decay. With Adam the two differ, because Adam divides the penalty's gradient by the size
    of recent gradients; AdamW's `weight_decay` (Loshchilov and Hutter, 2019) does not.

    Args:
        model: a module with at least one weight (see `weight_penalty`).

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: the model has no weights.
    """
    return weight_penalty(model, 2)


@exercise("week05_contractive")
def kl_sparsity(h: Tensor, target: float) -> Tensor:
    """Return Σ_j KL(ρ ‖ ρ̂_j), how far the units' mean activities are from a low target.

    ρ̂_j = (1/N) Σ_i h_ij is the mean of unit j *over the images of the batch*, and
    KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂))       (Ng, 2011).
    It is 0 only at ρ̂ = ρ and grows without limit towards 0 and towards 1, so that no unit dies and
    none stays on. Near the target it is (ρ̂ − ρ)² / (2 ρ (1 − ρ)).

    Means are clamped to [1e-6, 1 − 1e-6], so that the penalty is always finite. The mean of a small
    batch is a poor estimate of the mean over all images.

    Args:
        h: activations in [0, 1], as after a sigmoid, (N, K).
        target: mean activity ρ to aim at, in (0, 1).

    Returns:
        A scalar, in nats.

    Raises:
        TypeError: `h` is not a tensor of floats.
        ValueError: `h` is not of shape (N, K), or an activation lies outside [0, 1].
        ValueError: `target` lies outside (0, 1).
    """
    check_matrix(h, "h")
    if not 0 < target < 1:
        raise ValueError(f"target must lie between 0 and 1, got {target}; 0.05 is usual")
    low, high = float(h.detach().min()), float(h.detach().max())
    if low < 0 or high > 1:
        raise ValueError(
            f"h must lie in [0, 1], got values from {low:g} to {high:g}; apply a sigmoid first, or "
            "rescale a tanh with (1 + h) / 2"
        )
    mean = h.mean(dim=0).clamp(SMALLEST, 1 - SMALLEST)  # (N, K) -> (K,)
    rho = torch.as_tensor(target, dtype=h.dtype, device=h.device)
    on = rho * (rho / mean).log()
    off = (1 - rho) * ((1 - rho) / (1 - mean)).log()
    return (on + off).sum()


def activity(h: Tensor, threshold: float = 0.1) -> dict[str, float]:
    """Return how sparse a code in [0, 1] is: its mean, and the share of entries above `threshold`.

    Two further numbers tell *how* it is sparse: "dead", the share of units that reach no more than
    the threshold for any image, and "always on", the share of units above it for every image. A
    code with many dead units is not sparse but narrow.

    Args:
        h: activations in [0, 1], (N, K).
        threshold: an entry above this counts as on; in [0, 1).

    Returns:
        Numbers in [0, 1] under the names "mean", "on", "dead" and "always on".

    Raises:
        TypeError: `h` is not a tensor of floats.
        ValueError: `h` is not of shape (N, K), or holds NaN or infinity.
    """
    on = check_matrix(h, "h").detach() > threshold
    return {
        "mean": float(h.detach().mean()),
        "on": float(on.double().mean()),
        "dead": float((~on.any(dim=0)).double().mean()),
        "always on": float(on.all(dim=0).double().mean()),
    }
