"""A week of five students: Moodle's zip, collected, graded, and the feedback's zip for Moodle."""

import json
import zipfile

import pytest
from downloads import CLASS, make_csv, make_zip
from nbgrader.api import Gradebook
from tiny_course import CONFIG, FILE, HALF, NAME, answered, make_course, no_sandbox

from autograder.__main__ import main
from autograder.demo import nbgrader

pytestmark = pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}")

PENALTY = """
c.Autograde.create_student = False
c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"
c.PerDay.share = 0.25
"""
FOLDERS = {
    "ann": "Ann Lee_101_assignsubmission_file",
    "zoe": "Zoë García Márquez_102_assignsubmission_file",
    "sob": "Sinéad OBrien_103_assignsubmission_file",
    "jlp": "Jean-Luc Łukasz-Müller_104_assignsubmission_file",
    "bob": "Bob Doe_105_assignsubmission_file",
}
EARLY, LATE = "Sunday, 1 March 2026, 1:00 PM", "Tuesday, 3 March 2026, 1:00 PM"


def must_work(done):
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A course folder in which a week was collected, graded and returned."""
    top = tmp_path_factory.mktemp("week")
    course = make_course(top / "course", config=CONFIG + PENALTY)
    people = make_csv(top / "people.csv", [["id", "first_name", "last_name", "email"], *CLASS])
    must_work(nbgrader(course, "db", "student", "import", str(people)))
    due = "--duedate=2026-03-02 12:00 UTC"
    must_work(nbgrader(course, "db", "assignment", "add", NAME, due))
    right, half = (json.dumps(answered(course, *answers)).encode() for answers in ((), (HALF,)))
    files = {f"{FOLDERS[s]}/{FILE}": half if s == "zoe" else right for s in FOLDERS}
    # Bob is a day late, and hands in a time of his own.
    files[f"{FOLDERS['bob']}/timestamp.txt"] = b"2026-03-01 12:00:00 UTC"
    numbers = {student: folder.split("_")[1] for student, folder in FOLDERS.items()}
    head = ["Identifier", "Full name", "Email address", "Last modified (submission)"]
    rows = [
        [f"Participant {numbers[s]}", f"{first} {last}", mail, LATE if s == "bob" else EARLY]
        for s, first, last, mail in CLASS
    ]
    sheet = make_csv(top / "worksheet.csv", [head, *rows])
    zipped = make_zip(top / "download.zip", files)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(course)
        collected = main(
            [
                *("collect", str(zipped), NAME, "--from", "moodle"),
                *("--csv", str(sheet), "--timezone", "UTC"),
            ]
        )
        assert collected == 0
        must_work(nbgrader(course, "autograde", NAME))
        must_work(nbgrader(course, "generate_feedback", NAME))
        assert main(["collect", NAME, "--return", "moodle"]) == 0
    return course


def test_everybody_is_graded_and_only_the_late_one_pays(week):
    with Gradebook(f"sqlite:///{week / 'gradebook.db'}", "tiny") as gradebook:
        found = {s: gradebook.find_submission(NAME, s) for s in FOLDERS}
        scores = {s: (one.score, one.late_submission_penalty or 0) for s, one in found.items()}
    # A day and an hour after the deadline are two days begun, 25 % each.
    assert scores == {"ann": (7, 0), "zoe": (4, 0), "sob": (7, 0), "jlp": (7, 0), "bob": (7, 3.5)}


def test_the_feedback_has_the_folders_of_the_download(week):
    with zipfile.ZipFile(week / f"feedback-{NAME}-moodle.zip") as archive:
        assert set(archive.namelist()) == {f"{f}/{NAME}.html" for f in FOLDERS.values()}
        assert all(b"<html" in archive.read(name) for name in archive.namelist())
