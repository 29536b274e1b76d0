"""Input checks shared by the package: each error says what came, what was expected, what to do."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def describe(value: object) -> str:
    """Return a short description of a value: type, shape and dtype where it has them.

    Args:
        value: anything.

    >>> describe(torch.zeros(2, 3))
    'a tensor of shape (2, 3), float32'
    """
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "dtype"):
        kind = "tensor" if isinstance(value, Tensor) else type(value).__name__
        return f"a {kind} of shape {tuple(shape)}, {str(value.dtype).removeprefix('torch.')}"
    if value is None:
        return "None"
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


def check_floats(x: Tensor, name: str) -> Tensor:
    """Return a tensor of floats, or say what else was given; NaN is left to the training loop.

    Args:
        x: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise TypeError(f"{name} must be a tensor of floats, got {describe(x)}")
    return x


def check_float_tensor(x: object, name: str) -> Tensor:
    """Return `x` if it is a floating-point tensor without NaN or infinity; raise otherwise.

    Args:
        x: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
        ValueError: it holds NaN or infinity.
    """
    if not isinstance(x, Tensor):
        raise TypeError(
            f"{name} must be a torch tensor, got {describe(x)}; convert it with torch.as_tensor"
        )
    if not x.is_floating_point():
        raise TypeError(
            f"{name} must hold floats, got {describe(x)}; pixels 0..255 become floats in [0, 1] "
            f"with {name}.float() / 255"
        )
    # NaN and infinity reach the extremes, which are found in one pass without a second tensor.
    if x.numel() and not all(map(math.isfinite, torch.stack(torch.aminmax(x.detach())).tolist())):
        bad = int((~torch.isfinite(x)).sum())
        raise ValueError(
            f"{name} holds {bad} NaN or infinite values among {x.numel()}; remove them"
        )
    return x


def check_matrix(x: object, name: str = "x") -> Tensor:
    """Return `x` if it is a finite float matrix of shape (N, D) with N, D >= 1; raise otherwise.

    Args:
        x: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
        ValueError: it holds NaN or infinity, or has another shape.
    """
    x = check_float_tensor(x, name)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"{name} must have shape (N, D), one row per image, got {describe(x)}; "
            f"images of shape (N, C, H, W) become rows with {name}.flatten(1)"
        )
    return x


def check_images(x: object, name: str = "images") -> Tensor:
    """Return `x` if it has shape (N, C, H, W) with finite floats in [0, 1]; raise otherwise.

    Args:
        x: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
        ValueError: it has another shape, or values outside [0, 1].
    """
    x = check_float_tensor(x, name)
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(
            f"{name} must have shape (N, C, H, W), for example (64, 1, 28, 28), got {describe(x)}; "
            "add the missing dimension with unsqueeze, or undo a flatten with reshape"
        )
    low, high = float(x.min()), float(x.max())
    if low < 0 or high > 1:
        raise ValueError(
            f"{name} must lie in [0, 1], got values from {low:g} to {high:g}; "
            "divide pixels 0..255 by 255, or clamp a reconstruction first"
        )
    return x


def check_batch(x: object, name: str) -> Tensor:
    """Return `x` if it is finite floats of shape (N, C, H, W) or (N, D); raise otherwise.

    Args:
        x: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a tensor of floats.
        ValueError: it holds NaN or infinity, or has another shape.
    """
    x = check_float_tensor(x, name)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(
            f"{name} must hold at least one image, shape (N, C, H, W) or (N, D), got {describe(x)}"
        )
    return x


def check_alike(a: Tensor, b: Tensor, name_a: str, name_b: str) -> None:
    """Raise ValueError unless both hold images of one shape and dtype, on one device.

    Args:
        a: a tensor.
        b: a tensor.
        name_a: what the message calls `a`.
        name_b: what the message calls `b`.

    Raises:
        ValueError: shape of one image, dtype or device differ.
    """
    if (a.shape[1:], a.dtype, a.device) != (b.shape[1:], b.dtype, b.device):
        raise ValueError(
            f"{name_a} must be like {name_b}: {name_b} is {describe(b)} on {b.device}, {name_a} is "
            f"{describe(a)} on {a.device}; prepare both in the same way"
        )


def check_trainable(model: nn.Module, x: Tensor) -> None:
    """Raise ValueError unless `model` has parameters to train, of the dtype and device of `x`.

    Args:
        model: a module.
        x: what it will be trained on.

    Raises:
        ValueError: nothing can be trained, or a dtype or device differs.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    if not weights:
        raise ValueError("the model has no parameters to train; check requires_grad")
    for p in weights:
        if (p.dtype, p.device) != (x.dtype, x.device):
            raise ValueError(
                f"the model is {p.dtype} on {p.device} but x is {x.dtype} on {x.device}; "
                "use x.float() for NumPy's doubles, and model.to(x.device)"
            )


def check_same_shape(a: Tensor, b: Tensor, name_a: str, name_b: str) -> None:
    """Raise ValueError unless both tensors have the same shape (no silent broadcasting).

    Args:
        a: a tensor.
        b: a tensor.
        name_a: what the message calls `a`.
        name_b: what the message calls `b`.

    Raises:
        ValueError: the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(
            f"{name_a} has shape {tuple(a.shape)} and {name_b} has shape {tuple(b.shape)}; "
            "they must be equal (flatten both, or neither)"
        )


def check_labels(labels: object, n: int, name: str = "labels") -> Tensor:
    """Return `labels` if it is an integer tensor of shape (n,); raise otherwise.

    Args:
        labels: what was given.
        n: number of images.
        name: what the message calls it.

    Raises:
        TypeError: they are not a tensor of integers, (n,).
        ValueError: their number is not `n`.
    """
    if not isinstance(labels, Tensor):
        raise TypeError(f"{name} must be a torch tensor, got {describe(labels)}")
    if labels.is_floating_point() or labels.is_complex() or labels.ndim != 1:
        raise TypeError(f"{name} must be integers of shape ({n},), got {describe(labels)}")
    if len(labels) != n:
        raise ValueError(
            f"{name} has length {len(labels)} but there are {n} images; "
            "slice both with the same index"
        )
    return labels


def check_count(value: object, name: str) -> None:
    """Raise unless `value` is an integer of at least 1.

    Args:
        value: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is less than 1.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {describe(value)}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def check_text(value: object, name: str) -> str:
    """Return `value` if it is a text that is not blank; raise otherwise.

    Args:
        value: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not a text.
        ValueError: it is blank.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text in quotes, got {describe(value)}")
    if not value.strip():
        raise ValueError(f"{name} must not be empty, got {value!r}")
    return value
