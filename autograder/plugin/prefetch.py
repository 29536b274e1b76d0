"""Grades submissions before nbgrader asks for them, several at a time.

nbgrader handles one submission after the other: it sanitises, executes, saves. Executing depends on
nothing but the submission, so the next few are graded while the present one is saved. When the loop
arrives at a notebook, its result is there, or it is computed then.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.hall.executors.executor import Executor
from autograder.hall.job import GradingJob, GradingResult
from autograder.plugin.intake import TIMESTAMP, UNREADABLE
from autograder.plugin.job import JobFactory

Key = tuple[str, str, str]  # student, assignment, notebook


class Prefetcher:
    """The results of submissions that nbgrader will ask for.

    Args:
        executor: what grades.
        factory: what makes the jobs.
        folder: where temporary files go.

    Attributes:
        seconds: what the time of all workers together was spent on.
        waited: seconds that nbgrader's loop waited for results.
        troubled: submissions of which cells had to be left out.
    """

    def __init__(self, executor: Executor, factory: JobFactory, folder: Path) -> None:
        self.executor, self.factory, self.folder = executor, factory, folder
        self.pool = ThreadPoolExecutor(executor.workers)
        self.running: dict[Key, tuple[GradingJob, Future[GradingResult]]] = {}
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.waited = 0.0
        self.troubled = 0

    def start(self, nb: NotebookNode, names: dict[str, Any], files: Path | None) -> None:
        """Begin with a submission that nbgrader will ask for later.

        Args:
            nb: the submission, sanitised.
            names: nbgrader's names of student, assignment and notebook.
            files: folder of what lies beside the notebook.
        """
        if UNREADABLE in nb.metadata:
            return
        job = self.factory.make(nb, names, files, self._scratch())
        self.running[_key(names)] = job, self.pool.submit(self.executor.grade, job)

    def result(
        self, nb: NotebookNode, names: dict[str, Any], graded: Path
    ) -> tuple[GradingJob, GradingResult]:
        """Return the job and the result of a submission, computed before or now.

        Args:
            nb: the submission, sanitised.
            names: nbgrader's names of student, assignment and notebook.
            graded: nbgrader's folder of this student, with what lies beside the notebook.
        """
        begun = time.monotonic()
        try:
            return self._result(nb, names, graded)
        finally:
            self.waited += time.monotonic() - begun

    def _result(
        self, nb: NotebookNode, names: dict[str, Any], graded: Path
    ) -> tuple[GradingJob, GradingResult]:
        begun = self.running.pop(_key(names), None)
        if begun is not None and begun[0].cells == self.factory.cells(nb):
            job, future = begun
            try:
                return job, self._counted(future.result())
            finally:
                if job.scratch is not None:
                    shutil.rmtree(job.scratch, ignore_errors=True)
        scratch = self._scratch()
        try:
            files = scratch / "files"
            if graded.is_dir():
                ignore = shutil.ignore_patterns("*.ipynb", TIMESTAMP)
                shutil.copytree(graded, files, ignore=ignore, symlinks=True)
            job = self.factory.make(nb, names, files if files.is_dir() else None, scratch)
            if UNREADABLE in nb.metadata:
                return job, GradingResult()
            return job, self._counted(self.executor.grade(job))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def under_way(self) -> int:
        """Return how many submissions are being graded now."""
        return sum(future.running() for _, future in self.running.values())

    def _counted(self, result: GradingResult) -> GradingResult:
        for what, seconds in result.seconds.items():
            self.seconds[what] += seconds
        self.troubled += bool(result.skipped_cells or result.trouble)
        return result

    def _scratch(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="exam-", dir=self.folder))

    def close(self) -> None:
        """Stop everything that still runs."""
        for _, future in self.running.values():
            future.cancel()
        self.executor.close()
        self.pool.shutdown(wait=True, cancel_futures=True)


def _key(names: dict[str, Any]) -> Key:
    return names["student"], names["assignment"], names["notebook"]
