"""Draws of codes: from the posterior of an image, and from the Gaussian of many codes.

>>> import torch
>>> codes = torch.tensor([[0.0, 0.0], [2.0, 2.0]])
>>> new = gaussian_samples(codes, 5, torch.Generator().manual_seed(0))
>>> bool((new[:, 0] - new[:, 1]).abs().max() < 1e-3)  # both units move together, as in the codes
True

References:
    * D. P. Kingma and M. Welling (2014). Auto-encoding variational Bayes. ICLR, section 2.4 (the
      draw as a function of noise).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_count, check_matrix, describe
from aeutils.generation.variational import check_posterior
from aeutils.testing.sealed import exercise


@exercise("elective_c_generating")
def gaussian_samples(codes: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return n draws from the Gaussian that has the mean and the covariance of the codes.

    Args:
        codes: floats (N, K), N >= 2. A unit may be constant, or a sum of others.
        n: how many draws, at least 1.
        generator: where all random numbers come from.

    Returns:
        New codes (n, K), each drawn independently of the others.

    Raises:
        TypeError: `codes` is not a tensor of floats, or `n` not an integer.
        ValueError: `codes` is no finite matrix of at least two rows, or `n` is below 1.
    """
    check_count(n, "n")
    if len(check_matrix(codes, "codes")) < 2:
        raise ValueError(f"codes must have at least 2 rows, got {describe(codes)}")
    mean = codes.mean(dim=0)
    covariance = (codes - mean).T @ (codes - mean) / (len(codes) - 1)
    # Not Cholesky's root: it does not exist where a unit is constant or a sum of others.
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * values.clamp_min(0).sqrt()  # root @ root.T is the covariance
    return mean + _noise((n, codes.shape[1]), codes, generator) @ root.T


@exercise("elective_c_generating")
def sample_latent(
    mean: Tensor,
    log_var: Tensor,
    training: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return a draw from N(mean, σ²) with σ² = exp(log_var) while training, otherwise the mean.

    The draw is mean + σ · noise: the noise depends on no weight, so gradients pass (Kingma and
    Welling, 2014).

    Args:
        mean: floats (N, K).
        log_var: the logarithms of the variances, (N, K).
        training: whether to draw.
        generator: where the random numbers come from; None for torch's own.

    Returns:
        (N, K). Every number of every row has noise of its own, and gradients reach `mean` and,
        while training, `log_var`.

    Raises:
        TypeError: `mean` or `log_var` is not a tensor of floats.
        ValueError: they are not matrices of one shape.
    """
    check_posterior(mean, log_var)
    if not training:
        return mean
    return mean + (log_var / 2).exp() * _noise(tuple(mean.shape), mean, generator)


def _noise(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return draws from N(0, 1) of the dtype and on the device of `like`."""
    where = drawing_device(generator, like)
    noise = torch.randn(shape, generator=generator, dtype=like.dtype, device=where)
    return noise.to(like.device)
