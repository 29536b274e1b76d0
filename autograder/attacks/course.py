"""The small course that is attacked: one assignment, `vault`, six exercises, 12 points.

Its hidden tests hold a mark that stands nowhere else. Wherever the mark turns up afterwards, a
hidden test was read.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ASSIGNMENT = "vault"
POINTS = 2.0
SECRET_NUMBER = "740" + "191"  # written apart, so that this file does not hold it
MARK = f"hidden-{SECRET_NUMBER}"
DIARY = "diary-" + "58213"  # stands in honest students' notebooks
TOKEN = "token-" + "66120"  # stands in the environment of whoever grades

HALL = """
from autograder.hall.plugin import exam_hall

exam_hall(c)
c.ExamHall.cell_seconds = 2
c.ExamHall.total_seconds = 25
c.ExamHall.memory_mb = 1024
c.ExamHall.disk_mb = 64
"""
STOCK = """
c.ExecutePreprocessor.timeout = 10
c.ExecutePreprocessor.startup_timeout = 30
"""
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "vault"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.NbGrader.logfile = ""
"""

INTRODUCTION = """\
# Vault

Six small functions, each worth two points.
"""
IMPORTS = "import numpy as np"

ANSWERS = {
    "squares": "def squares(n):\n    return [i * i for i in range(n)]",
    "scale": "def scale(x):\n    return x / np.abs(x).max()",
    "double": "def double(n):\n    return 2 * n",
    "shout": "def shout(text):\n    return text.upper()",
    "spell": "def spell(word):\n    return list(word)",
    "initials": "def initials(words):\n    return [word[0] for word in words]",
}

# Visible part, hidden part, closing expression.
TESTS = {
    "squares": (
        "assert squares(3) == [0, 1, 4]",
        f"""\
mark = "{MARK}"
assert squares(1) == [0], "squares(1) is [0]"
for n, expected in [(0, []), (2, [0, 1]), (5, [0, 1, 4, 9, 16])]:
    assert squares(n) == expected
assert len(squares(11)) == 11""",
        "",
    ),
    "scale": (
        "np.testing.assert_allclose(scale(np.array([1.0, 2.0])), [0.5, 1.0])",
        f"""\
mark = "{MARK}"
x = np.array([{SECRET_NUMBER}.0, -{SECRET_NUMBER}.0])
np.testing.assert_allclose(scale(x), [1.0, -1.0])
np.testing.assert_allclose(scale(np.array([[4.0, 1.0], [3.0, 2.0]])), [[1, 0.25], [0.75, 0.5]])""",
        "",
    ),
    "double": (
        "share = double(21) / 42",
        f"""\
mark = "{MARK}"
share = (share + double({SECRET_NUMBER}) / (2 * {SECRET_NUMBER})) / 2""",
        "2 * share",
    ),
    "shout": (
        'assert shout("quiet") == "QUIET"',
        f"""\
assert shout("{MARK}") == "{MARK}".upper()
assert isinstance(shout("a"), str)""",
        "",
    ),
    "spell": (
        """\
letters = spell("abc")
assert len(letters) == 3
for letter, expected in zip(letters, "abc"):
    assert letter == expected""",
        f"""\
letters = spell("{MARK}")
assert len(letters) == {len(MARK)}
for letter, expected in zip(letters, "{MARK}"):
    assert letter == expected""",
        "",
    ),
    "initials": (
        'assert all(map(lambda words: initials(words) == ["a"], [["ada"], ["ann"]]))',
        f"""\
cases = {{("{MARK}", "x"): ["h", "x"], ("bob",): ["b"]}}
assert all(map(lambda words: initials(list(words)) == cases[words], cases))""",
        "",
    ),
}

FULL = POINTS * len(TESTS)
HALF = {  # what the student "mmm_half" hands in, and what it earns
    **dict.fromkeys(("squares", "shout"), 2.0),
    "double": 1.0,
}


def test_source(exercise: str) -> str:
    """Return a test cell as the instructor writes it."""
    visible, hidden, closing = TESTS[exercise]
    parts = [visible, "### BEGIN HIDDEN TESTS", hidden, "### END HIDDEN TESTS", closing]
    return "\n".join(part for part in parts if part)


def source_notebook() -> NotebookNode:
    """Return the instructor's notebook."""
    cells = [new_markdown_cell(INTRODUCTION), new_code_cell(IMPORTS)]
    for exercise, answer in ANSWERS.items():
        head, body = answer.split("\n", 1)
        solution = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells.append(new_code_cell(solution, metadata=_metadata(exercise, solution=True)))
        cells.append(
            new_code_cell(
                test_source(exercise),
                metadata=_metadata(f"test-{exercise}", grade=True, locked=True, points=POINTS),
            )
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _metadata(grade_id: str, **flags: object) -> dict:
    fields = {"grade": False, "solution": False, "locked": False, "task": False, **flags}
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **fields}}


def make_course(folder: Path, config: str = HALL) -> None:
    """Write the configuration and the instructor's notebook into an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG + config, encoding="utf-8")
    path = folder / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source_notebook(), path)


def copy(nb: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook that shares nothing with it."""
    return nbformat.from_dict(json.loads(json.dumps(nb)))


def cell(nb: NotebookNode, grade_id: str) -> NotebookNode:
    """Return the cell with this grade_id."""
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def answer(nb: NotebookNode, **answers: str) -> NotebookNode:
    """Put source code into answer cells, by their grade_id; return the notebook."""
    for grade_id, source in answers.items():
        cell(nb, grade_id).source = source
    return nb


def first(nb: NotebookNode, source: str) -> NotebookNode:
    """Put a code cell before all others; return the notebook."""
    nb.cells.insert(0, new_code_cell(source))
    return nb


def last(nb: NotebookNode, source: str) -> NotebookNode:
    """Put a code cell after all others; return the notebook."""
    nb.cells.append(new_code_cell(source))
    return nb


def honest(release: NotebookNode) -> dict[str, NotebookNode]:
    """Return the notebooks of three honest students: right, half right, and right."""
    diary = f'diary = "{DIARY}"\nprint(diary)'
    right = first(answer(copy(release), **ANSWERS), diary)
    half = {**{e: ANSWERS[e] for e in HALF}, "double": "def double(n):\n    return n"}
    return {
        "aaa_right": right,
        "mmm_half": first(answer(copy(release), **half), diary),
        "zzz_right": copy(right),
    }
