"""Grading one submission: a pass that is shown, and a pass that is tested and never shown.

:func:`grade_submission` is a function of its arguments alone. It opens no gradebook and knows no
course folder, so it may run anywhere: the notebook, the released notebook and the support files go
in, outputs and reports come out.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from autograder.hall.isolation.bubblewrap import require
from autograder.hall.isolation.examiner_process import examiner_command, examiner_environment
from autograder.hall.isolation.fork_server import ForkServers
from autograder.hall.isolation.sandbox import Sandbox
from autograder.hall.isolation.supervisor import ChildProcess, LimitedProcess
from autograder.hall.job import Cell, GradingJob, GradingResult
from autograder.hall.protocol.codec import Closed, WireError
from autograder.hall.report import Report
from autograder.hall.student.switches import SWITCHES

EVENT = 4 * 2**20  # bytes of the longest event read from an examiner
ENDED_ITSELF = "it ended the Python process (exit or crash)"


class ExaminerDied(RuntimeError):
    """The trusted process ended by itself, or was killed from outside."""


def grade_submission(job: GradingJob, servers: ForkServers | None = None) -> GradingResult:
    """Run both passes of a submission; never raises for what a student did.

    Args:
        job: the submission and all it needs.
        servers: processes that have imported what is needed; without them, each is started afresh.

    Returns:
        Outputs, reports, and cells that had to be skipped.

    Raises:
        NoSandbox: protection was asked for and cannot be had.
    """
    if job.protected:
        require()
    result = GradingResult()
    # One after the other: two sandboxes at a time could talk to each other, through file locks on
    # what both may read or through how busy the machine is, and what is tested must not be shown.
    _shown_pass(job, result, servers)
    _tested_pass(job, result, servers)
    return result


def _sandbox(job: GradingJob, servers: ForkServers | None) -> Sandbox:
    """Return a process for the student's code."""
    if servers is not None and job.protected:
        with suppress(OSError, Closed):  # killed: a fresh one takes its place
            return servers.sandbox(job.mounts, job.limits)
    return Sandbox(job.mounts, job.limits, job.protected)


def _shown_pass(job: GradingJob, result: GradingResult, servers: ForkServers | None) -> None:
    """Run the notebook as the student sees it, without a hidden line, and keep its outputs."""
    todo = [i for i, cell in enumerate(job.cells) if cell.kind != "leave"]
    end = time.monotonic() + job.limits.total_seconds
    while True:
        begun = time.monotonic()
        with _sandbox(job, servers) as sandbox:
            index = -1
            try:
                sandbox.ready()
                ready = time.monotonic()
                result.seconds["start"] += ready - begun
                for index in todo:
                    if index in result.skipped_cells:
                        continue
                    if time.monotonic() > end:
                        _skip_rest(job, result, index, _too_long(job))
                        return
                    with sandbox.at_most(job.limits.cell_seconds):
                        test = job.cells[index].kind == "test"
                        if test:
                            sandbox.line.send({"do": "reset"})
                            _note_switches(result, sandbox.line.receive()[0])
                        request = {"do": "run", "source": job.cells[index].source, "show": True}
                        sandbox.line.send(request | {"test": test})
                        reply = sandbox.line.receive()[0]
                    result.outputs[index] = _outputs(reply)
                result.seconds["cells"] += time.monotonic() - ready
                return
            except (Closed, WireError) as ended:
                if not _skip_cell(job, result, index, sandbox.reason, ended):
                    return


def _note_switches(result: GradingResult, reply: object) -> None:
    """Note which settings a notebook had switched; only names that are known are believed."""
    said = reply.get("switches") if type(reply) is dict else None
    told: list[Any] = said if type(said) is list else []
    for name in SWITCHES:
        if name in told and name not in result.switches:
            result.switches.append(name)


def _outputs(reply: object) -> list[Any]:
    if type(reply) is not dict or type(reply.get("outputs")) is not list:
        raise WireError("the outputs of this cell could not be read")
    return reply["outputs"]


def _skip_cell(
    job: GradingJob, result: GradingResult, index: int, reason: str, ended: Exception
) -> bool:
    """Note that the process ended in a cell; tell whether to start again without it."""
    if index < 0:
        result.trouble.append(f"the sandbox did not start: {reason or ended}")
        return False
    known = isinstance(ended, Closed)
    why = reason or (ENDED_ITSELF if known else str(ended))
    if job.cells[index].kind == "test":
        why = f"this test was stopped: {why}"
    result.skipped_cells[index] = why
    result.outputs.pop(index, None)
    if len(result.skipped_cells) <= job.limits.restarts:
        return True
    stopped = len(result.skipped_cells)
    _skip_rest(job, result, index + 1, f"not run: {stopped} cells before it had to be stopped")
    return False


def _skip_rest(job: GradingJob, result: GradingResult, first: int, why: str) -> None:
    """Leave out every cell from an index on."""
    for index in range(first, len(job.cells)):
        if job.cells[index].kind != "leave":
            result.outputs.pop(index, None)
            result.skipped_cells.setdefault(index, why)


def _too_long(job: GradingJob) -> str:
    return f"the notebook took more than {job.limits.total_seconds:g} seconds in all"


