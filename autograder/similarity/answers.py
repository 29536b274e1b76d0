"""The answers of a class, exercise by exercise, and what is subtracted from them.

An answer is read from the graded notebook, where grading has put every cell in its place; of a
submission that was not graded yet, from the file that grading would take.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory

from autograder.collecting.course import CONFIG, find_course
from autograder.exercises import bank
from autograder.plugin.definitions import defined_names
from autograder.plugin.matching import claim_cells
from autograder.plugin.reading.choice import Folder
from autograder.plugin.reading.decoding import Unreadable, parse
from autograder.plugin.reading.files import irregular
from autograder.plugin.releases import Ordinary, Release, claim_of
from autograder.units import unit_of


@dataclass
class Answers:
    """All answers to one exercise.

    Attributes:
        exercise: its grade_id.
        given: texts that are subtracted: released cells, the solution, the bank's right answers.
        known: the bank's wrong answers, which are known to be common.
        by: source by student.
    """

    exercise: str
    given: list[str]
    known: list[str] = field(default_factory=list)
    by: dict[str, str] = field(default_factory=dict)


def read_answers(course: Path, assignment: str) -> list[Answers]:
    """Return the programmed answers to an assignment, by exercise, in the notebook's order.

    Args:
        course: the course's folder; its ``nbgrader_config.py``, if there is one, says how the
            folders in it are called.
        assignment: its name.

    Returns:
        Answers that are still the stub are among them: nothing is left of those when what was
        released is subtracted. Submissions that cannot be read are not.

    Raises:
        ValueError: there is no such assignment here, or nobody handed anything in.
    """
    course = course.resolve()
    steps = _steps(course, assignment)
    solutions = _solutions(course / steps.source_directory, assignment)
    releases = _releases(course, steps, assignment, solutions)
    exercises = {
        name: Answers(name, _given(release, name, solutions))
        for release in releases.values()
        for name in release.answers
        if release.cells[name].cell_type == "code"
    }
    for name, right, wrong in _from_bank(assignment):
        if name in exercises:
            exercises[name].given += right
            exercises[name].known += wrong
    students = {
        folder.parent.name
        for step in (steps.autograded_directory, steps.submitted_directory)
        for folder in course.glob(f"{step}/*/{assignment}")
    }
    if not students:
        raise ValueError(
            f"nobody's answers to {assignment!r} were found as "
            f"{course}/{steps.autograded_directory}/STUDENT/{assignment} or "
            f".../{steps.submitted_directory}/STUDENT/{assignment}: collect them first, or name "
            "the course's folder"
        )
    for student in sorted(students):
        for name, source in _of_one(course, steps, assignment, student, releases):
            if name in exercises:
                exercises[name].by[student] = source
    return list(exercises.values())


def _steps(course: Path, assignment: str) -> CourseDirectory:
    """Return nbgrader's names of a course's folders."""
    if not (course / CONFIG).exists():
        return CourseDirectory(root=str(course))
    with contextlib.chdir(course):  # nbgrader reads the configuration where it stands
        return find_course(assignment).directory


def _solutions(source: Path, assignment: str) -> dict[str, str]:
    """Return the instructor's cells by name; none where the source lies elsewhere."""
    return {
        claim_of(cell): cell.source
        for path in sorted((source / assignment).glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
    }


def _releases(
    course: Path, steps: CourseDirectory, assignment: str, solutions: dict[str, str]
) -> dict[str, Release]:
    """Return what was released, by the notebooks' file names."""
    release, source = steps.release_directory, steps.source_directory
    for step in (release, source):
        found = {
            path.name: _as_release(path, solutions)
            for path in sorted((course / step / assignment).glob("*.ipynb"))
        }
        if found:
            return found
    around = sorted({p.name for s in (release, source) for p in course.glob(f"{s}/*")})
    raise ValueError(
        f"there is no assignment {assignment!r} in {course}/{release} or .../{source}. "
        f"Expected: {', '.join(around) or 'a course folder in which something was released'}"
    )


def _as_release(path: Path, solutions: dict[str, str]) -> Release:
    cells = nbformat.read(path, as_version=4).cells
    named = {claim_of(cell): cell for cell in cells if claim_of(cell)}
    ids = {cell.id: name for name, cell in named.items() if "id" in cell}
    texts = {name: cell.source for name, cell in named.items()}
    ordinary = [
        Ordinary(cell.get("id", ""), cell.source)
        for cell in cells
        if cell.cell_type == "code" and not claim_of(cell)
    ]
    solved = {name: defined_names(solutions.get(name, "")) for name in named}
    return Release(named, ids, texts, ordinary, solved)


def _given(release: Release, name: str, solutions: dict[str, str]) -> list[str]:
    """Return what everybody has of an exercise, and the instructor's own answer."""
    ordinary = [cell.source for cell in release.ordinary]
    return [release.cells[name].source, solutions.get(name, ""), *ordinary]


def _from_bank(assignment: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield exercise, right answers and wrong ones, if this is a week of the course."""
    unit = unit_of(assignment)
    if unit in bank.weeks():
        for name, exercise in bank.exercises(unit).items():
            yield name, list(exercise.right.values()), list(exercise.wrong.values())


def _of_one(
    course: Path,
    steps: CourseDirectory,
    assignment: str,
    student: str,
    releases: dict[str, Release],
) -> Iterator[tuple[str, str]]:
    """Yield a student's answers by exercise, from the graded notebooks if there are any."""
    graded = course / steps.autograded_directory / student / assignment
    handed_in = course / steps.submitted_directory / student / assignment
    for name, release in releases.items():
        path = graded / name
        try:
            if path.is_file() and not irregular(path):
                yield from _claimed(parse(path.read_bytes())[0])
                continue
        except (Unreadable, OSError):
            pass  # what was handed in stands in for a graded file that is damaged
        with tempfile.TemporaryDirectory() as scratch:
            folder = Folder(handed_in, Path(scratch))
            chosen = folder.choose(name, release, frozenset(releases) - {name}).found
        if chosen is not None and chosen.nb is not None:
            claim_cells(chosen.nb, release)
            yield from ((claim_of(cell), cell.source) for cell in chosen.nb.cells)


def _claimed(said: Any) -> Iterator[tuple[str, str]]:
    """Yield the cells of a notebook's JSON that claim a name, whatever else it holds."""
    cells = said.get("cells") if isinstance(said, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        claim = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        name = claim.get("grade_id") if isinstance(claim, dict) else None
        source = cell.get("source") if isinstance(cell, dict) else None
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if isinstance(name, str) and isinstance(source, str):
            yield name, source
