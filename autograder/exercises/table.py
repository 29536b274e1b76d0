"""`python -m autograder bank`: for every exercise, wrong answers caught and right ones passed."""

from __future__ import annotations

from autograder.exercises import bank
from autograder.exercises.exercise import Exercise


def print_table(verbose: bool = False) -> int:
    """Print the table; return 1 if any answer is judged wrongly, else 0.

    Args:
        verbose: also print the diagnosis of every wrong answer.

    Returns:
        0 if every answer is judged rightly, else 1.
    """
    print(f"{'exercise':<34}{'points':>7}{'wrong caught':>14}{'right passed':>14}{'blank':>7}")
    failures: list[str] = []
    for week in bank.weeks():
        for name, exercise in bank.exercises(week).items():
            right = _right_passed(week, name, exercise, failures)
            wrong = _wrong_caught(week, name, exercise, failures, verbose)
            blank = bank.assess(week, name, bank.stub(week, name), "blank")
            if blank.earned:
                failures.append(f"{name}: the blank stub earned {blank.earned:g}")
            print(
                f"{week + '.' + name:<34}{blank.points:>7g}"
                f"{f'{wrong} of {len(exercise.wrong)}':>14}"
                f"{f'{right} of {len(exercise.right)}':>14}{blank.earned:>7g}"
            )
    for failure in failures:
        print("✘", failure)
    return 1 if failures else 0


def _right_passed(week: str, name: str, exercise: Exercise, failures: list[str]) -> int:
    """Return how many right answers earn full marks; note the others."""
    passed = 0
    for label, code in exercise.right.items():
        report = bank.assess(week, name, code, label)
        passed += report.earned == report.points
        if report.earned < report.points:
            failures.append(f"{name}: right answer {label!r} lost points: {report.first_message}")
    return passed


def _wrong_caught(
    week: str, name: str, exercise: Exercise, failures: list[str], verbose: bool
) -> int:
    """Return how many wrong answers get their own diagnosis; note the others."""
    caught = 0
    for label, code in exercise.wrong.items():
        report = bank.assess(week, name, code, label)
        caught += bank.caught(report, label)
        if not bank.caught(report, label):
            failures.append(f"{name}: {label!r} was diagnosed as {report.mistakes}")
        elif verbose:
            print(f"    {label}: {report.first_message}")
    return caught
