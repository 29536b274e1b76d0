"""The guide's page of what each exercise tests, made of notebooks, checks and bank."""

from __future__ import annotations

import re

from autograder import units
from course.book import notebooks

HEAD = """\
# What each exercise tests

Dots as in the notebook: difficulty, then importance. *Tested* lists the hidden check's criteria
with their points; a blank answer gets none of them. *Mistakes* is the number of wrong answers that
the check knows by name ([all of them](../misconceptions.md)).
"""
TITLE = re.compile(
    r"### Exercise (\d+) · ([^\n]+)\n+\*Difficulty (\S+) · importance (\S+) · (\d+) minutes · (\d+)"
)


def page() -> str:
    """Return the page."""
    from autograder.exercises import bank

    parts = [HEAD]
    for name in notebooks.names():
        week = units.unit_of(name)
        if week not in bank.weeks():
            continue
        rows, minutes, points = [], 0, 0
        checked = _checks(name)
        for cell in notebooks.released(name).cells:
            if cell.cell_type != "markdown":
                continue
            for match in TITLE.finditer(cell.source):
                number, title, difficulty, importance, time, worth = match.groups()
                check = checked[int(number) - 1]
                criteria = bank.exercises(week)[check].points
                tested = "; ".join(f"{text} ({value:g})" for text, value in criteria.items())
                known = len(bank.exercises(week)[check].wrong)
                minutes, points = minutes + int(time), points + int(worth)
                rows.append(
                    f"| {number} · {title} | {difficulty} {importance} | {time} | {worth} "
                    f"| {tested} | {known} |"
                )
        parts.append(
            f"\n## {units.title_of(week)}: `{name}`\n\n{len(rows)} exercises, {points} points, "
            f"about {minutes} minutes of exercises.\n\n"
            "| exercise | level | min | pts | tested | mistakes |\n"
            "| --- | --- | ---: | ---: | --- | ---: |\n" + "\n".join(rows) + "\n"
        )
    return "".join(parts)


def _checks(name: str) -> list[str]:
    """Return the names of a notebook's hidden checks, in order."""
    found = []
    for cell in notebooks.solution(name).cells:
        given = cell.metadata.get("nbgrader", {})
        if given.get("grade"):
            found.append(given["grade_id"].removeprefix("test-").replace("-", "_"))
    return found
