"""What CI runs, in order: ``python -m tests``; ``python -m tests --quick`` is for before a commit.

The quick part needs no sandbox, no browser and no training. `make test`, `make check` and `.ci/run`
call this, so that they cannot differ.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent

# Many tests wait for processes, so there is one worker more than cores on a machine with two.
PYTEST = [
    *(PYTHON, "-m", "pytest", "-q", "-n", str(max(3, os.cpu_count() or 1))),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
]
NBVAL = [
    *(PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"),
    *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
    *("-p", "no:cacheprovider", "-W", "ignore", "solutions"),
]

STATIC = {
    "style": [[str(BIN / "ruff"), "check", "."], [str(BIN / "ruff"), "format", "--check", "."]],
    "types": [[str(BIN / "mypy")]],
    "imports": [[str(BIN / "lint-imports")]],
    "notebooks in step with their sources": [[PYTHON, "-m", "autograder", "check"]],
    "numbers on pages": [[PYTHON, "-m", "course.book", "numbers", "--check"]],
}
QUICK = STATIC | {"quick tests": [[*PYTEST, "-m", "quick"]]}
ALL = STATIC | {
    "tests": [PYTEST],
    "every notebook, run again": [NBVAL],
    "demo": [[PYTHON, "-m", "autograder", "demo"]],
}


def main(arguments: list[str] | None = None) -> int:
    """Run every step, also after one failed; return 1 if any did."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="what takes less than two minutes")
    steps = QUICK if parser.parse_args(arguments).quick else ALL
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # several processes run side by side
    failed, took = [], {}
    for name, commands in steps.items():
        print(f"--- {name}", flush=True)
        start = time.monotonic()
        for command in commands:
            if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
                failed += [name] if name not in failed else []
        took[name] = time.monotonic() - start
    for name, seconds in took.items():
        print(f"{seconds:6.0f} s  {name}{': FAILED' if name in failed else ''}")
    print(f"{sum(took.values()):6.0f} s  in all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
