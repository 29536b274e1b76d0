"""Train an adversarial autoencoder: it rebuilds images while its codes learn to pass for the prior.

>>> import torch
>>> from aeutils import models
>>> model, discriminator = models.Autoencoder((6, 8, 2)), models.mlp((2, 8, 1))
>>> history = fit_adversarial(
...     model, discriminator, torch.rand(40, 6), epochs=2, batch_size=20, progress=False
... )
>>> history.step
[1, 2, 3, 4]

References:
    * A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow and B. Frey (2015). Adversarial autoencoders.
      arXiv:1511.05644, section 2.
    * A. Radford, L. Metz and S. Chintala (2016). Unsupervised representation learning with deep
      convolutional generative adversarial networks. ICLR (Adam's momentum of 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from aeutils._internal.clock import processor_seconds
from aeutils._internal.validate import check_batch, check_count, check_trainable, describe
from aeutils.generation.adversarial import discriminator_loss, encoder_loss
from aeutils.losses.reconstruction import mse
from aeutils.training.history import History
from aeutils.training.optimisation import adamw
from aeutils.training.progress_bar import progress as with_bar
from aeutils.training.recipe import Recipe, name_of

Losses = tuple[
    Callable[[nn.Module, Tensor, Tensor], Tensor],  # of discriminator, codes and draws
    Callable[[nn.Module, Tensor], Tensor],  # of discriminator and codes
]
BETAS = (0.5, 0.999)  # of both optimisers: a long memory of an opponent that has moved on misleads


def fit_adversarial(
    model: nn.Module,
    discriminator: nn.Module,
    x: Tensor,
    *,
    epochs: int,
    loss: Callable[[Tensor, Tensor], Tensor] = mse,
    losses: Losses = (discriminator_loss, encoder_loss),
    weight: float = 0.005,
    batch_size: int = 256,
    lr: float = 1e-3,
    discriminator_lr: float | None = None,
    seed: int = 0,
    progress: bool = True,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Train `model` to rebuild `x` with codes that `discriminator` takes for draws from N(0, 1).

    A step is a batch, and changes both networks in turn: first AdamW makes loss(decode(z), batch) +
    weight · encoder loss(z) of the codes z = encode(batch) small in `model`, then another AdamW
    makes the discriminator loss of the same codes and of as many new draws small in
    `discriminator`. Both learning rates go through one cycle, as in `aeutils.training.fit`, with
    AdamW's momentum at 0.5 (Radford et al., 2016). Every epoch visits each image once, in a new
    order; the last batch may be short. On return both networks are in eval mode.

    Args:
        model: with encode(batch) -> codes (B, K) and decode(codes) -> output of as many numbers as
            the batch, on the device and of the dtype of `x`; changed in place.
        discriminator: module, rows (B, K) -> logits (B, 1) of being a draw; changed in place.
        x: images (N, C, H, W) or rows (N, D), floats.
        epochs: how often each image is visited.
        loss: function (output, target) -> scalar, a mean over images, such as those of
            `aeutils.losses`. The output has the target's shape.
        losses: discriminator loss and encoder loss, here or your own, with the arguments of
            `aeutils.generation.discriminator_loss` and `encoder_loss`.
        weight: of the encoder loss, >= 0. It stands beside the reconstruction loss, so it depends
            on whether that is a mean over pixels or a sum.
        batch_size: B, the images a step.
        lr: the highest learning rate of the model.
        discriminator_lr: that of the discriminator; None for `lr`.
        seed: seeds the order of the images and the draws from the prior, and neither reads nor
            moves torch's global generator.
        progress: show a bar (never while grading or in continuous integration).
        after_epoch: called with the number of epochs done, both networks in eval mode.

    Returns:
        The sum that the model made small, of every step, and in `recipe` what the run did; the
        discriminator's loss is in no list, because it does not say how well anything is going.

    Raises:
        TypeError: an argument has the wrong type, or `model` does not encode and decode.
        ValueError: the arguments do not fit together, a network answers in a wrong shape, or the
            loss is no scalar.
        TrainingDiverged: the loss is not finite; a RuntimeError that holds the `history`.
    """
    check_trainable(model, check_batch(x, "x"))
    check_trainable(discriminator, x)
    for count, name in ((epochs, "epochs"), (batch_size, "batch_size")):
        check_count(count, name)
    judged_lr = lr if discriminator_lr is None else discriminator_lr
    if not 0 <= weight < math.inf:
        raise ValueError(f"weight must be a number >= 0, got {describe(weight)}")
    if not (0 < lr < math.inf and 0 < judged_lr < math.inf):
        raise ValueError(f"learning rates must be positive numbers, got {lr} and {judged_lr}")
    net = _with_codes(model)
    loss_of_discriminator, loss_of_encoder = losses
    steps = epochs * math.ceil(len(x) / batch_size)
    optimizers = adamw(model, lr, 0.0, BETAS), adamw(discriminator, judged_lr, 0.0, BETAS)
    schedules = [
        OneCycleLR(optimizer, max_lr=rate, total_steps=max(4, steps), cycle_momentum=False)
        for optimizer, rate in zip(optimizers, (lr, judged_lr), strict=True)
    ]
    # Of two generators, so that the order is the one that `fit` takes with this seed.
    order, draws = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    history = History()
    start = processor_seconds()
    for epoch in with_bar(range(epochs), unit="epoch") if progress else range(epochs):
        model.train()
        discriminator.train()
        for rows in torch.randperm(len(x), generator=order).to(x.device).split(batch_size):
            batch = x[rows]
            codes = _check_codes(net.encode(batch), batch)
            value = loss(_as_batch(net.decode(codes), batch), batch)
            if value.ndim > 0:
                raise ValueError(f"loss must return a scalar, got {describe(value)}; take a mean")
            value = value + weight * loss_of_encoder(discriminator, codes)
            _step(value, optimizers[0])

            prior = torch.randn(codes.shape, generator=draws, dtype=x.dtype).to(x.device)
            _step(loss_of_discriminator(discriminator, codes, prior), optimizers[1])
            for schedule in schedules:
                schedule.step()
            history.add(value)
        model.eval()
        discriminator.eval()
        history.read()
        if after_epoch is not None:
            after_epoch(epoch + 1)
    history.recipe = Recipe.of(
        model,
        x,
        order_seed=seed,
        seconds=processor_seconds() - start,
        images_seen=epochs * len(x),
        steps=steps,
        batch_size=min(batch_size, len(x)),
        loss=f"{name_of(loss)} + {weight:g} · encoder loss",
        optimiser=f"AdamW, one cycle, β₁ {BETAS[0]:g}",
        lr=lr,
    )
    return history


