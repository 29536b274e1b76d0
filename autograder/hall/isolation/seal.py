"""The sealed package: a copy of the course's own package without this assignment's answers.

What a student's process can import it can also read, so a guard in the code is not enough: in the
copy, the body of every function and class marked ``@exercise("week01_pca")`` is gone, and in its
place stands an error that says so.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import shutil
import tempfile
from pathlib import Path

from autograder.hall.isolation.mounts import Mounts

GRADER = Path(__file__).resolve().parents[2]  # the package `autograder`
REFUSAL = "ReferenceSealed"


def sealed_source(source: str, assignment: str) -> str:
    """Return a module's text with the bodies of this assignment's reference twins taken out.

    Args:
        source: the module's text.
        assignment: whose reference twins are taken out.

    Raises:
        SyntaxError: the module has the mark, and is not Python.
    """
    if "exercise" not in source:  # the name of the mark; three files of four need no parsing
        return source
    lines = source.splitlines()
    for node in reversed(list(ast.walk(ast.parse(source)))):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or not _marked(node, assignment):
            continue
        first = node.body[0]
        has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        start = first.end_lineno if has_docstring else first.lineno - 1
        margin = " " * first.col_offset
        why = (
            f"{node.name} is the reference for an exercise of {assignment} and is closed while "
            "that notebook is graded; implement it in the notebook and call your own version"
        )
        body = [f"{margin}raise {REFUSAL}({why!r})"]
        if isinstance(node, ast.ClassDef):
            body = [f"{margin}def __init__(self, *_, **__):", f"{margin}    {body[0].strip()}"]
        lines[start : node.end_lineno] = body
    text = "\n".join(lines) + "\n"
    if text.rstrip() == source.rstrip():
        return source
    return _import_refusal(text)


def _import_refusal(text: str) -> str:
    """Make sure that the refusal is defined in a module that never needed its name.

    It is imported from wherever the module has its mark ``exercise`` from.
    """
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    if any(alias.name == REFUSAL for node in imports for alias in node.names):
        return text
    for node in imports:
        if node.module and any(alias.name == "exercise" for alias in node.names):
            line = f"from {node.module} import {REFUSAL}"
            lines = text.splitlines()
            lines.insert(node.lineno - 1, line)
            return "\n".join(lines) + "\n"
    return text


def _marked(node: ast.FunctionDef | ast.ClassDef, assignment: str) -> bool:
    return any(
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Name)
        and mark.func.id == "exercise"
        and any(isinstance(a, ast.Constant) and a.value == assignment for a in mark.args)
        for mark in node.decorator_list
    )


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="sealed-")


def package_folder(name: str) -> Path:
    """Return where an installed package lies.

    Args:
        name: how it is imported.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {name!r} is not installed here", name=name)
    return Path(next(iter(spec.submodule_search_locations)))


def sealed_mounts(packages: tuple[str, ...], assignment: str, hidden: tuple[Path, ...]) -> Mounts:
    """Return what is the same in the sandbox of every student of an assignment.

    Args:
        packages: the course's own packages, which students get without the answers.
        assignment: whose answers are left out.
        hidden: folders that no student may see, besides the grader's own.
    """
    return Mounts(
        packages=sealed_packages(packages, assignment) if packages else None,
        hidden=(*hidden, GRADER),
        environment={"AEUTILS_SEALED": assignment},
    )


@functools.cache
def sealed_packages(names: tuple[str, ...], assignment: str) -> Path:
    """Return a folder with a sealed copy of each package; made once per process.

    Args:
        names: how they are imported.
        assignment: whose reference twins are taken out.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    folder = Path(_scratch().name) / assignment
    for name in names:
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        shutil.copytree(package_folder(name), folder / name, ignore=ignore)
        for path in (folder / name).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            sealed = sealed_source(text, assignment)
            if sealed != text:
                path.write_text(sealed, encoding="utf-8")
    return folder
