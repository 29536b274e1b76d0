"""The cache folder: where it is, how its files are checked, read and written.

A file counts only if its hash is the expected one. A new file is written under a temporary name in
the same folder and then renamed, so that a reader sees the old file or the whole new one.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aeutils._internal.files import write_atomically
from aeutils.data.formats import Arrays

MAX_FILE_BYTES = 64 * 2**20  # the largest file of any data set here has 47 MB


@dataclass(frozen=True)
class FileSet:
    """Files that make up a whole data set in one format.

    Attributes:
        folder: their folder, relative to the cache folder.
        hashes: file name -> ``"sha256:..."`` or ``"md5:..."`` of the uncompressed content.
        read: turns the files' bytes into (x_train, y_train, x_test, y_test) arrays.
        elsewhere: absolute folders outside the cache where a system package may have put them.
    """

    folder: str
    hashes: Mapping[str, str]
    read: Callable[[Mapping[str, bytes]], Arrays]
    elsewhere: tuple[Path, ...] = ()

    def folders(self, root: Path) -> list[Path]:
        """Return the folders to look in, the cache first.

        Args:
            root: the cache.
        """
        return [root / self.folder, *self.elsewhere]


@dataclass
class Found:
    """What a folder holds of a file set: good files, names not there, problems with the rest."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every file is there and has the right hash."""
        return not self.missing and not self.damaged

    def problem(self) -> str:
        """Return one line that says what is wrong with this folder."""
        if not os.path.exists(self.folder):  # unlike Path.exists, False where access is denied
            return f"{self.folder}: no such folder"
        absent = [f"not there: {', '.join(self.missing)}"] if self.missing else []
        return f"{self.folder}: " + "; ".join(absent + self.damaged)


def default_root() -> Path:
    """Return the cache folder: AEUTILS_DATA if set, else the platform's usual place.

    That is ``~/.cache/aeutils`` on Linux (or below ``$XDG_CACHE_HOME``),
    ``~/Library/Caches/aeutils`` on macOS, and a folder below ``%LOCALAPPDATA%\\aeutils`` on
    Windows. Nothing is created.
    """
    if chosen := os.environ.get("AEUTILS_DATA"):
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("aeutils"))


def mismatch(data: bytes, expected: str) -> str | None:
    """Return what is wrong with `data`, or None if its hash is `expected` ("algorithm:hex").

    >>> mismatch(b"", "md5:d41d8cd98f00b204e9800998ecf8427e") is None
    True
    """
    algorithm, _, digest = expected.partition(":")
    actual = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    if actual == digest:
        return None
    return f"{len(data):,} bytes with {algorithm} {actual}, expected {digest}"


def gunzip(data: bytes) -> bytes:
    """Return the uncompressed content of a gzip file; ValueError if it is damaged or too large.

    Args:
        data: the compressed file.

    Raises:
        ValueError: it is damaged or too large.
    """
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"not a whole gzip file ({error})") from error
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"more than {MAX_FILE_BYTES:,} bytes after decompression")
    return content


def read_set(folder: Path, file_set: FileSet) -> Found:
    """Read and check every file of `file_set` in `folder`, plain or with ``.gz`` appended."""
    found = Found(folder)
    for name, expected in file_set.hashes.items():
        problems = []
        for path in (folder / name, folder / f"{name}.gz"):
            try:
                with path.open("rb") as stream:
                    data = stream.read(MAX_FILE_BYTES + 1)
                if path.suffix == ".gz":
                    data = gunzip(data)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:
                problems.append(f"{path.name} cannot be read: {error} (expected {expected})")
                continue
            if problem := mismatch(data, expected):
                problems.append(f"{path.name} is damaged or incomplete: {problem}")
                continue
            found.files[name] = data
            break
        else:
            if problems:
                found.damaged += problems
            else:
                found.missing.append(name)
    return found


def store(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write checked `files` into `folder`, each atomically; OSError if that is not possible.

    A file already there stays whole until the new one takes its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomically(folder / name, functools.partial(_put, data))


def _put(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def stored_bytes(folder: Path, file_set: FileSet) -> int:
    """Return how many bytes the files of `file_set` take on disk in `folder`."""
    paths = [folder / f"{name}{end}" for name in file_set.hashes for end in ("", ".gz")]
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
