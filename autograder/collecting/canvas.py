"""Canvas' *Download Submissions*, its gradebook, and its *Upload Submissions*.

Sources, all in Canvas' own repository:

- names of the download: ``lib/content_zipper.rb``, `get_filename` and `add_upload_submission`:
  "name_LATE_user_attachment_file", the name being the sortable one ("Last, First") in lower case
  with letters only, "LATE" only for late ones; "anon_code_attachment_file" where graders see no
  names; "name_user_text.html" and "…_link.html" for typed text and addresses.
- a second file of the same name is "file-1", "file-2": an attachment has a higher number the later
  it was uploaded.
- the gradebook: the columns of :data:`autograder.plugin.platforms.CANVAS`. ID is the number in the
  file's name. No time is in it, nor in the zip, whose entries have the time of the download.
- the way back: ``app/models/abstract_assignment.rb``, `infer_comment_context_from_filename`: the
  person and the attachment are found by the two numbers, and the page is shown under the
  attachment's own name.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from autograder.collecting.archives import Archive
from autograder.collecting.platform import (
    Context,
    Detail,
    Piece,
    Platform,
    Sorted,
    identifier_columns,
    released_name,
)
from autograder.collecting.roster import Known, Person, Roster
from autograder.collecting.times import BLANK, read_platform_time
from autograder.plugin.platforms import CANVAS as COLUMNS
from autograder.plugin.tables import Table

UPLOAD = re.compile(r"(?P<name>.*?)_(?:LATE_)?(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>.+)")
HIDDEN = re.compile(r"(?:LATE_)?anon_(?P<user>[^_]+)_(?P<attachment>\d+)_(?P<file>.+)")
TYPED = re.compile(r"(?P<name>.*?)_(?:LATE_)?(?P<user>\d+)_(?P<file>text\.html|link\.html)")
TIMES = ("Submitted At", "submitted_at")  # of a CSV made from Canvas' own API


def _sort(archive: Archive, context: Context) -> Sorted:
    result = Sorted()
    for entry in archive.entries:
        name = entry.path.name
        # In this order, a file that a student calls "x_205_text.html" is not number 205's text.
        matched = HIDDEN.fullmatch(name) or UPLOAD.fullmatch(name) or TYPED.fullmatch(name)
        if matched is None:
            result.strange.append(entry)
            continue
        parts = matched.groupdict()
        file = released_name(parts["file"], context.notebooks)
        attachment = parts.get("attachment")
        result.pieces.append(
            Piece(
                key=parts["user"],
                name=parts.get("name") or "anonymous",
                entry=entry,
                file=PurePosixPath(file),
                place=name.removesuffix(parts["file"]) if attachment else "",
                attempt=int(attachment or 0),
            )
        )
    return result


def _details(table: Table, pieces: list[Piece], context: Context) -> dict[str, Detail]:
    numbers = _column(table, "ID")
    names = table.column(COLUMNS[0]) or ["" for _ in numbers]
    identifiers = identifier_columns(table, context.roster)
    submitted = table.column(*TIMES)
    details = {}
    for i, number in enumerate(numbers):
        if not number:  # "Points Possible" and the like
            continue
        known = Known((names[i],), tuple(column[i] for column in identifiers if column[i]))
        detail = details[number] = Detail(known)
        if submitted and submitted[i] not in BLANK:
            try:
                detail.time = read_platform_time(submitted[i], context.zone)
            except ValueError as problem:
                detail.problem = f"the CSV file {problem}"
    return details


def _column(table: Table, name: str) -> list[str]:
    column = table.column(name)
    if column is None:
        raise ValueError(
            f"{table.path} has no column {name}; it has {', '.join(table.head)}. Expected: the "
            f"file of Grades > Export, with {', '.join(COLUMNS)}."
        )
    return column


def _people(table: Table) -> Roster:
    """Return the gradebook's people, by the first id that a row has."""
    numbers = _column(table, "ID")
    blank = ["" for _ in numbers]
    names, _, system, logins, _ = (table.column(name) or blank for name in COLUMNS)
    people = []
    for name, number, sis, login in zip(names, numbers, system, logins, strict=True):
        last, _, first = (part.strip() for part in name.partition(","))
        if number:
            people.append(Person(login or sis or number, first, last))
    return Roster(people, str(table.path))


CANVAS = Platform(
    name="canvas",
    expected='"lastfirst_123_4567_notebook.ipynb" or "lastfirst_LATE_123_4567_notebook.ipynb"',
    csv="the file of Grades > Export",
    sort=_sort,
    details=_details,
    people=_people,
    takes_feedback=True,
)
