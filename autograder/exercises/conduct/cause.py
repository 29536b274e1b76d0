"""Why numbers are wrong, where no criterion knows the mistake: facts that hold in many calls.

An answer that lost points without a diagnosis is called again, with arguments of several sizes and
with one argument after the other changed. What is said about it was seen in every call: that it
ignores an argument, that it is twice what it should be, that it is n times as large for n rows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed
from aeutils.testing.relations import Relation, relation
from autograder.exercises.conduct.cases import SEED, Case, order_of_cases, right_for
from autograder.exercises.conduct.declare import Arguments, Conduct, Draw
from autograder.exercises.conduct.judge import determined, equal


class Call(NamedTuple):
    """One call: its arguments, what came back, and what is right, as determined parts."""

    arguments: Arguments
    value: Any
    got: list[Tensor]
    right: list[Tensor]


def probes(conduct: Conduct) -> tuple[list[Case], dict[str, list[Case]]]:
    """Return calls of several sizes, and by argument the first two with that one exchanged.

    Args:
        conduct: what the function owes.
    """
    small, _, many = conduct.sizes
    sizes = [small, small, small + 1, small + 2, 2 * small, many]
    draws = [conduct.sample(Draw(SEED + 40 + i), n) for i, n in enumerate(sizes)]
    first, other = draws[:2]
    changed = {
        name: [Case(name, {**first, name: other[name]}), Case(name, {**other, name: first[name]})]
        for name in first
        if _differs(first[name], other[name])
    }
    return [Case("draw", arguments) for arguments in draws], changed


def _differs(one: object, other: object) -> bool:
    """Return whether an argument may take another value, all else being the same."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        alike = (one.shape, one.dtype) == (other.shape, other.dtype)
        return alike and not torch.equal(one, other)
    return isinstance(one, (bool, int, float)) and type(one) is type(other) and one != other


def cause(conduct: Conduct, ask: Callable[[dict[str, Any]], Any]) -> Relation | None:
    """Return why an answer's numbers are wrong, or None.

    Args:
        conduct: what it owes.
        ask: sends an order to the student's side and returns what came back.
    """
    if conduct.methods is not None:
        return None
    draws, changed = probes(conduct)
    exchanged = [case for pair in changed.values() for case in pair]
    told = ask(order_of_cases(conduct, [*draws, *exchanged]))
    if any("raised" in seen for seen in told[:2]):
        return None
    of_draws, rest = told[: len(draws)], iter(told[len(draws) :])
    found = _ignored(conduct, draws, of_draws, {name: [next(rest), next(rest)] for name in changed})
    if found or conduct.right is None:
        return found
    calls = list(_calls(conduct, draws, of_draws))
    for look in (_returned, _out_of_range, _related, _scaled, _with_setting):
        found = look(conduct, calls)
        if found:
            return found
    return None


def _ignored(
    conduct: Conduct, draws: Sequence[Case], told: Sequence[Any], exchanged: dict[str, list[Any]]
) -> Relation | None:
    """Return which arguments make no difference although they should."""
    values = [seen["value"] for seen in told if "raised" not in seen]
    if len(values) == len(told) and all(equal(values[0], v) for v in values[1:]):
        return Relation("constant-result", "is the same whatever the arguments are")
    ignored = []
    for name, seen in exchanged.items():
        if not all("raised" not in s and equal(s["value"], values[i]) for i, s in enumerate(seen)):
            continue
        if conduct.right is None:
            # A draw may well depend on the shape of a tensor alone.
            matters = not isinstance(draws[0].arguments[name], Tensor)
        else:
            rights = [right_for(conduct, draw.arguments) for draw in draws[:2]]
            changed = [right_for(conduct, case.arguments) for case in probes(conduct)[1][name]]
            matters = not any(equal(a, b) for a, b in zip(rights, changed, strict=True))
        if matters:
            ignored.append(name)
    if not ignored:
        return None
    names = " and ".join(f"`{name}`" for name in ignored)
    return Relation("argument-ignored", f"stays the same when {names} changes: use the argument")


def _calls(conduct: Conduct, draws: Sequence[Case], told: Sequence[Any]) -> Iterator[Call]:
    """Yield the calls that returned something of the right shapes."""
    for case, seen in zip(draws, told, strict=True):
        if "raised" in seen:
            continue
        right = right_for(conduct, case.arguments)
        wanted = determined(conduct, right, right)
        try:
            got = determined(conduct, seen["value"], right)
        except (CheckFailed, RuntimeError, IndexError):
            continue
        if [g.shape for g in got] == [w.shape for w in wanted]:
            yield Call(case.arguments, seen["value"], got, wanted)


