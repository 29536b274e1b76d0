"""One run of grading at a time: a second one says who is grading and how far, and waits its turn.

The lock is the operating system's, so that it ends with the process that holds it, however that
ends. A second file beside it says what the holder is doing; nothing depends on it.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOOK = 1.0  # seconds between two looks at the lock
SAY = 30.0  # seconds between two sentences of a run that waits
NOTED = 0.5  # seconds between two notes of how far a run is


@contextmanager
def one_run(folder: Path, assignment: str, log: logging.Logger) -> Iterator[Callable[..., None]]:
    """Wait until no other run grades this assignment, and keep others waiting meanwhile.

    Args:
        folder: where the lock lies; it is made.
        assignment: the assignment's name.
        log: where an instructor reads for whom this run waits.

    Returns:
        A context; in it, a function that notes how far this run is: ``note(done, total)``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{assignment}.lock")
    holder = folder / f"{assignment}.holder.json"
    _acquire(lock, holder, assignment, log)
    try:
        about = {"pid": os.getpid(), "host": socket.gethostname(), "user": _user()}
        about["since"] = time.strftime("%H:%M:%S")

        written = float("-inf")

        def note(done: int, total: int) -> None:
            nonlocal written
            if time.monotonic() - written < NOTED and done < total:
                return  # nobody reads it more often, and a run without news has nothing else to do
            written = time.monotonic()
            new = holder.with_suffix(".new")
            with suppress(OSError):  # a full disk is told where it matters
                text = json.dumps({**about, "done": done, "total": total})
                new.write_text(text, encoding="utf-8")
                new.replace(holder)

        yield note
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _acquire(lock: FileLock, holder: Path, assignment: str, log: logging.Logger) -> None:
    with suppress(Timeout):
        lock.acquire(timeout=0)
        return
    while True:
        log.warning("%s is being graded %s; waiting", assignment, _who(holder))
        with suppress(Timeout):
            lock.acquire(timeout=SAY, poll_interval=LOOK)
            log.warning("The other run is over; this one goes on with what it left")
            return


def _who(holder: Path) -> str:
    """Say who holds the lock and how far that run is."""
    try:
        about = json.loads(holder.read_text(encoding="utf-8"))
        return (
            f"by {about['user']} on {about['host']} (process {about['pid']}, since "
            f"{about['since']}): {about['done']} of {about['total']} submissions"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "by another run"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name
        return "somebody"
