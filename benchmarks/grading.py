"""How fast a class is graded: the exam hall beside stock nbgrader, same notebooks, same machine.

    python -m benchmarks.grading                      100 students here, 12 with stock nbgrader
    python -m benchmarks.grading --students 1000 --stock 0
    python -m benchmarks.grading --week week07_siamese --stock 5      a week of longer tests
    python -m benchmarks.grading --stock 0 --config "c.ExamHall.workers = 1" --label "one worker"
    python -m benchmarks.grading --otter ~/otter/bin/otter      and `otter run` beside it

Both run the plain command `nbgrader autograde week01_pca` on copies of one course. Stock nbgrader
gets the same notebooks, checks and skipped cells, in its own single process per student; because it
takes so long, it grades fewer students, and rates are compared. The simulated class has right,
noisy, blank and partly wrong submissions. Nothing else should run on the machine.

Of the seconds, "cells" are the students' cells in both passes, and "functions" what they defined,
called by tests, in some cases inside a step of a test that has to happen beside it. "messages" are
the rest of the time in which a test waits for a student's process. Cells are
`share_of_students_cells`; cells and functions together are `share_of_students_code`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from nbgrader.api import Gradebook

from autograder.demo import ASSIGNMENT, nbgrader, set_up, submit
from autograder.simulated import any_class, make_class
from autograder.units import unit_of
from benchmarks import otter_run

ROOT = Path(__file__).resolve().parent.parent
RECORD = Path(__file__).resolve().parent / "grading.json"
STOCK = """
from nbgrader.preprocessors import (AssignLatePenalties, CheckCellMetadata, ClearOutput,
    DeduplicateIds, Execute, IgnorePattern, LimitOutput, OverwriteCells, OverwriteKernelspec,
    SaveAutoGrades)
from nbconvert.exporters import NotebookExporter
c.Autograde.exporter_class = NotebookExporter
c.Autograde.sanitize_preprocessors = [ClearOutput, DeduplicateIds, OverwriteKernelspec,
    OverwriteCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [Execute, IgnorePattern, LimitOutput, SaveAutoGrades,
    AssignLatePenalties, CheckCellMetadata]
c.Execute.skip_cells_with_tag = "explore"
c.Execute.timeout = 120
"""
KINDS = ("ada_perfect", "ben_noisy", "cho_blank", "dev_global_mean", "eva_not_centred")


def make_course(folder: Path, students: int, extra: str, assignment: str = ASSIGNMENT) -> None:
    """Make a course with a simulated class in a new folder."""
    set_up(ROOT, folder, extra, assignment)
    nbgrader(folder, "generate_assignment", assignment)
    name = f"{assignment}/{assignment}.ipynb"
    paths = folder / "notebooks" / name, folder / "solutions" / name
    if assignment == ASSIGNMENT:
        files = make_class(*paths)
        kinds = [files[kind] for kind in KINDS]
    else:
        kinds = any_class(*paths, unit_of(assignment))
    handed_in = {f"s{i:04d}": kinds[i % len(kinds)] for i in range(students)}
    submit(folder, handed_in, assignment)


def grade(folder: Path, assignment: str = ASSIGNMENT) -> tuple[float, str, list[int]]:
    """Run the plain command; return its seconds, what it logged, and its memory over time in MB.

    The memory is that of nbgrader's process, without what it starts.
    """
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    memory = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        before = time.perf_counter()
        run = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", assignment],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        process = psutil.Process(run.pid)
        while run.poll() is None:
            with suppress(psutil.Error):
                memory.append(process.memory_info().rss >> 20)
            time.sleep(0.25)
        seconds = time.perf_counter() - before
        log.seek(0)
        said = log.read()
    if run.returncode:
        raise SystemExit(said[-2000:])
    return seconds, said, memory


def scores(folder: Path, assignment: str = ASSIGNMENT) -> list[float]:
    """Return all scores, in the order of the students' names."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", None) as gradebook:
        found = gradebook.assignment_submissions(assignment)
        return [s.score for s in sorted(found, key=lambda s: s.student.id)]


def keep(name: str, result: dict) -> None:
    """Write a result into the record under its name; the others stay."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    record[name] = result
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--stock", type=int, default=12, help="students graded by stock nbgrader")
    parser.add_argument("--week", default=ASSIGNMENT, help="the assignment")
    parser.add_argument("--config", default="", help="more lines for nbgrader_config.py")
    parser.add_argument("--label", default="", help="what the record calls those lines")
    parser.add_argument("--otter", default="", help="otter's program, in an environment of its own")
    options = parser.parse_args()
    print(f"{psutil.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    result = {"cores": psutil.cpu_count(), "students": options.students}
    with tempfile.TemporaryDirectory() as scratch:
        hall = Path(scratch) / "hall"
        make_course(hall, options.students, f"\n{options.config}\n", options.week)
        seconds, log, memory = grade(hall, options.week)
        result["hall_seconds"] = round(seconds, 1)
        result["hall_per_minute"] = round(60 * options.students / seconds, 1)
        spent = json.loads(re.search(r"of all workers together: (\{.*\})", log)[1])
        result["seconds_per_submission"] = {
            what: round(seconds / options.students, 3) for what, seconds in spent.items()
        }
        result["share_of_students_cells"] = round(spent["cells"] / sum(spent.values()), 2)
        theirs = spent["cells"] + spent["functions"]
        result["share_of_students_code"] = round(theirs / sum(spent.values()), 2)
        result["memory_mb_at_a_quarter_and_at_the_end"] = [memory[len(memory) // 4], memory[-1]]
        again, _, _ = grade(hall, options.week)
        result["nothing_new_seconds"] = round(again, 1)
        print(json.dumps(result, indent=1), flush=True)
        if options.stock:
            stock = Path(scratch) / "stock"
            make_course(stock, options.stock, STOCK, options.week)
            seconds, _, _ = grade(stock, options.week)
            result["stock_per_minute"] = round(60 * options.stock / seconds, 1)
            result["times_stock"] = round(result["hall_per_minute"] / result["stock_per_minute"], 1)
            # Stock nbgrader takes all points for a warning or one lost criterion: only the right
            # and the blank submissions can be compared.
            both = (scores(folder, options.week) for folder in (hall, stock))
            pairs = list(zip(*both, strict=False))
            same = [pairs[i] for i in range(len(pairs)) if i % len(KINDS) in (0, 2)]
            result["same_scores"] = all(a == b for a, b in same)
        if options.otter:
            solution = ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
            one = otter_run.seconds(options.otter, solution, Path(scratch) / "otter", 3)
            result["otter_run_per_minute"] = round(60 / one, 1)
            result["times_otter_run"] = round(result["hall_per_minute"] * one / 60, 1)
    print(json.dumps(result, indent=1))
    more = [options.week] if options.week != ASSIGNMENT else []
    more += [options.label] if options.config else []
    keep(", ".join([f"{options.students} students", *more]), result)


if __name__ == "__main__":
    main()
