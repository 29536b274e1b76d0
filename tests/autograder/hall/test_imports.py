"""What grades imports neither nbgrader nor the course, nor torch before a student needs it."""

import pkgutil
import subprocess
import sys

import pytest
from repository import ROOT

import autograder.hall

ALIASES = {"autograder.hall.plugin", "autograder.hall.errand"}  # former paths, for other courses
MODULES = [
    m.name
    for m in pkgutil.walk_packages(autograder.hall.__path__, "autograder.hall.")
    if m.name not in ALIASES and not m.name.startswith("autograder.hall.student.")
]
BLOCK = """
import importlib, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {refused!r}:
            raise ImportError(f"{{name}} was imported")
sys.meta_path.insert(0, Refuse())
for name in {modules!r}:
    importlib.import_module(name)
"""


def in_a_fresh_interpreter(modules, refused):
    code = BLOCK.format(modules=modules, refused=refused)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_hall_imports_without_torch_aeutils_and_nbgrader():
    modules = [m for m in MODULES if "dask" not in m]
    assert len(modules) > 20
    done = in_a_fresh_interpreter(modules, {"torch", "aeutils", "nbgrader", "nbformat", "course"})
    assert done.returncode == 0, done.stderr[-800:]


def test_the_dask_executor_needs_dask_and_none_of_those_either():
    pytest.importorskip("distributed")
    modules = [m for m in MODULES if "dask" in m]
    assert modules
    done = in_a_fresh_interpreter(modules, {"aeutils", "nbgrader", "nbformat", "course"})
    assert done.returncode == 0, done.stderr[-800:]


def test_the_blocker_itself_works():
    done = in_a_fresh_interpreter(["autograder.plugin.config"], {"nbgrader"})
    assert done.returncode
    assert "nbgrader was imported" in done.stderr
