"""Which modules a job needs, so that fork servers can import them once for everybody."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.hall.examiner.trusted_names import bound, statements
from autograder.hall.job import GradingJob


def imported_modules(job: GradingJob, tests: bool) -> tuple[str, ...]:
    """Return the modules that the release of a job imports, in order.

    Args:
        job: any job of the assignment.
        tests: False for what students need, which is all that the notebook imports outside its
            tests, and what the instructor named; True for what the tests need.
    """
    wanted = _needed_by_tests(job) if tests else None
    found: dict[str, None] = {}
    for cell in job.released:
        if cell["test"] and not tests:
            continue
        for module, name in _imports(cell["source"]):
            if wanted is None or cell["test"] or name in wanted:
                found[module] = None
    found.update((name, None) for name in job.warm if not tests)
    return tuple(name for name in found if not name.endswith(".*"))


def _imports(source: str) -> Iterator[tuple[str, str]]:
    """Yield the modules that a cell may import, each with the name that it gets there."""
    for statement in statements(source):
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, alias.asname or alias.name.partition(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    yield node.module, alias.asname or alias.name
                    yield f"{node.module}.{alias.name}", alias.asname or alias.name


def _needed_by_tests(job: GradingJob) -> set[str]:
    """Return the names that the tests use, and those that stand where these are defined."""
    needed, defined = {"*"}, []  # whatever `from module import *` brings may be used
    for cell in job.released:
        for statement in statements(cell["source"]):
            if cell["test"]:
                needed |= _names(statement)
            else:
                defined.append((bound(statement), _names(statement)))
    before = 0
    while len(needed) > before:
        before = len(needed)
        for names, used in defined:
            if names & needed:
                needed |= used
    return needed


def _names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement uses."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
