"""The page of misconceptions: every wrong answer of the bank, and what its author gets to read.

``python -m autograder misconceptions`` writes it to dist/; the instructors' edition of the site has
it, too.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from autograder.exercises import bank
from autograder.hall.report import Report
from autograder.units import title_of

HEAD = """\
# Misconceptions

**For instructors.** Most of these answers are one token away from a right one, so this page is not
part of what students get.

Every entry is a wrong answer that the hidden checks recognise by name. It shows the code, the
diagnosis that its author reads on the feedback page, and the points it costs. A feedback page has
one such line per lost criterion; here you see the one that names the mistake.

Two uses: read a week's list before you teach it, and look up a diagnosis that a student asks about.
To add an entry, see [instructors.md](instructors.md#the-answer-bank).

| exercise | points | wrong answers | points lost, mean |
| --- | --- | --- | --- |
"""


def page(weeks: Sequence[str] = ()) -> str:
    """Return the page as Markdown; every wrong answer is assessed for it.

    Args:
        weeks: for example "week05"; all by default.
    """
    rows, sections = [], []
    for week in weeks or bank.weeks():
        sections.append(f"## {title_of(week)}\n")
        for name, exercise in bank.exercises(week).items():
            reports = {k: bank.assess(week, name, code, k) for k, code in exercise.wrong.items()}
            points = sum(exercise.points.values())
            lost = [r.points - r.earned for r in reports.values()]
            rows.append(
                f"| [{week} `{name}`](#{week}-{name}) | {points:g} | {len(lost)} "
                f"| {sum(lost) / len(lost):.1f} |"
            )
            sections.append(f"### {week} {name}\n")
            sections += [
                entry(label, exercise.wrong[label], report) for label, report in reports.items()
            ]
    return HEAD + "\n".join(rows) + "\n\n" + "\n".join(sections)


def entry(label: str, code: str, report: Report) -> str:
    """Return the part of the page on one wrong answer.

    Args:
        label: the mistake's name.
        code: the wrong answer.
        report: the check's report on it.
    """
    lines = [line.rstrip() for line in code.strip().splitlines()]
    body = "\n".join(line for i, line in enumerate(lines) if line or (i and lines[i - 1]))
    lost = report.points - report.earned
    return (
        f"#### `{label}`: loses {lost:g} of {report.points:g}\n\n"
        f"```python\n{body}\n```\n\n> {diagnosis(report, label)}\n"
    )


def diagnosis(report: Report, label: str) -> str:
    """Return the message that names mistake `label`, on one line.

    Where a library's own error is quoted, its words are left out: they change between releases, and
    the page must not.

    Args:
        report: the check's report on the wrong answer.
        label: the mistake's name.

    Raises:
        ValueError: the report does not name it.
    """
    message = next((c.message for c in report.criteria if c.mistake == label), "")
    if not message:
        raise ValueError(
            f"{report.exercise}: {label!r} was diagnosed as {report.mistakes}, so there is nothing "
            "to print; run `python -m autograder bank`"
        )
    message = re.sub(
        r"( raised \w+)[^:]*: .*(?=\n  It was called with)", r"\1: …", message, flags=re.S
    )
    return textwrap.shorten(" ".join(message.split()), 400, placeholder=" …")
