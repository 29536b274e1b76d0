"""A check was changed: who gains by it, by which criterion, and all of it back again."""

import json
import re
import shutil

import pytest
from ready_run import nbgrader
from regraded import STRICTER, again, change_check, gradebook, only_record, run_ready, state
from tiny_course import (
    HALF,
    NAME,
    answered,
    fingerprint,
    graded,
    no_sandbox,
    score,
    submit,
)

from autograder.plugin.regrading import beside
from autograder.plugin.reports import reports

SANDBOX = no_sandbox()
pytestmark = pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}")


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
