"""Mutants: right answers with one thing changed, which a test must notice.

`mutation_testing` asks the tests about them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from autograder.exercises import bank

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {
    "sum": "mean",
    "mean": "sum",
    "min": "max",
    "max": "min",
    "amin": "amax",
    "amax": "amin",
    "argmin": "argmax",
    "argmax": "argmin",
    "minimum": "maximum",
    "maximum": "minimum",
    "gelu": "relu",
    "GELU": "ReLU",
    "relu": "gelu",
    "ReLU": "GELU",
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "rand": "randn",
    "randn": "rand",
    "any": "all",
    "all": "any",
    "exp": "expm1",
    "log": "log1p",
    "log2": "log",
    "floor": "ceil",
    "randperm": "arange",
}


class Mutant(NamedTuple):
    """A right answer with one thing changed.

    Attributes:
        week: for example "week05".
        exercise: its name.
        right: label of the answer that was changed.
        change: the line before and after, as "before → after".
        code: the whole answer.
    """

    week: str
    exercise: str
    right: str
    change: str
    code: str

    @property
    def key(self) -> str:
        """What the list of equivalents calls it."""
        return f"{self.week}.{self.exercise} | {self.right} | {self.change}"


def _sites(tree: ast.Module) -> Iterator[tuple[ast.AST, str, object]]:
    """Yield (node, field, replacement): one change each, outside docstrings and signatures."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in SWAPS:
            yield node, "op", SWAPS[type(node.op)]()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "ops", [SWAPS[type(node.ops[0])](), *node.ops[1:]]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
            yield node, "", node.operand
        elif isinstance(node, ast.IfExp):
            yield node, "", node.body
            yield node, "", node.orelse
        elif isinstance(node, ast.Constant):
            yield from _of_constant(node)
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node, "attr", NAMES[node.attr]
        elif isinstance(node, ast.Call):
            yield from _of_call(node)
        if isinstance(node, (ast.FunctionDef, ast.For, ast.While, ast.If, ast.With)):
            yield from _of_block(node)


def _of_constant(node: ast.Constant) -> Iterator[tuple[ast.AST, str, object]]:
    if isinstance(node.value, bool):
        yield node, "value", not node.value
    elif isinstance(node.value, (int, float)):
        yield node, "value", node.value + 1
        if node.value:
            yield node, "value", 0 * node.value


def _of_call(node: ast.Call) -> Iterator[tuple[ast.AST, str, object]]:
    """Drop a keyword, or the call itself."""
    for i in range(len(node.keywords)):
        yield node, "keywords", node.keywords[:i] + node.keywords[i + 1 :]
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value
        library = isinstance(owner, ast.Name) and owner.id in ("torch", "F", "np", "nn", "math")
        if not library:
            yield node, "", owner
            return
    if len(node.args) == 1 and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
        yield node, "", node.args[0]


def _of_block(
    node: ast.FunctionDef | ast.For | ast.While | ast.If | ast.With,
) -> Iterator[tuple[ast.AST, str, object]]:
    """Remove a statement."""
    for i, statement in enumerate(node.body):
        if not isinstance(statement, (ast.FunctionDef, ast.Pass)):
            yield node, "body", [*node.body[:i], ast.Pass(), *node.body[i + 1 :]]


class _Replace(ast.NodeTransformer):
    """Puts one expression into the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the node, or what takes its place."""
        return self.new if node is self.old else super().generic_visit(node)


def mutants(week: str, exercise: str) -> Iterator[Mutant]:
    """Yield every mutant of every right answer of an exercise, each text once.

    Args:
        week: for example "week05".
        exercise: its name.
    """
    for right, code in bank.exercises(week)[exercise].right.items():
        seen = {ast.unparse(ast.parse(code))}
        for number in range(sum(1 for _ in _sites(ast.parse(code)))):
            tree = ast.parse(code)
            before = ast.unparse(tree)
            node, field, new = next(s for i, s in enumerate(_sites(tree)) if i == number)
            if field:
                setattr(node, field, new)
            elif isinstance(new, ast.AST):
                _Replace(node, new).visit(tree)
            text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
            if text.strip() not in seen:
                seen.add(text.strip())
                yield Mutant(week, exercise, right, _change(before, text), text)


def _change(before: str, after: str) -> str:
    """Return the first line that differs, before and after."""
    old, new = before.splitlines(), after.splitlines()
    place = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    return f"{place + 1}: {old[place].strip()} → {new[place].strip()}"
