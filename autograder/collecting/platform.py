"""What every platform's file answers: whose a file is, and what the platform's CSV tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import PurePosixPath

from autograder.collecting.archives import Archive, Entry
from autograder.collecting.roster import Known, Roster
from autograder.plugin.tables import Table


@dataclass(frozen=True)
class Context:
    """What there is to know when file names are read."""

    assignment: str
    notebooks: list[str]  # file names of the released notebooks
    roster: Roster
    zone: tzinfo  # of times that name none
    table: Table | None = None  # the platform's own CSV file


@dataclass
class Piece:
    """One file of somebody's submission."""

    key: str  # the platform's own number or login of the person
    name: str  # as the platform writes it
    entry: Entry
    file: PurePosixPath  # where it belongs in the submission's folder
    place: str = ""  # what a feedback page's name is put behind, to go back
    attempt: int = 0  # the highest is the newest
    whole: bool = False  # whether attempts are whole uploads, not versions of one file
    time: datetime | None = None  # which the file's name tells


@dataclass
class Detail:
    """One person's row in the platform's CSV file."""

    known: Known
    time: datetime | None = None
    problem: str = ""  # with the time


@dataclass
class Sorted:
    """An archive's files by their owner."""

    pieces: list[Piece] = field(default_factory=list)
    strange: list[Entry] = field(default_factory=list)  # whose names say no owner


@dataclass(frozen=True)
class Platform:
    """A way to name files, and to say who somebody is."""

    name: str
    expected: str  # how file names look, for a message
    csv: str  # which file --csv takes, for a message
    sort: Callable[[Archive, Context], Sorted]
    details: Callable[[Table, list[Piece], Context], dict[str, Detail]]
    people: Callable[[Table], Roster]
    key_is_id: bool = False  # whether names are the course's own ids, not a platform's numbers
    takes_feedback: bool = False
    clock: Callable[[Archive, Piece], datetime | None] | None = None  # commits, in a folder


def identifier_columns(table: Table, roster: Roster) -> list[list[str]]:
    """Return the columns that hold ids or addresses of the roster, whatever their heading says.

    Headings come in every language. A column counts if no two cells are the same and at least half
    of its cells are somebody's id or address, which a column of grades is not.

    Args:
        table: the platform's CSV file.
        roster: the course's people.
    """
    known = {p.id.casefold() for p in roster.people} | {p.email.casefold() for p in roster.people}
    chosen = []
    for column in table.columns():
        cells = [cell.casefold() for cell in column if cell]
        ours = sum(cell in known for cell in cells)
        if cells and len(set(cells)) == len(cells) and 2 * ours >= len(cells):
            chosen.append(column)
    return chosen


def released_name(file: str, notebooks: list[str]) -> str:
    """Return the released notebook's name for a file that a platform numbered, or the file's own.

    Args:
        file: for example "week01_pca-2.ipynb".
        notebooks: names of the released notebooks.
    """
    stem, hyphen, rest = file.rpartition("-")
    number, dot, suffix = rest.partition(".")
    plain = f"{stem}{dot}{suffix}"
    return plain if hyphen and number.isdigit() and plain in notebooks else file
