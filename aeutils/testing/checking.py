"""What the tests of a student's answer are written with: run it, look at it, explain what is wrong.

A test calls the student's function through :func:`run`, compares the result with
:func:`expect_close` and lists the mistakes that students really make. When the student's numbers
match one of them, the message names the mistake instead of printing two tensors. The same helpers
serve the visible tests (``aeutils.testing.week01`` …) and the grader's hidden checks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.testing.failure import CheckFailed, is_explained
from aeutils.testing.relations import relation
from aeutils.testing.watch import Watch

PLAIN = (Tensor, torch.nn.Parameter, np.ndarray, bool, int, float, str, type(None))


def _described(value: object) -> str:
    """Describe plain values; of anything else name the type only, without calling into it."""
    return describe(value) if type(value) in PLAIN else f"an object of type {type(value).__name__}"


class Mistake(NamedTuple):
    """A known wrong answer to one comparison: its name, the value it gives, what to tell."""

    name: str
    value: object
    message: str


def run(function: object, *args: object, name: str | None = None) -> Any:
    """Call a student's function; turn anything it raises into an explanation.

    Args:
        function: what the student wrote.
        name: how to call the function in messages (default: its own name).
        args: its arguments; they are described in the message if the call fails.

    Returns:
        What the function returned.

    Raises:
        CheckFailed: the function raised, is still the empty stub, or is not a function; or it
            changed what every function must leave alone (`aeutils.testing.watch`).
    """
    name = name or getattr(function, "__name__", "the function")
    if not callable(function):
        raise CheckFailed(
            f"{name} should be a function, but it is {_described(function)}", "no-call"
        )
    watch = Watch(args)
    try:
        result = function(*args)
    except Exception as error:
        if is_explained(error):
            raise
        if type(error) is NotImplementedError and not str(error):  # the stub; torch's has a text
            raise CheckFailed(
                f"{name} is not implemented yet: replace `raise NotImplementedError()` in its cell",
                "not-implemented",
            ) from None
        given = ", ".join(_described(a) for a in args)
        given = f"\n  It was called with {given}." if given else ""
        kind, line = type(error).__name__, _student_line(error)
        where = f" (line {line} of your cell)" if line else ""
        text = f": {error}"
        if hasattr(error, "student_type"):  # from the grader's sandbox: its text stays there
            kind, text = error.student_type, ""
            if kind == "ReferenceSealed":
                text = ": the reference is closed while that notebook is graded; implement it there"
        raise CheckFailed(f"{name} raised {kind}{where}{text}{given}", f"raised-{kind}") from None
    watch.expect_kept(str(name), result)
    return result


def _student_line(error: BaseException) -> int | None:
    """Return the line of the notebook cell in which the error arose, if it arose in one."""
    line, tb = getattr(error, "student_line", None), error.__traceback__
    while tb is not None:
        if "ipykernel" in tb.tb_frame.f_code.co_filename:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


def to_tensor(value: Any, what: str) -> Tensor:
    """Return a number, list, array or tensor as a detached tensor on the CPU.

    Only the plain types themselves are taken, never a subclass: an object that overrides `==` or
    `__torch_function__` cannot pass for a result.

    Args:
        value: what a function returned.
        what: how the message calls it.

    Raises:
        CheckFailed: the value is None or of another type.
    """
    if value is None:
        raise CheckFailed(f"{what} is None: did you forget to `return` it?", "returned-none")
    if type(value) in (Tensor, torch.nn.Parameter):
        return value.detach().cpu()
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return torch.from_numpy(np.array(value))
    if type(value).__module__ == "numpy" and isinstance(value, np.generic):
        return torch.as_tensor(value.item())
    if type(value) in (bool, int, float):
        return torch.as_tensor(value)
    if is_sequence(value):
        value = _items(value)
        try:
            return torch.stack([to_tensor(v, what) for v in value])
        except (RuntimeError, TypeError):
            raise CheckFailed(
                f"{what} should be one tensor, but it is a {type(value).__name__} of "
                f"{len(value)} values with different shapes",
                "wrong-type",
            ) from None
    raise CheckFailed(
        f"{what} should be a tensor or a number, but it is {_described(value)}", "wrong-type"
    )


def to_pair(value: Any, name: str, parts: Sequence[str]) -> tuple:
    """Return a result that must be a tuple of as many values as `parts` names.

    Args:
        value: what a function returned.
        name: the function's name.
        parts: what each part is called.

    Raises:
        CheckFailed: it is another type, or has another length.
    """
    wanted = ", ".join(parts)
    sequence = is_sequence(value)
    if not sequence or len(_items(value)) != len(parts):
        got = f"{len(_items(value))} values" if sequence else _described(value)
        raise CheckFailed(
            f"{name} should return {len(parts)} values ({wanted}), but it returned {got}",
            "returned-none" if value is None else "wrong-number-of-values",
        )
    return tuple(_items(value))


def is_sequence(value: object) -> bool:
    """Return whether a value is a list, a tuple or a named tuple, and nothing that imitates one.

    Args:
        value: what a function returned.
    """
    kind = type(value)
    return kind in (list, tuple) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))


def _items(value: Any) -> list:
    """Return the items; a named tuple's own methods are not asked."""
    return list(tuple.__iter__(value) if issubclass(type(value), tuple) else value)


