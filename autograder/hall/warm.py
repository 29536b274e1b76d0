"""Warm processes: imports are paid once per run, not once per student.

A :class:`WarmRoom` is a sandbox in which Python has imported what the notebooks import, and nothing
of any student. For every student it forks a desk behind walls of its own (see `isolate`), which is
ready in milliseconds. Where the kernel refuses that, each student gets a fresh sandbox instead.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from autograder.hall.exam import examiner_command, examiner_environment
from autograder.hall.sandbox import NoSandbox, Room, Sandbox, require, start_desk
from autograder.hall.watched import Limits
from autograder.hall.wire import Closed, WireError

PATIENCE = 120.0  # seconds for the imports
LOCK = threading.Lock()  # one request at a time


class Forked:
    """A forked process as subprocess.Popen would show it, known by a handle (a pidfd)."""

    def __init__(self, handle: int, stdin: object, stdout: object, stderr: object = None) -> None:
        self.handle, self.stdin, self.stdout, self.stderr = handle, stdin, stdout, stderr
        self.pid = _number(handle)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return None while the process lives."""
        if self.handle < 0:
            return self.returncode
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            self.returncode = -signal.SIGKILL
        return self.returncode

    def kill(self) -> None:
        """Kill the process; as process 1 of its world it takes everything it started along."""
        with suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end."""
        if self.handle >= 0 and not select.select([self.handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self.poll() or 0

    def close(self) -> None:
        """Give the handle back."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def _number(handle: int) -> int:
    """Return the process number, here, of the process behind a handle."""
    fields = Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines()
    return int(next(f.split()[1] for f in fields if f.startswith("Pid:")))


class WarmSandbox(Sandbox):
    """A student's process that was forked from a warm room."""

    def __init__(self, process: Forked, room: Room, limits: Limits) -> None:
        self._scratch = None
        self._serve(process, room, limits)

    def stop(self, reason: str = "") -> None:
        """Kill the process and give its handle back."""
        super().stop(reason)
        self._watchman.join()
        self.process.close()


class WarmRoom:
    """A sandbox that has imported `modules` and forks a desk for every student.

    Args:
        room: what every student finds inside (`files` come with each student).
        limits: what each may use.
        modules: what to import beforehand.

    Raises:
        NoSandbox: no sandbox can be had at all.
    """

    def __init__(self, room: Room, limits: Limits, modules: tuple[str, ...]) -> None:
        require()
        self.room, self.limits = room, limits
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = start_desk(room, limits, modules, theirs)

    def sandbox(self, files: Path | None, limits: Limits | None = None) -> WarmSandbox:
        """Fork a desk for one student, whose folder gets a copy of `files`."""
        requests, to_desk = os.pipe()
        from_desk, replies = os.pipe()
        stdin, stdout = os.fdopen(to_desk, "wb"), os.fdopen(from_desk, "rb")
        try:
            handle = _ask(self.line, b"s", [requests, replies])
        except (OSError, Closed):
            stdin.close()
            stdout.close()
            raise
        room = Room(files, self.room.packages, self.room.hidden, self.room.environment)
        return WarmSandbox(Forked(handle, stdin, stdout), room, limits or self.limits)


class WarmExaminer:
    """A trusted process that has imported `modules` and forks an examiner for every submission."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [*examiner_command(protected=True), "--warm", *modules],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=examiner_environment(),
                start_new_session=True,
            )

    def start(self, orders: Path, folder: Path, sandbox: Sandbox) -> Forked:
        """Fork an examiner that talks to a student's process."""
        events, told = os.pipe()
        order = json.dumps({"orders": str(orders), "folder": str(folder)}).encode()
        ends = [os.dup(sandbox.process.stdout.fileno()), os.dup(sandbox.process.stdin.fileno())]
        stderr = os.fdopen(events, "rb")
        try:
            return Forked(_ask(self.line, order, [*ends, told]), None, None, stderr)
        except (OSError, Closed):
            stderr.close()
            raise


class Warm:
    """A warm room and a warm examiner for one assignment.

    Args:
        room, limits, modules: as for :class:`WarmRoom`.
        tests: what the examiner imports beforehand.
    """

    def __init__(
        self, room: Room, limits: Limits, modules: tuple[str, ...], tests: tuple[str, ...]
    ) -> None:
        self.room = WarmRoom(room, limits, modules)
        self.trusted = WarmExaminer(tests)
        try:
            for part in (self.room, self.trusted):  # both import at the same time
                part.line.settimeout(PATIENCE)
                if part.line.recv(1) != b"w":
                    raise WireError("a warm process did not start")
            with self.room.sandbox(None) as trial:
                trial.ready()
        except BaseException:
            self.close()
            raise

    def sandbox(self, room: Room, limits: Limits) -> Sandbox:
        """Return a process for one student."""
        return self.room.sandbox(room.files, limits)

    def examiner(self, orders: Path, folder: Path, sandbox: Sandbox) -> Forked:
        """Return an examiner for one submission."""
        return self.trusted.start(orders, folder, sandbox)

    def close(self) -> None:
        """End both, and every process they forked."""
        for part in (self.room, self.trusted):
            part.line.close()
            part.process.kill()
            part.process.wait()


def warm_or_none(
    room: Room, limits: Limits, modules: tuple[str, ...], tests: tuple[str, ...]
) -> tuple[Warm | None, str]:
    """Return warm processes, or None and the reason why this machine does not allow them.

    Raises:
        NoSandbox: no sandbox can be had at all.
    """
    try:
        return Warm(room, limits, modules, tests), ""
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
        raise Closed("a warm process could not fork")
    return handles[0]
