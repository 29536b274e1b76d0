"""The pages: a week's, and the one over all weeks. Jinja escapes whatever a student wrote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
from markupsafe import Markup

from autograder.class_report import picture, predictions, statistics
from autograder.class_report.diagnoses import Diagnosis, to_start_with
from autograder.class_report.gradebook import Cell
from autograder.class_report.people import People
from autograder.class_report.reading import Week
from autograder.class_report.statistics import Estimate
from autograder.class_report.summary import WELL, lines_of, needs_a_word, well
from autograder.class_report.templates import environment
from autograder.units import title_of, unit_of

CARDS = 5  # diagnoses of one exercise that are shown, if more than one student has them
FALL = 0.3  # of the points, below a student's own earlier mean


@dataclass(frozen=True)
class Seen:
    """What the page over all weeks says about one, when the rest of it is forgotten.

    Attributes:
        assignment: its name.
        title: what a reader calls it.
        shares: of the points, by student who handed in.
        waiting: who has an extension that is not over.
        alpha: the week's reliability, if it is known.
        hardest: title of the exercise with the smallest mean share.
        first: what to start the next lecture with.
    """

    assignment: str
    title: str
    shares: dict[str, float]
    waiting: frozenset[str]
    alpha: Estimate | None
    hardest: str
    first: list[str]

    @property
    def handed(self) -> int:
        """How many handed in."""
        return len(self.shares)

    @property
    def mean(self) -> float:
        """Mean share of who handed in."""
        return float(np.mean(list(self.shares.values()))) if self.shares else 0.0

    @property
    def quarters(self) -> list[float]:
        """Lower quarter, median and upper quarter of the shares."""
        return list(map(float, np.quantile(list(self.shares.values()), [0.25, 0.5, 0.75])))


def short_title(assignment: str) -> str:
    """Return what a reader calls an assignment.

    Args:
        assignment: its name.
    """
    return title_of(unit) if (unit := unit_of(assignment)) else assignment


def week_page(
    week: Week, people: People, found: list[Diagnosis], over_all: str = "", similar: str = ""
) -> tuple[str, Seen]:
    """Return a week's page, and what remains of the week.

    Args:
        week: what was read.
        people: everybody in the gradebook.
        found: as `diagnoses` gives it.
        over_all: file name of the page over all weeks, "" if there is none.
        similar: HTML of a section on answers that are alike, escaped already.

    Returns:
        HTML, and a summary.
    """
    lines, analysis = lines_of(week)
    first = to_start_with(found)
    by_exercise: dict[Cell, list[Diagnosis]] = defaultdict(list)
    for one in found:
        by_exercise[one.exercise.cell].append(one)
    diagnosed = []
    for exercise in week.exercises:
        mine = by_exercise[exercise.cell]
        shared = [one for one in mine if len(one.students) > 1]
        cards = [one for place, one in enumerate(shared) if place < CARDS or one in first]
        if mine:
            diagnosed.append((exercise, cards, len(mine) - len(cards)))
    order = sorted(week.attempts, key=lambda s: (week.share(s), people.order(s)))
    rows = picture.rows_of(week, order)
    shown = {kind for row in rows for kind in row.kinds}
    shares = {student: week.share(student) for student in week.attempts}
    hardest = min(lines, key=lambda line: line.share) if lines else None
    seen = Seen(
        week.assignment,
        short_title(week.assignment),
        shares,
        frozenset(week.waiting),
        analysis.alpha,
        f"{hardest.exercise.title} ({hardest.share:.0%})" if hardest else "",
        [f"{d.first} ({d.exercise.title}; {len(d.students)} of {len(shares)})" for d in first],
    )
    page = _render(
        "week.html.j2",
        people,
        title=f"{seen.title}: what the class did not understand",
        week=week,
        everybody=len(people.students),
        mean=seen.mean,
        threshold=WELL,
        lines=lines,
        analysis=analysis,
        good=well(lines),
        best=max(lines, key=lambda line: line.share) if lines else None,
        first=first,
        words=needs_a_word(week, people),
        anchors={one: f"d{place}" for place, one in enumerate(found, start=1)},
        diagnosed=diagnosed,
        order=order,
        strips=[(e, list(rows)) for e, rows in groupby(rows, key=lambda row: row.exercise)],
        strip=picture.strip,
        swatch=picture.swatch,
        number_line=picture.number_line,
        fewest=predictions.FEWEST,
        kinds=picture.KINDS,
        shown_kinds=[kind for kind in picture.KINDS if kind in shown],
        resamples=statistics.RESAMPLES,
        seed=statistics.SEED,
        over_all=over_all,
        similar=Markup(similar),
    )
    return page, seen


def shares_of(weeks: list[Seen], people: People) -> list[tuple[str, list[float | None]]]:
    """Return every student's shares over the weeks, None for nothing handed in.

    Args:
        weeks: in order.
        people: everybody in the gradebook.
    """
    everybody = sorted(people.students, key=people.order)
    return [(student, [week.shares.get(student) for week in weeks]) for student in everybody]


def weeks_page(weeks: list[Seen], people: People) -> str:
    """Return the page over all weeks.

    Args:
        weeks: at least one, in order.
        people: everybody in the gradebook.
    """
    rows = shares_of(weeks, people)
    table = np.array([[np.nan if x is None else x for x in shares] for _, shares in rows])
    pause = 1 if len(weeks) < 3 else 2
    stopped, falling, never = [], [], []
    for student, shares in rows:
        handed = [place for place, share in enumerate(shares) if share is not None]
        known = [share for share in shares if share is not None]
        waits = any(student in week.waiting for week in weeks[-pause:])
        if not handed:
            never.append(student)
        elif handed[-1] < len(weeks) - pause and not waits:
            stopped.append((student, weeks[handed[-1]].title, float(np.mean(known))))
        elif len(known) > 1 and shares[-1] is not None and np.mean(known[:-1]) - known[-1] >= FALL:
            falling.append(student)
    middle = ", ".join(f"{w.title} {w.quarters[1]:.0%}" for w in weeks)
    return _render(
        "weeks.html.j2",
        people,
        title="All weeks: how the class is doing",
        weeks=weeks,
        everybody=len(people.students),
        best=max(weeks, key=lambda week: week.mean),
        stopped=stopped,
        falling=falling,
        never=never,
        fall=FALL,
        pause=pause,
        rows=rows,
        lines=picture.trajectories(
            table, [w.title for w in weeks], f"Share of the points over the weeks; median: {middle}"
        ),
    )


def _render(template: str, people: People, **values: object) -> str:
    templates = environment()
    templates.filters |= {
        "label": people.label,
        "listed": lambda students: _listed([people.label(student) for student in students]),
        "number": lambda value: f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}",
        "percent": lambda share: f"{share:.0%}",
        "estimate": lambda e: f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]".replace("-", "−"),
    }
    made = date.today().isoformat()
    return templates.get_template(template).render(people=people, made=made, **values)


def _listed(labels: list[str], most: int = 8) -> str:
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + more
