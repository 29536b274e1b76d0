"""Results that are off by a factor or a number that goes with a size or a setting.

A sum where a mean is asked for is n times as large for n rows, whatever n is; a squared margin is
`margin` times as large. With one size alone nobody could tell: several calls are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from aeutils.testing.relations import Relation
from autograder.exercises.conduct.declare import Arguments

Row = tuple[Arguments, Tensor, Tensor]  # arguments of a call, what came back, and what is right

POWERS: dict[str, Callable[[Tensor], Tensor]] = {
    "{x}": lambda n: n,
    "1/{x}": lambda n: 1 / n,
    "({x} − 1)": lambda n: n - 1,
    "1/({x} − 1)": lambda n: 1 / (n - 1),
    "{x}/({x} − 1)": lambda n: n / (n - 1),
    "({x} − 1)/{x}": lambda n: (n - 1) / n,
    "({x} + 1)": lambda n: n + 1,
    "({x} + 1)/{x}": lambda n: (n + 1) / n,
    "{x}/({x} + 1)": lambda n: n / (n + 1),
    "({x} − 1)/({x} + 1)": lambda n: (n - 1) / (n + 1),
    "({x} − 1)/({x} − 2)": lambda n: (n - 1) / (n - 2),
    "{x} ({x} − 1)": lambda n: n * (n - 1),
    "1/({x} ({x} − 1))": lambda n: 1 / (n * (n - 1)),
    "({x} ({x} − 1))²": lambda n: (n * (n - 1)) ** 2,
    "{x}²": lambda n: n * n,
    "1/{x}²": lambda n: 1 / (n * n),
    "√{x}": lambda n: n.sqrt(),
    "1/√{x}": lambda n: 1 / n.sqrt(),
}


def relation(rows: Sequence[Row], atol: float) -> Relation | None:
    """Return the size or setting that a result is off by, if it is in all calls.

    Args:
        rows: the calls.
        atol: absolute tolerance.
    """
    of_calls = [dict(_measures(arguments, right)) for arguments, _, right in rows]
    for what in of_calls[0]:
        if not all(what in measures for measures in of_calls):
            continue
        values = [measures[what] for measures in of_calls]
        if len(torch.cat([v.flatten() for v in values]).unique()) < 2:
            continue
        found = _factor(rows, values, atol) or _offset(rows, values, atol)
        if found:
            short = what if what.startswith("`") else "n"
            where = "" if short == what else f", where n is {what}"
            return Relation(found.name, f"{found.message.replace('{x}', short)}{where}")
    return None


def _measures(arguments: Arguments, right: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield what a result may have been multiplied with by mistake."""
    for name, value in arguments.items():
        if isinstance(value, Tensor) and value.ndim:
            yield f"the number of rows of `{name}`", torch.tensor(float(len(value)))
            if value.ndim > 1:
                yield f"how many numbers `{name}` holds", torch.tensor(float(value.numel()))
            if value.ndim == 1 and not value.is_floating_point():
                kinds, counts = value.unique(return_counts=True)
                yield f"how many different `{name}` there are", torch.tensor(float(len(kinds)))
                if right.shape == counts.shape:
                    yield f"how often each of `{name}` occurs", counts.double()
                    yield f"how many others each of `{name}` has", len(value) - counts.double()
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"`{name}`", torch.tensor(float(value))


def _powers(values: Sequence[Tensor]) -> Iterator[tuple[str, list[Tensor]]]:
    for text, power in POWERS.items():
        found = [power(value.double()) for value in values]
        if all(bool(torch.isfinite(f).all() and f.any()) for f in found):
            yield text, found


def _factor(rows: Sequence[Row], values: Sequence[Tensor], atol: float) -> Relation | None:
    for text, factors in _powers(values):
        wanted = [f * right for (_, _, right), f in zip(rows, factors, strict=True)]
        times = _times([got for _, got, _ in rows], wanted)
        if times and _all_close(rows, [times * w for w in wanted], atol):
            return Relation("factor-of-size", f"is {_by(times)}{text} times what it should be")
    return None


def _offset(rows: Sequence[Row], values: Sequence[Tensor], atol: float) -> Relation | None:
    for text, offsets in _powers(values):
        every = [o.expand_as(right) for (_, _, right), o in zip(rows, offsets, strict=True)]
        times = _times([got - right for _, got, right in rows], every)
        wanted = [right + times * o for (_, _, right), o in zip(rows, every, strict=True)]
        if abs(times) > 1e-3 and _all_close(rows, wanted, atol):
            says = "large" if times > 0 else "small"
            return Relation("offset-of-size", f"is too {says} by {_by(abs(times))}{text}")
    return None


def _times(got: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """Return the number by which all of `wanted` must be multiplied to come close to `got`."""
    a, b = (torch.cat([v.flatten() for v in values]) for values in (got, wanted))
    return float((a * b).sum() / b.square().sum().clamp_min(1e-300))


def _all_close(rows: Sequence[Row], wanted: Sequence[Tensor], atol: float) -> bool:
    pairs = zip(rows, wanted, strict=True)
    return all(bool(torch.allclose(got, w, rtol=1e-3, atol=atol)) for (_, got, _), w in pairs)


def _by(times: float) -> str:
    return "" if abs(times - 1) < 1e-3 else f"{times:.3g} · "
