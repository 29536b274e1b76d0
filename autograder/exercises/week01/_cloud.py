"""Points for week 1's exercises on principal components."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises import grader_generator


def cloud(n: int, d: int, seed: int = 0) -> Tensor:
    """Return n points in d dimensions, wider in some directions than in others, off the origin."""
    rng = grader_generator(seed)
    widths = torch.linspace(3, 0.3, d)
    mix, _ = torch.linalg.qr(torch.randn(d, d, generator=rng))
    return (torch.randn(n, d, generator=rng) * widths) @ mix + torch.randn(d, generator=rng) * 2
