"""Which lines of conduct an answer broke, from what was seen beside it. All of this is trusted.

What comes back from the student's side is data to be compared with what is right; a lie about it
can hide a breach and earns nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, to_tensor
from autograder.exercises.conduct.cases import Case, cases_of, right_for, right_in_case, wide
from autograder.exercises.conduct.declare import Breach, Conduct, Part
from autograder.exercises.conduct.messages import NUMBERS, STATE

Told = Mapping[str, Any]


def breaches(conduct: Conduct, told: Any) -> Iterator[Breach]:
    """Yield the lines that an answer broke and is not allowed to break, those of state first.

    Args:
        conduct: what it owes.
        told: what `beside.entry.try_out` has returned.
    """
    found = of_module(conduct, told) if conduct.methods is not None else of_calls(conduct, told)
    return (breach for breach in found if not conduct.allowed(breach.line))


def state(line: str, conduct: Conduct, place: object = 0, names: Sequence[str] = ()) -> Breach:
    """Return the breach of a line about state.

    Args:
        line: its name.
        conduct: what the function owes.
        place: which argument, by its number in `names`.
        names: of the arguments.
    """
    what = names[place] if type(place) is int and place < len(names) else "model"
    return Breach(line, STATE[line].format(what=what), lasting=True)


def of_calls(conduct: Conduct, told: Sequence[Told]) -> Iterator[Breach]:
    """Yield what a function's calls broke.

    Args:
        conduct: what the function owes.
        told: what came back from the student's side.
    """
    cases = cases_of(conduct)
    if "raised" in told[0]:
        return  # it does not work at all: the criteria say so
    names = list(cases[0].arguments)
    for seen in told:
        if "raised" in seen:
            continue
        for place, line in seen["broken"]:
            yield state(line, conduct, place, names)
        for line in seen["state"]:
            yield state(line, conduct)
    yield from of_draws(conduct, cases, told)
    for case, seen in zip(cases, told, strict=True):
        if "raised" not in seen and conduct.dtypes and case.dtype == "float32":
            yield from of_dtypes(conduct, seen["value"])
    for place, seen in enumerate(told):
        yield from of_numbers(conduct, place, seen, told[0])


def of_draws(conduct: Conduct, cases: Sequence[Case], told: Sequence[Told]) -> Iterator[Breach]:
    """Yield what a function did to random generators: the first two calls differ only in these.

    Args:
        conduct: what the function owes.
        cases: the calls that were made.
        told: what came back from the student's side.
    """
    first, second = told[0], told[1]
    if first["drawn"]:
        same = [a == b for a, b in zip(first["after"], second.get("after", [0] * 3), strict=True)]
        moved = [n in first["drawn"] for n in ("torch", "numpy", "random")]
        seeded = any(s and m for s, m in zip(same, moved, strict=True))
        yield state("seeded" if seeded else "drew-elsewhere", conduct)
    if "again" in first and conduct.right is None:
        if equal(first["again"], first["value"]):
            yield state("same-every-time", conduct)
        right = "value" in second and not wrong(conduct, cases[1], second)
        if right and not equal(first["value"], second["value"]):
            yield state("generator-ignored", conduct)


def of_dtypes(conduct: Conduct, value: Any) -> Iterator[Breach]:
    """Yield a breach if a result has another dtype than is promised.

    Args:
        conduct: what the function owes.
        value: the result of a call with float32.
    """
    values = value if len(conduct.dtypes) > 1 else [value]
    for number, (got, wanted) in enumerate(zip(values, conduct.dtypes, strict=True), start=1):
        dtype = to_tensor(got, "the result").dtype
        if wanted is not None and dtype != wanted:
            which = f"result {number}" if len(conduct.dtypes) > 1 else "the result"
            short = [str(d).removeprefix("torch.") for d in (wanted, dtype)]
            message = f"{which} should be {short[0]}, as the docstring says, but it is {short[1]}"
            yield Breach("wrong-dtype", message, lasting=True)


def of_numbers(conduct: Conduct, place: int, seen: Told, first: Told) -> Iterator[Breach]:
    """Yield a breach if a case's numbers are wrong, and what kind of wrong.

    Args:
        conduct: what the function owes.
        place: of the call among :func:`cases_of`.
        seen: what came of this call.
        first: what came of the first call, the usual one.
    """
    usual, case = cases_of(conduct)[0], cases_of(conduct)[place]
    size = next((len(v) for v in case.arguments.values() if isinstance(v, Tensor) and v.ndim), 0)
    if "raised" in seen and case.line == "float64":
        return  # to refuse float64 is honest; only wrong numbers are not
    if "raised" in seen:
        why = f"it raised {plain_name(seen['raised'])}"
    elif conduct.right is None:
        why = wrong(conduct, case, seen)
    else:
        right = right_in_case(conduct, place)
        rounded = is_rounded(seen["value"], right)
        why = "rounded" if rounded else difference(conduct, seen["value"], right)
        if why:
            line, more = ("rounded", "") if rounded else kind_of(conduct, case, seen, first, usual)
            text = NUMBERS[line].format(size=size, what=more)
            yield Breach(line, f"{text} ({why})", lasting=False)
            return
    if why:
        line = case.line
        yield Breach(line, f"{NUMBERS[line].format(size=size, what='')} ({why})", lasting=False)
        return
    if case.trains:
        yield from of_gradients(conduct, case, seen)


def wrong(conduct: Conduct, case: Case, seen: Told) -> str:
    """Return what is wrong with a result that is right by chance only; "" if nothing is.

    Args:
        conduct: what the function owes.
        case: the call.
        seen: what came of this call.
    """
    given = map(wide, case.arguments.values())
    return conduct.holds(seen["value"], *given) if conduct.holds else ""


def plain_name(name: object) -> str:
    """Return the name of a built-in exception, and "an error" for any other text."""
    import builtins

    return name if isinstance(name, str) and hasattr(builtins, name) else "an error"


def kind_of(conduct: Conduct, case: Case, seen: Told, first: Told, usual: Case) -> tuple[str, str]:
    """Return the line that wrong numbers break, and the arguments that it is about.

    Args:
        conduct: what the function owes.
        case: the call.
        seen: what came of this call.
        first: what came of the first call.
        usual: the first call.
    """
    value = seen["value"]
    if case.line != "another-draw" or case is usual or case.arguments is usual.arguments:
        return case.line, ""
    scalars = [n for n, v in case.arguments.items() if isinstance(v, (bool, int, float))]
    for names in (scalars, *([n] for n in scalars)):
        frozen = {**case.arguments, **{n: usual.arguments[n] for n in names}}
        if names and not difference(conduct, value, right_for(conduct, frozen)):
            return "scalar-frozen", ", ".join(f"`{n}`" for n in names)
    return ("remembered" if equal(value, first["value"]) else case.line), ""


def parts_of(value: Any, right: Any) -> list[Tensor]:
    """Return a result's parts in float64, if it has as many as the right one; else raise.

    Args:
        value: a result.
        right: the right one.

    Raises:
        CheckFailed: it has not.
    """
    if isinstance(right, (tuple, list)):
        if not isinstance(value, (tuple, list)) or len(value) != len(right):
            raise CheckFailed("another number of results", "wrong-number-of-values")
        return [to_tensor(v, "the result").double() for v in value]
    return [to_tensor(value, "the result").double()]


def determined(conduct: Conduct, value: Any, right: Any) -> list[Tensor]:
    """Return what is determined about a result, in float64.

    Args:
        conduct: what the function owes.
        value: a result.
        right: the right one.
    """
    parts = parts_of(value, right)
    return list(conduct.up_to(*parts)) if conduct.up_to else parts


def difference(conduct: Conduct, value: Any, right: Any) -> str:
    """Return in which way a result differs from the right one; "" if it does not.

    Args:
        conduct: what the function owes.
        value: a result.
        right: the right one.
    """
    wanted = determined(conduct, right, right)
    try:
        got = determined(conduct, value, right)
    except (CheckFailed, RuntimeError, IndexError) as error:
        return str(error) if isinstance(error, CheckFailed) else "another shape"
    for a, b in zip(got, wanted, strict=True):
        if a.shape != b.shape:
            return f"shape {tuple(a.shape)} instead of {tuple(b.shape)}"
        if not torch.allclose(a, b, rtol=conduct.rtol, atol=conduct.atol):
            return f"a number is off by {float((a - b).abs().max()):.2g}"
    return ""


def equal(a: Any, b: Any) -> bool:
    """Return whether two results are the same.

    Args:
        a: one value.
        b: the other value.
    """
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(equal(v, w) for v, w in zip(a, b, strict=True))
    a, b = to_tensor(a, "it").double(), to_tensor(b, "it").double()
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-5, atol=1e-7)


def is_rounded(value: Any, right: Any) -> bool:
    """Return whether a result is the right one rounded to a few decimals, up to signs.

    Args:
        value: a result.
        right: the right one.
    """
    try:
        got, wanted = (torch.cat([p.flatten() for p in parts_of(v, right)]) for v in (value, right))
    except (CheckFailed, RuntimeError):
        return False
    got, wanted = got.abs(), wanted.abs()
    if not got.any():
        return False  # 0 is no rounded number, it is nothing
    if got.shape != wanted.shape or not torch.allclose(got, wanted, rtol=0, atol=6e-2):
        return False
    exact = 3e-7 * (1 + wanted)  # a number in float32 is as exact as that
    if bool(((got - wanted).abs() < 10 * exact).all()):
        return False
    return any(bool(((got - wanted.round(decimals=d)).abs() < exact).all()) for d in (1, 2, 3, 4))


def of_gradients(conduct: Conduct, case: Case, seen: Told) -> Iterator[Breach]:
    """Yield a breach if a gradient does not reach what is trained, or is another one.

    Args:
        conduct: what the function owes.
        case: the call.
        seen: what came of this call.
    """
    found, names = seen["gradients"], ", ".join(f"`{n}`" for n in conduct.trains)
    if found is None or any(g is None for g in found):
        yield Breach("no-gradient", NUMBERS["no-gradient"].format(what=names), lasting=False)
        return
    if conduct.right is None or any(isinstance(v, Part) for v in case.arguments.values()):
        return
    arguments = {
        n: wide(v).clone().requires_grad_() if n in conduct.trains else v
        for n, v in case.arguments.items()
    }
    value = right_for(conduct, arguments)
    value = value[0] if isinstance(value, tuple) else value
    wanted = torch.autograd.grad(value.sum(), [arguments[n] for n in conduct.trains])
    for name, got, right in zip(conduct.trains, found, wanted, strict=True):
        scale = float(right.abs().max())
        if not torch.allclose(to_tensor(got, name).double(), right, rtol=1e-2, atol=1e-3 * scale):
            yield Breach("wrong-gradient", NUMBERS["wrong-gradient"].format(what=name), False)


# --- modules --------------------------------------------------------------------------------------


def of_module(conduct: Conduct, told: Told) -> Iterator[Breach]:
    """Yield what a model, or making it, broke.

    Args:
        conduct: what the function owes.
        told: what came back from the student's side.
    """
    for place, line in told.get("broken", []):
        yield state(line, conduct, place, ["arguments"])
    for line in told.get("state", []):
        yield state(line, conduct)
    if "raised" in told:
        if told["at"] != "making":
            text = NUMBERS["scalar-frozen"].format(what="a size", size=0)
            yield Breach("scalar-frozen", text, lasting=False)
        return
    first, second = told["after"]
    if any(a == b for a, b in zip(first, second, strict=True)):
        yield state("seeded", conduct)
    for name, (training, evaluating) in told["methods"].items():
        if training["drawn"]:
            pairs = zip(training["after"], evaluating["after"], strict=True)
            moved = [n in training["drawn"] for n in ("torch", "numpy", "random")]
            same = any(a == b and m for (a, b), m in zip(pairs, moved, strict=True))
            yield state("seeded" if same else "drew-elsewhere", conduct)
        for seen in (training, evaluating):
            yield from of_method(conduct, name, seen)
        few, double = to_tensor(evaluating["few"], name).double(), told["double"][name]
        if double is not None and not close(to_tensor(double, name).double(), few):
            yield Breach("float64", NUMBERS["float64"].format(size=5, what=name), lasting=False)


def close(a: Tensor, b: Tensor) -> bool:
    """Return whether two results of a model agree, up to the rounding of sums in other orders.

    Args:
        a: one value.
        b: the other value.
    """
    scale = float(b.abs().max()) if b.numel() else 0.0
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-4 * max(scale, 1e-3))


def of_method(conduct: Conduct, name: str, seen: Told) -> Iterator[Breach]:
    """Yield what one method of a model broke in one mode.

    Args:
        conduct: what the function owes.
        name: of the method.
        seen: what came of this call.
    """
    for line in seen["broken"]:
        yield state(line, conduct, 0, [name + "'s input" if "argument" in line else "model"])
    for line in seen["state"]:
        yield state(line, conduct)
    tensors = {}
    for kind, line in (("one", "one-row"), ("few", ""), ("view", "strided"), ("many", "many-rows")):
        if type(seen[kind]) is str and line:
            text = NUMBERS[line].format(size=66, what=name)
            yield Breach(line, f"{text} (it raised {plain_name(seen[kind])})", lasting=False)
            return
        tensors[kind] = to_tensor(seen[kind], name)
    few, size = tensors["few"], len(tensors["many"])
    found = {
        "own-image": not close(tensors["one"], few[-1:]),
        "many-rows": not close(tensors["many"][-5:], few),
        "strided": not close(tensors["view"], few),
        "rounded": bool((few == few.round(decimals=4)).all()) and bool((few != 0).any()),
        "no-gradient": seen["reached"] is not True,
    }
    for line, is_so in found.items():
        if is_so:
            text = NUMBERS[line].format(size=size, what=name)
            yield Breach(line, text, lasting=False)
