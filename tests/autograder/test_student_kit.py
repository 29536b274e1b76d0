"""The students' zip works in an empty folder, and nothing of the instructor's is in it."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from repository import ROOT

from autograder import units
from autograder.handout import make_handout, make_instructor_kit

RUN = """
import sys, nbformat, nbclient, aeutils
assert aeutils.__file__.startswith(sys.prefix), aeutils.__file__
nb = nbformat.read("autoencoders/notebooks/week01_pca/week01_pca.ipynb", as_version=4)
first = next(i for i, c in enumerate(nb.cells) if "assert tests." in c.source)
nb.cells = nb.cells[: first + 1]
nbclient.NotebookClient(nb, timeout=300, allow_errors=True, kernel_name="python3").execute()
for cell in nb.cells:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            print("ERROR", cell.source[:60], output.ename, output.evalue)
        print(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    path = tmp_path_factory.mktemp("kit") / "student-kit.zip"
    make_handout(ROOT, path)
    return path


def test_it_installs_and_runs_up_to_the_first_exercise(kit, tmp_path):
    pytest.importorskip("hatchling", reason="builds the package without a network")
    zipfile.ZipFile(kit).extractall(tmp_path)
    home = tmp_path / "autoencoders"
    run = lambda *command, **more: subprocess.run(  # noqa: E731
        command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False, **more
    )
    venv = home / ".venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", str(venv)).returncode == 0
    python = str(venv / ("Scripts" if os.name == "nt" else "bin") / "python")
    # The packages that the kit depends on come from this environment; aeutils does not.
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = run(python, "-c", where).stdout.strip()
    (Path(place) / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    quiet = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "JUPYTER_PATH"}}
    quiet |= {"OMP_NUM_THREADS": "1", "JUPYTER_PLATFORM_DIRS": "1", "PIP_NO_INDEX": "1"}
    nothing = run(python, "-c", "import aeutils", env=quiet)
    assert "No module named 'aeutils'" in nothing.stderr
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    pip = (python, "-m", "pip", "install", *options, "--prefix", str(venv), str(home))
    installed = run(*pip, env=quiet)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    done = run(python, "-c", RUN, env=quiet)
    assert done.returncode == 0, done.stderr
    assert "Dataset 'mnist', small" in done.stdout
    errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    assert len(errors) <= 1, errors  # at most the test of the exercise that nobody has solved
    assert not errors or "not implemented yet" in errors[0]


def test_it_has_a_start_page_lessons_and_data(kit):
    archive = zipfile.ZipFile(kit)
    names = {n.removeprefix("autoencoders/") for n in archive.namelist()}
    assert {"START.html", "README.md", "environment.yml", "LICENSE", "LICENSE-text.md"} <= names
    assert "aeutils/data/embedded/mnist_small.npz" in names
    start = archive.read("autoencoders/START.html").decode()
    for name in units.notebooks(ROOT):
        assert f"notebooks/{name}/{name}.ipynb" in names
        assert f"<code>{name}</code>" in start
    for link in re.findall(r'href="([^"]+)"', start):
        assert link in names, link
    for name in names:
        if name.endswith(".md") and name.startswith("course/"):
            text = archive.read(f"autoencoders/{name}").decode()
            for image in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
                assert f"course/{image}" in names, f"{name} shows {image}"


def test_no_solution_check_bank_or_gradebook_is_inside(kit):
    from autograder.builder.rules import leaks
    from autograder.exercises import bank
    from course.book import notebooks

    archive = zipfile.ZipFile(kit)
    names = archive.namelist()
    for part in ("solutions/", "autograder/", "tests/", "benchmarks/", "slides/", "guide/", ".db"):
        assert not [n for n in names if part in n], part
    assert not [n for n in names if n.endswith(("instructors.md", "misconceptions.md"))]
    texts = {n: archive.read(n).decode() for n in names if n.endswith((".md", ".html", ".ipynb"))}
    everything = "\n".join(texts.values())
    for mark in ("BEGIN SOLUTION", "HIDDEN TESTS", "from autograder", "Mistake("):
        assert mark not in everything, mark
    for name in notebooks.names():
        assert list(leaks(notebooks.solution(name), notebooks.released(name))) == []
    squeezed = re.sub(r"\s+", "", everything)
    for week in bank.weeks():
        for exercise, entry in bank.exercises(week).items():
            for label, code in {**entry.wrong, **entry.right}.items():
                if len(code) > 120:
                    assert re.sub(r"\s+", "", code) not in squeezed, (week, exercise, label)


def test_the_instructors_kit_is_the_rest(tmp_path):
    names = {
        n.removeprefix("autoencoders-instructors/")
        for n in make_instructor_kit(ROOT, tmp_path / "kit.zip")
    }
    for wanted in (
        "Makefile",
        "nbgrader_config.py",
        "solutions/week01_pca/week01_pca.py",
        "autograder/hall/isolation/sandbox.py",
        "course/instructors.md",
        "course/slides/week01.md",
        "tests/autograder/exercises/test_bank.py",
        "aeutils/pca/axes.py",
        "notebooks/week01_pca/week01_pca.ipynb",
    ):
        assert wanted in names, wanted
    assert not [n for n in names if n.endswith((".db", ".pyc")) or "submitted/" in n]
