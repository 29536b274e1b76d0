"""Where a submission is graded in its turn: a preprocessor among nbgrader's own.

It writes what came out of grading into the notebook, where nbgrader's `SaveAutoGrades` finds the
scores and students find outputs and reports. Its settings are the instructor's: ``c.ExamHall``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Float, Int, Integer, List, Unicode

from autograder.hall.job import Cell, GradingJob, GradingResult
from autograder.hall.report import Report
from autograder.hall.settings import Settings
from autograder.plugin.intake import UNREADABLE
from autograder.plugin.nbgrader_internals import running_converter
from autograder.plugin.pending import KEY, Pending
from autograder.plugin.remarks import tell
from autograder.plugin.sanitise import clean_outputs, output_node, plain_text

LEFT_OUT = "LeftOut"
SOURCE = 100_000  # characters of a cell's source that are shown
SHOWN = 20_000_000  # characters of output kept of one notebook
TOO_MUCH = "[output left out: the notebook shows too much]\n"
UNPROTECTED = "graded WITHOUT a sandbox: this student's code could have changed any grade or file"


class ExamHall(NbGraderPreprocessor):
    """Grades a submission and writes outputs and reports into the notebook."""

    sandbox = Enum(
        ["bubblewrap", "none"],
        "bubblewrap",
        help='"none" runs student code with your rights, unprotected; every page will say so',
    ).tag(config=True)
    cell_seconds = Float(60.0, help="computing time of one cell, or of one exercise's tests").tag(
        config=True
    )
    total_seconds = Float(900.0, help="time, by the clock, of each pass of one submission").tag(
        config=True
    )
    memory_mb = Integer(4096, help="memory of one student's processes, together").tag(config=True)
    disk_mb = Integer(512, help="size of each folder that student code can write to").tag(
        config=True
    )
    processes = Int(128, help="processes and threads' processes of one student").tag(config=True)
    restarts = Int(3, help="cells that end the process or never end before giving up").tag(
        config=True
    )
    packages = List(
        Unicode(),
        help="the course's own packages, which student code gets without the answers",
    ).tag(config=True)
    workers = Integer(
        0, help="submissions run at a time; 0: one per processor, at most 8; 1: no side channels"
    ).tag(config=True)
    warm = List(
        Unicode(),
        help="modules to import before the first student, besides those that the notebooks import",
    ).tag(config=True)
    scheduler = Unicode(
        "",
        help="address of a dask scheduler whose workers examine (tcp://host:8786); "
        '"local": a dask cluster on this machine; "": this machine, without dask',
    ).tag(config=True)
    scheduler_patience = Float(
        60.0, help="seconds without a worker until the class is graded on this machine"
    ).tag(config=True)
    skip_tag = Unicode("", help="cells with this tag are not run while grading").tag(config=True)

    def settings(self) -> Settings:
        """Return the settings as one frozen object."""
        values = {field.name: getattr(self, field.name) for field in fields(Settings)}
        values |= {name: tuple(values[name]) for name in ("packages", "warm")}
        return Settings(**values)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict]:
        """Grade the submission, and fill the notebook's outputs.

        Args:
            nb: the notebook.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.
        """
        names = resources["nbgrader"]
        converter = running_converter(self)
        pending = Pending(converter.hall_folder, names["assignment"])
        graded = converter.graded_folder(names["assignment"], names["student"])
        job, result = converter.prefetcher.result(nb, names, graded)
        for trouble in result.trouble:
            self.log.error("%s: %s", names["student"], trouble)
        if result.switches:
            said = (
                f"the notebook switches {', '.join(result.switches)} for all that follows; the "
                "tests ran with the usual settings"
            )
            tell(nb, self.log, names["student"], said)
        for index, why in result.skipped_cells.items():
            self.log.warning("%s: cell %d was left out: %s", names["student"], index + 1, why)
        fill(nb, job, result)
        nb.metadata[KEY] = {"token": pending.token(names["student"]), "protected": job.protected}
        if not job.protected:
            self.log.warning("%s was %s", graded, UNPROTECTED)
        return nb, resources


def fill(nb: NotebookNode, job: GradingJob, result: GradingResult) -> None:
    """Write outputs and reports into a notebook's cells.

    Args:
        nb: the submission, sanitised.
        job: what was graded.
        result: what came out.
    """
    unreadable = nb.metadata.get(UNREADABLE, "")
    count, shown, failed = 0, 0, ""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        count += 1
        outputs = clean_outputs(result.outputs.get(index, []), count)
        shown += len(str(outputs))
        if outputs and shown > SHOWN:
            outputs = [output_node("stream", name="stdout", text=TOO_MUCH)]
        if index in result.skipped_cells:
            outputs.append(_left_out(result.skipped_cells[index]))
        cell.execution_count = count
        if job.cells[index].kind == "test":
            report = _report(job.cells[index], result, unreadable, failed)
            _show_report(cell, report, count, plain_text(outputs))
            continue
        cell.outputs = outputs
        cell.source = shortened(cell.source)
        errors = [o for o in outputs if o.output_type == "error"]
        failed = f"{errors[-1].ename}: {errors[-1].evalue}"[:300] if errors else failed


def _report(test: Cell, result: GradingResult, unreadable: str, failed: str) -> Report:
    """Return a test's report, with the reason where there is none, and fit to be written."""
    report = result.reports.get(test.grade_id)
    if report is None:
        why = unreadable or "the test did not run"
        report = Report.lost(test.exercise, test.points, why, "unreadable")
    for criterion in report.criteria:
        criterion.message = criterion.message.encode("utf-8", "replace").decode()
        if criterion.mistake == "undefined" and failed:
            criterion.message += f". An earlier cell stopped with {failed}"
    return report


def _show_report(cell: NotebookNode, report: Report, count: int, printed: str) -> None:
    data = report._repr_mimebundle_()
    data["text/plain"] = f"{report.earned}"  # what nbgrader reads as the score
    shown = {"data": NotebookNode(data), "metadata": NotebookNode(), "execution_count": count}
    cell.outputs = [output_node("execute_result", **shown)]
    if printed.strip():
        cell.outputs.insert(0, output_node("stream", name="stdout", text=printed))


def shortened(source: str) -> str:
    """Return a cell's source fit to be shown: colouring a page takes time that grows faster."""
    kept, blank = [], 0
    for line in source[:SOURCE].split("\n"):
        blank = 0 if line.strip() else blank + 1
        if blank <= 50:
            kept.append(line)
    if len(source) > SOURCE:
        kept.append("# [the rest of this cell is not shown]")
    return "\n".join(kept)


def _left_out(why: str) -> NotebookNode:
    text = f"this cell was left out: {why}"
    return output_node("error", ename=LEFT_OUT, evalue=text, traceback=[f"{LEFT_OUT}: {text}"])
