"""A student's process: started behind bubblewrap's walls, watched, and spoken to over two pipes."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from autograder.hall.isolation import seccomp
from autograder.hall.isolation.bubblewrap import (
    HOME,
    INSIDE,
    STUDENT,
    arguments,
    bwrap,
    environment,
    require,
    student_files,
    walls,
)
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.supervisor import ChildProcess, LimitedProcess, Limits
from autograder.hall.protocol.codec import Line, WireError

PIECE = 64 * 2**20  # bytes of a file sent at a time


class Sandbox(LimitedProcess):
    """A student's process, ready to be asked through :attr:`line`.

    Args:
        mounts: what it finds inside.
        limits: what it may use.
        protected: False runs the same process without walls (``c.ExamHall.sandbox = "none"``).

    Raises:
        NoSandbox: protection was asked for and cannot be had.
    """

    def __init__(self, mounts: Mounts, limits: Limits, protected: bool = True) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if protected:
            require()
            process = start_kernel(mounts, limits)
        else:
            self._scratch = tempfile.TemporaryDirectory(prefix="exam-")
            home = self._scratch.name
            code = sorted({str(file.parent) for file in student_files()})
            settings = kernel_settings(mounts, limits, home, str(mounts.packages or ""), code)
            settings["limits"]["processes"] = None
            process = subprocess.Popen(
                [sys.executable, "-s", "-P", str(STUDENT / "start.py"), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **environment(mounts, Path(home))},
                start_new_session=True,
            )
        self._serve(process, mounts, limits)

    def _serve(self, process: ChildProcess, mounts: Mounts, limits: Limits) -> None:
        super().__init__(process, limits)
        assert process.stdin is not None, "a student's process is started with two pipes"
        assert process.stdout is not None, "a student's process is started with two pipes"
        self.mounts = mounts
        self.line = Line(cast(BinaryIO, process.stdout), cast(BinaryIO, process.stdin))

    def ready(self) -> None:
        """Wait until the process takes requests, and give it the assignment's files.

        Raises:
            Closed: it ended instead.
        """
        with self.at_most(60):
            if self.line.receive()[0] != {"ready": True}:
                raise WireError("the student's process did not start")
            for name, content in _pieces(self.mounts.files):
                self.line.send({"do": "file", "name": name}, [content])
                self.line.receive()

    def stop(self, reason: str = "") -> None:
        """Kill the process and remove what it wrote.

        Args:
            reason: why, for the report; the first one given is kept.
        """
        super().stop(reason)
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _pieces(folder: Path | None) -> Iterator[tuple[str, bytes]]:
    """Yield every regular file below a folder, in pieces that fit into a message."""
    if folder is None:
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                content = file.read(PIECE)
                while True:
                    yield path.relative_to(folder).as_posix(), content
                    content = file.read(PIECE)
                    if not content:
                        break


def kernel_settings(
    mounts: Mounts, limits: Limits, home: str, packages: str, code: list[str]
) -> dict[str, Any]:
    """Return what a student's kernel is told when it starts.

    Args:
        mounts: what it finds inside.
        limits: what it may use.
        home: the student's folder.
        packages: where the sealed packages are.
        code: folders with the files of the student's side.
    """
    inside: dict[str, int | None] = {
        "memory": limits.memory,
        "processes": limits.processes,
        "file_size": limits.disk,
        "cpu": None,
    }
    path = [packages] if mounts.packages else []
    return {"home": home, "path": path, "limits": inside, "code": code}


def start_kernel(
    mounts: Mounts,
    limits: Limits,
    modules: tuple[str, ...] | None = None,
    line: socket.socket | None = None,
) -> subprocess.Popen:
    """Start a student's kernel behind bubblewrap's walls.

    Args:
        mounts: what its student finds inside, or every student it will fork a kernel for.
        limits: what each of them may use.
        modules: what a fork server imports before it forks; None for a kernel of one student.
        line: where a fork server takes its requests.

    Returns:
        The process of bubblewrap, whose child is the kernel.
    """
    settings = kernel_settings(mounts, limits, HOME, "/exam/packages", [INSIDE])
    filtered = seccomp.program()
    if modules is not None:
        shown = base64.b64encode(filtered or b"").decode()
        settings["warm"] = {"modules": list(modules), "disk": limits.disk, "filter": shown}
        filtered = None
    given = walls(mounts, limits, Path(HOME), forks=modules is not None)
    with arguments(given, filtered) as (inner, keep):
        return subprocess.Popen(
            [
                *(str(bwrap()), *inner),
                *(sys.executable, "-s", "-P", f"{INSIDE}/start.py", json.dumps(settings)),
            ],
            stdin=line.fileno() if line is not None else subprocess.PIPE,
            stdout=subprocess.DEVNULL if line is not None else subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            pass_fds=keep,
            start_new_session=True,
        )
