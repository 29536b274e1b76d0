"""A process on a dask worker's machine that grades one submission after the other.

    python -m autograder.hall.executors.worker_process ASSIGNMENT SUPPORT [PACKAGE ...]

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

from autograder.hall.executors.course_archive import unpack
from autograder.hall.grading import grade_submission
from autograder.hall.imports import imported_modules
from autograder.hall.isolation.bubblewrap import require
from autograder.hall.isolation.fork_server import ForkServers, start_fork_servers
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.seal import sealed_mounts
from autograder.hall.job import GradingJob


@dataclass(frozen=True)
class PortableJob:
    """A grading job without anything that depends on the machine, and the student's files.

    Attributes:
        job: the job, without mounts, support files and scratch folder.
        files: archive of the folder "files".
    """

    job: GradingJob
    files: bytes

    @classmethod
    def of(cls, job: GradingJob, files: bytes) -> PortableJob:
        """Take from a job what may travel.

        Args:
            job: a grading job of this machine.
            files: archive of the student's files.

        Returns:
            The job, ready to be pickled.
        """
        return cls(replace(job, mounts=Mounts(), support=None, scratch=None), files)


def main() -> None:
    """Say that jobs may come, or why not; then answer them until the input ends."""
    assignment, support, packages = sys.argv[1], Path(sys.argv[2]), tuple(sys.argv[3:])
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by mistake must not end up among the results
    mounts = sealed_mounts(packages, assignment, (Path.cwd().resolve().parent,))
    servers: ForkServers | None = None
    send(results, b"ready")
    while (text := receive(jobs)) is not None:
        portable: PortableJob = pickle.loads(text)
        try:
            if portable.job.protected:
                require()
            if servers is None and portable.job.protected:
                servers, _ = start_fork_servers(
                    mounts,
                    portable.job.limits,
                    imported_modules(portable.job, tests=False),
                    imported_modules(portable.job, tests=True),
                    portable.job.released,
                )
            with tempfile.TemporaryDirectory(prefix="exam-") as scratch:
                files = Path(scratch, "files")
                unpack(portable.files, Path(scratch))
                own = replace(mounts, files=files if files.is_dir() else None)
                job = replace(portable.job, mounts=own, support=support, scratch=Path(scratch))
                answer: object = grade_submission(job, servers)
        except Exception as error:  # of this machine: the submission goes elsewhere
            answer = error
        send(results, pickle.dumps(answer))
    if servers is not None:
        servers.close()


def send(pipe: BinaryIO, text: bytes) -> None:
    """Write one message.

    Args:
        pipe: where it goes.
        text: the message.
    """
    pipe.write(len(text).to_bytes(8, "big") + text)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes | None:
    """Read one message; return None at the end of the input.

    Args:
        pipe: where it comes from.
    """
    head = pipe.read(8)
    if len(head) < 8:
        return None
    text = pipe.read(int.from_bytes(head, "big"))
    return text if len(text) == int.from_bytes(head, "big") else None


if __name__ == "__main__":
    main()
