"""Elective C: a turn in the plane of two codes, a difference of means, and mistakes in both."""

from __future__ import annotations

import math

import torch
from torch import Tensor

OF_PATH = {
    "straight-line": "the straight line; the great circle leaves it between the ends",
    "straight-to-length": "the straight line, scaled to another length; its codes are not equal "
    "angles apart: weight a and b by sines",
    "cosine-for-angle": "the cosine was taken for the angle; `acos` makes an angle of it",
    "degrees": "the angle is in degrees; sines take radians",
    "right-angle": "weights as if the angle were a right angle, whatever a and b are",
    "end-missing": "the road ends before b: t goes up to 1, in steps of 1/(steps − 1)",
    "ends-missing": "neither a nor b is on the road; both ends are counted",
    "from-b-to-a": "the road leads from b to a; the weight of a is sin((1 − t) θ)/sin θ",
    "sine-missing": "the weights are not divided by sin θ, so that the road does not begin at a",
    "unit-length": "all codes have length 1; a and b keep their lengths",
    "lengths-apart": "directions and lengths went from a to b one by one; the formula weights the "
    "codes as they are",
    "angle-without-lengths": "the cosine is the inner product *over the product of the lengths*",
    "normalised-to-a": "all codes have the length of a; the formula weights the codes as they are",
}


def angle_of(a: Tensor, b: Tensor) -> float:
    """Return the angle by the parts of b along a and across it, in radians."""
    along = float(a @ b) / float(a.norm())
    return math.atan2(float((b - along * a / a.norm()).norm()), along)


def path(a: Tensor, b: Tensor, steps: int, how: str = "") -> Tensor:
    """Return the road as a turn in the plane of a and b, or what a mistake makes of it.

    Args:
        a: the first code.
        b: the last code.
        steps: how many codes.
        how: the mistake, or "".
    """
    a, b = a.double(), b.double()
    if how == "from-b-to-a":
        a, b = b, a
    at = {
        "end-missing": [i / steps for i in range(steps)],
        "ends-missing": [(i + 1) / (steps + 1) for i in range(steps)],
    }.get(how, [i / (steps - 1) for i in range(steps)])
    t = torch.tensor(at, dtype=torch.float64)[:, None]
    angle, straight = angle_of(a, b), (1 - t) * a + t * b
    if how.startswith("straight") or angle < 1e-5:
        return straight
    # With u along a and w across it, b = |b| (cos θ u + sin θ w), and the sine of a difference
    # makes |a| cos tθ of the share of a.
    u = a / a.norm()
    w = b - (b @ u) * u
    w = w / w.norm()
    p, q = float(a.norm()), float(b.norm())
    share = (t * angle).sin()
    right = (p * (t * angle).cos() + (q - p) * share / math.tan(angle)) * u + q * share * w
    cosine = max(-1.0, min(1.0, float(a @ b)))
    other = {
        "cosine-for-angle": math.cos(angle),
        "degrees": math.degrees(angle),
        "right-angle": math.pi / 2,
        "angle-without-lengths": math.acos(cosine),
    }.get(how)
    if other is not None and math.sin(other) != 0:
        return (((1 - t) * other).sin() * a + (t * other).sin() * b) / math.sin(other)
    turned = (t * angle).cos() * u + share * w  # the same directions, all of length 1
    return {
        "sine-missing": right * math.sin(angle),
        "unit-length": right / right.norm(dim=1, keepdim=True),
        "lengths-apart": ((1 - t) * p + t * q) * turned,
        "normalised-to-a": p * right / right.norm(dim=1, keepdim=True),
        "unit-first": turned,
        "turned-to-a": p * turned,
    }.get(how, right)


# Other ways to one and the same mistake.
OTHER_PATHS = {"unit-first": "unit-length", "turned-to-a": "normalised-to-a"}


def scaled_lines(a: Tensor, b: Tensor, steps: int) -> list[Tensor]:
    """Return the straight line with the lengths that are given to it."""
    line, t = path(a, b, steps, "straight-line"), torch.linspace(0, 1, steps).double()[:, None]
    p, q = a.double().norm(), b.double().norm()
    lengths = (p, q, (p + q) / 2, (1 - t) * p + t * q, (p * q).sqrt(), torch.tensor(1.0))
    return [length * line / line.norm(dim=1, keepdim=True) for length in lengths]


OF_DIRECTION = {
    "turned-round": "it leads from the images with the attribute to those without; turn it round",
    "minus-all": "the mean of *all* codes was subtracted; subtract that of those without it",
    "all-minus-without": "it leads to the mean of *all* codes; take that of those with it instead",
    "normalised": "it was scaled to length 1; its length matters",
    "summed": "sums of codes; take means",
    "divided-by-all": "both sums were divided by N; divide each by its own number of images",
    "median": "medians; take means",
    "with-only": "the mean code of those with the attribute alone; subtract that of the others",
    "without-only": "the mean code of those without the attribute alone",
    "added": "the two means were added; subtract one from the other",
    "used-as-indices": "`has` was used as row numbers 0 and 1; as booleans it picks rows, "
    "codes[has]",
    "in-deviations": "it was divided by the standard deviations; return the difference alone",
}


def direction(codes: Tensor, has: Tensor, how: str = "") -> Tensor:
    """Return the difference of the means, summed row by row, or what a mistake makes of it."""
    groups: dict[bool, list[Tensor]] = {True: [], False: []}
    for row, h in zip(codes.double(), has.tolist(), strict=True):
        groups[bool(h)].append(row)
    p, q = len(groups[True]), len(groups[False])
    ones, others = (
        sum(groups[True], 0 * codes[0].double()),
        sum(groups[False], 0 * codes[0].double()),
    )
    mean, without, every = ones / p, others / q, (ones + others) / (p + q)
    right = mean - without
    rows, place = codes.double(), has.long()
    return {
        "turned-round": lambda: -right,
        "minus-all": lambda: mean - every,
        "all-minus-without": lambda: every - without,
        "normalised": lambda: right / right.norm(),
        "summed": lambda: ones - others,
        "divided-by-all": lambda: (ones - others) / (p + q),
        "median": lambda: rows[has].median(0).values - rows[~has].median(0).values,
        "with-only": lambda: mean,
        "without-only": lambda: without,
        "added": lambda: mean + without,
        "used-as-indices": lambda: rows[place].mean(0) - rows[1 - place].mean(0),
        "in-deviations": lambda: right / rows.std(dim=0),
    }.get(how, lambda: right)()
