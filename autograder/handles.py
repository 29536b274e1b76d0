"""How a check touches a student's module: by values in, values out, and nothing else.

Checks never compare, iterate or truth-test a student's object. They call it with tensors and get
tensors back, which works the same whether the object lives in this process or behind a border that
only plain data can cross.
"""

from __future__ import annotations

from torch import Tensor

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
