"""Files of training: the weights of a model, and the state of a run that may be interrupted.

A checkpoint holds whatever decides how the run goes on: weights, optimizer, learning-rate schedule,
the losses so far, and the random numbers to come (the order of the images; dropout and corruption).
So a continued run ends with exactly the weights of one that was never interrupted.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from aeutils._internal.files import write_atomically
from aeutils.plots.style import tell
from aeutils.training.history import History


def save(model: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write the weights of `model` to `path`; a crash half-way leaves an older file as it was."""
    _write(model.state_dict(), path)


def load_into(model: nn.Module, path: str | os.PathLike[str]) -> nn.Module:
    """Read weights written by `save` into `model`, on the model's device, and return it.

    Raises FileNotFoundError, or ValueError if the file is damaged or holds the weights of another
    model (missing, unexpected and mis-shaped ones are named); the model is then unchanged.
    """
    saved, own = _read(path), model.state_dict()
    if not isinstance(saved, dict) or not all(isinstance(v, Tensor) for v in saved.values()):
        raise ValueError(f"{path} holds no weights made by save(model, path); pass such a file")
    problems = [f"{key} is missing in the file" for key in own.keys() - saved.keys()]
    problems += [f"{key} is unknown to the model" for key in saved.keys() - own.keys()]
    problems += [
        f"{key} has shape {tuple(saved[key].shape)} in the file, {tuple(own[key].shape)} in the "
        "model"
        for key in own.keys() & saved.keys()
        if own[key].shape != saved[key].shape
    ]
    if problems:
        raise ValueError(
            f"{path} holds the weights of another model: {'; '.join(sorted(problems))}. "
            "Make the model with the class and sizes of the saved one"
        )
    model.load_state_dict(saved)
    return model


class Checkpoint:
    """The file of one run of `fit`; with `path` None nothing is read or written.

    It keeps references to the parts of the run, so `write` needs no arguments. An interruption can
    come at any time: `begin_step` notes what the coming forward pass may change, so that this step
    can be taken again. Between `begin_update` and the next `begin_step` weights and optimizer do
    not fit together, and `write` leaves the file as it was.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        every: int,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LRScheduler,
        order: torch.Generator,
        device: torch.device,
    ) -> None:
        self.path, self.every, self.device, self.order = path, every, device, order
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.history = History()
        self.best_weights: dict[str, Tensor] = {}
        self.settings: dict[str, object] = {}
        self.first = 0  # the number of steps that earlier calls have taken
        self.start_of_epoch = order.get_state()
        self.start_of_step: dict | None = None
        self.warned = False  # the file could not be written, and that was said

    def resume(self, **settings: object) -> None:
        """Put every part of the run in the state of the file, if there is one.

        ValueError if the file was written with other `settings`. Tensors among them are told apart
        by their shape and a checksum, functions and modules by their names.
        """
        if self.path is None:
            return
        self.settings = {name: _in_words(value) for name, value in settings.items()}
        if not Path(self.path).exists():
            return
        saved = _read(self.path)
        if not isinstance(saved, dict) or "settings" not in saved:
            raise ValueError(
                f"{self.path} is no checkpoint of fit; choose another name for `checkpoint`"
            )
        _check_settings(self.path, saved["settings"], self.settings)
        self.history = History(**saved["history"])
        self.best_weights = saved["best_weights"]
        self.first = len(self.history.step)
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.scheduler.load_state_dict(saved["scheduler"])
        # To the start of the epoch: its order is drawn a second time.
        self.order.set_state(saved["start_of_epoch"])
        _set_random_states(saved["start_of_step"]["random"], self.device)
        for name, buffer in self.model.named_buffers():
            buffer.copy_(saved["start_of_step"]["buffers"][name])

    def begin_epoch(self) -> None:
        """Note the generator's state before it draws the order of an epoch."""
        self.start_of_epoch = self.order.get_state()

    def begin_step(self, step: int) -> None:
        """Note what a forward pass may change; write the file if it is time."""
        if self.path is None:
            return
        self._note_start()
        if step > self.first and step % self.every == 0:
            self.write()

    def begin_update(self) -> None:
        """From now to the next `begin_step` the weights are between two steps."""
        self.start_of_step = None

    def write(self) -> None:
        """Write the state at the start of the step that is under way, if one is."""
        if self.start_of_step is None:
            return
        self.history.read()
        state = {
            "settings": self.settings,
            "history": asdict(self.history),
            "best_weights": self.best_weights,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "start_of_epoch": self.start_of_epoch,
            "start_of_step": self.start_of_step,
        }
        try:
            _write(state, self.path)
        except FileNotFoundError:
            raise
        except OSError as error:  # a full disk must not cost the hours of training in memory
            if not self.warned:
                tell(f"{error}. Training goes on without a checkpoint.")
            self.warned = True

    def finish(self, step: int) -> None:
        """Write the state at the end of the run, if this call has taken a step."""
        if step > self.first and self.path is not None:
            self._note_start()
            self.write()

    def _note_start(self) -> None:
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        self.start_of_step = {"random": _random_states(self.device), "buffers": buffers}


@contextmanager
def own_random_numbers(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for a while, then put them back where they were."""
    before = _random_states(device)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed other devices too
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).manual_seed(seed)
    try:
        yield
    finally:
        _set_random_states(before, device)


def _random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of torch's global generators that code on `device` draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type in ("cuda", "mps"):
        states[device.type] = getattr(torch, device.type).get_rng_state(device)
    return states


def _set_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type in states and device.type != "cpu":
        getattr(torch, device.type).set_rng_state(states[device.type], device)


def _check_settings(path: str | os.PathLike[str], then: dict, now: dict) -> None:
    different = [
        f"{name} was {then.get(name)} and is now {value}"
        for name, value in now.items()
        if then.get(name) != value
    ]
    if different:
        raise ValueError(
            f"the checkpoint {path} is of another run: {'; '.join(different)}. Delete the file to "
            "start anew, or call fit with the settings of then to continue"
        )


def _in_words(value: object) -> object:
    """Return what a file can keep of a setting: numbers and texts as they are."""
    if isinstance(value, Tensor):
        checksum = zlib.crc32(value[:100].detach().float().cpu().contiguous().numpy())
        return f"{tuple(value.shape)} with checksum {checksum:08x}"
    if isinstance(value, nn.Module):
        return str(value)
    if isinstance(value, Callable):
        return getattr(value, "__qualname__", type(value).__qualname__)
    return value


def _write(state: object, path: str | os.PathLike[str]) -> None:
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"there is no folder {Path(path).parent} to save in; make it first")
    try:
        write_atomically(path, lambda part: torch.save(state, part))
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        why = getattr(error, "strerror", None) or "is the disk full?"
        raise OSError(
            f"{path} could not be saved ({why}): free some space, or save in another folder. The "
            "model in memory is as it was"
        ) from error


def _read(path: str | os.PathLike[str]) -> object:
    """Read a file of torch.save without running any code that it may hold (weights_only)."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}; check the name and the working folder")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a file cut short or overwritten can fail in many ways
        raise ValueError(
            f"{path} cannot be read: it is damaged or incomplete, or was not written by this "
            "module; delete it, or fetch it again"
        ) from error
