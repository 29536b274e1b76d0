"""Who is meant: a student's number or name, and texts in which no name of the class is left."""

from __future__ import annotations

import builtins
import functools
import hashlib
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+")
ID = re.compile(r"[\w.@+-]+")
SHORT = 3  # letters; so short a name is only masked as it is written in the gradebook
MASK = "▒▒▒"
ORDINARY = frozenset((*dir(builtins), *keyword.kwlist, "self", "torch", "numpy"))


@dataclass(frozen=True)
class Student:
    """One student of the gradebook."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """First and last name with the id, or the id alone."""
        full = f"{self.first_name} {self.last_name}".strip()
        return f"{full} ({self.id})" if full else self.id


class People:
    """The students of a course, and what a page may call them.

    Numbers follow a hash with a key that only the gradebook has: they are the same on every page
    of one gradebook, and say nothing about the order of names to who does not have it.

    Args:
        students: everybody in the gradebook.
        key: any text that is the gradebook's own and random.
        names: whether pages show names.
    """

    def __init__(self, students: Iterable[Student], key: str, names: bool = False) -> None:
        self.students = {student.id: student for student in students}
        self.names = names
        secret = hashlib.blake2b(key.encode()).digest()

        def place(student: str) -> bytes:
            return hashlib.blake2b(student.encode("utf-8", "replace"), key=secret).digest()

        mixed = sorted(self.students, key=place)
        self.numbers = {student: number for number, student in enumerate(mixed, start=1)}
        self._ids, self._names, self._exact = set(), set(), set()
        for student in self.students.values():
            self._ids |= {student.id.casefold(), student.email.casefold()} - {""}
            words = WORD.findall(f"{student.first_name} {student.last_name}")
            words += WORD.findall(student.email.partition("@")[0])
            self._exact |= {word for word in words if 1 < len(word) <= SHORT}
            self._names |= {word.casefold() for word in words if len(word) > SHORT}
        self.mask = functools.lru_cache(maxsize=20_000)(self._mask)

    def label(self, student: str) -> str:
        """Return what a page calls a student.

        Args:
            student: the id.
        """
        return self.students[student].name if self.names else f"student {self.numbers[student]}"

    def order(self, student: str) -> tuple:
        """Return where a student comes in a list: by name if names are shown, else by number.

        Args:
            student: the id.
        """
        person = self.students[student]
        if self.names:
            return (person.last_name.casefold(), person.first_name.casefold(), student)
        return (self.numbers[student],)

    def _mask(self, text: str) -> str:
        """Return a text with ids, addresses and names of the class blanked out.

        Words of Python stay, also where somebody is called so: `max` in code names nobody.
        """
        text = ID.sub(lambda found: MASK if self._is_id(found[0]) else found[0], text)
        return WORD.sub(lambda found: MASK if self._is_name(found[0]) else found[0], text)

    def _is_id(self, word: str) -> bool:
        return word.strip(".-+").casefold() in self._ids and word not in ORDINARY

    def _is_name(self, word: str) -> bool:
        if word in ORDINARY:
            return False
        return word in self._exact or word.casefold() in self._names | self._ids
