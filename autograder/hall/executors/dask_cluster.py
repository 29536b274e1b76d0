"""Grading on the workers of a dask cluster.

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
from operator import methodcaller

import cloudpickle
from distributed import Client, Future, LocalCluster, get_worker

from autograder.hall.executors import dask_worker
from autograder.hall.executors.course_archive import pack
from autograder.hall.executors.local import LocalExecutor
from autograder.hall.executors.worker_process import PortableJob
from autograder.hall.isolation.seal import GRADER, package_folder
from autograder.hall.job import GradingJob, GradingResult
from autograder.hall.settings import Settings

TRIES = 3  # of one submission on the cluster
LOOK = 0.5  # seconds between two looks at the cluster
MOST = 256  # submissions under way at a time

cloudpickle.register_pickle_by_value(dask_worker)


class DaskExecutor:
    """The workers of a dask scheduler, and this machine when they fail.

    Args:
        settings: `scheduler`, an address or "local", and `scheduler_patience`.
        local: what grades when the cluster does not.
        log: where an instructor reads what happened.
    """

    def __init__(self, settings: Settings, local: LocalExecutor, log: logging.Logger) -> None:
        self.settings, self.local, self.log = settings, local, log
        self.own: LocalCluster | None = None
        self.client: Client | None = None
        self.plugins: dict[str, dask_worker.GradingWorker] = {}
        self.refused: dict[str, str] = {}  # workers' addresses, and why
        self.accepted: dict[str, set[str]] = {}  # of each assignment
        self.lock = threading.Lock()
        self.given_up = ""
        self.workers = local.workers
        try:
            self._connect()
        except (OSError, ValueError, TimeoutError) as error:
            self._give_up(f"{type(error).__name__}: {error}")
            return
        count = sum(w["nthreads"] for w in self._seen().values())
        self.workers = min(max(count, local.workers), MOST)

    def _connect(self) -> None:
        address, patience = self.settings.scheduler, self.settings.scheduler_patience
        if address == "local":
            self.own = LocalCluster(
                n_workers=self.local.workers,
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

    def _connected(self) -> Client:
        assert self.client is not None, "asked for only where a connection was made"
        return self.client

    def _seen(self) -> dict[str, dict]:
        return self._connected().scheduler_info(n_workers=-1)["workers"]

    def grade(self, job: GradingJob) -> GradingResult:
        """Grade one submission on a worker; if the cluster cannot, on this machine.

        Args:
            job: the submission and all it needs.

        Returns:
            What came out.
        """
        if not self.given_up:
            files = pack({"files": job.mounts.files} if job.mounts.files else {})
            portable = pickle.dumps(PortableJob.of(job, files))
            for _ in range(TRIES):
                try:
                    return self._ask(portable, job)
                except Exception as error:  # of dask, of the network, of a worker's machine
                    if self.given_up:
                        break
                    self.log.warning("A submission comes back from the cluster: %r", error)
        return self.local.grade(job)

    def _ask(self, portable: bytes, job: GradingJob) -> GradingResult:
        """Send a job to the accepted workers and wait for the answer."""
        plugin, assignment = self._plugin(job), job.assignment
        waiting_since = time.monotonic()
        while True:
            usable = self._usable(assignment)
            if not usable:
                if time.monotonic() - waiting_since > self.settings.scheduler_patience:
                    raise self._give_up(self._nobody())
                time.sleep(LOOK)
                continue
            future = self._connected().submit(
                # A lambda travels by value; a function with a name would be looked for over there.
                lambda name, job: methodcaller("grade", job)(get_worker().plugins[name]),
                plugin.name,
                portable,
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

    def _plugin(self, job: GradingJob) -> dask_worker.GradingWorker:
        """Send the course's files to the workers; later ones get them when they come."""
        with self.lock:
            if job.assignment not in self.plugins:
                packages = self.settings.packages
                folders = {f"code/{name}": package_folder(name) for name in packages}
                folders["code/autograder"] = GRADER
                if job.support is not None:
                    folders["support"] = job.support
                plugin = dask_worker.GradingWorker(
                    pack(folders),
                    job.assignment,
                    packages,
                    self.settings.protected,
                    dask_worker.versions(),
                )
                self._connected().register_plugin(plugin)
                self.plugins[job.assignment] = plugin
            return self.plugins[job.assignment]

    def _usable(self, assignment: str) -> set[str]:
        """Return the addresses of workers that have the right files and versions."""
        name = self.plugins[assignment].name
        with self.lock:
            seen = set(self._seen())
            known = self.accepted.setdefault(assignment, set())
            known &= seen
            new = seen - known - set(self.refused)
            if new:
                answers = self._connected().run(
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
                        self.log.warning("Worker %s is not used: %s", address, answer)
            return set(known)

    def _nobody(self) -> str:
        if self.refused:
            return "no worker can be used: " + "; ".join(sorted(set(self.refused.values())))
        return f"no worker was there for {self.settings.scheduler_patience:g} seconds"

    def _give_up(self, why: str) -> TimeoutError:
        """Note that the rest is graded here, and say so once."""
        with self.lock:
            if not self.given_up:
                self.given_up = why
                self.log.warning(
                    "The cluster %s is not used any more (%s). The rest is graded on this machine.",
                    *(self.settings.scheduler, why),
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
        self.local.close()
