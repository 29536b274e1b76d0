"""Who is cited where: the list of references against lessons, slides and docstrings.

A citation is a surname and a year, as in "Rifai et al. (2011)", "Alain and Bengio, 2014" or
"(Kingma & Welling, 2014)". An entry of course/references.md begins with its authors and the year in
brackets. ``python -m course.book references`` lists each entry with every sentence that uses it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from course.book import COURSE, ROOT

LETTER = "A-Za-zÀ-ÖØ-öø-žŁł"
SURNAME = rf"(?:[Vv]an (?:der|den) )?[A-ZÀ-ÖØ-ÞČŁŠŽ][{LETTER}’'-]+(?: Jones| Loaiza-Ganem)?"
INITIALS = r"(?:(?:[A-ZÅÉ]\.[ -]?)+\s*)?"
YEAR = r"(?:1[89]|20)\d\d"
CITATION = re.compile(
    rf"(?P<first>{SURNAME})"
    rf"(?P<others>(?:,\s+{INITIALS}{SURNAME})*,?\s+(?:and|&)\s+{INITIALS}{SURNAME}|,?\s+et\s+al\.)?"
    rf"(?:,?\s+\((?P<bracket>{YEAR})\b|,?\s+(?P<plain>{YEAR})(?=[),;:]|\.\s))"
)
ENTRY = re.compile(
    rf"^- (?P<authors>[^(]*?) ?\((?P<year>{YEAR})(?:; early access (?P<early>{YEAR}))?\)\. ",
    re.DOTALL,
)
NO_AUTHORS = {  # words that stand before a year and are nobody's name
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December", "In", "Since", "Until", "Before", "After", "From", "York"),
    *(
        "Repository",
        "NIPS",
        "NeurIPS",
        "ICML",
        "ICLR",
        "CVPR",
        "ECCV",
        "Numenta",
        "Table",
        "Figure",
        "Copyright",
    ),
}


class Entry(NamedTuple):
    """An entry of the list: the first author's surname, its years, and all of its text.

    A paper that could be read early has two years, and may be cited by either.
    """

    surname: str
    years: tuple[str, ...]
    text: str

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Return what citations may name: the surname with each year."""
        return {(self.surname, year) for year in self.years}


class Use(NamedTuple):
    """A citation: who is named, in which file and line, and the sentence."""

    key: tuple[str, str]
    path: Path
    line: int
    sentence: str


def entries(text: str | None = None) -> list[Entry]:
    """Return the entries of a list of references, by default of course/references.md."""
    if text is None:
        text = (COURSE / "references.md").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^- (?!\*The ).*(?:\n  .*)*", text, re.MULTILINE):
        match = ENTRY.match(" ".join(block.split()))
        if match is None:
            raise ValueError(f"a reference must read '- A. Author (2011). Title. …', not {block!r}")
        first = re.split(r",| and | et al", match["authors"])[0]
        surname = re.sub(r"^(?:[A-ZÅÉ][a-z]?\.-?\s?)+", "", first).strip()
        years = tuple(year for year in (match["year"], match["early"]) if year)
        found.append(Entry(surname, years, " ".join(block.split())[2:]))
    return found


def pages() -> list[Path]:
    """Return the files that cite: pages of the course, slides, notebooks, docstrings."""
    made = {"references.md", "comparisons.md", "misconceptions.md"}
    course = [path for path in sorted(COURSE.rglob("*.md")) if path.name not in made]
    code = [
        path
        for name in ("solutions", "aeutils", "benchmarks")
        for path in sorted((ROOT / name).rglob("*.py"))
    ]
    return [*course, *code]


def uses(text: str, path: Path = Path()) -> Iterator[Use]:
    """Yield every citation of a text."""
    # Both of the same length as the text, so that places stay true: notebooks are comments there.
    plain = re.sub(r"\n#", "\n ", text) if path.suffix == ".py" else text
    flat = re.sub(r"\s", " ", plain)
    for match in CITATION.finditer(flat):
        first = " ".join(match["first"].split()).removesuffix("’s").removesuffix("'s")
        if first in NO_AUTHORS:
            continue
        start = max(flat.rfind(". ", 0, match.start()), flat.rfind("  ", 0, match.start())) + 1
        ends = [at for at in (flat.find(". ", match.end()), flat.find("  ", match.end())) if at > 0]
        sentence = flat[start : min(ends, default=len(flat)) + 1]
        line = text.count("\n", 0, match.start()) + 1
        year = match["bracket"] or match["plain"]
        yield Use((first, year), path, line, " ".join(sentence.split()))


def all_uses() -> list[Use]:
    """Return the citations of all pages and docstrings."""
    return [use for path in pages() for use in uses(path.read_text(encoding="utf-8"), path)]


def unlisted() -> list[str]:
    """Return a line for each citation that the list of references does not have."""
    known = {key for entry in entries() for key in entry.keys}
    return [
        f"{use.path.relative_to(ROOT)}, line {use.line}: {use.key[0]} ({use.key[1]}) is not listed"
        for use in all_uses()
        if use.key not in known
    ]


def uncited() -> list[str]:
    """Return a line for each entry of the list that no page cites."""
    used = {use.key for use in all_uses()}
    return [
        f"{entry.surname} ({entry.years[0]}) is listed and not cited"
        for entry in entries()
        if not entry.keys & used
    ]


def weeks_missing() -> list[str]:
    """Return a line for each week or elective that cites an entry which does not name it.

    An entry says in brackets who uses it, such as "(2, 4)", "(1–3)", "(C)" or "(all)".
    """
    units: dict[tuple[str, str], set[str]] = {}
    for use in all_uses():
        if unit := _unit(use.path):
            units.setdefault(use.key, set()).add(unit)
    found = []
    for entry in entries():
        named = _named(entry.text)
        citing = {unit for key in entry.keys for unit in units.get(key, ())}
        if "all" not in named and (missing := sorted(citing - named)):
            found.append(f"{entry.surname} ({entry.years[0]}): add {', '.join(missing)}")
    return found


def _named(text: str) -> set[str]:
    """Return the weeks and electives in the last brackets of an entry that hold only such."""
    brackets = re.findall(r" \((all|[1-9A-Z](?:(?:, |–)[1-9A-Z])*)\)", text)
    named: set[str] = set()
    for part in brackets[-1].split(", ") if brackets else []:
        first, _, last = part.partition("–")
        named |= set(map(str, range(int(first), int(last) + 1))) if last else {part}
    return named


def _unit(path: Path) -> str | None:
    """Return "3" or "C" for a file of week 3 or elective C, None for any other file."""
    match = re.search(r"week0(\d)|elective_([a-z])", path.relative_to(ROOT).as_posix())
    return (match[1] or match[2].upper()) if match else None


def listing() -> str:
    """Return every entry with the sentences that use it."""
    by_key: dict[tuple[str, str], list[Use]] = {}
    for use in all_uses():
        by_key.setdefault(use.key, []).append(use)
    parts = []
    for entry in entries():
        lines = [textwrap.fill(entry.text, 110, subsequent_indent="  ")]
        for use in (use for key in sorted(entry.keys) for use in by_key.get(key, [])):
            place = f"{use.path.relative_to(ROOT)}:{use.line}"
            lines.append(
                textwrap.fill(
                    f"{place}: {use.sentence}",
                    106,
                    initial_indent="    ",
                    subsequent_indent="      ",
                )
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
