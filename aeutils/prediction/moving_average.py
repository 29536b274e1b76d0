"""A network whose weights follow those of another one slowly, so that it can be the target.

>>> import torch
>>> average, model = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
>>> _ = torch.nn.init.zeros_(average.weight), torch.nn.init.ones_(model.weight)
>>> ema_update(average, model, decay=0.75)
>>> average.weight.item()
0.25

References:
    * D. P. Kingma and J. Ba (2015). Adam: a method for stochastic optimization. ICLR, section 3
      (what a moving average still holds of its start, and how it is removed).
    * J.-B. Grill et al. (2020). Bootstrap your own latent. NeurIPS (the average as the target).
    * M. Assran et al. (2023). Self-supervised learning from images with a joint-embedding
      predictive architecture. CVPR.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_count, check_floats, check_same_shape, describe
from aeutils.testing.sealed import exercise


@exercise("elective_d_prediction")
@torch.no_grad()
def ema_update(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the weights of `average` a little towards those of `model`, in place.

    Every parameter becomes decay · average + (1 − decay) · model. Buffers, such as the statistics
    of batch normalisation, are copied. Nothing enters a graph, and `model` stays as it is.

    Args:
        average: network that is changed.
        model: network of the same shape that it follows.
        decay: what is kept of the average, from 0 (a copy of the model) to 1 (no change).

    Raises:
        TypeError: one of them is not a module.
        ValueError: the networks have other parameters or buffers, or `decay` is not in [0, 1].
    """
    for network, name in ((average, "average"), (model, "model")):
        if not isinstance(network, nn.Module):
            raise TypeError(f"{name} must be a torch module, got {describe(network)}")
    if not 0 <= decay <= 1:
        raise ValueError(f"decay must be a number from 0 to 1, got {describe(decay)}")
    for kind in ("parameters", "buffers"):
        ours = dict(getattr(average, f"named_{kind}")())
        theirs = dict(getattr(model, f"named_{kind}")())
        if {name: t.shape for name, t in ours.items()} != {n: t.shape for n, t in theirs.items()}:
            raise ValueError(
                f"average and model must have the same {kind}, got {len(ours)} and {len(theirs)} "
                "of other names or shapes; start with average = copy.deepcopy(model)"
            )
        for name, value in theirs.items():
            if kind == "parameters":
                ours[name].mul_(decay).add_(value, alpha=1 - decay)
            else:
                ours[name].copy_(value)


@exercise("elective_d_prediction")
def without_start(average: Tensor, start: Tensor, decay: float, steps: int) -> Tensor:
    """Return a moving average without what the value it started with still contributes.

    After t updates the start has the weight decay^t in the average. What is returned is
    (average − decay^t · start) / (1 − decay^t), the weighted mean of the t values that came since;
    for a start of 0 it is the correction of Adam (Kingma and Ba, 2015).

    Args:
        average: the moving average after all updates, floats of any shape.
        start: its value before the first, of the same shape.
        decay: what each update kept of the average, from 0 to below 1.
        steps: t, the number of updates, at least 1.

    Returns:
        A tensor of that shape.

    Raises:
        TypeError: `average` or `start` is not a tensor of floats, or `steps` not an integer.
        ValueError: the shapes differ, `decay` is not in [0, 1), or `steps` is below 1.
    """
    check_same_shape(
        check_floats(average, "average"), check_floats(start, "start"), "average", "start"
    )
    check_count(steps, "steps")
    if not 0 <= decay < 1:
        raise ValueError(
            f"decay must be a number from 0 to below 1, got {describe(decay)}; with 1 the average "
            "never leaves its start"
        )
    left = decay**steps
    return (average - left * start) / (1 - left)
