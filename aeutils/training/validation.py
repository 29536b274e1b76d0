"""Validation: the loss of images that are not trained on, and early stopping by it.

References:
    * Prechelt (1998), Early stopping: but when?
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_alike, check_batch, check_count
from aeutils.training.callback import Callback, Run
from aeutils.training.eval_mode import eval_mode
from aeutils.training.seeding import own_random_numbers


class Validation(Callback):
    """Evaluate `x_val` after each epoch and after the last step; with `patience`, stop by it.

    The loss is that of the training, in eval mode, with the same random numbers every time (so the
    corruption is the same). It goes into the history as `val_loss`.

    Args:
        x_val: validation images, like the training images.
        patience: stop after this many evaluations in a row without a new smallest loss. At the end,
            early or not, the weights of the best step are restored. None: never stop, keep the last
            weights.

    Raises:
        TypeError: x_val is no tensor of floats, or patience no integer.
        ValueError: x_val holds no image or values that are not finite, or patience is less than 1;
            from `fit`, if x_val is not like the training images.
    """

    def __init__(self, x_val: Tensor, patience: int | None = None) -> None:
        self.x_val = check_batch(x_val, "x_val")
        if patience is not None:
            check_count(patience, "patience")
        self.patience = patience

    def settings(self) -> dict[str, object]:
        """Return both arguments: the best weights depend on them."""
        return {"x_val": self.x_val, "patience": self.patience}

    def start(self, run: Run) -> None:
        """Check that the validation images are like the training images.

        Args:
            run: the run.

        Raises:
            ValueError: they are not.
        """
        check_alike(self.x_val, run.x, "x_val", "x")

    def after_step(self, run: Run) -> None:
        """Evaluate at the end of an epoch; keep the best weights, and stop if patience ends.

        Args:
            run: the run.
        """
        if not run.epoch_is_over:
            return
        run.history.add_validation(self._loss(run))
        if self.patience is None:
            return
        if run.history.best_step == run.step:
            weights = run.model.state_dict()
            run.notes["best_weights"] = {name: w.clone() for name, w in weights.items()}
        waited = run.history.evaluations_since_best()
        run.history.stopped_early = waited >= self.patience and run.step < run.steps

    def finish(self, run: Run) -> None:
        """Restore the best weights, if patience has kept them.

        Args:
            run: the run.
        """
        if "best_weights" in run.notes:
            run.model.load_state_dict(run.notes["best_weights"])

    @torch.no_grad()
    def _loss(self, run: Run) -> float:
        """Return the mean loss of x_val; torch's global generator is left as it was."""
        total = torch.zeros((), device=self.x_val.device)
        with eval_mode(run.model), own_random_numbers(run.seed, self.x_val.device):
            for target in self.x_val.split(run.batch_size):
                batch = target if run.corrupt is None else run.corrupt(target.clone())
                total += len(target) * run.loss(run.model(batch), target)
        return float(total) / len(self.x_val)
