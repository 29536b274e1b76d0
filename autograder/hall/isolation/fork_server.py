"""Fork servers: imports are paid once per run, not once per student.

A :class:`StudentForkServer` is a sandbox in which Python has imported what the notebooks import,
and nothing of any student. For every student it forks a kernel behind walls of its own (see
``student/namespaces.py``), which is ready in milliseconds. Where the system refuses that, each
student gets a fresh sandbox instead.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from autograder.hall.isolation.bubblewrap import NoSandbox, require
from autograder.hall.isolation.examiner_process import examiner_command, examiner_environment
from autograder.hall.isolation.forked_process import ForkedProcess
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.sandbox import Sandbox, start_kernel
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.protocol.codec import Closed, WireError

PATIENCE = 120.0  # seconds for the imports
LOCK = threading.Lock()  # one request at a time


class ForkedSandbox(Sandbox):
    """A student's process that was forked and not started."""

    def __init__(self, process: ForkedProcess, mounts: Mounts, limits: Limits) -> None:
        self._scratch = None
        self._forked = process
        self._serve(process, mounts, limits)

    def stop(self, reason: str = "") -> None:
        """Kill the process and give its handle back.

        Args:
            reason: why, for the report; the first one given is kept.
        """
        super().stop(reason)
        self._supervisor.join()
        self._forked.close()


class StudentForkServer:
    """A sandbox that has imported `modules` and forks a kernel for every student.

    Args:
        mounts: what every student finds inside (`files` come with each student).
        limits: what each may use.
        modules: what to import beforehand.

    Raises:
        NoSandbox: no sandbox can be had at all.
    """

    def __init__(self, mounts: Mounts, limits: Limits, modules: tuple[str, ...]) -> None:
        require()
        self.mounts, self.limits = mounts, limits
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = start_kernel(mounts, limits, modules, theirs)

    def sandbox(self, files: Path | None, limits: Limits | None = None) -> ForkedSandbox:
        """Fork a kernel for one student, whose folder gets a copy of `files`.

        Args:
            files: folder with what lies beside the notebook.
            limits: what this student may use; by default as for all.

        Returns:
            The student's process, ready in milliseconds.

        Raises:
            OSError, Closed: the server is gone.
        """
        requests, to_kernel = os.pipe()
        from_kernel, replies = os.pipe()
        stdin, stdout = os.fdopen(to_kernel, "wb"), os.fdopen(from_kernel, "rb")
        try:
            handle = _ask(self.line, b"s", [requests, replies])
        except (OSError, Closed):
            stdin.close()
            stdout.close()
            raise
        process = ForkedProcess(handle, stdin, stdout)
        return ForkedSandbox(process, replace(self.mounts, files=files), limits or self.limits)


class ExaminerForkServer:
    """A trusted process that has imported `modules` and forks an examiner for every submission.

    Args:
        modules: what to import beforehand.
        released: the code cells of the release, which are read beforehand.
    """

    def __init__(self, modules: tuple[str, ...], released: tuple[dict, ...] = ()) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [*examiner_command(protected=True), "--warm", *modules],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=examiner_environment(),
                start_new_session=True,
            )
        with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
            json.dump(released, file)
            file.seek(0)
            socket.send_fds(self.line, [b"r"], [file.fileno()])

    def start(self, orders: Path, folder: Path, sandbox: Sandbox) -> ForkedProcess:
        """Fork an examiner that talks to a student's process.

        Args:
            orders: file with what to do.
            folder: the examiner's working folder.
            sandbox: the student's process.

        Returns:
            The examiner's process; its stderr carries the events.

        Raises:
            OSError, Closed: the server is gone.
        """
        events, told = os.pipe()
        order = json.dumps({"orders": str(orders), "folder": str(folder)}).encode()
        ends = [os.dup(pipe.fileno()) for pipe in (sandbox.line.reader, sandbox.line.writer)]
        stderr = os.fdopen(events, "rb")
        try:
            return ForkedProcess(_ask(self.line, order, [*ends, told]), stderr=stderr)
        except (OSError, Closed):
            stderr.close()
            raise


class ForkServers:
    """The fork servers of one assignment: of student kernels, and of examiners.

    Args:
        mounts: what every student finds inside (`files` come with each student).
        limits: what each may use.
        modules: what the students' server imports beforehand.
        tests: what the examiners' server imports beforehand.
        released: the code cells of the release, which examiners find read.
    """

    def __init__(
        self,
        mounts: Mounts,
        limits: Limits,
        modules: tuple[str, ...],
        tests: tuple[str, ...],
        released: tuple[dict, ...] = (),
    ) -> None:
        self.students = StudentForkServer(mounts, limits, modules)
        self.examiners = ExaminerForkServer(tests, released)
        try:
            for part in (self.students, self.examiners):  # both import at the same time
                part.line.settimeout(PATIENCE)
                if part.line.recv(1) != b"w":
                    raise WireError("a fork server did not start")
            with self.students.sandbox(None) as trial:
                trial.ready()
        except BaseException:
            self.close()
            raise

    def sandbox(self, mounts: Mounts, limits: Limits) -> Sandbox:
        """Return a process for one student.

        Args:
            mounts: with the files of this student.
            limits: what the student may use.
        """
        return self.students.sandbox(mounts.files, limits)

    def examiner(self, orders: Path, folder: Path, sandbox: Sandbox) -> ForkedProcess:
        """Return an examiner for one submission.

        Args:
            orders: file with what to do.
            folder: the examiner's working folder.
            sandbox: the student's process.
        """
        return self.examiners.start(orders, folder, sandbox)

    def close(self) -> None:
        """End both, and every process they forked."""
        for part in (self.students, self.examiners):
            part.line.close()
            part.process.kill()
            part.process.wait()


def start_fork_servers(
    mounts: Mounts,
    limits: Limits,
    modules: tuple[str, ...],
    tests: tuple[str, ...],
    released: tuple[dict, ...],
) -> tuple[ForkServers | None, str]:
    """Return fork servers, or None and the reason why this machine does not allow them.

    Args:
        mounts: what every student finds inside (`files` come with each student).
        limits: what each may use.
        modules: what the students' server imports beforehand.
        tests: what the examiners' server imports beforehand.
        released: the code cells of the release, which examiners find read.

    Raises:
        NoSandbox: no sandbox can be had at all.
    """
    try:
        return ForkServers(mounts, limits, modules, tests, released), ""
    except NoSandbox:
        raise
    except (OSError, WireError) as refused:
        return None, str(refused)


def _ask(line: socket.socket, message: bytes, ends: list[int]) -> int:
    """Send a request with file descriptors, which are closed here; return the child's handle."""
    ours, theirs = socket.socketpair()
    with ours, theirs, LOCK:
        try:
            socket.send_fds(line, [message], [*ends, theirs.fileno()])
        finally:
            theirs.close()
            for end in ends:
                os.close(end)
        ours.settimeout(30)
        _, handles, _, _ = socket.recv_fds(ours, 1, 1)
    if not handles:
        raise Closed("a fork server could not fork")
    return handles[0]
