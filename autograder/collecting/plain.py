"""Files that carry a student's id or name: STUDENT.ipynb, STUDENT_file, STUDENT/file.

Sources:

- STUDENT_file and folders: nbgrader's own ``nbgrader zip_collect``, whose documentation
  (*Collecting submissions from an LMS*) leaves the pattern to the instructor; here the roster says
  where an id with "_" in it ends.
- "assignment_STUDENT_attempt_2016-01-30-15-00-00_file": the example in the help text of
  nbgrader's `FileNameCollectorPlugin.named_regexp`, which is how Blackboard names files.
- STUDENT/ASSIGNMENT/file: nbgrader's own folder `submitted`.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from autograder.collecting.archives import Archive, Entry
from autograder.collecting.platform import Context, Detail, Piece, Platform, Sorted
from autograder.collecting.platform import released_name as unnumbered
from autograder.collecting.roster import Known, Roster
from autograder.collecting.roster import roster_from_csv as read_roster
from autograder.collecting.times import BLANK, in_zone, read_platform_time
from autograder.plugin.tables import Table
from autograder.plugin.timestamps import read_time

# The first attempt counts: what follows is the file's name, which a student chooses.
ATTEMPT = re.compile(
    r"(?:.*?_)?(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+))?"
)


def _sort(archive: Archive, context: Context) -> Sorted:
    result = Sorted()
    depth = _depth(archive, context)
    for entry in archive.entries:
        parts = entry.path.parts[depth:]
        attempt = _attempt(entry, parts[0], context) if len(parts) == 1 else None
        piece = attempt or _piece(entry, parts, context)
        result.pieces.append(piece)
    return result


def _depth(archive: Archive, context: Context) -> int:
    """Return how many folders around everything are the packer's own and nobody's name."""
    depth = 0
    while True:
        tops = {entry.path.parts[depth] for entry in archive.entries}
        deeper = all(len(entry.path.parts) > depth + 1 for entry in archive.entries)
        if len(tops) != 1 or not deeper or _is_somebody(next(iter(tops)), context):
            return depth
        depth += 1


def _is_somebody(name: str, context: Context) -> bool:
    return bool(context.roster.find(Known((name,), (name,))))


def _attempt(entry: Entry, name: str, context: Context) -> Piece | None:
    matched = ATTEMPT.fullmatch(name)
    if matched is None:
        return None
    try:
        time = in_zone(read_time(matched["time"], context.zone), context.zone)
    except ValueError:
        return None
    file = matched["file"] or f"{matched['name']}.txt"  # Blackboard's note on the attempt
    return Piece(
        key=matched["name"],
        name=matched["name"],
        entry=entry,
        file=PurePosixPath(unnumbered(file, context.notebooks)),
        attempt=int(time.timestamp()),
        whole=True,
        time=time,
    )


def _piece(entry: Entry, parts: tuple[str, ...], context: Context) -> Piece:
    """Return whose file it is: its folder's, or that of the longest beginning that is somebody."""
    if len(parts) > 1:
        name, below = parts[0], parts[1:]
        if len(below) > 1 and below[0] == context.assignment:
            below = below[1:]
        return Piece(name, name, entry, PurePosixPath(*below))
    path = PurePosixPath(parts[0])
    names = path.stem.split("_")
    for end in range(len(names), 0, -1):
        name = "_".join(names[:end])
        if _is_somebody(name, context):
            rest = "_".join(names[end:])
            return Piece(name, name, entry, PurePosixPath(_file(rest, path, context)))
    return Piece(path.stem, path.stem, entry, PurePosixPath(_file("", path, context)))


def _file(rest: str, path: PurePosixPath, context: Context) -> str:
    """Return the file's name without the student's; the only notebook needs no name of its own."""
    if rest:
        return rest + path.suffix
    alone = len(context.notebooks) == 1 and path.suffix == ".ipynb"
    return context.notebooks[0] if alone else path.name


def _details(table: Table, pieces: list[Piece], context: Context) -> dict[str, Detail]:
    """Read a CSV file of the columns id (or name) and time."""
    keys = table.column("id", "student_id", "name")
    times = table.column("time", "timestamp", "submitted_at")
    if keys is None or times is None:
        raise ValueError(
            f"{table.path} has the columns {', '.join(table.head)}. Expected: id, with the names "
            "that the files have, and time."
        )
    details = {}
    for key, time in zip(keys, times, strict=True):
        detail = details[key] = Detail(Known((key,), (key,)))
        if time not in BLANK:
            try:
                detail.time = read_platform_time(time, context.zone)
            except ValueError as problem:
                detail.problem = f"the CSV file {problem}"
    return details


def _people(table: Table) -> Roster:
    return read_roster(table.path)


PLAIN = Platform(
    name="plain",
    expected='"STUDENT.ipynb", "STUDENT_notebook.ipynb" or "STUDENT/notebook.ipynb"',
    key_is_id=True,
    csv="a file with the columns id and time",
    sort=_sort,
    details=_details,
    people=_people,
)
