"""Training: one plain loop over images that fit in memory, and what belongs to it.

`fit` shuffles the row numbers once per epoch, gathers each batch from one tensor, and takes AdamW
steps whose learning rate follows one cycle. On small images a loader that fetches images one by
one would take longer than the network.

>>> import torch
>>> from aeutils import models
>>> seed_everything(0)
>>> model = models.Autoencoder(sizes=(64, 32, 4))
>>> images = torch.rand(500, 1, 8, 8)
>>> fit(model, images, epochs=3, progress=False).step
[1, 2, 3, 4, 5, 6]

References
----------
Kingma and Ba (2015), Adam: a method for stochastic optimization.
Loshchilov and Hutter (2019), Decoupled weight decay regularization (AdamW).
Smith and Topin (2019), Super-convergence (the one-cycle schedule).
Prechelt (1998), Early stopping: but when?
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from aeutils._internal.validate import (
    check_alike,
    check_batch,
    check_count,
    check_same_shape,
    check_trainable,
    describe,
)
from aeutils.losses.reconstruction import mse
from aeutils.testing.sealed import exercise
from aeutils.training.checkpoint import Checkpoint, load_into, own_random_numbers, save  # noqa: F401
from aeutils.training.history import History, TrainingDiverged  # noqa: F401
from aeutils.training.progress_bar import is_quiet

SCHEDULES = ("one_cycle", "constant")
LOOK_EVERY = 50  # steps between looks at the loss; on a GPU every look waits for the device


@exercise("week02_vanilla")
def fit(
    model: nn.Module,
    x: Tensor,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    loss: Callable[..., Tensor] = mse,
    batch_size: int = 256,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    schedule: str = "one_cycle",
    seed: int = 0,
    x_val: Tensor | None = None,
    patience: int | None = None,
    corrupt: Callable[[Tensor], Tensor] | None = None,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 500,
    watch: Tensor | None = None,
) -> History:
    """Train `model` to reconstruct `x`; return the losses. The model is changed in place.

    Every epoch visits each image once, in a new order; its last batch may be short. One step is
    one batch: minimise loss(model(corrupt(batch)), batch). On return the model is in eval mode.

    Parameters
    ----------
    model: on the device and of the dtype of `x`. Its first weights are the caller's: call
        `seed_everything` before making it.
    x: images (N, C, H, W) or rows (N, D), floats.
    steps, epochs: the length of the run, exactly one of the two.
    loss: function (output, target) -> scalar, a mean over images, such as those of
        `aeutils.losses`.
    lr: the learning rate, for "one_cycle" the highest: it climbs from lr/25 during the first 30%
        of the steps and falls to almost 0 (runs of less than 4 steps stay at `lr`). "constant"
        keeps it.
    weight_decay: of AdamW, per step and multiplied by the learning rate.
    seed: of the order of the images, and of nothing else: neither reads nor moves torch's global
        generator. Dropout and `corrupt` draw from the global one (`seed_everything`).
    x_val: images for validation, evaluated by the same loss after each epoch and after the last
        step, in eval mode, with the same random numbers every time (so the corruption is the same).
    patience: stop after this many evaluations in a row without a new smallest validation loss. At
        the end, early or not, the weights of `best_step` are restored. None: never stop, keep the
        last weights.
    corrupt: function batch -> corrupted batch for the input; the target stays clean.
    progress: show a bar (never while grading or in continuous integration).
    checkpoint: file for the state of the run, written every `checkpoint_every` steps, on Ctrl-C
        (unless it falls into the update of the weights: then the file stays as it was) and at the
        end. The same call with an existing file continues that run, and ends with exactly the
        weights and losses of an uninterrupted one; a finished run is only loaded.
    watch: images whose reconstructions, with the loss curve, are shown while the run goes on and
        stay in the notebook. Ctrl-C (Interrupt, ■) then ends the run early without an error: the
        model keeps what it has learned, and the losses so far are returned.

    Raises ValueError or TypeError for arguments that do not fit together, and TrainingDiverged (a
    RuntimeError with the `history`) if the loss is not finite.
    """
    _check_arguments(
        model, x, x_val, lr, schedule, patience,
        steps=steps, epochs=epochs, batch_size=batch_size, checkpoint_every=checkpoint_every,
    )  # fmt: skip
    steps_per_epoch = math.ceil(len(x) / batch_size)
    steps = epochs * steps_per_epoch if steps is None else steps
    optimizer = _adamw(model, lr, weight_decay)
    scheduler = _scheduler(optimizer, schedule, lr, steps)
    generator = torch.Generator().manual_seed(seed)
    run = Checkpoint(checkpoint, checkpoint_every, model, optimizer, scheduler, generator, x.device)
    run.resume(
        steps=steps, batch_size=batch_size, lr=lr, weight_decay=weight_decay, schedule=schedule,
        seed=seed, patience=patience, loss=loss, corrupt=corrupt, x=x, x_val=x_val, model=model,
    )  # fmt: skip

    history, order = run.history, None
    step = len(history.step)
    bar = _progress_bar(progress and watch is None, steps, step)
    view = None if watch is None else _view(watch, steps)
    model.train()
    try:
        while step < steps and not history.stopped_early:
            if order is None or step % steps_per_epoch == 0:
                run.begin_epoch()
                order = torch.randperm(len(x), generator=generator).to(x.device)  # (N,)
            run.begin_step(step)

            position = step % steps_per_epoch * batch_size
            target = x[order[position : position + batch_size]]  # (B, ...), a copy
            batch_loss = _batch_loss(model, target, loss, corrupt)
            optimizer.zero_grad()
            batch_loss.backward()
            run.begin_update()
            optimizer.step()
            scheduler.step()
            step += 1

            history.add(batch_loss)
            bar.update(1)
            if view is not None:
                view.look(model, step, history.losses)
            if step % LOOK_EVERY == 0 or step == steps:
                history.read()
                bar.set_postfix_str(f"loss {history.train_loss[-1]:.4g}", refresh=False)
            if x_val is not None and (step % steps_per_epoch == 0 or step == steps):
                val_loss = _validation_loss(model, x_val, loss, corrupt, batch_size, seed)
                history.add_validation(val_loss)
                if patience is not None:
                    if history.best_step == step:
                        run.best_weights = {k: v.clone() for k, v in model.state_dict().items()}
                    waited = history.evaluations_since_best()
                    history.stopped_early = waited >= patience and step < steps
    except KeyboardInterrupt:
        run.write()
        if view is None:
            raise
        history.read()
        view.close(stopped=True)
        return history
    finally:
        bar.close()
        model.eval()

    history.read()
    if run.best_weights:
        model.load_state_dict(run.best_weights)
    run.finish(step)
    if view is not None:
        view.close()
    return history


@exercise("week02_vanilla")
@torch.no_grad()
def reconstruction_error(
    model: nn.Module | Callable[[Tensor], Tensor], x: Tensor, batch_size: int = 1000
) -> float:
    """Return the mean over images of the squared error summed over pixels, in eval mode.

    Σ_i ‖model(x_i) − x_i‖² / N: the sum is divided once, so that a short last batch counts right.

    Parameters: `model`, a module or any function from images to reconstructions of the same shape
    (for example `PCA(32).fit(x).reconstruct`); `x` (N, ...), floats. The result is in squared
    units of intensity per image. The module's train or eval mode is left as it was.
    """
    check_batch(x, "x")
    check_count(batch_size, "batch_size")
    was_training = isinstance(model, nn.Module) and model.training
    if was_training:
        model.eval()
    total = 0.0
    for batch in x.split(batch_size):
        x_hat = model(batch)
        check_same_shape(x_hat, batch, "the model's output", "its input")
        total += float((x_hat - batch).square().sum())
    if was_training:
        model.train()
    return total / len(x)


def seed_everything(seed: int) -> None:
    """Seed Python's `random`, NumPy's global generator and torch's, on every device.

    Call it before making a model, so that its first weights are the same in every run.
    Parameters: `seed`, from 0 to 2³² − 1.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}; NumPy takes no other")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (code that uses the global generator is the reason)
    torch.manual_seed(seed)


