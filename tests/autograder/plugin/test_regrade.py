"""A check was changed: who gains by it, by which criterion, and all of it back again."""

import dataclasses
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import tiny_course
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from ready_run import nbgrader
from tiny_course import (
    CONFIG,
    FILE,
    HALF,
    NAME,
    RIGHT,
    answered,
    fingerprint,
    graded,
    make_course,
    no_sandbox,
    score,
    source_notebook,
    submit,
)

from autograder import regrade
from autograder.__main__ import main
from autograder.collecting.report import printable
from autograder.hall.report import MIME
from autograder.plugin.regrading import beside, exchange
from autograder.plugin.regrading.beside import Beside
from autograder.plugin.regrading.changes import compare, standings
from autograder.plugin.regrading.places import Places
from autograder.plugin.regrading.record import (
    APPLYING,
    Change,
    CriterionChange,
    Row,
    new_record,
    read_record,
)
from autograder.plugin.regrading.report import lines
from autograder.plugin.reports import reports

SANDBOX = no_sandbox()
pytestmark = pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}")
KINDER = (3, "(vowels('banana') == 3) + (vowels('papa') == 2) + (vowels('') == 0) * 1")
STRICTER = (3, "(vowels('banana') == 3) + (vowels('OTTER') == 9) + (vowels('') == 0) * 1")


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


def run_ready(folder, *arguments):
    done = nbgrader(Path(folder), *arguments)
    sys.stderr.write(done.stderr)
    return done.returncode


def gradebook(course):
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny")


