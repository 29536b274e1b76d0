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
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager


@dataclass(frozen=True)
class ReleasedCell:
    """A code cell of the released notebook: whose it is and what it says."""

    source: str
    grade_id: str = ""
    exercise: bool = False
    test: bool = False
    skipped: bool = False


@dataclass(frozen=True, eq=False)
class _Statement:
    cell: int
    node: ast.stmt
    binds: frozenset[str]


@dataclass(frozen=True)
class Release:
    """What a release defines, and how.

    Attributes:
        answers: names that the exercises are to define.
        definitions: imports, functions and classes, by the name that they define.
        pure: statements that depend on nothing a student writes.
        stars: imports of everything that a module has.
        by_value: names that pure statements alone bind.
    """

    answers: frozenset[str]
    definitions: dict[str, _Statement]
    pure: list[_Statement]
    stars: list[_Statement]
    by_value: frozenset[str]


@functools.lru_cache(maxsize=1)
def read_release(cells: tuple[ReleasedCell, ...]) -> Release:
    """Find what a release defines; the last answer is kept, for examiners that are forked.

    Args:
        cells: the code cells of the release, in order.

    Returns:
        What tests may rely on, and what students are to define.
    """
    answers: set[str] = set()
    definitions: dict[str, _Statement] = {}
    pure: list[_Statement] = []
    stars: list[_Statement] = []
    parsed = [(i, cell, statements(cell.source)) for i, cell in enumerate(cells)]
    for _, cell, body in parsed:
        if cell.exercise:
            for node in body:
                if not isinstance(node, (ast.Import, ast.ImportFrom)):
                    answers |= bound(node)
    tainted = answers | {"get_ipython"}
    indirect: set[str] = set()
    for i, cell, body in parsed:
        for node in body:
            statement = _Statement(i, node, frozenset(bound(node)))
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                stars.append(statement)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for name in statement.binds - answers:
                    definitions.setdefault(name, statement)
            elif cell.exercise or cell.test:
                continue
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if statement.binds & answers:
                    continue
                for name in statement.binds:
                    definitions[name] = statement
                if loaded(node) & (tainted | indirect):
                    indirect |= statement.binds
            elif cell.skipped or loaded(node) & (tainted | indirect):
                tainted |= statement.binds
            elif not statement.binds & answers:
                pure.append(statement)
    by_value = frozenset(n for s in pure for n in s.binds) - tainted
    return Release(frozenset(answers), definitions, pure, stars, by_value)


class TrustedNames:
    """The trusted names of a release, computed when they are asked for.

    Args:
        cells: the code cells of the release, in order.
    """

    def __init__(self, cells: Iterable[ReleasedCell]) -> None:
        self.release = read_release(tuple(cells))
        self._done: set[_Statement] = set()

    def provide(self, name: str, before: int, execute: Callable[[ast.stmt], None]) -> bool:
        """Execute what defines `name`, as far as it stands before cell `before`.

        Args:
            name: what a test asks for.
            before: index of the test's cell in the release.
            execute: runs one statement among the trusted names.

        Returns:
            Whether there was anything to execute.
        """
        release = self.release
        found = release.definitions.get(name)
        if found is not None and found not in self._done:
            return self._execute([found], execute)
        if name in release.by_value:
            return self._execute([s for s in release.pure if s.cell < before], execute)
        if found is None and name not in release.answers:
            return self._execute(release.stars, execute)
        return False

    def _execute(self, wanted: list[_Statement], execute: Callable) -> bool:
        todo = [s for s in wanted if s not in self._done]
        for statement in todo:
            self._done.add(statement)
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
