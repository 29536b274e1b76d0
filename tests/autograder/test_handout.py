"""The students' zip holds what they need and nothing that gives the course away."""

import shutil
import zipfile

import pytest
from repository import ROOT

from autograder.exercises.bank import stub
from autograder.handout import make_handout


@pytest.fixture(scope="module")
def handout(tmp_path_factory):
    path = tmp_path_factory.mktemp("handout") / "handout.zip"
    make_handout(ROOT, path)
    return zipfile.ZipFile(path)


def test_it_holds_notebooks_package_data_and_setup(handout):
    names = handout.namelist()
    for wanted in (
        "README.md",
        "pyproject.toml",
        "environment.yml",
        "notebooks/week01_pca/week01_pca.ipynb",
        "notebooks/week02_vanilla/week02_vanilla.ipynb",
        "notebooks/week05_contractive/week05_contractive.ipynb",
        "notebooks/week07_siamese/week07_siamese.ipynb",
        "aeutils/data/embedded/mnist_small.npz",
        "aeutils/testing/week01.py",
        "aeutils/testing/week05.py",
        "aeutils/testing/week07.py",
        "course/student-setup.md",
    ):
        assert f"autoencoders/{wanted}" in names


def test_it_holds_nothing_of_the_instructors(handout):
    names = handout.namelist()
    assert not [n for n in names if "autograder/" in n or "solutions/" in n or "tests/" in n]
    assert not [n for n in names if n.endswith(("instructors.md", "misconceptions.md", ".pyc"))]
    for name in names:
        if name.endswith((".md", ".ipynb", ".yml", ".toml")):
            text = handout.read(name).decode()
            assert "BEGIN SOLUTION" not in text, name
            assert "HIDDEN TESTS" not in text, name


def test_its_stubs_are_empty(handout):
    text = handout.read("autoencoders/notebooks/week01_pca/week01_pca.ipynb").decode()
    assert text.count("raise NotImplementedError()") >= 7
    assert "raise NotImplementedError()" in stub("week01", "center")


def test_a_notebook_with_a_solution_is_never_handed_out(tmp_path):
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "notebooks" / "week01_pca").mkdir(parents=True)
    solution = ROOT / "solutions" / "week01_pca" / "week01_pca.ipynb"
    shutil.copy(solution, tmp_path / "notebooks" / "week01_pca")
    output = tmp_path / "dist" / "handout.zip"
    with pytest.raises(ValueError, match="must not be handed out"):
        make_handout(tmp_path, output)
    assert not output.exists()
