"""How long pages, exports and runs without news take: the plug-in beside stock nbgrader.

    python -m benchmarks.feedback                    pages of 100 students, 20 with stock nbgrader
    python -m benchmarks.feedback --students 1000 --stock 0
    python -m benchmarks.feedback --repeat 3

Five submissions are graded in the exam hall and multiplied: their folders, and their rows in the
gradebook. Each copy signs all its answers, so that no answer is like another. Then the plain
commands run, each in a process of its own: `nbgrader generate_feedback week01_pca`, with this
course's configuration and with nbgrader's own on a copy of the same class, and, for 1,000 students,
`nbgrader autograde week01_pca` with nothing new and `nbgrader export`. Seconds are given by the
clock and of computing: the second ones are those of a machine with nothing else to do.

Before it is timed, all pages are compared, byte for byte, with those that nbconvert makes without
the plug-in's short cuts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from autograder.demo import ASSIGNMENT
from benchmarks.grading import grade, keep, make_course

GRADED = 5
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "autoencoders_embeddings"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
"""
EXPORT = ["export"]
NOTHING_NEW = ["autograde", ASSIGNMENT]
PAGES = ["generate_feedback", ASSIGNMENT]
SLOW_PAGES = """
from nbconvert.exporters import HTMLExporter
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from autograder.plugin.feedback import SummariseReports


class SlowExporter(HTMLExporter):
    pass


c.SlowExporter = c.FeedbackExporter
c.SlowExporter.filters = {**c.HTMLExporter.filters, "piece": lambda html: html}
c.GenerateFeedback.exporter_class = SlowExporter
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, SummariseReports]
"""


def signed(text: str, student: str) -> str:
    """Return a graded notebook in which every answer bears a student's name."""
    nb = json.loads(text)
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            source = "".join(cell["source"])
            cell["source"] = f"{source}\n# signed by {student}"
    return json.dumps(nb, indent=1)


def multiply(folder: Path, students: int) -> None:
    """Let a class that is graded grow: folders, and rows in the gradebook."""
    known = sorted(path.name for path in (folder / "submitted").iterdir())
    for number in range(students):
        name, like = f"s{number:04d}", known[number % len(known)]
        if name not in known:
            for place in ("submitted", "autograded"):
                shutil.copytree(folder / place / like, folder / place / name)
            journal = folder / "autograded" / ".exam-hall" / "journal" / ASSIGNMENT
            shutil.copy(journal / f"{like}.json", journal / f"{name}.json")
        for place in ("submitted", "autograded"):  # as a collection from a platform leaves it
            time_of = folder / place / name / ASSIGNMENT / "timestamp.txt"
            time_of.write_text(f"2026-03-0{1 + number % 5} 13:00:00 UTC", encoding="utf-8")
        path = folder / "autograded" / name / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        text = signed(path.read_text(encoding="utf-8"), name)
        path.chmod(0o644)
        path.write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(folder / "gradebook.db")) as db, db:
        for number in range(len(known), students):
            enter(db, f"s{number:04d}", known[number % len(known)])


def enter(db: sqlite3.Connection, student: str, like: str) -> None:
    """Give a student the rows that another one has."""
    db.execute("INSERT INTO student (id) VALUES (?)", [student])
    (assignment,) = db.execute(
        "SELECT id FROM submitted_assignment WHERE student_id = ?", [like]
    ).fetchone()
    copied = copy(db, "submitted_assignment", assignment, student_id=student)
    for (notebook,) in db.execute(
        "SELECT id FROM submitted_notebook WHERE assignment_id = ?", [assignment]
    ).fetchall():
        page = copy(db, "submitted_notebook", notebook, assignment_id=copied)
        for table in ("grade", "comment"):
            rows = db.execute(f"SELECT id FROM {table} WHERE notebook_id = ?", [notebook])
            for (row,) in rows.fetchall():
                copy(db, table, row, notebook_id=page)


