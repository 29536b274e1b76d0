"""The two lists of packages agree, and the student's package stays small and alone."""

import ast
import tomllib

import pytest
import yaml
from repository import ROOT

from autograder import handout

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_yml_has_all_that_the_repository_needs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda, pip = environment["dependencies"][:-1], environment["dependencies"][-1]["pip"]
    assert f"python{PROJECT['requires-python']}" in conda
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["instructor"], *extras["site"], "-e ."]
    assert sorted(pip) == sorted(wanted)


def test_the_environment_in_the_students_zip_has_the_students_packages_only():
    environment = yaml.safe_load(handout.environment(ROOT))
    conda, pip = environment["dependencies"][:-1], environment["dependencies"][-1]["pip"]
    assert f"python{PROJECT['requires-python']}" in conda
    assert sorted(pip) == sorted([*PROJECT["dependencies"], "."])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "aeutils").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_aeutils_knows_nothing_of_the_autograder(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not [m for m in modules if m.split(".")[0] in {"autograder", "nbgrader"}]


def test_every_import_of_aeutils_is_a_students_package():
    allowed = {"aeutils", "numpy", "torch", "torchvision", "matplotlib", "tqdm", "ipywidgets"}
    allowed |= {"anywidget", "pooch", "threadpoolctl", "traitlets"}  # the last is ipywidgets'
    allowed |= {
        "IPython",
        "PIL",
        "sklearn",
        "faiss",  # optional, too
        "umap",
        "mpl_toolkits",
    }  # come with the above, or are optional
    import sys

    for path in (ROOT / "aeutils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in allowed | set(sys.stdlib_module_names) | {"__future__"}, (path, name)
