"""A downloaded zip or folder, opened as if its author meant harm.

What it holds is only listed here, and read one file at a time later, so that nothing of it is
written before it is known whose it is. A zip inside the zip stays the file that it is: it is a
student's own, and the grader opens it.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.plugin.reading.files import LARGEST, is_litter

MOST_FILES = 100_000
MOST_BYTES = 20 * 2**30  # of all files, unpacked
CHUNK = 2**20


class Refused(ValueError):
    """An archive or one of its files that is not opened; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A regular file of an archive, not read yet."""

    path: PurePosixPath
    size: int
    modified: datetime | None  # without a zone in a zip, which has none
    open: Callable[[], IO[bytes]] = field(repr=False, compare=False)

    def copy_to(self, path: Path) -> None:
        """Write the file's bytes.

        Args:
            path: a new file; its folder is there.

        Raises:
            Refused: it cannot be read, or unpacks to more than it said.
        """
        left = self.size
        try:
            with self.open() as source, path.open("xb") as target:
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise Refused(f"{self.path} unpacks to more than it says")
                    target.write(chunk)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as bad:
            if isinstance(bad, Refused):
                raise
            raise Refused(f"{self.path} cannot be unpacked ({bad})") from bad
        except zipfile.zlib.error as bad:  # type: ignore[attr-defined]
            raise Refused(f"{self.path} cannot be unpacked ({bad})") from bad


@dataclass
class Archive:
    """What a zip or a folder holds."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    left_out: list[tuple[PurePosixPath, str]] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        """Whether it lies unpacked, so that commands can look at its files."""
        return self.path.is_dir()

    def take(self, entry: Entry) -> None:
        """Add an entry, unless it is junk or too large.

        Args:
            entry: a regular file.

        Raises:
            Refused: the archive as a whole is beyond every class's size.
        """
        if is_litter(entry.path):
            return
        if entry.size > LARGEST:
            self.leave_out(
                entry.path,
                f"has {entry.size / 2**20:.0f} MB; the limit is {LARGEST // 2**20} MB",
            )
            return
        self.entries.append(entry)
        total = sum(e.size for e in self.entries) if len(self.entries) % 1000 == 0 else 0
        if len(self.entries) > MOST_FILES or total > MOST_BYTES:
            raise Refused(_too_much(self.path))

    def leave_out(self, path: PurePosixPath, reason: str) -> None:
        """Note a file that is not taken.

        Args:
            path: its name in the archive.
            reason: to be read after the name.
        """
        self.left_out.append((path, reason))


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip or a folder for as long as its entries are read.

    Args:
        path: what the instructor downloaded.

    Yields:
        Its entries, in the order of their names.

    Raises:
        Refused: there is no such file, it is no zip, or it is far too large.
    """
    archive = Archive(path)
    if path.is_dir():
        _list_folder(archive)
        yield _checked(archive)
        return
    if not path.exists():
        raise Refused(f"{path} does not exist. Expected: the downloaded zip, or a folder.")
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as bad:
        raise Refused(
            f"{path} is not a zip ({bad}). Expected: the zip as the platform gave it, or the "
            "folder that it was unpacked to. Download it again if it ended early."
        ) from bad
    with opened:
        _list_zip(archive, opened)
        yield _checked(archive)


def _checked(archive: Archive) -> Archive:
    if sum(entry.size for entry in archive.entries) > MOST_BYTES:
        raise Refused(_too_much(archive.path))
    archive.entries.sort(key=lambda entry: str(entry.path))
    return archive


def _too_much(path: Path) -> str:
    return (
        f"{path} holds more than {MOST_FILES:,} files or {MOST_BYTES // 2**30} GB, more than a "
        "class hands in. Nothing was taken; look at it by hand, and collect it in parts."
    )


def _list_folder(archive: Archive) -> None:
    for parent, folders, files in os.walk(archive.path):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [n for n in folders if n not in links and not is_litter(PurePosixPath(n))]
        for name in [*files, *links]:
            path = Path(parent, name)
            relative = PurePosixPath(path.relative_to(archive.path).as_posix())
            about = path.lstat()
            if stat.S_ISLNK(about.st_mode):
                archive.leave_out(relative, "is a link to another place")
            elif not stat.S_ISREG(about.st_mode):
                archive.leave_out(relative, "is a pipe or a device")
            else:
                modified = datetime.fromtimestamp(about.st_mtime, UTC)
                archive.take(Entry(relative, about.st_size, modified, _opener(path)))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _list_zip(archive: Archive, opened: zipfile.ZipFile) -> None:
    members = opened.infolist()
    if len(members) > MOST_FILES:
        raise Refused(_too_much(archive.path))
    for member in members:
        name = _name(member)
        if name.endswith("/"):
            continue
        path = PurePosixPath(name)
        reason = _harmful(name, member)
        if reason:
            archive.leave_out(path, reason)
            continue
        try:
            modified = datetime(*member.date_time)
        except ValueError:  # month 0: the packer wrote no time
            modified = None
        archive.take(Entry(path, member.file_size, modified, _member_opener(opened, member)))


def _member_opener(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: opened.open(member)


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; without the flag for UTF-8 it may be in UTF-8 all the same."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            name = member.filename
    return name.replace("\\", "/")


def _harmful(name: str, member: zipfile.ZipInfo) -> str:
    """Say why a member of a zip is not opened, or return ""."""
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "has a path that leads out of the archive"
    if member.flag_bits & 0x1:
        return "is encrypted"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link to another place"
    if kind not in (0, stat.S_IFREG):
        return "is a pipe or a device"
    return ""
