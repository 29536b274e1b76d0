"""In which ways an answer is called, and what crosses to the student's side for it."""

from __future__ import annotations

import contextlib
import functools
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from autograder.exercises.conduct.declare import Arguments, Conduct, Draw, Part, Seed

SEED = 20_300


class Case(NamedTuple):
    """One call.

    Attributes:
        line: the line of conduct that wrong numbers break here.
        arguments: by name, in order, in float32.
        dtype: of the floating-point arguments.
        strided: whether tensors are views whose numbers do not lie side by side.
        elsewhere: seeds the global generators, which must make no difference.
        trains: whether the arguments that are trained ask for a gradient.
    """

    line: str
    arguments: Arguments
    dtype: str = "float32"
    strided: bool = False
    elsewhere: int = 1
    trains: bool = False


@functools.cache
def cases_of(conduct: Conduct) -> list[Case]:
    """Return the ways in which a function is called; the first is the usual one.

    They are drawn once, and are what the judge looks at. An answer gets others that are equal: it
    may write into them.

    Args:
        conduct: what it owes.
    """
    return draw_cases(conduct)


def draw_cases(conduct: Conduct) -> list[Case]:
    """Return the ways in which a function is called, drawn anew.

    Args:
        conduct: what it owes.
    """
    small, least, many = conduct.sizes
    first, other, few, more = (
        conduct.sample(Draw(SEED + i), n) for i, n in enumerate((small, small, least, many))
    )
    cases = [
        Case("another-draw", first),
        Case("strided", first, strided=not conduct.allowed("strided"), elsewhere=2),
        Case("another-draw", other),
        Case("float64", other, dtype="float64"),
        *([Case("no-gradient", first, trains=True)] if conduct.trains else []),
        Case("one-row", few),
        Case("many-rows", more, trains=bool(conduct.trains)),
        *(Case("extreme", arguments) for arguments in conduct.extremes),
    ]
    return [c for i, c in enumerate(cases) if i < 2 or not conduct.allowed(c.line)]


def order_of(conduct: Conduct) -> dict[str, Any]:
    """Return what the student's side is asked to do.

    Args:
        conduct: what the function owes.
    """
    if conduct.methods is not None:
        models = []
        for i in (1, 0):
            draw = Draw(SEED + i)
            arguments = conduct.sample(draw, 0)
            methods = conduct.methods(draw, conduct.sizes[2] if i == 0 else 3, **arguments)
            models.append({"args": list(arguments.values()), "methods": methods})
        return {"kind": "module", "models": models}
    return order_of_cases(conduct, draw_cases(conduct))


def order_of_cases(conduct: Conduct, cases: Sequence[Case]) -> dict[str, Any]:
    """Return what the student's side is asked to do with a function.

    Args:
        conduct: what it owes.
        cases: the calls to make.
    """
    stage = None
    if conduct.stage is not None:
        stage = [textwrap.dedent(inspect.getsource(conduct.stage)), conduct.stage.__name__]
    return {
        "kind": "function",
        "cases": [
            {
                "args": [_crossing(v) for v in case.arguments.values()],
                "trains": [
                    i
                    for i, name in enumerate(case.arguments)
                    if case.trains and name in conduct.trains
                ],
                "dtype": case.dtype,
                "strided": case.strided,
                "elsewhere": case.elsewhere,
                "stage": stage,
                "stage_seed": SEED,
            }
            for case in cases
        ],
    }


def _crossing(value: object) -> object:
    """Return an argument as it crosses; parts and generators are made on the other side."""
    if isinstance(value, Part):
        return {"part": value.name}
    return {"generator": value.value} if isinstance(value, Seed) else value


def wide(value: Any) -> Any:
    """Return an argument with its floats in float64, for what is right.

    Args:
        value: an argument.
    """
    return value.double() if isinstance(value, Tensor) and value.is_floating_point() else value


def right_for(conduct: Conduct, arguments: Mapping[str, Any]) -> Any:
    """Return what is right for these arguments; stages are made here as well.

    Args:
        conduct: what the function owes.
        arguments: by name, in order.

    Raises:
        ValueError: nothing is declared to be right.
    """
    if conduct.right is None:
        raise ValueError(f"{conduct.name}: what is right is random")
    parts = {}
    if conduct.stage is not None:
        with torch.random.fork_rng(devices=[]):  # layers draw first weights, which are replaced
            parts = conduct.stage(SEED)
    for part in parts.values():
        if isinstance(part, torch.nn.Module):
            part.double()
    return conduct.right(*(_here(v, parts) for v in arguments.values()))


@functools.cache
def right_in_case(conduct: Conduct, place: int) -> Any:
    """Return what is right in one of the function's cases; worked out once.

    Args:
        conduct: what the function owes.
        place: the case's place in :func:`cases_of`.

    Raises:
        ValueError: nothing is declared to be right.
    """
    return right_for(conduct, cases_of(conduct)[place].arguments)


def rehearse(conduct: Conduct) -> None:
    """Work out all that is the same for every student.

    Args:
        conduct: what a function owes.
    """
    if conduct.methods is not None or conduct.right is None:
        return
    for place in range(len(cases_of(conduct))):
        with contextlib.suppress(Exception):  # whoever needs it meets the same again
            right_in_case(conduct, place)


def _here(value: Any, parts: Mapping[str, Any]) -> Any:
    """Return an argument as it is on this side."""
    if isinstance(value, Part):
        return parts[value.name]
    if isinstance(value, Seed):
        return torch.Generator().manual_seed(value.value)
    return wide(value)
