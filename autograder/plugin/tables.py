"""CSV files as platforms and spreadsheets write them: comma, semicolon or tab, with or without BOM.

Canvas and Excel separate with semicolons where the comma is the decimal mark; Excel's "Unicode
text" is UTF-16 with tabs, and its plain CSV on Windows is often not UTF-8 at all.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """A file's headings and its rows, each as long as the headings."""

    path: Path
    head: list[str]
    rows: list[list[str]]

    def column(self, *names: str) -> list[str] | None:
        """Return the cells below the first of these headings that there is, or None.

        Args:
            names: compared without regard to case and spaces at the ends.
        """
        head = [cell.strip().casefold() for cell in self.head]
        for name in names:
            if name.casefold() in head:
                place = head.index(name.casefold())
                return [row[place].strip() for row in self.rows]
        return None

    def columns(self) -> list[list[str]]:
        """Return the cells of every column, without spaces at the ends."""
        return [[row[i].strip() for row in self.rows] for i in range(len(self.head))]


def read_table(path: Path) -> Table:
    """Read a CSV file.

    Args:
        path: the file.

    Returns:
        Its headings and rows; rows that are empty are left out, short ones filled up.

    Raises:
        ValueError: it has no line, or is no text.
    """
    lines = _decode(path).splitlines(keepends=True)
    separator = ""
    if lines and lines[0].strip().casefold() in {f"sep={mark}" for mark in SEPARATORS}:
        separator = lines.pop(0).strip()[-1]  # Excel's own way to say it
    if not lines:
        raise ValueError(f"{path} is empty. Expected: a CSV file with a line of headings.")
    if not separator:  # the one that the headings hold most of, outside quotes
        counts = {mark: len(next(csv.reader([lines[0]], delimiter=mark))) for mark in SEPARATORS}
        separator = max(counts, key=lambda mark: counts[mark])
    head, *rows = csv.reader(lines, delimiter=separator)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    return Table(path, head, [row[: len(head)] + [""] * (len(head) - len(row)) for row in rows])


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    if raw.startswith(b"PK\x03\x04") or b"\x00" in raw:
        raise ValueError(f"{path} is not a text file. Expected: CSV; save or export it as that.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
