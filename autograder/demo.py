"""`make demo`: release week 1, grade a simulated class with stock nbgrader, print what came out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.plugin.preprocessor import LEFT_OUT
from autograder.plugin.reports import reports
from autograder.simulated import make_class

ASSIGNMENT = "week01_pca"


def nbgrader(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one stock nbgrader command in a course folder; its output is captured.

    nbgrader looks for its helper `alembic` on the PATH, so this Python's scripts come first on it.
    """
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def set_up(root: Path, folder: Path, extra: str = "", assignment: str = ASSIGNMENT) -> None:
    """Make a course folder of its own: this course's configuration, and the source of one week."""
    if folder.exists():
        if not (folder / "nbgrader_config.py").exists() and any(folder.iterdir()):
            raise SystemExit(f"{folder} is not a demo folder; name an empty or a new one")
        shutil.rmtree(folder)
    (folder / "solutions" / assignment).mkdir(parents=True)
    config = (root / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(config + extra, encoding="utf-8")
    name = f"solutions/{assignment}/{assignment}.ipynb"
    shutil.copy(root / name, folder / name)


def submit(folder: Path, files: dict[str, str], assignment: str = ASSIGNMENT) -> None:
    """Put every student's file where nbgrader collects submissions."""
    for student, text in files.items():
        path = folder / "submitted" / student / assignment / f"{assignment}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")


def must_work(step: str, done: subprocess.CompletedProcess[str]) -> None:
    """Stop with nbgrader's own last words if a step failed."""
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stderr[-4000:]}")


def results(folder: Path, students: list[str]) -> list[dict]:
    """Return per student: points per exercise, share of the maximum, and the first diagnosis."""
    rows = []
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", None) as gradebook:
        for student in students:
            submission = gradebook.find_submission(ASSIGNMENT, student)
            stored = {g.name: g for nb in submission.notebooks for g in nb.grades}
            graded = folder / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
            nb = nbformat.read(graded, as_version=4)
            found = reports(nb)
            messages = [r.first_message for r in found.values() if r.first_message]
            messages += [
                o.evalue
                for cell in nb.cells
                for o in cell.get("outputs", [])
                if o.get("ename") == LEFT_OUT
            ]
            page = folder / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
            rows.append(
                {
                    "student": student,
                    "points": {name: stored[name].auto_score for name in found or stored},
                    "share": submission.score / submission.max_score,
                    "score": submission.score,
                    "first": messages[0] if messages else "",
                    "page": page if page.exists() else None,
                }
            )
    return rows


def print_table(rows: list[dict], folder: Path) -> None:
    """Print one line per student, and below it the first diagnosis and the feedback page."""
    names = list(rows[0]["points"])
    print("\nexercises: " + ", ".join(f"{i} {n[5:]}" for i, n in enumerate(names, start=1)))
    numbers = "".join(f"{i:>5}" for i in range(1, len(names) + 1))
    print(f"\n{'student':<18}{numbers}{'total':>7}{'':>6}  first diagnosis, feedback page")
    for row in rows:
        points = "".join(f"{row['points'].get(n) or 0:>5g}" for n in names)
        print(f"{row['student']:<18}{points}{row['score']:>7g}{row['share']:>6.0%}", end="  ")
        first = textwrap.shorten(row["first"] or "–", 100, placeholder=" …")
        print(first)
        where = row["page"].relative_to(folder.parent) if row["page"] else "no feedback page"
        print(f"{'':<{18 + 5 * len(names) + 13}}  {where}")


def run_demo(root: Path, folder: Path, protected: bool = True) -> int:
    """Run the demo in `folder`; return 0 only if perfect, noisy and blank score as they must.

    Without protection (for a look on macOS or Windows; the demo's students are harmless) the pages
    say so.
    """
    set_up(root, folder, "" if protected else '\nc.ExamHall.sandbox = "none"\n')
    print(f"1. nbgrader generate_assignment {ASSIGNMENT}", flush=True)
    must_work("generate_assignment", nbgrader(folder, "generate_assignment", ASSIGNMENT))
    name = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
    files = make_class(folder / "notebooks" / name, folder / "solutions" / name)
    submit(folder, files)
    print(f"2. {len(files)} submissions: {', '.join(files)}")
    print(f"3. nbgrader autograde {ASSIGNMENT}", flush=True)
    must_work("autograde", nbgrader(folder, "autograde", ASSIGNMENT))
    print(f"4. nbgrader generate_feedback {ASSIGNMENT}", flush=True)
    must_work("generate_feedback", nbgrader(folder, "generate_feedback", ASSIGNMENT))

    rows = results(folder, list(files))
    print_table(rows, folder)
    share = {row["student"].split("_")[1]: row["share"] for row in rows}
    graded = sum(row["page"] is not None for row in rows)
    print(
        f"demo: {graded} submissions graded, perfect {share['perfect']:.0%}, "
        f"noisy {share['noisy']:.0%}, blank {share['blank']:.0%}"
    )
    as_it_must = (share["perfect"], share["noisy"], share["blank"]) == (1.0, 1.0, 0.0)
    return 0 if as_it_must and graded == len(files) else 1
