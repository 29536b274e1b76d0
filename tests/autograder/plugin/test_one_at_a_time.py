"""Two runs at once: the second waits, says for whom, and finds the work done."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from tiny_course import (
    HALF,
    NAME,
    answered,
    finish,
    make_course,
    no_sandbox,
    score,
    start,
    submit,
    words,
)

from autograder.plugin.one_at_a_time import one_run

SLOW = {**HALF, "vowels": HALF["vowels"] + "\nimport time; time.sleep(3)"}
HOLD = """
import sys, time, logging
from pathlib import Path
from autograder.plugin.one_at_a_time import one_run
with one_run(Path(sys.argv[1]), "ps", logging.getLogger()) as note:
    note(3, 7)
    print("mine", flush=True)
    time.sleep(60)
"""


def holder(folder):
    """Start a process that grades for a minute, and wait until it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with process.stdout as said:
        assert said.readline() == "mine\n"
    return process


def test_second_run_says_who_is_grading_and_how_far_and_goes_on_when_it_is_killed(tmp_path, caplog):
    process = holder(tmp_path)
    threading.Timer(1, process.send_signal, [signal.SIGKILL]).start()
    with one_run(tmp_path, "ps", logging.getLogger()) as note:
        process.wait()
        note(1, 7)
    said = caplog.text
    assert f"(process {process.pid}, since" in said
    assert "3 of 7 submissions; waiting" in said
    assert "The other run is over" in said


def test_another_assignment_does_not_wait(tmp_path, caplog):
    process = holder(tmp_path)
    try:
        with one_run(tmp_path, "another", logging.getLogger()):
            assert not caplog.text
    finally:
        process.kill()
        process.wait()


def test_holder_notes_how_far_it_is_and_leaves_nothing_behind(tmp_path):
    with one_run(tmp_path, "ps", logging.getLogger()) as note:
        note(2, 5)
        about = json.loads((tmp_path / "ps.holder.json").read_text())
        assert (about["pid"], about["done"], about["total"]) == (os.getpid(), 2, 5)
    assert not (tmp_path / "ps.holder.json").exists()


def test_a_damaged_note_of_the_holder_is_not_trusted(tmp_path, caplog):
    process = holder(tmp_path)
    (tmp_path / "ps.holder.json").write_text("{", encoding="utf-8")
    threading.Timer(0.5, process.kill).start()
    with one_run(tmp_path, "ps", logging.getLogger()):
        process.wait()
    assert "ps is being graded by another run; waiting" in caplog.text


@pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}")
@pytest.mark.timeout(600)
def test_two_commands_grade_everybody_once(tmp_path):
    course, other = tmp_path / "one" / "course", tmp_path / "two"
    course.mkdir(parents=True)
    other.mkdir()
    make_course(course)
    for number in range(4):
        submit(course, f"s{number}", answered(course, SLOW))
    first = start(course, "autograde", NAME)
    time.sleep(1)
    with (other / "words.txt").open("wb") as said:
        second = subprocess.Popen(first.args, cwd=course, stdout=said, stderr=said)
    assert (finish(first, 300), finish(second, 300)) == (0, 0), words(course)
    both = words(course) + (other / "words.txt").read_text(encoding="utf-8")
    assert "Traceback" not in both
    assert "is being graded" in both
    counts = [line for line in both.splitlines() if "submissions graded in this run" in line]
    assert sum(int(line.split(": ")[1].split()[0]) for line in counts) == 4
    assert [score(course, f"s{number}") for number in range(4)] == [4] * 4
