"""What a second worker brings, where nothing but the sandboxes wants the processors.

    python -m benchmarks.workers            40 submissions, three times with one worker and with two

In a run of `nbgrader autograde` the second processor is busy with nbgrader's own work, so one
worker and two of them do not compare there. Here the right submission of week 1 is graded by the
executor alone, over and over; starting the fork servers is not counted.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory

from autograder.demo import ASSIGNMENT
from autograder.hall.executors.local import LocalExecutor
from autograder.hall.job import GradingJob
from autograder.hall.settings import Settings
from autograder.plugin.job import JobFactory
from benchmarks.grading import ROOT, keep, make_course


def right_submission(folder: Path) -> GradingJob:
    """Make a course in a new folder; return the grading job of week 1's right submission."""
    make_course(folder, 1, "\n")
    factory = JobFactory(
        Settings(packages=("aeutils",), skip_tag="explore"),
        CourseDirectory(
            root=str(folder), source_directory="solutions", release_directory="notebooks"
        ),
        GradingJob(()).hidden,
    )
    name = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(ROOT / "solutions" / name, as_version=4)
    names = {"assignment": ASSIGNMENT, "notebook": ASSIGNMENT}
    return factory.make(notebook, names, None, folder)


def seconds_for(job: GradingJob, submissions: int, workers: int) -> float:
    """Grade a submission many times; return the seconds of each, by the clock."""
    executor = LocalExecutor(workers, logging.getLogger(__name__))
    try:
        result = executor.grade(job)  # starts the fork servers
        if sum(report.earned for report in result.reports.values()) < sum(
            report.points for report in result.reports.values()
        ):
            raise RuntimeError(f"the right submission lost points: {result}")
        before = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(executor.grade, [job] * submissions))
        return (time.perf_counter() - before) / submissions
    finally:
        executor.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as scratch:
        job = right_submission(Path(scratch) / "course")
        for _ in range(options.repeats):
            for workers, found in seconds.items():  # in turns, for machines that vary
                found.append(round(seconds_for(job, options.submissions, workers), 4))
                print(f"{workers} workers: {found[-1]:.3f} s a submission", flush=True)
    one, two = (statistics.median(found) for found in seconds.values())
    result = {
        "cores": os.cpu_count(),
        "submissions": options.submissions,
        "seconds_of_one_worker": seconds[1],
        "seconds_of_two_workers": seconds[2],
        "times_one": round(one / two, 2),
    }
    print(json.dumps(result, indent=1))
    keep("two workers, executor alone", result)


if __name__ == "__main__":
    main()
