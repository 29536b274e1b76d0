"""Maximum mean discrepancy: how far codes are from draws of the prior, by the means of a kernel.

Two distributions are equal if the means of their features are, with enough features; a kernel has
infinitely many. A Wasserstein autoencoder makes this number small in the place of a discriminator.

References:
    * A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schölkopf and A. Smola (2012). A kernel
      two-sample test. JMLR 13, lemma 6 (the unbiased estimate).
    * I. Tolstikhin, O. Bousquet, S. Gelly and B. Schölkopf (2018). Wasserstein auto-encoders. ICLR,
      section 4 (the kernel and its width).
"""

from __future__ import annotations

from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.anomalies.baselines import check_rows, squared_distances


def mmd(codes: Tensor, prior: Tensor) -> Tensor:
    """Return the unbiased estimate of the squared maximum mean discrepancy of codes and draws.

    The kernel is the inverse multiquadratic k(x, y) = C / (C + ‖x − y‖²) with C = 2K, the mean
    squared distance of two draws from N(0, 1) in K dimensions. Pairs of a row with itself are left
    out; that is what makes the estimate unbiased.

    Args:
        codes: of images, floats (N, K), N >= 2.
        prior: draws from the prior, (M, K), M >= 2.

    Returns:
        A scalar without a unit, differentiable, 0 on average for two sets of draws from one
        distribution; it may be negative.

    Raises:
        TypeError: `codes` or `prior` is not a tensor of floats.
        ValueError: they are not finite matrices with rows of one length and at least two rows.
    """
    check_rows(codes, prior, ("codes", "prior"))
    if min(len(codes), len(prior)) < 2:
        raise ValueError(
            f"codes and prior must have at least 2 rows each, got {describe(codes)} and "
            f"{describe(prior)}"
        )
    within = _mean_of_pairs(codes) + _mean_of_pairs(prior)
    return within - 2 * _kernel(codes, prior).mean()


def _mean_of_pairs(rows: Tensor) -> Tensor:
    """Return the mean kernel of two different rows."""
    kernel, n = _kernel(rows, rows), len(rows)
    return (kernel.sum() - kernel.diagonal().sum()) / (n * (n - 1))


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    """Return C / (C + ‖x − y‖²) for all pairs of rows."""
    c = 2 * x.shape[1]
    return c / (c + squared_distances(x, y))
