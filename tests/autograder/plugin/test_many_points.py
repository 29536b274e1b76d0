"""Points for pages and for the table of grades are nbgrader's own, asked for all at once."""

from datetime import datetime

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import GetGrades
from tiny_course import about

from autograder.plugin.export import CsvAtOnce
from autograder.plugin.grades import GetAllGrades

# nbgrader's own add_submission makes SQLAlchemy warn of a row that it has not added yet.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")

STUDENTS = ("ann", "ben", "cho", "dev")


def cell(grade_id, *, task=False, both=False, **more):
    """Return a graded cell."""
    found = about(grade_id, **more)
    found["nbgrader"] |= {"task": task, "solution": both or found["nbgrader"]["solution"]}
    make = new_markdown_cell if task or both else new_code_cell
    return make("x", metadata=found)


def notebook():
    """Return a notebook with every kind of cell."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Text"),
            cell("answer", solution=True),
            cell("test", points=2),
            cell("essay", both=True, points=3),
            cell("task", task=True, points=4),
        ]
    )


@pytest.fixture
def url(tmp_path):
    """The address of a gradebook: late work, extra points, points and comments by hand."""
    address = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(address) as book:
        for assignment in ("ps", "later"):
            book.add_assignment(assignment, duedate=datetime(2026, 3, 3))
            book.add_notebook("nb", assignment)
            book.add_grade_cell("test", "nb", assignment, max_score=2, cell_type="code")
            book.add_grade_cell("essay", "nb", assignment, max_score=3, cell_type="markdown")
            book.add_solution_cell("essay", "nb", assignment)
            book.add_solution_cell("answer", "nb", assignment)
            book.add_task_cell("task", "nb", assignment, max_score=4, cell_type="markdown")
        for place, student in enumerate(STUDENTS):
            book.add_student(student, last_name=f"L, {place}" if place else None)
            if student == "dev":
                continue
            submission = book.add_submission("ps", student, timestamp=datetime(2026, 3, 1 + place))
            pages = submission.notebooks[0]
            pages.late_submission_penalty = [None, 0.5, 0.0][place]
            for grade in pages.grades:
                grade.auto_score = [None, 0.1, 0.7][place]
                grade.manual_score = 1.3 if place and grade.name == "essay" else None
                grade.extra_credit = 0.2 if place == 2 else None
            for comment in pages.comments:
                comment.auto_comment = "No response." if place else None
                comment.manual_comment = "well" if comment.name == "answer" and place else None
        book.db.commit()
    return address


class Quick(GetAllGrades):
    """Ours, in a run that has as many students as it is told."""

    count = 3

    @property
    def alone(self):
        """Whether one page is made."""
        return self.count == 1


@pytest.mark.parametrize("count", [1, 3])
def test_notebooks_get_what_nbgrader_gives_them(url, count):
    quick = Quick()
    quick.count = count
    for student in ("ann", "ben", "cho"):
        found = []
        for preprocessor in (quick, GetGrades()):
            names = {"student": student, "assignment": "ps", "notebook": "nb", "db_url": url}
            nb, resources = preprocessor.preprocess(notebook(), {"nbgrader": names})
            found.append(([c.metadata for c in nb.cells], resources["nbgrader"]))
        for _, numbers in found:  # the order of a sum changes its last digit
            numbers["score"] = round(numbers["score"], 12)
        assert found[0][0] == found[1][0]
        assert found[0][1] == found[1][1]
    assert found[0][1]["score"] == pytest.approx(0.7 + 1.3 + 0.7 + 3 * 0.2)


def test_whoever_is_not_in_the_gradebook_is_named_as_nbgrader_does(url):
    names = {"student": "dev", "assignment": "ps", "notebook": "nb", "db_url": url}
    with pytest.raises(MissingEntry, match="dev"):
        Quick().preprocess(notebook(), {"nbgrader": names})


@pytest.mark.parametrize("chosen", [{}, {"student": ["ben", "dev"]}, {"assignment": ["ps"]}])
def test_the_table_of_grades_is_nbgraders_to_the_byte(url, tmp_path, chosen):
    texts = []
    for kind in (CsvExportPlugin, CsvAtOnce):
        path = tmp_path / f"{kind.__name__}.csv"
        with Gradebook(url) as book:
            kind(to=str(path), **chosen).export(book)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]
    assert b"ben" in texts[0]
