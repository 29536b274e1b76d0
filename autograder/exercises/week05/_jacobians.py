"""Week 5: Jacobians in closed form and float64, and what wrong reductions make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair
from autograder.exercises import grader_generator
from autograder.hall.protocol.remote_call import remote_call

N, D, H, K = 5, 6, 4, 3  # images, pixels, hidden units, code numbers


def draw(seed: int, *shape: int) -> Tensor:
    """Return normal random numbers in float64, from the grader's seed."""
    return torch.randn(*shape, generator=grader_generator(seed), dtype=torch.float64)


def jacobian(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor | None = None) -> Tensor:
    """Return the Jacobians of the encoder s(W₁ x + b₁), or of W₂ s(W₁ x + b₁), for each image."""
    h = (x @ w1.T + b1).sigmoid()
    j = (h * (1 - h))[:, :, None] * w1
    return j if w2 is None else w2 @ j


def stage(seed: int) -> dict[str, Any]:
    """Make an encoder with a known Jacobian."""
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            rng = torch.Generator().manual_seed(seed)
            self.w1 = torch.nn.Parameter(torch.randn(4, 5, generator=rng))
            self.b1 = torch.nn.Parameter(torch.randn(4, generator=rng))
            self.w2 = torch.nn.Parameter(torch.randn(3, 4, generator=rng))

        def forward(self, x):
            return torch.sigmoid(x @ self.w1.T + self.b1) @ self.w2.T

    return {"encode": Encoder()}


def squared(j: Tensor) -> Tensor:
    """Return the squared norm of each of n matrices."""
    return (j**2).sum(dim=(1, 2))


def penalty(*encoder: Tensor) -> Tensor:
    """Return the contractive penalty, of the arguments that `jacobian` takes."""
    return squared(jacobian(*encoder)).mean()


def reduced(j: Tensor) -> list[Mistake]:
    """Return the usual wrong reductions of Jacobians (images, code numbers, pixels)."""
    each = squared(j)
    outputs = (j.sum(1) ** 2).sum(1).mean()
    message = "the code numbers were added before differentiating: one gradient per number"
    return [
        Mistake("sum-over-batch", each.sum(), "summed over the batch; average over its images"),
        Mistake("not-squared", each.sqrt().mean(), "the norm was not squared"),
        Mistake("not-squared", each.sqrt().sum(), "the norm was not squared, and was summed"),
        Mistake("not-squared", each.sum().sqrt(), "a square root was taken of the total"),
        Mistake("not-squared", each.mean().sqrt(), "a square root was taken of the mean"),
        Mistake("mean-over-code", each.mean() / j.shape[1], "averaged over code numbers; sum them"),
        Mistake("mean-over-entries", (j**2).mean(), "averaged over the entries; sum them"),
        Mistake("absolute-values", j.abs().sum(dim=(1, 2)).mean(), "absolute values, not squares"),
        Mistake("one-per-image", each, "one number per image; average them"),
        Mistake("summed-outputs", outputs, message),
        Mistake("last-output-only", (j[:, -1] ** 2).sum(1).mean(), "only the last code number"),
        Mistake("first-output-only", (j[:, 0] ** 2).sum(1).mean(), "only the first code number"),
    ]


def gradients(exact: Callable, x: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
    """Return the gradients of a penalty in closed form for the weights."""
    leaves = [w.clone().requires_grad_() for w in weights]
    return torch.autograd.grad(exact(x, *leaves), leaves)


@remote_call
def _student_gradients(function, tensors):
    import torch

    x, *weights = (t.clone() for t in tensors)
    for w in weights:
        w.requires_grad_()
    value = function(x, *weights)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    return list(torch.autograd.grad(value.sum(), weights, allow_unused=True))


def expect_gradients(
    name: str, function: Callable, tensors: Sequence[Tensor], names: Sequence[str]
) -> None:
    """Compare the gradients of a student's penalty with those of the closed form."""
    found = run(lambda: _student_gradients(function, tensors), name=name)
    expect(found is not None, "no gradient reaches the weights", "no-gradient")
    right = gradients(penalty, *tensors)
    for got, wanted, what in zip(to_pair(found, name, names), right, names, strict=True):
        expect(got is not None, f"no gradient reaches {what}", "no-gradient")
        expect_close(got, wanted, f"the gradient of the penalty for {what}", rtol=1e-3)
