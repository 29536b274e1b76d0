"""Latent arithmetic: a road between two codes, and the direction of an attribute.

>>> import torch
>>> great_circle(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), steps=3)[1]  # as long as both
tensor([1.4142, 1.4142])

References:
    * K. Shoemake (1985). Animating rotation with quaternion curves. SIGGRAPH (the formula).
    * T. White (2016). Sampling generative networks. arXiv:1609.04468 (great circles between codes,
      directions of attributes).
    * W. Kahan (2006). How futile are mindless assessments of roundoff in floating-point
      computation? (An angle that stays exact near 0 and near π.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_float_tensor, check_matrix, describe
from aeutils.anomalies.ranking import check_flags
from aeutils.testing.sealed import exercise

SMALL = 1e-3  # radians: nearer to opposite directions, rounding would choose the circle


@exercise("elective_c_generating")
def great_circle(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Return codes on the great circle from a to b, at t = 0, 1/(steps − 1), …, 1.

    sin((1 − t) θ) / sin θ · a + sin(t θ) / sin θ · b with the angle θ between a and b. If both are
    equally long, so is every code between them (White, 2016).

    Args:
        a: a code, floats (K,), not 0.
        b: a code, (K,), not 0 and not opposite to a. If it points in the direction of a, the road
            is the straight line.
        steps: how many codes, both ends counted, at least 2.

    Returns:
        (steps, K), from a to b.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats, or `steps` not an integer.
        ValueError: they are not vectors of one length, one of them is 0, they are opposite (every
            great circle through a leads to b then), or `steps` is below 2.
    """
    for code, name in ((a, "a"), (b, "b")):
        if check_float_tensor(code, name).ndim != 1 or not bool(code.any()):
            raise ValueError(f"{name} must be a code (K,) that is not 0, got {describe(code)}")
    if a.shape != b.shape:
        raise ValueError(f"a and b must be equally long, got {describe(a)} and {describe(b)}")
    check_count(steps, "steps")
    if steps < 2:
        raise ValueError(f"steps must be at least 2, for both ends, got {steps}")
    unit_a, unit_b = a / a.norm(), b / b.norm()
    # Not acos of the cosine, which loses half the digits of an angle near 0 or near π.
    angle = 2 * torch.atan2((unit_a - unit_b).norm(), (unit_a + unit_b).norm())
    if math.pi - angle.item() < SMALL:
        raise ValueError(
            "a and b point in opposite directions: every great circle through a leads to b, so "
            "there is no one road; go through a third code"
        )
    t = torch.linspace(0, 1, steps, dtype=angle.dtype, device=a.device)[:, None]
    if angle.item() < SMALL:
        return a + t * (b - a)  # the limit of the formula, which is 0/0 at an angle of 0
    return ((1 - t) * angle).sin() / angle.sin() * a + (t * angle).sin() / angle.sin() * b


@exercise("elective_c_generating")
def attribute_direction(codes: Tensor, has: Tensor) -> Tensor:
    """Return the way from the mean code of images without an attribute to that of those with it.

    Args:
        codes: floats (N, K).
        has: booleans (N,), whether each image has the attribute; both kinds occur.

    Returns:
        (K,).

    Raises:
        TypeError: `codes` is not a tensor of floats, or `has` not one of booleans.
        ValueError: `codes` is no finite matrix, `has` has another length, or one kind does not
            occur.
    """
    check_flags(has, "has", len(check_matrix(codes, "codes")))
    if not (has.any() and not has.all()):
        raise ValueError(
            f"{int(has.sum())} of {len(has)} images have the attribute; both kinds must occur"
        )
    return codes[has].mean(dim=0) - codes[~has].mean(dim=0)


@torch.no_grad()
def walk_until(
    measure: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    z: Tensor,
    towards: Tensor,
    gain: float,
    longest: float = 4.0,
) -> tuple[Tensor, float, float]:
    """Walk from codes along a direction until what is measured has gained enough, on average.

    The interval from 0 to `longest` is halved twelve times. Spaces that all walk until the same is
    gained can be compared by how far they had to walk, and by what else has changed.

    Args:
        measure: what was decoded -> one number for each row, (N,).
        decode: codes (N, K) -> what is measured.
        z: codes (N, K).
        towards: a direction (K,).
        gain: by how much the mean of what is measured should grow, not 0.
        longest: the largest amount of the direction that is tried.

    Returns:
        What was decoded at the end; the amount of the direction; and the gain there over `gain`,
        which is far from 1 where no amount up to `longest` gains it.

    >>> code = torch.zeros(5, 2)
    >>> _, amount, _ = walk_until(lambda x: x[:, 0], lambda z: z, code, torch.tensor([2.0, 0.0]), 3)
    >>> round(amount, 2)
    1.5
    """
    was, low, high = measure(decode(z)), 0.0, longest
    for _ in range(12):
        amount = (low + high) / 2
        after = decode(z + amount * towards)
        gained = float((measure(after) - was).mean()) / gain
        low, high = (amount, high) if gained < 1 else (low, amount)
    return after, amount, gained
