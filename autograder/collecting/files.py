"""Which of somebody's files are taken, and under which names they are written."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from autograder.collecting.submission import Submission
from autograder.plugin.intake import TIMESTAMP

UPLOADED_TIMESTAMP = "timestamp.uploaded.txt"
# Names that Windows reads as devices.
RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))}


def choose_files(submission: Submission, notebooks: list[str]) -> None:
    """Take the newest attempt, and give every file a name that is safe everywhere.

    Args:
        submission: gets its files, and notes on what was not taken.
        notebooks: names of the released notebooks; of each, only the newest version is taken.
    """
    pieces = submission.pieces
    if any(piece.whole for piece in pieces):
        newest = max(piece.attempt for piece in pieces if piece.whole)
        older = [p for p in pieces if p.whole and p.attempt < newest]
        pieces = [p for p in pieces if p not in older]
        if older:
            count = len({p.attempt for p in older})
            submission.notes.append(f"{count} older attempt{'s' * (count > 1)} not taken")
    taken: set[str] = set()
    for piece in sorted(pieces, key=lambda piece: -piece.attempt):
        file = _safe(piece.file)
        # The platform's time counts, never an uploaded one; some disks do not tell case apart.
        if file.parts[0].casefold() == TIMESTAMP:
            file = PurePosixPath(UPLOADED_TIMESTAMP, *file.parts[1:])
            submission.notes.append(
                f"an uploaded {TIMESTAMP} is kept as {file}, and counts nothing"
            )
        if str(file).casefold() in taken:
            if file.name in notebooks:
                submission.notes.append(f"an older {file} not taken")
                continue
            file = _numbered(file, taken)
        # A file cannot lie where another one needs a folder.
        while any(str(parent).casefold() in taken for parent in file.parents):
            file = PurePosixPath("_".join(file.parts))
        taken.add(str(file).casefold())
        submission.files[file] = piece


def _numbered(file: PurePosixPath, taken: set[str]) -> PurePosixPath:
    number = 2
    while str(numbered := file.with_stem(f"{file.stem} ({number})")).casefold() in taken:
        number += 1
    return numbered


def _safe(file: PurePosixPath) -> PurePosixPath:
    """Return a path that no file system refuses or reads as something else."""
    parts = []
    for part in file.parts:
        part = re.sub(r'[\x00-\x1f\x7f<>:"|?*\\/\ud800-\udfff]', "_", part).rstrip(". ")
        if part.split(".")[0].casefold() in RESERVED or not part:
            part = f"_{part}"
        while len(part.encode("utf-8")) > 200:  # most file systems take 255 bytes
            stem, dot, suffix = part.rpartition(".")
            part = f"{stem[:-1]}{dot}{suffix}" if len(suffix) < 20 and stem else part[:-1]
        parts.append(part)
    return PurePosixPath(*parts[-20:])
