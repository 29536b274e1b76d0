"""Moodle's *Download all submissions*, its grading worksheet, and its zip of feedback files.

Sources, all in Moodle's own repository:

- names of the download: ``mod/assign/classes/downloader.php``. The folder is "full
  name_number_assignsubmission_file", with "_" at its end before Moodle 4.1; without *Download
  submissions in folders* it is a prefix of the file's name. "_" in a name becomes a space, and
  `clean_filename` drops apostrophes and other marks. The words are plug-ins' names, the same in
  every language. Only the newest attempt is in it.
- the worksheet: ``mod/assign/gradingtable.php``; the first column is "Participant 123456", with
  the number of the folder. Headings and dates are in the language of whoever downloads it.
- feedback files: ``mod/assign/feedback/file/importziplib.php``: of the name, only the number and
  the two plug-ins' names are looked at; what follows is the name that the student sees.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath

from autograder.collecting.archives import Archive
from autograder.collecting.names import letters
from autograder.collecting.platform import (
    Context,
    Detail,
    Piece,
    Platform,
    Sorted,
    identifier_columns,
)
from autograder.collecting.roster import Known, Person, Roster
from autograder.collecting.times import BLANK, read_platform_time
from autograder.plugin.tables import Table

# The first number counts: what follows is the file's name, which a student chooses.
PART = re.compile(
    r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<rest>.*))?"
)
PARTICIPANT = re.compile(r"\D*?\s?(\d+)")  # the cell's words are translated
# "Last modified (submission)" in Moodle's language packs (mod/assign, `lastmodifiedsubmission`).
SUBMITTED = (
    *("Last modified (submission)", "Zuletzt geändert (Abgabe)"),
    *("Dernière modification (travail remis)", "Última modificación (entrega)"),
    *("Última modificação (envio)", "Ultima modifica (consegna)"),
    *("Laatst gewijzigd (inzending)", "Последнее изменение (ответ)", "上次修改（作业）"),
)


def _sort(archive: Archive, context: Context) -> Sorted:
    result = Sorted()
    for order, entry in enumerate(sorted(archive.entries, key=lambda e: str(e.modified))):
        for i, part in enumerate(entry.path.parts):
            matched = PART.fullmatch(part)
            if matched is None:
                continue
            name, number, kind, rest = matched.group("name", "number", "kind", "rest")
            below = entry.path.parts[i + 1 :]
            stem = f"{name}_{number}_assignsubmission_"
            file = PurePosixPath(*below) if below else PurePosixPath(rest or part)
            # A page goes back beside the file that was handed in, never beside typed text.
            same = part.removesuffix(rest) if rest and not below else f"{part}/"
            place = same if kind == "file" else f"{stem}file_{'/' if below else ''}"
            result.pieces.append(Piece(number, name, entry, file, place, attempt=order))
            break
        else:
            result.strange.append(entry)
    return result


def _details(table: Table, pieces: list[Piece], context: Context) -> dict[str, Detail]:
    numbers = _participants(table, {piece.key for piece in pieces})
    names = table.column("Full name") or _names(table, {piece.name for piece in pieces})
    identifiers = identifier_columns(table, context.roster)
    submitted = table.column(*SUBMITTED) or _first_times(table, context)
    details = {}
    for i, number in enumerate(numbers):
        known = Known(
            (names[i],) if names and names[i] else (),
            tuple(column[i] for column in identifiers if column[i]),
        )
        detail = Detail(known)
        if submitted and submitted[i] not in BLANK:
            try:
                detail.time = read_platform_time(submitted[i], context.zone)
            except ValueError as problem:
                detail.problem = f"the worksheet {problem}"
        details[number] = detail
    return details


def _participants(table: Table, wanted: set[str]) -> list[str]:
    """Return the participants' numbers; their column is known by them, not by its heading."""
    for column in table.columns():
        matched = [PARTICIPANT.fullmatch(cell) for cell in column]
        numbers = [m[1] if m else "" for m in matched]
        if all(numbers) and wanted & set(numbers):
            return numbers
    raise ValueError(
        f"{table.path} has no column with the numbers of this download ({_some(wanted)}), such as "
        f'"Participant {min(wanted, default="123456")}". Its columns are {", ".join(table.head)}. '
        'Expected: the grading worksheet of the same assignment ("Download grading worksheet"; '
        '"Offline grading worksheet" must be switched on in its settings).'
    )


def _some(numbers: set[str]) -> str:
    return ", ".join(sorted(numbers)[:3]) + (", …" if len(numbers) > 3 else "")


def _names(table: Table, wanted: set[str]) -> list[str]:
    """Return the column that holds most of the download's names."""
    rows = {letters(name) for name in wanted}
    counts = [(sum(letters(c) in rows for c in column), column) for column in table.columns()]
    most, column = max(counts, key=lambda pair: pair[0], default=(0, []))
    return column if most else []


def _first_times(table: Table, context: Context) -> list[str]:
    """Return the first column of times: that of the submission stands before that of the grade."""

    def time(cell: str) -> datetime | None:
        try:
            return read_platform_time(cell, context.zone)
        except ValueError:
            return None

    for column in table.columns():
        cells = [cell for cell in column if cell not in BLANK]
        clocks = [cell for cell in cells if re.search(r"\d[:.]\d\d", cell)]
        if clocks and len(clocks) == len(cells) and all(map(time, cells)):
            return column
    return []


def _people(table: Table) -> Roster:
    """Return the worksheet's people; the site decides which of these columns it has."""
    ids = table.column("Username") or table.column("ID number") or table.column("Email address")
    if ids is None:
        ids = next((c for c in table.columns() if sum("@" in x for x in c) * 2 > len(c)), None)
    if ids is None:
        raise ValueError(
            f"{table.path} names no ids; its columns are {', '.join(table.head)}. Expected: one of "
            "Username, ID number, Email address; or a roster."
        )
    names = table.column("Full name") or ["" for _ in ids]
    return Roster([Person(i, n) for i, n in zip(ids, names, strict=True) if i], str(table.path))


MOODLE = Platform(
    name="moodle",
    expected='"Full Name_123456_assignsubmission_file_/notebook.ipynb", or the same with "_" for '
    '"/"',
    csv="the grading worksheet",
    sort=_sort,
    details=_details,
    people=_people,
    takes_feedback=True,
)
