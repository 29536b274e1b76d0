"""The front page: one file of HTML, with the cards and a small autoencoder in it.

It is not one of Sphinx's pages, because the theme alone weighs more than all that is on it.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from course.book import COURSE, cards, numbers, two_numbers

TEMPLATE = COURSE / "book" / "front.html"
KIT = "The instructor’s edition, with guide, slides and solutions: <code>make instructor-kit</code>"
TEACHING = '<a href="teaching.html">The guide</a>: term plan, grading, report, disputes'


def page(instructors: bool = False) -> str:
    """Return the front page of an edition, with the numbers that were recorded."""
    parts = {
        "weeks": cards.cards("week"),
        "electives": cards.cards("elective"),
        "model": two_numbers.FILE.read_text(encoding="utf-8").strip(),
        "teaching_link": '<a href="teaching.html">Teaching</a>' if instructors else "",
        "teaching_door": TEACHING if instructors else KIT,
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return numbers.refresh(Template(text).substitute(parts))


def write(site: Path, instructors: bool = False) -> Path:
    """Write the page over the one that Sphinx made for the top of its contents."""
    path = site / "index.html"
    path.write_text(page(instructors), encoding="utf-8", newline="\n")
    return path
