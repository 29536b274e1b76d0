"""A course of one small assignment without torch, for tests that grade whole classes with nbgrader.

Three exercises: a list function with visible and hidden asserts (2 points), a numpy function (2),
and one whose test closes with the number of points (3). Right answers earn 7, half-right ones 4.
"""

import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from ready_run import nbgrader

from autograder.hall.isolation import bubblewrap

NAME = "ps"
FILE = f"{NAME}.ipynb"
CONFIG = """\
from autograder.hall.plugin import exam_hall

c = get_config()
exam_hall(c)
c.CourseDirectory.course_id = "tiny"
c.ExamHall.cell_seconds = 3
"""
RIGHT = {
    "doubled": "def doubled(numbers):\n    return [2 * n for n in numbers]",
    "centred": "def centred(x):\n    return x - x.mean()",
    "vowels": "def vowels(text):\n    return sum(letter in 'aeiou' for letter in text.lower())",
}
HALF = {
    "doubled": RIGHT["doubled"],
    "centred": "def centred(x):\n    return x - 1",
    "vowels": "def vowels(text):\n    return text.count('a')",
}
TESTS = {
    "doubled": (
        2,
        "assert doubled([1, 2]) == [2, 4], 'every number twice'\n"
        "### BEGIN HIDDEN TESTS\nassert doubled([]) == []\n### END HIDDEN TESTS",
    ),
    "centred": (
        2,
        "import numpy as np\n"
        "assert np.allclose(centred(np.array([1.0, 3.0])), [-1, 1])\n"
        "### BEGIN HIDDEN TESTS\n"
        "assert np.allclose(centred(np.array([4.0, 8.0])), [-2, 2])\n"
        "### END HIDDEN TESTS",
    ),
    "vowels": (3, "(vowels('banana') == 3) + (vowels('Otter') == 2) + (vowels('') == 0) * 1"),
}


def no_sandbox() -> str:
    """Return why no sandbox can be had on this machine, or ""."""
    return bubblewrap.trial(bubblewrap.bwrap(), os.environ.get("PATH", ""))


# --- the course -----------------------------------------------------------------------------------


def make_course(
    folder: Path, exercises: tuple[str, ...] = tuple(RIGHT), config: str = CONFIG
) -> Path:
    """Make the course folder, release the assignment and return the folder."""
    if config != CONFIG:
        return release(folder, exercises, config)
    return Path(shutil.copytree(one_release(exercises).name, folder, dirs_exist_ok=True))


@functools.cache
def one_release(exercises: tuple[str, ...]) -> tempfile.TemporaryDirectory:
    """Return a released course that others are copies of: a dozen files begin with the same one."""
    place = tempfile.TemporaryDirectory()
    release(Path(place.name), exercises, CONFIG)
    return place


def release(folder: Path, exercises: tuple[str, ...], config: str) -> Path:
    """Write the course into a folder and release its assignment."""
    path = folder / "source" / NAME / FILE
    path.parent.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    nbformat.write(source_notebook(exercises), path)
    done = nbgrader(folder, "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    return folder


def source_notebook(exercises: tuple[str, ...]) -> nbformat.NotebookNode:
    """Return the instructor's notebook, with solutions and hidden tests."""
    cells = [new_markdown_cell("# Problem set")]
    for name in exercises:
        points, test = TESTS[name]
        answer = f"### BEGIN SOLUTION\n{RIGHT[name]}\n### END SOLUTION"
        cells.append(new_code_cell(answer, metadata=about(name, solution=True)))
        cells.append(new_code_cell(test, metadata=about(f"test-{name}", points=points)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def about(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict:
    """Return nbgrader's metadata of an answer, or of a test worth some points."""
    fields = {
        "grade_id": grade_id,
        "schema_version": 3,
        "solution": solution,
        "grade": points is not None,
        "locked": points is not None,
        "task": False,
    }
    if points is not None:
        fields["points"] = points
    return {"nbgrader": fields}


# --- submissions ----------------------------------------------------------------------------------


def released(course: Path) -> nbformat.NotebookNode:
    """Return the notebook that students get: a blank submission."""
    return nbformat.read(course / "release" / NAME / FILE, as_version=4)


def answered(course: Path, answers: dict[str, str] = RIGHT) -> nbformat.NotebookNode:
    """Return a submission with these answers."""
    nb = released(course)
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return nb


def submitted(course: Path, student: str) -> Path:
    """Return the folder that a student submits."""
    return course / "submitted" / student / NAME


def submit(course: Path, student: str, nb: nbformat.NotebookNode | str | bytes) -> Path:
    """Put a submission where nbgrader collects it, byte for byte if it is not a notebook."""
    folder = submitted(course, student)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(nb, nbformat.NotebookNode):
        nb = json.dumps(nb)
    (folder / FILE).write_bytes(nb.encode() if isinstance(nb, str) else nb)
    return folder


def fingerprint(folder: Path) -> str:
    """Return a hash of all names, kinds, links and contents below a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(os.fsencode(path.relative_to(folder)) + str(path.lstat().st_mode).encode())
        if path.is_symlink():
            found.update(os.readlink(path).encode())
        elif path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()


# --- runs and results -----------------------------------------------------------------------------


def start(course: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """Start an nbgrader command in a process group of its own; its words go to a file."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    with (course.parent / "words.txt").open("wb") as words:
        return subprocess.Popen(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=course,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Where the tests run in a shell's background, Control-C is ignored by all they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def words(course: Path) -> str:
    """Return what the latest command of :func:`start` said."""
    return (course.parent / "words.txt").read_text(encoding="utf-8", errors="replace")


def finish(process: subprocess.Popen, seconds: float = 120) -> int:
    """Wait for a command; one that hangs is killed and fails the test."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def score(course: Path, student: str) -> float:
    """Return a student's points as the gradebook has them."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny") as gradebook:
        return gradebook.find_submission(NAME, student).score


def graded(course: Path, student: str) -> nbformat.NotebookNode:
    """Return a student's graded notebook."""
    return nbformat.read(course / "autograded" / student / NAME / FILE, as_version=4)


def page(course: Path, student: str) -> str:
    """Return a student's feedback page, "" if there is none."""
    path = course / "feedback" / student / NAME / f"{NAME}.html"
    return path.read_text(encoding="utf-8") if path.exists() else ""
