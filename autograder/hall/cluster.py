"""Submissions examined by the workers of a dask cluster.

The course's files travel to each worker once, in an archive known by its hash; the submissions
follow one by one. Workers return results, and nothing else: the gradebook has one writer, here.
Workers that might give other results are not used. When there is none left, the rest of the class
is graded on this machine.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import cloudpickle
from distributed import Client, Future, LocalCluster, get_worker
from nbgrader.coursedir import CourseDirectory

from autograder.hall import worker
from autograder.hall.bundle import pack
from autograder.hall.exam import Paper, Result
from autograder.hall.remote import Job
from autograder.hall.seal import package_folder

if TYPE_CHECKING:
    from autograder.hall.place import Here
    from autograder.hall.plugin import ExamHall

TRIES = 3  # of one submission on the cluster
LOOK = 0.5  # seconds between two looks at the cluster
MOST = 256  # submissions under way at a time
CODE = Path(__file__).resolve().parent.parent  # the package `autograder`

cloudpickle.register_pickle_by_value(worker)


class Cluster:
    """The workers of a dask scheduler, and this machine when they fail.

    Args:
        hall: the settings: `scheduler`, an address or "local", and `scheduler_patience`.
        course: nbgrader's folders.
        here: what grades when the cluster does not.
    """

    def __init__(self, hall: ExamHall, course: CourseDirectory, here: Here) -> None:
        self.hall, self.course, self.here = hall, course, here
        self.own: LocalCluster | None = None
        self.client: Client | None = None
        self.plugins: dict[str, worker.ExamWorker] = {}
        self.refused: dict[str, str] = {}  # workers' addresses, and why
        self.accepted: dict[str, set[str]] = {}  # of each assignment
        self.lock = threading.Lock()
        self.given_up = ""
        self.workers = here.workers
        try:
            self._connect()
        except (OSError, ValueError, TimeoutError) as error:
            self._give_up(f"{type(error).__name__}: {error}")
            return
        count = sum(w["nthreads"] for w in self._seen().values())
        self.workers = min(max(count, here.workers), MOST)

    def _connect(self) -> None:
        address, patience = self.hall.scheduler, self.hall.scheduler_patience
        if address == "local":
            self.own = LocalCluster(
                n_workers=self.here.workers,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.ERROR,
            )
            address = self.own.scheduler_address
        self.client = Client(address, timeout=patience, set_as_default=False)
        end = time.monotonic() + patience
        while not self._seen():
            if time.monotonic() > end:
                raise TimeoutError(f"no worker came within {patience:g} seconds")
            time.sleep(LOOK)

    def _seen(self) -> dict[str, dict]:
        return self.client.scheduler_info(n_workers=-1)["workers"]

    def sit(self, paper: Paper, assignment: str) -> Result:
        """Examine one submission on a worker; if the cluster cannot, on this machine."""
        if not self.given_up:
            job = pickle.dumps(Job.of(paper, self._files(paper)))
            for _ in range(TRIES):
                try:
                    return self._ask(job, assignment)
                except Exception as error:  # of dask, of the network, of a worker's machine
                    if self.given_up:
                        break
                    self.hall.log.warning("A submission comes back from the cluster: %r", error)
        return self.here.sit(paper, assignment)

    def _files(self, paper: Paper) -> bytes:
        return pack({"files": paper.room.files} if paper.room.files else {})

    def _ask(self, job: bytes, assignment: str) -> Result:
        """Send a job to the accepted workers and wait for the answer."""
        plugin = self._plugin(assignment)
        waiting_since = time.monotonic()
        while True:
            usable = self._usable(assignment)
            if not usable:
                if time.monotonic() - waiting_since > self.hall.scheduler_patience:
                    raise self._give_up(self._nobody())
                time.sleep(LOOK)
                continue
            future = self.client.submit(
                lambda name, job: get_worker().plugins[name].sit(job),
                *(plugin.name, job),
                workers=sorted(usable),
                pure=False,
            )
            if self._wait(future, usable, assignment):
                answer = pickle.loads(future.result())
                if isinstance(answer, Exception):
                    raise answer
                return answer
            waiting_since = time.monotonic()

    def _wait(self, future: Future, usable: set[str], assignment: str) -> bool:
        """Wait until a job is done; return False if all the workers it was meant for are gone."""
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        while not done.wait(LOOK):
            if not usable & self._usable(assignment):
                future.cancel()
                return False
        return True

    def _plugin(self, assignment: str) -> worker.ExamWorker:
        """Send the course's files to the workers; later ones get them when they come."""
        with self.lock:
            if assignment not in self.plugins:
                packages = tuple(self.hall.packages)
                folders = {f"code/{name}": package_folder(name) for name in packages}
                folders["code/autograder"] = CODE
                source = self.course.format_path(self.course.source_directory, ".", assignment)
                if Path(source).is_dir():
                    folders["support"] = Path(source)
                made = worker.ExamWorker(
                    *(pack(folders), assignment, packages),
                    *(self.hall.sandbox != "none", worker.versions()),
                )
                self.client.register_plugin(made)
                self.plugins[assignment] = made
            return self.plugins[assignment]

    def _usable(self, assignment: str) -> set[str]:
        """Return the addresses of workers that have the right files and versions."""
        name = self.plugins[assignment].name
        with self.lock:
            seen = set(self._seen())
            known = self.accepted.setdefault(assignment, set())
            known &= seen
            new = seen - known - set(self.refused)
            if new:
                answers = self.client.run(
                    lambda name, dask_worker: dask_worker.plugins[name].refusal(),
                    name,
                    workers=sorted(new),
                    on_error="return",
                )
                for address, answer in answers.items():
                    if answer == "":
                        known.add(address)
                    elif isinstance(answer, str):
                        self.refused[address] = answer
                        self.hall.log.warning("Worker %s is not used: %s", address, answer)
            return set(known)

    def _nobody(self) -> str:
        if self.refused:
            return "no worker can be used: " + "; ".join(sorted(set(self.refused.values())))
        return f"no worker was there for {self.hall.scheduler_patience:g} seconds"

    def _give_up(self, why: str) -> TimeoutError:
        """Note that the rest is graded here, and say so once."""
        with self.lock:
            if not self.given_up:
                self.given_up = why
                self.hall.log.warning(
                    "The cluster %s is not used any more (%s). The rest is graded on this machine.",
                    *(self.hall.scheduler, why),
                )
        return TimeoutError(why)

    def close(self) -> None:
        """Take the course's files back from the workers and leave."""
        if self.client is not None:
            for plugin in self.plugins.values():
                with suppress(Exception):
                    self.client.unregister_worker_plugin(plugin.name)
            self.client.close(timeout=5)
        if self.own is not None:
            self.own.close(timeout=10)
        self.here.close()
