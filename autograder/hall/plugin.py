"""Where the exam hall plugs into nbgrader: two lines in any course's ``nbgrader_config.py``::

from autograder.hall.plugin import exam_hall
exam_hall(c)
"""

from __future__ import annotations

from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import Enum, Float, Int, Integer, List, Unicode
from traitlets.config import Config

from autograder.feedback import FeedbackExporter, SummariseReports
from autograder.hall import sandbox
from autograder.hall.converter import ExamAutograde
from autograder.hall.exam import Paper, Result
from autograder.hall.journal import KEY, Journal
from autograder.hall.restore import RestoreCells
from autograder.hall.show import clean_outputs, plain_text, safe_markdown
from autograder.hall.staging import UNREADABLE
from autograder.report import Report

LEFT_OUT = "LeftOut"
SOURCE = 100_000  # characters of a cell's source that are shown
SHOWN = 20_000_000  # characters of output kept of one notebook
TOO_MUCH = "[output left out: the notebook shows too much]\n"
WARNING = "graded WITHOUT a sandbox: this student's code could have changed any grade or file"


def exam_hall(c: Config) -> None:
    """Make nbgrader's `autograde` and `generate_feedback` use the exam hall."""
    c.Autograde.exporter_class = ExamExporter
    c.Autograde.sanitize_preprocessors = [
        ClearOutput,
        RestoreCells,  # after which metadata need no check
        OverwriteKernelspec,
    ]
    c.Autograde.autograde_preprocessors = [
        ExamHall,
        IgnorePattern,
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.HTMLExporter.filters = {"markdown2html": safe_markdown}  # formgrader's pages too
    # Feedback must not print the source of the hidden tests.
    c.GenerateFeedback.preprocessors = [
        GetGrades,
        ClearHiddenTests,
        SummariseReports,
        CSSHTMLHeaderPreprocessor,
    ]


class ExamExporter(NotebookExporter):
    """Refuses to start without a sandbox; else hands nbgrader's converter to the exam hall."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.optimistic_validation = True  # once after all preprocessors, not after each
        self.hall = ExamHall(parent=self)
        self.protected = self.hall.sandbox != "none"
        try:
            if self.protected:
                sandbox.require()
        except sandbox.NoSandbox as refusal:
            self.log.error("%s", refusal)  # nbgrader itself would end without a word
            raise
        if not self.protected:
            self.log.warning('c.ExamHall.sandbox = "none": every submission is %s', WARNING)
        self.parent.__class__ = ExamAutograde

    def from_filename(self, filename: str, resources: dict | None = None, **kw: object) -> tuple:
        """Return a notebook after all preprocessors; what was sanitised ahead, as it was then."""
        known = self.parent.sanitised.pop(filename, None) if self.parent.in_turn else None
        return known or super().from_filename(filename, resources, **kw)


class ExamHall(NbGraderPreprocessor):
    """Sits a submission through the exam and writes outputs and reports into the notebook."""

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
        help="the course's own packages, given to student code without the answers (see seal.py)",
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

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Run both passes, and fill the notebook's outputs."""
        names = resources["nbgrader"]
        converter = self.parent.parent
        journal = Journal(converter.hall_folder, names["assignment"])
        graded = Path(converter._format_dest(names["assignment"], names["student"]))
        paper, result = converter.ahead.take(self, nb, names, graded)
        for trouble in result.trouble:
            self.log.error("%s: %s", names["student"], trouble)
        for place, why in result.left_out.items():
            self.log.warning("%s: cell %d was left out: %s", names["student"], place + 1, why)
        self._fill(nb, paper, result)
        nb.metadata[KEY] = {
            "token": journal.token(names["student"]),
            "protected": self.sandbox != "none",
        }
        if self.sandbox == "none":
            self.log.warning("%s was %s", graded, WARNING)
        return nb, resources

    def _fill(self, nb: NotebookNode, paper: Paper, result: Result) -> None:
        """Write outputs and reports into the notebook's cells."""
        unreadable = nb.metadata.get(UNREADABLE, "")
        count, shown, failed = 0, 0, ""
        for place, cell in enumerate(nb.cells):
            if cell.cell_type != "code":
                continue
            count += 1
            outputs = clean_outputs(result.outputs.get(place, []), count)
            shown += len(str(outputs))
            if outputs and shown > SHOWN:
                outputs = [new_output("stream", name="stdout", text=TOO_MUCH)]
            if place in result.left_out:
                outputs.append(_left_out(result.left_out[place]))
            cell.execution_count = count
            if paper.cells[place].kind != "test":
                cell.outputs = outputs
                cell.source = shortened(cell.source)
                errors = [o for o in outputs if o.output_type == "error"]
                failed = f"{errors[-1].ename}: {errors[-1].evalue}"[:300] if errors else failed
                continue
            grade_id, points = paper.cells[place].grade_id, paper.cells[place].points
            report = result.reports.get(grade_id)
            if report is None:
                why = unreadable or "the test did not run"
                report = Report.lost(
                    grade_id.removeprefix("test-"), points, why, "unreadable" if why else "lost"
                )
            for criterion in report.criteria:
                criterion.message = criterion.message.encode("utf-8", "replace").decode()
                if criterion.mistake == "undefined" and failed:
                    criterion.message += f". An earlier cell stopped with {failed}"
            data = report._repr_mimebundle_()
            data["text/plain"] = f"{report.earned}"  # what nbgrader reads as the score
            cell.outputs = [new_output("execute_result", data=data, execution_count=count)]
            printed = plain_text(outputs)
            if printed.strip():
                cell.outputs.insert(0, new_output("stream", name="stdout", text=printed))


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
    return new_output("error", ename=LEFT_OUT, evalue=text, traceback=[f"{LEFT_OUT}: {text}"])
