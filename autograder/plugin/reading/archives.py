"""Archives inside a submission, unpacked with bounds: on sizes, on numbers, and on where to."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.plugin.reading.files import LARGEST, MOST, MOST_FILES, irregular

KINDS = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_KINDS = (".7z", ".rar", ".tar.bz2", ".tar.xz", ".tar.zst")
BLOCK = 2**20


class CannotOpen(ValueError):
    """An archive that is damaged, locked or too large; the text says which."""


def is_archive(path: Path) -> bool:
    """Tell from its name whether a file is an archive that can be opened.

    Args:
        path: the file.
    """
    return path.name.lower().endswith(KINDS)


def unpack(archive: Path, folder: Path) -> list[str]:
    """Unpack an archive into a new folder; return what was left out of it.

    Links, devices, absolute paths and paths that lead out of the folder are left out, as is
    whatever goes beyond the bounds. Times of the files are kept: they tell which is the newest.

    Args:
        archive: a zip or tar file.
        folder: where to; it is made.

    Returns:
        Sentences for the log.

    Raises:
        CannotOpen: nothing can be read from it.
    """
    if problem := irregular(archive):
        raise CannotOpen(f"{archive.name} {problem}")
    folder.mkdir(parents=True)
    notes: list[str] = []
    room, count = MOST, 0
    try:
        for name, size, file in _members(archive, notes):
            count += 1
            target = _inside(folder, name)
            if target is None:
                notes.append(f"{archive.name}: {name[:200]!r} leads out of the archive")
                continue
            if count > MOST_FILES or size > LARGEST or size > room:
                notes.append(f"{archive.name}: {name[:200]!r} is beyond the room for files")
                continue
            room -= _copy(file, target, min(LARGEST, room))
    except CannotOpen:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        if not any(folder.iterdir()):
            raise CannotOpen(f"{archive.name} is damaged ({str(error)[:120]})") from None
        notes.append(f"{archive.name} is damaged; what could be read of it is used")
    except (RuntimeError, NotImplementedError, ValueError) as error:
        # zipfile says so of a password, and of ways of packing that it does not know.
        why = str(error)[:120]
        why = "it asks for a password" if "encrypted" in str(error) else why
        raise CannotOpen(f"{archive.name} cannot be opened ({why})") from None
    return notes


def _members(archive: Path, notes: list[str]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Yield name, claimed size and open file of every regular file in an archive."""
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            if len(packed.infolist()) > MOST_FILES:
                notes.append(f"{archive.name} holds {len(packed.infolist())} files")
            for info in packed.infolist()[: MOST_FILES + 1]:
                kind = stat.S_IFMT(info.external_attr >> 16)
                if info.is_dir():
                    continue
                if kind not in (0, stat.S_IFREG):
                    notes.append(f"{archive.name}: {info.filename[:200]!r} is a link or a device")
                    continue
                with packed.open(info) as file:
                    yield info.filename, info.file_size, file
        return
    with tarfile.open(archive) as packed_tar:
        for seen, member in enumerate(packed_tar):
            if seen > MOST_FILES:
                notes.append(f"{archive.name} holds more than {MOST_FILES} files")
                return
            if member.isdir():
                continue
            inside = packed_tar.extractfile(member) if member.isreg() else None
            if inside is None:
                notes.append(f"{archive.name}: {member.name[:200]!r} is a link or a device")
                continue
            with inside:
                yield member.name, member.size, inside


def _inside(folder: Path, name: str) -> Path | None:
    """Return where a member goes, or None if its name leads somewhere else."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    harmless = all(p not in ("", "/", ".", "..") and "\0" not in p and len(p) < 200 for p in parts)
    if not parts or not harmless or len(parts) > 20 or ":" in parts[0]:
        return None
    return folder.joinpath(*parts)


def _copy(file: IO[bytes], target: Path, most: int) -> int:
    """Copy at most so many bytes; return how many. What a header claims is not believed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with target.open("xb") as copy:
        while block := file.read(BLOCK):
            written += len(block)
            if written > most:
                raise CannotOpen(f"{target.name} grows beyond {most // 2**20} MB as it is unpacked")
            copy.write(block)
    return written
