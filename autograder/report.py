"""A hidden check's result: points per criterion, and for every lost point the reason.

nbgrader gives partial credit *or* an explanation; a :class:`Report` gives both. A check is a
function that fills a report::

    @check(mean=1, values=2)
    def center(report, center):
        with report.criterion("mean"):
            ...  # anything raised here loses these points and becomes the explanation
        with report.criterion("values"):
            ...

and a grade cell calls ``grade(week01.center, center)``, which shows the report and raises unless
every point was earned.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aeutils._failed import CheckFailed

if TYPE_CHECKING:
    from nbformat import NotebookNode

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
        """Give the points of criterion `name` if the block ends without raising."""
        found = next((c for c in self.criteria if c.name == name), None)
        if found is None:
            known = [c.name for c in self.criteria]
            raise ValueError(f"check {self.exercise!r} has no criterion {name!r}; it has {known}")
        try:
            yield
        except CheckFailed as failure:
            found.message, found.mistake = str(failure), failure.mistake or "wrong-values"
        except Exception as error:
            # The check tripped over a result it did not expect: never the student's traceback.
            found.message = f"the result could not be checked ({type(error).__name__}: {error})"
            found.mistake = "could-not-check"
        else:
            found.earned, found.message, found.mistake = found.points, "", ""

    def as_dict(self) -> dict:
        """Return the report as plain data."""
        return {
            "exercise": self.exercise,
            "earned": self.earned,
            "points": self.points,
            "criteria": [vars(c).copy() for c in self.criteria],
        }

    @classmethod
    def from_dict(cls, data: dict) -> Report:
        """Rebuild a report from :meth:`as_dict`; KeyError or TypeError if it is not one."""
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
        """Return a report of an exercise that could not be checked at all."""
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

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        return {
            "text/plain": self.to_text(),
            "text/html": self.to_html(),
            MIME: self.as_dict(),
        }


@dataclass(frozen=True)
class Check:
    """The hidden check of one exercise: its criteria with points, and the function that looks."""

    name: str
    points: dict[str, float]
    look: Callable[..., None]

    def __call__(self, *answers: object) -> Report:
        """Check the student's objects and return the report; never raises for a wrong answer."""
        report = Report(self.name, [Criterion(n, p) for n, p in self.points.items()])
        self.look(report, *answers)
        return report


def check(points: dict[str, float]) -> Callable[[Callable[..., None]], Check]:
    """Make a :class:`Check` of a function ``(report, *answers)`` that fills in `points`."""

    def mark(look: Callable[..., None]) -> Check:
        return Check(look.__name__, points, look)

    return mark


def show(report: Report) -> None:
    """Show a report where the check runs: in a notebook, its table. The examiner replaces this."""
    from IPython.display import display

    display(report)


def grade(checked: Check, *answers: object) -> None:
    """Check `answers`, show the report, and raise CheckFailed unless all points were earned."""
    report = checked(*answers)
    show(report)
    if report.earned < report.points:
        lost = report.points - report.earned
        raise CheckFailed(f"{report.exercise}: {lost:g} of {report.points:g} points lost")


def reports(nb: NotebookNode) -> dict[str, Report]:
    """Return the reports stored in a graded notebook, by grade_id.

    >>> reports(nbformat.read("autograded/ann/week01_pca/week01_pca.ipynb", 4))  # doctest: +SKIP
    """
    from nbgrader.utils import is_grade, is_solution  # slow to import, and only needed here

    found = {}
    for cell in nb.cells:
        if is_grade(cell) and cell.cell_type == "code" and not is_solution(cell):
            shown = [o for o in cell.outputs if MIME in o.get("data", {})]
            if len(shown) == 1:
                found[cell.metadata.nbgrader["grade_id"]] = Report.from_dict(shown[0].data[MIME])
    return found
