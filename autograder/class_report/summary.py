"""What the top of a report says: how each exercise went, what went well, who needs a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.class_report.people import People
from autograder.class_report.reading import BLANK, STOPPED, UNREAD, UNTOUCHED, Exercise, Week
from autograder.class_report.statistics import Analysis, Estimate, analyse

WELL = 0.8  # share of the points from which on an exercise went well
WORD = 0.4  # share of the week's points below which a student needs a word


@dataclass(frozen=True)
class Line:
    """How one exercise went.

    Attributes:
        exercise: which.
        share: mean share of the points, of all who handed in.
        states: how many students left it untouched, blank, were stopped, could not be read.
        separation: corrected item-total correlation, if it is known.
        open: points that are still to be given by hand.
    """

    exercise: Exercise
    share: float
    states: dict[str, int]
    separation: Estimate | None
    open: int

    @property
    def warning(self) -> str:
        """What a negative correlation says about the exercise, "" if it is not negative."""
        if self.separation is None or self.separation.value >= 0:
            return ""
        if self.separation.high < 0:
            return (
                "Who did well elsewhere did worse here: suspect the exercise, its text or its "
                "check, before the students."
            )
        return (
            "Negative, but the interval reaches above 0: it may be chance. Read a few answers of "
            "strong students before the exercise is used again."
        )


def lines_of(week: Week) -> tuple[list[Line], Analysis]:
    """Return how each exercise went, and what the points say about the week.

    Means are over all who handed in. Correlations and α leave out who answered nothing at all:
    empty notebooks agree with each other on every exercise, and would be praised as reliability.

    Args:
        week: what was read.
    """
    working = [student for student in week.attempts if week.worked(student)]
    table = [
        [week.attempts[s][e.cell].earned or 0.0 for e in week.exercises] for s in sorted(working)
    ]
    analysis = analyse(np.array(table).reshape(len(table), len(week.exercises)))
    lines = []
    for place, exercise in enumerate(week.exercises):
        attempts = [attempts[exercise.cell] for attempts in week.attempts.values()]
        earned = [a.earned for a in attempts if a.earned is not None]
        states = {
            state: sum(a.state == state for a in attempts)
            for state in (UNTOUCHED, BLANK, STOPPED, UNREAD)
        }
        share = float(np.mean(earned)) / exercise.points if earned and exercise.points else 0.0
        separation = analysis.separation[place]
        lines.append(Line(exercise, share, states, separation, len(attempts) - len(earned)))
    return lines, analysis


def well(lines: list[Line]) -> list[Line]:
    """Return the exercises that went well, the best first, at most two.

    Args:
        lines: of the week.
    """
    good = [line for line in lines if line.share >= WELL]
    return sorted(good, key=lambda line: -line.share)[:2]


def needs_a_word(week: Week, people: People) -> list[tuple[str, list[str]]]:
    """Return reasons for a word with somebody, each with the students it holds for.

    Args:
        week: what was read.
        people: everybody in the gradebook.

    Returns:
        Pairs of a reason, as it follows a name, and ids in the order of the page. A student has
        one reason only.
    """
    everybody = sorted(people.students, key=people.order)
    missing = [s for s in everybody if s not in week.attempts and s not in week.waiting]
    unread = [
        s
        for s in everybody
        if s in week.attempts and {a.state for a in week.attempts[s].values()} == {UNREAD}
    ]
    empty = [s for s in everybody if s in week.attempts and s not in unread and not week.worked(s)]
    low = [s for s in everybody if week.worked(s) and week.share(s) < WORD]
    low.sort(key=week.share)
    reasons = [
        (f"tried and earned less than {WORD:.0%}", low),
        ("handed in without an answer", empty),
        ("handed in what cannot be read", unread),
        ("handed in nothing", missing),
    ]
    return [(reason, students) for reason, students in reasons if students]
