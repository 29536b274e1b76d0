"""Mutation testing of the checks: does a test notice that one thing of a right answer has changed?

``python -m autograder bank --mutants`` makes every mutant of every right answer and asks the hidden
check and the visible test. A mutant that earns full marks has survived: either it computes the same
(then it stands in `equivalents.json`, with the reason), or the check misses something.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from autograder.exercises import bank
from autograder.exercises.conduct.beside.state import Around
from autograder.exercises.conduct.charge import VAGUE
from autograder.exercises.mutants import Mutant

EQUIVALENTS = Path(__file__).with_name("equivalents.json")
# CPU time: a mutant that takes so many times what the right answer takes, and some more, has an
# endless loop.
TIMES, SECONDS = 5, 1.0
SHAPE = "wrong-shape"
CHUNK, CHUNK_SECONDS = 16, 2.0  # how many mutants a process takes at a time, and for how long


class Outcome(NamedTuple):
    """What became of a mutant.

    Attributes:
        key: what the list of equivalents calls it.
        hidden: whether the hidden check noticed it.
        visible: whether the visible test did.
        mistakes: the diagnoses of the hidden check, up to the first that has a name.
        message: what the student reads about the last of them.
        seconds: of CPU time, that both tests took.
        code: the mutant's.
    """

    key: str
    hidden: bool
    visible: bool
    mistakes: tuple[str, ...]
    message: str = ""
    seconds: float = 0.0
    code: str = ""

    @property
    def exercise(self) -> str:
        """The exercise, for example "week05.kl_sparsity"."""
        return self.key.split(" | ")[0]

    @property
    def diagnosed(self) -> bool:
        """Whether the hidden check said more than that something is wrong."""
        return any(name not in VAGUE - {SHAPE} for name in self.mistakes)

    @property
    def kind(self) -> str:
        """What kind of diagnosis it is: by "exception", by "shape", "own" or "none".

        The message about an exception of the answer's own names its kind, its line and the
        arguments of the call; the one about a shape says which came and which should have come.
        """
        named = [name for name in self.mistakes if name not in VAGUE]
        if any(not name.startswith("raised-") for name in named):
            return "own"
        return "exception" if named else "shape" if SHAPE in self.mistakes else "none"


class _TooLong(BaseException):
    """A mutant runs for ever."""


def _stop(*_: object) -> None:
    raise _TooLong


class Times(NamedTuple):
    """The CPU time that a right answer takes.

    Attributes:
        criteria: by criterion, and of the look at conduct ("").
        visible: of the visible test.
    """

    criteria: dict[str, float]
    visible: float

    @property
    def hidden(self) -> float:
        """The time of the whole hidden check."""
        return sum(self.criteria.values())


class Judge:
    """Asks both tests about mutants of one right answer, as briefly as possible.

    Args:
        week: for example "week05".
        exercise: its name.
        times: of the right answer: cheap criteria are looked at first, and what takes much longer
            has an endless loop.
    """

    def __init__(self, week: str, exercise: str, times: Times) -> None:
        self.week, self.name, self.times = week, exercise, times
        self.exercise = bank.exercises(week)[exercise]
        self.test = getattr(importlib.import_module(f"aeutils.testing.{week}"), exercise)

    def __call__(self, mutant: Mutant) -> Outcome:
        """Return what became of a mutant of the answer.

        Args:
            mutant: the mutant.
        """
        begin = time.process_time()
        with _quiet():
            hidden, mistakes, message = self._hidden(mutant.code)
            visible = self._visible(mutant.code)
        seconds = time.process_time() - begin
        return Outcome(mutant.key, hidden, visible, mistakes, message, seconds, mutant.code)

    def _objects(self, code: str) -> list[object]:
        return bank.objects(self.week, self.name, code, "mutant")

    def _hidden(self, code: str) -> tuple[bool, tuple[str, ...], str]:
        try:
            with _limited(TIMES * self.times.hidden + SECONDS):
                report = self.exercise.until_named(self.times.criteria, *self._objects(code))
        except _TooLong:
            return True, ("endless-loop",), "it does not come to an end"
        except Exception as error:  # the cell itself fails, as it would in the notebook
            return True, (f"raised-{type(error).__name__}",), str(error)
        lost = [c for c in report.criteria if c.mistake and c.mistake != "not-reached"]
        message = lost[-1].message if lost else ""
        return report.earned < report.points, tuple(c.mistake for c in lost), message

    def _visible(self, code: str) -> bool:
        try:
            with _limited(TIMES * self.times.visible + SECONDS):
                self.test(*self._objects(code))
        except (Exception, _TooLong):
            return True
        return False


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let nothing be printed, warned of, or left behind."""
    around = Around()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            around.restore()


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so much CPU time; only the main thread of a process can."""
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def equivalents() -> dict[str, str]:
    """Return the reviewed survivors: key and reason."""
    listed = json.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    return {key: reason for reason, keys in listed.items() for key in keys}


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def times_of(answer: tuple[str, str, str]) -> Times:
    """Measure both tests of a right answer.

    Args:
        answer: week, exercise and label.

    Returns:
        The CPU times of its criteria and of the visible test.
    """
    week, name, right = answer
    exercise, code = bank.exercises(week)[name], bank.exercises(week)[name].right[right]
    test = getattr(importlib.import_module(f"aeutils.testing.{week}"), name)
    with _quiet():
        criteria = exercise.costs(*bank.objects(week, name, code))
        begin = time.process_time()
        test(*bank.objects(week, name, code))
    return Times(criteria, time.process_time() - begin)


def judge_chunk(chunk: tuple[Times, Sequence[Mutant]]) -> list[Outcome]:
    """Ask both tests about mutants of one right answer.

    Args:
        chunk: the right answer's times, and the mutants.

    Returns:
        What became of each, in the same order.
    """
    times, some = chunk
    judge = Judge(some[0].week, some[0].exercise, times)
    return [judge(mutant) for mutant in some]


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def judge_all(every: Sequence[Mutant], processes: int = 0) -> list[Outcome]:
    """Ask both tests about many mutants, on every processor, the slowest first.

    Args:
        every: the mutants.
        processes: how many at a time; as many as processors by default.

    Returns:
        What became of each, in the same order.
    """
    answers = list(dict.fromkeys(mutant[:3] for mutant in every))
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes or processors(), _one_thread) as pool:
        times = dict(zip(answers, pool.map(times_of, answers, chunksize=1), strict=True))
        chunks = []
        for answer, group in itertools.groupby(every, key=lambda mutant: mutant[:3]):
            some = list(group)
            size = max(1, min(CHUNK, int(CHUNK_SECONDS / (times[answer].hidden + 0.01))))
            chunks += [(times[answer], some[i : i + size]) for i in range(0, len(some), size)]
        chunks.sort(key=lambda chunk: -chunk[0].hidden)
        found = itertools.chain.from_iterable(pool.imap_unordered(judge_chunk, chunks))
        by_mutant = {(o.key, o.code): o for o in found}
    return [by_mutant[mutant.key, mutant.code] for mutant in every]
