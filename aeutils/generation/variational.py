"""Variational autoencoders: what a code costs, and two bounds on the likelihood of an image.

The encoder answers a Gaussian q(z|x) = N(mean, exp(log_var)) for each image, the prior p(z) is
N(0, 1), and the decoder says how likely each pixel is to be white, p(x|z).

>>> import torch
>>> kl_to_prior(torch.tensor([[0.0, 1.0]]), torch.zeros(1, 2))  # the first unit says nothing
tensor([[0.0000, 0.5000]])

References:
    * D. P. Kingma and M. Welling (2014). Auto-encoding variational Bayes. ICLR.
    * I. Higgins et al. (2017). β-VAE: learning basic visual concepts with a constrained
      variational framework. ICLR.
    * Y. Burda, R. Grosse and R. Salakhutdinov (2016). Importance weighted autoencoders. ICLR.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_floats, check_matrix, check_same_shape, describe
from aeutils.losses.reconstruction import bernoulli_nll
from aeutils.testing.sealed import exercise


@exercise("elective_c_generating")
def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return the KL divergence of N(mean, exp(log_var)) from N(0, 1), for each image and unit.

    ½ (mean² + exp(log_var) − 1 − log_var), the price of telling that number of the code.

    Args:
        mean: floats (N, K).
        log_var: the logarithms of the variances, (N, K).

    Returns:
        Nats, (N, K), never below 0.

    Raises:
        TypeError: `mean` or `log_var` is not a tensor of floats.
        ValueError: they are not matrices of one shape.
    """
    check_posterior(mean, log_var)
    # expm1 keeps the digits of exp(v) − 1 for a small v, which exp loses; what is left may still
    # round to a hair below 0.
    return (mean.square() + (log_var.expm1() - log_var).clamp_min(0)) / 2


@exercise("elective_c_generating")
def active_units(mean: Tensor, threshold: float = 0.01) -> Tensor:
    """Return which units tell images apart: those whose mean varies by more than the threshold.

    Args:
        mean: what the encoder says of N >= 2 images, floats (N, K).
        threshold: variances over the images above it count as active (Burda et al., 2016, take
            0.01).

    Returns:
        Booleans (K,).

    Raises:
        TypeError: `mean` is not a tensor of floats.
        ValueError: `mean` is no finite matrix of at least two rows, or `threshold` is negative.
    """
    if len(check_matrix(mean, "mean")) < 2:
        raise ValueError(f"mean must have at least 2 rows, got {describe(mean)}")
    if not threshold >= 0:
        raise ValueError(f"threshold is a variance >= 0, got {describe(threshold)}")
    return mean.var(dim=0) > threshold


@exercise("elective_c_generating")
def negative_elbo(
    logits: Tensor, x: Tensor, mean: Tensor, log_var: Tensor, beta: float = 1.0
) -> Tensor:
    """Return the negative evidence lower bound in nats per image.

    Args:
        logits: what the decoder says of each pixel, floats (N, D).
        x: images with values in [0, 1], (N, D).
        mean: of the posterior, (N, K).
        log_var: the logarithms of its variances, (N, K).
        beta: weight of the KL divergence: 1 for the bound, other numbers for a β-VAE (Higgins et
            al., 2017).

    Returns:
        A scalar: binary cross-entropy summed over pixels plus beta times the KL divergence summed
        over units, averaged over images.

    Raises:
        TypeError: an argument is not a tensor of floats.
        ValueError: the shapes do not fit together, `beta` is negative, or a value of `x` lies
            outside [0, 1] (checked on the CPU only).
    """
    rebuilt = bernoulli_nll(logits, x)
    told = kl_to_prior(mean, log_var).sum(dim=1)
    if len(mean) != len(x):
        raise ValueError(
            f"mean must have a row for each of the {len(x)} images, got {describe(mean)}"
        )
    if not 0 <= beta < math.inf:
        raise ValueError(f"beta must be a number >= 0, got {describe(beta)}")
    return rebuilt + beta * told.mean()


@exercise("elective_c_generating")
def importance_weighted_nll(
    x: Tensor, logits: Tensor, z: Tensor, mean: Tensor, log_var: Tensor
) -> Tensor:
    """Return the importance-weighted bound on the negative log-likelihood of each image.

    With one draw it is a draw of the negative ELBO; in expectation it falls towards −log p(x) as
    draws are added (Burda et al., 2016).

    Args:
        x: binary images, (N, D), each pixel 0 or 1. For grey values the cross-entropy is no
            likelihood, and the number could be compared with none that was published.
        logits: what the decoder says of each draw, floats (S, N, D).
        z: S draws from each posterior, (S, N, K).
        mean: of the posteriors, (N, K).
        log_var: the logarithms of their variances, (N, K).

    Returns:
        −log of the mean of the S weights p(x|z) p(z) / q(z|x), in nats, (N,).

    Raises:
        TypeError: an argument is not a tensor of floats.
        ValueError: the shapes do not fit together, or a pixel is neither 0 nor 1.
    """
    check_matrix(x, "x")
    check_posterior(mean, log_var)
    for value, name in ((logits, "logits"), (z, "z")):
        check_floats(value, name)
    (n, d), k, s = x.shape, mean.shape[1], len(z)
    if s < 1 or logits.shape != (s, n, d) or z.shape != (s, n, k) or len(mean) != n:
        raise ValueError(
            "x, logits, z and mean must have shapes (N, D), (S, N, D), (S, N, K) and (N, K), got "
            f"{tuple(x.shape)}, {tuple(logits.shape)}, {tuple(z.shape)} and {tuple(mean.shape)}"
        )
    grey = int(((x != 0) & (x != 1)).sum())
    if grey:
        raise ValueError(
            f"x must be binary, but {grey} of its {x.numel()} pixels are neither 0 nor 1; draw or "
            "round them first, for example (x > 0.5).float(), and say which: likelihoods of images "
            "made binary in other ways cannot be compared"
        )
    targets = x.expand(logits.shape)
    log_x = -F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=2)
    # log p(z) − log q(z|x): the constants of both Gaussians are the same and cancel.
    apart = (z - mean).square() / log_var.exp() + log_var - z.square()
    log_weight = log_x + apart.sum(dim=2) / 2  # (S, N)
    return math.log(s) - log_weight.logsumexp(dim=0)


def check_posterior(mean: Tensor, log_var: Tensor) -> None:
    """Say it if means and log-variances do not belong together.

    Args:
        mean: means of posteriors.
        log_var: logarithms of their variances.

    Raises:
        TypeError: one of them is not a tensor of floats.
        ValueError: they are not matrices (N, K) of one shape.
    """
    check_floats(mean, "mean")
    check_floats(log_var, "log_var")
    check_same_shape(mean, log_var, "mean", "log_var")
    if mean.ndim != 2 or 0 in mean.shape:
        raise ValueError(f"mean must have shape (N, K), one row per image, got {describe(mean)}")
