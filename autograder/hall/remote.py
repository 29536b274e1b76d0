"""A process on another machine that examines one submission after the other.

    python -m autograder.hall.remote ASSIGNMENT SUPPORT [PACKAGE ...]

It is started in a copy of the course's files that came with the job, and uses nothing else of the
course. On standard input come jobs, on standard output go results, each as its length in eight
bytes and a pickle: both ends are the instructor's. Students' code runs in sandboxes below.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from autograder.hall.bundle import unpack
from autograder.hall.exam import Paper, sit
from autograder.hall.paper import imported, make_room
from autograder.hall.sandbox import Room, require
from autograder.hall.warm import warm_or_none


@dataclass(frozen=True)
class Job:
    """A paper without anything that depends on the machine, and the student's files."""

    paper: Paper
    files: bytes  # archive of the folder "files"

    @classmethod
    def of(cls, paper: Paper, files: bytes) -> Job:
        """Take from a paper what may travel."""
        return cls(replace(paper, room=Room(), support=None, scratch=None), files)


def main() -> None:
    """Say that jobs may come, or why not; then answer them until the input ends."""
    assignment, support, packages = sys.argv[1], Path(sys.argv[2]), tuple(sys.argv[3:])
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake must not end up among the results
    room = make_room(packages, assignment, (Path.cwd().resolve().parent,))
    warm = None
    send(results, b"ready")
    while (text := receive(jobs)) is not None:
        job: Job = pickle.loads(text)
        try:
            if job.paper.protected:
                require()
            if warm is None and job.paper.protected:
                tests = imported(job.paper, tests=True)
                modules = imported(job.paper, tests=False)
                warm, _ = warm_or_none(room, job.paper.limits, modules, tests)
            with tempfile.TemporaryDirectory(prefix="exam-") as scratch:
                files = Path(scratch, "files")
                unpack(job.files, Path(scratch))
                own = replace(room, files=files if files.is_dir() else None)
                paper = replace(job.paper, room=own, support=support, scratch=Path(scratch))
                answer: object = sit(paper, warm)
        except Exception as error:  # of this machine: the submission goes elsewhere
            answer = error
        send(results, pickle.dumps(answer))
    if warm is not None:
        warm.close()


def send(pipe: BinaryIO, text: bytes) -> None:
    """Write one message."""
    pipe.write(len(text).to_bytes(8, "big") + text)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes | None:
    """Read one message; return None at the end of the input."""
    head = pipe.read(8)
    if len(head) < 8:
        return None
    text = pipe.read(int.from_bytes(head, "big"))
    return text if len(text) == int.from_bytes(head, "big") else None


if __name__ == "__main__":
    main()
