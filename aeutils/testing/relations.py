"""How a wrong result relates to the right one: its negative, a multiple of it, its transpose …

Where no known mistake of an exercise gives a student's numbers, a comparison still sees more than
that they are wrong. Everything said here is a fact about the numbers that were compared; what the
student did is for the student to find out. A relation that few numbers would have by chance is not
looked for in fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

ENOUGH = 4  # different numbers, so that a relation between them is no chance
# A number such as 5/12 may be half, or one less, of many others: 0.5 and 1.0 are no proof.
DENOMINATOR = 250


# All names of relations; of lines, the place stands in the name.
_NAMES = (
    "transposed axis-of-one another-shape sum-over-axis mean-over-axis sum-missing mean-missing "
    "sign constant-factor constant-offset one-minus linear all-zero all-equal squared rooted "
    "no-sign clipped clipped-at-1 inverted logarithm exponential rounded-down rounded-up rounded "
    "reversed another-order factor-of-each-row factor-of-each-column offset-of-each-row "
    "offset-of-each-column wrong-diagonal wrong-where-negative wrong-where-positive wrong-where-0 "
    "wrong-in-first-row wrong-in-last-row wrong-in-some-rows wrong-in-first-column "
    "wrong-in-last-column wrong-in-some-columns wrong-in-first-place wrong-in-last-place "
    "wrong-in-some-places"
)
NAMES = frozenset(_NAMES.split())


class Relation(NamedTuple):
    """What a wrong result has to do with the right one.

    Attributes:
        name: of the relation, as a mistake is called.
        message: goes on after "the result …".
    """

    name: str
    message: str


def relation(
    got: Tensor, right: Tensor, rtol: float = 1e-4, atol: float = 1e-5, places: bool = True
) -> Relation | None:
    """Return how a wrong result relates to the right one; None if no relation is seen.

    Args:
        got: the wrong result, float64, finite or not.
        right: the right one, float64.
        rtol: relative tolerance.
        atol: absolute tolerance, in the result's own unit.
        places: whether the place of a number means something.

    Returns:
        The first relation that holds.
    """

    def same(a: Tensor, b: Tensor) -> bool:
        return a.shape == b.shape and bool(torch.allclose(a, b, rtol=rtol, atol=atol))

    if not right.numel() or not got.numel():
        return None
    if got.shape != right.shape:
        telling = min(len(got.unique()), len(right.unique())) >= 3
        return next(_of_shapes(got, right, same), None) if telling else None
    if not torch.isfinite(got).all() or not torch.isfinite(right).all():
        return None
    if right.numel() < ENOUGH or len(right.unique()) < 3:
        return _of_few(got.flatten(), right.flatten())
    looks = [_of_constants, _of_lines, _of_functions]
    for look in [*looks, _of_order, _of_tables, _of_places] if places else looks:
        found = next(look(got, right, same), None)
        if found:
            return found
    return None


Same = Callable[[Tensor, Tensor], bool]


def _of_shapes(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    """Yield relations of results that have different shapes."""
    want, have = tuple(right.shape), tuple(got.shape)
    shapes = f"its shape is {have}, and should be {want}"
    if got.ndim == right.ndim == 2 and same(got.T, right):
        yield Relation("transposed", f"has rows and columns swapped: {shapes}")
    if got.numel() == right.numel() and same(got.reshape(right.shape), right):
        if got.squeeze().shape == right.squeeze().shape:
            what = "an axis of length 1 too many" if got.ndim > right.ndim else "an axis too few"
            yield Relation("axis-of-one", f"has the right numbers, but {what}: {shapes}")
        yield Relation("another-shape", f"has the right numbers in another shape: {shapes}")
    for axis in range(right.ndim):
        for name, less in (("sum", right.sum(axis)), ("mean", right.mean(axis))):
            if right.shape[axis] > 1 and less.numel() > 1 and same(less, got):
                what = f"is the {name} over axis {axis} of what was asked for: {shapes}"
                yield Relation(f"{name}-over-axis", what)
    for axis in range(got.ndim):
        for name, less in (("sum", got.sum(axis)), ("mean", got.mean(axis))):
            if got.shape[axis] > 1 and less.numel() > 1 and same(less, right):
                what = f"still has axis {axis}, over which the {name} was to be taken: {shapes}"
                yield Relation(f"{name}-missing", what)


def _of_few(got: Tensor, right: Tensor) -> Relation | None:
    """Return a relation of so few numbers that only plain and exact ones are no chance."""
    if len(right) > 1 and len(right.unique()) == 1:
        got, right = got[:1], right[:1]
    if any(is_plain(float(v)) for v in right) or bool((right == 0).any()):
        return None

    def same(a: Tensor, b: Tensor) -> bool:
        return bool(torch.allclose(a, b, rtol=2e-5, atol=0))

    if same(got, -right):
        return Relation("sign", "has the right size and the wrong sign")
    for n in range(2, 11):
        if same(got, n * right):
            return Relation("constant-factor", f"is {n} times what it should be")
        if same(got, right / n):
            return Relation("constant-factor", f"is what it should be, divided by {n}")
    for change in (-2, -1, -0.5, 0.5, 1, 2):
        if same(got, right + change):
            return Relation("constant-offset", _by(change))
    if same(got, 1 - right):
        return Relation("one-minus", "is 1 minus what it should be")
    found = next(_of_functions(got, right, same), None)
    return found if found and found.name in PLAIN_ENOUGH else None


def is_plain(value: float) -> bool:
    """Return whether a number is a fraction with a small denominator.

    Args:
        value: a number.
    """
    return abs(float(Fraction(value).limit_denominator(DENOMINATOR)) - value) < 1e-8


def _by(change: float) -> str:
    much = f"{abs(change):.4g}"
    return f"is too {'large' if change > 0 else 'small'} by {much} everywhere"


def _of_constants(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    if not got.any():
        yield Relation("all-zero", "is 0 everywhere")
    elif same(got, torch.full_like(got, float(got.flatten()[0]))):
        yield Relation("all-equal", "holds the same number everywhere")


def _of_lines(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    """Yield that the result is a multiple of the right one, or so much more, everywhere."""
    if same(got, -right):
        yield Relation("sign", "has the right size and the wrong sign everywhere")
    factor = float((got * right).sum() / right.square().sum())
    if abs(factor - 1) > 1e-3 and same(got, factor * right):
        yield Relation("constant-factor", f"is {factor:.4g} times what it should be, everywhere")
    offset = float((got - right).mean())
    if same(got, right + offset):
        yield Relation("constant-offset", _by(offset))
    if len(right.unique()) <= ENOUGH:
        return
    centred = right - right.mean()
    slope = float((got * centred).sum() / centred.square().sum())
    start = float(got.mean() - slope * right.mean())
    if same(got, slope * right + start):
        sign = "+" if start > 0 else "−"
        line = f"{slope:.4g} · r {sign} {abs(start):.4g}"
        yield Relation("linear", f"is {line} everywhere, where r is what it should be")


FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "squared": (torch.square, "is the square of what it should be"),
    "rooted": (torch.sqrt, "is the square root of what it should be"),
    "no-sign": (torch.abs, "has the right size, but is positive where it should be negative"),
    "clipped": (lambda r: r.clamp_min(0), "is right, but 0 where it should be negative"),
    "clipped-at-1": (lambda r: r.clamp(0, 1), "is right, but cut off below 0 or above 1"),
    "inverted": (torch.reciprocal, "is 1 divided by what it should be"),
    "logarithm": (torch.log, "is the logarithm of what it should be"),
    "exponential": (torch.exp, "is exp of what it should be"),
    "rounded-down": (torch.floor, "is what it should be, rounded down"),
    "rounded-up": (torch.ceil, "is what it should be, rounded up"),
    "rounded": (torch.round, "is what it should be, rounded to whole numbers"),
}

PLAIN_ENOUGH = ("squared", "rooted", "inverted", "logarithm", "exponential")


def _of_functions(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    for name, (function, message) in FUNCTIONS.items():
        value = function(right)
        if torch.isfinite(value).all() and same(got, value) and not same(value, right):
            yield Relation(name, message)


def _of_order(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    """Yield that the numbers are right and stand in other places."""
    if got.ndim == 2 and got.shape[0] == got.shape[1] and same(got.T, right):
        yield Relation("transposed", "has rows and columns swapped")
    for axis in range(got.ndim):
        if same(got.flip(axis), right):
            yield Relation("reversed", f"has the right numbers in reverse order, along axis {axis}")
    ordered = same(got.flatten().sort().values, right.flatten().sort().values)
    if ordered and len(right.unique()) > right.numel() // 2:
        yield Relation("another-order", "has the right numbers in another order")


def _of_tables(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    """Yield that each row, or each column, has a factor or an offset of its own."""
    if got.ndim != 2 or min(got.shape) < 3:
        return
    for axis, what in ((1, "row"), (0, "column")):
        squares = right.square().sum(axis, keepdim=True)
        factor = (got * right).sum(axis, keepdim=True) / squares.clamp_min(1e-300)
        if same(got, factor * right):
            text = f"is right up to a factor, which differs from {what} to {what}"
            yield Relation(f"factor-of-each-{what}", text)
        if same(got, right + (got - right).mean(axis, keepdim=True)):
            text = f"is off by one number in each {what}, which differs from {what} to {what}"
            yield Relation(f"offset-of-each-{what}", text)


def _of_places(got: Tensor, right: Tensor, same: Same) -> Iterator[Relation]:
    """Yield that the result is right except in one kind of place."""
    if same(right.round(), right):
        return  # whole numbers may be right by chance
    wrong = (got - right).abs() > 1e-5 + 1e-4 * right.abs()
    if got.ndim == 2 and got.shape[0] == got.shape[1]:
        apart = ~torch.eye(len(got), dtype=torch.bool)
        if not (wrong & apart).any():
            yield Relation("wrong-diagonal", "is right except on the diagonal")
    for sign, where in (("negative", right < 0), ("positive", right > 0), ("0", right == 0)):
        if int(where.sum()) >= 3 and not where.all() and torch.equal(wrong, where):
            yield Relation(f"wrong-where-{sign}", f"is wrong only where it should be {sign}")
    for axis, what in zip(range(min(got.ndim, 2)), ("row", "column"), strict=False):
        lines = wrong.transpose(0, axis).flatten(1).any(1) if got.ndim > 1 else wrong
        what = what if got.ndim > 1 else "place"
        size, places = len(lines), [int(i) for i in lines.nonzero()[:, 0]]
        if size < 3 or 2 * len(places) > size:
            continue
        if places in ([0], [size - 1]):
            which = "first" if places == [0] else "last"
            yield Relation(f"wrong-in-{which}-{what}", f"is right except in the {which} {what}")
        text = f"is right in {size - len(places)} of {size} {what}s"
        yield Relation(f"wrong-in-some-{what}s", f"{text}: only some are wrong")
