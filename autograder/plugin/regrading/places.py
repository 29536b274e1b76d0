"""Where a course keeps what grading made of one assignment."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from autograder.plugin.pending import FOLDER, Pending


@dataclass(frozen=True)
class Places:
    """The folders of one assignment.

    Attributes:
        course: nbgrader's folders.
        assignment: the assignment's name.
        graded_step: nbgrader's folder of graded submissions, which may be one beside the course's.
    """

    course: CourseDirectory
    assignment: str
    graded_step: str

    @property
    def root(self) -> Path:
        """The course's top folder."""
        return Path(self.course.root)

    @property
    def hall(self) -> Path:
        """The folder of what the exam hall keeps."""
        return Path(self.course.format_path(self.graded_step, ".", ".")) / FOLDER

    def submitted(self, student: str) -> Path:
        """Return a student's submission.

        Args:
            student: the id.
        """
        step = self.course.submitted_directory
        return Path(self.course.format_path(step, student, self.assignment))

    def who_submitted(self) -> list[str]:
        """Return the students in whose folders a submission lies."""
        step, assignment = self.course.submitted_directory, self.assignment
        pattern = self.course.format_path(
            step, "(?P<student>.*)", re.escape(assignment), escape=True
        )
        found = (
            re.fullmatch(pattern, path)
            for path in glob.glob(self.course.format_path(step, "*", assignment))
        )
        return sorted(matched["student"] for matched in found if matched)

    def graded(self, student: str) -> Path:
        """Return a student's graded submission.

        Args:
            student: the id.
        """
        return Path(self.course.format_path(self.graded_step, student, self.assignment))

    def journal(self, student: str) -> Path:
        """Return the file that says which grading of a student's was the last one begun.

        Args:
            student: the id.
        """
        return Pending(self.hall, self.assignment).folder / f"{student}.json"


def fingerprint(folder: Path) -> str:
    """Return a hash of all names, modes and contents below a folder.

    Args:
        folder: it need not exist.
    """
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        about = f"{path.relative_to(folder).as_posix()}\0{path.lstat().st_mode}\0"
        found.update(os.fsencode(about))
        if path.is_symlink():
            found.update(os.fsencode(os.readlink(path)))
        elif path.is_file():
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
