"""Every comparison of notebooks, lessons and benchmarks, and how each of its rows was trained.

``python -m course.book comparisons`` writes the page; a test fails when it is out of date, and when
the rows of a table differ in anything that is neither compared nor has a reason beside the table.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

from aeutils.training.comparison import COLUMNS, COMPARISON, Comparison
from aeutils.training.recipe import Recipe
from benchmarks import results, tables
from course.book import COURSE, calculations, notebooks

PAGE = COURSE / "comparisons.md"
HEAD = """# How each row was trained

Every table and figure that compares models, with the recipe of each row: first those of the
notebooks, week by week, then what lessons and benchmarks compare. The list is made from what the
training loops noted (`python -m course.book comparisons`), not by hand. The notebooks unfold the
same tables, with the seconds that each training took.

How to read an entry: rows are meant to differ in what stands behind *Compared*. What else differs
has a reason, and what does not differ stands below the table. A rate that was chosen *by hand* was
set by somebody; no held-out images chose it.
"""
LESSONS = "Lessons: calculations beside the text"
BENCHMARKS = "Benchmarks: whole data sets"


class Listed(NamedTuple):
    """A comparison, where it stands, and a sentence about it that is not in it."""

    comparison: Comparison
    chapter: str
    section: str
    remark: str = ""


@functools.cache
def recorded() -> dict[str, Listed]:
    """Return all comparisons by name: of the executed notebooks, the lessons and the benchmarks.

    Raises:
        ValueError: two cells recorded one name.
    """
    found: dict[str, Listed] = {}
    for notebook in notebooks.names():
        for listed in of_notebook(notebook):
            name = listed.comparison.name
            if name in found:
                raise ValueError(f"{notebook} records {name!r} a second time")
            found[name] = listed
    strangers = calculations.strangers_comparison()
    found[strangers.name] = Listed(strangers, LESSONS, "Week 3: strangers that are rebuilt well")
    measured = results.read()
    for name, table in tables.TABLES.items():
        noted = " and ".join(tables.noted(name, measured))
        commands = dict.fromkeys(f"`{measured[claim]['command']}`" for claim in table.claims)
        remark = f"Measured by {', '.join(commands)}; recipes noted {noted}."
        comparison = tables.comparison(name, measured)
        found[name] = Listed(comparison, BENCHMARKS, table.title, remark)
    return found


def of_notebook(notebook: str) -> list[Listed]:
    """Return the comparisons that an executed notebook recorded, with their sections."""
    found, title, section = [], notebook, ""
    for cell in notebooks.solution(notebook).cells:
        if cell.cell_type == "markdown":
            for level, text in re.findall(r"^(##?) (.+)$", cell.source, re.MULTILINE):
                title, section = (title, text) if level == "##" else (text, section)
        for output in cell.get("outputs", []):
            if (kept := output.get("data", {}).get(COMPARISON)) is not None:
                section_title = re.sub(r"^\d+ · ", "", section)
                found.append(Listed(Comparison.from_dict(kept), title, section_title))
    return found


def unfair() -> list[str]:
    """Return a line for each comparison whose rows differ in something without a reason."""
    return [
        f"{listed.chapter}, {name}: {', '.join(undeclared)}"
        for name, listed in recorded().items()
        if (undeclared := listed.comparison.undeclared())
    ]


def page() -> str:
    """Return the list of all comparisons as Markdown."""
    text, chapter = HEAD, ""
    for name, listed in recorded().items():
        if listed.chapter != chapter:
            chapter = listed.chapter
            text += f"\n## {chapter}\n"
        comparison = listed.comparison
        sentences = [*comparison.sentences(), _not_in_steps(comparison), listed.remark]
        text += f"\n### {listed.section} · {name}\n\n"
        text += "".join(f"- {sentence}\n" for sentence in filter(None, sentences)) + "\n"
        text += _table(comparison)
    return text


def _not_in_steps(comparison: Comparison) -> str:
    """Return how those rows came about that no loop trained."""
    rows = comparison.rows.items()
    texts = [f"{row} ({how})" for row, how in rows if not isinstance(how, Recipe)]
    return f"Without training in steps: {'; '.join(texts)}." if texts else ""


def _table(comparison: Comparison) -> str:
    """Return the columns in which trained rows differ as a table, and the others in a sentence."""
    differing = [a for a, heading in COLUMNS.items() if heading in comparison.differing()]
    trained = comparison.trained()
    if not differing:
        return f"Trained: {', '.join(trained)}. {comparison.same()}\n"
    lines = [["row", *(COLUMNS[a] for a in differing)], ["---"] * (1 + len(differing))]
    lines += [[row, *recipe.words(differing)] for row, recipe in trained.items()]
    text = "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)
    return f"{text}\n{comparison.same()}\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def write() -> Path:
    """Write the page; return its path."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return PAGE


def stale() -> list[str]:
    """Return a line if the page is not what was recorded."""
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        return []
    return ["course/comparisons.md is out of date; run `python -m course.book comparisons`"]
