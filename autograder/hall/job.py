"""A grading job: all that is needed to grade one submission, and what comes out of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.report import Report


@dataclass(frozen=True)
class Cell:
    """A code cell of a submission.

    Attributes:
        source: what runs in the pass that is shown; of a test, its visible part.
        kind: "student", "test" or "leave" (not run).
        grade_id: of a test, its name.
        points: of a test, what it is worth.
        test: of a test, the whole cell with its hidden regions.
    """

    source: str
    kind: str
    grade_id: str = ""
    points: float = 0.0
    test: str = ""

    @property
    def exercise(self) -> str:
        """Name of the exercise that a test is about."""
        return self.grade_id.removeprefix("test-")


@dataclass(frozen=True)
class GradingJob:
    """All that is needed to grade one submission; it knows no course folder and no database.

    Attributes:
        assignment: the assignment's name.
        cells: the submission's cells, in order.
        released: code cells of the release, as :class:`trusted_names.ReleasedCell` takes them.
        mounts: what the student's process finds in the sandbox.
        limits: what it may use.
        protected: whether it runs in a sandbox.
        support: folder with trusted files that tests may read.
        hidden: how the lines around a hidden region are recognised.
        scratch: where temporary files go.
        warm: modules worth importing before the first student.
    """

    cells: tuple[Cell, ...]
    released: tuple[dict, ...] = ()
    assignment: str = ""
    mounts: Mounts = field(default_factory=Mounts)
    limits: Limits = field(default_factory=Limits)
    protected: bool = True
    support: Path | None = None
    hidden: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scratch: Path | None = None
    warm: tuple[str, ...] = ()


@dataclass
class GradingResult:
    """What came out of grading one submission.

    Attributes:
        outputs: what each cell showed, by cell index, in nbformat's form.
        reports: what each test found, by grade_id.
        skipped_cells: cells that had to be left out, by cell index, and why.
        trouble: what the instructor should know.
        switches: settings of the whole process that the notebook had left switched.
        seconds: time by the clock for "start", "imports", "cells" (the student's, in both passes),
            "functions" (the student's, called by tests), "messages" (tests wait for the student's
            process, which does something else than work) and "tests" (the rest of them).
    """

    outputs: dict[int, list] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    skipped_cells: dict[int, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
