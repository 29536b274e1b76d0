"""Runs a submission's cells in order: the student's in their own process, the tests here."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib.util
import json
import math
import random
import sys
from types import CodeType
from typing import Any, TextIO

from IPython.core.inputtransformer2 import TransformerManager

from autograder.hall import report as report_module
from autograder.hall.examiner.explain import TEST, explain
from autograder.hall.examiner.names import Names, run_code
from autograder.hall.examiner.trusted_names import ReleasedCell, TrustedNames, read_release
from autograder.hall.protocol.codec import Closed, WireError
from autograder.hall.protocol.proxies import RpcClient, is_proxy
from autograder.hall.protocol.remote_call import compile_remote_calls
from autograder.hall.report import Report

SEED = 20_260
LONGEST = 2_000  # characters of one message


class Examiner:
    """Runs a submission's cells in order: the student's at the desk, the tests here.

    Args:
        client: the way to the student's process.
        released: the code cells of the release.
    """

    def __init__(self, client: RpcClient, released: list[dict[str, Any]]) -> None:
        self.client = client
        cells = released_cells(released)
        self.cell_index = {cell.grade_id: i for i, cell in enumerate(cells) if cell.grade_id}
        self.index = 0
        self.trusted = TrustedNames(cells)
        self.names = Names(client, self.trusted.release.answers, self._trusted_name)
        self.reports: list[Report] = []
        setattr(report_module, "show", self.reports.append)  # noqa: B010  (a function is replaced)
        self._forward_seeds("torch" in " ".join(cell.source for cell in cells))

    def _trusted_name(self, name: str) -> object:
        """Return what the release defines under a name; KeyError if nothing."""
        self.trusted.provide(name, self.index, self._define)
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

        def forward(owner: Any, name: str, which: str) -> None:
            seed_it = getattr(owner, name)

            def seed(value: object = None, *args: Any, **kwargs: Any) -> object:
                if isinstance(value, int):
                    self.client.request("seed", seed=value, which=[which])
                return seed_it(value, *args, **kwargs)

            setattr(owner, name, seed)

        forward(random, "seed", "random")
        if importlib.util.find_spec("numpy"):
            import numpy

            forward(numpy.random, "seed", "numpy")
        if torch_used and importlib.util.find_spec("torch"):
            import torch

            forward(torch, "manual_seed", "torch")
            torch.set_num_threads(1)

    def test(self, source: str, grade_id: str, points: float, hidden: tuple[str, str]) -> Report:
        """Run one test cell and return its report; never raises for what a student did.

        Args:
            source: the cell, hidden regions included.
            grade_id: its name.
            points: what it is worth.
            hidden: how the lines around a hidden region are recognised.

        Returns:
            Points and reasons.
        """
        self.reports.clear()
        self.names.new_cell()
        self.index = self.cell_index.get(grade_id, self.index)
        exercise = grade_id.removeprefix("test-")
        value, credit, error = None, False, None
        try:
            self.client.last = ""
            self.client.reset()
            self.client.request("seed", seed=SEED, which=["random", "numpy", "torch"])
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
            message, mistake = explain(error, source, hidden, self.client.last)
            return Report.lost(exercise, points, message[:LONGEST], mistake)
        return _from_value(exercise, points, value, credit)

    def _execute(self, source: str) -> tuple[object, bool]:
        """Run a test cell; return a closing expression's value and whether it computes credit."""
        body, last, computes = compile_test(source)
        run_code(body, self.names)
        return (None if last is None else run_code(last, self.names)), computes


def released_cells(cells: list[dict[str, Any]]) -> list[ReleasedCell]:
    """Return the code cells of a release, from the fields that an order has of each."""
    return [ReleasedCell(**cell) for cell in cells]


def prepare(released: list[dict[str, Any]]) -> None:
    """Work out beforehand what is the same for every submission: what the release says.

    Args:
        released: the code cells of the release.
    """
    cells = released_cells(released)
    read_release(tuple(cells))
    compile_remote_calls()
    for cell in cells:
        if cell.test:
            with contextlib.suppress(SyntaxError, ValueError):  # told when the test is run
                compile_test(cell.source)


@functools.lru_cache(maxsize=64)
def compile_test(source: str) -> tuple[CodeType, CodeType | None, bool]:
    """Compile a test cell.

    Args:
        source: the cell, hidden regions included.

    Returns:
        Its statements; its closing expression, if it has one; whether that computes credit.

    Raises:
        SyntaxError, ValueError: it is not Python.
    """
    tree = ast.parse(TransformerManager().transform_cell(source), TEST)
    last, computes = None, False
    if tree.body and isinstance(closing := tree.body[-1], ast.Expr):
        tree.body.pop()
        last = compile(ast.Expression(closing.value), TEST, "eval")
        computes = _computes(closing.value)
    return compile(tree, TEST, "exec"), last, computes


def _computes(node: ast.expr) -> bool:
    """Tell whether an expression computes a number, rather than showing some result."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("sum", "min", "max", "round", "float", "int", "len", "abs")
    kinds = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Name)
    return isinstance(node, kinds)


def _from_value(exercise: str, points: float, value: Any, credit: bool) -> Report:
    """Read a test cell's closing value: a number is partial credit.

    Anything else earns full marks, as in nbgrader, unless the expression was to compute credit:
    then a student's object has made something else of it.
    """
    report = Report.lost(exercise, points, "", "")
    whole = report.criteria[0]
    earned = points if value is None or not credit else math.nan
    if not is_proxy(value) and (isinstance(value, float | int) or _is_scalar(value)):
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


def _is_scalar(value: Any) -> bool:
    """Tell whether a value is one real number of numpy or torch."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)):
        return value.ndim == 0 and value.dtype.kind in "biuf"
    if torch is not None and type(value) is torch.Tensor:
        return value.ndim == 0 and not value.is_complex()
    return False


def examine(orders: dict[str, Any], client: RpcClient, events: TextIO) -> None:
    """Run the cells of one submission and report each.

    Args:
        orders: the release, and what to do with each cell (see `grading`).
        client: the way to the student's process.
        events: where each report is written, one line of JSON.
    """

    def tell(**event: object) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    examiner = Examiner(client, orders["released"])
    for cell in orders["cells"]:
        index = cell["index"]
        if cell["kind"] == "leave":
            continue
        tell(begin=index)
        if cell["kind"] == "student":
            try:
                reply = client.run(cell["source"])
            except (Closed, WireError):
                tell(stopped=index)
                return
            tell(end=index, error=bool(reply.get("error")))
            continue
        client.waited = client.working = 0.0
        report = examiner.test(
            cell["source"], cell["grade_id"], cell["points"], tuple(orders["hidden"])
        )
        waits = {"waited": client.waited, "working": client.working}
        tell(end=index, report=report.as_dict(), **waits)
        if any(m in ("process-ended", "not-a-value") for m in report.mistakes):
            tell(stopped=index)
            return
    tell(finished=True)
