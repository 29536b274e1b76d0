"""Scores and comments saved at once are those that nbgrader saves one by one."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import compute_checksum
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.plugin.save_grades import SaveGrades

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")

KINDS = {
    "scored": {"grade": True, "points": 3},
    "failed": {"grade": True, "points": 2},
    "given": {"grade": True, "points": 1},
    "answer": {"solution": True},
    "untouched": {"solution": True},
    "essay": {"grade": True, "solution": True, "points": 4},
    "blank": {"grade": True, "solution": True, "points": 4},
    "task": {"task": True, "points": 5},
}
SOURCES = {"untouched": "# YOUR CODE HERE", "blank": "Write here."}


def cell_of(name):
    settings = {"grade": False, "solution": False, "task": False, "grade_id": name} | KINDS[name]
    text = name in ("essay", "blank", "task")
    cell = (new_markdown_cell if text else new_code_cell)(SOURCES.get(name, f"x = {name!r}"))
    cell.metadata.nbgrader = settings | {"locked": False, "schema_version": 3}
    if name in SOURCES:
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return cell


@pytest.fixture
def handed_in():
    cells = {name: cell_of(name) for name in KINDS}
    cells["scored"].outputs = [new_output("execute_result", data={"text/plain": "2.5"})]
    cells["failed"].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    cells["given"].outputs = [new_output("stream", name="stdout", text="done")]
    return new_notebook(cells=[new_markdown_cell("no cell of nbgrader's"), *cells.values()])


@pytest.fixture
def url(tmp_path):
    address = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(address) as book:
        book.add_assignment("ps")
        book.add_notebook("nb", "ps")
        for name, kind in KINDS.items():
            if kind.get("task"):
                book.add_task_cell(name, "nb", "ps", max_score=5, cell_type="markdown")
                continue
            if kind.get("grade"):
                book.add_grade_cell(name, "nb", "ps", max_score=kind["points"], cell_type="code")
            if kind.get("solution"):
                book.add_solution_cell(name, "nb", "ps")
        for student in ("ann", "bob"):
            book.add_student(student)
            book.add_submission("ps", student)
            book.find_grade("given", "nb", "ps", student).manual_score = 0.5
            book.find_comment("untouched", "nb", "ps", student).manual_comment = "Why not?"
        book.db.commit()
    return address


def resources(url, student):
    names = {"student": student, "assignment": "ps", "notebook": "nb", "db_url": url}
    return {"nbgrader": names}


def rows(url, student):
    with Gradebook(url) as book:
        submission = book.find_submission_notebook("nb", "ps", student)
        return (
            sorted(
                (g.name, g.auto_score, g.manual_score, g.needs_manual_grade, g.score)
                for g in submission.grades
            ),
            sorted((c.name, c.auto_comment, c.comment) for c in submission.comments),
        )


def test_the_same_as_nbgrader_saves_in_one_transaction(url, handed_in):
    SaveAutoGrades().preprocess(handed_in, resources(url, "ann"))
    commits = []

    def note(*_):
        commits.append(1)

    event.listen(Engine, "commit", note)
    try:
        SaveGrades().preprocess(handed_in, resources(url, "bob"))
    finally:
        event.remove(Engine, "commit", note)
    assert rows(url, "bob") == rows(url, "ann")
    grades = {name: (auto, manual, needs) for name, auto, manual, needs, _ in rows(url, "bob")[0]}
    assert grades["scored"] == (2.5, None, False)
    assert grades["failed"] == (0, None, False)
    assert grades["given"] == (1, 0.5, True)
    assert grades["essay"] == (None, None, True)
    assert grades["blank"] == (0, None, False)
    assert ("untouched", "No response.", "Why not?") in rows(url, "bob")[1]
    assert len(commits) <= 3  # two of them are nbgrader's, when it opens the gradebook


def test_whoever_handed_in_nothing_is_named(url, handed_in):
    with pytest.raises(MissingEntry, match="eve"):
        SaveGrades().preprocess(handed_in, resources(url, "eve"))
