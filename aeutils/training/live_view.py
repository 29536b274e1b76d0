"""Watch a training run: the loss so far, and reconstructions that sharpen.

`training.fit(..., callbacks=[LiveView(images)])` does it; for a loop of your own::

    watch = Watch(x_test[:8], steps=600)
    for step in range(1, 601):
        ...
        watch.look(model, step, float(loss))
    watch.close()

The rows of the picture are taken at fixed steps, not at fixed times, so that what stays in the
notebook is the same on every machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from aeutils._internal.environment import in_notebook, is_quiet
from aeutils._internal.notebook import publish
from aeutils._internal.validate import check_batch, check_count
from aeutils.plots.html import curve, row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.line_charts import thin_out
from aeutils.plots.style import number
from aeutils.training.callback import Callback, Run
from aeutils.training.eval_mode import eval_mode
from aeutils.training.seeding import own_random_numbers

MOST = 8  # images in a row
SECONDS = 0.5  # between two refreshments while training
PARTS = (1 / 8, 1 / 4, 1 / 2, 1)  # of the run: a row of reconstructions after each


class LiveView(Callback):
    """Show the loss and some reconstructions while `fit` trains; the picture stays at the end.

    Ctrl-C (Interrupt, ■) then ends the run early without an error: the model keeps what it has
    learned, and `fit` returns the losses so far.

    Args:
        images: (N, C, H, W) or rows (N, D), on the device of the model; the first eight are
            reconstructed.

    Raises:
        TypeError: images are no tensor of floats.
        ValueError: images are none, not finite, or of a shape that is no picture.
    """

    shows_progress = True

    def __init__(self, images: Tensor) -> None:
        self.images = _check_pictures(images)

    def start(self, run: Run) -> None:
        """Show the images.

        Args:
            run: the run.
        """
        self._watch = Watch(self.images, run.steps)

    def after_step(self, run: Run) -> None:
        """Draw again now and then.

        Args:
            run: the run.
        """
        self._watch.look(run.model, run.step, run.history.losses)

    def interrupted(self, run: Run) -> bool:
        """Show the final picture; return True, for `fit` to return what it has.

        Args:
            run: the run.
        """
        self._close(run, stopped=True)
        return True

    def finish(self, run: Run) -> None:
        """Show the final picture.

        Args:
            run: the run.
        """
        self._close(run, stopped=False)

    def _close(self, run: Run, stopped: bool) -> None:
        self._watch.step, self._watch.losses = run.step, list(run.history.losses())
        self._watch.close(stopped)


class Watch:
    """The live picture of one run; shown when it is made, and kept in the notebook at the end.

    Args:
        images: (N, C, H, W) or rows (N, D); the first eight are reconstructed.
        steps: length of the run.

    Attributes:
        step: the steps done so far.
        losses: the losses that are drawn.
        shots: the steps whose reconstructions stay in the picture.
        taken: those reconstructions, by step.
        state: the sentence above the picture.

    Raises:
        TypeError: images are no tensor of floats, or steps no integer.
        ValueError: images are none, not finite, or of a shape that is no picture; steps is less
            than 1.
    """

    def __init__(self, images: Tensor, steps: int) -> None:
        check_count(steps, "steps")
        self.images = _check_pictures(images)
        self.steps = steps
        self.shots = sorted({max(1, round(part * steps)) for part in PARTS})
        self.taken: dict[int, Tensor] = {}
        self.step = 0
        self.losses: list[float] = []
        self.state = f"Training, {steps} steps."
        self._name = f"aeutils watch {id(self)}"
        self._live = in_notebook() and not is_quiet()
        self._last = 0.0
        if self._live:
            publish(self.state, self._markup(), name=self._name)

    def look(
        self,
        model: nn.Module | Callable[[Tensor], Tensor],
        step: int,
        losses: float | Sequence[float] | Callable[[], Sequence[float]],
    ) -> None:
        """Note that `step` steps are done; draw again now and then.

        Args:
            model: the model in training, or a function from images to reconstructions.
            step: the number of steps done.
            losses: the loss of this step, or all losses so far, or a function that returns them
                (called only when something is drawn: on a GPU, reading a loss waits for the
                device).
        """
        self.step = step
        if isinstance(losses, float | int):
            self.losses.append(float(losses))
        now = time.monotonic()
        due = self._live and now - self._last > SECONDS
        if step in self.shots or due:
            if callable(losses):
                losses = losses()
            if not isinstance(losses, float | int):
                self.losses = list(losses)
            rebuilt = self._reconstruct(model)
            if step in self.shots:
                self.taken[step] = rebuilt
            if self._live:
                self._last = now
                self._publish({**self.taken, step: rebuilt})

    def close(self, stopped: bool = False) -> None:
        """Show the final picture.

        Args:
            stopped: whether the student has interrupted the run.
        """
        if stopped:
            self.state = (
                f"Stopped at step {self.step} of {self.steps}. The model keeps what it has learned."
            )
        else:
            self.state = f"Trained for {self.step} steps."
        if self.losses:
            self.state += (
                f" Loss {number(self.losses[0])} at first, {number(self.losses[-1])} last."
            )
        if self._live:
            self._publish(self.taken)
        else:
            publish(self.state, self._markup(self.taken), name=self._name)

    def _reconstruct(self, model: nn.Module | Callable[[Tensor], Tensor]) -> Tensor:
        """Return the reconstructions, leaving mode and random numbers of the run as they were."""
        own = own_random_numbers(0, self.images.device)
        with torch.no_grad(), eval_mode(model), own:
            return model(self.images).detach().reshape(self.images.shape)

    def _publish(self, rows: dict[int, Tensor]) -> None:
        publish(self.state, self._markup(rows), name=self._name, update=True)

    def _markup(self, rows: dict[int, Tensor] | None = None) -> str:
        """Return the picture: the curve beside the rows of images."""
        pictures = as_images(self.images, "images")
        tiles = [tile(x, "", f"image {i + 1} as it is", 48) for i, x in enumerate(pictures)]
        parts = [row(tiles, "images")]
        for step, rebuilt in sorted((rows or {}).items()):
            error = (rebuilt - self.images).square().flatten(1).sum(dim=1).mean()
            head = f"after {step:,} steps, mean squared error {number(float(error))}"
            shown = as_images(rebuilt, "reconstructions")
            tiles = [tile(x, "", f"image {i + 1}, {head}", 48) for i, x in enumerate(shown)]
            parts.append(row(tiles, head))
        drawn = ""
        if len(self.losses) > 1:
            x = np.arange(1, len(self.losses) + 1, dtype=float)
            steps, losses = thin_out(x, np.asarray(self.losses, dtype=float), 150)
            drawn = curve(steps.tolist(), losses.tolist(), "training loss by step", size=(320, 150))
        text = self.state
        if self.step and self.steps not in self.taken and text.startswith("Training,"):
            text = (
                f"Training, step {self.step:,} of {self.steps:,}. ■ stops it and keeps the model."
            )
        return (
            f'<div class="aeutils-watch">{sentence(text)}<div style="display:flex;flex-wrap:wrap;'
            f'gap:16px"><div>{"".join(parts)}</div><div>{drawn}</div></div></div>'
        )


def _check_pictures(images: Tensor) -> Tensor:
    """Return the first images, if they can be drawn."""
    shown = check_batch(images, "images")[:MOST]
    as_images(shown, "images")
    return shown
