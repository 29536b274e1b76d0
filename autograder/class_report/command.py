"""``python -m autograder report``: the pages and tables of a class, written to ``reports/``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.class_report.diagnoses import diagnoses
from autograder.class_report.files import criteria_table, weeks_table, write
from autograder.class_report.gradebook import (
    graded_assignments,
    open_gradebook,
    read_entries,
    read_people,
)
from autograder.class_report.lessons import Lesson
from autograder.class_report.page import Seen, shares_of, week_page, weeks_page
from autograder.class_report.reading import read_week
from autograder.class_report.reveal import read_reveal
from autograder.class_report.slides import deck
from autograder.collecting.course import find_course
from autograder.units import unit_of

FOLDER = "reports"


def run(options: argparse.Namespace) -> int:
    """Write the report on one assignment, or on all.

    Args:
        options: `assignment` ("" for all), `names`, `similar` and `slides`.

    Returns:
        0, or 2 if nothing was written.
    """
    try:
        for path in make_reports(
            options.assignment, options.names, options.similar, options.slides
        ):
            print(path)
    except (ValueError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def make_reports(
    assignment: str = "", names: bool = False, similar: bool = False, slides: bool = False
) -> list[Path]:
    """Write the reports of the course in the current folder.

    Args:
        assignment: which; "" for all that are graded, and the page over them.
        names: whether names are shown.
        similar: whether answers that are alike are listed.
        slides: whether each week gets a deck for the lecture, too; it never shows names.

    Returns:
        The files, what to open first first.

    Raises:
        ValueError: there is no course here, nothing of it was graded, or slides cannot be shown.
    """
    directory = find_course(assignment).directory
    root = Path(directory.root)
    folder = root / FOLDER
    reveal = read_reveal(root) if slides else None
    written: list[Path] = []
    weeks: list[Seen] = []
    with open_gradebook(directory) as gradebook:
        graded = sorted(graded_assignments(gradebook), key=lambda n: (unit_of(n)[:4] != "week", n))
        if not graded or (assignment and assignment not in graded):
            there = f"graded are {', '.join(graded)}" if graded else "nothing is graded yet"
            raise ValueError(
                f'There is nothing to report on "{assignment or "any week"}": {there}. Expected: '
                "the name of an assignment that `nbgrader autograde` has graded in this course."
            )
        people = read_people(gradebook, names)
        for name in [assignment] if assignment else graded:
            week = read_week(directory, name, read_entries(gradebook, name))
            alike = _alike(root, name, names) if similar else ""
            over_all = "" if assignment else "index.html"
            found = diagnoses(week, people, Lesson(root, name))
            page, seen = week_page(week, people, found, over_all, alike)
            write(folder / f"{name}.html", page)
            write(folder / f"{name}.csv", criteria_table(week, people))
            written += [folder / f"{name}.html", folder / f"{name}.csv"]
            if reveal is not None:
                write(folder / f"{name}-slides.html", deck(week, people, found, seen.title, reveal))
                written.append(folder / f"{name}-slides.html")
            weeks.append(seen)
    if not assignment:
        labelled = [(people.label(s), shares) for s, shares in shares_of(weeks, people)]
        write(folder / "index.html", weeks_page(weeks, people))
        write(folder / "index.csv", weeks_table([w.assignment for w in weeks], labelled))
        written = [folder / "index.html", folder / "index.csv", *written]
    return written


def _alike(root: Path, assignment: str, names: bool) -> str:
    # Imported here, because it loads the bank and with it torch, which no other page needs.
    from autograder.similarity import similar_section

    return similar_section(root, assignment, names)
