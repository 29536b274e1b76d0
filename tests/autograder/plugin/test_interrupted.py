"""Runs that are killed, cancelled or out of space: nothing is broken, and the next run finishes."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from ready_run import Ready, nbgrader
from tiny_course import (
    HALF,
    NAME,
    RIGHT,
    answered,
    fingerprint,
    finish,
    graded,
    make_course,
    no_sandbox,
    page,
    released,
    score,
    start,
    submit,
    words,
)

from autograder.hall.isolation import bubblewrap
from autograder.plugin.preprocessor import LEFT_OUT

pytestmark = [
    pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}"),
    pytest.mark.timeout(1200),  # minutes where other work runs beside it
]

MARK = "TINY_COURSE_RUN"  # an environment variable by which a run's processes are recognised
KILLS = 24
ASLEEP = "20.125"  # seconds that ben's code sleeps


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A course with three students, not graded."""
    course = tmp_path_factory.mktemp("pristine") / "course"
    course.mkdir()
    make_course(course)
    submit(course, "ann", answered(course))
    submit(course, "ben", answered(course, HALF))
    submit(course, "cho", released(course))
    return course


@pytest.fixture(scope="module")
def reference(pristine, tmp_path_factory):
    """What an uninterrupted run gives: points per student and test, and the hash of submitted/."""
    course = copy(pristine, tmp_path_factory.mktemp("reference"))
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert {s: score(course, s) for s in ("ann", "ben", "cho")} == {"ann": 7, "ben": 4, "cho": 0}
    return SimpleNamespace(points=points(course), submitted=fingerprint(course / "submitted"))


def copy(pristine, folder):
    return Path(shutil.copytree(pristine, folder / "course"))


def points(course):
    """Return points by student and test; None where a test was not graded."""
    query = (
        "select s.student_id, b.name, g.auto_score from submitted_assignment s "
        "join submitted_notebook n on n.assignment_id = s.id "
        "join grade g on g.notebook_id = n.id join base_cell b on b.id = g.cell_id"
    )
    with sqlite3.connect(course / "gradebook.db") as db:
        return {(student, name): value for student, name, value in db.execute(query)}


def assert_consistent(course, reference):
    """Nothing is broken: what the gradebook holds is right, and submitted/ as it was."""
    with sqlite3.connect(course / "gradebook.db") as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
    for place, value in points(course).items():
        assert value in (None, 0, reference.points[place]), place
    assert fingerprint(course / "submitted") == reference.submitted


def assert_complete(course, reference):
    """Everybody has the reference's scores, and outputs."""
    assert_consistent(course, reference)
    assert points(course) == reference.points
    for student in ("ann", "ben", "cho"):
        code = [c for c in graded(course, student).cells if c.cell_type == "code"]
        assert all(c.execution_count for c in code), student
        assert all(c.outputs for c in code if "test-" in c.metadata.nbgrader.grade_id), student


def assert_next_run_finishes(course, reference):
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert_complete(course, reference)


def left_over(mark):
    """Return living processes of a run by their mark, and sandboxes that nobody looks after."""
    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARK) == mark
            orphan = process.ppid() == 1 and any("/exam/student" in w for w in process.cmdline())
            if (marked or orphan) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def alive(process):
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def wait_until(condition, seconds):
    """Wait for something to become true, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def family(pid):
    """Return the processes that a run has started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def members(pid, word):
    """Return the processes that a run has started with a word on their command line."""
    found = []
    for process in family(pid):
        with suppress(psutil.Error):
            if alive(process) and any(word in w for w in process.cmdline()):
                found.append(process)
    return found


# --- killed and cancelled -------------------------------------------------------------------------


def moments(dice):
    """Return as many numbers as there are kills: one from each part of 0 to 1, in random order."""
    parts = [(part + dice.random()) / KILLS for part in range(KILLS)]
    dice.shuffle(parts)
    return parts


