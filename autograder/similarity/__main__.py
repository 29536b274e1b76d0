"""Compare answers to an assignment: ``python -m autograder.similarity week03_undercomplete``."""

from __future__ import annotations

import argparse
import html
import sys
from pathlib import Path

from autograder.similarity.section import similar_section

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head>
<body style="font-family: sans-serif; margin: 1em"><main><h1>{title}</h1>
{section}</main></body>
</html>
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the page; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder.similarity", description=__doc__)
    parser.add_argument("assignment", help="for example week03_undercomplete")
    parser.add_argument("--course", type=Path, default=Path(), help="course folder (default: here)")
    parser.add_argument("--names", action="store_true", help="show students' ids")
    parser.add_argument("--output", type=Path, default=Path("similar.html"), help="similar.html")
    options = parser.parse_args(arguments)
    try:
        section = similar_section(options.course, options.assignment, options.names)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    page = PAGE.format(title=html.escape(options.assignment), section=section)
    options.output.write_text(page, encoding="utf-8")
    print(f"written: {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
