"""What error to expect of an image, whoever drew it: a plain image is rebuilt well in any case.

A 1 has little ink and few edges; its squared error is small in a network that never saw a 1.
Dividing by the error that normal images of the same kind have takes that away (in the spirit of
Serrà et al., 2020, who subtract the length of a compressed file from a likelihood).

References:
    * J. Serrà et al. (2020). Input complexity and out-of-distribution detection with
      likelihood-based generative models. ICLR.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_batch, check_count, check_matrix, describe
from aeutils.anomalies.windows import check_series
from aeutils.testing.sealed import exercise

SMALLEST = 1e-3  # of what is lost, so that a constant image has a logarithm


def fine_detail(images: Tensor, block: int = 4) -> Tensor:
    """Return the logarithm of what is lost if an image is replaced by the means of its blocks.

    It is the squared error of a code that nobody trained, so it knows nothing of any class.

    Args:
        images: (N, 1, H, W), H and W multiples of `block`.
        block: edge of a block in pixels.

    Returns:
        (N, 1), a column of features.

    Raises:
        TypeError: `images` is not a tensor of floats, or `block` not an integer.
        ValueError: `images` has another shape, or does not divide into blocks.
    """
    check_batch(images, "images")
    check_count(block, "block")
    if images.ndim != 4 or images.shape[2] % block or images.shape[3] % block:
        raise ValueError(
            f"images must be (N, C, H, W) with H and W multiples of {block}, got {describe(images)}"
        )
    coarse = F.interpolate(F.avg_pool2d(images, block), scale_factor=block)
    return (images - coarse).square().flatten(1).sum(1, keepdim=True).clamp_min(SMALLEST).log()


@exercise("elective_b_anomalies")
def corrected_errors(
    errors: Tensor, features: Tensor, normal_errors: Tensor, normal_features: Tensor
) -> Tensor:
    """Return errors over what is expected of such an image: e(x) / exp(a + b · f(x)).

    a and b are the least-squares fit of a + b · f to the logarithm of the normal images' errors.

    Args:
        errors: of N images, > 0, floats (N,).
        features: of the same images, floats (N, F).
        normal_errors: of M normal images, > 0, floats (M,), M > F + 1.
        normal_features: of the same images, (M, F).

    Returns:
        (N,): 1 for an image that is rebuilt as well as a normal one of its kind.

    Raises:
        TypeError: an argument is not a tensor of floats.
        ValueError: the shapes do not fit together, an error is not above 0, or there are too few
            normal images for the number of features.
    """
    for e, f, name in ((errors, features, ""), (normal_errors, normal_features, "normal_")):
        check_matrix(f, f"{name}features")
        if check_series(e, f"{name}errors").shape != (len(f),) or not bool((e > 0).all()):
            raise ValueError(
                f"{name}errors must be a number above 0 for each of the {len(f)} rows of "
                f"{name}features, got {describe(e)}"
            )
    if features.shape[1] != normal_features.shape[1]:
        raise ValueError(
            f"features has {features.shape[1]} columns, normal_features {normal_features.shape[1]}"
        )
    if len(normal_features) <= features.shape[1] + 1:
        raise ValueError(
            f"{len(normal_features)} normal images are too few to fit {features.shape[1]} features "
            "and a constant"
        )
    # About their means, the constant is the mean, and the fit of the rest is better conditioned.
    mean, logs = normal_features.mean(dim=0), normal_errors.log()
    fit = torch.linalg.lstsq(normal_features - mean, (logs - logs.mean())[:, None])
    return errors / (logs.mean() + ((features - mean) @ fit.solution).squeeze(1)).exp()
