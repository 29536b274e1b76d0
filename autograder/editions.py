"""Which page belongs to whom. One list, read by the hand-out, the site and their tests."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

# Paths below course/, or whole folders of it.
INSTRUCTORS_ONLY = (
    "guide",
    "slides",
    "book",
    "static",
    "architecture.md",
    "instructors.md",
    "large-classes.md",
    "misconceptions.md",
)


def for_students(path: PurePosixPath | Path) -> bool:
    """Say whether a file, named relative to course/, may be handed to students."""
    return not any(
        str(PurePosixPath(*path.parts)) == name or path.parts[0] == name
        for name in INSTRUCTORS_ONLY
    )