def change_check(course, test=KINDER):
    """Release the assignment again with another test of the vowels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tiny_course.TESTS, "vowels", test)
        nbformat.write(source_notebook(tuple(RIGHT)), course / "source" / NAME / FILE)
    done = nbgrader(course, "generate_assignment", NAME, "--force")
    assert done.returncode == 0, done.stderr


def rows(course):
    """Return the whole gradebook as text."""
    with sqlite3.connect(course / "gradebook.db") as book:
        return list(book.iterdump())


def state(course):
    return rows(course), fingerprint(course / "autograded"), fingerprint(course / "submitted")


def again(*arguments):
    return main(["regrade", *arguments])


def only_record(course):
    (path,) = (course / "regrades").glob("*.json")
    return path


def test_a_dry_run_says_exactly_who_changes_and_why_and_changes_nothing(course, capsys):
    change_check(course)
    before = fingerprint(course)  # with every byte of the gradebook
    assert again(NAME, "--dry-run") == 0
    assert fingerprint(course) == before
    said = capsys.readouterr().out
    assert "bob: 4 → 5 (+1)" in said
    assert "vowels, the whole exercise: 2 → 3" in said
    assert "was: not every part of the test passed" in said
    assert "now: passed" in said
    assert "cyd: 5 as before" in said.replace(",", "")
    assert "test-vowels: 2.5 points given by hand stay" in said
    assert not re.search("^(ann|dee)", said, re.MULTILINE)
    assert "3 graded again: 1 would get more points, 0 fewer, 1 the same with other" in said


def test_nothing_changed_is_said_and_leaves_no_record(course, capsys):
    before = fingerprint(course)
    assert again(NAME) == 0
    assert fingerprint(course) == before
    said = capsys.readouterr().out
    assert said == (
        "3 graded again: 0 got more points, 0 fewer, 0 the same with other messages; 0 left as "
        "they are\n"
    )


def test_applied_kept_and_undone(course, capsys):
    change_check(course)
    before = state(course)
    assert again(NAME) == 0
    assert "Record: " in capsys.readouterr().out
    assert (score(course, "ann"), score(course, "bob")) == (7, 5)
    assert reports(graded(course, "bob"))["test-vowels"].earned == 3
    with gradebook(course) as book:
        grade = book.find_grade("test-vowels", NAME, NAME, "cyd")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit) == (3, 2.5, 0.5)
        assert grade.needs_manual_grade  # somebody gave points where the grader changed its mind
        assert book.find_comment("vowels", NAME, NAME, "cyd").manual_comment == "nearly"
    assert not (course / "autograded" / "dee").exists()

    done = nbgrader(course, "autograde", NAME, "--student=ann")  # nothing looks interrupted
    assert "0 submissions graded" in done.stderr

    record = only_record(course)
    assert again("--undo", str(record)) == 0
    assert state(course) == before
    assert [path.name for path in (course / "regrades").iterdir()] == [record.name]
    assert json.loads(record.read_text())["state"] == "undone"
    assert again("--undo", str(record)) == 2
    assert "nothing to undo" in capsys.readouterr().err


def test_points_given_after_it_survive_that_it_is_undone(course):
    change_check(course)
    assert again(NAME) == 0
    with gradebook(course) as book:
        grade = book.find_grade("test-vowels", NAME, NAME, "bob")
        grade.manual_score, grade.needs_manual_grade = 1, False
        book.db.commit()
    assert again("--undo", str(only_record(course))) == 0
    with gradebook(course) as book:
        grade = book.find_grade("test-vowels", NAME, NAME, "bob")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (2, 1, False)


def test_records_are_undone_in_turn(course, capsys):
    start = state(course)
    change_check(course)
    assert again(NAME) == 0
    first = only_record(course)
    change_check(course, STRICTER)
    assert again(NAME) == 0
    assert score(course, "ann") == 6
    (second,) = set((course / "regrades").glob("*.json")) - {first}
    now = state(course)
    assert again("--undo", str(first)) == 2
    assert "Graded once more since" in capsys.readouterr().err
    assert state(course) == now
    assert again("--undo", str(second)) == 0
    assert again("--undo", str(first)) == 0
    assert state(course)[1:] == start[1:]
    assert (score(course, "ann"), score(course, "bob")) == (7, 4)


def test_who_handed_in_again_is_left_and_named(course, capsys):
    change_check(course)
    (submit(course, "bob", answered(course)) / "timestamp.txt").write_text("2026-03-05 10:00 UTC")
    submit(course, "ann", answered(course, HALF))  # without a time: only its text tells
    shutil.rmtree(course / "submitted" / "cyd")
    before = fingerprint(course)
    assert again(NAME, "--dry-run") == 1
    said = capsys.readouterr().out
    assert "\n    bob: handed in again since\n" in said
    assert "ann: its cells are not those that were graded" in said
    assert "cyd: the submission is not there any more" in said
    assert fingerprint(course) == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "An assignment is needed"),
        (("pz",), f'no assignment "pz" in the gradebook. Expected: {NAME}'),
        (("--undo", "nothing.json"), "is no record of this course"),
        (("--undo", "nbgrader_config.py"), "where there is none yet"),
    ],
)
def test_what_cannot_be_done_is_said(course, capsys, arguments, why):
    before = fingerprint(course)
    assert again(*arguments) == 2
    assert why in capsys.readouterr().err
    assert fingerprint(course) == before


def test_a_failure_beside_changes_nothing(course, monkeypatch, capsys):
    change_check(course)
    before = fingerprint(course)
    monkeypatch.setattr(beside, "nbgrader", lambda *_: 1)
    assert again(NAME) == 2
    assert "beside the gradebook failed; nothing was changed" in capsys.readouterr().err
    assert fingerprint(course) == before


def test_a_gradebook_that_changed_meanwhile_is_not_overwritten(course, monkeypatch, capsys):
    change_check(course)

    def grade_and_meddle(folder, *arguments):
        status = run_ready(folder, *arguments)
        with gradebook(course) as book:
            book.find_grade("test-vowels", NAME, NAME, "bob").auto_score = 1
            book.db.commit()
        return status

    files = fingerprint(course / "autograded")
    monkeypatch.setattr(beside, "nbgrader", grade_and_meddle)
    assert again(NAME) == 2
    assert "of bob changed while it was graded again" in capsys.readouterr().err
    assert fingerprint(course / "autograded") == files
    assert score(course, "cyd") == 5
    assert not (course / "regrades").exists() or not any((course / "regrades").iterdir())


# --- interrupted ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded_beside(class_of_four, tmp_path_factory):
    """A course that was graded beside its gradebook, and what would change."""
    folder = tmp_path_factory.mktemp("beside") / "course"
    shutil.copytree(class_of_four, folder)
    change_check(folder)
    (folder / "autograded/.exam-hall/journal" / NAME / "bob.json").unlink()  # stock nbgrader's
    places = places_of(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "nbgrader", run_ready)
        with Beside(places) as place:
            before = standings(place.url, NAME)
            place.grade(["dee"])
            after = standings(place.url, NAME)
            changes = [compare(s, before[s], after[s], places, place.places) for s in before]
            patch.setattr(Beside, "_clear", lambda self: None)
            return folder, changes, place.folder


def places_of(folder):
    return Places(CourseDirectory(root=str(folder)), NAME, "autograded")


def die_at(step, how, monkeypatch):
    """Let the run end before its n-th renaming of a file or of a folder."""
    rename, count = Path.rename, iter(range(1000))

    def counted(self, target):
        if next(count) == step:
            how()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", counted)


def control_c():
    raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["killed", "Control-C"])
def test_an_interrupted_run_leaves_the_old_state_wherever_it_ends(graded_beside, tmp_path, kind):
    source, changes, place = graded_beside
    steps, ended = 0, False
    while not ended:
        folder = Path(shutil.copytree(source, tmp_path / str(steps)))
        places = places_of(folder)
        new = dataclasses.replace(places, graded_step=f"regrades/{place.name}/autograded")
        record = new_record(folder, NAME, changes)
        before = state(folder)
        with pytest.MonkeyPatch.context() as patch:
            if kind == "killed":
                child = os.fork()
                if child == 0:
                    die_at(steps, lambda: os._exit(9), patch)
                    try:
                        exchange.apply(record, places, new)
                    finally:
                        os._exit(0)
                ended = os.waitpid(child, 0)[1] == 0
                if not ended:
                    exchange.finish_interrupted(places, regrade.LOG)
            else:
                die_at(steps, control_c, patch)
                try:
                    exchange.apply(record, places, new)
                    ended = True
                except KeyboardInterrupt:
                    pass
        if ended:
            assert score(folder, "bob") == 5
            assert state(folder)[0] != before[0]
        else:
            assert state(folder) == before, steps
            assert not list((folder / "regrades").glob("*.json"))
        shutil.rmtree(folder)
        steps += 1
    assert steps == 1 + 3 * len(changes) * 2 - 1  # bob's old journal is not there to be moved


def test_undoing_can_be_interrupted_too(graded_beside, tmp_path):
    source, changes, place = graded_beside
    folder = Path(shutil.copytree(source, tmp_path / "applied"))
    places = places_of(folder)
    new = dataclasses.replace(places, graded_step=f"regrades/{place.name}/autograded")
    before = state(folder)
    exchange.apply(new_record(folder, NAME, changes), places, new)
    for step in range(4):
        copy = Path(shutil.copytree(folder, tmp_path / str(step)))
        record = read_record(only_record(copy), copy)
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patch:
                die_at(step, lambda: os._exit(9), patch)
                try:
                    exchange.undo(record, places_of(copy))
                finally:
                    os._exit(0)
        assert os.waitpid(child, 0)[1]
        exchange.finish_interrupted(places_of(copy), regrade.LOG)
        assert state(copy) == before
        assert read_record(only_record(copy), copy).state == "undone"


def test_what_was_killed_is_put_back_by_the_next_command(course, monkeypatch, capsys):
    change_check(course)
    assert again(NAME) == 0
    before = rows(course)
    record = read_record(only_record(course), course)
    record.state = APPLYING  # as it stands between the gradebook and the last word
    record.save()
    capsys.readouterr()
    assert again(NAME, "--dry-run") == 2
    assert "was interrupted. Expected: to put the old state back first" in capsys.readouterr().err
    assert rows(course) == before
    done = nbgrader(course, "autograde", NAME, "--student=ann")
    assert "everything is put back as it was before" in done.stderr
    assert score(course, "bob") == 4
    assert not list((course / "regrades").glob("*.json"))


def test_a_second_run_waits_for_the_first(course):
    hold = (
        "import sys, time, logging\nfrom pathlib import Path\n"
        "from autograder.plugin.one_at_a_time import one_run\n"
        "with one_run(Path(sys.argv[1]), 'ps', logging.getLogger()):\n"
        "    print('mine', flush=True)\n    time.sleep(2)\n"
    )
    hall = str(course / "autograded" / ".exam-hall")
    first = subprocess.Popen([sys.executable, "-c", hold, hall], stdout=subprocess.PIPE, text=True)
    with first.stdout as said:
        assert said.readline() == "mine\n"
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "regrade", NAME, "--dry-run"],
        capture_output=True,
        text=True,
        check=False,
    )
    first.wait()
    assert "ps is being graded by another run; waiting" in done.stderr
    assert done.returncode == 0, done.stderr


# --- attacks --------------------------------------------------------------------------------------

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
