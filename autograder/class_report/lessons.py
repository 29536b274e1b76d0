"""Where a course's lesson treats a misconception."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.units import title_of, unit_of

SEEN = re.compile(r"^(#+)\s+(Misconceptions seen in answers)\s*$", re.MULTILINE)
# What follows the last brackets with names of the bank.
ADVICE = re.compile(r".*`\)[.:]?\s+(.*)", re.DOTALL)
SPOILER = re.compile(r"^#+\s+(Spoiler:.*\(exercises?\s+(.+)\))\s*$", re.MULTILINE)
BULLET = re.compile(r"^- (.*(?:\n  .*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A place in a lesson.

    Attributes:
        title: what a reader calls it.
        href: a link from the folder of the reports.
        advice: what it says about the mistake, in Markdown; "" if that is more than a sentence.
    """

    title: str
    href: str
    advice: str = ""


class Lesson:
    """The lesson of one assignment; a course without lessons has one that knows nothing.

    Args:
        root: the course's top folder.
        assignment: the assignment's name.
    """

    def __init__(self, root: Path, assignment: str) -> None:
        unit = unit_of(assignment)
        path = root / "course" / f"{unit}.md"
        self.text = path.read_text(encoding="utf-8") if unit and path.is_file() else ""
        self.unit = title_of(unit) if self.text else ""
        page = f"course/{unit}.md"
        for built in ("site-instructors", "site"):  # a browser shows these as pages
            if (root / "dist" / built / f"{unit}.html").is_file():
                page = f"dist/{built}/{unit}.html"
                break
        self.page = f"../{page}"

    def section(self, mistake: str, number: str) -> Section | None:
        """Return the section that treats a mistake.

        Args:
            mistake: the diagnosis's name.
            number: the exercise's number, "" if it has none.

        Returns:
            The list of misconceptions, if it names this one; else the exercise's spoiler; or None.
        """
        heading = SEEN.search(self.text)
        if heading:
            end = re.search(rf"^#{{1,{len(heading[1])}}} ", self.text[heading.end() :], re.M)
            body = self.text[heading.end() :][: end.start() if end else None]
            for bullet in BULLET.findall(body):
                if f"`{mistake}`" in bullet:
                    called = re.match(r"\*([^*]+)\*", bullet)
                    title = called[1].rstrip(".") if called else heading[2]
                    told = ADVICE.search(bullet)
                    advice = " ".join(told[1].split()) if told else ""
                    return self._section(title, heading[2], advice)
        for spoiler in SPOILER.finditer(self.text):
            if number and number in _numbers(spoiler[2]):
                return self._section(spoiler[1], spoiler[1])
        return None

    def _section(self, title: str, heading: str, advice: str = "") -> Section:
        return Section(f"{self.unit}: {title}", f"{self.page}#{_anchor(heading)}", advice)


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub and the site give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _numbers(text: str) -> set[str]:
    """Return the numbers in "2", "2 and 3" or "5 to 7"."""
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if " to " in text and len(numbers) == 2:
        numbers = list(range(numbers[0], numbers[1] + 1))
    return {str(n) for n in numbers}
