"""The trusted process that runs the test cells; started as ``python -m autograder.hall.examiner``.

It reads its orders from the file named on the command line, speaks with the student's process over
standard input and output, and reports over standard error, one line of JSON per event::

    {"begin": 3}                      cell 3 of the submission begins
    {"end": 3, "report": {...}}       and this is what a test found (no report for other cells)
    {"finished": true}                all cells ran
    {"stopped": 3}                    the student's process ended in cell 3

With ``--warm`` it imports what tests need and forks an examiner for every submission (see `warm`).
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import math
import os
import random
import signal
import socket
import sys
from typing import TextIO

from IPython.core.inputtransformer2 import TransformerManager

import autograder.report
from aeutils._failed import CheckFailed
from autograder.hall.border import Border, Names, is_handle, run_code
from autograder.hall.prelude import Prelude, ReleasedCell, statements
from autograder.hall.wire import CannotCross, Closed, Line, WireError
from autograder.report import Report

TEST = "<test>"
SEED = 20_260
LONGEST = 2_000  # characters of one message
# A name or a line number that a message shows is one of so many that the student may choose from.
MOST_CLASSES, MOST_LINES = 8, 500


class Examiner:
    """Runs a submission's cells in order: the student's at the desk, the tests here.

    Args:
        border: the way to the student's process.
        released: the code cells of the release.
    """

    def __init__(self, border: Border, released: list[dict]) -> None:
        self.border = border
        cells = [ReleasedCell(**cell) for cell in released]
        self.places = {cell.grade_id: i for i, cell in enumerate(cells) if cell.grade_id}
        self.place = 0
        self.prelude = Prelude(cells)
        self.names = Names(border, self.prelude.answers, self._trusted)
        self.reports: list[Report] = []
        autograder.report.show = self.reports.append
        self._forward_seeds("torch" in " ".join(cell.source for cell in cells))

    def _trusted(self, name: str) -> object:
        """Return what the release defines under a name; KeyError if nothing."""
        self.prelude.provide(name, self.place, self._define)
        if name not in self.names:
            raise KeyError(name)
        return dict.__getitem__(self.names, name)

    def _define(self, node: ast.stmt) -> None:
        self.names.ours = True
        try:
            run_code(compile(ast.Module([node], []), "<release>", "exec"), self.names)
        finally:
            self.names.ours = False

    def _forward_seeds(self, torch_used: bool) -> None:
        """Let a test that seeds random numbers seed the student's as well."""

        def forwarding(seed_it: object, which: str) -> object:
            def seed(value: object = None, *args: object, **kwargs: object) -> object:
                if isinstance(value, int):
                    self.border.ask("seed", seed=value, which=[which])
                return seed_it(value, *args, **kwargs)

            return seed

        random.seed = forwarding(random.seed, "random")
        if importlib.util.find_spec("numpy"):
            import numpy

            numpy.random.seed = forwarding(numpy.random.seed, "numpy")
        if torch_used and importlib.util.find_spec("torch"):
            import torch

            torch.manual_seed = forwarding(torch.manual_seed, "torch")
            torch.set_num_threads(1)

    def test(self, source: str, grade_id: str, points: float, hidden: tuple[str, str]) -> Report:
        """Run one test cell and return its report; never raises for what a student did.

        Args:
            source: the cell, hidden regions included.
            grade_id: its name.
            points: what it is worth.
            hidden: how the lines around a hidden region are recognised.
        """
        self.reports.clear()
        self.names.new_cell()
        self.place = self.places.get(grade_id, self.place)
        exercise = grade_id.removeprefix("test-")
        value, credit, error = None, False, None
        try:
            self.border.last = ""
            self.border.ask("seed", seed=SEED, which=["random", "numpy", "torch"])
            value, credit = self._execute(source)
        except Exception as raised:
            error = raised
        except BaseException as raised:  # SystemExit of a test, or of what it calls
            error = RuntimeError(f"{type(raised).__name__} in the test")
        if len(self.reports) == 1 and math.isclose(self.reports[0].points, points):
            return self.reports[0]
        if self.reports:
            text = (
                f"the cell shows {len(self.reports)} reports, worth "
                f"{sum(r.points for r in self.reports):g} points instead of {points:g}: tell your "
                "instructor"
            )
            return Report.lost(exercise, points, text, "wrong-report")
        if error is not None:
            message, mistake = self._explain(error, source, hidden)
            return Report.lost(exercise, points, message[:LONGEST], mistake)
        return _from_value(exercise, points, value, credit)

    def _execute(self, source: str) -> tuple[object, bool]:
        """Run a test cell; return a closing expression's value and whether it computes credit."""
        tree = ast.parse(TransformerManager().transform_cell(source), TEST)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        run_code(compile(tree, TEST, "exec"), self.names)
        if last is None:
            return None, False
        return run_code(compile(last, TEST, "eval"), self.names), _computes(last.body)

    def _explain(self, error: Exception, source: str, hidden: tuple[str, str]) -> tuple[str, str]:
        """Say what a failed test tells the student, and the mistake's name.

        Shown are visible lines of the test, messages written out in an assert, and kinds of errors;
        never hidden source, values, or text that comes from the student's process.
        """
        if isinstance(error, CheckFailed):
            return str(error), error.mistake or "wrong-values"
        if hasattr(error, "student_type"):
            what = error.student_call or "your code"
            if isinstance(error, NotImplementedError) and not str(error):
                return (
                    f"{what} is not implemented yet: replace `raise NotImplementedError()`",
                    "not-implemented",
                )
            where = f" (line {error.student_line} of your cell)" if error.student_line else ""
            return f"{what} raised {error.student_type}{where}", f"raised-{error.student_type}"
        if isinstance(error, CannotCross):
            return f"the test could not look at the result: {error}", "cannot-cross"
        if isinstance(error, NameError):
            name = error.name or "a name"
            why = f"{name} is not defined: the cell that defines it failed or is missing"
            return why, "undefined"
        line = _line_of(error)
        node = _statement_at(source, line)
        where = "a hidden test"
        if line and not _is_hidden(source, line, hidden):
            text = source.splitlines()[line - 1].strip()
            where = f"line {line} of the test, `{text[:200]}`,"
        if not isinstance(error, AssertionError):
            return f"{where} stopped with {type(error).__name__}", "stopped"
        said = ""
        if isinstance(node, ast.Assert) and isinstance(node.msg, ast.Constant):
            said = f": {node.msg.value}"
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            constants = [a.value for a in node.exc.args if isinstance(a, ast.Constant)]
            said = f": {constants[0]}" if constants else ""
        after = f" (after calling {self.border.last})" if self.border.last else ""
        return f"{where} failed{said}{after}", "wrong-values"