def test_kills_at_moments_all_over_a_run(pristine, reference, tmp_path):
    dice = random.Random(20_260)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ready = Ready(**{MARK: str(tmp_path), "TMPDIR": str(scratch)})

    def begin():
        return ready.start(course, "autograde", NAME, said=tmp_path / "words.txt")

    try:
        course, began = copy(pristine, tmp_path), time.monotonic()
        begin()
        assert ready.wait(100) == 0, words(course)
        whole_run, kills, while_grading = time.monotonic() - began, 0, 0
        left = moments(dice)
        while kills < KILLS:
            pid = begin()
            if kills % 2:  # every other time, not while nbgrader only starts
                wait_until(lambda pid=pid: family(pid) or not psutil.pid_exists(pid), 60)
            children: list[psutil.Process] = []
            status = ready.wait(left[-1] * whole_run / 2)
            if status is None:
                children = family(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                status = ready.wait(30)
            if status != -signal.SIGKILL:  # it had little left to do; once more from the beginning
                assert status == 0, words(course)
                assert_complete(course, reference)
                shutil.rmtree(course)
                copy(pristine, tmp_path)
                left[-1] *= 0.9  # the first run may have been a slow one
                continue
            left.pop()
            kills += 1
            while_grading += bool(children)
            wait_until(lambda children=children: not any(map(alive, children)), 10)
            wait_until(lambda: [p.pid for p in left_over(str(tmp_path))] == [ready.process.pid], 10)
            assert_consistent(course, reference)
        assert while_grading > KILLS / 4
        begin()
        assert ready.wait(60) == 0, words(course)
        assert_complete(course, reference)
        assert not [p for p in scratch.iterdir() if p.name.startswith(("exam", "sealed"))]
        kept = course / "autograded" / ".exam-hall"
        assert sorted(p.name for p in kept.iterdir()) == ["journal", f"{NAME}.lock"]
    finally:
        ready.close()


@pytest.fixture
def sleepy(pristine, tmp_path):
    """A course in which ben's code sleeps, and a run that has come to it."""
    course = copy(pristine, tmp_path)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.ExamHall.cell_seconds = 30  # nobody is stopped for sleeping\n")
    sleep = f"import subprocess\n\nsubprocess.run(['sleep', '{ASLEEP}'])\n\n\n"
    ben = {**RIGHT, "doubled": sleep + RIGHT["doubled"]}
    submit(course, "ben", answered(course, ben))
    before = fingerprint(course / "submitted")
    run = start(course, "autograde", NAME, **{MARK: str(tmp_path)})
    begun = course / "autograded" / ".exam-hall" / "journal" / NAME / "ben.json"
    wait_until(begun.exists, 100)
    wait_until(lambda: members(run.pid, ASLEEP), 30)
    yield SimpleNamespace(course=course, run=run, mark=str(tmp_path), before=before)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def wake_ben(sleepy, pristine):
    """See that submitted/ is untouched, then give ben the reference's answers."""
    assert fingerprint(sleepy.course / "submitted") == sleepy.before
    shutil.copytree(pristine / "submitted", sleepy.course / "submitted", dirs_exist_ok=True)


def test_control_c_ends_the_run_at_once_and_the_next_finishes(sleepy, pristine, reference):
    children = family(sleepy.run.pid)
    os.killpg(sleepy.run.pid, signal.SIGINT)
    assert finish(sleepy.run, 15) != 0
    assert "Canceled" in words(sleepy.course)
    wait_until(lambda: not any(map(alive, children)), 15)
    wait_until(lambda: not left_over(sleepy.mark), 15)
    wake_ben(sleepy, pristine)
    assert_consistent(sleepy.course, reference)
    assert points(sleepy.course)["ann", "test-doubled"] == 2
    assert_next_run_finishes(sleepy.course, reference)


def test_killed_run_takes_a_student_who_sleeps_with_it(sleepy, pristine, reference):
    children = family(sleepy.run.pid)
    assert children
    sleepy.run.kill()
    sleepy.run.wait()
    wait_until(lambda: not any(map(alive, children)), 15)
    wait_until(lambda: not left_over(sleepy.mark), 15)
    wake_ben(sleepy, pristine)
    assert_consistent(sleepy.course, reference)
    assert_next_run_finishes(sleepy.course, reference)


# --- a sandbox or an examiner dies ----------------------------------------------------------------


def assert_others_are_right(sleepy, reference):
    assert fingerprint(sleepy.course / "submitted") == sleepy.before
    found = points(sleepy.course)
    for place in reference.points:
        if place[0] != "ben":
            assert found[place] == reference.points[place]


def test_killed_sandbox_costs_one_cell_and_is_reported(sleepy, reference):
    members(sleepy.run.pid, ASLEEP)[0].parent().kill()
    assert finish(sleepy.run, 60) == 0, words(sleepy.course)
    assert_others_are_right(sleepy, reference)
    assert score(sleepy.course, "ben") == 5
    assert nbgrader(sleepy.course, "generate_feedback", NAME).returncode == 0
    assert f"{LEFT_OUT}: this cell was left out: it ended" in page(sleepy.course, "ben")


def test_killed_examiner_is_started_again_and_costs_nothing(sleepy, reference):
    examiners = wait_until(lambda: members(sleepy.run.pid, "autograder.hall.examiner"), 60)
    for process in examiners:
        with suppress(psutil.NoSuchProcess):  # one whose submission is done ends by itself
            process.kill()
    assert finish(sleepy.run, 60) == 0, words(sleepy.course)
    assert_others_are_right(sleepy, reference)
    assert score(sleepy.course, "ben") == 7
    wait_until(lambda: not left_over(sleepy.mark), 15)


def test_killed_warm_room_is_replaced(sleepy, reference):
    for process in members(sleepy.run.pid, "/exam/student/start.py"):
        with suppress(psutil.Error):
            process.kill()
    assert finish(sleepy.run, 60) == 0, words(sleepy.course)
    assert_others_are_right(sleepy, reference)
    assert score(sleepy.course, "ben") in (5, 7)
    wait_until(lambda: not left_over(sleepy.mark), 15)


# --- no space left --------------------------------------------------------------------------------

SMALL_DISK = """
cp -r "$1"/. small && cd small
dd if=/dev/zero of=filler bs=1024 2> /dev/null
truncate -s "-$2" filler
"$3" -m nbgrader autograde ps > "$4/full.txt" 2>&1
echo $? > "$4/full.status"
cp -r . "$4/full" && rm -f filler "$4/full/filler"
"$3" -m nbgrader autograde ps > "$4/again.txt" 2>&1
echo $? > "$4/again.status"
cp -r . "$4/again"
"""


@pytest.mark.parametrize("free", [0, 40_960])
def test_full_disk_fails_clearly_and_the_next_run_finishes(pristine, reference, tmp_path, free):
    (tmp_path / "small").mkdir()
    (tmp_path / "out").mkdir()
    walls = [bubblewrap.bwrap(), "--dev-bind", "/", "/", "--size", str(3 * 2**20)]
    walls += ["--tmpfs", str(tmp_path / "small"), "--chdir", str(tmp_path)]
    script = ["bash", "-c", SMALL_DISK, "small-disk", str(pristine), str(free)]
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    done = subprocess.run(
        [*walls, *script, sys.executable, str(tmp_path / "out")],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    full, again = tmp_path / "out" / "full", tmp_path / "out" / "again"
    said = (tmp_path / "out" / "full.txt").read_text()
    assert int((tmp_path / "out" / "full.status").read_text()) != 0, said
    assert "No space left on device" in said or "disk is full" in said
    assert_consistent(full, reference)
    said = (tmp_path / "out" / "again.txt").read_text()
    assert int((tmp_path / "out" / "again.status").read_text()) == 0, said
    assert_complete(again, reference)
