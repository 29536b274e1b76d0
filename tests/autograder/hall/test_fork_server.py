"""Students forked from one warm process are as far apart as those in sandboxes of their own."""

import os
import subprocess
import time

import psutil
import pytest

from autograder.hall.isolation.bubblewrap import bwrap, trial
from autograder.hall.isolation.fork_server import ForkServers
from autograder.hall.isolation.forked_process import ForkedProcess
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.supervisor import LimitedProcess, Limits
from autograder.hall.protocol.codec import Closed

PROBLEM = trial(bwrap(), os.environ.get("PATH", ""))
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")
LIMITS = Limits(cell_seconds=2, memory=2**30, processes=40, disk=8 * 2**20)


@pytest.fixture(scope="module")
def warm():
    made = ForkServers(Mounts(), LIMITS, ("numpy", "decimal"), ("numpy",))
    yield made
    made.close()


@pytest.fixture
def student(warm, tmp_path):
    """Start students: each call gives a function that runs a cell and returns what it printed."""
    (tmp_path / "data.txt").write_text("given")
    started = []

    def start():
        sandbox = warm.sandbox(Mounts(files=tmp_path), LIMITS)
        started.append(sandbox)
        sandbox.ready()

        def run(source, seconds=2):
            with sandbox.at_most(seconds):
                sandbox.line.send({"do": "run", "source": source, "show": True})
                reply = sandbox.line.receive()[0]
            printed = "".join(o["text"] for o in reply["outputs"] if o["output_type"] == "stream")
            return printed + (reply["error"]["type"] if reply["error"] else "")

        run.sandbox = sandbox
        return run

    yield start
    for sandbox in started:
        sandbox.stop()


def test_imports_are_there_already(student):
    assert student()("import sys; print('decimal' in sys.modules)") == "True\n"


def test_files_come_with_each_student(student):
    assert student()("print(open('data.txt').read())") == "given\n"


def test_nothing_passes_from_one_student_to_the_next(student):
    first = student()
    for path in ("left", "/tmp/left", "/dev/shm/left"):
        assert first(f"open({path!r}, 'w').write('x')") == ""
    first("import decimal, builtins; decimal.left = builtins.left = 1; x = 5")
    first.sandbox.stop()
    second = student()
    for path in ("left", "/tmp/left", "/dev/shm/left"):
        assert second(f"import os; print(os.path.exists({path!r}))") == "False\n"
    assert second("import decimal; print(hasattr(decimal, 'left'))") == "False\n"
    assert second("left") == "NameError"
    assert second("x") == "NameError"


def test_two_students_at_a_time_do_not_see_each_other(student):
    one, two = student(), student()
    one("import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0meet'); s.listen()")
    meet = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0meet')"
    assert two(meet) == "ConnectionRefusedError"
    one("import socket; t = socket.socket(); t.bind(('127.0.0.1', 9999))")
    assert two("import socket; socket.create_connection(('127.0.0.1', 9999))") in (
        "ConnectionRefusedError",
        "OSError",
    )
    assert int(two("import os; print(os.getpid())")) == 1
    assert two("import os; os.kill(2, 9)") == "ProcessLookupError"
    processes = two("import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert processes in ("[]\n", "['1']\n")


def test_file_locks_signal_nothing(student):
    lock = "import fcntl, sys; f = open(sys.executable); print(fcntl.{0}(f, fcntl.LOCK_EX | 4))"
    one, two = student(), student()
    for kind in ("flock",):
        assert one(lock.format(kind)) == "None\n"
        assert two(lock.format(kind)) == "None\n"  # would be refused if the first one held it


def test_no_privileges_and_no_new_namespaces(student):
    run = student()
    assert run("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))") == "-1\n"
    assert run("import ctypes; print(ctypes.CDLL(None).umount2(b'/proc', 2))") == "-1\n"
    assert run("import ctypes; print(ctypes.CDLL(None).syscall(56, 0x10000011, 0, 0, 0, 0))") in (
        "-1\n",  # the number is clone's on x86-64 and unknown on arm64
    )
    kept = (
        "import ctypes; libc = ctypes.CDLL(None); print([libc.prctl(23, c, 0, 0, 0) for c in "
        "range(40)].count(1), libc.prctl(39, 0, 0, 0, 0), libc.prctl(21, 0, 0, 0, 0))"
    )
    assert run(kept) == "0 1 2\n"  # capabilities, no new privileges, filtered


def test_limits_hold(student):
    run = student()
    assert run("x = bytearray(2 * 2**30)") == "MemoryError"
    assert run("open('big', 'wb').write(bytes(9 * 2**20))") == "OSError"
    with pytest.raises(Closed):
        run("while True: pass", 1)
    assert "computing time" in run.sandbox.reason


def test_a_fork_bomb_ends_and_the_server_serves_on(student):
    run = student()
    with pytest.raises(Closed):
        run("import os\nwhile True:\n    os.fork()", 10)
    assert student()("print('still here')") == "still here\n"


def test_a_student_takes_its_family_along(student):
    run = student()
    run("import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(600)")
    family = psutil.Process(run.sandbox.process.pid).children(recursive=True)
    assert family
    run.sandbox.stop()
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_a_killed_server_is_said_so(tmp_path):
    made = ForkServers(Mounts(), LIMITS, (), ())
    made.students.process.kill()
    made.students.process.wait()
    time.sleep(0.1)
    with pytest.raises((Closed, OSError)):
        made.sandbox(Mounts(), LIMITS)
    made.close()


def test_a_process_that_ended_before_anybody_looked_can_be_watched_and_stopped():
    """An examiner may be done, and gone, before a busy grader has read its number."""
    with subprocess.Popen(["true"]) as child:
        handle = os.pidfd_open(child.pid)
    process = ForkedProcess(handle)
    assert process.pid == -1
    limited = LimitedProcess(process, Limits())
    with limited.at_most(1):
        limited._supervisor.join(5)
    assert not limited._supervisor.is_alive()
    limited.stop("too late")
    assert process.returncode is not None
