"""A deck for the lecture: the things to start with, each as predict, wrong answer, result, cure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from autograder.class_report.cures import KEPT, cure
from autograder.class_report.diagnoses import Diagnosis, to_start_with
from autograder.class_report.people import People
from autograder.class_report.reading import Week
from autograder.class_report.reveal import Reveal
from autograder.class_report.summary import lines_of, well
from autograder.class_report.templates import environment
from autograder.plugin.mathematics import MathRenderer

MOST = 18  # lines of a cure on one slide
# Size of the letters: the longest line, and the most lines, that still fit on a slide.
SIZES = {"large": (58, 10), "medium": (76, 14)}


@dataclass(frozen=True, eq=False)
class Thing:
    """What one misconception's slides show.

    Attributes:
        diagnosis: the misconception.
        criteria: of its exercise: name, points, and how many of these students have them all.
        steps: from the wrong answer to a right one, as `cure` gives them, shortened.
    """

    diagnosis: Diagnosis
    criteria: list[tuple[str, float, int]]
    steps: list[tuple[str, str]]


def deck(week: Week, people: People, found: list[Diagnosis], title: str, reveal: Reveal) -> str:
    """Return the slides as one page that needs no other file and no network.

    Args:
        week: what was read.
        people: whose names are blanked out; slides show none, also where the report does.
        found: as `diagnoses` gives it.
        title: what a reader calls the week.
        reveal: what the slides are shown with.
    """
    lines, _ = lines_of(week)
    templates = environment()
    templates.filters |= {"percent": lambda share: f"{share:.0%}", "markdown": _markdown}
    templates.filters["size"] = _size
    # Only scripts with this word run, in the deck and in the window with the speaker's notes.
    nonce = secrets.token_urlsafe(16)
    return templates.get_template("slides.html.j2").render(
        title=title,
        week=week,
        handed=len(week.attempts),
        everybody=len(people.students),
        mean=float(np.mean([week.share(student) for student in week.attempts])),
        best=well(lines)[:1],
        things=[_thing(week, people, one) for one in to_start_with(found)],
        nonce=nonce,
        styles=Markup(reveal.styles),
        script=Markup(_inline(reveal.script)),
        notes=Markup(_inline(reveal.notes.replace("<script>", f"<script nonce='{nonce}'>"))),
    )


def _thing(week: Week, people: People, diagnosis: Diagnosis) -> Thing:
    cell = diagnosis.exercise.cell
    attempts = [week.attempts[student][cell].criteria for student in diagnosis.students]
    criteria = [
        (name, points, sum(mine[name].earned >= points for mine in attempts))
        for name, points in diagnosis.exercise.criteria.items()
    ]
    return Thing(diagnosis, criteria, _shortened(cure(week, people, diagnosis)))


def _shortened(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return at most `MOST` lines: those that change come before those that stay."""
    if len(steps) > MOST:
        near = {n + d for n, (kind, _) in enumerate(steps) if kind != KEPT for d in (-1, 0, 1)}
        steps = [step for n, step in enumerate(steps) if n in near]
    return steps if len(steps) <= MOST else [*steps[: MOST - 1], (KEPT, "…")]


def _size(lines: list[str]) -> str:
    longest = max(map(len, lines))
    fitting = (name for name, (w, h) in SIZES.items() if longest <= w and len(lines) <= h)
    return next(fitting, "small")


def _markdown(text: str) -> Markup:
    """Return a sentence of the lesson as HTML; HTML in it stays text."""
    return Markup(MarkdownWithMath(renderer=MathRenderer(escape=True)).render(text))


def _inline(script: str) -> str:
    """Return JavaScript that an HTML page can hold: nothing in it ends the element."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
