"""A function that draws random numbers: from the given generator, and from nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import expect, expect_shape, expect_unchanged, run, to_tensor


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
        expect_shape(run(function, given, level, generator, name=name), x.shape, what).clone()
        for _ in range(2)
    )
    expect_unchanged(x, given, name)
    again = run(function, x.clone(), level, torch.Generator().manual_seed(3), name=name)
    expect(not torch.equal(first, second), same, "same-every-time")
    expect(torch.equal(first, to_tensor(again, what)), ignored, "generator-ignored")
    return first
