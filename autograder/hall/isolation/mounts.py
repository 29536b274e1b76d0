"""What a student's process finds in its sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Mounts:
    """Files and environment of a student's process.

    Attributes:
        files: folder whose content is copied into the student's working folder.
        packages: folder put first on Python's path (the sealed course packages).
        hidden: folders that are never visible, even inside Python's own folders.
        environment: additional environment variables.
    """

    files: Path | None = None
    packages: Path | None = None
    hidden: tuple[Path, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
