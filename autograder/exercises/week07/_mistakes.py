"""Week 7: which known mistakes show, given the inputs of one comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake


def visible(
    formula: Callable[..., Tensor], messages: Mapping[str, str], *inputs: object
) -> list[Mistake]:
    """Return the mistakes that change the result of these inputs.

    Args:
        formula: gives the right result of the inputs, or with a mistake's name after them what
            that mistake makes of it.
        messages: what to tell about each mistake, by name.
        inputs: what the student's function was given.
    """
    right, found = formula(*inputs).double(), []
    for how, message in messages.items():
        wrong = formula(*inputs, how).double()
        if wrong.shape != right.shape or not torch.allclose(wrong, right, rtol=1e-3, atol=1e-4):
            found.append(Mistake(how, wrong, message))
    return found
