"""Week 7: the gradient of a student's loss for the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import expect, run, to_pair, to_tensor
from autograder.hall.protocol.remote_call import remote_call


@remote_call
def _gradients(loss, codes, others):
    import torch

    leaves = [z.clone().requires_grad_() for z in codes]
    value = loss(*leaves, *others)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    return list(torch.autograd.grad(value.sum(), leaves, allow_unused=True))


def gradients(
    loss: Callable, codes: Sequence[Tensor], others: Sequence[object], name: str, no_gradient: str
) -> list[Tensor]:
    """Return the gradients of a student's loss for each tensor of codes, in float64.

    Args:
        loss: the student's function.
        codes: its first arguments.
        others: its other arguments.
        name: how messages call it.
        no_gradient: what to tell if there is no gradient.
    """
    found = run(lambda: _gradients(loss, codes, others), name=name)
    expect(found is not None, no_gradient, "no-gradient")
    parts = to_pair(found, "the gradient", ["codes"] * len(codes))
    expect(all(part is not None for part in parts), no_gradient, "no-gradient")
    return [to_tensor(part, "the gradient").double() for part in parts]


def batch_gradient(loss: Callable, z: Tensor, labels: Tensor, setting: float, name: str) -> Tensor:
    """Return the gradient of a student's loss of a batch; expect it to be finite."""
    no_gradient = "the loss has no gradient: use torch operations on z"
    (gradient,) = gradients(loss, [z], [labels, setting], name, no_gradient)
    expect(
        bool(torch.isfinite(gradient).all()),
        "the gradient has NaN: where two codes are equal (each code is equal to itself) the slope "
        "of √ at 0 is infinite, and 0 · ∞ is not a number",
        "nan-gradient",
    )
    return gradient
