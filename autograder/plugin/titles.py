"""What an exercise is called: the heading above its test, as the student has read it."""

from __future__ import annotations

import re

from nbformat import NotebookNode

LONGEST = 120  # characters of a title
READ = 20_000  # characters of a text cell that are searched
FENCED = re.compile(r"^(```|~~~)")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")


def last_heading(source: str) -> str:
    """Return the last heading of a text cell as plain text, "" if it has none.

    Args:
        source: Markdown.

    >>> last_heading("## 3 · Axes\\n\\n### Exercise 3 · **How** many?\\n\\n```\\n# a comment\\n```")
    'Exercise 3 · How many?'
    """
    return next(reversed(_headings(source)), "")


def notebook_title(nb: NotebookNode) -> str:
    """Return a notebook's first heading of the first level as plain text, "" if it has none.

    Args:
        nb: the notebook.
    """
    texts = (c.source for c in nb.cells if c.cell_type == "markdown")
    return next((heading for text in texts for heading in _headings(text, levels=1)), "")


def _headings(source: str, levels: int = 6) -> list[str]:
    found, inside = [], False
    for line in source[:READ].splitlines():
        if FENCED.match(line):
            inside = not inside
        elif not inside and (heading := HEADING.fullmatch(line)) and len(heading[1]) <= levels:
            plain = re.sub(r"[*`]|<[^<>]*>", "", heading[2].rstrip("# \t"))
            found.append(plain[:LONGEST].strip())
    return [heading for heading in found if heading]
