"""The units as cards: a picture, the question of the week, and where to read and work.

Questions, hours and notebooks are those of the syllabus's table in course/README.md. A unit whose
lesson does not exist yet has no card.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import NamedTuple

from autograder import units
from course.book import COURSE

ROW = re.compile(
    r"^\| \[[^\]]+\]\((?P<unit>\w+)\.md\) \| (?P<question>[^|]+) \| (?P<build>[^|]+) "
    r"\| (?P<hours>[^|]+) \| `(?P<notebook>\w+)` \|$",
    re.MULTILINE,
)
PICTURES = {
    "week01": "A three rebuilt from 1, 4, 16, 64 and 256 numbers: a shadow first, then a digit.",
    "week02": "Six digits, and what straight axes and a network rebuild of them from 16 numbers.",
    "week03": "A two, the 16 numbers of its code as coloured cells, and the two rebuilt from them.",
    "week04": "Six digits with a hole and noise, and below them what a network makes of each.",
    "week05": "A four, and six directions in red and blue in which its picture may change.",
    "week06": "Two tables of similarity between ten classes. One shows a diagonal; in the other, "
    "after one vector was added to every code, all classes look alike.",
    "week07": "Handwritten digits joined to their nearest neighbours; a few have a coloured label.",
    "elective_a": "Words on a map: those of space, hockey, church and cars lie together.",
    "elective_b": "Two weeks of taxi rides in New York; the days of a blizzard are marked.",
    "elective_c": "A wall of digits drawn by a decoder, one shape turning into the next.",
    "elective_d": "A five with hidden patches, and arrows to features predicted for each of them.",
}


class Unit(NamedTuple):
    """A week or an elective, as the syllabus describes it."""

    name: str
    topic: str
    question: str
    hours: str
    notebook: str


def all_units(course: Path = COURSE) -> list[Unit]:
    """Return the units of the syllabus that have a lesson, in its order.

    Raises:
        ValueError: a lesson has no row in the syllabus.
    """
    text = (course / "README.md").read_text(encoding="utf-8")
    found = []
    for row in ROW.finditer(text):
        lesson = course / f"{row['unit']}.md"
        if lesson.exists():
            how = (row["question"].strip(), row["hours"].strip(), row["notebook"])
            found.append(Unit(row["unit"], topic(lesson), *how))
    missing = {path.stem for path in units.pages(course)} - {unit.name for unit in found}
    if missing:
        raise ValueError(
            f"course/README.md's syllabus has no row for {', '.join(sorted(missing))}: add "
            "| [1](week01.md) | question | what students build | hours | `notebook` |"
        )
    return found


def topic(page: Path) -> str:
    """Return what a page's title says after "Week 5 · " or "Elective A · "."""
    title = page.read_text(encoding="utf-8").split("# ", 1)[1].splitlines()[0]
    return re.sub(r"^(Week \d+|Elective [A-Z]) · ", "", title)


def cards(kind: str) -> str:
    """Return the cards of a kind of unit as HTML; pages are named relative to the top folder.

    Args:
        kind: "week" or "elective".
    """
    return _list([unit for unit in all_units() if unit.name.startswith(kind)])


def lists() -> str:
    """Return the cards of all units under two headings, for the page that lists the lessons."""
    return f"## Weeks\n\n{cards('week')}\n\n## Electives\n\n{cards('elective')}\n"


def _list(found: list[Unit]) -> str:
    lines = ['<ul class="cards">']
    for unit in found:
        title = html.escape(f"{units.title_of(unit.name)} · {unit.topic}")
        lines += [
            "<li>",
            f'<img class="dark-light" src="_static/front/{unit.name}.webp" width="640" '
            'height="320" loading="lazy" '
            f'alt="{html.escape(PICTURES[unit.name])}">',
            f"<h3>{title}</h3>",
            f'<p class="question">{html.escape(unit.question)}</p>',
            '<p class="links">'
            f'<a href="{unit.name}.html">Lesson<span class="hidden"> of {title}</span></a> '
            f'<a href="notebooks/{unit.notebook}.html">Notebook'
            f'<span class="hidden"> of {title}</span></a> '
            f'<span>{html.escape(unit.hours)}<abbr title="hours">\u202fh</abbr></span></p>',
            "</li>",
        ]
    return "\n".join([*lines, "</ul>"])
