"""What week 6's exercises about classes share: codes, unit vectors, sums of a class."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises import grader_generator


def codes(n: int, k: int, seed: int) -> Tensor:
    """Return codes (n, k) away from zero."""
    return torch.randn(n, k, generator=grader_generator(seed)) + 0.6


def units(z: Tensor) -> Tensor:
    """Return the rows in float64, each divided by its length."""
    z = z.double()
    return z / z.square().sum(1, keepdim=True).sqrt()


def class_sums(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class sums (C, K) and the counts (C,)."""
    kinds = labels.unique()
    sums = torch.stack([z[labels == c].sum(0) for c in kinds])
    return sums, torch.stack([(labels == c).sum() for c in kinds]).double()
