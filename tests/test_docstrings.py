"""Every public function says what it takes, what it returns and what it raises."""

import ast
import re

import pytest
from repository import ROOT

PLACES = (
    "aeutils",
    *(f"autograder/{package}" for package in ("collecting", "exercises", "hall", "plugin")),
)
# Visible tests and hidden checks take a student's function; attacks are what students would write.
SKIPPED = re.compile(r"(testing|exercises)/(week\d\d|elective_[a-z])")
CHECKS = re.compile(r"check_\w+|expect_\w+")  # shared helpers that raise for their caller
SECTION = re.compile(
    r"^ *(Args|Returns|Yields|Raises|Attributes|References|Examples?):", re.MULTILINE
)


def public_functions():
    """Yield (path, qualified name, function) of every public function and method."""
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if SKIPPED.search(name):
                continue
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    for method in node.body:
                        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                            yield name, f"{node.name}.{method.name}", method
                elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield name, node.name, node


def parameters(function):
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [a.arg for a in (given.vararg, given.kwarg) if a]
    return [n for n in names if n not in ("self", "cls") and not n.startswith("_")]


def sections(function):
    """Return a docstring's first paragraph and its sections by name."""
    text = ast.get_docstring(function) or ""
    parts = SECTION.split(text)
    return parts[0], dict(zip(parts[1::2], parts[2::2], strict=True))


def raises_itself(function):
    """Return whether a function raises, or calls a shared check that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            if "NotImplementedError" not in ast.dump(node.exc):
                return True
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", "")
            if CHECKS.fullmatch(called):
                return True
    return False


def problems(function):
    """Return what a docstring leaves out."""
    summary, found = sections(function)
    missing = []
    if not summary.strip():
        return ["no docstring"]
    told = found.get("Args", "")
    # One or two parameters may be told by the summary itself, in backticks or by name.
    missing += [
        f"parameter {parameter}"
        for parameter in parameters(function)
        if not re.search(rf"^\s*\*{{0,2}}{parameter}\b.*?:", told, re.MULTILINE)
        and not re.search(rf"\b{re.escape(parameter)}\b", summary)
    ]
    returns = function.returns is not None and ast.unparse(function.returns) != "None"
    says = re.match(r"(Return|Yield|Tell|Give|Make|Draw|Show|Train|Compute|Read)", summary)
    if returns and "Returns" not in found and "Yields" not in found and not says:
        missing.append("what it returns")
    if raises_itself(function) and "Raises" not in found and "Raise" not in summary:
        missing.append("what it raises")
    return missing


FUNCTIONS = list(public_functions())


@pytest.mark.parametrize(
    ("path", "name", "function"), FUNCTIONS, ids=[f"{p}:{n}" for p, n, _ in FUNCTIONS]
)
def test_docstring_is_complete(path, name, function):
    decorated = {ast.unparse(d).split(".")[-1] for d in function.decorator_list}
    if decorated & {"property", "setter", "overload"}:
        return
    assert not problems(function)
