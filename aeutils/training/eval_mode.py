"""A look at a model in training: in eval mode, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def eval_mode(model: object) -> Iterator[None]:
    """Put `model` in eval mode for the length of a `with` block, then back in train mode.

    Args:
        model: a module; one that is in eval mode already, and a plain function, are left alone.

    Returns:
        A context.
    """
    if not (isinstance(model, nn.Module) and model.training):
        yield
        return
    model.eval()
    try:
        yield
    finally:
        model.train()
