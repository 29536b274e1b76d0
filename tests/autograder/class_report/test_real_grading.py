"""A small class of another course, really graded: what the report says about every kind."""

import re

import pytest
from nbgrader.api import Gradebook
from ready_run import nbgrader
from tiny_course import HALF, NAME, RIGHT, answered, make_course, no_sandbox, released, submit

from autograder.__main__ import main
from autograder.class_report.gradebook import open_gradebook, read_entries
from autograder.class_report.reading import read_week
from autograder.collecting.course import find_course

pytestmark = pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}")
ENDS = RIGHT | {"vowels": "import os\ndef vowels(text):\n    os._exit(3)"}
EMPTIED = RIGHT | {"centred": "# no idea\n\n"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = make_course(tmp_path_factory.mktemp("graded") / "course")
    for student, nb in {
        "ada": answered(folder),
        "bob": answered(folder, HALF),
        "cho": answered(folder, HALF),
        "dev": answered(folder, EMPTIED),
        "eva": answered(folder, ENDS),
        "fay": released(folder),
        "gus": "no notebook at all",
    }.items():
        submit(folder, student, nb)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "tiny") as gradebook:
        gradebook.update_or_create_student("hal", first_name="Hal", last_name="Nine")
    done = nbgrader(folder, "autograde", NAME)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture
def week(course, monkeypatch):
    monkeypatch.chdir(course)
    directory = find_course(NAME).directory
    with open_gradebook(directory) as gradebook:
        return read_week(directory, NAME, read_entries(gradebook, NAME))


@pytest.mark.parametrize(
    ("student", "states"),
    [
        ("ada", ["answered"] * 3),
        ("bob", ["answered"] * 3),
        ("dev", ["answered", "blank", "answered"]),
        ("eva", ["answered", "answered", "stopped"]),
        ("fay", ["untouched"] * 3),
        ("gus", ["unreadable"] * 3),
    ],
)
def test_states(week, student, states):
    assert [week.attempts[student][e.cell].state for e in week.exercises] == states


def test_points_are_the_gradebooks(course, week):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny") as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            assert week.share(submission.student.id) == pytest.approx(submission.score / 7)


def test_the_page_of_a_small_course_without_lessons(course, week, capsys):
    assert main(["report"]) == 0
    page = (course / "reports" / f"{NAME}.html").read_text(encoding="utf-8")
    assert "7 of 8 students handed in" in page
    assert "fewer than 10" in page  # students: no correlation is claimed
    assert "every number twice" not in page  # nobody failed that
    assert "return x - 1" in page  # two students' answer, without a name
    assert "Lesson:" not in page
    top = re.sub(r"<[^>]+>", "", page.partition("Who needs a word:")[2].partition("</p>")[0])
    assert "1 handed in without an answer" in top
    assert "1 handed in what cannot be read" in top
    assert "1 handed in nothing" in top


@pytest.mark.filterwarnings("ignore")  # nbgrader's own, when it adds a submission
def test_who_is_given_an_extension_is_not_missing(course, monkeypatch):
    monkeypatch.chdir(course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-01-01 12:00 UTC")
        gradebook.add_submission(NAME, "hal")
        gradebook.grant_extension(NAME, "hal", weeks=5_000)
    assert main(["report", NAME]) == 0
    page = (course / "reports" / f"{NAME}.html").read_text(encoding="utf-8")
    assert "An extension that is not over: student" in page
    assert "handed in nothing" not in page
    assert "7 of 8 students handed in" in page
