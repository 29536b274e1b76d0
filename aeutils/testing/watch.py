"""What every function owes its caller, looked at around each call of a visible test.

Arguments come back as they were, and so do gradient mode, default dtype and the global random
generators. The grader's hidden checks look at more, in their own way, and switch this watch off.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeutils.testing.failure import CheckFailed

_watching = [True]

ARGUMENT = (
    "{name} wrote into its argument: `x -= mean` and `x[...] = ...` change the caller's {what}; "
    "make a new one, as in `x - mean`"
)
MARKED = (
    "{name} left `requires_grad` or `.grad` on its argument: work on "
    "`x.detach().clone().requires_grad_()`"
)
GRADIENTS = (
    "{name} left gradients switched off, or on, for everything after it: `with torch.no_grad():` "
    "switches them back"
)
DTYPE = (
    "{name} changed torch's default dtype for everything after it: say `dtype=` where a tensor is "
    "made"
)
SEEDED = (
    "{name} moved a global random generator: leave seeding to the caller, and draw from the "
    "generator that is given, if one is"
)


@contextmanager
def unwatched() -> Iterator[None]:
    """Switch the watch off inside the block.

    Returns:
        A context.
    """
    before, _watching[0] = _watching[0], False
    try:
        yield
    finally:
        _watching[0] = before


class Watch:
    """A look at arguments and global state, before a call and after it.

    Args:
        args: the arguments of the call.
    """

    def __init__(self, args: Sequence[object]) -> None:
        self.args = args
        self.watching = _watching[0]
        if not self.watching:
            return
        self.before = [_content(value) for value in args]
        self.torch, self.numpy = torch.get_rng_state(), _numpy_state()
        self.python = random.getstate()
        self.grad, self.dtype = torch.is_grad_enabled(), torch.get_default_dtype()

    def expect_kept(self, name: str, result: object) -> None:
        """Raise if the call changed what it had to leave alone; global state is put back first.

        Args:
            name: what messages call the function.
            result: what it returned: to make a module, numbers may be drawn.

        Raises:
            CheckFailed: it changed something; the message says what to do instead.
        """
        if not self.watching:
            return
        grad, dtype = torch.is_grad_enabled() == self.grad, torch.get_default_dtype() == self.dtype
        torch.set_grad_enabled(self.grad)
        if not dtype:
            torch.set_default_dtype(self.dtype)
        for before, value in zip(self.before, self.args, strict=True):
            self._expect_same(name, before, value)
        _expect(grad, GRADIENTS, name, "gradients-left-off")
        _expect(dtype, DTYPE, name, "default-dtype-left")
        if not isinstance(result, torch.nn.Module):
            _expect(not self._drawn(), SEEDED, name, "seeded")

    def _expect_same(self, name: str, before: Any, value: object) -> None:
        if isinstance(value, Tensor):
            content, wanted, without = before
            equal = content.dtype == value.dtype and torch.equal(content, value.detach())
            _expect(equal, ARGUMENT.replace("{what}", "tensor"), name, "changed-its-argument")
            kept = (value.requires_grad, value.grad is None) == (wanted, without)
            _expect(kept, MARKED, name, "marked-its-argument")
        elif isinstance(value, list):
            equal = len(before) == len(value) and all(
                a is b for a, b in zip(before, value, strict=True)
            )
            _expect(equal, ARGUMENT.replace("{what}", "list"), name, "changed-its-argument")

    def _drawn(self) -> bool:
        now = _numpy_state()
        same_numpy = now[2] == self.numpy[2] and np.array_equal(now[1], self.numpy[1])
        same_torch = torch.equal(torch.get_rng_state(), self.torch)
        return not (same_torch and same_numpy and random.getstate() == self.python)


def _numpy_state() -> tuple:
    return tuple(np.random.get_state())  # noqa: NPY002


def _content(value: object) -> object:
    """Return what a change of an argument shows against."""
    if isinstance(value, Tensor):
        return value.detach().clone(), value.requires_grad, value.grad is None
    return list(value) if isinstance(value, list) else None


def _expect(condition: bool, message: str, name: str, mistake: str) -> None:
    if not condition:
        raise CheckFailed(message.replace("{name}", name), mistake)
