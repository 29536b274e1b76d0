"""Copies that somebody tries to hide: renamed, re-ordered, taken apart, with prints and comments.

For texts of the answer bank alone, which are ours: they are parsed.
"""

from __future__ import annotations

import ast
import builtins
import random

NAMES = [f"{first}_{second}" for first in ("my", "tmp", "the", "cur") for second in "abcdefghijkl"]
COMMENTS = ("# first step", "# now the main part", "# careful with the shapes", "# done")


def disguised(code: str, keep: tuple[str, ...], seed: int) -> str:
    """Return a copy that does the same and looks different.

    Args:
        code: an answer of the bank.
        keep: names that the answer has to define.
        seed: of what is drawn.
    """
    draw = random.Random(seed)
    tree = ast.parse(code)
    names = _own_names(tree) - set(keep) - set(dir(builtins))
    tree = _Rename(dict(zip(sorted(names), draw.sample(NAMES, len(names)), strict=True))).visit(
        tree
    )
    for body in list(_bodies(tree)):
        _split(body, draw)
        _reorder(body, draw)
        if not any(isinstance(one, ast.ClassDef | ast.FunctionDef) for one in body):
            body.insert(0, ast.parse('print("got here")').body[0])
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    result: list[str] = []
    for line in lines:
        if draw.random() < 0.4 and line.strip():
            result.append(line[: len(line) - len(line.lstrip())] + draw.choice(COMMENTS))
        result.append(line + ("" if draw.random() < 0.5 else "\n"))
    return "\n".join(result)


def _own_names(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Give a variable its new name."""
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Give a parameter its new name, without its type."""
        node.arg, node.annotation = self.names.get(node.arg, node.arg), None
        return node


def _bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    found = [getattr(node, "body", None) for node in ast.walk(tree)]
    return [body for body in found if isinstance(body, list) and body]


def _split(body: list[ast.stmt], draw: random.Random) -> None:
    """Give parts of expressions names of their own, one in each statement that has one."""
    for place in range(len(body) - 1, -1, -1):
        one = body[place]
        value = getattr(one, "value", None)
        if not isinstance(one, ast.Assign | ast.Return | ast.AugAssign):
            continue
        if isinstance(value, ast.BinOp):
            where, what = value, draw.choice(["left", "right"])
        elif isinstance(value, ast.Call) and value.args:
            where, what = value.args, 0
        else:
            continue
        part = where[what] if isinstance(where, list) else getattr(where, what)
        if isinstance(part, ast.Name | ast.Constant | ast.Starred | ast.GeneratorExp):
            continue
        name = f"part_{draw.randrange(10**6)}"
        if isinstance(where, list):
            where[what] = ast.Name(name, ast.Load())
        else:
            setattr(where, what, ast.Name(name, ast.Load()))
        body.insert(place, ast.Assign([ast.Name(name, ast.Store())], part, lineno=0))


def _reorder(body: list[ast.stmt], draw: random.Random) -> None:
    """Swap neighbours that do not need each other."""
    for place in range(len(body) - 1):
        one, two = body[place : place + 2]
        if not (isinstance(one, ast.Assign) and isinstance(two, ast.Assign)):
            continue
        gives = [
            {n.id for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for s in (one, two)
        ]
        names = [{n.id for n in ast.walk(s) if isinstance(n, ast.Name)} for s in (one, two)]
        if not gives[0] & names[1] and not gives[1] & names[0]:
            body[place : place + 2] = [two, one]