def _computes(node: ast.expr) -> bool:
    """Tell whether an expression computes a number, rather than showing some result."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("sum", "min", "max", "round", "float", "int", "len", "abs")
    kinds = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Name)
    return isinstance(node, kinds)


def _from_value(exercise: str, points: float, value: object, credit: bool) -> Report:
    """Read a test cell's closing value: a number is partial credit.

    Anything else earns full marks, as in nbgrader, unless the expression was to compute credit:
    then a student's object has made something else of it.
    """
    report = Report.lost(exercise, points, "", "")
    whole = report.criteria[0]
    earned = points if value is None or not credit else math.nan
    if not is_handle(value) and (isinstance(value, float | int) or _is_scalar(value)):
        try:
            earned = points if value is True else float(value)
        except (OverflowError, TypeError, ValueError):
            earned = math.nan
    if not 0 <= earned <= points:
        return Report.lost(
            exercise,
            points,
            f"the test's last line should give between 0 and {points:g} points, and did not",
            "wrong-credit",
        )
    whole.earned = earned
    if earned < points:
        whole.message, whole.mistake = "not every part of the test passed", "partly"
    return report


def _is_scalar(value: object) -> bool:
    """Tell whether a value is one real number of numpy or torch."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)):
        return value.ndim == 0 and value.dtype.kind in "biuf"
    if torch is not None and type(value) is torch.Tensor:
        return value.ndim == 0 and not value.is_complex()
    return False


