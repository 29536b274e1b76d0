"""One person's name as different systems write it.

A platform writes "Zoë O'Brien-Łukasz" as "Zoe OBrien-Łukasz" (Moodle drops apostrophes from file
names), as "obrienłukaszzoë" (Canvas keeps only letters, last name first), in either Unicode form.
Names are compared in steps from strict to lenient, and the first step that finds somebody decides;
if it finds two, they cannot be told apart by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable

# Letters that Unicode does not take apart into a plain letter and a mark.
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
# How they are written where the keyboard lacks them: Müller is also Mueller.
WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
APOSTROPHES = "'’‘ʼʹ`´ʻ＇"


def composed(text: str) -> str:
    """Return a name in one Unicode form, without regard to case; accents stay.

    Args:
        text: a name or an id.
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def words(text: str) -> tuple[str, ...]:
    """Return a name's parts as plain lower-case letters: hyphens part them, apostrophes do not.

    Args:
        text: a name.
    """
    text = unicodedata.normalize("NFKD", text.casefold()).translate(PLAIN)
    text = "".join(c for c in text if not unicodedata.combining(c) and c not in APOSTROPHES)
    return tuple("".join(c if c.isalnum() else " " for c in text).split())


def letters(text: str) -> str:
    """Return a name's plain letters in one row.

    Args:
        text: a name.
    """
    return "".join(words(text))


def written_out(text: str) -> str:
    """Return a name's letters with ä, ö, ü, å and ø written out.

    Args:
        text: a name.
    """
    text = unicodedata.normalize("NFC", text.casefold()).translate(WRITTEN_OUT)
    return letters(text)


STEPS: tuple[Callable[[str], Hashable], ...] = (
    composed,
    words,
    lambda text: tuple(sorted(words(text))),  # last name first
    letters,  # O Brien, OBrien; Jean-Luc, Jeanluc; Canvas' names without a space
    written_out,
)


def same_name(name: str, known: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Return whose name it is: nobody's, one person's, or that of several who look alike.

    Args:
        name: as a platform writes it.
        known: ids of people, each with every way to write the person's name.

    Returns:
        Ids, in the order of `known`.
    """
    people = [(person, [form for form in forms if form.strip()]) for person, forms in known]
    for step in STEPS:
        wanted = step(name)
        if not wanted:
            continue
        found = [p for p, forms in people if any(step(form) == wanted for form in forms)]
        if found:
            return found
    return []
