"""Elective D: a student's update of a moving average, between modules made beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, expect, run, to_pair, to_tensor
from autograder.exercises import grader_generator
from autograder.hall.protocol.remote_call import remote_call

UNITS = 4
PARTS = ("parameters", "buffers", "model", "same objects", "leaves", "asking", "later", "modes")


def numbers(seed: int) -> list[Tensor]:
    """Return parameters and buffers of a module of two layers and a normalisation between them.

    The parameters are two matrices, two biases and two rows; the buffers two rows and a count.

    Args:
        seed: of the draws.
    """
    rng = grader_generator(seed)
    shapes = [(UNITS, 3), (UNITS,), (UNITS,), (UNITS,), (2, UNITS), (2,)]
    parameters = [torch.randn(shape, generator=rng) for shape in shapes]
    count = torch.randint(3, 90, (), generator=rng)
    mean, variance = torch.randn(UNITS, generator=rng), 0.5 + torch.rand(UNITS, generator=rng)
    return [*parameters, mean, variance, count]


@remote_call
def _update(ema_update, old, new, decays, asks):
    """Return what a student's updates did.

    Both modules are made here. The first and the last parameter of both ask for gradients if
    `asks`; the one in the middle never does.
    """
    import torch

    def made(values):
        layers = torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)
        module = torch.nn.Sequential(*layers)
        for own, value in zip([*module.parameters(), *module.buffers()], values, strict=True):
            own.data = value.clone()
        for place, parameter in enumerate(module.parameters()):
            parameter.requires_grad_(asks and place != 3)
        return module

    state = torch.get_rng_state()
    average, model = made(old), made(new)
    torch.set_rng_state(state)
    model[0].eval()
    asked = [p.requires_grad for p in average.parameters()]
    objects = [*average.parameters(), *average.buffers()]
    steps = []
    for decay in decays:
        ema_update(average, model, decay)
        steps.append([p.detach().clone() for p in average.parameters()])
    now = [*average.parameters(), *average.buffers()]
    buffers = [b.detach().clone() for b in average.buffers()]
    of_model = [t.detach().clone() for t in (*model.parameters(), *model.buffers())]
    modes = [m.training for module in (average, model) for m in module.modules()]
    quiet = all(p.grad is None for module in (average, model) for p in module.parameters())
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data.fill_(77)
    return (
        steps,
        buffers,
        of_model,
        len(now) == len(objects) and all(a is b for a, b in zip(now, objects, strict=True)),
        all(t.is_leaf for t in now) and quiet,
        [p.requires_grad for p in average.parameters()] == asked
        and [p.requires_grad for p in model.parameters()] == asked,
        [t.detach().clone() for t in (*average.parameters(), *average.buffers())],
        modes,
    )


class Updated:
    """What a student's updates did to an average and to a model.

    Args:
        ema_update: the student's function.
        old: the average's parameters and buffers at first, as `numbers` orders them.
        new: the model's.
        decays: of the updates, one after the other.
        asks: whether most parameters ask for gradients.
    """

    def __init__(
        self,
        ema_update: Callable,
        old: Sequence[Tensor],
        new: Sequence[Tensor],
        decays: Sequence[float],
        asks: bool = True,
    ) -> None:
        given = [v.clone() for v in old], [v.clone() for v in new], list(decays), asks
        found: Any = run(lambda: _update(ema_update, *given), name="ema_update")
        steps, buffers, model, same, leaves, asking, later, modes = to_pair(
            found, "the updates", PARTS
        )
        self.steps = [joined(step) for step in steps]
        self.buffers, self.model, self.later = joined(buffers), joined(model), joined(later)
        self.same, self.leaves, self.asking = same is True, leaves is True, asking is True
        self.modes = list(modes)


def joined(tensors: Sequence[Any]) -> Tensor:
    """Return all numbers of several tensors in a row, float64."""
    return torch.cat([to_tensor(t, "a tensor").double().flatten() for t in tensors])


def updated(
    ema_update: Callable, old: Sequence[Tensor], new: Sequence[Tensor], decays: Sequence[float]
) -> Updated:
    """Return what updates did; where they raise, say whether gradients are the cause.

    Args:
        ema_update: the student's function.
        old: the average's parameters and buffers at first.
        new: the model's.
        decays: of the updates.

    Raises:
        CheckFailed: an update raised.
    """
    try:
        return Updated(ema_update, old, new, decays)
    except CheckFailed as error:
        if not error.mistake.startswith("raised-"):
            raise
        first = error
    try:
        Updated(ema_update, old, new, decays, asks=False)
    except CheckFailed:
        raise first from None
    text = (
        "ema_update raises an error where parameters ask for gradients, and works where none does: "
        "parameters are changed in place under `with torch.no_grad():`"
    )
    raise CheckFailed(text, "without-no-grad")


def expect_rest(seen: Updated, new: Sequence[Tensor]) -> None:
    """Raise if an update did more than it should.

    Args:
        seen: what it did.
        new: the model's parameters and buffers before it.
    """
    text = "the model has changed; the average moves towards it, and it stays as it is"
    expect(torch.allclose(seen.model, joined(new)), text, "moved-the-model")
    expect(
        seen.same,
        "parameters or buffers of the average were replaced by new ones, and whoever holds the old "
        "ones sees nothing of it: change them in place, with `lerp_`, `mul_` or `copy_`",
        "replaced",
    )
    expect(
        seen.leaves,
        "the average remembers how it was computed, or has a `.grad`: update it under "
        "`with torch.no_grad():`",
        "graph-left",
    )
    expect(
        seen.asking,
        "which parameters ask for gradients has changed, of the average or of the model: leave "
        "`requires_grad` alone",
        "requires-grad-changed",
    )
