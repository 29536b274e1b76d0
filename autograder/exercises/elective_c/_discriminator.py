"""Elective C: students' losses, beside a discriminator that is made in the students' process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import expect, run, to_pair, to_tensor
from autograder.exercises import grader_generator
from autograder.exercises.elective_c._two_losses import Weights, logits_of
from autograder.hall.protocol.remote_call import remote_call

N, M, K, H = 7, 4, 3, 5  # codes, draws, units, hidden units
DRAWS = grader_generator(720)


def normal(*shape: int) -> Tensor:
    """Return normal numbers from the grader's seed: float32 can hold them, and float64 does."""
    return torch.randn(*shape, generator=DRAWS).double()


WEIGHTS = Weights(normal(H, K), normal(H) / 2, 2 * normal(1, H), normal(1) / 2)
X, ENCODER = normal(N, K + 2), normal(K, K + 2) / 2  # the codes are X times the encoder
CODES, PRIOR = X @ ENCODER.T, normal(M, K)
TRUE, FALSE = logits_of(WEIGHTS, PRIOR), logits_of(WEIGHTS, CODES)


@remote_call
def _ask(loss, weights, x, encoder, prior, prior_asks):
    """Return a loss, whether it is a tensor, and its gradients: parameters, encoder, codes, prior.

    The discriminator is made here. Without a prior it is the encoder's loss.
    """
    import torch

    class Discriminator(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.b, self.v, self.c = (torch.nn.Parameter(t.clone()) for t in weights)

        def forward(self, rows):
            return torch.tanh(rows @ self.w.T + self.b) @ self.v.T + self.c

    discriminator = Discriminator()
    encoder = encoder.clone().requires_grad_()
    codes = x @ encoder.T
    given = [codes] if prior is None else [codes, prior.clone().requires_grad_(prior_asks)]
    value = loss(discriminator, *given)
    discriminator.requires_grad_()  # a loss that leaves it at rest loses a point for that alone
    leaves = [*discriminator.parameters(), encoder, *(t for t in given if t.requires_grad)]
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return value, isinstance(value, torch.Tensor), None
    found = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    return value.detach(), True, list(found)


def ask(loss: Callable, name: str, prior: Tensor | None, prior_asks: bool = False) -> tuple:
    """Return the student's loss in float32 and its gradients: parameters, the encoder, and rows.

    Args:
        loss: the student's function.
        name: its name.
        prior: draws from the prior; None for the encoder's loss.
        prior_asks: whether they ask for a gradient.
    """
    weights, draws = [w.float() for w in WEIGHTS], None if prior is None else prior.float()
    given = weights, X.float(), ENCODER.float(), draws, prior_asks
    whole = run(lambda: _ask(loss, *given), name=name)
    value, is_tensor, found = to_pair(whole, name, ("the loss", "its kind", "its gradients"))
    to_tensor(value, f"what {name} returns")
    return value, is_tensor is True, found


def expect_gradients(found: Any, is_tensor: bool, what: str, reached: Sequence[str]) -> list[Any]:
    """Return the gradients of a loss, of which some may be None; raise if it has none at all.

    Args:
        found: what `ask` returned.
        is_tensor: whether the loss is a tensor.
        what: how messages call the loss.
        reached: what the gradients are of.
    """
    expect(
        is_tensor,
        f"{what} is a plain number: `.item()` and `float()` cut the graph, and nothing can be "
        "trained with it; return the tensor",
        "a-number",
    )
    expect(
        found is not None,
        f"{what} has no gradient at all: `torch.no_grad()` around the discriminator, or "
        "`.detach()` of what it says, cuts the graph",
        "no-gradient",
    )
    return list(to_pair(found, what, reached))


def arrives(gradient: Any) -> bool:
    """Return whether a gradient is there, and is not 0 everywhere."""
    return gradient is not None and bool(to_tensor(gradient, "the gradient").any())


@remote_call
def _with_logits(loss, scale, codes, prior):
    import torch

    class Sum(torch.nn.Module):
        def forward(self, rows):
            return scale * rows.sum(dim=1, keepdim=True)

    return loss(Sum(), codes.clone(), *([] if prior is None else [prior.clone()]))


def with_logits(loss: Callable, name: str, codes: Tensor, prior: Tensor | None) -> Any:
    """Return the student's loss where the discriminator's logits are 60 times the rows.

    Args:
        loss: the student's function.
        name: its name.
        codes: (N, 1).
        prior: (M, 1); None for the encoder's loss.
    """
    return run(lambda: _with_logits(loss, 60.0, codes, prior), name=name)


def stage(seed: int) -> dict[str, Any]:
    """Make a discriminator of two units with known weights, in training mode."""
    import torch

    class Discriminator(torch.nn.Module):
        def __init__(self):
            super().__init__()
            rng = torch.Generator().manual_seed(seed)
            self.w = torch.nn.Parameter(torch.randn(4, 2, generator=rng))
            self.b = torch.nn.Parameter(torch.randn(4, generator=rng))
            self.v = torch.nn.Parameter(torch.randn(1, 4, generator=rng))
            self.c = torch.nn.Parameter(torch.randn(1, generator=rng))

        def forward(self, rows):
            return torch.tanh(rows @ self.w.T + self.b) @ self.v.T + self.c

    return {"discriminator": Discriminator()}


def weights_of(discriminator: Any) -> Weights:
    """Return the weights of the discriminator that `stage` makes."""
    found = (discriminator.w, discriminator.b, discriminator.v, discriminator.c)
    return Weights(*(p.detach().double() for p in found))
