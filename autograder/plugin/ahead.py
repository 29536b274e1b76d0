"""Pages that other processes make while nbgrader's loop writes the ones before them."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from typing import Any

Page = tuple[str, dict[str, Any]]
FEWEST = 8  # pages that are worth starting processes for
WRITTEN = ("unique_key", "output_files_dir", "output_extension", "outputs", "nbgrader", "metadata")
_make: Callable[[str], Page] | None = None  # in a process of ours, what makes a page


class Ahead:
    """Pages under way, in the order in which nbgrader will ask for them.

    The processes are copies of this one (`fork`), so that they know what it has read and
    remembered. A process with several threads, such as Jupyter's server, must not be copied; there
    every page is made when nbgrader asks for it.

    Attributes:
        pages: by the notebook's path.
    """

    def __init__(self, make: Callable[[str], Page], paths: Iterable[str]) -> None:
        self.pages: dict[str, Future[Page]] = {}
        self._paths = deque(paths)
        self._pool: ProcessPoolExecutor | None = None
        workers = processors()
        if workers > 1 and len(self._paths) >= FEWEST and may_fork():
            global _make
            _make = make
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(workers, mp_context=context)
            self._room = 4 * workers  # so that pages do not pile up in memory
            self._fill()

    def _fill(self) -> None:
        while self._pool is not None and self._paths and len(self.pages) < self._room:
            path = self._paths.popleft()
            try:
                self.pages[path] = self._pool.submit(_page, path)
            except RuntimeError:  # a process has died; the pages are made one by one
                self._paths.clear()
        if self._pool is not None and not self._paths:
            self._pool.shutdown(wait=False)
            self._pool = None

    def take(self, path: str) -> Page | None:
        """Return a page, None if nobody could make it: whoever asks makes it and meets the reason.

        Args:
            path: of the notebook.
        """
        while self.pages and path in self.pages:
            first = next(iter(self.pages))
            future = self.pages.pop(first)
            if first == path:
                self._fill()
                with suppress(Exception):
                    return future.result()
        return None


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def may_fork() -> bool:
    """Tell whether this process can be copied safely."""
    return sys.platform == "linux" and threading.active_count() == 1


def _page(path: str) -> Page:
    assert _make is not None, "a process of ours is a copy of one that has set it"
    html, resources = _make(path)
    return html, {name: resources[name] for name in WRITTEN if name in resources}
