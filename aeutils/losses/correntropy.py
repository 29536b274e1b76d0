"""Robust reconstruction: a loss that ignores pixels which are far too wrong to be noise.

The squared error of one wild pixel outweighs hundreds of good ones. Correntropy compares two
variables by a kernel of their difference, V(x, x̂) = E[exp(−(x − x̂)²/2σ²)] (Liu, Pokharel and
Príncipe, 2007): differences beyond a few σ all count the same, "different". Training an autoencoder
to maximise it gives the robust autoencoder of Qi et al. (2014).

>>> x = torch.zeros(1, 2)
>>> x_hat = torch.tensor([[0.01, 100.0]])
>>> squared = 0.5 * (x_hat - x).square().sum()
>>> [round(float(v), 4) for v in (correntropy_loss(x_hat, x, 0.5), squared)]
[0.2501, 5000.0]

References:
    * Liu, Pokharel and Príncipe (2007), Correntropy: properties and applications in non-Gaussian
      signal processing.
    * Qi, Wang, Zheng and Wu (2014), Robust feature learning by stacked autoencoder with maximum
      correntropy criterion.
    * Dennis and Welsch (1978), Techniques for nonlinear least squares and robust regression (the
      same loss).
    * Huber (1964), Robust estimation of a location parameter.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from aeutils._internal.validate import check_batch, check_same_shape
from aeutils.testing.sealed import exercise


@exercise("week05_contractive")
def correntropy_loss(x_hat: Tensor, x: Tensor, sigma: float) -> Tensor:
    """Return σ² Σ_d (1 − exp(−e_d²/2σ²)), e = x_hat − x, averaged over images.

    Minus the correntropy of the pixels, shifted and scaled so that it is 0 at e = 0 and equals e²/2
    for e much smaller than σ: the same slope as half the squared error there. Its slope is
    e exp(−e²/2σ²), largest at e = σ, and almost 0 beyond 3σ. The loss of a pixel never exceeds σ².

    It is not convex. Where everything is far off (an untrained decoder, a small σ) nearly every
    slope is 0, and nothing is learned: start with the squared error, or with a large σ.

    Args:
        x_hat: reconstructions, finite floats of shape (N, ...).
        x: originals, of the same shape.
        sigma: width σ > 0 of the kernel, in units of intensity.

    Returns:
        A scalar in squared units of intensity, the mean over images of the sum over pixels.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ or are not (N, ...), or a tensor holds NaN or infinity.
        ValueError: `sigma` is not positive and finite.
    """
    check_same_shape(check_batch(x_hat, "x_hat"), check_batch(x, "x"), "x_hat", "x")
    if not 0 < sigma < math.inf:
        raise ValueError(f"sigma must be a number > 0, got {sigma}")
    # 1 − exp(−u) = −expm1(−u), which stays accurate where e is tiny
    per_pixel = -(sigma**2) * torch.expm1(-(x_hat - x).square() / (2 * sigma**2))
    return per_pixel.flatten(1).sum(dim=1).mean()  # (N, D) -> (N,) -> ()


def absolute_error(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return the mean over images of Σ_d |x_hat_d − x_d|.

    Up to scale and a constant this is minus the log-likelihood under Laplace noise. The constant
    with the smallest absolute error is the median, which stays among the good values as long as
    fewer than half of them are wrong. Convex, unlike `correntropy_loss`.

    Args:
        x_hat: reconstructions, finite floats of shape (N, ...).
        x: originals, of the same shape.

    Returns:
        A scalar in units of intensity, the mean over images of the sum over pixels.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ or are not (N, ...), or a tensor holds NaN or infinity.
    """
    check_same_shape(check_batch(x_hat, "x_hat"), check_batch(x, "x"), "x_hat", "x")
    return (x_hat - x).abs().flatten(1).sum(dim=1).mean()
