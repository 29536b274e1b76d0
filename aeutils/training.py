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
Smith and Topin (2019), Super-convergence: very fast training of neural networks using large
learning rates (the one-cycle schedule).
Prechelt (1998), Early stopping: but when?
"""

from __future__ import annotations

import math
import os
import random
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from aeutils._validate import check_float_tensor, check_same_shape, describe
from aeutils.losses import mse
from aeutils.sealed import exercise

SCHEDULES = ("one_cycle", "constant")
LOOK_EVERY = 50  # steps between looks at the loss; on a GPU every look waits for the device


@dataclass(repr=False)
class History:
    """What happened during `fit`; `dataclasses.asdict(history)` is ready for JSON.

    `step` and `train_loss`: the number of each step, from 1, and the loss of its batch.
    `val_step` and `val_loss`: the steps after which x_val was evaluated, and its loss.
    `best_step`: the step of the smallest validation loss; None without x_val.
    `stopped_early`: whether `patience` ended the run.
    """

    step: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    val_step: list[int] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    best_step: int | None = None
    stopped_early: bool = False

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
    """The loss became NaN or infinite. `history` holds the run up to that point."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


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

    Raises ValueError or TypeError for arguments that do not fit together, and TrainingDiverged (a
    RuntimeError with the `history`) if the loss is not finite.
    """
    steps = _check_arguments(
        model, x, x_val, steps, epochs, batch_size, lr, schedule, patience, checkpoint_every
    )
    steps_per_epoch = math.ceil(len(x) / batch_size)
    optimizer = _adamw(model, lr, weight_decay)
    scheduler = _scheduler(optimizer, schedule, lr, steps)
    generator = torch.Generator().manual_seed(seed)
    history, best_weights = History(), None

    if checkpoint is not None:
        settings = {
            "steps": steps, "batch_size": batch_size, "lr": lr, "weight_decay": weight_decay,
            "schedule": schedule, "seed": seed, "patience": patience, "loss": _name(loss),
            "corrupt": _name(corrupt), "x": _fingerprint(x), "x_val": _fingerprint(x_val),
            "model": str(model),
        }  # fmt: skip
        saved = _read_checkpoint(checkpoint, settings)
        if saved is not None:
            history, best_weights = History(**saved["history"]), saved["best_weights"]
            optimizer.load_state_dict(saved["optimizer"])
            scheduler.load_state_dict(saved["scheduler"])
            model.load_state_dict(saved["model"])
            _restore(saved["start_of_step"], model, generator, x.device)

    def write_checkpoint(start_of_step: dict) -> None:
        _record(history, new_losses)
        state = {
            "settings": settings, "history": asdict(history), "best_weights": best_weights,
            "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
            "model": model.state_dict(), "start_of_step": start_of_step,
        }  # fmt: skip
        _save_atomically(state, checkpoint)

    first = step = len(history.step)
    order: Tensor | None = None
    new_losses: list[Tensor] = []  # not yet in the history: reading them would wait for a GPU
    start_of_step: dict | None = None  # None while weights and optimizer are between two steps
    bar = _progress_bar(progress, steps, first)
    model.train()
    try:
        while step < steps and not history.stopped_early:
            if order is None or step % steps_per_epoch == 0:
                order_state = generator.get_state()
                order = torch.randperm(len(x), generator=generator).to(x.device)  # (N,)
            if checkpoint is not None:
                start_of_step = _snapshot(model, order_state, x.device)
                if step > first and step % checkpoint_every == 0:
                    write_checkpoint(start_of_step)

            position = step % steps_per_epoch * batch_size
            target = x[order[position : position + batch_size]]  # (B, ...), a copy
            batch = target if corrupt is None else corrupt(target.clone())
            batch_loss = _scalar(loss(model(batch), target))
            optimizer.zero_grad()
            batch_loss.backward()
            start_of_step = None
            optimizer.step()
            scheduler.step()
            step += 1
            new_losses.append(batch_loss.detach())

            bar.update(1)
            if step % LOOK_EVERY == 0 or step == steps:
                _record(history, new_losses)
                bar.set_postfix_str(f"loss {history.train_loss[-1]:.4g}", refresh=False)
            if x_val is not None and (step % steps_per_epoch == 0 or step == steps):
                _record(history, new_losses)
                value = _validation_loss(model, x_val, loss, corrupt, batch_size, seed)
                evaluations_since_best = _record_validation(history, value)
                if patience is not None and evaluations_since_best == 0:
                    best_weights = {k: v.clone() for k, v in model.state_dict().items()}
                if patience is not None and evaluations_since_best >= patience:
                    history.stopped_early = step < steps
    except KeyboardInterrupt:
        if start_of_step is not None:
            write_checkpoint(start_of_step)
        raise
    finally:
        bar.close()
        model.eval()

    _record(history, new_losses)
    if best_weights is not None:
        model.load_state_dict(best_weights)
    if checkpoint is not None and step > first:
        write_checkpoint(_snapshot(model, order_state, x.device))
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
    _check_data(x, "x")
    _check_count(batch_size, "batch_size")
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


def save(model: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write the weights of `model` to `path`; a crash half-way leaves an older file as it was."""
    _save_atomically(model.state_dict(), path)


