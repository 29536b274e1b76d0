"""Submissions into nbgrader's folders: each appears complete, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from autograder.collecting.archives import Refused
from autograder.collecting.plan import Plan
from autograder.collecting.submission import Submission
from autograder.plugin.intake import TIMESTAMP
from autograder.plugin.timestamps import write_time

RECORDS = ".collected"


def write_plan(plan: Plan, destination: Callable[[str], Path], workshop: Path) -> list[Submission]:
    """Write every submission that has an owner and whose place is free.

    A submission is put together beside its place and moved there in one step. One that cannot be
    read is taken back into the plan as not collected; what was there before stays.

    Args:
        plan: what was decided.
        destination: the folder of a student's submission, by id.
        workshop: a folder for half-done work, on the same disk; it is removed in the end.

    Returns:
        What was written.
    """
    written = []
    try:
        for submission in plan.submissions:
            if submission.person is None or submission.why_not or submission.kept:
                continue
            try:
                _write(submission, destination(submission.person.id), workshop)
                written.append(submission)
            except (Refused, OSError) as problem:
                submission.why_not = f"could not be written: {problem}"
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return written


def _write(submission: Submission, folder: Path, workshop: Path) -> None:
    new, old = workshop / "new", workshop / "old"
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    for file, piece in submission.files.items():
        (new / file).parent.mkdir(parents=True, exist_ok=True)
        piece.entry.copy_to(new / file)
    if submission.time:
        (new / TIMESTAMP).write_text(write_time(submission.time), encoding="utf-8")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        os.replace(folder, old)
    try:
        os.replace(new, folder)
    except BaseException:  # also when it is interrupted just here
        if old.exists():
            os.replace(old, folder)
        raise


def record(path: Path, platform: str, written: list[Submission]) -> None:
    """Note where each submission came from, which its feedback page needs to go back.

    Args:
        path: the assignment's record; what it tells of other students stays.
        platform: the platform's name.
        written: what was written now.
    """
    students = read_record(path)
    for submission in written:
        assert submission.person is not None, "only what has an owner is written"
        students[submission.person.id] = {
            "platform": platform,
            "name": submission.name,
            "place": submission.place,
            "files": {str(f): str(p.entry.path) for f, p in submission.files.items()},
            "time": write_time(submission.time) if submission.time else None,
            "time from": submission.time_source or None,
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    text = json.dumps(students, indent=1, ensure_ascii=True, sort_keys=True)
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def read_record(path: Path) -> dict[str, dict]:
    """Return what collecting noted of an assignment, by student.

    Args:
        path: the assignment's record.

    Raises:
        ValueError: it is damaged.
    """
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as damage:
        raise ValueError(
            f"{path} is damaged ({damage}). Remove it and collect once more; --return then takes "
            "the places from there."
        ) from damage
