"""Where random numbers are drawn, so that a seed gives the same ones for tensors on any device."""

from __future__ import annotations

import torch
from torch import Tensor


def drawing_device(generator: torch.Generator | None, x: Tensor | None = None) -> torch.device:
    """Return the device on which to draw random numbers for `x`; then move them to `x.device`.

    A generator draws on its own device only. So one of the CPU serves tensors on every device, and
    its seed gives the same numbers on all of them.

    Args:
        generator: the source of the numbers; None for torch's global one of the device of `x`.
        x: what the numbers are for; None if they are for no tensor, and may come from the CPU.
    """
    if generator is not None:
        return generator.device
    return torch.device("cpu") if x is None else x.device