def load_into(model: nn.Module, path: str | os.PathLike[str]) -> nn.Module:
    """Read weights written by `save` into `model`, on the model's device, and return it.

    Raises FileNotFoundError, or ValueError if the file is damaged or holds the weights of another
    model (missing, unexpected and mis-shaped ones are named); the model is then unchanged.
    """
    saved, own = _load(path), model.state_dict()
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


# ---------------------------------------------------------------------- optimizer, loss, progress


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


def _scalar(value: Tensor) -> Tensor:
    if value.ndim > 0:
        raise ValueError(
            f"loss must return a scalar, got {describe(value)}; take the mean over images"
        )
    return value


def _record(history: History, new_losses: list[Tensor]) -> None:
    """Move the losses of the latest steps into the history; raise if one is not finite."""
    if not new_losses:
        return
    values = torch.stack(new_losses).tolist()
    new_losses.clear()
    for value in values:
        history.step.append(len(history.step) + 1)
        history.train_loss.append(value)
        if not math.isfinite(value):
            raise _diverged("training", value, history)


def _record_validation(history: History, value: float) -> int:
    """Note a validation loss; return how many evaluations ago the smallest one was."""
    if not math.isfinite(value):
        raise _diverged("validation", value, history)
    if value < min(history.val_loss, default=math.inf):
        history.best_step = history.step[-1]
    history.val_step.append(history.step[-1])
    history.val_loss.append(value)
    return len(history.val_step) - 1 - history.val_step.index(history.best_step)


def _diverged(which: str, value: float, history: History) -> TrainingDiverged:
    step = history.step[-1]
    return TrainingDiverged(
        f"the {which} loss is {value} at step {step}, so training has failed; try a learning rate "
        "10 times smaller, images in [0, 1], and a loss that takes what the decoder returns "
        "(logits or images). The losses up to here are in the `history` of this error",
        history,
    )


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
    before = _random_states(x_val.device)
    torch.default_generator.manual_seed(seed)
    if x_val.device.type in ("cuda", "mps"):
        getattr(torch, x_val.device.type).manual_seed(seed)
    model.eval()
    total = torch.zeros((), device=x_val.device)
    for target in x_val.split(batch_size):
        batch = target if corrupt is None else corrupt(target.clone())
        total += len(target) * _scalar(loss(model(batch), target))
    model.train()
    _set_random_states(before, x_val.device)
    return float(total) / len(x_val)


def _progress_bar(wanted: bool, steps: int, first: int):  # -> tqdm
    from tqdm.auto import tqdm

    silent = os.environ.get("NBGRADER_EXECUTION") or os.environ.get("CI")
    return tqdm(total=steps, initial=first, unit="step", disable=bool(silent) or not wanted)


# ------------------------------------------------------------------------- files and checkpoints


