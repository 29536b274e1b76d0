"""What every executor can do."""

from __future__ import annotations

from typing import Protocol

from autograder.hall.job import GradingJob, GradingResult


class Executor(Protocol):
    """Grades submissions, `workers` at a time; `grade` is called from as many threads.

    Attributes:
        workers: how many submissions it grades at a time.
    """

    workers: int

    def grade(self, job: GradingJob) -> GradingResult:
        """Grade one submission, as soon as a worker is free.

        Args:
            job: the submission and all it needs.

        Returns:
            What came out.
        """

    def close(self) -> None:
        """End every process that was started."""
