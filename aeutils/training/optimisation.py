"""AdamW, and how its learning rate goes through a run.

References:
    * Kingma and Ba (2015), Adam: a method for stochastic optimization.
    * Loshchilov and Hutter (2019), Decoupled weight decay regularization (AdamW).
    * Smith and Topin (2019), Super-convergence (the one-cycle schedule).
"""

from __future__ import annotations

import contextlib

import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR

from aeutils._internal import compiler

SCHEDULES = ("one_cycle", "constant")
BETAS = (0.9, 0.999)  # torch's own
# Of another device torch says only in the first step that it has no fused kernel.
FUSED = ("cpu", "cuda", "mps")

compiler.put_off()


def adamw(
    model: nn.Module, lr: float, weight_decay: float, betas: tuple[float, float] = BETAS
) -> torch.optim.AdamW:
    """Return AdamW for the weights of `model`, fused into one kernel a step where possible.

    Args:
        model: its parameters that require a gradient are trained, the others stay.
        lr: the learning rate.
        weight_decay: per step and multiplied by the learning rate.
        betas: what is kept of the running means of gradients and of their squares in each step.

    Returns:
        The optimizer.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    if all(p.device.type in FUSED for p in weights):
        with contextlib.suppress(RuntimeError):  # this dtype, or this torch, has no fused kernel
            return torch.optim.AdamW(
                weights, lr=lr, weight_decay=weight_decay, betas=betas, fused=True
            )
    return torch.optim.AdamW(weights, lr=lr, weight_decay=weight_decay, betas=betas)


def learning_rate_schedule(
    optimizer: torch.optim.Optimizer, schedule: str, lr: float, steps: int
) -> LRScheduler:
    """Return the schedule of the learning rate; call its `step` after each step of the optimizer.

    Args:
        optimizer: whose learning rate is set.
        schedule: "one_cycle" climbs from lr/25 to `lr` during the first 30% of the steps and falls
            to almost 0; "constant" keeps `lr`, and so do runs of less than 4 steps.
        lr: the highest learning rate.
        steps: the length of the run.

    Returns:
        The schedule.
    """
    if schedule == "one_cycle" and steps >= 4:  # 30% of fewer steps has no room for the climb
        return OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
    return ConstantLR(optimizer, factor=1.0)
