"""Does a busy machine cost anybody points? A class graded again and again beside endless loops.

    python -m benchmarks.busy                     20 runs of 10 students, every processor loaded

Limits count processor time, so the scores of all runs must be those of the first, quiet one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.grading import grade, make_course, scores

RECORD = Path(__file__).resolve().parent / "busy.json"


@contextmanager
def loaded(processes: int) -> Iterator[None]:
    """Keep processors busy."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def again(folder: Path) -> tuple[float, list[float]]:
    """Grade the class anew; return the seconds and all scores."""
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    seconds, _, _ = grade(folder)
    return seconds, scores(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--students", type=int, default=10)
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "course"
        make_course(folder, options.students, "")
        seconds, expected = again(folder)
        print(f"quiet: {seconds:.0f} s, scores {expected}", flush=True)
        busy, differing = [], 0
        with loaded(cores):
            for run in range(options.runs):
                seconds, found = again(folder)
                busy.append(seconds)
                differing += found != expected
                print(
                    f"busy, run {run + 1}: {seconds:.0f} s, same: {found == expected}", flush=True
                )
    result = {
        "cores": cores,
        "endless_loops_beside": cores,
        "students": options.students,
        "runs": options.runs,
        "runs_with_other_scores": differing,
        "median_seconds": round(sorted(busy)[len(busy) // 2], 1),
    }
    print(json.dumps(result, indent=1))
    RECORD.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
