"""nbgrader's autograde converter, given clean copies of submissions and a list of pending ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_ignored, rmtree, setenv
from psutil import pid_exists
from tqdm import tqdm

from autograder.hall.executors.choice import choose_executor
from autograder.plugin.extensions import read_extensions, settle
from autograder.plugin.intake import TIMESTAMP, make_way, stage, stage_timestamp
from autograder.plugin.job import JobFactory
from autograder.plugin.late import settle_penalties
from autograder.plugin.nbgrader_internals import gradebook_kept_open
from autograder.plugin.one_at_a_time import one_run
from autograder.plugin.pending import FOLDER, Pending
from autograder.plugin.prefetch import Prefetcher
from autograder.plugin.reading.files import irregular
from autograder.plugin.regrading.exchange import finish_interrupted
from autograder.plugin.regrading.places import Places
from autograder.plugin.releases import Release, read_release

Sanitised = tuple[NotebookNode, dict[str, Any]]  # and nbgrader's names of the conversion
RUN = f"run-{socket.gethostname()}-"  # several machines may grade in one shared folder


class ExamAutograde(Autograde):
    """nbgrader's own loop over submissions; what it reads is staged first.

    nbgrader has no setting for its converter: see `nbgrader_internals.take_over`.
    """

    assignments: dict[str, list[str]]

    def graded_folder(self, assignment_id: str, student_id: str) -> Path:
        """Return nbgrader's folder for a student's graded submission.

        Args:
            assignment_id: the assignment's name.
            student_id: the student's name in nbgrader.
        """
        return Path(self._format_dest(assignment_id, student_id))

    @property
    def _input_directory(self) -> str:
        if not self._sanitizing:  # the second look at a submission is at nbgrader's own copy
            return super()._input_directory
        return f"{self.coursedir.autograded_directory}/{FOLDER}/{RUN}{os.getpid()}/submitted"

    @property
    def run_folder(self) -> Path:
        """The folder of this run's temporary files."""
        return self.hall_folder / f"{RUN}{os.getpid()}"

    @property
    def hall_folder(self) -> Path:
        """The folder of what the exam hall keeps."""
        autograded = self.coursedir.autograded_directory
        return Path(self.coursedir.format_path(autograded, ".", ".")) / FOLDER

    def _submitted(self, assignment_id: str, student_id: str) -> Path:
        folder = self.coursedir.submitted_directory
        return Path(self.coursedir.format_path(folder, student_id, assignment_id))

    def release(self, assignment_id: str, notebook: str) -> Release:
        """Return what was released; the gradebook is asked once in a run of grading.

        Args:
            assignment_id: the assignment's name.
            notebook: the notebook's name.

        Raises:
            MissingEntry: there is no such notebook in the gradebook.
        """
        key = assignment_id, notebook
        if key not in self.releases:
            course = self.coursedir
            folders = (course.release_directory, course.source_directory)
            places = [Path(course.format_path(folder, ".", assignment_id)) for folder in folders]
            with Gradebook(course.db_url) as gradebook:
                entry = gradebook.find_notebook(notebook, assignment_id)
                released, source = (place / f"{notebook}.ipynb" for place in places)
                self.releases[key] = read_release(entry, released, source)
        return self.releases[key]

    def convert_notebooks(self) -> None:
        """Grade every submission, one run at a time.

        Raises:
            NbGraderException: a submission could not be graded, or the list of extensions or the
                record of an interrupted run cannot be read.
        """
        course = self.coursedir
        with one_run(self.hall_folder, course.assignment_id, self.log) as self.note_progress:
            try:
                places = Places(course, course.assignment_id, course.autograded_directory)
                finish_interrupted(places, self.log)
                known = read_extensions(Path(course.root))
            except ValueError as problem:
                self.log.error("%s", problem)
                raise NbGraderException(str(problem)) from problem
            self.extensions = [e for e in known if e.assignment == course.assignment_id]
            self._convert_notebooks()

    def _convert_notebooks(self) -> None:
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
            matched = pattern.match(source)
            assert matched is not None, f"nbgrader found {source} by this pattern"
            names = matched.groupdict()
            staged = self._format_source(names["assignment_id"], names["student_id"])
            found[staged] = [str(Path(staged, Path(n).name)) for n in notebooks]
        self.assignments = found
        self.graded: list[str] = []
        self.releases: dict[tuple[str, str], Release] = {}
        self._clear_killed_runs()
        self.run_folder.mkdir(parents=True, exist_ok=True)
        settings = self.exporter.settings
        markers = ClearHiddenTests(parent=self)
        hidden = markers.begin_test_delimeter, markers.end_test_delimeter
        self.prefetcher = Prefetcher(
            choose_executor(settings, self.log),
            JobFactory(settings, self.coursedir, hidden),
            self.run_folder,
        )
        pattern = re.compile(
            self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        )
        self.waiting = [_names(pattern, source) for source in sorted(self.assignments)]
        self.begun: set[tuple[str, str]] = set()
        self.sanitised: dict[str, Sanitised] = {}  # by path, ahead of their turn
        self.bar = tqdm(total=len(self.waiting), desc="grading", unit="student", disable=None)
        begun = time.monotonic()
        try:
            with gradebook_kept_open():
                self._settle_dates()
                super().convert_notebooks()  # nbgrader's own loop
        finally:
            bookkeeping = time.monotonic() - begun - self.prefetcher.waited
            self.bar.close()
            self.prefetcher.close()
            shutil.rmtree(self.run_folder, ignore_errors=True)
            count = len(self.graded)
            spent = {**self.prefetcher.seconds, "bookkeeping": bookkeeping}
            spent = {what: round(seconds, 2) for what, seconds in spent.items()}
            self.log.info("Exam hall: seconds, of all workers together: %s", json.dumps(spent))
            if self.exporter.settings.protected:
                self.log.info("Exam hall: %d submissions graded in this run", count)
            else:
                self.log.warning("%d submissions graded in this run WITHOUT a sandbox", count)

    def _clear_killed_runs(self) -> None:
        """Remove what runs left that were killed."""
        for folder in self.hall_folder.glob("run-*"):
            ours = folder.name.startswith(RUN) or folder.name.count("-") == 1  # before 0.3.0
            number = folder.name.rpartition("-")[2]
            dead = not number.isdigit() or not pid_exists(int(number))
            if ours and (dead or int(number) == os.getpid()):
                shutil.rmtree(folder, ignore_errors=True)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Take up what an interrupted run left, stage the submission and note that it is begun.

        Args:
            assignment_id: the assignment's name.
            student_id: the student's name in nbgrader.

        Returns:
            Whether the submission is to be graded now.
        """
        if self.waiting and self.waiting[0] == (assignment_id, student_id):
            self.waiting.pop(0)
        self.bar.update()
        self.note_progress(self.bar.n, self.bar.total)
        self.bar.set_postfix_str(self._progress())
        graded = self.graded_folder(assignment_id, student_id)
        pending = Pending(self.hall_folder, assignment_id)
        if graded.exists() and pending.interrupted(student_id, graded):
            self.log.warning("%s was interrupted while it was graded; once more", graded)
            rmtree(str(graded))
        if not self.force and self._has_its_time(assignment_id, student_id, graded):
            self.log.info("Skipping existing assignment: %s", graded)  # nbgrader's words
            return False
        self._stage_timestamp(assignment_id, student_id)
        if not super().init_destination(assignment_id, student_id):
            return False
        pending.begin(student_id)
        self._stage(assignment_id, student_id, self.notebooks)
        self._prefetch()
        return True

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Make nbgrader's entries for a submission.

        Args:
            assignment_id: the assignment's name.
            student_id: the student's name in nbgrader.
        """
        self._extend(assignment_id, student_id)
        # nbgrader looks whether every notebook was submitted, by its name: staged, every one was.
        submitted, self.coursedir.submitted_directory = (
            self.coursedir.submitted_directory,
            self._input_directory,
        )
        try:
            super().init_assignment(assignment_id, student_id)
        finally:
            self.coursedir.submitted_directory = submitted

    def _settle_dates(self) -> None:
        """Let extensions and penalties follow the due date, also of who was graded before."""
        course = self.coursedir
        excluded = course.student_id_exclude.split(",")
        students = {student for _, student in self.waiting if student not in excluded}
        with Gradebook(course.db_url) as gradebook:
            settle(gradebook, (e for e in self.extensions if e.student in students))
        settle_penalties(self.exporter, course, students, self.log)

    def _extend(self, assignment_id: str, student_id: str) -> None:
        """Give a student who hands in for the first time a row with the extension, if any."""
        found = [e for e in self.extensions if e.student == student_id]
        if not found:
            return
        with Gradebook(self.coursedir.db_url) as gradebook, suppress(MissingEntry):
            gradebook.update_or_create_submission(assignment_id, student_id)
            settle(gradebook, found)

    def _progress(self) -> str:
        """Return what stands beside the bar."""
        text = f"{len(self.graded)} graded, {self.prefetcher.under_way()} running"
        return text + (
            f", {self.prefetcher.troubled} with trouble" if self.prefetcher.troubled else ""
        )

    def _has_its_time(self, assignment_id: str, student_id: str, graded: Path) -> bool:
        """Tell whether what is graded bears the very time of the submission: nothing is new then.

        Most of a class, in most runs: nbgrader parses both times, and one is staged first.
        """
        submitted = self._submitted(assignment_id, student_id) / TIMESTAMP
        if self.coursedir.notebook_id != "*":
            return False
        try:
            if irregular(submitted):
                return False
            return submitted.read_bytes() == (graded / TIMESTAMP).read_bytes()
        except OSError:  # one of them has none
            return False

    def _stage_timestamp(self, assignment_id: str, student_id: str) -> None:
        staged = Path(self._format_source(assignment_id, student_id))
        if not (staged / TIMESTAMP).exists():
            for note in stage_timestamp(self._submitted(assignment_id, student_id), staged):
                self.log.warning("%s", note)

    def _stage(self, assignment_id: str, student_id: str, notebooks: list[str]) -> None:
        staged = Path(self._format_source(assignment_id, student_id))
        names = [Path(n).name for n in notebooks]
        if all((staged / name).exists() for name in names):
            return
        releases = {}
        for name in names:
            with suppress(MissingEntry):  # nbgrader says so
                releases[name] = self.release(assignment_id, Path(name).stem)
        for note in stage(self._submitted(assignment_id, student_id), staged, releases):
            self.log.warning("%s: %s", student_id, note)
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id)
        make_way(staged, Path(source))

    def _prefetch(self) -> None:
        """Begin with the next submissions, so that every worker has something to do."""
        for assignment_id, student_id in self.waiting[: 2 * self.prefetcher.executor.workers]:
            staged = self._format_source(assignment_id, student_id)
            graded = self.graded_folder(assignment_id, student_id)
            pending = Pending(self.hall_folder, assignment_id)
            begun = (assignment_id, student_id) in self.begun
            done = graded.exists() and not pending.interrupted(student_id, graded)
            excluded = student_id in self.coursedir.student_id_exclude.split(",")
            if begun or excluded or (done and not self.force):
                continue
            notebooks = self.assignments[staged]
            try:
                self._stage_timestamp(assignment_id, student_id)
                self._stage(assignment_id, student_id, notebooks)
                self.begun.add((assignment_id, student_id))
                for notebook in notebooks:
                    self._start(notebook, Path(staged), assignment_id)
            except Exception as error:  # whatever it is, nbgrader's own loop meets it again
                self.log.debug("Not begun ahead: %s: %s", notebook, error)

    def _start(self, notebook: str, staged: Path, assignment_id: str) -> None:
        """Sanitise a staged notebook as nbgrader will, and begin with it."""
        nb, resources = self.sanitised[notebook] = self._sanitise(notebook)
        files = self.run_folder / "files" / staged.parent.name / staged.name
        ignore = shutil.ignore_patterns("*.ipynb", TIMESTAMP)
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id)
        for folder in (staged, Path(source)):  # the instructor's files come on top, as later
            if folder.is_dir():
                skip = _both(ignore, self._ignored)
                shutil.copytree(folder, files, ignore=skip, dirs_exist_ok=True)
        self.prefetcher.start(nb, resources["nbgrader"], files)

    def _sanitise(self, notebook: str) -> Sanitised:
        """Return a staged notebook after the preprocessors that make it fit to be graded."""
        self._sanitizing = True
        self._init_preprocessors()
        resources = self.init_single_notebook_resources(notebook)
        # The intake wrote this file, in nbformat's present version: no schema has to be asked.
        nb = nbformat.from_dict(json.loads(Path(notebook).read_bytes()))
        return self.exporter.run_preprocessors(nb, resources)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Sanitise, grade and save a notebook.

        nbgrader saves it twice, and reads in between what it has just written.

        Args:
            notebook_filename: path of the staged notebook.
        """
        self.log.info("Grading %s", notebook_filename)
        known = self.sanitised.pop(notebook_filename, None)
        nb, resources = known or self._sanitise(notebook_filename)
        try:
            self._sanitizing = False
            self._init_preprocessors()
            with setenv(NBGRADER_EXECUTION="autograde"):
                nb, resources = self.exporter.run_preprocessors(nb, resources)
            text = nbformat.v4.writes(nb) + "\n"
            self.write_single_notebook(text, {**resources, "output_extension": ".ipynb"})
        finally:
            self._sanitizing = True

    def _ignored(self, folder: str, names: list[str]) -> set[str]:
        return {n for n in names if is_ignored(os.path.join(folder, n), self.coursedir.ignore)}

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Close a submission's folder: nbgrader's last step for a student.

        Args:
            assignment_id: the assignment's name.
            student_id: the student's name in nbgrader.
        """
        super().set_permissions(assignment_id, student_id)
        self.graded.append(student_id)
        shutil.rmtree(self._format_source(assignment_id, student_id))
        shutil.rmtree(self.run_folder / "files" / student_id, ignore_errors=True)


def _names(pattern: re.Pattern[str], staged: str) -> tuple[str, str]:
    """Return the names of assignment and student in the path of a staged submission."""
    matched = pattern.match(staged)
    assert matched is not None, f"{staged} was made by this pattern"
    names = matched.groupdict()
    return names["assignment_id"], names["student_id"]


Ignore = Callable[[str, list[str]], set[str]]


def _both(one: Ignore, other: Ignore) -> Ignore:
    return lambda folder, names: one(folder, names) | other(folder, names)
