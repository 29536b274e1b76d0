"""A hidden check's result: points per criterion, and for every lost point the reason.

nbgrader gives partial credit *or* an explanation; a :class:`Report` gives both. A check fills one::

    def check(center):
        report = Report("center", [Criterion("mean", 1), Criterion("values", 2)])
        with report.criterion("mean"):
            ...  # anything raised here loses these points and becomes the explanation
        with report.criterion("values"):
            ...
        return report

and a grade cell calls ``grade(check, center)``, which shows the report and raises unless every
point was earned.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograder.hall.failure import CheckFailed, mistake_of

MIME = "application/vnd.autograder.report+json"


@dataclass
class Criterion:
    """One thing a check looks at: what it is called, its worth, and how the answer did."""

    name: str
    points: float
    earned: float = 0.0
    message: str = "not reached"
    mistake: str = "not-reached"


@dataclass
class Report:
    """Points and explanations for one exercise."""

    exercise: str
    criteria: list[Criterion] = field(default_factory=list)

    @property
    def earned(self) -> float:
        """Points earned, in the unit of the grade cell."""
        return sum(c.earned for c in self.criteria)

    @property
    def points(self) -> float:
        """Points that could be earned."""
        return sum(c.points for c in self.criteria)

    @property
    def mistakes(self) -> list[str]:
        """Names of the mistakes found, in order."""
        return [c.mistake for c in self.criteria if c.mistake]

    @property
    def first_message(self) -> str:
        """The first explanation of a lost point, or "" if none was lost."""
        return next((c.message for c in self.criteria if c.earned < c.points), "")

    @contextmanager
    def criterion(self, name: str) -> Iterator[None]:
        """Give the points of criterion `name` if the block ends without raising.

        Args:
            name: which one.

        Returns:
            A context; what is raised in it becomes the explanation.

        Raises:
            ValueError: there is no such criterion.
        """
        found = next((c for c in self.criteria if c.name == name), None)
        if found is None:
            known = [c.name for c in self.criteria]
            raise ValueError(f"check {self.exercise!r} has no criterion {name!r}; it has {known}")
        try:
            yield
        except Exception as error:
            mistake = mistake_of(error)
            if mistake is not None:
                found.message, found.mistake = str(error), mistake or "wrong-values"
            else:
                # The check tripped over a result it did not expect: never a student's traceback.
                found.message = f"the result could not be checked ({type(error).__name__}: {error})"
                found.mistake = "could-not-check"
        else:
            found.earned, found.message, found.mistake = found.points, "", ""

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "exercise": self.exercise,
            "earned": self.earned,
            "points": self.points,
            "criteria": [vars(c).copy() for c in self.criteria],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Rebuild a report from :meth:`as_dict`; KeyError or TypeError if it is not one.

        Args:
            data: plain data, which may come from a file that somebody edited.

        Returns:
            The report; no criterion earns more than its points.
        """
        criteria = [
            Criterion(
                name=str(c["name"]),
                points=float(c["points"]),
                earned=min(max(float(c["earned"]), 0.0), float(c["points"])),
                message=str(c["message"]),
                mistake=str(c["mistake"]),
            )
            for c in data["criteria"]
        ]
        return cls(str(data["exercise"]), criteria)

    @classmethod
    def lost(cls, exercise: str, points: float, message: str, mistake: str) -> Report:
        """Return a report of an exercise that could not be checked at all.

        Args:
            exercise: the exercise's name.
            points: what it is worth.
            message: the reason.
            mistake: the reason's short name.
        """
        return cls(exercise, [Criterion("the whole exercise", points, 0.0, message, mistake)])

    def to_html(self) -> str:
        """Return the table that the feedback page shows."""
        pad = "padding:0.3em 0.9em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top"
        rows = []
        for c in self.criteria:
            passed = c.earned >= c.points
            mark, colour = ("✔ passed", "#00614a") if passed else ("✘ lost", "#a33b00")
            cells = [
                f'<b style="color:{colour};white-space:nowrap">{mark}</b>',
                html.escape(c.name),
                f'<span style="white-space:nowrap">{c.earned:g} of {c.points:g}</span>',
                html.escape(c.message).replace("\n", "<br>"),
            ]
            rows.append("".join(f'<td style="{pad}">{cell}</td>' for cell in cells))
        title = f"{html.escape(self.exercise)}: {self.earned:g} of {self.points:g} points"
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return (
            '<table class="exam-table" style="font-size:100%;border-collapse:collapse">'
            f'<caption style="text-align:left;color:inherit"><b>{title}</b></caption>'
            f"<tbody>{body}</tbody></table>"
        )

    def to_text(self) -> str:
        """Return the report as lines of text."""
        lines = [f"{self.exercise}: {self.earned:g} of {self.points:g} points"]
        for c in self.criteria:
            mark = "✔" if c.earned >= c.points else "✘"
            lines.append(f"  {mark} {c.name} ({c.earned:g}/{c.points:g}) {c.message}".rstrip())
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": self.to_text(),
            "text/html": self.to_html(),
            MIME: self.as_dict(),
        }


def show(report: Report) -> None:
    """Show a report where the check runs: in a notebook, its table. The examiner replaces this."""
    from IPython.display import display

    display(report)


def grade(check: Callable[..., Report], *answers: object) -> None:
    """Check a student's answers, show the report, and raise unless all points were earned.

    Args:
        check: takes the answers and returns a report.
        answers: the student's objects.

    Raises:
        CheckFailed: points were lost; the report says why.
    """
    report = check(*answers)
    show(report)
    if report.earned < report.points:
        lost = report.points - report.earned
        raise CheckFailed(f"{report.exercise}: {lost:g} of {report.points:g} points lost")
