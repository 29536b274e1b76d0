"""A function that draws random numbers: from the given generator, and from nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    expect,
    expect_shape,
    expect_unchanged,
    run,
    to_tensor,
)

# What a function that draws without its generator names in its code, and what that belongs to.
TAKES_NO_GENERATOR = {
    "randn_like": "`torch.randn_like`",
    "rand_like": "`torch.rand_like`",
    "distributions": "`torch.distributions`",
    "torch.distributions": "`torch.distributions`",
    "MultivariateNormal": "`torch.distributions`",
    "Normal": "`torch.distributions`",
    "Independent": "`torch.distributions`",
    "rsample": "`torch.distributions`",
}


def run_drawing(function: Callable, *args: object, name: str) -> Any:
    """Call a student's function as `run` does; say which call in it takes no generator.

    Args:
        function: the student's function, which is given a generator.
        args: its arguments.
        name: of the function.

    Returns:
        What the function returned.

    Raises:
        CheckFailed: as `run` does; where the function moved a global random generator, and its
            code names a call that takes no generator, the message names that call.
    """
    try:
        return run(function, *args, name=name)
    except CheckFailed as error:
        named = getattr(getattr(function, "__code__", None), "co_names", ())
        calls = [TAKES_NO_GENERATOR[n] for n in named if n in TAKES_NO_GENERATOR]
        if error.mistake != "seeded" or not calls:
            raise
        raise CheckFailed(
            f"{name} drew from a global random generator: {calls[0]} takes no generator; draw "
            "normal numbers with `torch.randn(shape, generator=generator)`",
            "generator-ignored",
        ) from None


def expect_drawn(
    function: Callable,
    x: Tensor,
    level: float,
    *,
    name: str,
    what: str,
    same: str,
    ignored: str,
) -> Tensor:
    """Call ``function(x, level, generator)`` three times; return the first result.

    Args:
        function: the student's function, whose result has the shape of `x`.
        x: its first argument, which it must leave as it is.
        level: its second argument.
        name: of the function.
        what: the messages call the result so.
        same: what is said if one generator gives the same twice.
        ignored: what is said if two generators with one seed do not.

    Returns:
        The first result, of the shape of `x`.

    Raises:
        CheckFailed: the shape is wrong, `x` was changed, or the generator is not the only source.
    """
    given, generator = x.clone(), torch.Generator().manual_seed(3)
    first, second = (
        expect_shape(
            run_drawing(function, given, level, generator, name=name), x.shape, what
        ).clone()
        for _ in range(2)
    )
    expect_unchanged(x, given, name)
    again = run(function, x.clone(), level, torch.Generator().manual_seed(3), name=name)
    expect(not torch.equal(first, second), same, "same-every-time")
    expect(torch.equal(first, to_tensor(again, what)), ignored, "generator-ignored")
    return first