def _line_of(error: Exception) -> int | None:
    """Return the line of the test cell in which an error arose."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == TEST:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line or getattr(error, "lineno", None)


def _statement_at(source: str, line: int | None) -> ast.stmt | None:
    """Return the innermost statement that covers a line."""
    found = None
    try:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.stmt) and line and node.lineno <= line <= node.end_lineno:
                found = node
    except SyntaxError:
        return None
    return found


def _is_hidden(source: str, line: int, hidden: tuple[str, str]) -> bool:
    """Tell whether a line stands between the markers of a hidden region."""
    inside = False
    for number, text in enumerate(source.splitlines(), start=1):
        if hidden[0] in text:
            inside = True
        if number == line:
            return inside
        if hidden[1] in text:
            inside = False
    return True


def examine(orders: dict, border: Border, events: TextIO) -> None:
    """Run the cells of one submission and report each."""

    def tell(**event: object) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    examiner = Examiner(border, orders["released"])
    for cell in orders["cells"]:
        place = cell["place"]
        if cell["kind"] == "leave":
            continue
        tell(begin=place)
        if cell["kind"] == "student":
            try:
                reply = border.run(cell["source"])
            except (Closed, WireError):
                tell(stopped=place)
                return
            tell(end=place, error=bool(reply.get("error")))
            continue
        report = examiner.test(
            cell["source"], cell["grade_id"], cell["points"], tuple(orders["hidden"])
        )
        tell(end=place, report=report.as_dict())
        if any(m in ("process-ended", "not-a-value") for m in report.mistakes):
            tell(stopped=place)
            return
    tell(finished=True)


def begin(path: str, reader: int, writer: int, events: int) -> None:
    """Take the orders and the line to the student's process, and examine."""
    with open(path, encoding="utf-8") as file:
        orders = json.load(file)
    sys.path.insert(0, os.getcwd())
    line = Line(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"))
    cells = [cell["source"] for cell in orders["cells"] if cell["kind"] == "student"]
    classes = [
        node.name
        for cell in cells
        for statement in statements(cell)
        for node in ast.walk(statement)
        if isinstance(node, ast.ClassDef)
    ]
    longest = max((len(cell.splitlines()) for cell in cells), default=0)
    with os.fdopen(events, "w", encoding="utf-8") as told:
        known, lines = classes[:MOST_CLASSES], min(longest, MOST_LINES)
        examine(orders, Border(line, known, lines), told)


def wait_for_students(asked: socket.socket, modules: list[str]) -> None:
    """Fork an examiner for every request; imports are paid once."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    asked.send(b"w")
    while True:
        message, fds, _, _ = socket.recv_fds(asked, 65_536, 4)
        if not message:
            return
        child = os.fork()
        if child == 0:
            asked.close()
            os.close(fds[3])
            try:
                order = json.loads(message)
                os.chdir(order["folder"])
                begin(order["orders"], *fds[:3])
            finally:
                os._exit(0)
        socket.send_fds(socket.socket(fileno=fds[3]), [b"k"], [os.pidfd_open(child)])
        for fd in fds[:3]:
            os.close(fd)


def main() -> None:
    """Examine one submission, or with --warm fork an examiner for each of many."""
    reader, writer, events = os.dup(0), os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    if sys.argv[1] == "--warm":
        wait_for_students(socket.socket(fileno=reader), sys.argv[2:])
    else:
        begin(sys.argv[1], reader, writer, events)


if __name__ == "__main__":
    main()
