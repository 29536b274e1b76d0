"""While a week is graded, its reference is not there to be read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

import aeutils
from autograder import units
from autograder.hall.isolation.seal import sealed_packages, sealed_source

SOURCE = Path(aeutils.__file__).parent
WEEKS = units.notebooks(ROOT)


def marked(text, week):
    """Return the functions and classes that a module marks as this week's exercises."""
    return [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and any(f"exercise('{week}')" == ast.unparse(d) for d in node.decorator_list)
    ]


@pytest.mark.parametrize("week", WEEKS)
def test_no_line_of_an_answer_is_left(week):
    folder = sealed_packages(("aeutils",), week) / "aeutils"
    found = 0
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        sealed = (folder / path.relative_to(SOURCE)).read_text(encoding="utf-8")
        for node, closed in zip(marked(text, week), marked(sealed, week), strict=True):
            found += 1
            body = ast.unparse(closed.body[-1])
            assert "ReferenceSealed" in body
            assert len(closed.body) <= 2, node.name
            assert closed.name == node.name
    assert found >= 6


def test_every_mark_names_its_week_where_it_stands():
    """The text is sealed before it runs, so `@exercise(WEEK)` would leave the answer open."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("exercise"):
                    (week,) = mark.args
                    assert isinstance(week, ast.Constant), f"{path.name}: {node.name}"
                    assert (ROOT / "solutions" / week.value).is_dir(), f"{path.name}: {node.name}"


@pytest.mark.parametrize("week", WEEKS)
def test_only_this_weeks_answers_are_taken_out(week):
    folder = sealed_packages(("aeutils",), week) / "aeutils"
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not marked(text, week):
            assert (folder / path.relative_to(SOURCE)).read_text(encoding="utf-8") == text
    assert not list(folder.rglob("*.pyc"))


def test_the_sealed_package_works_and_refuses_by_name():
    folder = sealed_packages(("aeutils",), "week01_pca")
    code = (
        "import torch, aeutils.pca, aeutils.models, aeutils.losses, aeutils.training\n"
        "from aeutils.testing import week01\n"
        "print(aeutils.losses.bernoulli_nll(torch.zeros(2, 3), torch.zeros(2, 3)).shape)\n"
        "for twin in (aeutils.pca.center, aeutils.models.LinearAutoencoder):\n"
        "    try: twin(torch.zeros(2, 2))\n"
        "    except aeutils.testing.sealed.ReferenceSealed as e: print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "center is the reference for an exercise of week01_pca and is closed" in done.stdout
    assert "LinearAutoencoder is the reference" in done.stdout


def test_docstring_and_signature_stay():
    text = (
        "from aeutils.testing.sealed import exercise\n\n\n"
        '@exercise("w")\ndef f(x: int) -> int:\n    """Say."""\n    return x * 2\n\n\n'
        "def g():\n    return 1\n"
    )
    sealed = sealed_source(text, "w")
    assert "x * 2" not in sealed
    assert '"""Say."""' in sealed
    assert "def g():\n    return 1" in sealed
    assert "from aeutils.testing.sealed import ReferenceSealed\n" in sealed
    assert sealed_source(text, "other") == text


def test_a_missing_package_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        sealed_packages(("no_such_package",), "w")