def _tested_pass(job: GradingJob, result: GradingResult, servers: ForkServers | None) -> None:
    """Run the notebook again with the whole tests, in processes whose output nobody reads."""
    refused: set[int] = set()  # student cells that ended the process in this pass
    deaths = 0  # of the examiner, which no student is to blame for
    end = time.monotonic() + job.limits.total_seconds
    for _ in range(len(job.cells) + 3):
        orders = _orders(job, result, refused)
        if not any(cell["kind"] == "test" for cell in orders["cells"]):
            return
        try:
            index, why, ended = _one_run(job, orders, result, servers, end)
        except ExaminerDied as died:
            deaths += 1
            result.trouble.append(str(died))
            if deaths > 2:
                break
            continue
        if not ended:
            return
        if index is None:
            result.trouble.append(f"the tests did not start: {why}")
            break
        if job.cells[index].kind == "test":
            _process_ended(job.cells[index], result, why)
        else:
            refused.add(index)
            result.skipped_cells.setdefault(index, why or ENDED_ITSELF)
        if len(refused) > job.limits.restarts or time.monotonic() > end:
            break
    why = "not tested: too many cells of this notebook had to be stopped"
    if result.trouble:
        why = f"not tested: {result.trouble[-1]}"
    elif time.monotonic() > end:
        why = f"not tested: {_too_long(job)}"
    for cell in job.cells:
        if cell.kind == "test" and cell.grade_id not in result.reports:
            lost = Report.lost(cell.exercise, cell.points, why, "not-tested")
            result.reports[cell.grade_id] = lost


def _orders(job: GradingJob, result: GradingResult, refused: set[int]) -> dict[str, Any]:
    """Return what an examiner is told to do: every cell in turn, without what has been settled."""
    return {
        "released": list(job.released),
        "hidden": list(job.hidden),
        "cells": [
            {
                "index": i,
                "kind": _kind_now(cell, i, result, refused),
                "source": cell.test if cell.kind == "test" else cell.source,
                "grade_id": cell.grade_id,
                "points": cell.points,
            }
            for i, cell in enumerate(job.cells)
        ],
    }


def _process_ended(cell: Cell, result: GradingResult, why: str) -> None:
    """Note that the student's process ended while a test ran."""
    report = result.reports.get(cell.grade_id)
    if report is None:
        message = "your code's process ended while this was tested"
        report = Report.lost(cell.exercise, cell.points, message, "process-ended")
        result.reports[cell.grade_id] = report
    for criterion in report.criteria:
        if criterion.mistake == "process-ended" and why:
            criterion.message = f"your code was stopped while this was tested: {why}"


def _kind_now(cell: Cell, index: int, result: GradingResult, refused: set[int]) -> str:
    """Return what to do with a cell: tests that have a report are not run again."""
    if cell.kind == "test":
        return "leave" if cell.grade_id in result.reports else "test"
    return "leave" if index in refused or index in result.skipped_cells else cell.kind


def _one_run(
    job: GradingJob,
    orders: dict[str, Any],
    result: GradingResult,
    servers: ForkServers | None,
    end: float,
) -> tuple[int | None, str, bool]:
    """Let one examiner run; return the last cell begun, why it was stopped, and whether it was."""
    index: int | None = None
    ended, orderly, before = True, False, time.monotonic()
    with _examiner(job, orders, servers) as (sandbox, examiner, events):
        seconds = 60.0
        now, doing = before, "start"
        while True:
            if time.monotonic() > end:
                sandbox.stop(_too_long(job))
            with sandbox.at_most(seconds), examiner.at_most(seconds + 30):
                text = events.readline(EVENT)
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
                index, seconds = event["begin"], job.limits.cell_seconds
                doing = "tests" if job.cells[index].kind == "test" else "cells"
            elif "report" in event:
                cell = job.cells[event["end"]]
                result.reports[cell.grade_id] = Report.from_dict(event["report"])
                result.seconds["functions"] += event["working"]
                result.seconds["messages"] += event["waited"] - event["working"]
                result.seconds["tests"] -= event["waited"]
        why = sandbox.reason or examiner.reason
        if not orderly and not examiner.reason:
            raise ExaminerDied(
                "the examiner ended before its time and is started again; if this returns, memory "
                "may be short, or a test itself crashes"
            )
    return index, why, ended


@contextmanager
def _examiner(
    job: GradingJob, orders: dict[str, Any], servers: ForkServers | None
) -> Iterator[tuple[Sandbox, LimitedProcess, IO[Any]]]:
    """Start a student's process and an examiner that talks to it; stop both in the end.

    Yields:
        Both, and the pipe on which the examiner reports.
    """
    with (
        tempfile.TemporaryDirectory(prefix="examiner-", dir=job.scratch) as scratch,
        _sandbox(job, servers) as sandbox,
    ):
        with suppress(Closed, WireError):  # the examiner will notice
            sandbox.ready()
        path = Path(scratch) / "orders.json"
        path.write_text(json.dumps(orders), encoding="utf-8")
        folder = job.support or Path(scratch)
        process: ChildProcess | None = None
        if servers is not None and job.protected:
            with suppress(OSError, Closed):  # killed: a fresh one takes its place
                process = servers.examiner(path, folder, sandbox)
        if process is None:
            process = subprocess.Popen(
                [*examiner_command(job.protected), str(path)],
                stdin=sandbox.line.reader,
                stdout=sandbox.line.writer,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=examiner_environment(),
                start_new_session=True,
            )
        for pipe in (sandbox.line.reader, sandbox.line.writer):
            with suppress(OSError):
                pipe.close()
        examiner = LimitedProcess(process, job.limits)
        assert process.stderr is not None, "an examiner is started with a pipe for its events"
        try:
            yield sandbox, examiner, process.stderr
        finally:
            examiner.stop()
