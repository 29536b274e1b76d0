"""How long the report on a class takes, and how much memory, with a simulated gradebook.

    python -m benchmarks.class_report                       1,000 students, 7 weeks
    python -m benchmarks.class_report --students 100 --weeks 2 --keep /tmp/a-class

Nothing is graded: the release is nbgrader's own, each answer is one of the answer bank and was
assessed once by its hidden check, and notebooks and points are written as grading would. The report
runs as an instructor starts it, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil
from nbgrader import api
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution

from autograder.demo import must_work, nbgrader
from autograder.exercises import bank
from autograder.hall.report import MIME, Report
from autograder.units import notebooks, unit_of

ROOT = Path(__file__).resolve().parent.parent
RIGHT, STUB = "right", "untouched"
Answer = tuple[str, Report]
Pick = Callable[[int, str, list[str]], str]
"""Says what a student (by number) answers to an exercise, out of the labels that there are."""


def release(folder: Path, assignments: list[str], run: Callable = nbgrader) -> None:
    """Make a course folder with released assignments in its gradebook."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for name in assignments:
        place = folder / "solutions" / name
        place.mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / name / f"{name}.ipynb", place)
        must_work("generate_assignment", run(folder, "generate_assignment", name))


def answers(unit: str, wrong: int = 4) -> dict[str, dict[str, Answer]]:
    """Return for every exercise of a unit answers with their reports, by label."""
    found = {}
    for name, exercise in bank.exercises(unit).items():
        labels = list(exercise.wrong)[:wrong] if wrong else list(exercise.wrong)
        code = {RIGHT: next(iter(exercise.right.values())), STUB: bank.stub(unit, name)}
        code |= {label: exercise.wrong[label] for label in labels}
        found[name] = {
            label: (text.strip("\n"), bank.assess(unit, name, text, label))
            for label, text in code.items()
        }
    return found


def notebook_text(released: dict, chosen: dict[str, Answer]) -> tuple[str, dict[str, float]]:
    """Return a graded notebook, and the points of each of its tests."""
    nb = json.loads(json.dumps(released))
    points = {}
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if is_solution_cell(cell):
            cell["source"] = chosen[name][0]
        elif name.removeprefix("test-") in chosen:
            report = chosen[name.removeprefix("test-")][1]
            data = {**report._repr_mimebundle_(), "text/plain": f"{report.earned}"}
            data[MIME] = report.as_dict()
            points[name] = report.earned
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    return json.dumps(nb, indent=1), points


def is_solution_cell(cell: dict) -> bool:
    """Tell whether a cell of a notebook that is plain JSON holds an answer."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def hand_in(folder: Path, assignment: str, students: list[str], pick: Pick, wrong: int = 4) -> None:
    """Write what grading would have written of a class."""
    import nbformat

    bank_answers = answers(unit_of(assignment), wrong)
    path = folder / "notebooks" / assignment / f"{assignment}.ipynb"
    released = json.loads(path.read_text(encoding="utf-8"))
    graded = nbformat.read(folder / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    outputs = {
        c.source: c.outputs
        for c in graded.cells
        if c.cell_type == "code"
        and not (is_grade(c) or is_solution(c))
        and "explore" not in c.metadata.get("tags", [])
    }
    for cell in released["cells"]:  # what the cells between the exercises show, in every copy
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source in outputs:
            cell["outputs"] = outputs[source]
    ready: dict[tuple, tuple[str, dict[str, float]]] = {}
    entries = []
    for number, student in enumerate(students):
        labels = {name: pick(number, name, list(known)) for name, known in bank_answers.items()}
        if "" in labels.values():  # handed in nothing
            continue
        key = tuple(labels.items())
        if key not in ready:
            chosen = {name: bank_answers[name][label] for name, label in labels.items()}
            if len(ready) > 300:
                ready.clear()
            ready[key] = notebook_text(released, chosen)
        text, points = ready[key]
        place = folder / "autograded" / student / assignment / f"{assignment}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
        entries.append((student, points))
    enter(folder, assignment, students, entries)


def enter(
    folder: Path, assignment: str, students: list[str], entries: list[tuple[str, dict[str, float]]]
) -> None:
    """Put students and their points into the gradebook."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "autoencoders_embeddings") as gradebook:
        db = gradebook.db
        known = {student.id for student in gradebook.students}
        for number, student in enumerate(students):
            if student not in known:
                about = {"first_name": f"First{number:04d}", "last_name": f"Last{number:04d}"}
                db.add(api.Student(id=student, **about))
        notebook = gradebook.find_notebook(assignment, assignment)
        cells = {cell.name: cell for cell in notebook.grade_cells}
        for student, points in entries:
            submission = api.SubmittedAssignment(
                assignment_id=notebook.assignment.id,
                student_id=student,
                timestamp=datetime(2026, 3, 2),
            )
            db.add(submission)
            db.flush()
            submitted = api.SubmittedNotebook(
                assignment_id=submission.id, notebook_id=notebook.id, late_submission_penalty=0
            )
            db.add(submitted)
            db.flush()
            db.add_all(
                api.Grade(
                    notebook_id=submitted.id,
                    cell_id=cells[name].id,
                    auto_score=score,
                    needs_manual_grade=False,
                )
                for name, score in points.items()
            )
        db.commit()


def at_random(seed: int) -> Pick:
    """Return students of different strength, who now and then leave something or stop."""

    def pick(number: int, exercise: str, labels: list[str]) -> str:
        strength = random.Random(f"{seed} {number}").random()
        dice = random.Random(f"{seed} {number} {exercise}")
        if strength < 0.04:
            return ""
        if dice.random() < 0.25 + 0.7 * strength:
            return RIGHT
        return dice.choice([label for label in labels if label != RIGHT])

    return pick


def report(folder: Path, *arguments: str) -> tuple[float, float, int]:
    """Run the report; return its seconds by the clock and of computing, and its memory in MB."""
    before, peak, computing = time.perf_counter(), 0, 0.0
    run = subprocess.Popen(
        [sys.executable, "-m", "autograder", "report", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    process = psutil.Process(run.pid)
    while run.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
            computing = sum(process.cpu_times()[:2])
        except psutil.Error:
            break
        time.sleep(0.02)
    if run.wait():
        raise SystemExit("the report failed")
    return time.perf_counter() - before, computing, peak >> 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--weeks", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="an empty folder for the course, to look at")
    options = parser.parse_args()
    names = [name for name in notebooks(ROOT) if name.startswith("week")][: options.weeks]
    students = [f"s{number:04d}" for number in range(options.students)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch) / "course"
        release(folder, names)
        for place, name in enumerate(names):
            print(f"simulating {name} …", flush=True)
            hand_in(folder, name, students, at_random(place))
        sizes = [path.stat().st_size for path in folder.glob("autograded/*/*/*.ipynb")]
        seconds, computing, memory = report(folder)
        one, _, _ = report(folder, names[-1])
        pages = sorted(path.stat().st_size for path in folder.glob("reports/*.html"))
        result = {
            "cores": psutil.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "students": options.students,
            "weeks": len(names),
            "notebooks": len(sizes),
            "notebooks_mb": sum(sizes) >> 20,
            "seconds": round(seconds, 1),
            "computing_seconds": round(computing, 1),
            "seconds_one_week": round(one, 1),
            "memory_mb": memory,
            "largest_page_kb": pages[-1] >> 10,
        }
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
