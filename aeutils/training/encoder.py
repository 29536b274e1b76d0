"""Train an encoder by a loss on the codes of a batch and its labels: all Siamese losses are such.

>>> import torch
>>> from aeutils.models import mlp
>>> from aeutils.losses.supervised_contrastive import supcon_loss
>>> x, y = torch.rand(40, 6), torch.arange(40) % 2
>>> fit_encoder(mlp((6, 8, 2)), x, y, supcon_loss, epochs=2, batch_size=20).step
[1, 2, 3, 4]
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils._internal.clock import processor_seconds
from aeutils._internal.validate import (
    check_batch,
    check_count,
    check_labels,
    check_trainable,
    describe,
)
from aeutils.training.history import History
from aeutils.training.optimisation import adamw, learning_rate_schedule
from aeutils.training.recipe import Recipe, name_of

Loss = Callable[[Tensor, Tensor], Tensor]


def fit_encoder(
    model: nn.Module,
    x: Tensor,
    labels: Tensor,
    loss: Loss,
    *,
    epochs: int,
    batch_size: int = 256,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    seed: int = 0,
    augment: Callable[[Tensor], Tensor] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Train `model` so that loss(model(batch), its labels) becomes small; return the losses.

    AdamW with one cycle of the learning rate, as `aeutils.training.fit`. Every epoch visits each
    image once, in a new order; the last batch may be short. On return the model is in eval mode.

    Args:
        model: images (B, ...) -> codes (B, K), on the device of `x`; changed in place.
        x: images (N, C, H, W) or rows (N, D), floats.
        labels: integers (N,). Whoever passes them has *used* them, also where the loss looks at
            pairs only.
        loss: codes (B, K), labels (B,) -> a scalar.
        epochs: how often each image is visited.
        batch_size: B, the images a step.
        lr: the highest learning rate.
        weight_decay: of AdamW, per step and multiplied by the learning rate.
        seed: seeds the order of the images only.
        augment: changes what goes in, batch -> batch, for example
            `aeutils.corruption.affine_jitter.jitter`.
        after_epoch: called with the number of epochs done, the model in eval mode.

    Returns:
        The loss of every step, and in `recipe` what the run did.

    Raises:
        TypeError: x, labels, epochs or batch_size have the wrong type.
        ValueError: the arguments do not fit together, or the loss is no scalar.
        TrainingDiverged: the loss is not finite; a √ of a distance of 0 is the usual reason.
    """
    check_trainable(model, check_batch(x, "x"))
    check_labels(labels, len(x))
    check_count(epochs, "epochs")
    check_count(batch_size, "batch_size")
    steps = epochs * math.ceil(len(x) / batch_size)
    optimizer = adamw(model, lr, weight_decay)
    scheduler = learning_rate_schedule(optimizer, "one_cycle", lr, steps)
    generator, history, seen = torch.Generator().manual_seed(seed), History(), 0
    start = processor_seconds()
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(x), generator=generator).to(x.device).split(batch_size):
            batch = x[rows] if augment is None else augment(x[rows])
            seen += len(batch)  # two views of an image are two images that went through
            value = loss(model(batch), labels[rows])
            if value.ndim > 0:
                raise ValueError(f"loss must return a scalar, got {describe(value)}; take a mean")
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            scheduler.step()
            history.add(value)
        model.eval()
        history.read()
        if after_epoch is not None:
            after_epoch(epoch + 1)
    history.recipe = Recipe.of(
        model,
        x,
        order_seed=seed,
        seconds=processor_seconds() - start,
        images_seen=seen,
        steps=steps,
        batch_size=min(batch_size, len(x)),
        loss=name_of(loss),
        shown=name_of(augment),
        optimiser="AdamW, one cycle",
        lr=lr,
        weight_decay=weight_decay,
    )
    return history
