"""How a check touches a student's module: by values in, values out, and nothing else.

Checks never compare, iterate or truth-test a student's object. They call it with tensors and get
tensors back. What needs the object itself (gradients, an optimiser) is an errand: while grading it
runs in the student's process and its result comes back as values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, run, to_tensor
from autograder.hall.protocol.remote_call import remote_call


def call(model: Any, method: str, *args: object) -> Any:
    """Call `model.method(*args)`, or `model(*args)` for "forward"; explain what fails.

    Args:
        model: the student's module.
        method: "forward" or the name of a method.
        args: tensors.

    Returns:
        What the module gave, as a value.

    Raises:
        CheckFailed: it has no such method, or the call failed.
    """
    if method == "forward":
        return run(model, *args, name="model(x)")
    found = getattr(model, method, None)
    if found is None:
        raise CheckFailed(f"the model has no method {method!r}", f"no-{method}")
    return run(found, *args, name=method)


def parameters(model: object) -> dict[str, Tensor]:
    """Return copies of the model's parameters by name; shared ones once.

    Args:
        model: the student's module.

    Raises:
        CheckFailed: it has no `named_parameters`.
    """
    named: Any = run(lambda: _parameters(model), name="named_parameters")
    return {str(name): to_tensor(value, str(name)).clone() for name, value in named}


@remote_call
def _parameters(model):
    return list(model.named_parameters())


def gradients(model: object, x: Tensor) -> dict[str, Tensor | None]:
    """Return the gradient of the summed squared reconstruction error of `x`, by parameter name.

    Args:
        model: the student's module.
        x: images as rows, shape (N, D).

    Raises:
        CheckFailed: the module could not be called or differentiated.
    """
    found: Any = run(lambda: _gradients(model, x), name="the gradient of the reconstruction error")
    return {
        str(name): None if g is None else to_tensor(g, f"gradient of {name}").clone()
        for name, g in found
    }


@remote_call
def _gradients(model, x):
    model.zero_grad()
    loss = ((model(x) - x) ** 2).sum()
    if not loss.requires_grad:
        return [(name, None) for name, _ in model.named_parameters()]
    loss.backward()
    return [(name, p.grad) for name, p in model.named_parameters()]


def explains(value: Tensor, got: Tensor) -> bool:
    """Return whether what parameters should give is what the model gave, up to float32's rounding.

    Args:
        value: worked out from the parameters, in float64.
        got: what the model gave, in float64.
    """
    atol = 1e-4 * float(got.abs().max()) if got.numel() else 0.0
    return value.shape == got.shape and torch.allclose(value, got, rtol=1e-3, atol=atol)


def epoch(
    train_epoch: Callable, weight: Tensor, x: Tensor, lr: float, batch_size: int, seed: int
) -> tuple[object, Tensor]:
    """Run a student's training epoch on the model x̂ = x Wᵀ with plain gradient descent.

    Returns what the function returned, and the weight W afterwards.

    Args:
        train_epoch: the student's function.
        weight: the first W, shape (D, D).
        x: images as rows, shape (N, D).
        lr: learning rate of the gradient descent.
        batch_size: images in a batch.
        seed: of the generator that orders the images.

    Returns:
        What the function returned, and W afterwards, shape (D, D).

    Raises:
        CheckFailed: the function raised.
    """
    found: Any = run(
        lambda: _epoch(train_epoch, weight, x, lr, batch_size, seed), name="train_epoch"
    )
    value, after = found
    return value, to_tensor(after, "the weight")


@remote_call
def _epoch(train_epoch, weight, x, lr, batch_size, seed):
    import torch

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight.clone())

        def forward(self, x):
            return x @ self.weight.T

    model = Probe()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    value = train_epoch(model, x.clone(), optimizer, batch_size, generator)
    return value, model.weight.detach().clone()


def error(
    measure: Callable,
    weight: Tensor,
    x: Tensor,
    batch_size: int,
    dropout: float = 0.0,
    training: bool = True,
) -> tuple[object, bool, bool]:
    """Run a student's error measure on the model x̂ = x Wᵀ, optionally after dropout.

    Returns what it returned, whether the model is in training mode afterwards, and whether a
    gradient was recorded on the way.

    Args:
        measure: the student's function.
        weight: W, shape (D, D).
        x: images as rows, shape (N, D).
        batch_size: images in a batch.
        dropout: share of the inputs that the model drops in training mode.
        training: whether the model is in training mode at first.

    Returns:
        What the function returned, whether the model is in training mode afterwards, and
        whether a gradient was recorded on the way.

    Raises:
        CheckFailed: the function raised.
    """
    found: Any = run(
        lambda: _error(measure, weight, x, batch_size, dropout, training),
        name="reconstruction_error",
    )
    value, mode, recorded = found
    return value, mode is True, recorded is True


@remote_call
def _error(measure, weight, x, batch_size, dropout, training):
    import torch

    recorded = []

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight.clone())
            self.dropout = torch.nn.Dropout(dropout)

        def forward(self, x):
            recorded.append(torch.is_grad_enabled())
            return self.dropout(x) @ self.weight.T

    model = Probe().train(training)
    value = measure(model, x.clone(), batch_size)
    return value, bool(model.training), any(recorded)
