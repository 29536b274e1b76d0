"""Grading on this machine: students' processes are forked from one that has imported enough."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace

from autograder.hall.grading import grade_submission
from autograder.hall.imports import imported_modules
from autograder.hall.isolation.fork_server import ForkServers, start_fork_servers
from autograder.hall.job import GradingJob, GradingResult

MOST_WORKERS = 8


class LocalExecutor:
    """Grades on this machine.

    Args:
        workers: submissions graded at a time; 0 means one per processor, at most 8.
        log: where an instructor reads what happened.
    """

    def __init__(self, workers: int, log: logging.Logger) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.workers = workers or min(cores or 1, MOST_WORKERS)
        self.log = log
        self._free = threading.Semaphore(self.workers)
        self._servers: dict[str, ForkServers | None] = {}
        self._starting = threading.Lock()
        self._closed = False

    def grade(self, job: GradingJob) -> GradingResult:
        """Grade a submission, as soon as a processor is free.

        Args:
            job: the submission and all it needs.

        Returns:
            What came out.

        Raises:
            RuntimeError: the executor is closed.
            NoSandbox: protection was asked for and cannot be had.
        """
        with self._free:
            if self._closed:
                raise RuntimeError("this run of grading has ended")
            servers, seconds = self._servers_for(job)
            result = grade_submission(job, servers)
            result.seconds["imports"] += seconds
            return result

    def _servers_for(self, job: GradingJob) -> tuple[ForkServers | None, float]:
        """Return fork servers, if this machine allows them, and how long starting them took."""
        if not job.protected:
            return None, 0.0
        with self._starting:
            begun = time.monotonic()
            if job.assignment not in self._servers:
                self._servers[job.assignment], why = start_fork_servers(
                    replace(job.mounts, files=None),
                    job.limits,
                    imported_modules(job, tests=False),
                    imported_modules(job, tests=True),
                    job.released,
                )
                if why:
                    self.log.info("No fork servers here (%s): slower, as safe", why)
            return self._servers[job.assignment], time.monotonic() - begun

    def close(self) -> None:
        """End the fork servers, and with them all that they forked."""
        self._closed = True
        for servers in self._servers.values():
            if servers is not None:
                servers.close()
