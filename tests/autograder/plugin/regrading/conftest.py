"""A class that has been graded, and copies of it where commands are given."""

import shutil
from pathlib import Path

import pytest
from ready_run import nbgrader
from regraded import gradebook, run_ready
from tiny_course import (
    HALF,
    NAME,
    RIGHT,
    answered,
    make_course,
    submit,
)

from autograder.plugin.regrading import beside


@pytest.fixture(scope="module")
def class_of_four(tmp_path_factory):
    """Three who were graded, one of them also by hand, and one who has not been."""
    course = make_course(tmp_path_factory.mktemp("class") / "course")
    for student, answers in {"ann": RIGHT, "bob": HALF, "cyd": HALF}.items():
        submit(course, student, answered(course, answers))
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    submit(course, "dee", answered(course))
    with gradebook(course) as book:
        grade = book.find_grade("test-vowels", NAME, NAME, "cyd")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 0.5, False
        book.find_comment("vowels", NAME, NAME, "cyd").manual_comment = "nearly"
        book.db.commit()
    return course


@pytest.fixture
def course(class_of_four, tmp_path, monkeypatch):
    """A copy of the class, where commands are given."""
    folder = Path(shutil.copytree(class_of_four, tmp_path / "course", symlinks=True))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(beside, "nbgrader", run_ready)
    return folder