def _save_atomically(state: object, path: str | os.PathLike[str]) -> None:
    """Write beside the file and swap at the end: a crash leaves either the old or the new one."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to save in; make it first")
    part = path.with_name(path.name + ".part")
    try:
        torch.save(state, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _load(path: str | os.PathLike[str]) -> object:
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


def _read_checkpoint(path: str | os.PathLike[str], settings: dict) -> dict | None:
    """Return the state in `path`, None if there is no file; raise if it is of another run."""
    if not Path(path).exists():
        return None
    saved = _load(path)
    if not isinstance(saved, dict) or "settings" not in saved:
        raise ValueError(f"{path} is no checkpoint of fit; choose another name for `checkpoint`")
    different = [
        f"{key} was {saved['settings'].get(key)} and is now {value}"
        for key, value in settings.items()
        if saved["settings"].get(key) != value
    ]
    if different:
        raise ValueError(
            f"the checkpoint {path} is of another run: {'; '.join(different)}. Delete the file to "
            "start anew, or call fit with the settings of then to continue"
        )
    return saved


def _snapshot(model: nn.Module, order_state: Tensor, device: torch.device) -> dict:
    """What a forward pass may change, as it is before the step: see `_restore`."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    return {"order": order_state, "random": _random_states(device), "buffers": buffers}


def _restore(
    snapshot: dict, model: nn.Module, order: torch.Generator, device: torch.device
) -> None:
    """Put back the order of the epoch, torch's global generators and buffers such as batch norm's.

    The generator goes back to the start of the epoch, whose order is then drawn a second time.
    """
    order.set_state(snapshot["order"])
    _set_random_states(snapshot["random"], device)
    for name, buffer in model.named_buffers():
        buffer.copy_(snapshot["buffers"][name])


def _random_states(device: torch.device) -> dict[str, Tensor]:
    """States of torch's global generators that code on `device` draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type in ("cuda", "mps"):
        states[device.type] = getattr(torch, device.type).get_rng_state(device)
    return states


def _set_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type in states and device.type != "cpu":
        getattr(torch, device.type).set_rng_state(states[device.type], device)


def _name(function: Callable | None) -> str | None:
    return function and getattr(function, "__qualname__", type(function).__qualname__)


def _fingerprint(x: Tensor | None) -> str | None:
    """Tell data apart: the shape, and a checksum of the first 100 images."""
    if x is None:
        return None
    checksum = zlib.crc32(x[:100].detach().float().cpu().contiguous().numpy())
    return f"{tuple(x.shape)} with checksum {checksum:08x}"


# ---------------------------------------------------------------------------------- input checks


def _check_arguments(
    model: nn.Module,
    x: Tensor,
    x_val: Tensor | None,
    steps: int | None,
    epochs: int | None,
    batch_size: int,
    lr: float,
    schedule: str,
    patience: int | None,
    checkpoint_every: int,
) -> int:
    """Check what `fit` was given; return the number of steps."""
    _check_data(x, "x")
    if x_val is not None:
        _check_data(x_val, "x_val")
        if (x_val.shape[1:], x_val.dtype, x_val.device) != (x.shape[1:], x.dtype, x.device):
            raise ValueError(
                f"x_val must be like x: x is {describe(x)} on {x.device}, x_val is "
                f"{describe(x_val)} on {x_val.device}; prepare both in the same way"
            )
    weights = [p for p in model.parameters() if p.requires_grad]
    if not weights:
        raise ValueError("the model has no parameters to train; check requires_grad")
    for p in weights:
        if (p.dtype, p.device) != (x.dtype, x.device):
            raise ValueError(
                f"the model is {p.dtype} on {p.device} but x is {x.dtype} on {x.device}; "
                "use x.float() for NumPy's doubles, and model.to(x.device)"
            )
    if (steps is None) == (epochs is None):
        raise ValueError(f"give either steps or epochs, got steps={steps} and epochs={epochs}")
    if patience is not None and x_val is None:
        raise ValueError("patience counts evaluations of x_val; pass x_val, or patience=None")
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {SCHEDULES}, got {schedule!r}")
    if not 0 < lr < math.inf:
        raise ValueError(f"lr must be a positive number, got {lr}; 1e-3 is a usual start")
    counts = {"steps": steps, "epochs": epochs, "batch_size": batch_size, "patience": patience}
    for name, value in {**counts, "checkpoint_every": checkpoint_every}.items():
        if value is not None:
            _check_count(value, name)
    return steps if epochs is None else epochs * math.ceil(len(x) / batch_size)


def _check_count(value: object, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {describe(value)}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def _check_data(x: object, name: str) -> None:
    check_float_tensor(x, name)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(
            f"{name} must hold at least one image, shape (N, C, H, W) or (N, D), got {describe(x)}"
        )
