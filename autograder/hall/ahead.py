"""Runs submissions ahead of nbgrader's loop, several at a time.

nbgrader handles one submission after the other: it sanitises, executes, saves. Executing depends on
nothing but the submission, so the next few are executed while the present one is saved. When the
loop arrives at a notebook, its result is there, or it is computed then.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.hall.exam import Paper, Result, sit
from autograder.hall.paper import imported, make_paper, make_room
from autograder.hall.sandbox import NoSandbox
from autograder.hall.staging import UNREADABLE
from autograder.hall.warm import Warm
from autograder.hall.wire import WireError

if TYPE_CHECKING:
    from autograder.hall.converter import ExamAutograde
    from autograder.hall.plugin import ExamHall

MOST_WORKERS = 8


class Ahead:
    """The results of submissions that nbgrader will ask for.

    Args:
        converter: nbgrader's running converter.
        hall: the settings.
    """

    def __init__(self, converter: ExamAutograde, hall: ExamHall) -> None:
        self.converter, self.hall = converter, hall
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.workers = hall.workers or min(cores or 1, MOST_WORKERS)
        self.pool = ThreadPoolExecutor(self.workers)
        self.running: dict[tuple[str, str, str], tuple[Paper, Future[Result]]] = {}
        self.warm: dict[str, Warm | None] = {}
        self.seconds: Counter = Counter()

    def start(self, nb: NotebookNode, names: dict, files: Path | None) -> None:
        """Begin with a submission that nbgrader will ask for later."""
        if UNREADABLE in nb.metadata:
            return
        scratch = self._scratch()
        paper = make_paper(self.hall, nb, names, self.converter.coursedir, files, scratch)
        future = self.pool.submit(sit, paper, self._warm(paper, names))
        self.running[_key(names)] = paper, future

    def take(
        self, hall: ExamHall, nb: NotebookNode, names: dict, graded: Path
    ) -> tuple[Paper, Result]:
        """Return the paper and the result of a submission, computed before or now."""
        paper, future = self.running.pop(_key(names), (None, None))
        if paper is not None and paper.cells == _cells(hall, nb, names, self.converter):
            try:
                result = future.result()
                self.seconds += result.seconds
                return paper, result
            finally:
                shutil.rmtree(paper.scratch, ignore_errors=True)
        scratch = self._scratch()
        try:
            files = scratch / "files"
            if graded.is_dir():
                ignore = shutil.ignore_patterns("*.ipynb", "timestamp.txt")
                shutil.copytree(graded, files, ignore=ignore, symlinks=True)
            found = files if files.is_dir() else None
            paper = make_paper(hall, nb, names, self.converter.coursedir, found, scratch)
            if UNREADABLE in nb.metadata:
                return paper, Result()
            result = sit(paper, self._warm(paper, names))
            self.seconds += result.seconds
            return paper, result
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _scratch(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="exam-", dir=self.converter.run_folder))

    def _warm(self, paper: Paper, names: dict) -> Warm | None:
        """Return warm processes for an assignment's papers, if this machine allows them."""
        if not paper.protected:
            return None
        assignment = names["assignment"]
        if assignment not in self.warm:
            room, limits = make_room(self.hall, assignment, self.converter.coursedir)
            modules = imported(paper.released, tests=False)
            tests = imported(paper.released, tests=True)
            try:
                self.warm[assignment] = Warm(room, limits, modules, tests)
            except NoSandbox:
                raise
            except (OSError, WireError) as refused:
                self.warm[assignment] = None
                self.hall.log.info("No warm processes here (%s): slower, as safe", refused)
        return self.warm[assignment]

    def close(self) -> None:
        """Stop everything that still runs."""
        for _, future in self.running.values():
            future.cancel()
        for warm in self.warm.values():
            if warm is not None:
                warm.close()
        self.pool.shutdown(wait=True, cancel_futures=True)


def _key(names: dict) -> tuple[str, str, str]:
    return names["student"], names["assignment"], names["notebook"]


def _cells(
    hall: ExamHall, nb: NotebookNode, names: dict, converter: ExamAutograde
) -> tuple[object, ...]:
    return make_paper(hall, nb, names, converter.coursedir, None, converter.run_folder).cells
