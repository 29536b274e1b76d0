"""Files of tensors: written all or not at all, and read without running code that they may hold."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from aeutils._internal.files import write_atomically


def write_tensors(state: object, path: str | os.PathLike[str]) -> None:
    """Write `state` to `path`; a crash half-way leaves an older file as it was.

    Args:
        state: tensors, numbers and texts, in dicts and lists.
        path: the file; its folder must exist.

    Raises:
        FileNotFoundError: there is no such folder.
        OSError: the file could not be written, for example because the disk is full.
    """
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


def read_tensors(path: str | os.PathLike[str]) -> object:
    """Return what `write_tensors` wrote, its tensors on the CPU.

    Args:
        path: the file.

    Returns:
        The state as it was written.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds more than tensors, numbers and texts.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}; check the name and the working folder")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a file cut short or overwritten can fail in many ways
        raise ValueError(
            f"{path} cannot be read: it is damaged or incomplete, or was not written by this "
            "module; delete it, or fetch it again"
        ) from error
