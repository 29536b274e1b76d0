"""What the builder refuses, and why: every rule here exists to keep one kind of defect out.

Each rule takes notebooks and yields :class:`Problem` objects that name the offending cell.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN = "### BEGIN HIDDEN TESTS"


class Problem(NamedTuple):
    """One refusal: the cell it is about (its grade id or place) and what is wrong with it."""

    cell: str
    message: str

    def __str__(self) -> str:
        return f"cell {self.cell}: {self.message}"


def name_of(nb: NotebookNode, index: int) -> str:
    """Return the grade id of a cell, or its place and first line."""
    cell = nb.cells[index]
    if "nbgrader" in cell.metadata:
        return repr(cell.metadata.nbgrader.grade_id)
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return f"{index + 1} ({first[:40]!r})"


def check_source(nb: NotebookNode) -> list[Problem]:
    """Return everything wrong with a solution notebook."""
    rules = (duplicate_ids, ends_in_expression, needs_visible_test, needs_regions, needs_alt_text)
    return [problem for rule in rules for problem in rule(nb)]


def check_release(solution: NotebookNode, release: NotebookNode) -> list[Problem]:
    """Return everything wrong with the student's notebook, given the solution it was made from."""
    rules = (stub_differs, leaks)
    return [problem for rule in rules for problem in rule(solution, release)]


# --- rules on the source ------------------------------------------------------------------------


def duplicate_ids(nb: NotebookNode) -> Iterator[Problem]:
    """Two cells with one grade id: nbgrader would store one score for both."""
    seen: dict[str, int] = {}
    for index, cell in enumerate(nb.cells):
        if "nbgrader" in cell.metadata:
            grade_id = cell.metadata.nbgrader.grade_id
            if grade_id in seen:
                yield Problem(
                    name_of(nb, index),
                    f"grade id {grade_id!r} is already used by cell {seen[grade_id] + 1}",
                )
            seen.setdefault(grade_id, index)


def ends_in_expression(nb: NotebookNode) -> Iterator[Problem]:
    """A graded cell that ends in an expression: nbgrader takes its value as partial credit."""
    for index, cell in enumerate(nb.cells):
        if is_grade(cell) and cell.cell_type == "code":
            body = ast.parse(cell.source).body
            if not body or isinstance(body[-1], ast.Expr):
                yield Problem(
                    name_of(nb, index),
                    "a graded cell must end in a statement (its last expression would be read as "
                    "partial credit); end it with `assert tests.name(answer)`",
                )


def needs_visible_test(nb: NotebookNode) -> Iterator[Problem]:
    """An exercise whose test cell shows the student nothing to run, or that has no test cell."""
    for index, cell in enumerate(nb.cells):
        if not is_solution(cell) or is_grade(cell) or cell.cell_type != "code":
            continue
        following = next(
            (c for c in nb.cells[index + 1 :] if is_grade(c) or is_solution(c)), NotebookNode()
        )
        if not following or not is_grade(following):
            yield Problem(name_of(nb, index), "no graded test cell follows this exercise")
        elif not re.search(r"^assert tests\.\w+\(", _visible(following.source), re.MULTILINE):
            yield Problem(
                name_of(nb, index),
                "its test cell shows students no test: add `assert tests.name(answer)` "
                "outside the hidden region",
            )


def needs_regions(nb: NotebookNode) -> Iterator[Problem]:
    """An answer cell without solution markers, or a test cell without hidden ones."""
    for index, cell in enumerate(nb.cells):
        if is_solution(cell) and BEGIN_SOLUTION not in cell.source:
            yield Problem(name_of(nb, index), f"answer cell without {BEGIN_SOLUTION}")
        if not is_solution(cell) and BEGIN_SOLUTION in cell.source:
            yield Problem(
                name_of(nb, index),
                'solution markers outside an answer cell; add nbgrader={"solution": true}',
            )
        if is_grade(cell) and not is_solution(cell) and BEGIN_HIDDEN not in cell.source:
            yield Problem(name_of(nb, index), f"test cell without {BEGIN_HIDDEN}")


def needs_alt_text(nb: NotebookNode) -> Iterator[Problem]:
    """An image in prose that a screen reader cannot read out."""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "markdown":
            continue
        for alt in re.findall(r"!\[([^\]]*)\]\(", cell.source):
            if not alt.strip():
                yield Problem(name_of(nb, index), "image without alt text: ![what it shows](…)")
        for tag in re.findall(r"<img\b[^>]*>", cell.source, re.IGNORECASE):
            if not re.search(r"""\balt\s*=\s*(["'])\s*\S.*?\1""", tag, re.IGNORECASE):
                yield Problem(name_of(nb, index), "image without alt text: <img alt=…>")


