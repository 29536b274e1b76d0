"""A small class that has handed in week 1, graded by the commands an instructor types."""

from pathlib import Path

from nbgrader.api import Gradebook
from ready_run import nbgrader
from repository import ROOT

from autograder import demo
from autograder.simulated import make_class

STUDENTS = {
    "ada_perfect": ("Ada", "Perfect"),
    "cho_blank": ("Cho", "Blank"),
    "dev_global_mean": ("Dev", "Global-Mean"),
}


def graded_course(folder: Path) -> Path:
    """Make the course folder: released, submitted by three students, graded, with feedback."""
    demo.set_up(ROOT, folder)
    name = f"{demo.ASSIGNMENT}/{demo.ASSIGNMENT}.ipynb"
    done = nbgrader(folder, "generate_assignment", demo.ASSIGNMENT)
    demo.must_work("generate_assignment", done)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "autoencoders_embeddings") as gradebook:
        for student, (first, last) in STUDENTS.items():
            gradebook.update_or_create_student(student, first_name=first, last_name=last)
    files = make_class(folder / "notebooks" / name, folder / "solutions" / name)
    demo.submit(folder, {student: files[student] for student in STUDENTS})
    demo.must_work("autograde", nbgrader(folder, "autograde", demo.ASSIGNMENT))
    demo.must_work("feedback", nbgrader(folder, "generate_feedback", demo.ASSIGNMENT))
    return folder
