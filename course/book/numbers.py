"""Numbers on pages: each stands there with its name, and the name says where it was measured.

A page of the site or a slide says ``{claim}`49.3 <w5-small-l1>` ``; README, which others render,
``<!--claim w5-small-l1-->49.3<!--/claim-->``. The name is one of three kinds:

- what a notebook records where it computes it (`aeutils._internal.notebook.record`), or asked as a
  prediction; the builder runs it, nbval runs it again;
- a path into what the benchmarks recorded: "siamese-short/value";
- one of `course.book.calculations`.

A name may end in "×100", for a share shown in %. How the number is written (decimals, commas, the
sign) is taken from the page. Numbers that nobody measures are listed in a comment on the page::

    <!-- given: 80%, 95% (settings); 2.9 (printed in the essay) -->

``python -m course.book numbers`` writes the recorded values into the pages; ``--check`` compares.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from course.book import COURSE, ROOT, notebooks
from course.book.calculations import CALCULATIONS, TOLERANCES, benchmark

NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?"
PLACE = re.compile(
    rf"\{{claim\}}`(?P<role>{NUMBER}) <(?P<target>[^`>]+)>`"
    rf"|<!--claim (?P<comment>[^>]+?)-->(?P<plain>{NUMBER})<!--/claim-->"
)
GIVEN = re.compile(r"<!-- given:(.*?)-->", re.DOTALL)
DECIMAL_OR_PERCENTAGE = re.compile(r"\d[\d,]*(\.\d+)?(\s*%)?")


class Place(NamedTuple):
    """A number on a page: where it begins and ends, how it is written, what it is called."""

    start: int
    end: int
    written: str
    name: str


def pages(root: Path = ROOT) -> list[Path]:
    """Return the pages that show numbers: README, the benchmarks', lessons, slides, the guide."""
    course = root / COURSE.relative_to(ROOT)
    return [root / "README.md", root / "benchmarks" / "README.md", *sorted(course.rglob("*.md"))]


def places(text: str) -> Iterator[Place]:
    """Yield every named number of a page."""
    for match in PLACE.finditer(text):
        group = "role" if match["role"] else "plain"
        yield Place(*match.span(group), match[group], match["target"] or match["comment"])


@functools.cache
def recorded() -> dict[str, float]:
    """Return what the executed notebooks recorded, by name.

    Raises:
        ValueError: two cells recorded one name.
    """
    found: dict[str, float] = {}
    for notebook in notebooks.names():
        for name, value in notebooks.numbers(notebook):
            if name in found:
                raise ValueError(f"{notebook} records {name!r}, which has been recorded before")
            found[name] = value
    return found


@functools.cache
def value(name: str) -> float:
    """Return the number of a name.

    Raises:
        KeyError: nothing of that name was recorded or can be calculated; names like it are listed.
    """
    base, _, factor = name.partition(" ×")
    if base in recorded():
        number = recorded()[base]
    elif base in CALCULATIONS:
        number = CALCULATIONS[base]()
    else:
        try:
            number = float(benchmark(base))
        except (KeyError, TypeError):
            like = difflib.get_close_matches(base, [*recorded(), *CALCULATIONS])
            hint = f"; names like it: {', '.join(like)}" if like else ""
            raise KeyError(f"nothing recorded a number {base!r}{hint}") from None
    return number * float(factor or 1)


def write_like(written: str, number: float) -> str:
    """Return a number in the form of another: as many decimals, commas, the same minus sign."""
    decimals = len(written.partition(".")[2])
    text = format(number, f"{',' if ',' in written else ''}.{decimals}f")
    return text if "-" in written else text.replace("-", "−")


def is_true(place: Place) -> bool:
    """Return whether a page shows the recorded number, within the tolerance of its calculation."""
    if write_like(place.written, value(place.name)) == place.written:
        return True
    shown = float(place.written.replace("−", "-").replace(",", ""))
    return abs(shown - value(place.name)) <= TOLERANCES.get(place.name, 0.0)


def refresh(text: str) -> str:
    """Return a page's text with the recorded numbers in it.

    Raises:
        KeyError: the page shows a number that nothing recorded.
    """
    for place in reversed(list(places(text))):
        if not is_true(place):
            new = write_like(place.written, value(place.name))
            text = text[: place.start] + new + text[place.end :]
    return text


def untrue(root: Path = ROOT) -> list[str]:
    """Return a line for each number that is not what was recorded: page, line, name, old, new."""
    lines = []
    for path in pages(root):
        text = path.read_text(encoding="utf-8")
        for place in places(text):
            where = _where(path, root, text, place.start)
            try:
                if not is_true(place):
                    new = write_like(place.written, value(place.name))
                    lines.append(f"{where}: {place.name} is {new}, the page says {place.written}")
            except KeyError as error:
                lines.append(f"{where}: {error.args[0]}")
    return lines


def unnamed(root: Path = ROOT) -> list[str]:
    """Return a line for each decimal or percentage of a page that has no name and is not given.

    Only pages that show measured numbers, or list given ones, are looked at.
    """
    lines = []
    for path in pages(root):
        text = path.read_text(encoding="utf-8")
        given = {number for listed in GIVEN.findall(text) for number in _decimals(listed)}
        if not given and not any(places(text)):
            continue
        blank = lambda match: re.sub(r"[^\n]", "_", match[0])  # noqa: E731
        # A table whose rows begin with code is what `benchmarks.figures check` compares.
        rest = re.sub(r"(?m)^\| `.*$", blank, GIVEN.sub(blank, PLACE.sub(blank, text)))
        for match in DECIMAL_OR_PERCENTAGE.finditer(rest):
            number = _plain(match)
            if number and number not in given:
                where = _where(path, root, text, match.start())
                lines.append(f"{where}: {number} is neither recorded nor given")
    return lines


def _decimals(text: str) -> list[str]:
    return [n for match in DECIMAL_OR_PERCENTAGE.finditer(text) if (n := _plain(match))]


def _plain(match: re.Match[str]) -> str:
    """Return a decimal or percentage without spaces; nothing for any other number."""
    if not (match[1] or match[2]):
        return ""
    return match[0].rstrip("% \n") + ("%" if match[2] else "")


def _where(path: Path, root: Path, text: str, start: int) -> str:
    return f"{path.relative_to(root).as_posix()}, line {text.count(chr(10), 0, start) + 1}"
