"""Which modules a job needs, so that fork servers can import them once for everybody."""

from __future__ import annotations

import ast

from autograder.hall.examiner.trusted_names import statements
from autograder.hall.job import GradingJob


def imported_modules(job: GradingJob, tests: bool) -> tuple[str, ...]:
    """Return the modules that the release of a job imports, in order.

    Args:
        job: any job of the assignment.
        tests: whether its test cells count as well.
    """
    found: dict[str, None] = {}
    for cell in job.released:
        if cell["test"] and not tests:
            continue
        for statement in statements(cell["source"]):
            for node in ast.walk(statement):
                if isinstance(node, ast.Import):
                    found.update((alias.name, None) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
                    found.update((f"{node.module}.{a.name}", None) for a in node.names)
    found.update((name, None) for name in job.warm)
    return tuple(name for name in found if not name.endswith(".*"))
