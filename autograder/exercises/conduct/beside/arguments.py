"""The arguments of a call: made as its case wants them, and looked at again after it."""

from __future__ import annotations

import copy
import functools

import torch

MODEL = ("mode-changed", "model-changed", "grads-left-behind", "hooks-left")


@functools.lru_cache(maxsize=8)
def stage_of(source, name):
    """Return the function that makes the parts of a case.

    Args:
        source: of the stage that an exercise declares.
        name: the stage's.
    """
    space = {"__name__": "stage"}
    exec(compile(source, "<stage>", "exec"), space)
    return space[name]


def prepare(value, case, parts, train):
    """Return an argument as this case wants it: a copy, of its dtype, perhaps a view.

    Args:
        value: the argument as it crossed, or a mark that stands for a part or a generator.
        case: its dtype, and whether tensors are views.
        parts: what the stage made, by name.
        train: whether it asks for a gradient.
    """
    if type(value) is dict and set(value) == {"part"}:
        return parts[value["part"]]
    if type(value) is dict and set(value) == {"generator"}:
        return torch.Generator().manual_seed(value["generator"])
    if not isinstance(value, torch.Tensor):
        return copy.deepcopy(value)
    value = value.detach().clone()
    if value.is_floating_point():
        value = value.to(getattr(torch, case["dtype"]))
    if case["strided"] and value.ndim:
        value = torch.stack([value, value], dim=-1)[..., 0]
    return value.requires_grad_() if train else value


class Given:
    """One argument as it was before the call."""

    def __init__(self, value):
        self.value, self.kind = value, ""
        if isinstance(value, torch.nn.Module):
            self.kind, self.before = "model", of_model(value)
        elif isinstance(value, torch.Tensor):
            self.kind = "tensor"
            self.before = value.detach().clone(), value.requires_grad, value.grad is None
        elif isinstance(value, (list, dict)):
            self.kind, self.before = "plain", copy.deepcopy(value)

    def broken(self):
        """Return the lines that the call has broken."""
        if self.kind == "model":
            now = of_model(self.value)
            return [MODEL[i] for i in range(len(MODEL)) if not same(self.before[i], now[i])]
        if self.kind == "plain":
            return [] if self.value == self.before else ["changed-its-argument"]
        if self.kind != "tensor":
            return []
        content, wants, without = self.before
        if not same(content, self.value.detach()):
            return ["changed-its-argument"]
        if (self.value.requires_grad, self.value.grad is None) != (wants, without):
            return ["marked-its-argument"]
        return []


def same(a, b):
    """Return whether two values are equal, tensors in dtype, shape and every number.

    Args:
        a: one value.
        b: the other value.
    """
    if isinstance(a, torch.Tensor):
        alike = isinstance(b, torch.Tensor) and (a.dtype, a.shape) == (b.dtype, b.shape)
        return alike and bool(torch.equal(a, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(v, b[i]) for i, v in enumerate(a))
    return a == b


def of_model(model):
    """Return what a call must leave alone in a model, in the order of `MODEL`."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return (
        [module.training for module in model.modules()],
        [(name, t.detach().clone(), t.requires_grad) for name, t in tensors],
        [None if p.grad is None else p.grad.detach().clone() for p in model.parameters()],
        [len(getattr(module, hook, ())) for module in model.modules() for hook in hooks],
    )
