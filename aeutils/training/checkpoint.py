"""Checkpoints: the state of a run in a file, so that an interrupted run can be continued.

A checkpoint holds whatever decides how the run goes on: weights, optimizer, learning-rate schedule,
the losses so far, and the random numbers to come (the order of the images; dropout and corruption).
So a continued run ends with exactly the weights of one that was never interrupted.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from aeutils._internal.notebook import tell
from aeutils._internal.validate import check_count
from aeutils.training.callback import Callback, Run
from aeutils.training.history import History
from aeutils.training.seeding import random_states, restore_random_states
from aeutils.training.tensor_files import read_tensors, write_tensors


class Checkpoint(Callback):
    """Write the state of the run to a file, now and then, on Ctrl-C and at the end.

    The same call of `fit` with an existing file continues that run, and ends with exactly the
    weights and losses of an uninterrupted one; a finished run is only loaded.

    An interruption can come at any time. `before_step` notes what the coming forward pass may
    change, so that the step under way can be taken again. Between `before_update` and the next
    `before_step` weights and optimizer do not fit together, and the file stays as it was. A file
    that cannot be written costs the checkpoint and not the training: a note says so.

    Args:
        path: the file; its folder must exist.
        every: steps between two writes.

    Raises:
        TypeError: every is no integer.
        ValueError: every is less than 1; from `fit`, if the file is damaged, is no checkpoint, or
            is one of a run with other settings (the differences are named).
        FileNotFoundError: from `fit`, if there is no folder for the file.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 500) -> None:
        check_count(every, "every")
        self.path, self.every = path, every
        self._first = 0  # the number of steps that earlier calls of fit have taken
        self._start_of_step: dict[str, Any] | None = None
        self._warned = False  # the file could not be written, and that was said

    def start(self, run: Run) -> None:
        """Put the run in the state of the file, if there is one.

        Args:
            run: the run.
        """
        self._start_of_step, self._warned = None, False
        if Path(self.path).exists():
            self._resume(run)
        self._first = run.step

    def before_step(self, run: Run) -> None:
        """Note what a forward pass may change; write the file if it is time.

        Args:
            run: the run.
        """
        self._note_start(run)
        if run.step > self._first and run.step % self.every == 0:
            self._write(run)

    def before_update(self, run: Run) -> None:
        """Forget the start of the step: from now on it cannot be taken again.

        Args:
            run: the run.
        """
        self._start_of_step = None

    def interrupted(self, run: Run) -> bool:
        """Write the state at the start of the step that is under way.

        Args:
            run: the run.

        Returns:
            Whether `fit` shall return what it has instead of raising.
        """
        self._write(run)
        return False

    def finish(self, run: Run) -> None:
        """Write the state at the end of the run, if this call has taken a step.

        Args:
            run: the run.
        """
        if run.step > self._first:
            self._note_start(run)
            self._write(run)

    def _note_start(self, run: Run) -> None:
        self._start_of_step = {
            "generator": run.generator.get_state(),
            "random": random_states(run.x.device),
            "buffers": {name: buffer.clone() for name, buffer in run.model.named_buffers()},
        }

    def _write(self, run: Run) -> None:
        if self._start_of_step is None:
            return
        run.history.read()
        state = {
            "settings": _in_words(run.settings()),
            "history": asdict(run.history),
            "notes": run.notes,
            "order": run.order,
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "scheduler": run.scheduler.state_dict(),
            "start_of_step": self._start_of_step,
        }
        try:
            write_tensors(state, self.path)
        except FileNotFoundError:
            raise
        except OSError as error:  # a full disk must not cost the hours of training in memory
            if not self._warned:
                tell(f"{error}. Training goes on without a checkpoint.")
            self._warned = True

    def _resume(self, run: Run) -> None:
        saved = read_tensors(self.path)
        if not isinstance(saved, dict) or "settings" not in saved:
            raise ValueError(f"{self.path} is no checkpoint of fit; choose another name for `path`")
        _check_settings(self.path, saved["settings"], _in_words(run.settings()))
        run.history = History(**saved["history"])
        run.step = len(run.history.step)
        run.notes = saved["notes"]
        run.order = saved["order"].to(run.x.device)
        run.model.load_state_dict(saved["model"])
        run.optimizer.load_state_dict(saved["optimizer"])
        run.scheduler.load_state_dict(saved["scheduler"])
        start = saved["start_of_step"]
        run.generator.set_state(start["generator"])
        restore_random_states(start["random"], run.x.device)
        for name, buffer in run.model.named_buffers():
            buffer.copy_(start["buffers"][name])


def _check_settings(
    path: str | os.PathLike[str], then: Mapping[str, object], now: Mapping[str, object]
) -> None:
    different = [
        f"{name} was {then.get(name)} and is now {now.get(name)}"
        for name in {**now, **then}
        if then.get(name) != now.get(name)
    ]
    if different:
        raise ValueError(
            f"the checkpoint {path} is of another run: {'; '.join(different)}. Delete the file to "
            "start anew, or call fit with the settings of then to continue"
        )


def _in_words(settings: Mapping[str, object]) -> dict[str, object]:
    """Return what a file can keep of settings: numbers and texts as they are.

    Tensors are told apart by shape and checksum, functions and modules by their names.
    """
    return {name: _word(value) for name, value in settings.items()}


def _word(value: object) -> object:
    if isinstance(value, Tensor):
        checksum = zlib.crc32(value[:100].detach().float().cpu().numpy().tobytes())
        return f"{tuple(value.shape)} with checksum {checksum:08x}"
    if isinstance(value, nn.Module):
        return str(value)
    if callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    return value