# --- rules on the student's notebook --------------------------------------------------------------


def stub_differs(solution: NotebookNode, release: NotebookNode) -> Iterator[Problem]:
    """A stub that does not parse, or whose functions differ from the solution's."""
    stubs = {c.metadata.nbgrader.grade_id: c for c in release.cells if is_solution(c)}
    for index, cell in enumerate(solution.cells):
        if not is_solution(cell) or cell.cell_type != "code":
            continue
        stub = stubs.get(cell.metadata.nbgrader.grade_id)
        if stub is None:
            yield Problem(name_of(solution, index), "missing from the student's notebook")
            continue
        try:
            given = _signatures(stub.source)
        except SyntaxError as error:
            yield Problem(
                name_of(solution, index), f"the stub does not parse (line {error.lineno})"
            )
            continue
        wanted = _signatures(_outside_solution(cell.source, keep_body=True))
        if given != wanted:
            yield Problem(
                name_of(solution, index),
                f"the stub has {', '.join(given) or 'no function'} but the solution has "
                f"{', '.join(wanted)}",
            )


def leaks(solution: NotebookNode, release: NotebookNode) -> Iterator[Problem]:
    """A line of a solution that stands anywhere in the student's notebook."""
    telling: dict[str, str] = {}
    for index, cell in enumerate(solution.cells):
        if is_solution(cell) and cell.cell_type == "code":
            for text in _telling_pieces(cell.source):
                telling.setdefault(text, name_of(solution, index))
    for index, cell in enumerate(release.cells):
        squeezed = _squeeze(cell.source)
        for text, origin in telling.items():
            if text in squeezed:
                yield Problem(name_of(release, index), f"leaks the solution of {origin}: {text!r}")
        if "BEGIN HIDDEN" in cell.source or "autograder" in cell.source:
            yield Problem(name_of(release, index), "shows the grader's hidden tests")


def _signatures(source: str) -> list[str]:
    """Return every class and function signature in the source, with its place."""
    found = []

    def visit(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                returns = f" -> {ast.unparse(child.returns)}" if child.returns else ""
                found.append(f"{inside}{child.name}({ast.unparse(child.args)}){returns}")
            elif isinstance(child, ast.ClassDef):
                bases = ", ".join(ast.unparse(b) for b in child.bases)
                found.append(f"class {inside}{child.name}({bases})")
                visit(child, f"{inside}{child.name}.")

    visit(ast.parse(source), "")
    return found


def _outside_solution(source: str, keep_body: bool = False) -> str:
    """Return a cell's source without solution markers (and without solutions unless kept)."""
    lines, inside = [], False
    for line in source.splitlines():
        if BEGIN_SOLUTION in line:
            inside = True
        elif END_SOLUTION in line:
            inside = False
        elif keep_body or not inside:
            lines.append(line)
    return "\n".join(lines)


def _visible(source: str) -> str:
    lines, hidden = [], False
    for line in source.splitlines():
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text).replace('"', "'")


def _telling_pieces(source: str) -> Iterator[str]:
    """Yield the statements of a solution, and their right-hand sides, that give it away.

    Short or common pieces (a name, one attribute, `torch.arange(n)`) tell nothing: a piece counts
    if it has at least nine tokens and twelve characters.
    """
    whole = ast.parse(_outside_solution(source, keep_body=True))
    without = ast.dump(ast.parse("pass"))
    public = {ast.dump(n) for n in ast.walk(_parse_or_pass(_outside_solution(source)))}
    for node in ast.walk(whole):
        if not isinstance(node, ast.stmt) or ast.dump(node) in public or ast.dump(node) == without:
            continue
        pieces: list[ast.AST] = []
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
            pieces = [node]
            if node.value is not None:
                pieces.append(node.value)
        for piece in pieces:
            if isinstance(piece, ast.Constant) or isinstance(
                getattr(piece, "value", 0), ast.Constant
            ):
                continue
            text = ast.get_source_segment(_outside_solution(source, keep_body=True), piece) or ""
            if len(_squeeze(text)) >= 12 and _weight(text) >= 9:
                yield _squeeze(text)


def _parse_or_pass(source: str) -> ast.AST:
    try:
        return ast.parse(source)
    except SyntaxError:  # functions without their bodies
        return ast.parse("")


def _weight(text: str) -> int:
    """Count the tokens of a piece of code."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({text})").readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return len(text.split())
    plain = {tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT}
    return sum(t.type not in plain for t in tokens) - 2
