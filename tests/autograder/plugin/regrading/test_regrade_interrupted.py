"""Regrading that is interrupted, killed, or started twice: the old state or the new one."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from nbgrader.coursedir import CourseDirectory
from ready_run import nbgrader
from regraded import (
    again,
    change_check,
    only_record,
    rows,
    run_ready,
    state,
)
from tiny_course import (
    NAME,
    no_sandbox,
    score,
)

from autograder import regrade
from autograder.plugin.regrading import beside, exchange
from autograder.plugin.regrading.beside import Beside
from autograder.plugin.regrading.changes import compare, standings
from autograder.plugin.regrading.places import Places
from autograder.plugin.regrading.record import (
    APPLYING,
    new_record,
    read_record,
)

SANDBOX = no_sandbox()
pytestmark = pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}")


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
        "import sys, logging\nfrom pathlib import Path\n"
        "from autograder.plugin.one_at_a_time import one_run\n"
        "with one_run(Path(sys.argv[1]), 'ps', logging.getLogger()):\n"
        "    print('mine', flush=True)\n    sys.stdin.read()\n"
    )
    hall = str(course / "autograded" / ".exam-hall")
    pipes: Any = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, "text": True}
    again = [sys.executable, "-m", "autograder", "regrade", NAME, "--dry-run"]
    with subprocess.Popen([sys.executable, "-c", hold, hall], **pipes) as first:
        assert first.stdout.readline() == "mine\n"
        with subprocess.Popen(again, **pipes) as second:
            assert "ps is being graded by another run; waiting" in second.stderr.readline()
            first.stdin.close()  # the first run ends, and the second goes on
            said = second.stderr.read()
    assert second.returncode == 0, said
