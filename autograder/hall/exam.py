"""One submission: a pass that is shown, and a pass that is tested and never shown.

:func:`sit` is a function of its arguments alone. It opens no gradebook and knows no course folder,
so it may run anywhere: the notebook, the released notebook and the support files go in, outputs and
reports come out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.hall.sandbox import Room, Sandbox, bwrap, require
from autograder.hall.watched import Limits, Watched
from autograder.hall.wire import Closed, WireError
from autograder.report import Report

if TYPE_CHECKING:
    from autograder.hall.warm import Warm

EVENT = 4 * 2**20  # bytes of the longest event read from an examiner


@dataclass(frozen=True)
class Cell:
    """A code cell of a submission.

    Attributes:
        source: what runs in the pass that is shown; of a test, its visible part.
        kind: "student", "test" or "leave" (not run).
        test: of a test, the whole cell with its hidden regions.
    """

    source: str
    kind: str
    grade_id: str = ""
    points: float = 0.0
    test: str = ""


@dataclass(frozen=True)
class Paper:
    """All that is needed to examine one submission."""

    cells: tuple[Cell, ...]
    released: tuple[dict, ...]  # code cells of the release, as prelude.ReleasedCell takes them
    room: Room = field(default_factory=Room)
    limits: Limits = field(default_factory=Limits)
    protected: bool = True
    support: Path | None = None  # trusted files that tests may read
    hidden: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scratch: Path | None = None  # where temporary files go
    warm: tuple[str, ...] = ()  # modules worth importing before the first student


@dataclass
class Result:
    """What came out: outputs by place of the cell, reports by grade_id, cells left out and why."""

    outputs: dict[int, list] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)  # for the instructor
    seconds: Counter = field(default_factory=Counter)  # by the clock: start, imports, cells, tests


class ExaminerDied(RuntimeError):
    """The trusted process ended by itself, or was killed from outside."""


def sit(paper: Paper, warm: Warm | None = None) -> Result:
    """Run both passes of a submission; never raises for what a student did.

    Args:
        paper: the submission and all it needs.
        warm: processes that have imported what is needed; without them, each is started afresh.

    Raises:
        NoSandbox: protection was asked for and cannot be had.
    """
    if paper.protected:
        require()
    result = Result()
    # One after the other: two sandboxes at a time could talk to each other, through file locks on
    # what both may read or through how busy the machine is, and what is tested must not be shown.
    _shown_pass(paper, result, warm)
    _tested_pass(paper, result, warm)
    return result


def _sandbox(paper: Paper, warm: Warm | None) -> Sandbox:
    """Return a process for the student's code."""
    if warm is not None and paper.protected:
        with suppress(OSError, Closed):  # killed: a fresh one takes its place
            return warm.sandbox(paper.room, paper.limits)
    return Sandbox(paper.room, paper.limits, paper.protected)


def _shown_pass(paper: Paper, result: Result, warm: Warm | None) -> None:
    """Run the notebook as the student sees it, without a hidden line, and keep its outputs."""
    todo = [i for i, cell in enumerate(paper.cells) if cell.kind != "leave"]
    end = time.monotonic() + paper.limits.total_seconds
    while True:
        begun = time.monotonic()
        with _sandbox(paper, warm) as sandbox:
            place = -1
            try:
                sandbox.ready()
                ready = time.monotonic()
                result.seconds["start"] += ready - begun
                for place in todo:
                    if place in result.left_out:
                        continue
                    if time.monotonic() > end:
                        _leave_rest(paper, result, place, _too_long(paper))
                        return
                    with sandbox.at_most(paper.limits.cell_seconds):
                        request = {"do": "run", "source": paper.cells[place].source, "show": True}
                        sandbox.line.send(request)
                        reply = sandbox.line.receive()[0]
                    result.outputs[place] = _outputs(reply)
                result.seconds["cells"] += time.monotonic() - ready
                return
            except (Closed, WireError) as ended:
                if not _leave_out(paper, result, place, sandbox.reason, ended):
                    return


def _outputs(reply: object) -> list:
    if type(reply) is not dict or type(reply.get("outputs")) is not list:
        raise WireError("the outputs of this cell could not be read")
    return reply["outputs"]


def _leave_out(paper: Paper, result: Result, place: int, reason: str, ended: Exception) -> bool:
    """Note that the process ended in a cell; tell whether to start again without it."""
    if place < 0:
        result.trouble.append(f"the sandbox did not start: {reason or ended}")
        return False
    known = isinstance(ended, Closed)
    why = reason or ("it ended the Python process (exit or crash)" if known else str(ended))
    if paper.cells[place].kind == "test":
        why = f"this test was stopped: {why}"
    result.left_out[place] = why
    result.outputs.pop(place, None)
    if len(result.left_out) <= paper.limits.restarts:
        return True
    stopped = len(result.left_out)
    _leave_rest(paper, result, place + 1, f"not run: {stopped} cells before it had to be stopped")
    return False


def _leave_rest(paper: Paper, result: Result, first: int, why: str) -> None:
    """Leave out every cell from a place on."""
    for place in range(first, len(paper.cells)):
        if paper.cells[place].kind != "leave":
            result.outputs.pop(place, None)
            result.left_out.setdefault(place, why)


def _too_long(paper: Paper) -> str:
    return f"the notebook took more than {paper.limits.total_seconds:g} seconds in all"


