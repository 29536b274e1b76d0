"""What a test may rely on: the names that the released notebook defines outside the exercises.

A test cell such as ``assert np.allclose(center(x), expected(x))`` uses `np`, `x` and `expected`
from other cells. Were they looked up in the student's process, a student could replace them. So
what the release itself defines is computed again here, on the trusted side:

- imports, functions and classes outside the exercises: always, when a test asks for them;
- other statements: when a test asks for a name they bind, all those that depend on nothing a
  student writes, in order.

Everything else (names bound in an exercise, or computed from one) crosses as
values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from IPython.core.inputtransformer2 import TransformerManager


@dataclass
class ReleasedCell:
    """A code cell of the released notebook: whose it is and what it says."""

    source: str
    grade_id: str = ""
    exercise: bool = False
    test: bool = False
    skipped: bool = False


@dataclass
class _Statement:
    cell: int
    node: ast.stmt
    binds: set[str] = field(default_factory=set)
    done: bool = False


class TrustedNames:
    """The trusted names of a release, computed when they are asked for."""

    def __init__(self, cells: list[ReleasedCell]) -> None:
        self.answers: set[str] = set()
        self.definitions: dict[str, _Statement] = {}
        self.pure: list[_Statement] = []
        self.stars: list[_Statement] = []
        parsed = [(i, cell, statements(cell.source)) for i, cell in enumerate(cells)]
        for _, cell, body in parsed:
            if cell.exercise:
                for node in body:
                    if not isinstance(node, (ast.Import, ast.ImportFrom)):
                        self.answers |= bound(node)
        tainted = set(self.answers) | {"get_ipython"}
        indirect: set[str] = set()
        for i, cell, body in parsed:
            for node in body:
                statement = _Statement(i, node, bound(node))
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                    self.stars.append(statement)
                elif isinstance(node, (ast.Import, ast.ImportFrom)):
                    for name in statement.binds - self.answers:
                        self.definitions.setdefault(name, statement)
                elif cell.exercise or cell.test:
                    continue
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    if statement.binds & self.answers:
                        continue
                    for name in statement.binds:
                        self.definitions[name] = statement
                    if loaded(node) & (tainted | indirect):
                        indirect |= statement.binds
                elif cell.skipped or loaded(node) & (tainted | indirect):
                    tainted |= statement.binds
                elif not statement.binds & self.answers:
                    self.pure.append(statement)
        self.by_value = {n for s in self.pure for n in s.binds} - tainted

    def provide(self, name: str, before: int, execute: Callable[[ast.stmt], None]) -> bool:
        """Execute what defines `name`, as far as it stands before cell `before`.

        Args:
            name: what a test asks for.
            before: index of the test's cell in the release.
            execute: runs one statement among the trusted names.

        Returns:
            Whether there was anything to execute.
        """
        found = self.definitions.get(name)
        if found is not None and not found.done:
            found.done = True
            execute(found.node)
            return True
        if name in self.by_value:
            return self._execute([s for s in self.pure if s.cell < before], execute)
        if found is None and name not in self.answers:
            return self._execute(self.stars, execute)
        return False

    def _execute(self, wanted: list[_Statement], execute: Callable) -> bool:
        todo = [s for s in wanted if not s.done]
        for statement in todo:
            statement.done = True
            execute(statement.node)
        return bool(todo)


def statements(source: str) -> list[ast.stmt]:
    """Return a cell's statements, magics included as calls; none if it is not Python.

    Args:
        source: a cell as IPython takes it.
    """
    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError):
        return []


def bound(node: ast.AST) -> set[str]:
    """Return the names that a statement binds in the notebook.

    Args:
        node: the statement.
    """
    names = set()
    for part in _outside_functions(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
            names.add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {(a.asname or a.name).split(".")[0] for a in part.names if a.name != "*"}
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
    return names


def loaded(node: ast.AST) -> set[str]:
    """Return the names that a statement mentions, inside functions too.

    Args:
        node: the statement.
    """
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)
