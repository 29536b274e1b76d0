"""The guide's worked example works, and its table of exercises is complete."""

import re
import runpy

import pytest

from autograder import units
from autograder.exercises import bank
from autograder.exercises.bank import PRELUDE
from course.book import COURSE, exercises, notebooks


@pytest.fixture(scope="module")
def example():
    """Run the file of the worked example, and return its exercise."""
    page = (COURSE / "guide" / "new-exercise.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python exercise\n(.*?)```", page, flags=re.DOTALL)
    scope = {"__name__": "example"}
    exec(compile(code, "<the worked example>", "exec"), scope)
    return scope["EXERCISE"]


def assess(example, code):
    scope = {}
    exec(PRELUDE + code, scope)
    return example(scope["participation_ratio"])


def test_right_answers_of_the_worked_example_get_all_points(example):
    assert len(example.right) >= 2
    for label, code in example.right.items():
        report = assess(example, code)
        assert report.earned == report.points == 2, (label, report)


def test_wrong_answers_of_the_worked_example_are_named(example):
    assert len(example.wrong) >= 5
    for label, code in example.wrong.items():
        report = assess(example, code)
        assert report.earned < report.points, label
        assert label in report.mistakes, (label, report.mistakes)


def test_the_table_of_exercises_has_every_exercise_with_its_points():
    page = exercises.page()
    for week in bank.weeks():
        section = page.split(f"## {units.title_of(week)}:")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if re.match(r"\| \d+ · ", line)]
        known = bank.exercises(week).values()
        assert len(rows) == len(known)
        for row, exercise in zip(rows, known, strict=True):
            assert f"| {sum(exercise.points.values()):g} |" in row
            assert row.endswith(f"| {len(exercise.wrong)} |")


def test_the_table_of_submissions_is_that_of_the_tests():
    path = COURSE / "guide" / "submissions.md"
    text = path.read_text(encoding="utf-8")
    made = runpy.run_path(str(COURSE.parent / "tests" / "submissions_page.py"))["page"](text)
    assert text == made, f"{path} is behind the tests: python -m tests.submissions_page"


def test_every_week_has_a_rubric_oral_questions_and_slides():
    rubric = (COURSE / "guide" / "rubric.md").read_text(encoding="utf-8")
    honesty = (COURSE / "guide" / "honesty.md").read_text(encoding="utf-8")
    plan = (COURSE / "guide" / "term-plan.md").read_text(encoding="utf-8")
    for name in notebooks.names():
        unit = units.unit_of(name)
        title = units.title_of(unit)
        assert f"## {title}\n" in rubric
        assert f"**{title}.**" in honesty
        assert f"| {title.split()[1]} |" in plan
        assert (COURSE / "slides" / f"{unit}.md").exists()
    assert (
        rubric.count("*Weak (0).*") == rubric.count("*Strong (2).*") == rubric.count("*Fair (1).*")
    )
