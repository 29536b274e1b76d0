"""After a breach: an answer that cleans up after itself."""

from __future__ import annotations

import functools

import torch

from autograder.exercises.conduct.beside.state import Around


def copied(value):
    """Return a copy of a tensor through which gradients pass, and anything else as it is.

    Args:
        value: an argument.
    """
    return value.clone() if isinstance(value, torch.Tensor) else value


def shares(value, tensor):
    """Return whether a result may lie in the memory of a tensor.

    Args:
        value: what was returned.
        tensor: a copy of an argument.
    """
    if isinstance(value, (tuple, list)):
        return any(shares(v, tensor) for v in value)
    if not isinstance(value, torch.Tensor) or not isinstance(tensor, torch.Tensor):
        return not isinstance(value, (int, float, torch.Tensor))
    return value.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()


def put_back(before, after):
    """Put the numbers of a copy back: a gradient that is taken later needs them.

    Args:
        before: an argument.
        after: its copy, in which an answer may have written.
    """
    if isinstance(after, torch.Tensor) and after.shape == before.shape:
        after.data.copy_(before.detach())


def beside_original(value, args, given):
    """Return a view of a copy as the same view of what was copied: an exercise may owe a view.

    Where numbers of the copy have changed, or the argument asks for a gradient, it stays as it is.

    Args:
        value: what was returned.
        args: the arguments.
        given: their copies, which the answer took.
    """
    if not isinstance(value, torch.Tensor):
        return value
    for before, after in zip(args, given, strict=True):
        if not isinstance(before, torch.Tensor) or before.requires_grad:
            continue
        alike = (before.dtype, before.stride()) == (value.dtype, after.stride())
        if alike and shares(value, after) and torch.equal(before, after):
            place = before.storage_offset() + value.storage_offset() - after.storage_offset()
            return before.as_strided(value.shape, value.stride(), place)
    return value


class Models:
    """The models among the arguments, of which what the broken lines are about is put back."""

    def __init__(self, args, lines):
        models = [a for a in args if isinstance(a, torch.nn.Module)]
        tensors = [t for m in models for t in (*m.parameters(), *m.buffers())]
        self.kept = [(t, t.detach().clone()) for t in tensors if "model-changed" in lines]
        modules = [m for model in models for m in model.modules()]
        self.modes = [(m, m.training) for m in modules if "mode-changed" in lines]

    def restore(self):
        """Put numbers and modes back, unseen by the gradients of what was computed."""
        for tensor, before in self.kept:
            tensor.data.copy_(before)
        for module, training in self.modes:
            module.training = training


def swept(call, lines):
    """Return a function that calls on copies and puts the global state back.

    Args:
        call: a function or method of the student's.
        lines: the lines of conduct that it broke.
    """

    @functools.wraps(call)
    def tidied(*args, **kwargs):
        around, models = Around(), Models(args, lines)
        given = [copied(a) for a in args]
        try:
            value = call(*given, **{k: copied(v) for k, v in kwargs.items()})
        finally:
            around.restore(random_too="seeded" in lines)
            models.restore()
        for before, after in zip(args, given, strict=True):
            if not shares(value, after):
                put_back(before, after)
        return beside_original(value, args, given)

    return tidied


def tidy(function, makes, lines):
    """Return the answer with a broom, so that what it left behind costs one point and no more.

    Args:
        function: the student's function.
        makes: whether it returns a model, whose methods need a broom as well.
        lines: the lines of conduct that it broke.
    """
    if not makes:
        return swept(function, lines)

    @functools.wraps(function, updated=())
    def made(*args, **kwargs):
        model = swept(function, [])(*args, **kwargs)
        for name in ("encode", "decode", "forward"):
            if callable(getattr(model, name, None)):
                setattr(model, name, swept(getattr(model, name), lines))
        return model

    return made
