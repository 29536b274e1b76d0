"""Random numbers: the same in every run, and borrowed without being used up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


def seed_everything(seed: int) -> None:
    """Seed Python's `random`, NumPy's global generator and torch's, on every device.

    Call it before making a model, so that its first weights are the same in every run.

    Args:
        seed: an integer from 0 to 2³² − 1.

    Raises:
        ValueError: seed is outside that range.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}; NumPy takes no other")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (code that uses the global generator is the reason)
    torch.manual_seed(seed)


@contextmanager
def own_random_numbers(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for the length of a `with` block, then put them back.

    Args:
        seed: the seed inside the block.
        device: where the code in the block draws random numbers, beside the CPU.

    Returns:
        A context.
    """
    before = random_states(device)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed other devices too
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).manual_seed(seed)
    try:
        yield
    finally:
        restore_random_states(before, device)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of torch's global generators that code on `device` draws from.

    Args:
        device: the device of the model and its images.

    Returns:
        One state for the CPU, and one for the device if it has a generator of its own, by type.
    """
    states = {"cpu": torch.get_rng_state()}
    if device.type in ("cuda", "mps"):
        states[device.type] = getattr(torch, device.type).get_rng_state(device)
    return states


def restore_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Put torch's global generators in the states that `random_states` returned.

    Args:
        states: generator states by type of device.
        device: the device of the model and its images.
    """
    torch.set_rng_state(states["cpu"])
    if device.type in states and device.type != "cpu":
        getattr(torch, device.type).set_rng_state(states[device.type], device)
