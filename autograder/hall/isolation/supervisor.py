"""A supervisor: a process and all that it starts, ended when they use too much."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import psutil

POLL = 0.1  # seconds between two looks at the process


@dataclass(frozen=True)
class Limits:
    """What one student's processes may use.

    Attributes:
        cell_seconds: computing time of one cell, or of one exercise's tests.
        patience: a cell may wait this many times as long, by the clock.
        total_seconds: time by the clock of each of the two passes of a submission.
        memory: bytes, all processes together.
        processes: their number.
        disk: bytes in each of the student's folder, /tmp and /dev/shm.
        restarts: cells that end the process or never end, before the rest is given up.
    """

    cell_seconds: float = 60.0
    patience: float = 4.0
    total_seconds: float = 900.0
    memory: int = 4 * 2**30
    processes: int = 128
    disk: int = 512 * 2**20
    restarts: int = 3


class ChildProcess(Protocol):
    """What the supervisor uses of a process: a subprocess.Popen, or one of a fork server."""

    pid: int

    @property
    def stdin(self) -> IO[Any] | None:
        """Pipe to the process."""

    @property
    def stdout(self) -> IO[Any] | None:
        """Pipe from the process."""

    @property
    def stderr(self) -> IO[Any] | None:
        """Another pipe from the process."""

    def poll(self) -> int | None:
        """Return None while the process lives."""

    def kill(self) -> None:
        """Kill the process."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Args:
            timeout: seconds; None waits for ever.

        Returns:
            The exit status.
        """


class LimitedProcess:
    """A process whose whole family is stopped when it uses too much.

    Args:
        process: the process, just started.
        limits: what it may use.

    Attributes:
        reason: why it was stopped, or "" while it was not.
    """

    def __init__(self, process: ChildProcess, limits: Limits) -> None:
        self.process, self.limits, self.reason = process, limits, ""
        # Seconds allowed, CPU seconds used before (None until the first look), clock at start.
        self._allowed: tuple[float, float | None, float] | None = None
        self._lock = threading.Lock()
        self._quit = threading.Event()
        self._supervisor = threading.Thread(target=self._watch, daemon=True)
        self._supervisor.start()

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Stop the process if the block takes longer (computing time; by the clock: patience).

        Args:
            seconds: computing time; by the clock it may be `Limits.patience` times as much.

        Returns:
            A context.
        """
        with self._lock:
            self._allowed = (seconds, None, time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                self._allowed = None

    def stop(self, reason: str = "") -> None:
        """Kill the process and everything it started; the first reason given is kept.

        Args:
            reason: why, for the report.
        """
        self.reason = self.reason or reason
        self._quit.set()
        self._kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
        self.process.wait()

    def _use(self) -> tuple[int, int, float]:
        """Return the family's number, resident bytes and CPU seconds."""
        number, memory, seconds = 0, 0, 0.0
        for one in self._family():
            with suppress(psutil.Error):
                times = one.cpu_times()
                number += 1
                seconds += times.user + times.system
                seconds += getattr(times, "children_user", 0.0)
                seconds += getattr(times, "children_system", 0.0)
                memory += one.memory_info().rss
        return number, memory, seconds

    def _watch(self) -> None:
        while not self._quit.wait(POLL) and self.process.poll() is None:
            number, memory, seconds = self._use()
            reason = ""
            if number > self.limits.processes:
                reason = f"it started more than {self.limits.processes} processes"
            elif memory > self.limits.memory:
                reason = f"it used more than {self.limits.memory / 2**30:.1f} GiB of memory"
            with self._lock:
                if self._allowed is not None:
                    allowed, cpu, clock = self._allowed
                    if cpu is None:  # looking costs more than most cells take: not at every start
                        cpu = seconds
                        self._allowed = (allowed, cpu, clock)
                    waited = time.monotonic() - clock
                    if seconds - cpu > allowed:
                        reason = f"it took more than {allowed:g} seconds of computing time"
                    elif waited > allowed * self.limits.patience:
                        reason = f"it did not end within {allowed * self.limits.patience:g} seconds"
            if reason:
                self.reason = self.reason or reason
                self._kill()
                return

    def _kill(self) -> None:
        """Kill the process and everything it started."""
        family = self._family()
        with suppress(OSError):
            self.process.kill()
        for child in family[1:]:  # in a sandbox they die with it; without one they must be told
            with suppress(psutil.Error):
                child.kill()

    def _family(self) -> list[psutil.Process]:
        """Return the process and everything it started, or nothing if it has ended.

        A forked process that ended before anybody looked has the number -1.
        """
        with suppress(psutil.Error):
            if self.process.pid > 0:
                return family(psutil.Process(self.process.pid))
        return []


def family(parent: psutil.Process) -> list[psutil.Process]:
    """Return a process and everything it started that lives, itself first.

    Where the system lists a thread's children (Linux, as a rule), only the family is looked at.
    psutil reads all processes of the machine for the same answer, which costs more than most
    students' cells do.

    Args:
        parent: the process.

    Raises:
        psutil.Error: it has ended.
    """
    found = [parent]
    for one in found:  # grows while it is walked through
        try:
            numbers = [
                number
                for thread in os.listdir(f"/proc/{one.pid}/task")
                for number in Path(f"/proc/{one.pid}/task/{thread}/children").read_text().split()
            ]
        except (FileNotFoundError, ProcessLookupError):  # no such list here, or it has just ended
            if one is parent:
                return [parent, *parent.children(recursive=True)]
            continue
        for number in numbers:
            with suppress(psutil.Error):
                found.append(psutil.Process(int(number)))
    return found
