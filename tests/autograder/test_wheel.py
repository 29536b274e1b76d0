"""The grader's own wheel, in an environment of its own, grades nbgrader's quickstart course."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT
from tiny_course import no_sandbox

pytestmark = pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}")

CONFIG = """
from autograder.hall.plugin import exam_hall
exam_hall(c)
"""
SCORES = """
import sys
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as gradebook:
    for student in ("bitdiddle", "hacker"):
        print(student, gradebook.find_submission("ps1", student).score)
    import importlib.util
    print([name for name in ("torch", "aeutils") if importlib.util.find_spec(name)])
    import autograder; print(autograder.__file__)
"""


def run(*command, cwd, **environment):
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel and what it asks for, and nothing else."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "autograder"  # a copy, so that building leaves nothing in the checkout
    shutil.copytree(ROOT / "autograder", source, ignore=shutil.ignore_patterns("__pycache__"))
    uv = [sys.executable, "-m", "uv"]
    built = run(*uv, "build", "--wheel", "--out-dir", place, source, cwd=place)
    if built.returncode:
        pytest.skip(f"the wheel could not be built here (no network?): {built.stderr[-300:]}")
    (wheel,) = place.glob("*.whl")
    python = place / "env" / "bin" / "python"
    made = run(*uv, "venv", "--python", sys.executable, place / "env", cwd=place)
    assert made.returncode == 0, made.stderr
    done = run(*uv, "pip", "install", "--compile-bytecode", "--python", python, wheel, cwd=place)
    if done.returncode:
        pytest.skip(f"its packages could not be installed (no network?): {done.stderr[-300:]}")
    return python


def test_the_wheel_grades_nbgraders_quickstart(environment, tmp_path):
    path = f"{environment.parent}{os.pathsep}{os.environ['PATH']}"

    def nbgrader(*arguments, cwd=tmp_path / "quick"):
        done = run(environment, "-m", "nbgrader", *arguments, cwd=cwd, PATH=path)
        assert done.returncode == 0, done.stderr[-3000:]
        return done

    nbgrader("quickstart", "quick", cwd=tmp_path)
    course = tmp_path / "quick"
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(CONFIG)
    nbgrader("generate_assignment", "ps1")
    done = run(environment, "-c", "import nbgrader; print(nbgrader.__file__)", cwd=tmp_path)
    guide = Path(done.stdout.strip()).parent / "docs" / "source" / "user_guide"
    for student in ("bitdiddle", "hacker"):
        shutil.copytree(
            guide / "submitted" / student / "ps1", course / "submitted" / student / "ps1"
        )
    graded = nbgrader("autograde", "ps1")
    assert "2 submissions graded in this run" in graded.stderr
    nbgrader("generate_feedback", "ps1")
    found = run(environment, "-c", SCORES, cwd=course).stdout.splitlines()
    assert found[:2] == ["bitdiddle 1.5", "hacker 3.0"]  # as stock nbgrader gives
    assert found[2] == "[]"
    assert str(environment.parent.parent) in found[3]
    pages = list((course / "feedback").rglob("*.html"))
    assert len(pages) == 4
