"""What one person handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from autograder.collecting.platform import Piece
from autograder.collecting.roster import Person


@dataclass
class Submission:
    """What one person handed in, whose it is, and when it came."""

    key: str
    names: list[str]
    pieces: list[Piece]
    person: Person | None = None
    why_not: str = ""  # it is not collected
    kept: bool = False  # nothing is written, because something is there already
    is_newer: bool = False  # than what is there already, by both times
    time: datetime | None = None
    time_source: str = ""
    notes: list[str] = field(default_factory=list)
    files: dict[PurePosixPath, Piece] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name or number that the platform shows."""
        return next(filter(None, self.names), self.key)

    @property
    def place(self) -> str:
        """What a feedback page's name is put behind, so that the platform finds its owner."""
        with_place = [p for p in self.files.values() if p.place]
        notebooks = [p for p in with_place if p.file.suffix == ".ipynb"]
        return (notebooks or with_place)[0].place if with_place else ""
