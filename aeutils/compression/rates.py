"""Compared by bits: the factor of a code, the entropy of counts, the rate at one error.

References:
    * Shannon (1948), A mathematical theory of communication (entropy, and its code).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, describe
from aeutils.testing.sealed import exercise


@exercise("week03_undercomplete")
def compression_factor(
    image_shape: Sequence[int], code_size: int, pixel_bits: float = 8, code_bits: float = 32
) -> float:
    """Return the bits of an image divided by the bits of its code; above 1 the code is smaller.

    784 pixels and 32 numbers differ by a factor of 24.5 in how many they are. But a pixel has 8
    bits and a number of the code 32 (as float32), so the factor in bits is 784·8 / (32·32) = 6.125.

    Args:
        image_shape: (C, H, W) or (H, W).
        code_size: numbers in a code, >= 1.
        pixel_bits: bits of one pixel, > 0.
        code_bits: bits of one number of the code, > 0.

    Returns:
        The factor, without unit.

    Raises:
        TypeError: `code_size` is not an integer.
        ValueError: a size is below 1, or a number of bits is not positive.

    Examples:
        >>> compression_factor((1, 28, 28), 32), compression_factor((1, 28, 28), 32, 1, 1)
        (6.125, 24.5)
    """
    check_count(code_size, "code_size")
    for bits, name in ((pixel_bits, "pixel_bits"), (code_bits, "code_bits")):
        if not bits > 0:
            raise ValueError(f"{name} must be above 0, got {bits}")
    if not image_shape or min(image_shape) < 1:
        raise ValueError(f"image_shape must be sizes of at least 1, got {tuple(image_shape)}")
    return math.prod(image_shape) * pixel_bits / (code_size * code_bits)


@exercise("week03_undercomplete")
def entropy(counts: Tensor) -> float:
    """Return the entropy −Σ p log₂ p of counted symbols, in bits a symbol; 0 log₂ 0 counts as 0.

    This is the mean length of the best code of symbols drawn independently with p = counts / total.

    Args:
        counts: how often each symbol came, (R,); none negative, not all zero.

    Returns:
        Bits per symbol, from 0 to log₂ R.

    Raises:
        ValueError: `counts` is not of shape (R,) with R >= 1, a count is negative, or all are zero.

    Examples:
        >>> entropy(torch.tensor([2, 1, 1, 0]))
        1.5
    """
    counts = torch.as_tensor(counts).double()
    if counts.ndim != 1 or len(counts) == 0 or bool((counts < 0).any()) or counts.sum() == 0:
        raise ValueError(
            f"counts must be numbers >= 0 of shape (R,), not all 0, got {describe(counts)}"
        )
    p = counts / counts.sum()
    return float(-torch.xlogy(p, p).sum() / math.log(2)) + 0.0  # + 0.0 turns −0.0 into 0.0


def rate_at_error(rates: Sequence[float], errors: Sequence[float], target: float) -> float:
    """Return the rate at which the error reaches `target`, by linear interpolation.

    Args:
        rates: measured rates, at least one, in any order.
        errors: the error that each rate leads to.
        target: the error to reach, in the unit of `errors`.

    Returns:
        The rate, in the unit of `rates`; infinity if no measured rate brings the error down to the
        target, which this coder then cannot do.

    Raises:
        ValueError: there are not as many errors as rates, or none.
        ValueError: even the lowest rate has an error below the target; measure at lower rates too.
    """
    if len(rates) != len(errors) or len(rates) == 0:
        raise ValueError(f"{len(rates)} rates and {len(errors)} errors; give as many, at least one")
    points = sorted(zip(rates, errors, strict=True))
    if min(errors) > target:
        return math.inf
    if points[0][1] < target:
        raise ValueError(
            f"even the lowest rate has an error of {points[0][1]:g}, below {target:g}; "
            "measure at lower rates too"
        )
    last_rate, last_error = points[0]
    for rate, error in points:
        if error <= target:  # the first crossing, coming from low rates
            part = 1.0 if last_error == error else (last_error - target) / (last_error - error)
            return last_rate + part * (rate - last_rate)
        last_rate, last_error = rate, error
    raise AssertionError("unreachable: some error is at most the target")
