"""Lossy compression begins with rounding: every number of a code to a multiple of a step.

A code of real numbers is no compression yet: a real number has no length in bits. Multiples of a
step have one, once their frequencies are known (`aeutils.compression.symbol_model`).

>>> import torch
>>> z = torch.tensor([[0.9, -0.2], [1.1, 0.3], [2.1, 0.1]])
>>> quantise(z, 1.0).tolist()
[[1, 0], [1, 0], [2, 0]]

References:
    * Goyal (2001), Theoretical foundations of transform coding (PCA, one step for all axes).
    * Ballé, Laparra and Simoncelli (2017), End-to-end optimized image compression.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils._internal.validate import check_float_tensor, check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("week03_undercomplete")
def quantise(z: Tensor, step: float | Tensor) -> Tensor:
    """Return the nearest multiples of `step`, as whole numbers: round(z / step).

    The error of `dequantise` is at most step / 2, and about step² / 12 in the mean square where
    the step is small next to the spread of z.

    Args:
        z: codes, floats of shape (N, K).
        step: distance of two multiples, > 0: one for all, or a tensor (K,).

    Returns:
        The multiples, int64 (N, K).

    Raises:
        TypeError: `z` is not a tensor of floats.
        ValueError: `z` holds NaN or infinity.
        ValueError: `step` is not positive, or neither one number nor one for each column of `z`.
    """
    z = check_float_tensor(z, "z")
    return (z / _check_step(step, z)).round().long()


@exercise("week03_undercomplete")
def dequantise(symbols: Tensor, step: float | Tensor) -> Tensor:
    """Return the numbers that symbols stand for: symbols · step.

    Args:
        symbols: integers (N, K), as `quantise` returns them.
        step: the step of `quantise`, > 0: one for all, or a tensor (K,).

    Returns:
        Codes, float32 (N, K).

    Raises:
        TypeError: `symbols` is not a tensor of integers.
        ValueError: `step` is not positive, or neither one number nor one for each column.
    """
    if not isinstance(symbols, Tensor) or symbols.is_floating_point():
        raise TypeError(
            f"symbols must be an integer tensor, as quantise returns, got {describe(symbols)}"
        )
    return symbols * _check_step(step, symbols.float())


@torch.no_grad()
def sensitivity(decode: Callable[[Tensor], Tensor], z: Tensor, nudge: float = 0.05) -> Tensor:
    """Return how far the decoded image moves per unit of each code number.

    Root mean square over the codes of ‖decode(z + ε e_d) − decode(z)‖ / ε with ε = `nudge` times
    the number's standard deviation. A step of Δ / sensitivity makes each number's rounding cost
    about the same squared error, which is right at small steps; for PCA it is 1 for every axis.

    Args:
        decode: codes (N, K) -> images (N, ...).
        z: codes (N, K), N >= 2.
        nudge: size of the move, in standard deviations of each number.

    Returns:
        One number for each number of the code, (K,), in units of intensity per unit of the code.

    Raises:
        TypeError: `z` is not a tensor of floats.
        ValueError: `z` is not of shape (N, K), or holds NaN or infinity.
        ValueError: a number of the code is the same for all images.
    """
    z = check_matrix(z, "z")
    before, found = decode(z), []
    for d, spread in enumerate(z.std(dim=0).tolist()):
        if spread == 0:
            raise ValueError(f"number {d} of the code is the same for all images: a dead one")
        moved = z.clone()
        moved[:, d] += nudge * spread
        change = (decode(moved) - before).flatten(1).square().sum(dim=1).mean().sqrt()
        found.append(float(change) / (nudge * spread))
    return torch.tensor(found, device=z.device)


def _check_step(step: float | Tensor, z: Tensor) -> Tensor:
    step = torch.as_tensor(step, dtype=z.dtype, device=z.device)
    if step.ndim > 1 or (step.ndim == 1 and step.shape != z.shape[-1:]):
        raise ValueError(
            f"step must be one number or one for each of the {z.shape[-1]} numbers of a code, "
            f"got {describe(step)}"
        )
    if not bool((step > 0).all()):
        raise ValueError(f"step must be above 0, got {float(step.min()):g}; it is a distance")
    return step