def _step(value: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """Take one step of one of the two networks."""
    optimizer.zero_grad()  # also of what the other one's step has left
    value.backward()
    optimizer.step()


def _with_codes(model: nn.Module) -> Any:
    """Return the model, or say that it has no code between two halves."""
    for part in ("encode", "decode"):
        if not callable(getattr(model, part, None)):
            raise TypeError(
                f"the model must have encode(x) and decode(z), but {type(model).__name__} has no "
                f"{part}; take one of aeutils.models"
            )
    return model


def _check_codes(codes: Tensor, batch: Tensor) -> Tensor:
    """Return the codes of a batch, or say what else the encoder answered."""
    if not isinstance(codes, Tensor) or codes.ndim != 2 or len(codes) != len(batch):
        raise ValueError(
            f"encode must return codes of shape ({len(batch)}, K) for a batch of shape "
            f"{tuple(batch.shape)}, got {describe(codes)}"
        )
    return codes


def _as_batch(output: Tensor, batch: Tensor) -> Tensor:
    """Return what was decoded in the shape of the batch: models of rows answer rows."""
    if not isinstance(output, Tensor) or output.numel() != batch.numel():
        raise ValueError(
            f"decode must return as many numbers as the batch of shape {tuple(batch.shape)} has, "
            f"got {describe(output)}"
        )
    return output.reshape(batch.shape)
