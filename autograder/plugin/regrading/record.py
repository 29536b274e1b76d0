"""What one grading again changed, as a file: ``regrades/TIME-ASSIGNMENT.json``.

Beside it lies a folder of the same name with the files that were replaced. The record names no
path, only students; where their files are follows from the course.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = "regrades"
COLUMNS = {
    "grade": ("auto_score", "needs_manual_grade"),
    "comment": ("auto_comment",),
    "submitted_notebook": ("late_submission_penalty",),
}
"""What grading writes into the gradebook, by table. What is given by hand is in other columns."""

APPLYING, APPLIED, UNDOING, UNDONE = "applying", "applied", "undoing", "undone"


@dataclass(frozen=True)
class Row:
    """A value of the gradebook before and after: a table's row, by its id, and a column."""

    table: str
    id: str
    column: str
    old: Any
    new: Any

    def __post_init__(self) -> None:
        if self.column not in COLUMNS.get(self.table, ()):
            raise ValueError(f"grading does not write {self.table}.{self.column}")


@dataclass(frozen=True)
class CriterionChange:
    """A criterion of an exercise that came out otherwise; points are None where there was none."""

    exercise: str
    criterion: str
    old_points: float | None
    new_points: float | None
    old_message: str
    new_message: str


@dataclass
class Change:
    """All that changes for one student.

    Attributes:
        student: the id.
        old_score: points after penalties, before.
        new_score: the same, now.
        rows: of the gradebook.
        criteria: what came out otherwise.
        notes: sentences for the instructor.
        had_journal: whether the plug-in had noted this grading as begun.
        old_files: fingerprint of the graded folder.
        new_files: of the folder that replaces it.
    """

    student: str
    old_score: float
    new_score: float
    rows: list[Row] = field(default_factory=list)
    criteria: list[CriterionChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    had_journal: bool = True
    old_files: str = ""
    new_files: str = ""

    def __post_init__(self) -> None:
        if self.student in ("", ".", "..") or Path(self.student).name != self.student:
            raise ValueError(f"{self.student!r} is no student's id")


@dataclass
class Record:
    """What one grading again changed, and how far it is."""

    path: Path
    assignment: str
    made: str
    state: str
    changes: list[Change]

    @property
    def files(self) -> Path:
        """The folder of the replaced files."""
        return self.path.with_suffix("")

    def save(self) -> None:
        """Write the record, so that a crash leaves the former one or this one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = asdict(self)
        del data["path"]
        new = self.path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, ensure_ascii=True)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def forget(self) -> None:
        """Remove the record and its files."""
        shutil.rmtree(self.files, ignore_errors=True)
        self.path.unlink(missing_ok=True)


def new_record(root: Path, assignment: str, changes: list[Change]) -> Record:
    """Return a record that is not written yet, under a name of its own.

    Args:
        root: the course's top folder.
        assignment: the assignment's name.
        changes: what will be done.
    """
    made = datetime.now(UTC)
    stem = f"{made:%Y-%m-%dT%H-%M-%S}-{made.microsecond:06}-{assignment}"
    path = root / FOLDER / f"{stem}.json"
    return Record(path, assignment, made.isoformat(timespec="seconds"), APPLYING, changes)


def read_record(path: Path, root: Path) -> Record:
    """Read a record of this course.

    Args:
        path: the file.
        root: the course's top folder.

    Raises:
        ValueError: it is no record, or lies elsewhere, where its files would be missing.
    """
    folder = root / FOLDER
    if path.resolve().parent != folder.resolve() or not path.is_file():
        known = sorted(p.name for p in folder.glob("*.json"))
        raise ValueError(
            f"{path} is no record of this course. Expected: a file in {folder}"
            f"{', such as ' + known[-1] if known else ', where there is none yet'}."
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        changes = [
            Change(
                **{
                    **one,
                    "rows": [Row(**row) for row in one["rows"]],
                    "criteria": [CriterionChange(**c) for c in one["criteria"]],
                }
            )
            for one in data["changes"]
        ]
        # The file's own name is where its files are, whatever is written in it.
        return Record(folder / path.name, data["assignment"], data["made"], data["state"], changes)
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError(
            f"{path} cannot be read ({problem}). Expected: a record as `python -m autograder "
            "regrade` wrote it, not edited."
        ) from None


def unfinished(root: Path, assignment: str) -> Iterator[Record]:
    """Yield the records of an assignment whose run was killed halfway.

    Args:
        root: the course's top folder.
        assignment: the assignment's name.
    """
    for path in sorted((root / FOLDER).glob("*.json")):
        if f'"assignment": {json.dumps(assignment)}' not in path.read_text(encoding="utf-8"):
            continue
        record = read_record(path, root)
        if record.assignment == assignment and record.state in (APPLYING, UNDOING):
            yield record