def expect_shape(
    value: object, shape: Sequence[int], what: str, mistakes: Sequence[Mistake] = ()
) -> Tensor:
    """Return `value` as a tensor if it has the expected shape; explain otherwise.

    Args:
        value: the student's result.
        shape: the expected shape.
        what: how the message calls the result.
        mistakes: known wrong answers; their `value` is here the shape they lead to.

    Raises:
        CheckFailed: it has another shape; with the mistake's name if known.
    """
    tensor = to_tensor(value, what)
    if tuple(tensor.shape) == tuple(shape):
        return tensor
    for mistake in mistakes:
        if tuple(tensor.shape) == tuple(cast(Sequence[int], mistake.value)):
            raise CheckFailed(f"{what.rstrip(',')}: {mistake.message}", mistake.name)
    raise CheckFailed(
        f"{what} should have shape {tuple(shape)}, but it has shape {tuple(tensor.shape)}",
        "wrong-shape",
    )


def expect_close(
    value: object,
    expected: object,
    what: str,
    mistakes: Sequence[Mistake] = (),
    *,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    show_expected: bool = False,
) -> Tensor:
    """Return `value` as a tensor if it equals `expected` within tolerance; explain otherwise.

    Args:
        value: the student's result.
        expected: the right result (from independent maths, not from the student's function).
        what: how the message calls the result, for example "the mean".
        mistakes: known wrong answers; the first whose value matches is named.
        rtol: relative tolerance.
        atol: absolute tolerance, in the result's own unit.
        show_expected: print the right number too (visible tests only: hidden inputs stay hidden).

    Raises:
        CheckFailed: wrong type, shape, NaN, or wrong numbers; with the mistake's name if known, or
            what the numbers have to do with the right ones (`aeutils.testing.relations`).
    """
    expected = to_tensor(expected, "expected").double()
    tensor = to_tensor(value, what)
    if tensor.is_complex():
        raise CheckFailed(f"{what} should be real, but it is {describe(tensor)}", "wrong-type")
    got = tensor.double()
    if _same(got, expected, rtol, atol):
        return tensor
    for mistake in mistakes:
        if _same(got, to_tensor(mistake.value, mistake.name).double(), rtol, atol):
            raise CheckFailed(f"{what.rstrip(',')}: {mistake.message}", mistake.name)
    seen = relation(got, expected, rtol, atol)
    if got.shape != expected.shape:
        if seen:
            raise CheckFailed(f"{what} {seen.message}", seen.name)
        raise CheckFailed(
            f"{what} should have shape {tuple(expected.shape)}, but it has shape "
            f"{tuple(got.shape)}",
            "wrong-shape",
        )
    if not torch.isfinite(got).all():
        bad = int((~torch.isfinite(got)).sum())
        raise CheckFailed(
            f"{what} has {bad} NaN or infinite values among {got.numel()}", "not-finite"
        )
    worst = int((got - expected).abs().argmax())
    index = tuple(int(i) for i in np.unravel_index(worst, got.shape)) if got.ndim else ()
    at = f" at {list(index)}" if index else ""
    right = f", but {float(expected.flatten()[worst]):.6g} was expected" if show_expected else ""
    raise CheckFailed(
        f"{what} {seen.message if seen else 'has wrong values'}: "
        f"your result is {float(got.flatten()[worst]):.6g}{at}{right}",
        seen.name if seen else "wrong-values",
    )


def _same(a: Tensor, b: Tensor, rtol: float, atol: float) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=rtol, atol=atol)


def expect(condition: bool, message: str, mistake: str = "wrong-values") -> None:
    """Raise CheckFailed with `message` unless the condition holds.

    Args:
        condition: what must hold.
        message: what to tell the student.
        mistake: the name of the mistake.

    Raises:
        CheckFailed: the condition does not hold.
    """
    if not condition:
        raise CheckFailed(message, mistake)


def expect_unchanged(before: Tensor, after: Tensor, name: str) -> None:
    """Raise CheckFailed if a function changed its argument in place.

    Args:
        before: a copy of the argument.
        after: the argument after the call.
        name: the function's name.

    Raises:
        CheckFailed: shape or values differ.
    """
    if before.shape != after.shape or not torch.equal(before, after):
        raise CheckFailed(
            f"{name} changed its argument: `x -= mean` and `x[...] = ...` write into the caller's "
            "tensor; make a new one, as in `x - mean`",
            "changed-its-argument",
        )


def passed(name: str, what: str) -> bool:
    """Print that a visible test passed and return True, so that `assert tests.x(x)` reads well.

    Args:
        name: the function's name.
        what: what was right.

    Returns:
        True.
    """
    sys.stdout.write(f"✔ {name}: {what}\n")
    return True
