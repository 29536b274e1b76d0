"""The weights of a model in a file: `save` them, and `load_into` a model of the same sizes."""

from __future__ import annotations

import os

from torch import Tensor, nn

from aeutils.training.tensor_files import read_tensors, write_tensors


def save(model: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write the weights of `model` to `path`; a crash half-way leaves an older file as it was.

    Args:
        model: any module; its parameters and buffers are written.
        path: the file; its folder must exist.

    Raises:
        FileNotFoundError: there is no such folder.
        OSError: the file could not be written, for example because the disk is full.
    """
    write_tensors(model.state_dict(), path)


def load_into(model: nn.Module, path: str | os.PathLike[str]) -> nn.Module:
    """Read weights written by `save` into `model`, on the model's device.

    Args:
        model: a module of the class and sizes of the saved one.
        path: the file.

    Returns:
        The model that was given, now with the weights of the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds the weights of another model (missing, unexpected
            and mis-shaped ones are named); the model is then unchanged.
    """
    saved, own = read_tensors(path), model.state_dict()
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
