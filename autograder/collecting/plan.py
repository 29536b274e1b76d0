"""Who handed in what: everything is decided here, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collecting.archives import Archive
from autograder.collecting.files import choose_files
from autograder.collecting.platform import Context, Detail, Piece, Platform
from autograder.collecting.roster import Known, Person
from autograder.collecting.submission import Submission
from autograder.collecting.submission_times import set_times
from autograder.plugin.intake import TIMESTAMP
from autograder.plugin.timestamps import read_time

FOLDER_NAME = re.compile(r"(?!\.)[^/\\\x00-\x1f]+")  # a dot in front would hide it


@dataclass
class Plan:
    """What collecting will do, and what it will not."""

    submissions: list[Submission]
    missing: list[Person]
    left_out: list[tuple[str, str]]  # files that belong to nobody, and why
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wishes:
    """What the instructor said on the command line."""

    matches: dict[str, str] = field(default_factory=dict)  # a platform's name or number to an id
    times: str = "auto"
    overwrite: bool = False


def make_plan(
    archive: Archive,
    platform: Platform,
    context: Context,
    wishes: Wishes,
    destination: Callable[[str], Path],
) -> Plan:
    """Decide whose every file is.

    Args:
        archive: the download.
        platform: where it comes from.
        context: the assignment, its notebooks, the roster and the platform's CSV file.
        wishes: of the instructor.
        destination: the folder of a student's submission, by id.

    Returns:
        The plan; nothing is written yet.

    Raises:
        ValueError: nothing in the archive is named as this platform does, or a match names nobody.
    """
    found = platform.sort(archive, context)
    if not found.pieces:
        raise ValueError(_nothing(archive, platform))
    details = platform.details(context.table, found.pieces, context) if context.table else {}
    submissions = _by_key(found.pieces)
    for submission in submissions:
        _match(submission, details.get(submission.key), platform, context, wishes)
    _refuse_doubles(submissions)
    for submission in submissions:
        choose_files(submission, context.notebooks)
    notes = set_times(archive, submissions, details, context, wishes.times, platform)
    for submission in submissions:
        if submission.person and not submission.why_not:
            folder = destination(submission.person.id)
            submission.kept = folder.exists() and not wishes.overwrite
            submission.is_newer = submission.kept and _is_newer(submission, folder)
    here = {s.person.id for s in submissions if s.person and not s.why_not}
    missing = [person for person in context.roster.people if person.id not in here]
    left_out = [(str(path), why) for path, why in archive.left_out]
    left_out += [(str(e.path), "its name says no owner") for e in found.strange]
    return Plan(submissions, missing, left_out, notes)


def _is_newer(submission: Submission, folder: Path) -> bool:
    try:
        there = read_time((folder / TIMESTAMP).read_bytes())
    except (OSError, ValueError):
        return False
    return submission.time is not None and submission.time > there


def _nothing(archive: Archive, platform: Platform) -> str:
    seen = [str(entry.path) for entry in archive.entries[:3]]
    holds = ", ".join(f'"{name}"' for name in seen) if seen else "no file that could be read"
    return (
        f"{archive.path} holds {holds}{', …' if len(archive.entries) > 3 else ''}. Expected from "
        f"{platform.name}: {platform.expected}. Is it another platform's (--from), or unpacked "
        "and renamed? Take the download as it is."
    )


def _by_key(pieces: list[Piece]) -> list[Submission]:
    submissions: dict[str, Submission] = {}
    for piece in pieces:
        submission = submissions.setdefault(piece.key, Submission(piece.key, [], []))
        submission.pieces.append(piece)
        if piece.name not in submission.names:
            submission.names.append(piece.name)
    return sorted(submissions.values(), key=lambda s: s.name.casefold())


def _match(
    submission: Submission,
    detail: Detail | None,
    platform: Platform,
    context: Context,
    wishes: Wishes,
) -> None:
    """Find out whose it is; what could be two people's is nobody's."""
    for name in (submission.key, *submission.names):
        if name in wishes.matches:
            submission.person = context.roster.by_id.get(wishes.matches[name])
            if submission.person is None:
                raise ValueError(
                    f'--match "{name}={wishes.matches[name]}": there is no such id on the roster '
                    f"({context.roster.source}). Expected: an id, as nbgrader knows it."
                )
            return
    told = detail.known if detail else Known()
    known = Known(
        (*told.names, *submission.names),
        (*told.identifiers, *((submission.key,) if platform.key_is_id else ())),
    )
    people = context.roster.find(known)
    if len(people) == 1 and not FOLDER_NAME.fullmatch(people[0].id):
        submission.why_not = f'its id "{people[0].id}" cannot be the name of a folder'
    elif len(people) == 1:
        submission.person = people[0]
    elif people:
        submission.why_not = f"could be {_several(people)}; say which with --match"
    else:
        near = context.roster.near(known.names)
        hint = f"; is it {_several(near)}? Then say so with --match" if near else ""
        submission.why_not = f"nobody on the roster has this name or number{hint}"


def _several(people: list[Person]) -> str:
    told = [f"{p.id} ({p.name})" if p.name else p.id for p in people[:4]]
    return " or ".join(told) + (" or others" if len(people) > 4 else "")


def _refuse_doubles(submissions: list[Submission]) -> None:
    """Let nobody have two people's work: if two submissions point at one student, neither does."""
    by_person: dict[str, list[Submission]] = {}
    for submission in submissions:
        if submission.person:
            by_person.setdefault(submission.person.id, []).append(submission)
    for student, doubles in by_person.items():
        if len(doubles) > 1:
            names = " and ".join(f'"{s.name}" ({s.key})' for s in doubles)
            for submission in doubles:
                submission.person = None
                submission.why_not = f"{names} both look like {student}; say which with --match"
