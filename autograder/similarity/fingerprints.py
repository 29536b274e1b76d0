"""Fingerprints of an answer: every few tokens in a row, names by the order in which they come.

Winnowing (Schleimer, Wilkerson and Aiken 2003, *Winnowing: local algorithms for document
fingerprinting*) keeps the smallest hash of each window of such rows, so that long files need little
room. An answer of three to thirty lines has few, so all are kept: a window of one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.similarity.tokens import Token, statements

ROW = 5  # tokens of one fingerprint
MOST = 600  # fingerprints of one answer; the longest of the bank has a third of that
Span = tuple[int, int]


@dataclass(frozen=True)
class Fingerprints:
    """What an answer is compared by.

    Attributes:
        places: for each fingerprint, where its tokens stand in the source.
        docstrings: where docstrings stand in the source, which nobody needs to see twice.
    """

    places: dict[str, list[Span]]
    docstrings: list[Span]


@functools.lru_cache(maxsize=4096)  # a class hands in the same short answers again and again
def fingerprints(source: str) -> Fingerprints:
    """Return the fingerprints of an answer.

    >>> one = fingerprints("def centre(x):\\n    m = x.mean(0)\\n    return x - m")
    >>> two = fingerprints("def centre(images):  # by columns\\n    return (images-images.mean(0))")
    >>> one.places.keys() == two.places.keys()
    True

    Args:
        source: its text, which may be anything.
    """
    found, docstrings = statements(source)
    places: dict[str, list[Span]] = {}
    for statement in found:
        for row in _rows(statement):
            if len(places) >= MOST:
                break
            spans = places.setdefault(_spelled(row), [])
            spans += [(token.start, token.end) for token in row]
    return Fingerprints(places, docstrings)


def _rows(statement: list[Token]) -> Iterator[list[Token]]:
    for start in range(max(1, len(statement) - ROW + 1)):
        row = statement[start : start + ROW]
        if len(row) >= 3:  # `return y` and `else:` stand everywhere
            yield row


def _spelled(row: list[Token]) -> str:
    """Return a row as text, with the answer's own names numbered in the order they come."""
    numbers: dict[str, int] = {}
    return " ".join(
        f"${numbers.setdefault(token.text, len(numbers))}" if token.own else token.text
        for token in row
    )
