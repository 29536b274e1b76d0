"""Stock nbgrader, from a folder laid out like this one, without flags."""

import shutil

import nbformat
import pytest
from ready_run import nbgrader
from repository import ROOT

from autograder import units
from autograder.builder.source import without_outputs

WEEKS = units.notebooks(ROOT)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course's top folder, as an instructor has it."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    skip = shutil.ignore_patterns(".ipynb_checkpoints", "*.json")
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    return folder


@pytest.mark.parametrize("week", WEEKS)
def test_generate_assignment_makes_the_committed_notebook(course, week):
    done = nbgrader(course, "generate_assignment", week)
    assert done.returncode == 0, done.stderr
    files = [p.name for p in (course / "notebooks" / week).iterdir()]
    assert files == [f"{week}.ipynb"]
    made = nbformat.read(course / "notebooks" / week / f"{week}.ipynb", as_version=4)
    committed = nbformat.read(ROOT / "notebooks" / week / f"{week}.ipynb", as_version=4)
    assert without_outputs(made) == without_outputs(committed)


def test_releasing_again_never_overwrites_typed_answers(course):
    path = course / "notebooks" / "week01_pca" / "week01_pca.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("raise NotImplementedError()", "return 7", 1), encoding="utf-8")
    done = nbgrader(course, "generate_assignment", "week01_pca")
    assert done.returncode != 0
    assert "holds typed answers (center)" in done.stderr
    assert "return 7" in path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")


def test_autograde_without_submissions_says_so(course):
    done = nbgrader(course, "autograde", "week01_pca")
    assert done.returncode != 0
    assert "No notebooks were matched" in done.stderr


def test_week_two_is_graded_and_explained(course):
    """Week 2's solution and a blank copy, through autograde, feedback and export."""
    week = "week02_vanilla"
    for student, source in {
        "right": ROOT / "solutions" / week / f"{week}.ipynb",
        "blank": course / "notebooks" / week / f"{week}.ipynb",
    }.items():
        folder = course / "submitted" / student / week
        folder.mkdir(parents=True)
        shutil.copy(source, folder / f"{week}.ipynb")
    for command in (["autograde", week], ["generate_feedback", week], ["export"]):
        done = nbgrader(course, *command)
        assert done.returncode == 0, done.stderr
    header, *rows = (course / "grades.csv").read_text(encoding="utf-8").splitlines()
    score = header.split(",").index("score")
    by_student = {
        row.split(",")[header.split(",").index("student_id")]: float(row.split(",")[score])
        for row in rows
        if week in row and row.split(",")[score]
    }
    assert by_student == {"right": 24.0, "blank": 0.0}
    page = course / "feedback" / "blank" / week / f"{week}.html"
    assert "not implemented yet" in page.read_text(encoding="utf-8")