def copy(db: sqlite3.Connection, table: str, row: str, **changes: str) -> str:
    """Copy a row of the gradebook with some changes; return the copy's id."""
    found = db.execute(f"SELECT * FROM {table} WHERE id = ?", [row])
    names = [about[0] for about in found.description]
    values = dict(zip(names, found.fetchone(), strict=True)) | changes
    values["id"] = os.urandom(16).hex()
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", [*values.values()])
    return values["id"]


def timed(folder: Path, command: list[str]) -> tuple[float, float]:
    """Run an nbgrader command; return its seconds by the clock and of computing."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    before, spent = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, after = time.perf_counter() - before, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    computing = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    return seconds, computing


def median(folder: Path, command: list[str], repeat: int, fresh: str = "") -> dict[str, float]:
    """Run a command several times, without what it made before; return its median seconds."""
    runs = []
    for _ in range(repeat):
        if fresh:
            shutil.rmtree(folder / fresh, ignore_errors=True)
        runs.append(timed(folder, command))
    clock, computing = (statistics.median(column) for column in zip(*runs, strict=True))
    return {"clock": round(clock, 2), "computing": round(computing, 2)}


def pages(folder: Path) -> dict[str, bytes]:
    """Return all feedback pages of a course, by their paths."""
    found = (folder / "feedback").glob(f"*/{ASSIGNMENT}/*.html")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def same_pages(folder: Path, scratch: Path) -> int:
    """Return how many pages there are, all as nbconvert makes them without short cuts.

    Raises:
        SystemExit: a page is not the same.
    """
    slow = scratch / "slow"
    shutil.copytree(folder, slow)
    with (slow / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(SLOW_PAGES)
    shutil.rmtree(slow / "feedback", ignore_errors=True)
    timed(slow, PAGES)
    one, other = pages(folder), pages(slow)
    shutil.rmtree(slow)
    if one != other or not one:
        wrong = [name for name in one if one[name] != other.get(name)]
        raise SystemExit(f"{len(one)} and {len(other)} pages; not the same: {wrong[:5]}")
    return len(one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--stock", type=int, default=20, help="pages with stock nbgrader")
    parser.add_argument("--many", type=int, default=1000, help="students without news")
    parser.add_argument("--repeat", type=int, default=3, help="runs, of which the median counts")
    options = parser.parse_args()
    print(f"{psutil.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    result: dict = {"cores": psutil.cpu_count(), "students": options.students}
    with tempfile.TemporaryDirectory() as scratch:
        five = Path(scratch) / "five"
        make_course(five, GRADED, "")
        grade(five)
        ours = Path(scratch) / "ours"
        shutil.copytree(five, ours)
        multiply(ours, options.students)
        result["pages"] = median(ours, PAGES, options.repeat, "feedback")
        result["same_pages"] = same_pages(ours, Path(scratch))
        print(json.dumps(result), flush=True)
        if options.stock:
            stock = Path(scratch) / "stock"
            shutil.copytree(five, stock)
            multiply(stock, options.stock)
            (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
            seconds = median(stock, PAGES, options.repeat, "feedback")
            result["stock_students"], result["stock_pages"] = options.stock, seconds
            # What starting costs is measured, so that the time of 100 pages need not be waited for.
            start = median(stock, ["--version"], options.repeat)
            result["start"] = start
            for kind in ("clock", "computing"):
                one = (seconds[kind] - start[kind]) / options.stock
                ours_one = (result["pages"][kind] - start[kind]) / options.students
                whole = start[kind] + one * options.students
                result[f"times_stock_{kind}"] = round(whole / result["pages"][kind], 1)
                result[f"times_stock_without_start_{kind}"] = round(one / ours_one, 1)
            print(json.dumps(result), flush=True)
        if options.many:
            many = Path(scratch) / "many"
            shutil.copytree(five, many)
            multiply(many, options.many)
            result["many"] = options.many
            result["nothing_new"] = median(many, NOTHING_NEW, options.repeat)
            result["export"] = median(many, EXPORT, options.repeat)
            (many / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
            result["stock_nothing_new"] = median(many, NOTHING_NEW, 1)
            result["stock_export"] = median(many, EXPORT, 1)
    print(json.dumps(result, indent=1))
    keep("feedback", result)


if __name__ == "__main__":
    main()
