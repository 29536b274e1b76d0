"""GitHub Classroom: a folder of clones, the classroom's roster, and the grades of an assignment.

Sources:

- folders: ``gh classroom clone student-repos`` makes "ASSIGNMENT-submissions/" and in it one clone
  for each accepted assignment, under the repository's name (github/gh-classroom,
  ``cmd/gh-classroom/clone/student-repos/student-repos.go``). A repository is called
  "ASSIGNMENT-login".
- the roster (*Students › Download*): identifier, github_username, github_id, name
  (abc-classroom's documentation, *Managing the classroom roster*). An identifier is what the
  instructor typed: a name, an id or an address (docs.github.com, *Glossary*, "identifier").
- grades (*Download › Download grades*, or ``gh classroom assignment-grades``): github_username,
  roster_identifier, student_repository_name, submission_timestamp and others
  (``cmd/gh-classroom/assignment-grades/assignment_grades.go``).

A commit carries whatever time the student's computer, or the student, gave it. GitHub's own
time is in the grades, and counts before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath

from autograder.collecting.archives import Archive
from autograder.collecting.platform import Context, Detail, Piece, Platform, Sorted
from autograder.collecting.roster import Known, Person, Roster
from autograder.collecting.times import BLANK, commit_time, read_platform_time
from autograder.plugin.tables import Table

SUFFIX = "-submissions"


def _sort(archive: Archive, context: Context) -> Sorted:
    result = Sorted()
    depth, slug = _slug(archive)
    inside = [entry for entry in archive.entries if len(entry.path.parts) > depth + 1]
    repositories = {entry.path.parts[depth] for entry in inside}
    logins = {name: _login(name, slug, context) for name in repositories}
    for entry in archive.entries:
        if entry not in inside:
            result.strange.append(entry)
            continue
        repository, file = entry.path.parts[depth], PurePosixPath(*entry.path.parts[depth + 1 :])
        login = logins[repository]
        result.pieces.append(
            Piece(login.casefold() or repository, login or repository, entry, file)
        )
    return result


def _slug(archive: Archive) -> tuple[int, str]:
    """Return how deep the clones lie, and the assignment's name in theirs where it is known."""
    tops = {entry.path.parts[0] for entry in archive.entries}
    if len(tops) == 1 and (top := tops.pop()).endswith(SUFFIX):
        return 1, top.removesuffix(SUFFIX)
    name = archive.path.stem if archive.path.suffix == ".zip" else archive.path.name
    return 0, name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""


def _login(repository: str, slug: str, context: Context) -> str:
    """Return whose repository it is, or "" where it could be two people's."""
    table = context.table
    logins = [person.id for person in context.roster.people]
    if table is not None:
        logins = table.column("github_username") or []
        names = table.column("student_repository_name") or []
        for login, name in zip(logins, names, strict=False):
            if name.casefold() == repository.casefold():
                return login
    if slug and repository.startswith(f"{slug}-"):
        return repository.removeprefix(f"{slug}-")
    # Logins have hyphens, too: "week01-ann-lee" may be ann-lee's, or lee's of "week01-ann".
    ends = [n for n in logins if n and repository.casefold().endswith(f"-{n.casefold()}")]
    return ends[0] if len(ends) == 1 else ""


def _details(table: Table, pieces: list[Piece], context: Context) -> dict[str, Detail]:
    logins = _logins(table)
    blank = ["" for _ in logins]
    identifiers = table.column("identifier", "roster_identifier") or blank
    names = table.column("name") or blank
    submitted = table.column("submission_timestamp") or blank
    details = {}
    for login, identifier, name, time in zip(logins, identifiers, names, submitted, strict=True):
        detail = Detail(Known(_given(identifier, name), _given(identifier, login)))
        if time not in BLANK:
            try:
                detail.time = read_platform_time(time, context.zone)
            except ValueError as problem:
                detail.problem = f"the grades file {problem}"
        if login:
            details[login.casefold()] = detail
    return details


def _given(*cells: str) -> tuple[str, ...]:
    return tuple(cell for cell in cells if cell)


def _logins(table: Table) -> list[str]:
    logins = table.column("github_username")
    if logins is None:
        raise ValueError(
            f"{table.path} has no column github_username; it has {', '.join(table.head)}. "
            "Expected: the classroom's roster (classroom_roster.csv) or the assignment's grades."
        )
    return logins


def _people(table: Table) -> Roster:
    logins = _logins(table)
    identifiers = table.column("identifier", "roster_identifier") or logins
    names: Iterable[str] = table.column("name") or ["" for _ in logins]
    people = [
        Person(identifier or login, name)
        for login, identifier, name in zip(logins, identifiers, names, strict=True)
        if identifier or login
    ]
    return Roster(people, str(table.path))


def _clock(archive: Archive, piece: Piece) -> datetime | None:
    """Return the time of the newest commit in the clone that a file lies in."""
    depth = len(piece.entry.path.parts) - len(piece.file.parts)
    return commit_time(archive.path.joinpath(*piece.entry.path.parts[:depth]))


GITHUB = Platform(
    name="github-classroom",
    expected='a folder of clones called "ASSIGNMENT-login", as `gh classroom clone student-repos` '
    "makes it",
    key_is_id=True,
    csv="classroom_roster.csv, or the assignment's grades",
    sort=_sort,
    details=_details,
    people=_people,
    clock=_clock,
)
