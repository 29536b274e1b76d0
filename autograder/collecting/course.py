"""The nbgrader course in the current folder: its paths, its notebooks, its people."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

from autograder.collecting.roster import Person, Roster

CONFIG = "nbgrader_config.py"


@dataclass(frozen=True)
class Course:
    """Where nbgrader keeps an assignment."""

    directory: CourseDirectory
    assignment: str

    def submitted(self, student: str) -> Path:
        """Return the folder of a student's submission.

        Args:
            student: the id.
        """
        return self._path(self.directory.submitted_directory, student)

    def feedback(self, student: str) -> Path:
        """Return the folder of a student's feedback pages.

        Args:
            student: the id.
        """
        return self._path(self.directory.feedback_directory, student)

    @property
    def submissions(self) -> Path:
        """The folder of everybody's submissions."""
        return Path(self.directory.root, self.directory.submitted_directory)

    def _path(self, step: str, student: str) -> Path:
        return Path(self.directory.format_path(step, student, self.assignment))

    def notebooks(self) -> list[str]:
        """Return the file names of the assignment's notebooks.

        Raises:
            ValueError: there is no such assignment.
        """
        steps = (self.directory.release_directory, self.directory.source_directory)
        for step in steps:
            found = sorted(path.name for path in self._path(step, ".").glob("*.ipynb"))
            if found:
                return found
        around = {p.parent.name for s in steps for p in self._path(s, ".").parent.glob("*/*.ipynb")}
        raise ValueError(
            f'There is no assignment "{self.assignment}" in {self.directory.root}. Expected: '
            f"{', '.join(sorted(around)) or 'an assignment that was released'}. The archive comes "
            "first, the assignment second."
        )

    def roster(self) -> Roster | None:
        """Return the gradebook's students, or None if it has none."""
        url = self.directory.db_url
        file = url.removeprefix("sqlite:///")
        if url != file and not Path(file).exists():  # opening it would make it
            return None
        with warnings.catch_warnings(), Gradebook(url) as gradebook:
            warnings.simplefilter("ignore")  # SQLAlchemy's
            people = [
                Person(s.id, s.first_name or "", s.last_name or "", s.email or "")
                for s in gradebook.students
            ]
        return Roster(people, f"the gradebook, {url}") if people else None


def find_course(assignment: str) -> Course:
    """Return the course in the current folder, as nbgrader's own commands find it.

    Args:
        assignment: the assignment's name.

    Raises:
        ValueError: there is no course here.
    """
    if not Path(CONFIG).exists():
        raise ValueError(
            f"{Path.cwd()} has no {CONFIG}. Expected: the course's top folder; go there and try "
            "again."
        )
    app = NbGrader()
    app.load_config_file()
    return Course(CourseDirectory(parent=app), assignment)
