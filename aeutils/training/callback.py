"""Callbacks: what else happens during a training run, called by the loop at fixed moments.

The loop of `fit` trains, and does nothing else. Validation, checkpoints, a picture and a progress
bar are callbacks: objects whose methods the loop calls. To write one, derive from `Callback` and
fill in the moments that are needed::

    class WeightNorm(Callback):
        def start(self, run):
            self.norms = []

        def after_step(self, run):
            if run.epoch_is_over:
                self.norms.append(sum(p.square().sum() for p in run.model.parameters()).sqrt())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from aeutils._internal.validate import describe
from aeutils.training.history import History


@dataclass(kw_only=True, repr=False, eq=False)
class Run:
    """One run of `fit`: what it was called with, and how far it is.

    Attributes:
        model: the model in training.
        x: the training images (N, ...).
        loss: function (output, target) -> scalar.
        corrupt: function batch -> corrupted batch, or None.
        steps: the length of the run.
        steps_per_epoch: ⌈N / batch_size⌉.
        batch_size: images a step; the last batch of an epoch may be short.
        lr: the highest learning rate.
        weight_decay: of AdamW.
        schedule: the name of the learning-rate schedule.
        seed: of the order of the images.
        optimizer: AdamW for the model's weights.
        scheduler: sets the optimizer's learning rate.
        generator: draws the order of the images, and nothing else.
        callbacks: those of the run.
        step: the number of steps done.
        order: row numbers (N,) in the order of this epoch.
        history: the losses so far; `history.stopped_early = True` ends the run after the step.
        notes: what a callback must still know after an interruption; a checkpoint keeps it, so it
            may hold tensors, numbers and texts, in dicts and lists.
    """

    model: nn.Module
    x: Tensor
    loss: Callable[..., Tensor]
    corrupt: Callable[[Tensor], Tensor] | None
    steps: int
    steps_per_epoch: int
    batch_size: int
    lr: float
    weight_decay: float
    schedule: str
    seed: int
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    generator: torch.Generator
    callbacks: CallbackList
    step: int = 0
    order: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.long))
    history: History = field(default_factory=History)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def epoch_is_over(self) -> bool:
        """Whether the step just done was the last of an epoch, or of the run."""
        return self.step % self.steps_per_epoch == 0 or self.step == self.steps

    def settings(self) -> dict[str, object]:
        """Return all that decides the result of the run, by name, callbacks included."""
        own = {
            "steps": self.steps,
            "batch_size": self.batch_size,
            "lr": self.lr,
            "weight_decay": self.weight_decay,
            "schedule": self.schedule,
            "seed": self.seed,
            "loss": self.loss,
            "corrupt": self.corrupt,
            "x": self.x,
            "model": self.model,
        }
        return own | self.callbacks.settings()


class Callback:
    """What happens beside the training; each method is one moment of a run, and does nothing here.

    Attributes:
        shows_progress: whether the callback shows how far the run is; `fit` then shows no bar.
    """

    shows_progress = False

    def settings(self) -> dict[str, object]:
        """Return what decides the result of a run: to be continued, a run needs the same."""
        return {}

    def start(self, run: Run) -> None:
        """Prepare for the run, before its first step.

        Args:
            run: the run.
        """

    def before_step(self, run: Run) -> None:
        """Look at the run before the next batch is taken.

        Args:
            run: the run.
        """

    def before_update(self, run: Run) -> None:
        """Look at the run when the gradients are there and the weights have not moved yet.

        Args:
            run: the run.
        """

    def after_step(self, run: Run) -> None:
        """Look at the run after a step: `run.step` counts it, `run.history` has its loss.

        Args:
            run: the run.
        """

    def interrupted(self, run: Run) -> bool:
        """Act on Ctrl-C; return True if `fit` shall return what it has instead of raising.

        Args:
            run: the run.

        Returns:
            Whether `fit` shall return what it has instead of raising.
        """
        return False

    def close(self, run: Run) -> None:
        """Let go of what `start` opened: the steps are over, by an error or not.

        Args:
            run: the run.
        """

    def finish(self, run: Run) -> None:
        """Act on the complete run; not called after an error or Ctrl-C.

        Args:
            run: the run.
        """


class CallbackList(Callback):
    """Several callbacks as one: each moment goes to all of them in turn.

    Args:
        callbacks: those to call, the first one first.

    Raises:
        TypeError: `callbacks` is no sequence of `Callback`.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        if not isinstance(callbacks, Sequence):
            raise TypeError(f"callbacks must be a list of them, got {describe(callbacks)}")
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks must hold callbacks, got {describe(callback)}")
        self.callbacks = tuple(callbacks)
        self.shows_progress = any(callback.shows_progress for callback in callbacks)

    def settings(self) -> dict[str, object]:
        """Return the settings of all callbacks, by name."""
        return {k: v for callback in self.callbacks for k, v in callback.settings().items()}

    def start(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.start(run)

    def before_step(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.before_step(run)

    def before_update(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.before_update(run)

    def after_step(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.after_step(run)

    def interrupted(self, run: Run) -> bool:
        """Pass the moment on; return True if one of them wants `fit` to return.

        Args:
            run: the run.

        Returns:
            Whether one of them wants `fit` to return.
        """
        answers = [callback.interrupted(run) for callback in self.callbacks]  # all are told
        return any(answers)

    def close(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.close(run)

    def finish(self, run: Run) -> None:
        """Pass the moment on.

        Args:
            run: the run.
        """
        for callback in self.callbacks:
            callback.finish(run)
