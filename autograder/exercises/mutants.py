"""Mutation testing of the checks: right answers with one thing changed, which a test must notice.

``python -m autograder bank --mutants`` makes every mutant of every right answer and asks the hidden
check and the visible test. A mutant that earns full marks has survived: either it computes the same
(then it stands in `equivalents.json`, with the reason), or the check misses something.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import multiprocessing
import os
import signal
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from autograder.exercises import bank

EQUIVALENTS = Path(__file__).with_name("equivalents.json")
SECONDS = 8  # a mutant that takes longer has an endless loop, which a test notices

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


class Outcome(NamedTuple):
    """What became of a mutant: which test noticed it, and the diagnoses of the hidden one."""

    key: str
    hidden: bool
    visible: bool
    mistakes: tuple[str, ...]


# --- changes --------------------------------------------------------------------------------------


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


# --- judgement ------------------------------------------------------------------------------------


class _TooLong(BaseException):
    """A mutant runs for ever."""


def _stop(*_: object) -> None:
    raise _TooLong


def judge(mutant: Mutant) -> Outcome:
    """Ask both tests about a mutant.

    Args:
        mutant: the answer.

    Returns:
        What they said.
    """
    mistakes: tuple[str, ...] = ()
    with _limited(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        hidden = visible = True
        try:
            report = bank.assess(mutant.week, mutant.exercise, mutant.code, "mutant")
            hidden, mistakes = report.earned < report.points, tuple(report.mistakes)
        except (Exception, _TooLong) as error:
            mistakes = (f"raised-{type(error).__name__}",)
        try:
            signal.alarm(SECONDS)
            test = getattr(
                importlib.import_module(f"aeutils.testing.{mutant.week}"), mutant.exercise
            )
            test(*bank.objects(mutant.week, mutant.exercise, mutant.code, "mutant"))
            visible = False
        except (Exception, _TooLong):
            pass
    return Outcome(mutant.key, hidden, visible, mistakes)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Stop a mutant after some seconds; only the main thread of a process can."""
    before = signal.signal(signal.SIGALRM, _stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def equivalents() -> dict[str, str]:
    """Return the reviewed survivors: key and reason."""
    listed = json.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    return {key: reason for reason, keys in listed.items() for key in keys}


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def judge_all(every: Iterable[Mutant], processes: int = 0) -> list[Outcome]:
    """Ask both tests about many mutants, on every processor.

    Args:
        every: the mutants.
        processes: how many at a time; as many as processors by default.

    Returns:
        What both said of each, in the same order.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes or os.cpu_count(), _one_thread) as pool:
        return list(pool.imap(judge, every, chunksize=16))


def print_mutants(weeks: Iterable[str] = (), verbose: bool = False) -> int:
    """Print kill rates by week and the survivors; return 1 if one is not reviewed.

    Args:
        weeks: for example "week05"; all by default.
        verbose: also print what only the visible tests let through.

    Returns:
        A command's exit status.
    """
    known, new = equivalents(), []
    print(f"{'week':<10}{'mutants':>8}{'equivalent':>12}{'hidden kill':>13}{'visible kill':>14}")
    for week in weeks or bank.weeks():
        every = [m for name in bank.exercises(week) for m in mutants(week, name)]
        found = judge_all(every)
        real = [o for o in found if o.key not in known]
        survived = [o for o in real if not o.hidden]
        noticed = [o for o in real if o.visible]
        hidden, visible = 100 - 100 * len(survived) / len(real), 100 * len(noticed) / len(real)
        same = len(found) - len(real)
        print(f"{week:<10}{len(found):>8}{same:>12}{hidden:>12.1f}%{visible:>13.1f}%", flush=True)
        new += [o.key for o in survived]
        if verbose:
            print(*(f"    visible lets through {o.key}" for o in real if not o.visible), sep="\n")
    for key in new:
        print("✘ survived:", key)
    return 1 if new else 0
