"""Runs submissions ahead of nbgrader's loop, several at a time.

nbgrader handles one submission after the other: it sanitises, executes, saves. Executing depends on
nothing but the submission, so the next few are executed while the present one is saved. When the
loop arrives at a notebook, its result is there, or it is computed then.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.hall.exam import Paper, Result
from autograder.hall.paper import make_paper
from autograder.hall.place import place
from autograder.hall.staging import UNREADABLE

if TYPE_CHECKING:
    from autograder.hall.converter import ExamAutograde
    from autograder.hall.plugin import ExamHall


class Ahead:
    """The results of submissions that nbgrader will ask for.

    Args:
        converter: nbgrader's running converter.
        hall: the settings.
    """

    def __init__(self, converter: ExamAutograde, hall: ExamHall) -> None:
        self.converter, self.hall = converter, hall
        self.place = place(hall, converter.coursedir)
        self.workers = self.place.workers
        self.pool = ThreadPoolExecutor(self.workers)
        self.running: dict[tuple[str, str, str], tuple[Paper, Future[Result]]] = {}
        self.seconds: Counter = Counter()
        self.waited = 0.0  # seconds that nbgrader's loop waited for results
        self.troubled = 0  # submissions of which cells had to be left out

    def start(self, nb: NotebookNode, names: dict, files: Path | None) -> None:
        """Begin with a submission that nbgrader will ask for later."""
        if UNREADABLE in nb.metadata:
            return
        scratch = self._scratch()
        paper = make_paper(self.hall, nb, names, self.converter.coursedir, files, scratch)
        future = self.pool.submit(self.place.sit, paper, names["assignment"])
        self.running[_key(names)] = paper, future

    def take(
        self, hall: ExamHall, nb: NotebookNode, names: dict, graded: Path
    ) -> tuple[Paper, Result]:
        """Return the paper and the result of a submission, computed before or now."""
        begun = time.monotonic()
        try:
            return self._take(hall, nb, names, graded)
        finally:
            self.waited += time.monotonic() - begun

    def _take(
        self, hall: ExamHall, nb: NotebookNode, names: dict, graded: Path
    ) -> tuple[Paper, Result]:
        paper, future = self.running.pop(_key(names), (None, None))
        if paper is not None and paper.cells == _cells(hall, nb, names, self.converter):
            try:
                return paper, self._counted(future.result())
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
            return paper, self._counted(self.place.sit(paper, names["assignment"]))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def under_way(self) -> int:
        """Return how many submissions are being examined now."""
        return sum(future.running() for _, future in self.running.values())

    def _counted(self, result: Result) -> Result:
        self.seconds += result.seconds
        self.troubled += bool(result.left_out or result.trouble)
        return result

    def _scratch(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="exam-", dir=self.converter.run_folder))

    def close(self) -> None:
        """Stop everything that still runs."""
        for _, future in self.running.values():
            future.cancel()
        self.place.close()
        self.pool.shutdown(wait=True, cancel_futures=True)


def _key(names: dict) -> tuple[str, str, str]:
    return names["student"], names["assignment"], names["notebook"]


def _cells(
    hall: ExamHall, nb: NotebookNode, names: dict, converter: ExamAutograde
) -> tuple[object, ...]:
    return make_paper(hall, nb, names, converter.coursedir, None, converter.run_folder).cells
