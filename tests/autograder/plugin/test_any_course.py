"""A course that knows nothing of ours: nbgrader's quickstart, with two lines of configuration."""

import os
import shutil
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from ready_run import nbgrader as run
from traitlets.config import Config

from autograder import demo
from autograder.hall.isolation.bubblewrap import bwrap, trial
from autograder.hall.plugin import exam_hall
from autograder.plugin.reports import reports

PROBLEM = trial(bwrap(), os.environ.get("PATH", ""))
needs_sandbox = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")
GUIDE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
TWO_LINES = "from autograder.hall.plugin import exam_hall\nexam_hall(c)\n"


def release(folder, lines, run=run):
    """Copy the quickstart course with its two students, and release its assignment."""
    for name in ("source", "submitted"):
        shutil.copytree(GUIDE / name, folder / name, ignore=shutil.ignore_patterns("*_autotest"))
    (folder / "nbgrader_config.py").write_text("c = get_config()\n" + lines)
    done = run(folder, "generate_assignment", "ps1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The course with our two lines, released once."""
    return release(tmp_path_factory.mktemp("released"), TWO_LINES)


@pytest.fixture
def course(released, tmp_path):
    """A copy of it for one test."""
    return shutil.copytree(released, tmp_path, dirs_exist_ok=True)


def grade(folder, run=run):
    """Autograde and make feedback; return every cell's automatic score."""
    for command in ("autograde", "generate_feedback"):
        done = run(folder, command, "ps1")
        assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", None) as gradebook:
        return {
            (submission.student.id, notebook.name, grade.name): grade.auto_score
            for submission in gradebook.assignment_submissions("ps1")
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory, released):
    """The quickstart course graded by stock nbgrader and in the exam hall."""
    if PROBLEM:
        pytest.skip(f"no sandbox here: {PROBLEM}")
    # A process that has loaded our plug-in would be no stock nbgrader.
    stock = release(tmp_path_factory.mktemp("stock"), "", run=demo.nbgrader)
    hall = shutil.copytree(released, tmp_path_factory.mktemp("hall"), dirs_exist_ok=True)
    return grade(stock, run=demo.nbgrader), grade(hall), hall


def test_scores_equal_those_of_stock_nbgrader(quickstart):
    stock, hall, _ = quickstart
    assert hall == stock
    assert hall["hacker", "problem1", "sum_of_squares_uses_squares"] == 0.5
    assert hall["hacker", "problem1", "sum_of_squares_application"] is None  # graded by hand


def test_every_lost_point_is_explained(quickstart):
    folder = quickstart[2]
    nb = nbformat.read(folder / "autograded/bitdiddle/ps1/problem1.ipynb", 4)
    lost = {name: r.first_message for name, r in reports(nb).items() if r.earned < r.points}
    assert "`assert squares(1) == [1]`, failed (after calling squares)" in lost["correct_squares"]
    page = (folder / "feedback/bitdiddle/ps1/problem1.html").read_text(encoding="utf-8")
    assert "failed (after calling squares)" in page
    assert "Graded without a sandbox" not in page


def listing(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def no_sandbox(tmp_path_factory, monkeypatch):
    """A machine on which bubblewrap may not make namespaces."""
    folder = tmp_path_factory.mktemp("forbidden")
    program = folder / "bwrap"
    refusal = "bwrap: No permissions to create new namespace"
    program.write_text(f"#!/bin/sh\necho '{refusal}' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_a_sandbox_nothing_is_graded(course, no_sandbox):
    """The command must refuse, say what to do, and leave no trace."""
    before = listing(course)
    done = run(course, "autograde", "ps1")
    assert done.returncode != 0
    assert "Nothing was graded: student code must run in a sandbox" in done.stderr
    assert "No permissions to create new namespace" in done.stderr
    assert "apt install bubblewrap" in done.stderr
    assert 'c.ExamHall.sandbox = "none"' in done.stderr
    assert listing(course) == before
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", None) as gradebook:
        assert gradebook.assignment_submissions("ps1") == []


def formgrader(folder):
    """Return nbgrader's API as formgrader's autograde button uses it."""
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
    exam_hall(config)
    return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


@needs_sandbox
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own
def test_formgraders_button_grades_in_the_hall(course):
    done = formgrader(course).autograde("ps1", "hacker")
    assert done["success"], done
    nb = nbformat.read(course / "autograded/hacker/ps1/problem1.ipynb", 4)
    assert nb.metadata.exam_hall.protected is True
    assert reports(nb)["correct_squares"].earned == 1


def test_formgraders_button_refuses_without_a_sandbox(course, monkeypatch):
    monkeypatch.setattr("autograder.hall.isolation.bubblewrap.bwrap", lambda: None)
    done = formgrader(course).autograde("ps1", "hacker")
    assert not done["success"]
    assert "Nothing was graded" in done["log"]
    assert not (course / "autograded").exists()


def test_unprotected_grading_must_be_asked_for_and_is_said_everywhere(course, no_sandbox):
    with (course / "nbgrader_config.py").open("a") as config:
        config.write('c.ExamHall.sandbox = "none"\n')
    done = run(course, "autograde", "ps1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("WITHOUT a sandbox") >= 4  # at the start, per notebook, at the end
    assert "2 submissions graded in this run WITHOUT a sandbox" in done.stderr
    assert run(course, "generate_feedback", "ps1").returncode == 0
    for page in (course / "feedback").rglob("*.html"):
        assert "Graded without a sandbox" in page.read_text(encoding="utf-8"), page
    nb = nbformat.read(course / "autograded/hacker/ps1/problem1.ipynb", 4)
    assert reports(nb)["correct_squares"].earned == 1


@needs_sandbox
def test_a_notebook_in_another_language_is_refused_by_name(course):
    path = course / "source/ps1/problem1.ipynb"
    nb = nbformat.read(path, 4)
    nb.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(nb, path)
    done = run(course, "autograde", "ps1")
    assert done.returncode != 0
    assert "grades Python notebooks; this one is in R" in done.stderr
