"""Writes the guide's table of submissions: ``python -m tests.submissions_page``.

What was handed in is each kind's docstring, what the grader does is what the tests ask of it
(`tests/helpers/handed_in`, `tests/autograder/plugin/test_bad_submissions.py`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "course" / "guide" / "submissions.md"
BEGIN, END = "<!-- made by `python -m tests.submissions_page`: begin -->", "<!-- end -->"
RIGHT = 7  # points of a right submission in the tests


def table() -> str:
    """Return the tables of all kinds, one for each family."""
    if str(ROOT / "tests" / "helpers") not in sys.path:
        sys.path.insert(0, str(ROOT / "tests" / "helpers"))
    from handed_in import FAMILIES, KINDS

    parts = [f"{len(KINDS)} kinds, all made from right answers.\n"]
    for title, module in FAMILIES.items():
        parts.append(f"\n### {title}\n\n| handed in | graded | said on the page |")
        parts.append("| --- | --- | --- |")
        for kind in KINDS.values():
            if kind.make.__module__ == module.__name__:
                graded = {RIGHT: "all points", 0: "0, with a page"}.get(
                    kind.points, f"{kind.points:g} of {RIGHT}"
                )
                said = kind.page.replace("|", r"\|").replace("<", "&lt;")
                parts.append(f"| {kind.what} | {graded} | {f'“… {said} …”' if said else ''} |")
        parts.append("")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def page(text: str) -> str:
    """Return the page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


def main(arguments: list[str] | None = None) -> None:
    """Write the table into the page."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    print(PAGE)


if __name__ == "__main__":
    main()
