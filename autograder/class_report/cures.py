"""What a wrong answer lacks: the class's own right answer that is nearest to it, line by line."""

from __future__ import annotations

import difflib
from collections import Counter

from autograder.class_report.diagnoses import Diagnosis, shown_code
from autograder.class_report.people import People
from autograder.class_report.reading import ANSWERED, Week

CANDIDATES = 40  # right answers that are compared; the most frequent ones
KEPT, GONE, NEW = "kept", "gone", "new"


def cure(week: Week, people: People, diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """Return the lines that lead from a typical wrong answer to a right one.

    The right one is the class's own: of the answers with all points, as they are shown, the one
    that is most similar. Nothing is said while somebody may still hand in.

    Args:
        week: what was read.
        people: whose names are blanked out.
        diagnosis: of the wrong answer.

    Returns:
        Pairs of "kept", "gone" or "new" and a line; [] if nobody has a right answer, or there is
        no wrong one to show.
    """
    exercise = diagnosis.exercise
    if week.waiting or not diagnosis.answer:
        return []
    right = Counter(
        shown_code(attempts[exercise.cell].answer, people)
        for attempts in week.attempts.values()
        if attempts[exercise.cell].state == ANSWERED
        and (attempts[exercise.cell].earned or 0.0) >= exercise.points
    )
    known = sorted(right, key=lambda text: (-right[text], text))[:CANDIDATES]
    before = diagnosis.answer.splitlines()
    best = max(known, key=lambda text: _alike(diagnosis.answer, text), default="")
    # Where the difference lies beyond what is shown, two equal texts would teach nothing.
    return [] if best in ("", diagnosis.answer) else _steps(before, best.splitlines())


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _steps(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            steps += [(KEPT, line) for line in before[i1:i2]]
        else:
            steps += [(GONE, line) for line in before[i1:i2]]
            steps += [(NEW, line) for line in after[j1:j2]]
    return steps
