"""The Fréchet distance of two sets of features, each described by a Gaussian.

References:
    * D. C. Dowson and B. V. Landau (1982). The Fréchet distance between multivariate normal
      distributions. Journal of Multivariate Analysis 12 (3).
    * M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter (2017). GANs trained by a
      two time-scale update rule converge to a local Nash equilibrium. NeurIPS.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.anomalies.baselines import check_rows
from aeutils.neighbours.exact import on_float64_device
from aeutils.testing.sealed import exercise


@exercise("elective_c_generating")
def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Return the squared Fréchet distance of the Gaussians with the moments of a and b.

    With features of Inception it is the FID (Heusel et al., 2017); with those of another network
    it is another number, and the two cannot be compared. With fewer rows it is larger on average.

    Args:
        a: features, floats (N, F), N >= 2.
        b: features, (M, F), M >= 2. Covariances may be singular: a feature may be constant, and
            there may be fewer rows than features.

    Returns:
        ‖μa − μb‖² + tr(Σa + Σb − 2 (Σa^½ Σb Σa^½)^½), with covariances that divide by N − 1 and
        M − 1; in squared units of the features, computed in float64, never below 0.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats.
        ValueError: they are not finite matrices with rows of one length and at least two rows.
    """
    check_rows(a, b, ("a", "b"))
    if min(len(a), len(b)) < 2:
        raise ValueError(
            f"a and b must have at least 2 rows each, got {describe(a)} and {describe(b)}"
        )
    (mean_a, cov_a), (mean_b, cov_b) = _gaussian(a), _gaussian(b)
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    # The trace of a root is the sum of the roots of the eigenvalues.
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    apart = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross
    return max(0.0, float(apart))


def _gaussian(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and covariance of rows, in float64."""
    rows = on_float64_device(rows).double()
    centred = rows - rows.mean(dim=0)
    return rows.mean(dim=0), centred.T @ centred / (len(rows) - 1)
