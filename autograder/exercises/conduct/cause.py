"""Why numbers are wrong, where no criterion knows the mistake: facts that hold in many calls.

An answer that lost points without a diagnosis is called again, with arguments of several sizes and
with one argument after the other changed. What is said about it was seen in every call: that it
ignores an argument, that it is twice what it should be, that it is n times as large for n rows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed
from aeutils.testing.relations import Relation, is_plain, relation
from autograder.exercises.conduct import instead, metamorphic, sizes
from autograder.exercises.conduct.cases import SEED, Case, order_of_cases, right_for
from autograder.exercises.conduct.declare import Arguments, Conduct, Draw
from autograder.exercises.conduct.judge import determined, equal


class Call(NamedTuple):
    """One call: its arguments, what came back, and what is right, as determined parts."""

    arguments: Arguments
    value: Any
    got: list[Tensor]
    right: list[Tensor]


class Probes(NamedTuple):
    """The calls that are made, each with what is right for it, in parts (None where unknown).

    Attributes:
        draws: arguments of several sizes.
        exchanged: by argument the first two draws with that one exchanged.
        changed: by what has changed, the first two draws with that change.
        plain: by what is plain, the first two draws made so.
        instead: by what took whose place, what is right for the first two draws then.
    """

    draws: list[tuple[Case, Any]]
    exchanged: dict[str, list[tuple[Case, Any]]]
    changed: dict[str, list[tuple[Case, Any]]]
    plain: dict[str, list[tuple[Case, Any]]]
    instead: dict[str, list[Any]]


@functools.lru_cache(maxsize=8)
def probes(conduct: Conduct) -> Probes:
    """Return the calls that tell why a function's numbers are wrong.

    Args:
        conduct: what the function owes.
    """
    small, _, many = conduct.sizes
    rows = [small, small, small + 1, small + 2, 2 * small, many]
    draws = [conduct.sample(Draw(SEED + 40 + i), n) for i, n in enumerate(rows)]
    first, other = draws[:2]
    exchanged = {
        name: [{**first, name: other[name]}, {**other, name: first[name]}]
        for name in first
        if _differs(first[name], other[name])
    }
    known = conduct.right is not None and conduct.stage is None
    changes = metamorphic.changes(first) if known else {}
    plain = metamorphic.plain(first) if known else {}
    others = instead.variants(other) if known else ()

    def with_right(arguments: Arguments) -> tuple[Case, Any]:
        return Case("probe", arguments), _right(conduct, arguments)

    def with_change(change: metamorphic.Change) -> list[tuple[Case, Any]]:
        return [with_right(change(first)), with_right(change(other))]

    return Probes(
        [with_right(arguments) for arguments in draws],
        {name: [with_right(a) for a in pair] for name, pair in exchanged.items()},
        {what: with_change(change) for what, change in changes.items()},
        {what: with_change(change) for what, change in plain.items()},
        {
            what: [_right(conduct, a), _right(conduct, b)]
            for (what, a), (_, b) in zip(
                instead.variants(first) if known else (), others, strict=True
            )
        },
    )


def _right(conduct: Conduct, arguments: Arguments) -> Any:
    """Return what is right; None if that is random, or not defined for these arguments."""
    if conduct.right is None or not all(map(_is_finite, arguments.values())):
        return None
    try:
        return right_for(conduct, arguments)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
        return None


def _is_finite(value: object) -> bool:
    """Return whether an argument is one that a caller may give: √ and log may make others."""
    if isinstance(value, Tensor) and value.is_floating_point():
        return bool(value.isfinite().all())
    return not isinstance(value, float) or math.isfinite(value)


def _differs(one: object, other: object) -> bool:
    """Return whether an argument may take another value, all else being the same."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        alike = (one.shape, one.dtype) == (other.shape, other.dtype)
        return alike and not torch.equal(one, other)
    return isinstance(one, (bool, int, float)) and type(one) is type(other) and one != other


Ask = Callable[[dict[str, Any]], Any]


