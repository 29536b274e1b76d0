"""The reconstruction error of a model on a set of images, in batches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_batch, check_count, check_same_shape
from aeutils.testing.sealed import exercise
from aeutils.training.eval_mode import eval_mode


@exercise("week02_vanilla")
@torch.no_grad()
def reconstruction_error(
    model: nn.Module | Callable[[Tensor], Tensor], x: Tensor, batch_size: int = 1000
) -> float:
    """Return the mean over images of the squared error summed over pixels, in eval mode.

    Σ_i ‖model(x_i) − x_i‖² / N: the sum is divided once, so that a short last batch counts right.

    Args:
        model: a module, whose train or eval mode is left as it was, or any function from images to
            reconstructions of the same shape (for example `PCA(32).fit(x).reconstruct`).
        x: images (N, C, H, W) or rows (N, D), floats.
        batch_size: images that go through the model at a time; the result does not depend on it.

    Returns:
        The error, in squared units of intensity per image.

    Raises:
        TypeError: x is no tensor of floats, or batch_size no integer.
        ValueError: x holds no image or values that are not finite, batch_size is less than 1, or
            the model's output has another shape than its input.
    """
    check_batch(x, "x")
    check_count(batch_size, "batch_size")
    total = 0.0
    with eval_mode(model):
        for batch in x.split(batch_size):
            x_hat = model(batch)
            check_same_shape(x_hat, batch, "the model's output", "its input")
            total += float((x_hat - batch).square().sum())
    return total / len(x)
