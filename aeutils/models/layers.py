"""Stacks of fully connected layers, and how many numbers a network learns.

>>> count_parameters(mlp((784, 32)))   # 784·32 weights and 32 biases
25120

References:
    * Rumelhart, Hinton and Williams (1986), Learning internal representations by error
      propagation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

from aeutils._internal.validate import describe


def mlp(
    sizes: Sequence[int],
    activation: Callable[[], nn.Module] = nn.ReLU,
    last_activation: Callable[[], nn.Module] | None = None,
) -> nn.Sequential:
    """Return a stack of linear layers with an activation between them.

    Args:
        sizes: widths, input first: (784, 256, 32) makes Linear(784, 256) and Linear(256, 32).
        activation: class or function that makes the module placed after every layer but the last.
        last_activation: the same for the last layer; None leaves it linear, as a code needs: a ReLU
            there would forbid negative coordinates.

    Returns:
        A module from (N, sizes[0]) to (N, sizes[-1]).

    Raises:
        TypeError: a width is not an integer, or an activation does not make an `nn.Module`.
        ValueError: there are fewer than two widths, or one is below 1.

    Examples:
        >>> mlp((4, 3, 2), nn.Tanh)
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): Tanh()
          (2): Linear(in_features=3, out_features=2, bias=True)
        )
    """
    sizes = check_sizes(sizes)
    last = len(sizes) - 2
    layers: list[nn.Module] = []
    for i, (width_in, width_out) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(width_in, width_out))
        after = activation if i < last else last_activation
        if after is not None:
            layers.append(new_activation(after))
    return nn.Sequential(*layers)


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers the model learns; parameters used in two places count once.

    Args:
        model: any module.

    Examples:
        >>> count_parameters(nn.Linear(784, 32))   # 784·32 weights, 32 biases
        25120
    """
    return sum(parameter.numel() for parameter in model.parameters())


def check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the widths of a network's layers as a tuple.

    Args:
        sizes: widths, from the image to the code.

    Raises:
        TypeError: a width is not an integer.
        ValueError: there are fewer than two widths, or one is below 1.
    """
    sizes = tuple(sizes)
    for size in sizes:
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"layer widths must be integers, got {describe(size)} in {sizes}")
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes must be at least two widths >= 1, from image to code, such as (784, 32); "
            f"got {sizes}"
        )
    return sizes


def new_activation(activation: Callable[[], nn.Module]) -> nn.Module:
    """Return a new module of an activation.

    Args:
        activation: class or function that makes it, such as `nn.ReLU`.

    Raises:
        TypeError: it cannot be called, or does not make an `nn.Module`.
    """
    if isinstance(activation, nn.Module) or not callable(activation):
        raise TypeError(
            f"an activation must be a class such as nn.ReLU, got {describe(activation)}; "
            "pass nn.ReLU without parentheses"
        )
    module = activation()
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"an activation must make an nn.Module, but {activation} made {describe(module)}; "
            "pass a class such as nn.ReLU"
        )
    return module
