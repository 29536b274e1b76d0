"""Which paths of a submission may be opened at all."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath

LARGEST = 100 * 2**20  # bytes of one file
MOST = 512 * 2**20  # bytes of all files of one submission
MOST_FILES = 5_000  # of one submission

# What operating systems, editors and Jupyter leave beside people's work.
LITTER = (
    *(".DS_Store", "._*", "__MACOSX", "desktop.ini", "Thumbs.db", "ehthumbs.db"),
    *(".ipynb_checkpoints", "*-checkpoint.ipynb", "__pycache__", "*.pyc", ".git", ".gitignore"),
    *(".idea", ".vscode", ".virtual_documents", "~$*", ".~*"),
)


def irregular(path: Path) -> str:
    """Say why a path is not a file to be opened, or return "".

    Args:
        path: what was handed in.

    Returns:
        The reason, to be read after the path.
    """
    if path.is_symlink() or path.parent.is_symlink():
        return "is a link to another place"
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "is a folder"
    if not stat.S_ISREG(mode):
        return "is a pipe or a device"
    size = path.stat().st_size
    if size > LARGEST:
        return f"has {size / 2**20:.0f} MB (the limit is {LARGEST // 2**20} MB)"
    return ""


def walk(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder but its real sub-folders, in order; links are not followed.

    Args:
        folder: where to look; a link to a folder holds nothing.
    """
    if folder.is_symlink():
        return
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*files, *(f for f in folders if Path(parent, f).is_symlink())]):
            yield Path(parent, name)


def is_litter(relative: PurePath) -> bool:
    """Tell whether a path, or a folder that it lies in, is left there by a program.

    Args:
        relative: path below the submitted folder.
    """
    return any(fnmatch.fnmatchcase(part, name) for part in relative.parts for name in LITTER)
