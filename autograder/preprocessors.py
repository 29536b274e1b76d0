"""nbgrader plug-ins: run a submission whatever happens to its kernel, and turn reports into scores.

They replace nothing of nbgrader's own bookkeeping: ``SaveAutoGrades`` still decides and stores the
score from the cell's outputs, which :class:`ReadReports` has put in order.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook, SourceCell
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, OverwriteCells
from nbgrader.utils import is_grade, is_solution, setenv
from traitlets import Bool, Integer

from autograder.report import MIME, Report

UNREADABLE = "autograder_unreadable"
KERNEL_DIED = "KernelDied"


class ReadableNotebookExporter(NotebookExporter):
    """Reads a submission; one that is not a notebook becomes an empty notebook that says why.

    :class:`RestoreCells` then puts the tests back, they earn 0, and the student gets a feedback
    page instead of silence. The submitted file itself is never touched.
    """

    def from_filename(self, filename: str, resources: dict | None = None, **kw: object) -> tuple:
        """Convert the notebook at `filename`, or the note that takes an unreadable one's place."""
        try:
            with open(filename, encoding="utf-8") as file:
                nb = nbformat.read(file, as_version=4)
            nbformat.validate(nb)
        except Exception as error:
            reason = explain_unreadable(Path(filename), error)
            self.log.error("%s", reason)
            nb = new_notebook(
                cells=[new_markdown_cell(f"**This submission could not be read.** {reason}")],
                metadata={
                    "kernelspec": {
                        "name": "python3",
                        "display_name": "Python 3",
                        "language": "python",
                    },
                    UNREADABLE: reason,
                },
            )
            return self.from_notebook_node(nb, resources=resources, **kw)
        return super().from_filename(filename, resources=resources, **kw)


def explain_unreadable(path: Path, error: Exception) -> str:
    """Say in one line why a file is not a notebook and what its author can do."""
    raw = path.read_bytes()
    found = f"is not a valid notebook ({str(error).strip().splitlines()[0][:120]})"
    if not raw.strip():
        found = f"is empty ({len(raw)} bytes)"
    else:
        try:
            json.loads(raw)
        except UnicodeDecodeError as bad:
            found = f"is not text ({len(raw)} bytes, not UTF-8 at byte {bad.start})"
        except ValueError as bad:
            found = f"is not valid JSON ({len(raw)} bytes; {bad})"
    return (
        f"{path.name} {found}. Expected: a Jupyter notebook saved with File > Save Notebook. "
        "Open it in JupyterLab, or copy your answers into a fresh copy, save and submit again."
    )


