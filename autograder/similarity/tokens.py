"""An answer as statements of tokens, without what is changed to hide where a text came from.

Comments, docstrings, layout, printing, imports and headers of functions are left out, names that
the answer itself gives are only known as such, and a name that is given once and used once is
replaced by what it stands for, so that an expression counts the same in one line and in three.

The source is a student's: it is cut into tokens and never parsed, because Python's own parser can
be made to crash the process that calls it (:mod:`autograder.plugin.definitions`).
"""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

LOOKED_AT = 100_000  # characters of one answer, comments included
LONGEST = 10_000  # without comments; the longest of the bank has a tenth of that
LONGEST_LINE = 1_000  # the time that tokenize takes may grow with the square of it

_DROPPED = {"import", "from", "pass", "print", "def", "class", "@", "async", "global", "nonlocal"}
_AUGMENTED = {f"{sign}=" for sign in ("+", "-", "*", "/", "//", "%", "@", "&", "|", "^", "**")}
_OPEN, _CLOSED = set("([{"), set(")]}")
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_FIXED = frozenset((*keyword.kwlist, *dir(builtins)))


class Token(NamedTuple):
    """A word, number, text or sign of an answer.

    Attributes:
        text: what it says.
        start: where it begins in the source.
        end: where it ends.
        own: whether it is a name that the answer itself gives.
    """

    text: str
    start: int
    end: int
    own: bool = False


Statement = list[Token]


def statements(source: str) -> tuple[list[Statement], list[tuple[int, int]]]:
    """Return the statements of an answer, normalised, and where its docstrings stand.

    >>> [[token.text for token in s] for s in statements("y = 2 * x  # twice\\nreturn (y)")[0]]
    [['return', '2', '*', 'x']]

    Args:
        source: an answer's text, which may be anything.
    """
    found, docstrings = [], []
    headers = []
    for line in _lines(source[:LOOKED_AT]):
        if all(token.text[-1] in "'\"" for token in line):
            docstrings.append((line[0].start, line[-1].end))
        elif line[0].text not in _DROPPED:
            found.append(_plain_assignment(line))
        elif line[0].text in ("def", "async", "class"):
            headers.append(line)
    parameters = _parameters(headers)
    names, attributes = _own_names(found, headers)
    names |= parameters
    marked = [_marked(statement, names, attributes) for statement in found]
    return [_without_grouping(s) for s in _inlined(marked, parameters)], docstrings


def _lines(source: str) -> list[Statement]:
    """Return the logical lines, as far as they can be read.

    The margin of each line is taken off first: where a block ends says little here, and tabs that
    are mixed with spaces then cannot stop the reading.
    """
    starts, kept, place, room = [], [], 0, LONGEST
    for line in source.split("\n"):
        text = line.replace("\r", " ").replace("\0", " ").replace("\f", " ")
        bare = text.lstrip()
        bare = "" if bare.startswith("#") else bare[:LONGEST_LINE]
        room -= len(bare)
        if room < 0:
            break
        starts.append(place + len(text) - len(text.lstrip()))
        kept.append(bare.encode("utf-8", "replace").decode("utf-8"))
        place += len(line) + 1
    lines: list[Statement] = [[]]
    depth = 0
    try:
        for kind, text, (row, column), (last, end), _ in tokenize.generate_tokens(
            io.StringIO("\n".join(kept)).readline
        ):
            depth += (text in _OPEN) - (text in _CLOSED)
            if kind == tokenize.NEWLINE or (text == ";" and depth <= 0):
                lines.append([])
                depth = 0
            elif kind not in _LAYOUT and text.strip():
                token = Token(text, starts[row - 1] + column, starts[last - 1] + end)
                lines[-1].append(token)
    except (tokenize.TokenError, SyntaxError):
        pass  # what stands before the place where it is no Python is compared
    return [line for line in lines if line]