def _tested_pass(paper: Paper, result: Result, warm: Warm | None) -> None:
    """Run the notebook again with the whole tests, in processes whose output nobody reads."""
    refused = set()  # student cells that ended the process in this pass
    deaths = 0  # of the examiner, which no student is to blame for
    end = time.monotonic() + paper.limits.total_seconds
    for _ in range(len(paper.cells) + 3):
        orders = {
            "released": list(paper.released),
            "hidden": list(paper.hidden),
            "cells": [
                {
                    "place": i,
                    "kind": _kind_now(cell, i, result, refused),
                    "source": cell.test if cell.kind == "test" else cell.source,
                    "grade_id": cell.grade_id,
                    "points": cell.points,
                }
                for i, cell in enumerate(paper.cells)
            ],
        }
        if not any(c["kind"] == "test" for c in orders["cells"]):
            return
        try:
            place, why, ended = _one_run(paper, orders, result, warm, end)
        except ExaminerDied as died:
            deaths += 1
            result.trouble.append(str(died))
            if deaths > 2:
                break
            continue
        if not ended:
            return
        if place is None:
            result.trouble.append(f"the tests did not start: {why}")
            break
        cell = paper.cells[place]
        if cell.kind == "test":
            report = result.reports.get(cell.grade_id)
            if report is None:
                report = Report.lost(_name(cell), cell.points, "", "process-ended")
                report.criteria[0].message = "your code's process ended while this was tested"
                result.reports[cell.grade_id] = report
            for criterion in report.criteria:
                if criterion.mistake == "process-ended" and why:
                    criterion.message = f"your code was stopped while this was tested: {why}"
        else:
            refused.add(place)
            result.left_out.setdefault(place, why or "it ended the Python process (exit or crash)")
        if len(refused) > paper.limits.restarts or time.monotonic() > end:
            break
    for cell in paper.cells:
        if cell.kind == "test" and cell.grade_id not in result.reports:
            why = "not tested: too many cells of this notebook had to be stopped"
            if time.monotonic() > end:
                why = f"not tested: {_too_long(paper)}"
            if result.trouble:
                why = f"not tested: {result.trouble[-1]}"
            result.reports[cell.grade_id] = Report.lost(_name(cell), cell.points, why, "not-tested")


def _kind_now(cell: Cell, place: int, result: Result, refused: set[int]) -> str:
    """Return what to do with a cell: tests that have a report are not run again."""
    if cell.kind == "test":
        return "leave" if cell.grade_id in result.reports else "test"
    return "leave" if place in refused or place in result.left_out else cell.kind


def _name(cell: Cell) -> str:
    return cell.grade_id.removeprefix("test-")


def _one_run(
    paper: Paper, orders: dict, result: Result, warm: Warm | None, end: float
) -> tuple[int | None, str, bool]:
    """Let one examiner run; return the last cell begun, why it was stopped, and whether it was."""
    place, ended, orderly, before = None, True, False, time.monotonic()
    with _examiner(paper, orders, warm) as (sandbox, examiner):
        seconds = 60.0
        now, doing = before, "start"
        while True:
            if time.monotonic() > end:
                sandbox.stop(_too_long(paper))
            with sandbox.at_most(seconds), examiner.at_most(seconds + 30):
                text = examiner.process.stderr.readline(EVENT)
            try:
                event = json.loads(text)
            except ValueError:
                break  # the examiner is gone
            now, before = time.monotonic(), now
            result.seconds[doing] += now - before
            if "finished" in event or "stopped" in event:
                ended, orderly = "stopped" in event, True
                break
            if "begin" in event:
                place, seconds = event["begin"], paper.limits.cell_seconds
                doing = "tests" if paper.cells[place].kind == "test" else "cells"
            elif "report" in event:
                cell = paper.cells[event["end"]]
                result.reports[cell.grade_id] = Report.from_dict(event["report"])
        why = sandbox.reason or examiner.reason
        if not orderly and not examiner.reason:
            raise ExaminerDied(
                "the examiner ended before its time and is started again; if this returns, memory "
                "may be short, or a test itself crashes"
            )
    return place, why, ended


@contextmanager
def _examiner(paper: Paper, orders: dict, warm: Warm | None) -> Iterator[tuple[Sandbox, Watched]]:
    """Start a student's process and an examiner that talks to it; stop both in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="examiner-", dir=paper.scratch) as scratch,
        _sandbox(paper, warm) as sandbox,
    ):
        with suppress(Closed, WireError):  # the examiner will notice
            sandbox.ready()
        path = Path(scratch) / "orders.json"
        path.write_text(json.dumps(orders), encoding="utf-8")
        folder = paper.support or Path(scratch)
        process = None
        if warm is not None and paper.protected:
            with suppress(OSError, Closed):  # killed: a fresh one takes its place
                process = warm.examiner(path, folder, sandbox)
        if process is None:
            process = subprocess.Popen(
                [*examiner_command(paper.protected), str(path)],
                stdin=sandbox.process.stdout,
                stdout=sandbox.process.stdin,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=examiner_environment(),
                start_new_session=True,
            )
        for pipe in (sandbox.process.stdin, sandbox.process.stdout):
            with suppress(OSError):
                pipe.close()
        examiner = Watched(process, paper.limits)
        try:
            yield sandbox, examiner
        finally:
            examiner.stop()


def examiner_command(protected: bool) -> list[str]:
    """Return how an examiner is started: trusted, but behind walls if there are any.

    A bug in reading a student's values should stay inside: read-only files and no network.
    """
    walls = []
    if protected:
        walls = [str(bwrap()), "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"]
        walls += ["--dev", "/dev", "--proc", "/proc"]
    return [*walls, sys.executable, "-m", "autograder.hall.examiner"]


def examiner_environment() -> dict[str, str]:
    """Return an examiner's environment variables."""
    return {**os.environ, "TMPDIR": "/dev/shm", "OMP_NUM_THREADS": "1"}
