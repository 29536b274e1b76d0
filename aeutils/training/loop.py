"""The training loop: batches in random order, and a step of AdamW for each.

`fit` shuffles the row numbers once per epoch, gathers each batch from one tensor, and takes AdamW
steps whose learning rate follows one cycle. On small images a loader that fetches images one by
one would take longer than the network.

>>> import torch
>>> from aeutils import models, training
>>> training.seed_everything(0)
>>> model = models.Autoencoder(sizes=(64, 32, 4))
>>> images = torch.rand(500, 1, 8, 8)
>>> fit(model, images, epochs=3, progress=False).step
[1, 2, 3, 4, 5, 6]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from aeutils._internal.clock import processor_seconds
from aeutils._internal.environment import is_quiet
from aeutils._internal.validate import check_batch, check_count, check_trainable, describe
from aeutils.losses.reconstruction import mse
from aeutils.testing.sealed import exercise
from aeutils.training.callback import Callback, CallbackList, Run
from aeutils.training.graph_step import GraphStep
from aeutils.training.history import LOG_INTERVAL, History
from aeutils.training.optimisation import SCHEDULES, adamw, learning_rate_schedule
from aeutils.training.progress_bar import ProgressBar
from aeutils.training.recipe import Recipe, name_of


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
    corrupt: Callable[[Tensor], Tensor] | None = None,
    progress: bool = True,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train `model` to reconstruct `x`; return the losses. The model is changed in place.

    Every epoch visits each image once, in a new order; its last batch may be short. One step is
    one batch: minimise loss(model(corrupt(batch)), batch). On return the model is in eval mode.

    On CUDA the gradients of full batches come from a graph that is recorded once, where model and
    loss are known to do the same for every batch: see `aeutils.training.graph_step`.

    Args:
        model: on the device and of the dtype of `x`. Its first weights are the caller's: call
            `seed_everything` before making it.
        x: images (N, C, H, W) or rows (N, D), floats.
        steps: the length of the run in batches; give either `steps` or `epochs`.
        epochs: the length of the run in visits to every image.
        loss: function (output, target) -> scalar, a mean over images, such as those of
            `aeutils.losses`.
        batch_size: B, the images a step.
        lr: the learning rate, for "one_cycle" the highest: it climbs from lr/25 during the first
            30% of the steps and falls to almost 0 (runs of less than 4 steps stay at `lr`).
        weight_decay: of AdamW, per step and multiplied by the learning rate.
        schedule: "one_cycle", or "constant" to keep the learning rate.
        seed: seeds the order of the images only, and neither reads nor moves torch's global
            generator. Dropout and `corrupt` draw from the global one (`seed_everything`).
        corrupt: function batch -> corrupted batch for the input; the target stays clean.
        progress: show a bar (never while grading or in continuous integration, nor beside a
            callback that shows the progress itself).
        callbacks: what else happens meanwhile, such as `Validation(x_val)`, `Checkpoint("run.pt")`
            and `LiveView(images)`. They are called in this order.

    Returns:
        The loss of every step, and in `recipe` what the run did.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: arguments do not fit together, or the loss is no scalar.
        TrainingDiverged: the loss is not finite; a RuntimeError that holds the `history`.
    """
    _check_arguments(model, x, batch_size, lr, schedule)
    steps_per_epoch = math.ceil(len(x) / batch_size)
    steps = _number_of_steps(steps, epochs, steps_per_epoch)
    optimizer = adamw(model, lr, weight_decay)
    scheduler = learning_rate_schedule(optimizer, schedule, lr, steps)
    events = _with_bar(callbacks, progress)
    run = Run(
        model=model, x=x, loss=loss, corrupt=corrupt, steps=steps, steps_per_epoch=steps_per_epoch,
        batch_size=batch_size, lr=lr, weight_decay=weight_decay, schedule=schedule, seed=seed,
        optimizer=optimizer, scheduler=scheduler, callbacks=events,
        generator=torch.Generator().manual_seed(seed),
    )  # fmt: skip
    events.start(run)
    model.train()
    graph = GraphStep(model, loss, x.device, min(batch_size, len(x)))
    start = processor_seconds()
    try:
        while run.step < steps and not run.history.stopped_early:
            events.before_step(run)
            if run.step % steps_per_epoch == 0:
                run.order = torch.randperm(len(x), generator=run.generator).to(x.device)  # (N,)
            first = run.step % steps_per_epoch * batch_size
            target = x[run.order[first : first + batch_size]]  # (B, ...), a copy
            batch = target if corrupt is None else corrupt(target.clone())

            if graph.takes(batch, target):  # on CUDA: the same three lines, recorded once
                batch_loss = graph.gradients(batch, target)
            else:
                batch_loss = _check_scalar(loss(model(batch), target))
                optimizer.zero_grad()
                batch_loss.backward()
            events.before_update(run)
            optimizer.step()
            scheduler.step()
            run.step += 1
            run.history.add(batch_loss)
            if run.step % LOG_INTERVAL == 0:
                run.history.read()  # raises if the training has failed
            events.after_step(run)
        run.history.read()
    except KeyboardInterrupt:
        if not events.interrupted(run):
            raise
        run.history.read()
        return run.history
    finally:
        model.eval()
        run.history.recipe = _recipe(run, processor_seconds() - start)
        events.close(run)
    events.finish(run)
    return run.history


def _with_bar(callbacks: Sequence[Callback], progress: bool) -> CallbackList:
    """Return the callbacks of the run, with a bar as the last if one is to be shown."""
    events = CallbackList(callbacks)
    if not progress or events.shows_progress or is_quiet():
        return events
    return CallbackList([*callbacks, ProgressBar()])


def _recipe(run: Run, seconds: float) -> Recipe:
    """Return what the run has done so far."""
    epochs, rest = divmod(run.step, run.steps_per_epoch)
    return Recipe.of(
        run.model,
        run.x,
        order_seed=run.seed,
        seconds=seconds,
        images_seen=epochs * len(run.x) + rest * run.batch_size,
        steps=run.step,
        batch_size=min(run.batch_size, len(run.x)),
        loss=name_of(run.loss),
        shown=name_of(run.corrupt),
        optimiser=f"AdamW, {run.schedule.replace('_', ' ')}",
        lr=run.lr,
        weight_decay=run.weight_decay,
    )


def _check_scalar(loss: Tensor) -> Tensor:
    if loss.ndim > 0:
        raise ValueError(
            f"loss must return a scalar, got {describe(loss)}; take the mean over images"
        )
    return loss


def _number_of_steps(steps: int | None, epochs: int | None, steps_per_epoch: int) -> int:
    """Return the length of the run, which is given in one of two ways."""
    if steps is not None and epochs is None:
        check_count(steps, "steps")
        return steps
    if epochs is not None and steps is None:
        check_count(epochs, "epochs")
        return epochs * steps_per_epoch
    raise ValueError(f"give either steps or epochs, got steps={steps} and epochs={epochs}")


def _check_arguments(
    model: nn.Module, x: Tensor, batch_size: int, lr: float, schedule: str
) -> None:
    """Raise for arguments of `fit` that are wrong or do not fit together."""
    check_trainable(model, check_batch(x, "x"))
    check_count(batch_size, "batch_size")
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {SCHEDULES}, got {schedule!r}")
    if not 0 < lr < math.inf:
        raise ValueError(f"lr must be a positive number, got {lr}; 1e-3 is a usual start")
