"""Several trainings at the same time, one on each processor.

A small network keeps one processor busy, and gains little from a second one: its threads wait for
one another after every product of matrices. Two networks gain all of it, because they never wait
for each other. torch lets go of Python's lock while it computes, so threads are enough.

>>> import torch
>>> from aeutils import models, training
>>> x, networks = torch.rand(200, 6), {}
>>> for k in (1, 2):
...     training.seed_everything(0)
...     networks[k] = models.Autoencoder((6, k))
>>> def train(k):
...     return training.fit(networks[k], x, epochs=2, progress=False)
>>> {k: history.step for k, history in side_by_side(train, networks).items()}
{1: [1, 2], 2: [1, 2]}
"""

from __future__ import annotations

import ctypes
import os
import threading
import warnings
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import torch

from aeutils._internal.environment import is_quiet

Name = TypeVar("Name", bound=Hashable)
Result = TypeVar("Result")

LOOK = 0.2  # seconds between two looks: on Windows nothing else lets an interruption through


def side_by_side(
    train: Callable[[Name], Result], runs: Iterable[Name], *, progress: bool = True
) -> dict[Name, Result]:
    """Call train(run) for every run, as many at a time as there are processors for them.

    The results are those of a loop, to the last bit, if no run uses what another one changes.
    Torch's global generator is such a thing: make the networks before, and give each corruption a
    `torch.Generator` of its own.

    Args:
        train: called once for each run, in threads of this process. With the threads that torch
            uses for one operation (`torch.get_num_threads`) they fill the processors.
        runs: names of the runs, each different.
        progress: show a bar that counts the runs (never while grading or in continuous
            integration).

    Returns:
        What `train` returned, by run, in the order of `runs`.

    Raises:
        ValueError: two runs have the same name.
        Exception: what a run raised; the others are stopped, as they are by an interruption.

    Warns:
        RuntimeWarning: a run drew from torch's global generator.
    """
    names = list(runs)
    if len(set(names)) < len(names):
        raise ValueError(f"runs must have names that differ, got {names}")
    before = torch.get_rng_state()
    at_a_time = min(len(names), processors() // torch.get_num_threads())
    with _bar(len(names), progress) as bar:
        if at_a_time < 2:
            results = {}
            for name in names:
                results[name] = train(name)
                bar.update()
        else:
            results = _in_threads(train, names, at_a_time, bar)
    if not torch.equal(before, torch.get_rng_state()):
        warnings.warn(
            "a run drew from torch's global generator, so its numbers depend on which run came "
            "first; make the networks before side_by_side, and give each run a torch.Generator "
            "of its own",
            RuntimeWarning,
            stacklevel=2,
        )
    return results


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux, where a process can be kept to some of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _bar(number: int, progress: bool) -> Any:
    """Return a bar of so many runs."""
    from tqdm.auto import tqdm  # not at the top: whoever needs no bar need not wait for it

    return tqdm(total=number, unit="run", disable=not progress or is_quiet())


def _in_threads(
    train: Callable[[Name], Result], names: list[Name], at_a_time: int, bar: Any
) -> dict[Name, Result]:
    """Return the results by name; stop what is still running if one run fails."""
    running: set[int] = set()

    def call(name: Name) -> Result:
        running.add(threading.get_ident())
        try:
            return train(name)
        finally:
            running.discard(threading.get_ident())

    with ThreadPoolExecutor(at_a_time, thread_name_prefix="training") as pool:
        jobs = {name: pool.submit(call, name) for name in names}
        try:
            waiting = set(jobs.values())
            while waiting:
                done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_EXCEPTION)
                for job in done:
                    job.result()  # raises what the run has raised
                    bar.update()
            return {name: job.result() for name, job in jobs.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for thread in list(running):
                _interrupt(thread)
            raise


def _interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in a thread at its next line of Python, as Python's API allows."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
    )
