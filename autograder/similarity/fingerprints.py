"""Fingerprints of an answer: every five tokens in a row, names by the order in which they come.

Winnowing (Schleimer, Wilkerson and Aiken 2003, *Winnowing: local algorithms for document
fingerprinting*) keeps the smallest hash of each window of such rows, so that long files need little
room. An answer of three to thirty lines has few, so all are kept: a window of one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from autograder.similarity.tokens import Token, statements

ROW = 5  # tokens of one fingerprint
SHORTEST = 3  # of a statement; `return y` and `else:` stand everywhere
MOST = 600  # rows of one answer; the longest of the bank has a third of that
Span = tuple[int, int]


@functools.lru_cache(maxsize=16_384)  # a class hands in the same short answers again and again
def fingerprints(source: str) -> frozenset[str]:
    """Return the fingerprints of an answer.

    >>> one = "def centre(x):\\n    m = x.mean(0)\\n    return x - m"
    >>> two = "def centre(images):  # by columns\\n    return (images-images.mean(0))"
    >>> fingerprints(one) == fingerprints(two)
    True

    Args:
        source: its text, which may be anything.
    """
    return frozenset(_spelled(row) for row in _rows(statements(source)[0]))


def places(source: str) -> tuple[dict[str, list[Span]], list[Span]]:
    """Return where the tokens of each fingerprint stand in an answer, and where its docstrings do.

    Args:
        source: its text, which may be anything.
    """
    found, docstrings = statements(source)
    spans: dict[str, list[Span]] = {}
    for row in _rows(found):
        spans.setdefault(_spelled(row), []).extend((token.start, token.end) for token in row)
    return spans, docstrings


def _rows(found: list[list[Token]]) -> Iterator[list[Token]]:
    room = MOST
    for statement in found:
        if len(statement) >= SHORTEST:
            for start in range(min(room, max(1, len(statement) - ROW + 1))):
                room -= 1
                yield statement[start : start + ROW]


def _spelled(row: list[Token]) -> str:
    """Return a row as text, with the answer's own names numbered in the order they come."""
    numbers: dict[str, str] = {}
    words = [
        numbers.setdefault(text, f"${len(numbers)}") if own else text for text, _, _, own in row
    ]
    return " ".join(words)
