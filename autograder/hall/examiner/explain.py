"""What a failed test tells the student, without giving away a hidden line."""

from __future__ import annotations

import ast
from typing import Any

from autograder.hall.failure import mistake_of
from autograder.hall.protocol.codec import CannotCross

TEST = "<test>"  # the file name under which test cells are compiled


def explain(
    error: Exception, source: str, hidden: tuple[str, str], last_call: str
) -> tuple[str, str]:
    """Say what a failed test tells the student, and the mistake's name.

    Shown are visible lines of the test, messages written out in an assert, and kinds of errors;
    never hidden source, values, or text that comes from the student's process.

    Args:
        error: what the test raised.
        source: the test cell, hidden regions included.
        hidden: how the lines around a hidden region are recognised.
        last_call: what was asked of the student's code last.

    Returns:
        The message and the name of the mistake.
    """
    mistake = mistake_of(error)
    if mistake is not None:
        return str(error), mistake or "wrong-values"
    if hasattr(error, "student_type"):
        told: Any = error
        what = told.student_call or "your code"
        if isinstance(error, NotImplementedError) and not str(error):
            return (
                f"{what} is not implemented yet: replace `raise NotImplementedError()`",
                "not-implemented",
            )
        where = f" (line {told.student_line} of your cell)" if told.student_line else ""
        return f"{what} raised {told.student_type}{where}", f"raised-{told.student_type}"
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
        said = f": {node.msg.value!s}"
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        constants = [a.value for a in node.exc.args if isinstance(a, ast.Constant)]
        said = f": {constants[0]!s}" if constants else ""
    after = f" (after calling {last_call})" if last_call else ""
    return f"{where} failed{said}{after}", "wrong-values"


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
            if not isinstance(node, ast.stmt) or line is None:
                continue
            if node.lineno <= line <= (node.end_lineno or node.lineno):
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
