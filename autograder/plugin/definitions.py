"""Which names a cell defines and mentions, read line by line and never parsed.

The source is a student's. Python's own parser can be made to crash the process that calls it, so a
submission is only ever searched for patterns here; what is wrong Python is searched just the same.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re

LONGEST = 50_000  # characters of one cell that are searched

_DEFINED = re.compile(
    r"^(?:async[ ]+)?(?:def|class)[ ]+([^\W\d]\w*)"
    r"|^([^\W\d]\w*)[ ]*(?::[^=\n]+)?=(?!=)"
    r"|^((?:[^\W\d]\w*[ ]*,[ ]*)+[^\W\d]\w*)[ ]*=(?!=)"
    r"|^import[ ]+([^#\n]+)"
    r"|^from[ ]+[\w.]+[ ]+import[ ]+(?:\(([^()]*)\)|([^#(\n]+))",
    re.MULTILINE,
)
_MENTIONED = re.compile(r"(?<![\w.])[^\W\d]\w*")
_BUILT_IN = frozenset((*dir(builtins), *keyword.kwlist, "display", "get_ipython"))


def defined_names(source: str) -> frozenset[str]:
    """Return the names that a cell binds at its left margin.

    >>> sorted(defined_names("import numpy as np\\nx, y = 1, 2\\ndef center(x):\\n    z = 3"))
    ['center', 'np', 'x', 'y']

    Args:
        source: a cell's text.
    """
    return _defined_names(source[:LONGEST])


@functools.lru_cache(maxsize=512)  # most cells of a class are cells of the release
def _defined_names(source: str) -> frozenset[str]:
    names = set()
    for match in _DEFINED.finditer(source):
        defined, assigned, several, modules, many, few = match.groups()
        if defined or assigned:
            names.add(defined or assigned)
        elif several:
            names |= {name.strip() for name in several.split(",")}
        elif modules:
            names |= {_bound(part).split(".")[0] for part in modules.split(",")}
        else:
            names |= {_bound(part) for part in re.sub(r"#.*", "", many or few).split(",")}
    return frozenset(name for name in names if name.isidentifier())


def _bound(imported: str) -> str:
    return imported.split(" as ")[-1].strip()


def mentioned_names(source: str) -> set[str]:
    """Return the names that stand in a cell, but for attributes, keywords and built-in names.

    Words of comments and texts are among them: this says what a cell may need, not what it does.

    Args:
        source: a cell's text.
    """
    return set(_MENTIONED.findall(source[:LONGEST])) - _BUILT_IN
