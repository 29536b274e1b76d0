"""What goes to each worker of a dask cluster: the course's files, and a way to use them there.

This module is sent by value: a worker needs the packages that the course uses, not the course. It
therefore imports nothing of the course.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import os
import platform
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

ALIKE = ("torch", "numpy", "ipython", "nbformat", "nbgrader")  # as far as the instructor has them


class WorkerRefused(RuntimeError):
    """A worker must not grade: it would do so with other checks or other packages."""


def versions() -> dict[str, str]:
    """Return what must be alike on both sides for results to be alike."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in ALIKE:
        try:
            found[name] = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


class GradingWorker(WorkerPlugin):
    """Unpacks the course's files beside a worker and hands jobs to processes that run from there.

    Args:
        blob: the archive of the course's files: `code`, and `support` for the tests.
        assignment: the assignment that is graded.
        packages: the course's own packages, to be sealed.
        protected: whether a sandbox is asked for.
        expected: versions of the instructor's machine.
    """

    def __init__(
        self,
        blob: bytes,
        assignment: str,
        packages: tuple[str, ...],
        protected: bool,
        expected: dict[str, str],
    ) -> None:
        self.blob, self.assignment, self.packages = blob, assignment, packages
        self.digest = hashlib.sha256(blob).hexdigest()
        self.protected, self.expected = protected, expected
        self.name = f"exam-hall-{self.digest[:20]}"

    def setup(self, worker: Any) -> None:
        """Unpack the files into the worker's own folder, anew.

        Args:
            worker: dask's worker.
        """
        self.folder = Path(worker.local_directory) / self.name
        self.idle: list[subprocess.Popen[bytes]] = []
        self.all: list[subprocess.Popen[bytes]] = []
        self.lock = threading.Lock()
        shutil.rmtree(self.folder, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(self.blob)) as archive:
            archive.extractall(self.folder)

    def teardown(self, worker: Any) -> None:
        """End the processes and remove the files.

        Args:
            worker: dask's worker.
        """
        for process in self.all:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def refusal(self) -> str:
        """Return why this worker must not be used, or ""."""
        mine = versions()
        other = [f"{n} {mine[n]} instead of {v}" for n, v in self.expected.items() if mine[n] != v]
        if other:
            return "other versions: " + ", ".join(other)
        with zipfile.ZipFile(io.BytesIO(self.blob)) as archive:
            for name in archive.namelist():
                path = self.folder / name
                if not path.is_file() or path.read_bytes() != archive.read(name):
                    return f"other course files: {name} is not what the instructor sent"
        return self._no_sandbox() if self.protected else ""

    def _no_sandbox(self) -> str:
        """Return why there is no sandbox on this machine, or ""."""
        code = self.folder / "code"
        asked = subprocess.run(
            [
                sys.executable,
                "-c",
                "from autograder.hall.isolation.bubblewrap import require; require()",
            ],
            cwd=code,
            env=_environment(code),
            capture_output=True,
            text=True,
            check=False,
        )
        last = asked.stderr.strip().splitlines()[-1:] or ["no reason given"]
        return f"no sandbox: {last[0][:300]}" if asked.returncode else ""

    def grade(self, job: bytes) -> bytes:
        """Let a process grade a submission; return the pickled result.

        Args:
            job: a pickled `PortableJob`.

        Returns:
            A pickled `GradingResult`, or the pickled exception of this machine.

        Raises:
            WorkerRefused: the files here are not those that were sent, or the versions differ.
            EOFError: the process ended before it answered.
        """
        process = self._process()
        try:
            _send(process, job)
            result = _receive(process)
        except BaseException:
            process.kill()
            process.wait()
            self.all.remove(process)
            raise
        with self.lock:
            self.idle.append(process)
        return result

    def _process(self) -> subprocess.Popen[bytes]:
        with self.lock:
            if self.idle:
                return self.idle.pop()
        if refusal := self.refusal():
            raise WorkerRefused(refusal)
        code = self.folder / "code"
        command = [
            sys.executable,
            "-m",
            "autograder.hall.executors.worker_process",
            self.assignment,
        ]
        process = subprocess.Popen(
            [*command, str(self.folder / "support"), *self.packages],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=code,
            env=_environment(code),
        )
        self.all.append(process)
        _receive(process)  # "ready"
        return process


def _environment(code: Path) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PYTHONPATH": str(code), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _send(process: subprocess.Popen[bytes], text: bytes) -> None:
    pipe = process.stdin
    assert pipe is not None, "worker processes are started with two pipes"
    pipe.write(len(text).to_bytes(8, "big") + text)
    pipe.flush()


def _receive(process: subprocess.Popen) -> bytes:
    pipe = process.stdout
    assert pipe is not None, "worker processes are started with two pipes"
    size = int.from_bytes(pipe.read(8), "big")
    text = pipe.read(size)
    if not size or len(text) < size:
        raise EOFError("the examining process on this worker ended")
    return text