def cause(conduct: Conduct, ask: Ask) -> Relation | None:
    """Return why an answer's numbers are wrong, or None.

    Args:
        conduct: what it owes.
        ask: sends an order to the student's side and returns what came back.
    """
    if conduct.methods is not None:
        return None
    known = probes(conduct)
    pairs = [*known.draws, *(p for both in known.exchanged.values() for p in both)]
    told = ask(order_of_cases(conduct, [case for case, _ in pairs]))
    if any("raised" in seen or seen["value"] is None for seen in told[:2]):
        return None  # what works in place returns nothing, and has no relation to look for
    found = _ignored(conduct, known, told)
    if conduct.right is None:
        return found
    calls = [_call(conduct, *pair, seen) for pair, seen in zip(known.draws, told, strict=False)]
    good = [call for call in calls if call]
    both = calls[:2]
    if found and (found.name == "constant-result" or not _by_chance(good)):
        return found
    if _by_chance(good):
        return next((f for f in (_out_of_range(conduct, good), _scaled(conduct, good)) if f), None)
    wrong = all(both) and not any(_is_right(conduct, call) for call in both if call)
    for look in (_returned, _out_of_range, _related, _scaled):
        found = look(conduct, good)
        if found:
            return found
    found = _instead(conduct, known, both) if wrong else None
    found = found or _with_setting(conduct, good)
    return found or (_broken(conduct, known, both, ask) if wrong else None)


def _by_chance(calls: Sequence[Call]) -> bool:
    """Return whether results are shares of a few, which agree by chance too often to prove much."""
    return bool(calls) and all(
        r.numel() == 1 and is_plain(float(r)) for call in calls[:2] for r in call.right
    )


def _ignored(conduct: Conduct, known: Probes, told: Sequence[Any]) -> Relation | None:
    """Return which arguments make no difference although they should."""
    of_draws, rest = told[: len(known.draws)], iter(told[len(known.draws) :])
    values = [seen["value"] for seen in of_draws if "raised" not in seen]
    if len(values) == len(of_draws) and all(equal(values[0], v) for v in values[1:]):
        return Relation("constant-result", " is the same whatever the arguments are")
    ignored = []
    for name, exchanged in known.exchanged.items():
        seen = [next(rest), next(rest)]
        if not all("raised" not in s and equal(s["value"], values[i]) for i, s in enumerate(seen)):
            continue
        if conduct.right is None:
            # A draw may well depend on the shape of a tensor alone.
            is_tensor = isinstance(exchanged[0][0].arguments[name], Tensor)
            matters = not is_tensor and not conduct.allowed("scalar-frozen")
        else:
            rights = zip(known.draws, exchanged, strict=False)
            matters = not any(equal(before, after) for (_, before), (_, after) in rights)
        if matters:
            ignored.append(name)
    if not ignored:
        return None
    names = " and ".join(f"`{name}`" for name in ignored)
    return Relation("argument-ignored", f" stays the same when {names} changes: use the argument")


def _call(conduct: Conduct, case: Case, right: Any, seen: Any) -> Call | None:
    """Return what is determined about a call, if something of the right shapes came back."""
    if "raised" in seen or right is None:
        return None
    wanted = determined(conduct, right, right)
    try:
        got = determined(conduct, seen["value"], right)
    except (CheckFailed, RuntimeError, IndexError):
        return None
    if [g.shape for g in got] != [w.shape for w in wanted]:
        return None
    return Call(case.arguments, seen["value"], got, wanted)


def _is_right(conduct: Conduct, call: Call) -> bool:
    pairs = zip(call.got, call.right, strict=True)
    return all(_close(conduct, got, right) for got, right in pairs)


def _close(conduct: Conduct, got: Tensor, right: Tensor) -> bool:
    return bool(torch.allclose(got, right, rtol=conduct.rtol, atol=conduct.atol))


def _instead(conduct: Conduct, known: Probes, calls: Sequence[Call | None]) -> Relation | None:
    """Return for which other arguments the results of the first two draws would be right."""
    for what, rights in known.instead.items():
        found = []
        for call, right in zip(calls, rights, strict=True):
            if call is None or right is None:
                break
            wanted = determined(conduct, right, right)
            if [w.shape for w in wanted] != [g.shape for g in call.got]:
                break
            pairs = list(zip(call.got, wanted, strict=True))
            found.append(all(_close(conduct, got, want) for got, want in pairs))
        if len(found) == 2 and all(found):
            return Relation("as-if", f" is what would be right with {what}")
    return None


