"""What an instructor reads: who was collected, who was not and why, and who is missing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from autograder.collecting.plan import Plan
from autograder.collecting.submission import Submission

WIDEST = 40


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor, whatever a file was called.

    Args:
        text: a name from outside.
    """
    return "".join(
        c if unicodedata.category(c)[0] != "C" or c == "\u00ad" else "\ufffd" for c in text
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows with their columns below each other; the last one may be of any length.

    Args:
        head: the headings.
        rows: as long as the headings.
    """
    cells = [[printable(cell) for cell in row] for row in (head, *rows)]
    cells = [[c if i == len(row) - 1 else _short(c) for i, c in enumerate(row)] for row in cells]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * min(100, sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def _short(cell: str) -> str:
    return cell if len(cell) <= WIDEST else f"{cell[: WIDEST - 1]}…"


def report(plan: Plan, zone: tzinfo, dry_run: bool) -> str:
    """Return the whole report.

    Args:
        plan: what was decided and, unless it is a dry run, done.
        zone: in which times are shown.
        dry_run: whether nothing was written.
    """
    taken = [s for s in plan.submissions if s.person and not s.why_not]
    refused = [s for s in plan.submissions if s.person is None or s.why_not]
    parts = []
    if taken:
        head = ("student", "from", "files", "handed in", "time from", "remarks")
        parts.append(table(head, (_row(s, zone) for s in taken)))
    if refused:
        rows = ((s.name, s.key, str(len(s.pieces)), s.why_not) for s in refused)
        parts.append(
            "Not collected:\n" + table(("name", "number", "files", "why"), rows),
        )
    if plan.left_out:
        parts.append("Files left out:\n" + table(("file", "why"), plan.left_out))
    if plan.missing:
        people = ((person.id, person.name) for person in plan.missing)
        parts.append("On the roster, not in the archive:\n" + table(("student", "name"), people))
    parts += plan.notes
    kept = sum(s.kept for s in taken)
    verb = "would be collected" if dry_run else "collected"
    parts.append(
        f"{len(taken) - kept} {verb}, {kept} left as they were, {len(refused)} not collected, "
        f"{len(plan.left_out)} files left out, {len(plan.missing)} missing"
    )
    return "\n\n".join(parts)


def _row(submission: Submission, zone: tzinfo) -> tuple[str, ...]:
    assert submission.person is not None, "only rows that have an owner are in this table"
    time = submission.time.astimezone(zone) if submission.time else None
    notes = list(submission.notes)
    if submission.kept:
        newer = "an OLDER one is there" if submission.is_newer else "one is there already"
        notes.insert(0, f"LEFT AS IT WAS: {newer}; --overwrite replaces it")
    return (
        submission.person.id,
        submission.name,
        str(len(submission.files)),
        f"{time:%Y-%m-%d %H:%M}" if time else "–",
        submission.time_source or "–",
        "; ".join(notes),
    )
