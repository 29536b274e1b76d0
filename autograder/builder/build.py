"""Build a week, or say what is out of step: source → executed solution → student's notebook."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import is_grade, setenv
from traitlets.config import Config

from autograder.builder.rules import Problem, check_release, check_source
from autograder.builder.source import read_source, weeks, without_outputs
from autograder.config import leave_out_records
from autograder.exercises import bank
from autograder.plugin.overwrite_guard import refuse_to_overwrite
from autograder.units import unit_of

CELL_TIMEOUT = 600
READERS_OWN = ("passport.json", "predictions.json")  # of whoever worked in the folder


class Refused(Exception):
    """The source breaks a rule; the message lists every problem and the cell it is in."""

    def __init__(self, source: Path, problems: list[Problem]) -> None:
        lines = "\n".join(f"  {p}" for p in problems)
        super().__init__(f"{source.name} was refused ({len(problems)} problems):\n{lines}")
        self.problems = problems


def products(root: Path, source: Path) -> tuple[Path, Path]:
    """Return where the solution notebook and the student's notebook of a source belong."""
    name = f"{source.stem}.ipynb"
    return source.with_suffix(".ipynb"), root / "notebooks" / source.stem / name


def build(root: Path, source: Path) -> None:
    """Build both notebooks of one week, or raise Refused and leave the old ones as they were."""
    solution_path, release_path = products(root, source)
    nb = read_source(source)
    problems = check_source(nb) + unknown_checks(nb, source.stem)
    if problems:
        raise Refused(source, problems)
    release = make_release(nb, source.stem)
    problems = check_release(nb, release)
    if problems:
        raise Refused(source, problems)
    refuse_to_overwrite(release_path)
    execute(nb, source.parent)
    write(nb, solution_path)
    write(release, release_path)


def execute(nb: NotebookNode, folder: Path) -> None:
    """Run all cells of `nb`, storing outputs; nbclient raises at the first error.

    It runs in a copy of `folder` without what a reader of the notebook left there, so that a build
    shows the same on every machine.
    """
    with tempfile.TemporaryDirectory() as scratch, setenv(NBGRADER_EXECUTION="build"):
        copy = Path(scratch) / "source" / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.ipynb", *READERS_OWN))
        client = NotebookClient(
            nb,
            timeout=CELL_TIMEOUT,
            resources={"metadata": {"path": copy}},
            extra_arguments=["--log-level=ERROR"],
        )
        client.execute()
    for cell in nb.cells:
        cell.metadata.pop("execution", None)  # times of this run, different in every build
    nb.metadata.language_info = NotebookNode(name="python")


def make_release(nb: NotebookNode, name: str) -> NotebookNode:
    """Return the student's notebook that nbgrader's own `generate_assignment` makes of `nb`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(nb, root / "source" / name / f"{name}.ipynb")
        course = CourseDirectory(root=str(root), assignment_id=name)
        config = Config()
        leave_out_records(config)
        converter = GenerateAssignment(coursedir=course, no_database=True, config=config)
        converter.preprocessors = [p for p in converter.preprocessors if p is not SaveCells]
        converter.start()
        return nbformat.read(root / "release" / name / f"{name}.ipynb", as_version=4)


def unknown_checks(nb: NotebookNode, name: str) -> list[Problem]:
    """Return the test cells whose hidden check does not exist or is worth other points."""
    known = bank.exercises(unit_of(name))
    problems = []
    for cell in nb.cells:
        if not is_grade(cell):
            continue
        grade_id = cell.metadata.nbgrader.grade_id
        exercise = grade_id.removeprefix("test-").replace("-", "_")
        check = known.get(exercise)
        if check is None:
            place = f"autograder/exercises/{unit_of(name)}/{exercise}.py"
            problems.append(Problem(repr(grade_id), f"there is no {place}"))
        elif sum(check.points.values()) != cell.metadata.nbgrader.points:
            problems.append(
                Problem(
                    repr(grade_id),
                    f"worth {cell.metadata.nbgrader.points} points, but its hidden check gives "
                    f"{sum(check.points.values()):g} ({check.points})",
                )
            )
    return problems


def write(nb: NotebookNode, path: Path) -> None:
    """Write a notebook so that a crash half-way leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    nbformat.write(nb, part)
    shutil.move(part, path)


def stale(root: Path) -> list[str]:
    """Return one line per product that is missing or out of step with its source."""
    lines = []
    sources = weeks(root)
    if not sources:
        return [f"no sources found in {root / 'solutions'}: is this the course's top folder?"]
    for source in sources:
        solution_path, release_path = products(root, source)
        nb = read_source(source)
        problems = check_source(nb) + unknown_checks(nb, source.stem)
        release = make_release(nb, source.stem)
        problems += check_release(nb, release)
        lines += [f"{source.relative_to(root)}: {problem}" for problem in problems]
        for path, fresh in ((solution_path, nb), (release_path, release)):
            lines += [f"{path.relative_to(root)}: {why}" for why in _differences(path, fresh)]
        lines += [f"{solution_path.relative_to(root)}: {why}" for why in _not_run(solution_path)]
    known = {path for source in sources for path in products(root, source)}
    places = ("solutions/*/*.ipynb", "notebooks/*/*.ipynb", "notebooks/*/*.py")
    strays = {path for place in places for path in root.glob(place)}
    lines += [
        f"{stray.relative_to(root)}: has no source in solutions/"
        for stray in sorted(strays - known)
    ]
    return lines


def _differences(path: Path, fresh: NotebookNode) -> list[str]:
    if not path.exists():
        return ["missing; run `python -m autograder build`"]
    old, new = without_outputs(nbformat.read(path, as_version=4)), without_outputs(fresh)
    for index, (a, b) in enumerate(zip(old, new, strict=False)):
        if a != b:
            what = next(key for key in a if a[key] != b[key])
            name = b["metadata"].get("nbgrader", {}).get("grade_id", f"number {index + 1}")
            return [f"stale: {what} of cell {name} differs; run `python -m autograder build`"]
    if len(old) != len(new):
        return [
            f"stale: {len(old)} cells, source makes {len(new)}; run `python -m autograder build`"
        ]
    return []


def _not_run(path: Path) -> list[str]:
    if not path.exists():
        return []
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    lines = []
    if any(c.execution_count is None for c in cells if c.source.strip()):
        lines.append("not executed from top to bottom; run `python -m autograder build`")
    if any(o.output_type == "error" for c in cells for o in c.outputs):
        lines.append("committed with an error in its outputs")
    return lines