def _adamw(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """Return AdamW, fused into one kernel per step where the device has it."""
    weights = [p for p in model.parameters() if p.requires_grad]
    try:
        return torch.optim.AdamW(weights, lr=lr, weight_decay=weight_decay, fused=True)
    except RuntimeError:
        return torch.optim.AdamW(weights, lr=lr, weight_decay=weight_decay)


def _scheduler(
    optimizer: torch.optim.Optimizer, schedule: str, lr: float, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if schedule == "one_cycle" and steps >= 4:  # 30% of fewer steps has no room for the climb
        return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def _batch_loss(
    model: nn.Module,
    target: Tensor,
    loss: Callable[..., Tensor],
    corrupt: Callable[[Tensor], Tensor] | None,
) -> Tensor:
    """Return the loss of one batch: what goes in may be corrupted, the target is clean."""
    batch = target if corrupt is None else corrupt(target.clone())
    value = loss(model(batch), target)
    if value.ndim > 0:
        raise ValueError(
            f"loss must return a scalar, got {describe(value)}; take the mean over images"
        )
    return value


@torch.no_grad()
def _validation_loss(
    model: nn.Module,
    x_val: Tensor,
    loss: Callable[..., Tensor],
    corrupt: Callable[[Tensor], Tensor] | None,
    batch_size: int,
    seed: int,
) -> float:
    """Mean loss of x_val in eval mode; torch's global generator is left as it was."""
    model.eval()
    total = torch.zeros((), device=x_val.device)
    with own_random_numbers(seed, x_val.device):
        for target in x_val.split(batch_size):
            total += len(target) * _batch_loss(model, target, loss, corrupt)
    model.train()
    return float(total) / len(x_val)


def _view(images: Tensor, steps: int):  # -> Watch
    from aeutils.training.live_view import Watch

    return Watch(images, steps)


class _NoBar:
    """What `fit` uses of a bar, where nobody watches: nothing happens."""

    def update(self, steps: int) -> None: ...
    def set_postfix_str(self, text: str, refresh: bool) -> None: ...
    def close(self) -> None: ...


def _progress_bar(wanted: bool, steps: int, first: int):  # -> tqdm, or what looks like it
    if not wanted or is_quiet():
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=steps, initial=first, unit="step")


def _check_arguments(
    model: nn.Module,
    x: Tensor,
    x_val: Tensor | None,
    lr: float,
    schedule: str,
    patience: int | None,
    **counts: int | None,
) -> None:
    """Raise for arguments of `fit` that are wrong or do not fit together."""
    check_trainable(model, check_batch(x, "x"))
    if x_val is not None:
        check_alike(check_batch(x_val, "x_val"), x, "x_val", "x")
    elif patience is not None:
        raise ValueError("patience counts evaluations of x_val; pass x_val, or patience=None")
    if (counts["steps"] is None) == (counts["epochs"] is None):
        given = f"steps={counts['steps']} and epochs={counts['epochs']}"
        raise ValueError(f"give either steps or epochs, got {given}")
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {SCHEDULES}, got {schedule!r}")
    if not 0 < lr < math.inf:
        raise ValueError(f"lr must be a positive number, got {lr}; 1e-3 is a usual start")
    for name, value in {**counts, "patience": patience}.items():
        if value is not None:
            check_count(value, name)
