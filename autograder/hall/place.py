"""Where submissions are examined: on this machine, by default."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Protocol

from nbgrader.coursedir import CourseDirectory

from autograder.hall.exam import Paper, Result, sit
from autograder.hall.paper import imported
from autograder.hall.sandbox import Room
from autograder.hall.warm import Warm, warm_or_none

if TYPE_CHECKING:
    from autograder.hall.plugin import ExamHall

MOST_WORKERS = 8


class Place(Protocol):
    """Examines submissions, `workers` at a time; `sit` is called from as many threads."""

    workers: int

    def sit(self, paper: Paper, assignment: str) -> Result:
        """Examine one submission."""

    def close(self) -> None:
        """End every process that was started."""


def place(hall: ExamHall, course: CourseDirectory) -> Place:
    """Return the place that the settings ask for."""
    if not hall.scheduler:
        return Here(hall)
    from autograder.hall.cluster import Cluster

    return Cluster(hall, course, Here(hall))


class Here:
    """This machine: students' processes are forked from one that has imported what they need."""

    def __init__(self, hall: ExamHall) -> None:
        self.hall = hall
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.workers = hall.workers or min(cores or 1, MOST_WORKERS)
        self._free = threading.Semaphore(self.workers)
        self._warm: dict[str, Warm | None] = {}
        self._making = threading.Lock()
        self._closed = False

    def sit(self, paper: Paper, assignment: str) -> Result:
        """Examine a submission, as soon as a processor is free."""
        with self._free:
            if self._closed:
                raise RuntimeError("this run of grading has ended")
            warm, seconds = self._warm_for(paper, assignment)
            result = sit(paper, warm)
            result.seconds["imports"] += seconds
            return result

    def _warm_for(self, paper: Paper, assignment: str) -> tuple[Warm | None, float]:
        """Return warm processes, if this machine allows them, and how long making them took."""
        if not paper.protected:
            return None, 0.0
        with self._making:
            begun = time.monotonic()
            if assignment not in self._warm:
                room = Room(None, paper.room.packages, paper.room.hidden, paper.room.environment)
                modules = imported(paper, tests=False)
                tests = imported(paper, tests=True)
                self._warm[assignment], why = warm_or_none(room, paper.limits, modules, tests)
                if why:
                    self.hall.log.info("No warm processes here (%s): slower, as safe", why)
            return self._warm[assignment], time.monotonic() - begun

    def close(self) -> None:
        """End the warm processes, and with them all that they forked."""
        self._closed = True
        for warm in self._warm.values():
            if warm is not None:
                warm.close()
