"""What happened during a training run: the losses, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from aeutils.training.recipe import Recipe

LOG_INTERVAL = 50  # steps between looks at the loss; on a GPU every look waits for the device


@dataclass(repr=False)
class History:
    """What happened during `fit`; `dataclasses.asdict(history)` is ready for JSON.

    Attributes:
        step: the number of each step, from 1.
        train_loss: the loss of the batch of each step.
        val_step: the steps after which the validation images were evaluated.
        val_loss: their loss at these steps.
        best_step: the step of the smallest validation loss; None without validation.
        stopped_early: whether the run ended before its last step, for want of improvement.
        recipe: what the run did, as the loop noted it; None before its end. Not compared.
    """

    step: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    val_step: list[int] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    best_step: int | None = None
    stopped_early: bool = False
    recipe: Recipe | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.recipe, dict):  # read from JSON or from a checkpoint
            self.recipe = Recipe(**self.recipe)
        self._unread: list[Tensor] = []  # losses that a GPU may still be computing

    def add(self, loss: Tensor) -> None:
        """Note the loss of the next step, without waiting for its value.

        Args:
            loss: a scalar.
        """
        self._unread.append(loss.detach())

    def read(self) -> None:
        """Move the noted losses into the lists.

        Raises:
            TrainingDiverged: a loss is not finite.
        """
        if not self._unread:
            return
        values = torch.stack(self._unread).tolist()
        self._unread.clear()
        for value in values:
            self.step.append(len(self.step) + 1)
            self.train_loss.append(value)
            if not math.isfinite(value):
                raise TrainingDiverged("training", value, self)

    def losses(self) -> list[float]:
        """Return all training losses so far, after waiting for those under way.

        Returns:
            One number per step; the list `train_loss` itself.

        Raises:
            TrainingDiverged: a loss is not finite.
        """
        self.read()
        return self.train_loss

    def add_validation(self, value: float) -> None:
        """Note a validation loss after the latest step.

        Args:
            value: the loss.

        Raises:
            TrainingDiverged: this loss, or a training loss before it, is not finite.
        """
        self.read()
        if not math.isfinite(value):
            raise TrainingDiverged("validation", value, self)
        if value < min(self.val_loss, default=math.inf):
            self.best_step = self.step[-1]
        self.val_step.append(self.step[-1])
        self.val_loss.append(value)

    def evaluations_since_best(self) -> int:
        """Return how many evaluations came after that of `best_step`; 0 before the first."""
        if self.best_step is None:
            return 0
        return len(self.val_step) - 1 - self.val_step.index(self.best_step)

    def __repr__(self) -> str:
        if not self.step:
            return "History(no steps yet)"
        parts = [f"{len(self.step)} steps", f"last training loss {self.train_loss[-1]:.4g}"]
        if self.val_loss:
            parts.append(f"last validation loss {self.val_loss[-1]:.4g}")
            parts.append(f"best {min(self.val_loss):.4g} at step {self.best_step}")
        if self.stopped_early:
            parts.append("stopped early")
        return f"History({', '.join(parts)})"


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite.

    Args:
        which: "training" or "validation".
        value: the loss.
        history: the run up to that point.

    Attributes:
        history: the run up to that point.
    """

    def __init__(self, which: str, value: float, history: History) -> None:
        super().__init__(
            f"the {which} loss is {value} at step {history.step[-1]}, so training has failed; try "
            "a learning rate 10 times smaller, images in [0, 1], and a loss that takes what the "
            "decoder returns (logits or images). The losses up to here are in the `history` of "
            "this error"
        )
        self.history = history
