"""The diagrams of `aeutils.drawings` as files, for readers of plain Markdown.

``python -m course.book drawings`` writes them; a test fails when one is not what its function
draws now. On the site and in the slides `course.book.figures` puts the drawing itself into the
page, where it follows the theme.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from aeutils import drawings
from course.book import COURSE

FOLDER = COURSE / "images"
FILE = re.compile(r"(?:.*/)?drawing-(\w+)\.svg")


def find(address: str) -> drawings.Drawing | None:
    """Return the drawing that an image's address names, None if it names none.

    Raises:
        KeyError: it names a drawing that there is not.
    """
    match = FILE.fullmatch(address)
    if match is None:
        return None
    if match[1] not in drawings.NAMES:
        raise KeyError(f"no drawing is called {match[1]!r}; there are {', '.join(drawings.NAMES)}")
    return getattr(drawings, match[1])()


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every drawing into `folder`; return the files."""
    return [
        getattr(drawings, name)().save(folder / f"drawing-{name}.svg") for name in drawings.NAMES
    ]


def stale() -> list[str]:
    """Return one line for each file that is not what its function draws now."""
    there = {path.name for path in FOLDER.glob("drawing-*.svg")}
    with tempfile.TemporaryDirectory() as folder:
        made = write(Path(folder))
        lines = [
            f"{name} is drawn by no function" for name in sorted(there - {p.name for p in made})
        ]
        for path in made:
            kept = FOLDER / path.name
            if not kept.exists():
                lines.append(f"{path.name} is missing")
            elif kept.read_bytes() != path.read_bytes():
                lines.append(f"{path.name} is not what its function draws now")
    return [f"course/images/{line}; run `python -m course.book drawings`" for line in lines]