def _plain_assignment(line: Statement) -> Statement:
    """Return `x += y` as `x = x + y`, and `x: Tensor = y` as `x = y`."""
    if len(line) < 3 or not line[0].text.isidentifier() or keyword.iskeyword(line[0].text):
        return line
    sign = line[1]
    if sign.text in _AUGMENTED:
        operator = sign._replace(text=sign.text[:-1])
        return [line[0], sign._replace(text="="), line[0], operator, *line[2:]]
    equals = _equals_signs(line)
    return [line[0], *line[equals[0] :]] if sign.text == ":" and equals else line


def _equals_signs(line: Statement) -> list[int]:
    """Return the places of the `=` that stand in no bracket."""
    depth, places = 0, []
    for i, token in enumerate(line):
        depth += (token.text in _OPEN) - (token.text in _CLOSED)
        if token.text == "=" and depth <= 0:
            places.append(i)
    return places


def _own_names(found: Iterable[Statement], headers: Iterable[Statement]) -> tuple[set[str], ...]:
    """Return the names that an answer gives to variables and helpers, and those of attributes."""
    names = {token.text for line in headers for token in line[1:3]}
    attributes: set[str] = set()
    for line in found:
        equals = _equals_signs(line)
        before = line[: equals[-1]] if equals else []
        if any(token.text in ("[", "(") for token in before):  # `x[i] = 1` gives no name
            before = []
        for left, token in zip([None, *before], before, strict=False):
            (attributes if left and left.text == "." else names).add(token.text)
        giving = False  # between `for` and `in`, and between `lambda` and its colon
        for here, token in enumerate(line):
            previous = line[here - 1].text if here else ""
            following = line[here + 1].text if here + 1 < len(line) else ""
            if token.text in ("for", "lambda"):
                giving = True
            elif token.text in ("in", ":"):
                giving = False
            elif giving or previous == "as" or following == ":=":
                names.add(token.text)
    return tuple(
        {name for name in given if name.isidentifier()} - _FIXED for given in (names, attributes)
    )


def _marked(line: Statement, names: set[str], attributes: set[str]) -> Statement:
    """Mark the answer's own names; `dim=1` in a call and `.mean` are words of somebody else."""
    marked, depth, previous = [], 0, ""
    for here, token in enumerate(line):
        text = token.text
        if text in _OPEN:
            depth += 1
        elif text in _CLOSED:
            depth -= 1
        elif text in (attributes if previous == "." else names):
            keyword_argument = depth > 0 and line[here + 1 : here + 2]
            if not (keyword_argument and line[here + 1].text == "="):
                token = Token(text, token.start, token.end, own=True)
        previous = text
        marked.append(token)
    return marked


def _parameters(headers: Iterable[Statement]) -> set[str]:
    return {
        name.text
        for line in headers
        for before, name in pairwise(line)
        if before.text in ("(", ",", "*", "**") and name.text.isidentifier()
    } - _FIXED


def _inlined(found: list[Statement], parameters: set[str]) -> list[Statement]:
    """Put what is named once and used once where it is used."""
    mentions = Counter(token.text for line in found for token in line if token.own)
    waiting: dict[str, Statement] = {}
    result = []
    for line in found:
        whole: Statement = []
        for here, token in enumerate(line):
            target = here == 0 and line[1:2] and line[1].text == "="
            if token.own and not target and token.text in waiting:
                whole += waiting.pop(token.text)
            else:
                whole.append(token)
        name = whole[0].text
        once = whole[0].own and mentions[name] == 2 and name not in parameters
        if once and _equals_signs(whole) == [1]:
            waiting[name] = whole[2:]
        else:
            result.append(whole)
    return result + [line for line in waiting.values() if line]


def _without_grouping(line: Statement) -> Statement:
    """Drop brackets that only group, and commas before a bracket that closes."""
    kept: Statement = []
    grouping: list[bool] = []
    for token in line:
        if token.text == "(":
            before = kept[-1].text if kept else ""
            called = before in (")", "]") or (
                before.isidentifier() and not keyword.iskeyword(before)
            )
            grouping.append(not called)
            if not called:
                continue
        elif token.text == ")":
            if kept and kept[-1].text == ",":
                kept.pop()
            if grouping and grouping.pop():
                continue
        kept.append(token)
    return kept