def _returned(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return which argument came back as it was."""
    if len(calls) < 2:
        return None
    for name, given in calls[0].arguments.items():
        if not isinstance(given, Tensor) or given.is_complex():
            continue
        back = all(_came_back(call.value, call.arguments[name]) for call in calls)
        if back and not all(equal(call.right[0], call.arguments[name]) for call in calls):
            return Relation("argument-returned", f"is the argument `{name}`, unchanged")
    return None


def _came_back(value: Any, given: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == given.shape and equal(value, given)


def _out_of_range(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return which number cannot be, whatever the arguments are."""
    if conduct.between is None:
        return None
    low, high = conduct.between
    for call in calls:
        least, most = float(call.got[0].min()), float(call.got[0].max())
        if not math.isfinite(least) or not math.isfinite(most):
            return None
        slack = 1e-4 * max(1.0, abs(least), abs(most))
        if least < low - slack or most > high + slack:
            wrong = least if least < low - slack else most
            reach = f"from {low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
            return Relation("out-of-range", f"was {wrong:.4g} in one call; it is always {reach}")
    return None


def _wrong_parts(calls: Sequence[Call]) -> Iterator[tuple[str, list[tuple[Call, Tensor, Tensor]]]]:
    """Yield the name of each part of the result and what it was and should be, if it is wrong."""
    for number in range(len(calls[0].right) if calls else 0):
        rows = [(c, c.got[number], c.right[number]) for c in calls]
        finite = all(torch.isfinite(g).all() and torch.isfinite(r).all() for _, g, r in rows)
        if finite and not all(equal(g, r) for _, g, r in rows):
            yield (f", part {number + 1}," if len(calls[0].right) > 1 else ""), rows


def _related(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return a relation that holds between all numbers of all calls."""
    for part, rows in _wrong_parts(calls):
        got = torch.cat([g.flatten() for _, g, _ in rows])
        right = torch.cat([r.flatten() for _, _, r in rows])
        found = relation(got, right, conduct.rtol, conduct.atol, places=False)
        if found and len(rows) >= 4:
            return Relation(found.name, f"{part} {found.message}".strip())
    return None


POWERS: dict[str, Callable[[float], float]] = {
    "{x} times": lambda n: n,
    "1/{x} of": lambda n: 1 / n,
    "({x} − 1) times": lambda n: n - 1,
    "1/({x} − 1) of": lambda n: 1 / (n - 1),
    "{x}/({x} − 1) times": lambda n: n / (n - 1),
    "({x} − 1)/{x} of": lambda n: (n - 1) / n,
    "({x} + 1) times": lambda n: n + 1,
    "({x} + 1)/{x} times": lambda n: (n + 1) / n,
    "{x}/({x} + 1) of": lambda n: n / (n + 1),
    "{x}² times": lambda n: n * n,
    "1/{x}² of": lambda n: 1 / (n * n),
    "√{x} times": lambda n: math.sqrt(n),
    "1/√{x} of": lambda n: 1 / math.sqrt(n),
}


def _measures(arguments: Arguments) -> Iterator[tuple[str, float]]:
    """Yield the numbers that a result may have been multiplied with by mistake."""
    for name, value in arguments.items():
        if isinstance(value, Tensor) and value.ndim:
            yield f"n, the number of rows of `{name}`,", float(len(value))
            if value.ndim == 1 and not value.is_floating_point():
                yield f"n, the number of different `{name}`,", float(len(value.unique()))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"`{name}`", float(value)


def _scaled(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return the size or setting with which the result is multiplied, or which is added."""
    for part, rows in _wrong_parts(calls):
        measures = [dict(_measures(call.arguments)) for call, _, _ in rows]
        for what in measures[0] if len(rows) >= 4 else ():
            sizes = [m.get(what, math.nan) for m in measures]
            if len(set(sizes)) < 2:
                continue
            short = "n" if what.startswith("n,") else what
            where = f", where n is {what[3:-1]}" if short == "n" else ""
            found = _factor(rows, sizes, conduct.atol) or _offset(rows, sizes, conduct.atol)
            if found:
                text = f"{part} {found.message.replace('{x}', short)}{where}"
                return Relation(found.name, text.strip())
    return None


Rows = Sequence[tuple[Call, Tensor, Tensor]]


def _powers(sizes: Sequence[float]) -> Iterator[tuple[str, list[float]]]:
    for text, power in POWERS.items():
        with contextlib.suppress(ZeroDivisionError, ValueError):
            yield text, [power(size) for size in sizes]


def _factor(rows: Rows, sizes: Sequence[float], atol: float) -> Relation | None:
    for text, factors in _powers(sizes):
        pairs = list(zip(rows, factors, strict=True))
        if all(
            bool(r.any()) and torch.allclose(g, f * r, rtol=1e-3, atol=atol)
            for (_, g, r), f in pairs
        ):
            return Relation("factor-of-size", f"is {text} what it should be")
    return None


def _offset(rows: Rows, sizes: Sequence[float], atol: float) -> Relation | None:
    for text, offsets in _powers(sizes):
        for times in (1, -1, 0.5, -0.5, 2, -2):
            pairs = list(zip(rows, offsets, strict=True))
            if all(
                torch.allclose(g, r + times * o, rtol=1e-4, atol=atol) for (_, g, r), o in pairs
            ):
                much = text.removesuffix(" times").removesuffix(" of")
                much = much if abs(times) == 1 else f"{abs(times):g} · {much}"
                says = "large" if times > 0 else "small"
                return Relation("offset-of-size", f"is too {says} by {much}")
    return None


def _with_setting(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return the setting for which the result is right, if it is wrong for another one."""
    good = [all(equal(g, r) for g, r in zip(c.got, c.right, strict=True)) for c in calls]
    if all(good) or not any(good):
        return None
    for name, value in calls[0].arguments.items():
        if not isinstance(value, (bool, int, float)):
            continue
        by = {True: set(), False: set()}
        for call, is_good in zip(calls, good, strict=True):
            by[is_good].add(call.arguments[name])
        if not by[True] & by[False]:
            right, wrong = (", ".join(f"{v:g}" for v in sorted(by[k])) for k in (True, False))
            text = f"is right for `{name}` = {right} and wrong for `{name}` = {wrong}"
            return Relation("wrong-for-a-setting", text)
    return None
