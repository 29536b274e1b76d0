"""One week of a class: the gradebook's points, and what the graded notebooks say about them.

The notebooks are read as plain JSON: validating seven thousand of them would take minutes. They
were written by the grader, but what stands in them is a student's, so that nothing is taken for
granted about its form.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from autograder.class_report.gradebook import Cell, Entries
from autograder.class_report.predictions import Guesses, asked, sent_in, summaries
from autograder.hall.report import MIME, Criterion, Report
from autograder.plugin.intake import UNREADABLE
from autograder.plugin.preprocessor import LEFT_OUT
from autograder.plugin.releases import plain
from autograder.plugin.titles import last_heading

ANSWERED, UNTOUCHED, BLANK = "answered", "untouched", "blank"
STOPPED, UNREAD = "stopped", "unreadable"
ENDED = frozenset({"process-ended", "not-tested"})  # mistakes of code that had to be stopped
WHOLE = "the whole exercise"  # the only criterion of an exercise that was not checked
BY_HAND = "graded by hand"
KEPT = 4000  # characters of an answer; searching longer ones can take time that grows faster
SAID = 1000  # characters of a message
NUMBERED = re.compile(r"Exercise\s+(\S+)\b")
COMMENT = re.compile(
    r"(\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|#[^\n]*", re.DOTALL
)


@dataclass(eq=False)
class Exercise:
    """What is graded together: a test cell with its answers, or a cell graded by hand.

    Attributes:
        cell: notebook and name of the graded cell.
        title: as the notebook calls it.
        number: of the exercise, "" if the notebook numbers none.
        points: what it is worth.
        criteria: points by name, in the order of the reports.
    """

    cell: Cell
    title: str
    number: str
    points: float
    criteria: dict[str, float] = field(default_factory=dict)


@dataclass
class Attempt:
    """One student's work on one exercise.

    Attributes:
        state: one of the words above.
        earned: the gradebook's points, those given by hand included; None if not given yet.
        criteria: what the check found, by name.
        answer: the code, shortened.
    """

    state: str
    earned: float | None
    criteria: dict[str, Criterion]
    answer: str = ""


@dataclass
class Week:
    """Everything that a report on one assignment is made of.

    Attributes:
        assignment: its name.
        exercises: in the notebook's order.
        attempts: by student and graded cell; who handed nothing in is not in it.
        late: seconds after the deadline, of who was late.
        waiting: who has not handed in and may still do so, with the end of the extension.
        guesses: what those who agreed to hand their predictions in guessed, by question.
    """

    assignment: str
    exercises: list[Exercise]
    attempts: dict[str, dict[Cell, Attempt]]
    late: dict[str, float]
    waiting: dict[str, datetime]
    guesses: list[Guesses] = field(default_factory=list)

    @property
    def points(self) -> float:
        """What the week is worth."""
        return sum(exercise.points for exercise in self.exercises)

    def share(self, student: str) -> float:
        """Return the share of the points that a student has, 0 for nothing handed in.

        Args:
            student: the id.
        """
        earned = sum(a.earned or 0.0 for a in self.attempts.get(student, {}).values())
        return earned / self.points if self.points else 0.0

    def worked(self, student: str) -> bool:
        """Tell whether a student answered at least one exercise, rightly or not.

        Args:
            student: the id.
        """
        states = {attempt.state for attempt in self.attempts.get(student, {}).values()}
        return bool(states & {ANSWERED, STOPPED})


def read_week(directory: CourseDirectory, assignment: str, entries: Entries) -> Week:
    """Read one assignment of a class.

    Args:
        directory: nbgrader's folders.
        assignment: its name.
        entries: what the gradebook has of it.

    Returns:
        The week.

    Raises:
        ValueError: nothing of it was graded.
    """
    if not any(handed.graded for handed in entries.handed.values()):
        raise ValueError(
            f"Nothing of {assignment} was graded. Expected: an assignment that `nbgrader autograde "
            f"{assignment}` has graded; run it first."
        )
    exercises: dict[Cell, Exercise] = {}
    week = Week(assignment, [], {}, {}, {})
    titles = _titles(directory, assignment)
    questions = {
        path.stem: asked(_load(path).get("cells", []))
        for path in _folder(directory, directory.source_directory, assignment).glob("*.ipynb")
    }
    guesses: list[dict[str, float]] = []
    for student, handed in sorted(entries.handed.items()):
        if handed.open_until is not None and not handed.graded:
            week.waiting[student] = handed.open_until
        if not handed.graded:
            continue
        if handed.seconds_late:
            week.late[student] = handed.seconds_late
        folder = _folder(directory, directory.autograded_directory, assignment, student)
        mine = week.attempts[student] = {}
        for name in dict.fromkeys(name for name, _ in entries.worth):
            nb = _load(folder / f"{name}.ipynb")
            guesses.append(sent_in(nb.get("cells", []), questions.get(name, [])))
            for cell, report, attempt in _attempts(name, nb, entries):
                if cell not in exercises:
                    heading = titles.get(cell, ("", ""))
                    title = heading[0] or (report.exercise if report else cell[1])
                    exercises[cell] = Exercise(cell, title, heading[1], entries.worth[cell])
                attempt.earned = handed.points.get(cell)
                if BY_HAND in attempt.criteria:
                    attempt.criteria[BY_HAND].earned = attempt.earned or 0.0
                mine[cell] = attempt
                for criterion in attempt.criteria.values():
                    exercises[cell].criteria.setdefault(criterion.name, criterion.points)
    for exercise in exercises.values():
        if len(exercise.criteria) > 1:
            exercise.criteria.pop(WHOLE, None)
    week.exercises = list(exercises.values())
    headings = Counter(exercise.title for exercise in week.exercises)
    for exercise in week.exercises:
        if headings[exercise.title] > 1:  # several tests below one heading
            exercise.title += f" ({exercise.cell[1].removeprefix('test-')})"
    for attempts in week.attempts.values():
        for exercise in week.exercises:
            _complete(attempts, exercise)
    week.guesses = summaries([q for each in questions.values() for q in each], guesses)
    return week


def _complete(attempts: dict[Cell, Attempt], exercise: Exercise) -> None:
    """Give an attempt every criterion of its exercise, also where it was not checked at all."""
    attempt = attempts.setdefault(exercise.cell, Attempt(UNREAD, None, {}))
    whole = attempt.criteria.pop(WHOLE, None) if WHOLE not in exercise.criteria else None
    for name, points in exercise.criteria.items():
        if name not in attempt.criteria:
            said = whole or Criterion(name, points)
            attempt.criteria[name] = Criterion(name, points, 0.0, said.message, said.mistake)


def _folder(directory: CourseDirectory, step: str, assignment: str, student: str = ".") -> Path:
    return Path(directory.format_path(step, student, assignment))


def _load(path: Path) -> dict[str, Any]:
    """Return a notebook; an empty one where there is none that can be read."""
    try:
        nb = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return nb if isinstance(nb, dict) and isinstance(nb.get("cells"), list) else {}


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _counted(nb: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every cell that nbgrader counts, with what it says about it."""
    for cell in nb.get("cells", []):
        if isinstance(cell, dict):
            about = cell.get("metadata", {}).get("nbgrader")
            if isinstance(about, dict) and about.get("grade_id"):
                yield cell, about


