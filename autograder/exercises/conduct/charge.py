"""The look at an answer's conduct around a check, and what a breach costs: one point, no more."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from aeutils.testing.checking import CheckFailed
from aeutils.testing.relations import NAMES
from autograder.exercises.conduct.beside import arguments, broom, calls, entry, models, state
from autograder.exercises.conduct.cases import order_of
from autograder.exercises.conduct.cause import cause
from autograder.exercises.conduct.declare import Breach, Conduct
from autograder.exercises.conduct.judge import breaches
from autograder.hall.failure import CheckFailed as GoneFailed
from autograder.hall.protocol.remote_call import remote_files
from autograder.hall.report import Report

try_out = remote_files(entry.try_out, state, arguments, calls, models, broom, entry)

# What a student's side may send instead of what was asked for, and what comes of looking at it.
ODD = (
    *(CheckFailed, GoneFailed, ArithmeticError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)
# Names that tell no cause.
VAGUE = {"wrong-values", "wrong-shape", "could-not-check", "another-draw", "extreme"}
VAGUE |= {"wrong-gradient"}
# Where the criteria have charged one of these, a breach about draws is the same mistake.
ABOUT_DRAWS = {"generator-ignored", "same-every-time", "seeded", "drew-elsewhere"}


def look(conduct: Conduct, answer: object) -> list[Breach]:
    """Return the lines that one answer broke, those of state first.

    Args:
        conduct: what it owes.
        answer: the student's object.
    """
    try:
        return look_closely(conduct, answer)
    except ODD:
        return []  # what cannot be looked at is the criteria's business


def look_closely(conduct: Conduct, answer: object) -> list[Breach]:
    """Return the lines that one answer broke; raise where what came back is not what was asked for.

    Args:
        conduct: what it owes.
        answer: the student's object.
    """
    found = list(breaches(conduct, try_out(answer, order_of(conduct))))
    if conduct.excused and any(not b.lasting for b in found) and conduct.excused(answer):
        return [breach for breach in found if breach.lasting]
    return found


def tidied(conduct: Conduct, answer: object, found: Iterable[Breach]) -> Any:
    """Return an answer that cleans up after itself, so that the criteria see its numbers alone.

    Args:
        conduct: what it owes.
        answer: the student's object.
        found: the lines that it broke.

    Returns:
        The answer as it is, unless it broke a line that later calls would suffer from.
    """
    lines = {breach.line for breach in found if breach.lasting}
    if not lines:
        return answer
    makes = conduct.methods is not None
    order = {"kind": "tidy", "makes": makes, "lines": sorted(lines)}
    try:
        return try_out(answer, order)
    except ODD:
        return answer


def _name_cause(report: Report, found: Sequence[tuple[str, Breach]]) -> None:
    """Name what the criteria could not know of, where they have charged wrong numbers already.

    Rounded numbers, those of an earlier call, or of an image that was mixed with others look like
    no mistake that a criterion has a name for, or have a relation to the right ones that tells
    less. No further point is taken.
    """
    name, first = next((pair for pair in found if not pair[1].lasting), ("", None))
    if first is None or first.line in VAGUE:
        return
    for lost in (c for c in report.criteria if c.earned < c.points):
        if lost.mistake in VAGUE | NAMES:
            lost.mistake, lost.message = first.line, f"{name}: {first.message}"
            return


def localise(report: Report, alone: Sequence[str]) -> None:
    """Name what is wrong where one criterion was lost without a name, and all before it earned.

    Args:
        report: the criteria's report.
        alone: for each criterion what is wrong then, or "".
    """
    for i, (lost, text) in enumerate(zip(report.criteria, alone, strict=True)):
        before = report.criteria[:i]
        if lost.mistake in VAGUE and text and all(c.earned == c.points for c in before):
            lost.mistake = "only-" + lost.name.replace(" ", "-")
            lost.message = f"{text} ({lost.message})"
            return


def explain(report: Report, owed: Sequence[tuple[Conduct, object]]) -> None:
    """Name a cause where a criterion was lost to numbers that nothing has a name for.

    Args:
        report: the criteria's report, charged.
        owed: what each function owes, and the student's object.
    """
    lost = [c for c in report.criteria if c.earned < c.points and c.mistake in VAGUE]
    for conduct, answer in owed:
        if not lost:
            return
        try:
            found = cause(conduct, functools.partial(try_out, answer))
        except ODD:
            continue
        if found:
            first = lost.pop(0)
            first.mistake = found.name
            first.message = f"the result of {conduct.name}{found.message}"  # begins with " " or ","


def charge(report: Report, found: Sequence[tuple[str, Breach]]) -> None:
    """Take one point off a report for the first breach that the criteria have not charged yet.

    Args:
        report: the criteria's report.
        found: for each breach the function's name and the breach.
    """
    whole = report.earned == report.points
    _name_cause(report, found)
    charged = set(report.mistakes)
    for name, breach in found:
        same = ABOUT_DRAWS if breach.line in ABOUT_DRAWS else {breach.line}
        if same & charged or not (whole or breach.lasting):
            continue
        last = next((c for c in reversed(report.criteria) if c.earned == c.points > 0), None)
        if last is None:  # there is no point to take; it may still be why one was lost
            lost = next((c for c in report.criteria if c.mistake in VAGUE), None)
            if lost is not None:
                lost.mistake, lost.message = breach.line, f"{name}: {breach.message}"
            return
        last.name += ", and what every function owes"
        last.earned -= min(1.0, last.points)
        last.mistake = breach.line
        last.message = f"the numbers of this part are right, but {name} breaks a rule that holds "
        last.message += f"for every function: {breach.message}"
        return
