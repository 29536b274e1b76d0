"""Results that would be right for other arguments: for −b in place of b, for √σ in place of σ.

Nothing is asked of the answer: its result is compared with what is right for changed arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.exercises.conduct.declare import Arguments

TENSORS: dict[str, Callable[[Tensor], Tensor]] = {
    "−{x}": torch.neg,
    "2 · {x}": lambda v: 2 * v,
    "{x}/2": lambda v: v / 2,
    "{x} · 1.5": lambda v: 1.5 * v,
    "|{x}|": torch.abs,
    "{x}²": torch.square,
    "{x}³": lambda v: v**3,
    "1/{x}": torch.reciprocal,
    "√{x}": torch.sqrt,
    "log {x}": torch.log,
    "exp {x}": torch.exp,
    "exp({x}) − 1": torch.expm1,
    "log(1 + {x})": torch.log1p,
    "tanh {x}": torch.tanh,
    "sigmoid {x}": torch.sigmoid,
    "{x}, rounded,": torch.round,
    "{x} with its negative numbers at 0": lambda v: v.clamp_min(0),
    "1 − {x}": lambda v: 1 - v,
    "{x} + 1": lambda v: v + 1,
    "{x} − 1": lambda v: v - 1,
    "zeros for {x}": torch.zeros_like,
    "ones for {x}": torch.ones_like,
}
TABLES: dict[str, Callable[[Tensor], Tensor]] = {
    "{x} with rows of length 1": lambda v: v / v.norm(dim=1, keepdim=True),
    "{x} with columns of length 1": lambda v: v / v.norm(dim=0, keepdim=True),
    "{x} divided by its whole length": lambda v: v / v.norm(),
    "{x} times the lengths of its rows": lambda v: v * v.norm(dim=1, keepdim=True),
    "{x} without the mean of each column": lambda v: v - v.mean(0),
    "{x} without the mean of each row": lambda v: v - v.mean(1, keepdim=True),
    "{x} without the mean of all": lambda v: v - v.mean(),
    "{x} without the sum of each column": lambda v: v - v.sum(0),
    "{x} plus the mean of each column": lambda v: v + v.mean(0),
    "{x} with its rows in reverse order": lambda v: v.flip(0),
    "{x} with its columns in reverse order": lambda v: v.flip(1),
    "{x} without its last row": lambda v: v[:-1],
    "{x} without its first row": lambda v: v[1:],
    "{x} without its last column": lambda v: v[:, :-1],
    "{x} without its first column": lambda v: v[:, 1:],
    "the transpose of {x}": lambda v: v.T,
}
NUMBERS: dict[str, Callable[[float], float]] = {
    "2 · {x}": lambda v: 2 * v,
    "{x}/2": lambda v: v / 2,
    "√2 · {x}": lambda v: math.sqrt(2) * v,
    "{x}/√2": lambda v: v / math.sqrt(2),
    "1.5 · {x}": lambda v: 1.5 * v,
    "√1.5 · {x}": lambda v: math.sqrt(1.5) * v,
    "√3 · {x}": lambda v: math.sqrt(3) * v,
    "{x}/√3": lambda v: v / math.sqrt(3),
    "3 · {x}": lambda v: 3 * v,
    "{x}/3": lambda v: v / 3,
    "√{x}": math.sqrt,
    "√(2 · {x})": lambda v: math.sqrt(2 * v),
    "{x}²": lambda v: v * v,
    "{x} · √{x}": lambda v: v * math.sqrt(v),
    "{x}³": lambda v: v**3,
    "1/{x}": lambda v: 1 / v,
    "1 − {x}": lambda v: 1 - v,
    "1 + {x}": lambda v: 1 + v,
    "−{x}": lambda v: -v,
    "1 for {x}": lambda v: 1.0,
    "0 for {x}": lambda v: 0.0,
}
STEPS: dict[str, Callable[[int], int]] = {
    "{x} − 1": lambda v: v - 1,
    "{x} + 1": lambda v: v + 1,
    "{x} − 2": lambda v: v - 2,
    "{x} + 2": lambda v: v + 2,
    "2 · {x}": lambda v: 2 * v,
    "1 for {x}": lambda v: 1,
}


def variants(arguments: Arguments) -> Iterator[tuple[str, Arguments]]:
    """Yield changed arguments, each with what took whose place.

    Args:
        arguments: of one call.
    """
    for name, value in arguments.items():
        for text, change in _changes(value).items():
            try:
                changed = change(value)
            except (ArithmeticError, ValueError):
                continue
            called = f"`{name}`"
            where = text.replace("{x}", called)
            where = where if " for " in where else f"{where} in place of {called}"
            yield where, {**arguments, name: changed}
    floats = [n for n, v in arguments.items() if isinstance(v, Tensor) and v.is_floating_point()]
    for i, one in enumerate(floats):
        for other in floats[i + 1 :]:
            if arguments[one].shape == arguments[other].shape:
                a, b = arguments[one], arguments[other]
                where = f"`{other}` in place of `{one}`"
                yield f"{where} and the other way round", {**arguments, one: b, other: a}
                yield where, {**arguments, one: b}
                yield f"`{one}` in place of `{other}`", {**arguments, other: a}
    for name, value in arguments.items():
        if isinstance(value, bool):
            yield f"`{name}` = {not value} in place of {value}", {**arguments, name: not value}


def _changes(value: object) -> dict[str, Callable[[Any], Any]]:
    if isinstance(value, Tensor) and value.is_floating_point() and value.ndim:
        return {**TENSORS, **TABLES} if value.ndim == 2 else TENSORS
    if isinstance(value, bool):
        return {}
    if isinstance(value, int):
        return STEPS
    return NUMBERS if isinstance(value, float) else {}
