"""What went wrong, and how often: diagnoses of a class with a typical answer for each."""

from __future__ import annotations

import functools
import re
import textwrap
from collections import Counter, defaultdict
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.class_report.lessons import Lesson, Section
from autograder.class_report.people import People
from autograder.class_report.reading import ANSWERED, STOPPED, Exercise, Week, without_comments
from autograder.plugin.sanitise import plain_text

# Names that a check gives where no known mistake fits. They say what is seen from outside ("twice
# what it should be", "an error was raised") and not what somebody was thinking.
VAGUE = frozenset(
    {"wrong-values", "wrong-shape", "could-not-check", "another-draw", "extreme", "stopped"}
    | {"cannot-cross", "wrong-gradient", "not-finite", "wrong-type", "should-change", "linear"}
    | {"constant-factor", "constant-offset", "another-order", "another-shape", "all-equal"}
)
VAGUE_BEGINNINGS = (
    *("raised-", "only-", "wrong-in-", "wrong-where-"),
    *("factor-of-each-", "offset-of-each-"),
)
# What says nothing about an answer: there was none, or it was not looked at.
NO_ANSWER = frozenset(
    {"not-implemented", "undefined", "unreadable", "not-tested", "process-ended", "not-reached"}
)
LINES, WIDTH, MESSAGE = 14, 100, 300  # of what is shown
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?")


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """One mistake in one exercise.

    Attributes:
        exercise: where it was made.
        mistake: its name.
        named: whether the check knows it, and not only that something is wrong.
        students: who made it.
        lost: points that it cost the class.
        message: what most of them read.
        answer: a typical answer, without names; "" if nothing of it can be shown.
        alike: how many of the answers are that one.
        lesson: where the lesson treats it.
    """

    exercise: Exercise
    mistake: str
    named: bool
    students: tuple[str, ...]
    lost: float
    message: str
    answer: str
    alike: int
    lesson: Section | None

    @property
    def first(self) -> str:
        """The message's beginning, for a list."""
        return textwrap.shorten(self.message.split("\n")[0], 110, placeholder=" …")


def diagnoses(week: Week, people: People, lesson: Lesson) -> list[Diagnosis]:
    """Return what was diagnosed, the most frequent first.

    Args:
        week: what was read.
        people: whose names are blanked out.
        lesson: of the week.
    """
    found: list[Diagnosis] = []
    for exercise in week.exercises:
        groups: dict[tuple[str, str], dict[str, list]] = defaultdict(lambda: defaultdict(list))
        for student, attempts in week.attempts.items():
            attempt = attempts[exercise.cell]
            if attempt.state not in (ANSWERED, STOPPED):
                continue
            for criterion in attempt.criteria.values():
                mistake = criterion.mistake
                if criterion.earned >= criterion.points or mistake in NO_ANSWER | {""}:
                    continue
                # Vague ones are only the same where they say the same, numbers aside.
                like = NUMBER.sub("0", criterion.message)[:MESSAGE] if _is_vague(mistake) else ""
                groups[mistake, like][student].append(criterion)
        for (mistake, _), by_student in groups.items():
            said = Counter(c.message for criteria in by_student.values() for c in criteria)
            answers = [week.attempts[student][exercise.cell].answer for student in by_student]
            answer, alike = _typical(answers)
            found.append(
                Diagnosis(
                    exercise,
                    mistake,
                    not _is_vague(mistake),
                    tuple(sorted(by_student)),
                    sum(c.points - c.earned for cs in by_student.values() for c in cs),
                    fit(people.mask(max(said, key=lambda text: (said[text], text))), MESSAGE),
                    shown_code(answer, people),
                    alike,
                    lesson.section(mistake, exercise.number),
                )
            )
    return sorted(found, key=lambda d: (-len(d.students), -d.lost, d.exercise.title, d.mistake))


def to_start_with(found: list[Diagnosis], most: int = 3) -> list[Diagnosis]:
    """Return what to start the next lecture with: known mistakes first, each made by two or more.

    One wrong answer can lose several criteria, each with a diagnosis of its own. Those whose
    students are mostly among those of an earlier one in the same exercise are left out.

    These are what a deck of slides is made of, too.

    Args:
        found: as `diagnoses` gives it.
        most: how many.
    """
    chosen: list[Diagnosis] = []
    for one in sorted(found, key=lambda d: not d.named):
        students = set(one.students)
        told = any(
            other.exercise is one.exercise
            and len(students & set(other.students)) > len(students) / 2
            for other in chosen
        )
        if len(students) > 1 and not told and len(chosen) < most:
            chosen.append(one)
    return chosen


def _is_vague(mistake: str) -> bool:
    return mistake in VAGUE or mistake.startswith(VAGUE_BEGINNINGS)


def _typical(answers: list[str]) -> tuple[str, int]:
    """Return the answer that most wrote, or one of middle length; and how many wrote it."""
    bare = [" ".join(without_comments(answer).split()) for answer in answers]
    counts = Counter(bare)
    middle = sorted(map(len, bare))[len(bare) // 2]
    best = min(counts, key=lambda text: (-counts[text], abs(len(text) - middle), text))
    return answers[bare.index(best)], counts[best]


@functools.lru_cache(maxsize=20_000)  # a class reads the same sentences again and again
def fit(text: str, longest: int) -> str:
    """Return a student's text as feedback pages show plain text, cut.

    Of all that those pages allow this is the narrowest kind: text, which a page escapes. Marks that
    turn the direction of reading, or hide letters, go as well.

    Args:
        text: what a message or an answer says.
        longest: characters.
    """
    text = text[: 4 * longest].encode("utf-8", "replace").decode()  # half a surrogate pair
    text = plain_text([NotebookNode(output_type="stream", name="stdout", text=text)])
    text = HIDDEN.sub("", text)
    return text if len(text) <= longest else text[:longest].rstrip() + " …"


def shown_code(answer: str, people: People) -> str:
    """Return an answer without comments and names, shortened to what is read at a glance.

    Args:
        answer: a student's code.
        people: whose names are blanked out.
    """
    text = fit(people.mask(without_comments(answer)), LINES * WIDTH)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    cut = [line if len(line) <= WIDTH else line[:WIDTH] + " …" for line in lines[:LINES]]
    return "\n".join(cut + ["…"] * (len(lines) > LINES))
