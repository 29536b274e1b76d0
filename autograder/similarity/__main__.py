"""Try it: ``python -m autograder.similarity week03_undercomplete > similar.html``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.similarity.section import similar_section


def main(arguments: list[str] | None = None) -> int:
    """Print the section; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder.similarity", description=__doc__)
    parser.add_argument("assignment", help="for example week03_undercomplete")
    parser.add_argument("--course", type=Path, default=Path(), help="course folder (default: here)")
    parser.add_argument("--names", action="store_true", help="show students' ids")
    options = parser.parse_args(arguments)
    try:
        print(similar_section(options.course, options.assignment, options.names))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
