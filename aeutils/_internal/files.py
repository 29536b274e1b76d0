"""Files of a reader: found beside one another, and written so that a crash leaves a whole one."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary name beside `path`, then rename that file to `path`.

    The content is on the disk before the rename, and no temporary file stays behind when `write`
    fails or is interrupted. The folder must exist.

    Args:
        path: the file to replace or to make.
        write: writes the content to the path it is given; its result is ignored.

    Raises:
        OSError: the folder is missing or cannot be written to; what `write` raises passes through.

    >>> write_atomically("guess.json", lambda part: part.write_text("{}", encoding="utf-8"))
    """
    path = Path(path)
    # A name of our own, not mkstemp: its mode 600 would shut others out of a shared folder.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        write(part)
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def beside(file: Path) -> list[Path]:
    """Return the files of that name in the folders of all weeks, then of all electives.

    Args:
        file: one of them, or where it would be, absolute.
    """
    units = ("week*", "elective_*")
    return [p for unit in units for p in sorted(file.parent.parent.glob(f"{unit}/{file.name}"))]
