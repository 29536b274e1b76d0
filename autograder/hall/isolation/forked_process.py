"""A process that another one forked for us, known by a pidfd."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


class ForkedProcess:
    """A process that a fork server forked, with the methods of subprocess.Popen that are needed.

    Args:
        handle: its pidfd, which stays valid when the process number is used again.
        stdin: pipe to the process.
        stdout: pipe from the process.
        stderr: another pipe from the process.
    """

    def __init__(
        self,
        handle: int,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        stderr: BinaryIO | None = None,
    ) -> None:
        self.handle = handle
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
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
        """Kill the process; as process 1 of its namespace it takes everything it started along."""
        with suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Args:
            timeout: seconds; None waits for ever.

        Returns:
            The exit status, negative if a signal ended the process.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
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
