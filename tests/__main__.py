"""What CI runs: ``python -m tests``; ``python -m tests --quick`` is for before a commit.

The quick part needs no sandbox, no browser and no training. `make test`, `make check` and `.ci/run`
call this, so that they cannot differ.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.helpers.which_tests import quick_files

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent
CORES = os.cpu_count() or 1

PYTEST = [PYTHON, "-m", "pytest", "-q", "--dist", "loadfile", "--no-loadscope-reorder"]
# The quick tests compute, on every core. Only their files are imported: that takes longest.
QUICK = [*PYTEST, "-n", str(CORES), "-m", "quick", *quick_files()]
# The others also wait for processes, so there is a worker more than cores on a machine with two.
# Every solved notebook is run again by the same workers, so that no core is idle at the end.
ALL = [
    *(*PYTEST, "-n", str(max(3, CORES)), "tests", "solutions"),
    *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
]

STATIC = {
    "style": [[str(BIN / "ruff"), "check", "."], [str(BIN / "ruff"), "format", "--check", "."]],
    "types": [[str(BIN / "mypy")]],
    "imports": [[str(BIN / "lint-imports")]],
    "notebooks in step with their sources": [[PYTHON, "-m", "autograder", "check"]],
    "numbers on pages": [[PYTHON, "-m", "course.book", "numbers", "--check"]],
}


def main(arguments: list[str] | None = None) -> int:
    """Run the static steps one after another beside the tests; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="what takes less than two minutes")
    tests = QUICK if parser.parse_args(arguments).quick else ALL
    start = time.monotonic()
    with ThreadPoolExecutor(1) as beside:
        steps = {name: beside.submit(step, commands) for name, commands in STATIC.items()}
        done = {"tests": step([tests], shown=True)}
        for name, future in steps.items():
            done[name] = future.result()
            print(f"--- {name}\n{done[name].words}", end="", flush=True)
    for name, (failed, seconds, _) in done.items():
        print(f"{seconds:6.0f} s  {name}{': FAILED' if failed else ''}")
    print(f"{time.monotonic() - start:6.0f} s  in all, the tests beside the rest")
    return int(any(failed for failed, _, _ in done.values()))


class Done(NamedTuple):
    """What became of a step."""

    failed: bool
    seconds: float
    words: str = ""


def step(commands: list[list[str]], shown: bool = False) -> Done:
    """Run the commands of a step, also after one failed, and keep what they say unless shown."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # several processes run side by side
    kept: dict = {} if shown else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    start, failed, words = time.monotonic(), False, ""
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, text=True, **kept)
        failed |= bool(done.returncode)
        words += done.stdout or ""
    return Done(failed, time.monotonic() - start, words)


if __name__ == "__main__":
    sys.exit(main())
