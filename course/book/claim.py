"""One number of the book: where it comes from, how it is written, and the sentences it stands in.

A claim names its source, one of three:

- a benchmark: an entry of benchmarks/results.json, which `python -m benchmarks.figures` measures;
- a notebook: what an executed notebook printed. The builder runs it, nbval runs it again;
- a function of course/book/measured.py, which takes seconds and is run again by the tests.

A sentence is a page and some words of it, with ``{}`` where the number is; ``*`` is any table cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

EMBEDDED = "mnist, the 5,000 + 1,000 embedded digits"
WHOLE_MNIST = "whole MNIST, benchmarks/results.json"
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?"
Source = str | tuple[str, str] | Callable[[], tuple[float, dict]]


@dataclass(frozen=True)
class Claim:
    """One number.

    `shown` is the format of the number in sentences; `tolerance` is how far another run may be off
    before the claim counts as untrue; `scale` is what the source is multiplied with; a `slow` claim
    is measured by the command and not again by the tests.
    """

    shown: str
    source: Source
    sentences: tuple[str, ...] = ()
    tolerance: float = 0.0
    scale: float = 1.0
    dataset: str = ""
    seeds: tuple[int, ...] = ()
    control: dict = field(default_factory=dict)
    slow: bool = False


def bench(path: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about benchmarks/results.json, `path` being keys joined by slashes."""
    return Claim(shown, path, sentences, **more)


def printed(notebook: str, pattern: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about what a notebook printed; `pattern` has one group, the number."""
    return Claim(shown, (notebook, pattern), sentences, **{"dataset": EMBEDDED, **more})


def again(function: Callable, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim that a function of `measured` works out."""
    return Claim(shown, function, sentences, **more)


def answer(notebook: str, question: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about the answer to a prediction, the question beginning so."""
    pattern = re.escape(question) + r"[^\n]*?The answer is (−?-?\d+(?:\.\d+)?)"
    return printed(notebook, pattern, shown, *sentences, **more)


def nth_number(line: str, place: int, after: str = "") -> str:
    """Return a pattern for number `place`, from 0, of the first line `after` that begins so."""
    skipped = rf"(?:[^\n\d−-]*{NUMBER}){{{place}}}[^\n\d−-]*"
    return rf"(?ms){re.escape(after)}.*?^{re.escape(line)}{skipped}({NUMBER})"


def table(
    name: str,
    page: str,
    rows: dict[str, str],
    columns: list[tuple | None],
    source: Callable[[str, str | int], Source],
    **more,
) -> dict[str, Claim]:
    """Return a claim for every number of a table, named `name`-row-column as the source has them.

    `rows` gives each row's first cell on the page and its name at the source. A column is None if
    its cells are no claims, or the cell with ``{}`` for the number, the format, what the column is
    called at the source, and what its numbers are multiplied with, if anything. `source(row,
    column)` is where the number comes from.
    """
    claims = {}
    for label, row in rows.items():
        for c, column in enumerate(columns):
            if column is None:
                continue
            cell, shown, key, *scale = column
            cells = [label, *("*" for _ in columns)]
            cells[c + 1] = cell
            sentence = f"{page}| {' | '.join(cells)} |"
            claims[_named(name, row, key)] = Claim(
                shown, source(row, key), (sentence,), scale=scale[0] if scale else 1.0, **more
            )
    return claims


def scattered(
    name: str,
    source: Callable[[str, str | int], Source],
    numbers: list[tuple],
    **more,
) -> dict[str, Claim]:
    """Return claims about numbers of a table that stand in sentences, named as by `table`.

    `numbers` has, for each, row and column at the source, the format, and the sentences.
    """
    return {
        _named(name, row, column): Claim(shown, source(row, column), tuple(sentences), **more)
        for row, column, shown, *sentences in numbers
    }


def _named(name: str, row: str, column: str | int) -> str:
    return re.sub(r"\W+", "-", f"{name}-{row}-{column}").lower()


def of_notebook(notebook: str, after: str = "") -> Callable[[str, str | int], Source]:
    """Return the source of a table whose columns are the numbers of lines printed after `after`."""
    return lambda row, place: (notebook, nth_number(row, int(place), after))


def of_results(path: str) -> Callable[[str, str | int], Source]:
    """Return the source of a table from benchmarks/results.json; `path` ends with a slash."""
    return lambda row, key: f"{path}{row}/{key}"
