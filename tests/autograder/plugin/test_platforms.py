"""Grades for Moodle and Canvas, through the stock command."""

import csv
import os
import sys
import warnings
from pathlib import Path

import pytest
from ready_run import nbgrader

TEMPLATE = """\
Student,ID,SIS User ID,SIS Login ID,Section,week01_pca (4711),Final Score
    Points Possible,,,,,24,(read only)
"Lee, Ann",101,S1,ann,Group A,,
"Doe, Bob",102,S2,bob,Group B,,
"Ray, Zoe",103,S3,zoe,Group B,,
"""


@pytest.fixture(scope="module")
def session_path():
    """nbgrader looks for its helper `alembic` on the PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def course(tmp_path_factory, session_path):
    from nbgrader.api import Gradebook

    folder = tmp_path_factory.mktemp("course")
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        warnings.simplefilter("ignore")  # SQLAlchemy's, about how nbgrader adds a submission
        book.add_assignment("week01_pca")
        book.add_notebook("nb", "week01_pca")
        book.add_grade_cell("test-a", "nb", "week01_pca", max_score=24, cell_type="code")
        book.add_student("ann", first_name="Ann", last_name="Lee", email="ann@example.org")
        book.add_student("bob", first_name="Bob, Jr.", last_name="Doe", email="bob@example.org")
        submission = book.add_submission("week01_pca", "ann")
        submission.notebooks[0].grades[0].auto_score = 20.5
        submission.notebooks[0].late_submission_penalty = 2.0
        book.db.commit()
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    (folder / "from-canvas.csv").write_text(TEMPLATE, encoding="utf-8")
    return folder


def export(course, *options):
    done = nbgrader(course, "export", *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_moodle_gets_one_row_a_student_and_no_broken_commas(course):
    export(course, "--exporter", "autograder.platforms.Moodle", "--to", "moodle.csv")
    assert read(course / "moodle.csv") == [
        ["Username", "Email address", "First name", "Last name", "week01_pca"],
        ["bob", "bob@example.org", "Bob, Jr.", "Doe", "0"],
        ["ann", "ann@example.org", "Ann", "Lee", "18.5"],
    ]


def test_what_was_not_handed_in_can_stay_empty(course):
    export(
        course,
        *("--exporter", "autograder.platforms.Moodle", "--to", "empty.csv"),
        "--Moodle.missing_is_zero=False",
    )
    assert [row[-1] for row in read(course / "empty.csv")[1:]] == ["", "18.5"]


def test_canvas_gets_its_own_people_and_column_names_back(course):
    log = export(
        course,
        *("--exporter", "autograder.platforms.Canvas", "--to", "canvas.csv"),
        "--Canvas.template=from-canvas.csv",
    )
    assert read(course / "canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "week01_pca (4711)"],
        ["    Points Possible", "", "", "", "", "24"],
        ["Lee, Ann", "101", "S1", "ann", "Group A", "18.5"],
        ["Doe, Bob", "102", "S2", "bob", "Group B", "0"],
    ]
    assert "left out" not in log


def test_canvas_without_a_template_names_students_by_their_login(course):
    export(course, "--exporter", "autograder.platforms.Canvas", "--to", "plain.csv")
    rows = read(course / "plain.csv")
    assert rows[2] == ["Lee, Ann", "", "", "ann", "", "18.5"]


def test_the_stock_export_has_one_row_a_week(course):
    export(course)
    rows = read(course / "grades.csv")
    assert rows[0][:4] == ["assignment", "duedate", "timestamp", "student_id"]
    assert rows[0][-2:] == ["score", "max_score"]
    assert len(rows) == 3
