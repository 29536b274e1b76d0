"""What ties the pages of a unit together: the line under a title, and titles that differ.

A lesson, its notebook and its slides have the same title in their sources, since each is read alone
there. On the site a search shows them side by side, so each says what it is.
"""

from __future__ import annotations

import re

from autograder import units
from course.book import COURSE, ROOT, notebooks

TITLE = re.compile(r"^# (?:Week (\d+)|Elective ([A-Z])) · ", re.MULTILINE)
NOTEBOOK = re.compile(r"\bnotebook ([1-9A-Z]),\s+section")
EXERCISE = re.compile(r"^@exercise\((.+?)\)$", re.MULTILINE)  # above a function of aeutils


def titled(text: str, kind: str) -> str:
    """Return a page whose title begins with what the page is.

    Args:
        text: Markdown.
        kind: such as "Lesson".

    >>> titled("# Week 5 · Penalties", "Notebook"), titled("# Elective A · Words", "Lesson")
    ('# Notebook 5 · Penalties', '# Lesson A · Words')
    """
    return TITLE.sub(lambda match: f"# {kind} {match[1] or match[2]} · ", text, count=1)


def under_title(text: str, line: str) -> str:
    """Return a page with a line below its title.

    >>> under_title("# A\\n\\nText.", "Line.")
    '# A\\n\\nLine.\\n\\nText.'
    """
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{line}\n\n{rest.lstrip()}".rstrip("\n") + ("\n" if rest else "")


def linked_notebooks(text: str) -> str:
    """Return a page on which each "notebook 3, section 5" leads to that notebook on the site."""
    found = notebooks.names()
    names = {units.title_of(units.unit_of(name)).split()[1]: name for name in found}

    def link(match: re.Match[str]) -> str:
        return f"[notebook {match[1]}](notebooks/{names[match[1]]}.ipynb), section"

    return NOTEBOOK.sub(link, text)


def of_lesson(unit: str, instructors: bool) -> str:
    """Return the line of a lesson: its notebooks and slides, and the reference of its exercises."""
    found = [name for name in notebooks.names() if units.unit_of(name) == unit]
    links = [f"[Notebook](notebooks/{name}.ipynb)" for name in found]
    links += _slides(unit, "") if instructors else []
    return _line(links + [link for name in found for link in _reference(name, "")])


def of_notebook(name: str, instructors: bool) -> str:
    """Return the line of a notebook: its lesson and slides, and the reference of its exercises."""
    unit = units.unit_of(name)
    links = [f"[Lesson](../{unit}.md)"] if (COURSE / f"{unit}.md").exists() else []
    links += _slides(unit, "../") if instructors else []
    return _line(links + _reference(name, "../"))


def of_slides(unit: str) -> str:
    """Return the line of a deck that lies in the site's folder "slides"."""
    found = [name for name in notebooks.names() if units.unit_of(name) == unit]
    links = [f'<a href="../{unit}.html">Lesson</a>'] if (COURSE / f"{unit}.md").exists() else []
    links += [f'<a href="../notebooks/{name}.html">Notebook</a>' for name in found]
    return f'<p class="unit-links">{" · ".join(links)}</p>'


def _line(links: list[str]) -> str:
    return f":::{{container}} unit-links\n{' · '.join(links)}\n:::"


def _slides(unit: str, top: str) -> list[str]:
    there = (COURSE / "slides" / f"{unit}.md").exists()
    return [f'<a href="{top}slides/{unit}.html">Slides</a>'] if there else []


def _reference(name: str, top: str) -> list[str]:
    """Return links to the packages of aeutils that hold the reference of a notebook's exercises."""
    found = {
        path.relative_to(ROOT / "aeutils").parts[0].removesuffix(".py")
        for path in (ROOT / "aeutils").rglob("*.py")
        if any(f'"{name}"' in m[1] for m in EXERCISE.finditer(path.read_text(encoding="utf-8")))
    }
    return [f"[`aeutils.{word}`]({top}reference/{word}.md)" for word in sorted(found)]
