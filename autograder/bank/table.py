"""`python -m autograder bank`: for every exercise, wrong answers caught and right ones passed."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbgrader.utils import is_solution

from autograder import bank
from autograder.report import Report

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def stub(week: str, name: str) -> str:
    """Return the empty answer cell of an exercise as students get it."""
    for path in NOTEBOOKS.glob(f"{week}*/{week}*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if is_solution(cell) and cell.metadata.nbgrader.grade_id == name:
                return cell.source
    raise FileNotFoundError(
        f"no stub of {name!r} in {NOTEBOOKS / week}*; run `python -m autograder build`"
    )


def caught(report: Report, mistake: str) -> bool:
    """Tell whether a wrong answer lost points with its own diagnosis."""
    return report.earned < report.points and mistake in report.mistakes


def print_table(verbose: bool = False) -> int:
    """Print the table; return 1 if any answer is judged wrongly, else 0."""
    print(f"{'exercise':<34}{'points':>7}{'wrong caught':>14}{'right passed':>14}{'blank':>7}")
    failures = []
    for week in bank.weeks():
        for name, exercise in bank.exercises(week).items():
            n_right = n_wrong = 0
            for label, code in exercise.right.items():
                report = bank.assess(week, name, code, label)
                n_right += report.earned == report.points
                if report.earned < report.points:
                    failures.append(f"right answer {label!r} lost points: {report.first_message}")
            for label, code in exercise.wrong.items():
                report = bank.assess(week, name, code, label)
                n_wrong += caught(report, label)
                if not caught(report, label):
                    failures.append(f"{name}: {label!r} was diagnosed as {report.mistakes}")
                elif verbose:
                    print(f"    {label}: {report.first_message}")
            blank = bank.assess(week, name, stub(week, name), "blank")
            if blank.earned:
                failures.append(f"{name}: the blank stub earned {blank.earned:g}")
            print(
                f"{week + '.' + name:<34}{blank.points:>7g}"
                f"{f'{n_wrong} of {len(exercise.wrong)}':>14}"
                f"{f'{n_right} of {len(exercise.right)}':>14}{blank.earned:>7g}"
            )
    for failure in failures:
        print("✘", failure)
    return 1 if failures else 0
