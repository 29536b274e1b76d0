"""How a check touches a student's module: by values in, values out, and nothing else.

Checks never compare, iterate or truth-test a student's object. They call it with tensors and get
tensors back, which works the same whether the object lives in this process or behind a border that
only plain data can cross.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.checking import CheckFailed, run, to_tensor


def call(model: object, method: str, *args: object) -> object:
    """Call `model.method(*args)`, or `model(*args)` for "forward"; explain what fails."""
    if method == "forward":
        return run(model, *args, name="model(x)")  # type: ignore[arg-type]
    found = getattr(model, method, None)
    if found is None:
        raise CheckFailed(f"the model has no method {method!r}", f"no-{method}")
    return run(found, *args, name=method)


def parameters(model: object) -> dict[str, Tensor]:
    """Return copies of the model's parameters by name; shared ones once."""
    named = run(lambda: list(model.named_parameters()), name="named_parameters")
    return {str(name): to_tensor(value, str(name)).clone() for name, value in named}


def gradients(model: object, x: Tensor) -> dict[str, Tensor | None]:
    """Return the gradient of the summed squared reconstruction error of `x`, by parameter name."""

    def backward() -> dict[str, Tensor | None]:
        model.zero_grad()
        loss = ((model(x) - x) ** 2).sum()
        if not loss.requires_grad:
            return {name: None for name, _ in model.named_parameters()}
        loss.backward()
        return {name: p.grad for name, p in model.named_parameters()}

    found = run(backward, name="the gradient of the reconstruction error")
    return {
        name: None if g is None else to_tensor(g, f"gradient of {name}").clone()
        for name, g in found.items()
    }


class Probe(nn.Module):
    """x_hat = x Wᵀ, optionally after dropout: a model whose training can be worked out by hand."""

    def __init__(self, weight: Tensor, dropout: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction, shape (B, D), of rows x, shape (B, D)."""
        return self.dropout(x) @ self.weight.T


def epoch(
    train_epoch: Callable, weight: Tensor, x: Tensor, lr: float, batch_size: int, seed: int
) -> tuple[object, Tensor]:
    """Run a student's training epoch on a :class:`Probe` with plain gradient descent.

    Returns what the function returned, and the weight afterwards.
    """
    model = Probe(weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    value = run(train_epoch, model, x.clone(), optimizer, batch_size, generator, name="train_epoch")
    return value, model.weight.detach().clone()


def error(
    measure: Callable,
    weight: Tensor,
    x: Tensor,
    batch_size: int,
    dropout: float = 0.0,
    training: bool = True,
) -> tuple[object, bool, bool]:
    """Run a student's error measure on a :class:`Probe`.

    Returns what it returned, whether the model is in training mode afterwards, and whether a
    gradient was recorded on the way.
    """
    recorded = []

    class Watched(Probe):
        def forward(self, x: Tensor) -> Tensor:
            recorded.append(torch.is_grad_enabled())
            return super().forward(x)

    model = Watched(weight, dropout).train(training)
    value = run(measure, model, x.clone(), batch_size, name="reconstruction_error")
    return value, model.training, any(recorded)
