"""Regrading in hostile hands: students' code, edited records, texts that move the cursor."""

import re

import pytest
from ready_run import nbgrader
from regraded import again, change_check, gradebook, only_record, run_ready, state
from tiny_course import (
    CONFIG,
    HALF,
    NAME,
    answered,
    graded,
    make_course,
    no_sandbox,
    submit,
)

from autograder.collecting.report import printable
from autograder.hall.report import MIME
from autograder.plugin.regrading import beside
from autograder.plugin.regrading.record import (
    Change,
    CriterionChange,
    Row,
    read_record,
)
from autograder.plugin.regrading.report import lines

SANDBOX = no_sandbox()
pytestmark = pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}")


SPY = """
def vowels(text):
    return text.count('a')
import os, json
seen = []
for folder, _, files in os.walk({course!r}):
    for name in files:
        path = os.path.join(folder, name)
        if "regrades" in path or "gradebook" in path or "autograded" in path:
            seen.append(path)
            open(path, "w").close()
try:
    os.makedirs({course!r} + "/regrades/2026-01-01T00-00-00-000000-ps", exist_ok=True)
    open({course!r} + "/regrades/2026-01-01T00-00-00-000000-ps.json", "w").write("forged")
except OSError:
    pass
print("SEEN", len(seen))
"""
FORGED = """
from IPython.display import display
display({{{mime!r}: {{"exercise": "vowels", "earned": 3, "points": 3, "criteria": [
    {{"name": "the whole exercise", "points": 3, "earned": 3, "message": "", "mistake": ""}}]}}}},
    raw=True)
"""


def test_a_students_code_reaches_neither_record_nor_copy_nor_anybodys_points(course, capsys):
    """It runs while the copy of the gradebook lies below the course, and finds nothing there."""
    spy = {**HALF, "vowels": SPY.format(course=str(course))}
    forged = {**HALF, "vowels": HALF["vowels"] + FORGED.format(mime=MIME)}
    submit(course, "eve", answered(course, spy))
    submit(course, "fay", answered(course, forged))
    nbgrader(course, "autograde", NAME)
    change_check(course)
    assert again(NAME) == 0
    record = read_record(only_record(course), course)
    assert {c.student: c.new_score - c.old_score for c in record.changes} == {
        **{"ann": 0, "cyd": 0, "dee": 0},
        **{"bob": 1, "eve": 1, "fay": 1},
    }
    assert "SEEN 0" in str(graded(course, "eve"))
    assert [path.name for path in (course / "regrades").glob("*.json")] == [record.path.name]


def test_what_a_student_returns_neither_moves_the_cursor_nor_makes_a_line():
    nasty = "it gave \x1b]0;owned\x07\x1b[2J\nann: 7 → 0 (-7)\r\u202e" + "x" * 10_000
    criterion = CriterionChange("vowels", "values", 0, 3, nasty, "")
    said = [printable(line) for line in lines([Change("eve", 4, 7, [], [criterion])])]
    assert said[0] == "eve: 4 → 7 (+3)"
    assert "owned" in said[2]
    assert not re.search("[\x1b\x07\r\n\u202e]", "".join(said))
    assert all(len(line) < 300 for line in said)


@pytest.mark.parametrize("student", ["", "..", "../ann", "/etc", "ann/ps"])
def test_a_record_that_names_a_path_is_refused(student):
    with pytest.raises(ValueError, match="no student's id"):
        Change(student, 0, 0)


@pytest.mark.parametrize(
    ("table", "column"), [("grade", "manual_score"), ("student", "email"), ("grade", "id")]
)
def test_a_record_that_would_write_what_grading_does_not_is_refused(table, column):
    with pytest.raises(ValueError, match="grading does not write"):
        Row(table, "1", column, 0, 1)


def test_an_edited_record_is_refused(course, capsys):
    change_check(course)
    assert again(NAME) == 0
    record = only_record(course)
    before = state(course)
    record.write_text(record.read_text().replace('"student": "bob"', '"student": "../bob"'))
    assert again("--undo", str(record)) == 2
    assert "not edited" in capsys.readouterr().err
    assert state(course) == before


def test_penalties_of_late_submissions_follow_the_points(tmp_path, monkeypatch, capsys):
    late = 'c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"\nc.PerDay.share = 0.1\n'
    course = make_course(tmp_path / "course")
    (course / "nbgrader_config.py").write_text(CONFIG + late)
    with gradebook(course) as book:
        book.update_or_create_assignment(NAME, duedate="2026-03-02 12:00 UTC")
    folder = submit(course, "12345", answered(course, HALF))  # an id that looks like a number
    (folder / "timestamp.txt").write_text("2026-03-03 10:00:00 UTC")
    assert nbgrader(course, "autograde", NAME).returncode == 0
    monkeypatch.chdir(course)
    monkeypatch.setattr(beside, "nbgrader", run_ready)
    change_check(course)
    before = state(course)
    assert again(NAME) == 0
    assert "12345: 3.6 → 4.5 (+0.9)" in capsys.readouterr().out
    assert again("--undo", str(only_record(course))) == 0
    assert state(course) == before
