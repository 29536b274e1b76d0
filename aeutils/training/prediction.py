"""Train an encoder by predicting what is hidden: pixels, or what another network says of them.

What is predicted is a function of the images, and so the same loop trains a masked autoencoder and
a joint-embedding predictive architecture (JEPA):

>>> import copy, functools
>>> import torch
>>> from aeutils import models, prediction
>>> x = torch.rand(40, 1, 28, 28)
>>> mask = functools.partial(prediction.random_mask, n_patches=16, n_hidden=10)
>>> def pixels(images):
...     return prediction.to_patches(images, 7)
>>> encoder = models.PatchEncoder((1, 28, 28), size=7, width=16, layers=1, heads=2)
>>> predictor = models.PatchPredictor(encoder, outputs=49)
>>> fit_prediction(encoder, predictor, x, pixels, mask, epochs=2, batch_size=20).step
[1, 2, 3, 4]
>>> average = copy.deepcopy(encoder).requires_grad_(False)
>>> def follow(step):
...     prediction.ema_update(average, encoder, decay=0.99)
>>> predictor = models.PatchPredictor(encoder, outputs=16)
>>> fit_prediction(encoder, predictor, x, average, mask, epochs=1, after_step=follow).step
[1]

References:
    * K. He, X. Chen, S. Xie, Y. Li, P. Dollár and R. Girshick (2022). Masked autoencoders are
      scalable vision learners. CVPR.
    * M. Assran et al. (2023). Self-supervised learning from images with a joint-embedding
      predictive architecture. CVPR, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from aeutils._internal.clock import processor_seconds
from aeutils._internal.validate import check_batch, check_count, check_trainable, describe
from aeutils.prediction.prediction import prediction_loss
from aeutils.training.history import History
from aeutils.training.optimisation import adamw, learning_rate_schedule
from aeutils.training.progress_bar import progress as with_bar
from aeutils.training.recipe import Recipe, name_of


def fit_prediction(
    encoder: nn.Module,
    predictor: nn.Module,
    x: Tensor,
    target: Callable[[Tensor], Tensor],
    mask: Callable[..., Tensor],
    *,
    epochs: int,
    loss: Callable[[Tensor, Tensor, Tensor], Tensor] = prediction_loss,
    batch_size: int = 64,
    lr: float = 3e-3,
    weight_decay: float = 0.0,
    seed: int = 0,
    progress: bool = False,
    after_step: Callable[[int], None] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Train both networks so that what is predicted of hidden patches comes near the target.

    A step is a batch: ``loss(predictor(encoder(batch, hidden), hidden), target(batch), hidden)``,
    with a new mask for every image. AdamW with one cycle of the learning rate, as
    `aeutils.training.fit`. Every epoch visits each image once, in a new order; the last batch may
    be short. On return both networks are in eval mode.

    Args:
        encoder: images (B, C, H, W) and a mask (B, P) -> tokens of the visible patches, such as
            `aeutils.models.PatchEncoder`; changed in place.
        predictor: tokens and the mask -> a vector for every patch (B, P, K), such as
            `aeutils.models.PatchPredictor`; changed in place.
        x: images (N, C, H, W), floats.
        target: images (B, C, H, W) -> what is to be predicted of every patch, (B, P, K). It is
            called with a graph, and whether a gradient goes into it is the loss's matter.
        mask: ``mask(B, generator=...)`` -> booleans (B, P), True where a patch is hidden, such as
            ``functools.partial(random_mask, n_patches=16, n_hidden=10)``.
        epochs: how often each image is visited.
        loss: function (predicted, target, hidden) -> scalar.
        batch_size: B, the images a step.
        lr: the highest learning rate.
        weight_decay: of AdamW, per step and multiplied by the learning rate.
        seed: seeds the order of the images and the masks, and neither reads nor moves torch's
            global generator.
        progress: show a bar (never while grading or in continuous integration).
        after_step: called with the number of steps done, for example to move a moving average.
        after_epoch: called with the number of epochs done, both networks in eval mode.

    Returns:
        The loss of every step, and in `recipe` what the run did.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: the arguments do not fit together, or the loss is no scalar.
        TrainingDiverged: the loss is not finite; a RuntimeError that holds the `history`.
    """
    check_trainable(encoder, check_batch(x, "x"))
    check_trainable(predictor, x)
    for count, name in ((epochs, "epochs"), (batch_size, "batch_size")):
        check_count(count, name)
    if not 0 < lr < math.inf:
        raise ValueError(f"lr must be a positive number, got {describe(lr)}")
    both = nn.ModuleList([encoder, predictor])
    steps = epochs * math.ceil(len(x) / batch_size)
    optimizer = adamw(both, lr, weight_decay)
    scheduler = learning_rate_schedule(optimizer, "one_cycle", lr, steps)
    # Of two generators, so that the order is the one that `fit` takes with this seed.
    order, draws = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    history, step = History(), 0
    start = processor_seconds()
    for epoch in with_bar(range(epochs), unit="epoch") if progress else range(epochs):
        both.train()
        for rows in torch.randperm(len(x), generator=order).to(x.device).split(batch_size):
            batch = x[rows]
            hidden = mask(len(batch), generator=draws).to(x.device)
            predicted = predictor(encoder(batch, hidden), hidden)
            value = loss(predicted, target(batch), hidden)
            if value.ndim > 0:
                raise ValueError(f"loss must return a scalar, got {describe(value)}; take a mean")
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            scheduler.step()
            history.add(value)
            step += 1
            if after_step is not None:
                after_step(step)
        both.eval()
        history.read()
        if after_epoch is not None:
            after_epoch(epoch + 1)
    recipe = Recipe.of(
        both,
        x,
        order_seed=seed,
        seconds=processor_seconds() - start,
        images_seen=epochs * len(x),
        steps=steps,
        batch_size=min(batch_size, len(x)),
        loss=f"{name_of(loss)}, target {name_of(target)}",
        shown=name_of(mask),
        optimiser="AdamW, one cycle",
        lr=lr,
        weight_decay=weight_decay,
    )
    model = f"{type(encoder).__name__} and {type(predictor).__name__}"
    history.recipe = replace(recipe, model=model)
    return history
