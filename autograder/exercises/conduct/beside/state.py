"""The state of the whole process that a call must leave alone."""

from __future__ import annotations

import random
import zlib

import numpy as np
import torch


def numpy_state() -> tuple:
    """Return the state of numpy's own generator."""
    return tuple(np.random.get_state())  # noqa: NPY002


_seeded: dict[int, tuple] = {}  # by the seed, the states that follow from it


class Around:
    """The global state that a call must leave alone, as it was when this was made.

    Args:
        seeded: the seed, where the generators have just been seeded: to read their states takes
            longer than most calls, and those of a seed are read once.
    """

    def __init__(self, seeded=None):
        states = _seeded.get(seeded)
        if states is None:
            states = torch.get_rng_state(), numpy_state(), random.getstate()
        if seeded is not None:
            _seeded[seeded] = states
        self.torch, self.numpy, self.python = states
        self.grad = torch.is_grad_enabled()
        self.dtype = torch.get_default_dtype()
        self.device = torch.get_default_device()

    def drawn(self):
        """Return the names of the generators that have moved since."""
        now = numpy_state()
        same_numpy = now[2] == self.numpy[2] and np.array_equal(now[1], self.numpy[1])
        moved = {
            "torch": not torch.equal(torch.get_rng_state(), self.torch),
            "numpy": not same_numpy,
            "random": random.getstate() != self.python,
        }
        return [name for name, has in moved.items() if has]

    def changed(self):
        """Return the lines that are broken now."""
        lines = {
            "gradients-left-off": torch.is_grad_enabled() != self.grad,
            "default-dtype-left": torch.get_default_dtype() != self.dtype,
            "default-device-left": torch.get_default_device() != self.device,
        }
        return [name for name, is_so in lines.items() if is_so]

    def restore(self, random_too=True):
        """Put everything back.

        Args:
            random_too: whether the random generators are set back as well.
        """
        torch.set_grad_enabled(self.grad)
        if torch.get_default_dtype() != self.dtype:
            torch.set_default_dtype(self.dtype)
        if torch.get_default_device() != self.device:
            torch.set_default_device(None if self.device.type == "cpu" else self.device)
        if random_too:
            torch.set_rng_state(self.torch)
            np.random.set_state(self.numpy)  # noqa: NPY002
            random.setstate(self.python)


def seed(number):
    """Seed the global generators; torch's directly, which is much faster than `manual_seed`.

    Args:
        number: the seed.
    """
    torch.default_generator.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002
    random.seed(number)


def fingerprint():
    """Return a number for each of torch's, numpy's and Python's generators that tells its state."""
    states = (
        torch.get_rng_state().numpy().tobytes(),
        numpy_state()[1].tobytes(),
    )
    return [*(zlib.crc32(state) for state in states), hash(random.getstate())]
