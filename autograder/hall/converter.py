"""nbgrader's autograde converter, given clean copies of submissions and a journal."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from nbgrader.converters import Autograde
from nbgrader.utils import rmtree
from psutil import pid_exists

from autograder.hall.journal import FOLDER, Journal
from autograder.hall.staging import make_way, stage, stage_timestamp

RUN = "run-"


class ExamAutograde(Autograde):
    """nbgrader's own loop over submissions; what it reads is staged first.

    nbgrader has no setting for its converter. The exporter, which is configurable and made just
    before the loop, turns the running converter into this class.
    """

    @property
    def _input_directory(self) -> str:
        if not self._sanitizing:  # the second look at a submission is at nbgrader's own copy
            return super()._input_directory
        return f"{self.coursedir.autograded_directory}/{FOLDER}/{RUN}{os.getpid()}/submitted"

    @property
    def run_folder(self) -> Path:
        """The folder of this run's temporary files."""
        return self._hall_folder() / f"{RUN}{os.getpid()}"

    def _hall_folder(self) -> Path:
        autograded = self.coursedir.autograded_directory
        return Path(self.coursedir.format_path(autograded, ".", ".")) / FOLDER

    def _submitted(self, assignment_id: str, student_id: str) -> Path:
        folder = self.coursedir.submitted_directory
        return Path(self.coursedir.format_path(folder, student_id, assignment_id))

    def convert_notebooks(self) -> None:
        """Grade every submission; say in the end how it went."""
        pattern = re.compile(
            self.coursedir.format_path(
                self.coursedir.submitted_directory,
                "(?P<student_id>.*)",
                "(?P<assignment_id>.*)",
                escape=True,
            )
        )
        found = {}
        for source, notebooks in self.assignments.items():
            names = pattern.match(source).groupdict()
            staged = self._format_source(names["assignment_id"], names["student_id"])
            found[staged] = [str(Path(staged, Path(n).name)) for n in notebooks]
        self.assignments = found
        self.graded: list[str] = []
        self._clear_killed_runs()
        self.run_folder.mkdir(parents=True, exist_ok=True)
        try:
            super().convert_notebooks()
        finally:
            shutil.rmtree(self.run_folder, ignore_errors=True)
            count = len(self.graded)
            if self.exporter.protected:
                self.log.info("Exam hall: %d submissions graded in this run", count)
            else:
                self.log.warning("%d submissions graded in this run WITHOUT a sandbox", count)

    def _clear_killed_runs(self) -> None:
        """Remove what runs left that were killed."""
        for folder in self._hall_folder().glob(f"{RUN}*"):
            number = folder.name.removeprefix(RUN)
            if not number.isdigit() or int(number) == os.getpid() or not pid_exists(int(number)):
                shutil.rmtree(folder, ignore_errors=True)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Take up what an interrupted run left, stage the submission and note that it is begun."""
        submitted = self._submitted(assignment_id, student_id)
        staged = Path(self._format_source(assignment_id, student_id))
        graded = Path(self._format_dest(assignment_id, student_id))
        journal = Journal(self._hall_folder(), assignment_id)
        if graded.exists() and journal.interrupted(student_id, graded):
            self.log.warning("%s was interrupted while it was graded; once more", graded)
            rmtree(str(graded))
        notes = stage_timestamp(submitted, staged)
        if not super().init_destination(assignment_id, student_id):
            return False
        journal.begin(student_id)
        notes += stage(submitted, staged, [Path(n).name for n in self.notebooks])
        for note in notes:
            self.log.warning("%s", note)
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id)
        make_way(staged, Path(source))
        return True

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Close a submission's folder: nbgrader's last step for a student."""
        super().set_permissions(assignment_id, student_id)
        self.graded.append(student_id)
        shutil.rmtree(self._format_source(assignment_id, student_id))
