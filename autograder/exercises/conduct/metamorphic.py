"""Metamorphic relations: how a result changes, or does not, when arguments change in a known way.

A mean stays when every row is given twice, a squared distance is four times as large when all codes
are twice as long, a silhouette does not change at all. Which of these hold for an exercise is read
off from what is right; an answer that breaks one is told which.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.relations import Relation
from autograder.exercises.conduct.declare import Arguments

Change = Callable[[Arguments], Arguments]


def changes(arguments: Arguments) -> dict[str, Change]:
    """Return ways to change arguments, by what messages call them.

    Args:
        arguments: of one call.
    """
    floats = [n for n, v in arguments.items() if _is_floats(v)]
    found: dict[str, Change] = {}
    for name in floats:
        found[f"all of `{name}` is doubled"] = _on([name], lambda v: 2 * v)
    if len(floats) > 1:
        names = " and ".join(f"`{n}`" for n in floats)
        found[f"{names} are doubled"] = _on(floats, lambda v: 2 * v)
        found[f"the same number is added to {names}"] = _on(floats, lambda v: v + 0.75)
    for name in floats:
        found[f"the same number is added to all of `{name}`"] = _on([name], lambda v: v + 0.75)
        if arguments[name].ndim == 2:
            found[f"the rows of `{name}` are given other lengths"] = _on([name], _lengthen)
    for name, value in arguments.items():
        if isinstance(value, float):
            found[f"`{name}` is doubled"] = _on([name], lambda v: 2 * v)
    for size in range(1, len(floats) + 1):
        for some in itertools.combinations(floats, size):
            names = " and ".join(f"`{n}`" for n in some)
            found[f"{names} {'changes' if size == 1 else 'change'} sign"] = _on(some, torch.neg)
    for one, other in _alike(arguments):
        found[f"`{one}` and `{other}` change places"] = _exchange(one, other)
    rows = _of_rows(arguments)
    if rows:
        found["the rows come in another order"] = _on(rows, lambda v: v.flip(0))
        found["every row is given twice"] = _on(rows, lambda v: torch.cat([v, v]))
    return found


def plain(arguments: Arguments) -> dict[str, Change]:
    """Return plain cases, in which something has no effect, by what messages call them.

    Args:
        arguments: of one call.
    """
    found: dict[str, Change] = {}
    for one, other in _alike(arguments):
        found[f"`{one}` and `{other}` are equal"] = _equal(one, other)
    for name, value in arguments.items():
        if _is_floats(value):
            found[f"all of `{name}` is 0"] = _on([name], torch.zeros_like)
            found[f"all of `{name}` is 1"] = _on([name], torch.ones_like)
            found[f"40 is added to all of `{name}`"] = _on([name], lambda v: v + 40)
            if value.ndim == 2:
                found[f"the rows of `{name}` have length 1"] = _on([name], _shorten)
                found[f"the columns of `{name}` have mean 0"] = _on([name], lambda v: v - v.mean(0))
                found[f"the rows of `{name}` are equal"] = _on([name], lambda v: v[:1].expand_as(v))
        elif isinstance(value, float):
            found[f"`{name}` is 1"] = _on([name], lambda _: 1.0)
        elif isinstance(value, Tensor) and value.ndim == 1:
            found[f"all of `{name}` are equal"] = _on([name], torch.zeros_like)
            if value.dtype == torch.bool:
                found[f"all of `{name}` are True"] = _on([name], torch.ones_like)
            else:
                found[f"all of `{name}` differ"] = _on([name], lambda v: torch.arange(len(v)))
    return found


def _alike(arguments: Arguments) -> list[tuple[str, str]]:
    """Return pairs of arguments that may change places."""
    floats = [n for n, v in arguments.items() if _is_floats(v)]
    pairs = itertools.combinations(floats, 2)
    return [(a, b) for a, b in pairs if arguments[a].shape == arguments[b].shape]


def _exchange(one: str, other: str) -> Change:
    return lambda arguments: {**arguments, one: arguments[other], other: arguments[one]}


def _equal(one: str, other: str) -> Change:
    return lambda arguments: {**arguments, one: arguments[other]}


def _shorten(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-9)


def _is_floats(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.ndim > 0


def _of_rows(arguments: Arguments) -> list[str]:
    """Return the arguments that hold one row for each image, if all tensors do."""
    tensors = {n: v for n, v in arguments.items() if isinstance(v, Tensor) and v.ndim}
    lengths = {len(v) for v in tensors.values()}
    return list(tensors) if len(lengths) == 1 and min(lengths) > 1 else []


def _on(names: Sequence[str], change: Callable[[Any], Any]) -> Change:
    return lambda arguments: {n: change(v) if n in names else v for n, v in arguments.items()}


def _lengthen(rows: Tensor) -> Tensor:
    return rows * torch.linspace(0.5, 2, len(rows), dtype=rows.dtype)[:, None]


Parts = Sequence[Tensor]


def of_plain(what: str, got: Parts, right: Parts, rtol: float, atol: float) -> Relation | None:
    """Return what a plain case tells about an answer that is wrong elsewhere.

    Args:
        what: is plain about it.
        got: the answer's result in this case, in parts.
        right: the right one.
        rtol: relative tolerance.
        atol: absolute tolerance.
    """
    if not all(bool(torch.isfinite(v).all()) for v in (*got, *right)):
        return None
    for number, (g, r) in enumerate(zip(got, right, strict=True)):
        if not (r.abs() > atol).any() and (g.abs() > 10 * atol).any():
            part = f", part {number + 1}," if len(right) > 1 else ""
            return Relation("should-be-0", f"{part} should be 0 when {what}, and is not")
    if any(len(r.unique()) < 2 and not r.any() for r in right):
        return None
    if all(torch.allclose(g, r, rtol=rtol, atol=atol) for g, r in zip(got, right, strict=True)):
        return Relation("only-in-a-plain-case", f" is right when {what}, and wrong otherwise")
    return None


def broken(
    what: str, before: tuple[Parts, Parts], after: tuple[Parts, Parts]
) -> Iterator[Relation]:
    """Yield how an answer follows a change otherwise than what is right.

    Args:
        what: has changed.
        before: the answer's result and the right one, in parts, before the change.
        after: the same after it.
    """
    for number, (got, right, then, wanted) in enumerate(zip(*before, *after, strict=True)):
        part = f", part {number + 1}," if len(before[1]) > 1 else ""
        found = _of_part(what, (got, right), (then, wanted))
        if found:
            yield Relation(found.name, f"{part} {found.message}")


def _of_part(
    what: str, before: tuple[Tensor, Tensor], after: tuple[Tensor, Tensor]
) -> Relation | None:
    (got, right), (then, wanted) = before, after
    if not all(bool(torch.isfinite(v).all()) for v in (got, right, then, wanted)):
        return None
    if got.shape != right.shape or then.shape != wanted.shape:
        return None
    follows = {name: _same(how(right), wanted) for name, how in FOLLOW.items()}
    does = {name: _same(how(got), then) for name, how in FOLLOW.items()}
    if follows["stays"] and not does["stays"]:
        return Relation("should-not-change", f"changes when {what}, and should not")
    if does["stays"] and not follows["stays"] and right.shape == wanted.shape:
        return Relation("should-change", f"stays the same when {what}, and should not")
    for name in ("turns", "repeats"):
        if follows[name] and not does[name]:
            text = "does not follow: each row should depend on its own row alone"
            return Relation("rows-mixed", f"{text} (seen when {what})")
    should, is_so = _factor(right, wanted), _factor(got, then)
    if should is None or (is_so is not None and abs(is_so / should - 1) < 1e-2):
        return None
    does_so = f"becomes {is_so:.3g} times as large" if is_so else "does not"
    if should < 0 or (is_so or 1) < 0:
        return None
    says = f"should become {should:.3g} times as large when {what}, and {does_so}"
    return Relation("wrong-scaling", says)


FOLLOW: Mapping[str, Callable[[Tensor], Tensor]] = {
    "stays": lambda v: v,
    "turns": lambda v: v.flip(0) if v.ndim else v,
    "repeats": lambda v: torch.cat([v, v]) if v.ndim else v.reshape(1),
}


def _same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=1e-3, atol=1e-5))


def _factor(before: Tensor, after: Tensor) -> float | None:
    """Return by which factor all numbers have changed, if it is one; None otherwise."""
    if before.shape != after.shape or not before.any():
        return None
    factor = float((before * after).sum() / before.square().sum())
    return factor if factor and _same(factor * before, after) else None