def _attempts(
    name: str, nb: dict[str, Any], entries: Entries
) -> Iterator[tuple[Cell, Report | None, Attempt]]:
    """Yield the exercises of a graded notebook: an answer belongs to the next test."""
    unreadable = bool(nb.get("metadata", {}).get(UNREADABLE))
    answers: list[tuple[str, str]] = []
    stopped = False
    for cell, about in _counted(nb):
        key = (name, str(about["grade_id"]))
        if about.get("solution") or about.get("task"):
            answers.append((_source(cell), entries.stubs.get(key, "")))
            stopped = stopped or any(o.get("ename") == LEFT_OUT for o in _outputs(cell))
        if key not in entries.worth:
            continue
        report = None if about.get("solution") or about.get("task") else _report(cell)
        if report is None:
            criteria = {BY_HAND: Criterion(BY_HAND, entries.worth[key], 0.0, "", "")}
        else:
            for criterion in report.criteria:
                criterion.message = criterion.message[:SAID]
            criteria = {c.name: c for c in report.criteria}
            stopped = stopped or any(c.mistake in ENDED for c in report.criteria)
        state = _state(answers, report is not None and report.earned > 0, stopped)
        if unreadable:
            state = UNREAD
        text = "\n".join(_own(source, stub) for source, stub in answers)
        yield key, report, Attempt(state, None, criteria, text[:KEPT])
        answers, stopped = [], False


def _outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    outputs = cell.get("outputs")
    return [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []


def _report(cell: dict[str, Any]) -> Report | None:
    """Return the report that the grader stored in a test cell."""
    for output in _outputs(cell):
        data = output.get("data")
        if isinstance(data, dict) and MIME in data:
            try:
                return Report.from_dict(data[MIME])
            except (KeyError, TypeError, ValueError):
                return None
    return None


def _state(answers: list[tuple[str, str]], earned: bool, stopped: bool) -> str:
    """Say what became of the answers to an exercise, each with what was released."""
    if not earned and answers:
        if all(plain(source) == plain(stub) for source, stub in answers):
            return UNTOUCHED
        if all(_is_blank(source, stub) for source, stub in answers):
            return BLANK
    return STOPPED if stopped else ANSWERED


def without_comments(source: str) -> str:
    """Return the beginning of some code without comments; it is searched, never parsed.

    Args:
        source: a student's.
    """
    return COMMENT.sub(lambda found: found[1] or "", source[:KEPT])


def _is_blank(source: str, stub: str) -> bool:
    """Tell whether nothing stands in a cell but what was released, comments and `pass`."""
    released = {line.strip() for line in stub.splitlines()} | {"", "pass", "..."}
    return len(source) <= KEPT and all(
        line.strip() in released for line in without_comments(source).splitlines()
    )


def _own(source: str, stub: str) -> str:
    """Return an answer without the long strings that were released with it."""
    for string in re.findall(r'"""(?:.*?)"""', stub, re.DOTALL):
        source = source.replace(string, "")
    return source


def _titles(directory: CourseDirectory, assignment: str) -> dict[Cell, tuple[str, str]]:
    """Return heading and number of every graded cell's exercise, from the instructor's files."""
    found: dict[Cell, tuple[str, str]] = {}
    for step in (directory.release_directory, directory.source_directory):
        folder = _folder(directory, step, assignment)
        for path in sorted(folder.glob("*.ipynb")):
            heading = ("", "")
            for cell in _load(path).get("cells", []):
                if cell.get("cell_type") == "markdown":
                    title = last_heading(_source(cell))
                    if number := NUMBERED.match(title):
                        heading = (title, number[1])
                about = cell.get("metadata", {}).get("nbgrader") or {}
                if about.get("grade"):
                    found[path.stem, about["grade_id"]] = heading
        if found:
            break
    return found
