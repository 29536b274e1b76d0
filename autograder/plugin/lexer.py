"""The lexer that colours Python cells, with one search for each token in place of sixty.

pygments tries the rules of a state one after the other, in Python. Here one expression, the rules
as its alternatives, says which is the first that matches; that one is then applied as pygments
does. The tokens are the same: a test compares them.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from IPython.lib.lexers import IPython3Lexer
from pygments.token import Error, Whitespace

LONGEST = 2_000  # characters of an expression that is put together with others
FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "x": re.VERBOSE}  # and all have re.MULTILINE
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)", re.DOTALL)
Select = Callable[[str, int], int | None]


class QuickPython(IPython3Lexer):
    """IPython's lexer, as nbconvert uses it."""

    def get_tokens_unprocessed(
        self, text: str, stack: Iterable[str] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        """Yield the place, kind and text of each token, as pygments' `RegexLexer` does.

        Args:
            text: the code.
            stack: states to begin with.
        """
        open_states, place = list(stack), 0
        rules, select = _selector(open_states[-1])
        while True:
            number = select(text, place)
            if number is None:
                if place >= len(text):
                    return
                if text[place] == "\n":  # at the end of a line pygments begins anew
                    open_states = ["root"]
                    rules, select = _selector("root")
                yield place, Whitespace if text[place] == "\n" else Error, text[place]
                place += 1
                continue
            match, action, new_state = rules[number]
            found = match(text, place)
            if callable(action) and not isinstance(action, tuple):
                yield from action(self, found)
            elif action is not None:
                yield place, action, found.group()
            place = found.end()
            if new_state is not None:
                _change(open_states, new_state)
                rules, select = _selector(open_states[-1])


def _change(states: list[str], new: Any) -> None:
    """Change the stack of states as a rule says; one always stays."""
    if isinstance(new, int):  # pops that many: it is negative
        del states[max(len(states) + new, 1) :]
        return
    for state in new if isinstance(new, tuple) else (new,):
        if state == "#pop":
            if len(states) > 1:
                states.pop()
        else:
            states.append(states[-1] if state == "#push" else state)


@functools.cache
def _selector(state: str) -> tuple[list, Select]:
    """Return the rules of a state, and what finds the number of the first that matches."""
    rules = cast(Any, QuickPython)._tokens[state]  # made with the first lexer
    patterns = [rule[0].__self__ for rule in rules]
    few = list(itertools.takewhile(_can_be_one_of_many, patterns))
    # An alternative is marked by an empty group behind it: one in front would hide from the search
    # with which characters it can begin.
    text = "|".join(f"{_alone(pattern)}(?P<r{i}>)" for i, pattern in enumerate(few))
    match, rest = re.compile(text, re.MULTILINE).match, patterns[len(few) :]

    def select(code: str, place: int) -> int | None:
        found = match(code, place)
        if found and found.lastgroup:
            return int(found.lastgroup[1:])
        return next((i for i, one in enumerate(rest, len(few)) if one.match(code, place)), None)

    return rules, select


def _can_be_one_of_many(pattern: re.Pattern[str]) -> bool:
    """Tell whether an expression means the same among others, and is put together soon enough.

    One that refers to its own groups would find them numbered anew. The letters of all languages,
    of which names consist, take longer to put together again than they save.
    """
    text = pattern.pattern
    return len(text) < LONGEST and not re.search(r"\\[1-9]|\(\?P|\(\?\(", text)


def _alone(pattern: re.Pattern[str]) -> str:
    """Return an expression with its flags for itself alone, and without groups."""
    letters = "".join(letter for letter, flag in FLAGS.items() if pattern.flags & flag)
    body = re.sub(r"^\(\?[a-zA-Z]+\)", "", pattern.pattern)
    body = _PARTS.sub(lambda part: "(?:" if part[0] == "(" else part[0], body)
    return f"(?{letters}:{body})"
