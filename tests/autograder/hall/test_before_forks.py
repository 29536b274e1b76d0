"""What a fork server does before it forks: children share its memory, and see the same."""

import subprocess
import sys

import pytest

from autograder.hall.student import before_forks

PREPARED = """
import ctypes, gc, os
from autograder.hall.student import before_forks

def huge():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("AnonHugePages"))

room = bytearray(os.urandom(16 * 2**20))
kept = bytes(room)
before = huge()
before_forks.prepare_to_fork()
refused = ctypes.CDLL(None).madvise(0, 0, before_forks.COLLAPSE)
assert gc.get_freeze_count() > 1000
child = os.fork()
if child == 0:
    same = bytes(room) == kept
    room[0] ^= 1
    os._exit(0 if same else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert bytes(room) == kept, "a child's change was seen in its parent"
print("old system" if refused else huge() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="fork servers need Linux")
def test_memory_is_in_huge_pages_and_a_child_sees_the_same():
    done = subprocess.run(
        [sys.executable, "-c", PREPARED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if done.stdout.startswith("old system"):
        pytest.skip("this Linux is older than 6.1, and keeps its pages small")
    assert int(done.stdout) >= 8 * 2**10  # of the 16 MiB: a place may be short of huge pages


def test_a_system_that_refuses_is_left_alone(monkeypatch):
    def no_proc(*_, **__):
        raise OSError("no such file")

    frozen = []
    monkeypatch.setattr(before_forks, "open", no_proc, raising=False)
    monkeypatch.setattr(before_forks.gc, "freeze", lambda: frozen.append(True))
    before_forks.prepare_to_fork()
    assert frozen