def _broken(
    conduct: Conduct, known: Probes, calls: Sequence[Call | None], ask: Ask
) -> Relation | None:
    """Return which metamorphic relation is broken by the first two draws alike."""
    every = {**known.changed, **known.plain}
    pairs = [p for both in every.values() for p in both]
    told = iter(ask(order_of_cases(conduct, [case for case, _ in pairs])) if pairs else ())
    for what, both in every.items():
        after = [_call(conduct, *pair, next(told)) for pair in both]
        found: list[list[Relation]] = []
        for before, then in zip(calls, after, strict=True):
            if before is None or then is None:
                break
            if what in known.plain:
                one = metamorphic.of_plain(what, then.got, then.right, conduct.rtol, conduct.atol)
                found.append([one] if one else [])
            else:
                old, new = (before.got, before.right), (then.got, then.right)
                found.append(list(metamorphic.broken(what, old, new)))
        if len(found) == 2:
            degenerate = what in known.plain and equal(both[0][1], both[1][1])
            seen = [one for one in found[0] if one in found[1]]
            seen = [one for one in seen if one.name != "only-in-a-plain-case" or not degenerate]
            if seen:
                return seen[0]
    return None


def _returned(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return which argument came back as it was."""
    if len(calls) < 2:
        return None
    for name, given in calls[0].arguments.items():
        if not isinstance(given, Tensor) or given.is_complex():
            continue
        back = all(_came_back(call.value, call.arguments[name]) for call in calls)
        if back and not all(equal(call.right[0], call.arguments[name]) for call in calls):
            return Relation("argument-returned", f" is the argument `{name}`, unchanged")
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
            return Relation("out-of-range", f" was {wrong:.4g} in one call; it is always {reach}")
    return None


def _wrong_parts(
    conduct: Conduct, calls: Sequence[Call]
) -> Iterator[tuple[str, list[tuple[Call, Tensor, Tensor]]]]:
    """Yield the name of each part of the result and what it was and should be, if it is wrong."""
    for number in range(len(calls[0].right) if calls else 0):
        rows = [(c, c.got[number], c.right[number]) for c in calls]
        finite = all(torch.isfinite(g).all() and torch.isfinite(r).all() for _, g, r in rows)
        if finite and not all(_close(conduct, g, r) for _, g, r in rows):
            yield (f", part {number + 1}," if len(calls[0].right) > 1 else ""), rows


def _related(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return a relation that holds between all numbers of all calls."""
    for part, rows in _wrong_parts(conduct, calls):
        got = torch.cat([g.flatten() for _, g, _ in rows])
        right = torch.cat([r.flatten() for _, _, r in rows])
        found = relation(got, right, conduct.rtol, conduct.atol, places=False)
        if found and len(rows) >= 4:
            return Relation(found.name, f"{part} {found.message}")
    return None


def _scaled(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return the size or setting with which the result is multiplied, or which is added."""
    for part, rows in _wrong_parts(conduct, calls):
        if len(rows) >= 4:
            found = sizes.relation([(c.arguments, g, r) for c, g, r in rows], conduct.atol)
            if found:
                return Relation(found.name, f"{part} {found.message}")
    return None


def _with_setting(conduct: Conduct, calls: Sequence[Call]) -> Relation | None:
    """Return the setting for which the result is right, if it is wrong for another one."""
    good = [_is_right(conduct, call) for call in calls]
    if all(good) or not any(good):
        return None
    for name, value in calls[0].arguments.items():
        if not isinstance(value, (bool, int, float)):
            continue
        by: dict[bool, set[float]] = {True: set(), False: set()}
        for call, is_good in zip(calls, good, strict=True):
            by[is_good].add(call.arguments[name])
        if not by[True] & by[False]:
            right, wrong = (", ".join(f"{v:g}" for v in sorted(by[k])) for k in (True, False))
            text = f" is right for `{name}` = {right} and wrong for `{name}` = {wrong}"
            return Relation("wrong-for-a-setting", text)
    return None
