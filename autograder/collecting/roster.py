"""Who is in the course: nbgrader's gradebook, or a CSV file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collecting.names import composed, letters, same_name, words
from autograder.plugin.tables import read_table


@dataclass(frozen=True)
class Person:
    """A student, as nbgrader knows one."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""

    @property
    def forms(self) -> list[str]:
        """The ways to write the name."""
        return [f"{self.first} {self.last}".strip(), f"{self.last} {self.first}".strip()]

    @property
    def name(self) -> str:
        """The name for a table."""
        return self.forms[0] or self.email


@dataclass(frozen=True)
class Known:
    """What a platform tells of a person beside the work."""

    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # e-mail addresses, logins, numbers


@dataclass
class Roster:
    """The people of a course, and where the list came from."""

    people: list[Person]
    source: str
    by_id: dict[str, Person] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {person.id: person for person in self.people}

    def find(self, known: Known) -> list[Person]:
        """Return who it is: nobody, one person, or several who cannot be told apart.

        An id, login or address decides; only without one do names count.

        Args:
            known: what the platform tells.
        """
        wanted = {composed(identifier) for identifier in known.identifiers} - {""}
        found = [p for p in self.people if {composed(p.id), composed(p.email)} & wanted]
        if found:
            return found
        forms = [(person.id, person.forms) for person in self.people]
        ids: dict[str, None] = {}
        for name in known.names:
            ids |= dict.fromkeys(same_name(name, forms))
        return [self.by_id[i] for i in ids]

    def near(self, names: Iterable[str]) -> list[Person]:
        """Return who has a name like these: a hint for the instructor, never a match.

        Args:
            names: as the platform writes them.
        """
        found: dict[str, Person] = {}
        for name in names:
            parts = set(words(name))
            row = letters(name)
            for person in self.people:
                own = set(words(person.name))
                shared = len(parts & own) >= 2 or (own and own <= parts) or (parts and parts <= own)
                if shared or difflib.SequenceMatcher(a=row, b=letters(person.name)).ratio() > 0.85:
                    found[person.id] = person
        return list(found.values())


def roster_from_csv(path: Path) -> Roster:
    """Read the file that ``nbgrader db student import`` reads: id, first_name, last_name, email.

    Args:
        path: the CSV file.

    Returns:
        The people in it.

    Raises:
        ValueError: it has no column `id`, or nobody in it, or one id twice.
    """
    table = read_table(path)
    ids = table.column("id")
    if ids is None:
        raise ValueError(
            f"{path} has the columns {', '.join(table.head)}. Expected: id, and first_name, "
            "last_name, email as far as they are known. A platform's own file goes to --csv."
        )
    blank = [""] * len(ids)
    rest = [table.column(name) or blank for name in ("first_name", "last_name", "email")]
    people = [Person(*row) for row in zip(ids, *rest, strict=True) if row[0]]
    twice = sorted({p.id for p in people if [q.id for q in people].count(p.id) > 1})
    if twice:
        raise ValueError(f"{path} has more than one row for {', '.join(twice)}. Expected: one.")
    if not people:
        raise ValueError(f"{path} has no student in it. Expected: a row for each.")
    return Roster(people, str(path))
