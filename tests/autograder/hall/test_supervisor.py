"""The family of a process is found by the system's own lists, or by looking at every process."""

import os
import subprocess
import sys

import psutil
import pytest

from autograder.hall.isolation import supervisor

TREE = """
import subprocess, sys, threading
again = [sys.executable, "-c", "import subprocess, sys; subprocess.run(['sleep', '60'])"]
thread = threading.Thread(target=lambda: subprocess.run(again))  # a child of another thread
thread.start()
child = subprocess.Popen(["sleep", "60"])
print("started", flush=True)
thread.join()
"""


@pytest.fixture
def parent():
    with subprocess.Popen([sys.executable, "-c", TREE], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        one = psutil.Process(process.pid)
        while len(one.children(recursive=True)) < 3:  # the second thread's child has one, too
            assert process.poll() is None
        yield one
        for child in psutil.Process.children(one, recursive=True):
            child.kill()
        process.kill()


def test_the_whole_family_is_found_itself_first(parent):
    found = supervisor.family(parent)
    assert found[0] is parent
    assert {one.pid for one in found[1:]} == {p.pid for p in parent.children(recursive=True)}
    assert len(found) == 4


def test_without_the_systems_lists_psutil_looks(parent, monkeypatch):
    def no_list(place):
        raise FileNotFoundError(place)

    with monkeypatch.context() as replaced:
        replaced.setattr(supervisor.os, "listdir", no_list)
        replaced.setattr(psutil.Process, "children", lambda self, recursive: ["psutil was asked"])
        assert supervisor.family(parent) == [parent, "psutil was asked"]


def test_what_has_ended_has_no_family(parent):
    parent_of_none = subprocess.Popen(["sleep", "60"])
    ended = psutil.Process(parent_of_none.pid)
    os.kill(ended.pid, 9)
    parent_of_none.wait()
    with pytest.raises(psutil.NoSuchProcess):
        supervisor.family(ended)