class RestoreCells(OverwriteCells):
    """nbgrader's OverwriteCells that also brings back what a student deleted.

    nbgrader's own `add_missing_cells` fails for the whole submission when the answer cell before a
    deleted test is gone too. Here every graded or answer cell of the release comes back in its
    place: a test as it was, an answer as the empty stub, which earns nothing and harms nobody.
    """

    add_missing_cells = Bool(False, help="not used: this class restores cells itself")

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Restore missing cells, then overwrite the others from the gradebook."""
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            points = {c.name: c.max_score for c in released.grade_cells}
            answers = {c.name for c in released.solution_cells}
            place = 0
            for source in released.source_cells:
                found = [
                    i
                    for i, cell in enumerate(nb.cells)
                    if cell.metadata.get("nbgrader", {}).get("grade_id") == source.name
                ]
                if found:
                    place = found[0] + 1
                elif source.name in points or source.name in answers:
                    cell = _as_released(source, points.get(source.name), source.name in answers)
                    nb.cells.insert(place, cell)
                    place += 1
                    self.log.warning("Restored the missing cell %r", source.name)
        return super().preprocess(nb, resources)


def _as_released(source: SourceCell, points: float | None, solution: bool) -> NotebookNode:
    """Return a cell of the released notebook as the gradebook remembers it."""
    new = new_code_cell if source.cell_type == "code" else new_markdown_cell
    metadata = {
        "cell_type": source.cell_type,
        "checksum": source.checksum,
        "grade": points is not None,
        "grade_id": source.name,
        "locked": source.locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    return new(source.source, metadata={"nbgrader": metadata})


class CourseExecute(Execute):
    """nbgrader's Execute that survives a dying kernel and closes the reference solutions.

    A cell that kills the kernel gets an error output; the notebook then runs again without that
    cell, so every other answer still earns its points.
    """

    max_restarts = Integer(
        3, help="how many kernel-killing cells to leave out before the rest is given up"
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict | None = None, **kw: object) -> tuple:
        """Execute every cell of the submission."""
        self._deadly: set[int] = set()
        assignment = (resources or {}).get("nbgrader", {}).get("assignment", "")
        with setenv(AEUTILS_SEALED=assignment):
            while True:
                try:
                    return super().preprocess(nb, resources, **kw)
                except DeadKernelError:
                    self._deadly.add(self._running)
                    self.log.warning(
                        "The kernel died in cell %d; running again without it", self._running
                    )

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple:
        """Execute one cell, unless it killed the kernel before."""
        self._running = index
        given_up = len(self._deadly) > self.max_restarts and index > min(self._deadly)
        if cell.cell_type == "code" and (index in self._deadly or given_up):
            why = (
                "this cell ended the Python process (exit, crash or out of memory) and was left out"
                if index in self._deadly
                else f"not run: {len(self._deadly)} cells of this notebook ended the Python process"
            )
            cell.outputs = [
                new_output(
                    "error", ename=KERNEL_DIED, evalue=why, traceback=[f"{KERNEL_DIED}: {why}"]
                )
            ]
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


class ReadReports(NbGraderPreprocessor):
    """Turns the report that a grade cell displayed into the score nbgrader reads.

    Everything else the cell wrote to stderr (warnings, progress bars, the closing error) is
    dropped: the report decides, not the noise. A grade cell of ours that ran without a report,
    for example because it was skipped, earns 0. Other courses' grade cells stay as they are.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Rewrite the outputs of every grade cell."""
        unreadable = nb.metadata.get(UNREADABLE, "")
        broken = ""
        for cell in nb.cells:
            if is_grade(cell) and cell.cell_type == "code" and not is_solution(cell):
                if re.search(r"^\s*grade\(", cell.source, re.MULTILINE):
                    self._score(cell, unreadable, broken)
            elif cell.cell_type == "code":
                broken = _last_error(cell) or broken
        return nb, resources

    def _score(self, cell: NotebookNode, unreadable: str, broken: str) -> None:
        exercise = cell.metadata.nbgrader["grade_id"].removeprefix("test-")
        points = float(cell.metadata.nbgrader["points"])
        report = None if unreadable else _displayed_report(cell)
        if report is None or report.points != points:
            why, mistake = _why_no_report(cell, exercise, unreadable, broken)
            report = Report.lost(exercise, points, why, mistake)
        data = report._repr_mimebundle_()
        data["text/plain"] = f"{report.earned}"
        printed = [o for o in cell.outputs if o.output_type == "stream" and o.name == "stdout"]
        cell.outputs = [
            *printed,
            new_output("execute_result", data=data, execution_count=cell.execution_count),
        ]


def _displayed_report(cell: NotebookNode) -> Report | None:
    found = [o for o in cell.outputs if MIME in o.get("data", {})]
    if len(found) != 1:
        return None
    try:
        return Report.from_dict(found[0].data[MIME])
    except (KeyError, TypeError, ValueError):
        return None


def _last_error(cell: NotebookNode) -> str:
    errors = [o for o in cell.outputs if o.output_type == "error"]
    return f"{errors[-1].ename}: {errors[-1].evalue}".strip()[:300] if errors else ""


def _why_no_report(
    cell: NotebookNode, exercise: str, unreadable: str, broken: str
) -> tuple[str, str]:
    if unreadable:
        return unreadable, "unreadable"
    error = _last_error(cell)
    if error.startswith("NameError"):
        why = f"{error}. The cell that defines it failed or is missing."
        return (f"{why} An earlier cell stopped with {broken}" if broken else why), "undefined"
    if error:
        return f"the check of {exercise} stopped with {error}", "stopped"
    return f"the check of {exercise} did not run", "did-not-run"


def reports(nb: NotebookNode) -> dict[str, Report]:
    """Return the reports stored in a graded notebook, by grade id.

    >>> reports(nbformat.read("autograded/ann/week01_pca/week01_pca.ipynb", 4))  # doctest: +SKIP
    """
    found = {}
    for cell in nb.cells:
        if is_grade(cell) and cell.cell_type == "code":
            report = _displayed_report(cell)
            if report is not None:
                found[cell.metadata.nbgrader["grade_id"]] = report
    return found
