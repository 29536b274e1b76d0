"""Every comparison of the notebooks, and how each of its rows was trained.

``python -m course.book comparisons`` writes the page; a test fails when it is out of date, and when
the rows of a table differ in anything that is neither compared nor has a reason beside the table.
"""

from __future__ import annotations

from pathlib import Path

from aeutils.training.comparison import COLUMNS, COMPARISON, Comparison
from aeutils.training.recipe import Recipe
from course.book import COURSE, notebooks

PAGE = COURSE / "comparisons.md"
HEAD = """# How each row was trained

Every table and figure of the notebooks that compares models, with the recipe of each row. Made from
what the training loops noted (`python -m course.book comparisons`), not by hand. A table is about
what stands behind *Compared*; what else differs has a reason. The notebooks unfold the same tables,
with the seconds.
"""


def recorded() -> dict[str, tuple[str, Comparison]]:
    """Return the comparisons that the executed notebooks recorded: notebook and rows, by name.

    Raises:
        ValueError: two cells recorded one name.
    """
    found: dict[str, tuple[str, Comparison]] = {}
    for notebook in notebooks.names():
        for cell in notebooks.solution(notebook).cells:
            for output in cell.get("outputs", []):
                kept = output.get("data", {}).get(COMPARISON)
                if kept is None:
                    continue
                comparison = Comparison.from_dict(kept)
                if comparison.name in found:
                    raise ValueError(f"{notebook} records {comparison.name!r} a second time")
                found[comparison.name] = notebook, comparison
    return found


def unfair() -> list[str]:
    """Return a line for each comparison whose rows differ in something without a reason."""
    return [
        f"{notebook}, {name}: {', '.join(undeclared)}"
        for name, (notebook, comparison) in recorded().items()
        if (undeclared := comparison.undeclared())
    ]


def page() -> str:
    """Return the list of all comparisons as Markdown."""
    text = HEAD
    for name, (notebook, comparison) in recorded().items():
        text += f"\n## {name}\n\n*Notebook `{notebook}`.* {' '.join(comparison.sentences())}\n\n"
        text += _table(comparison)
    return text


def _table(comparison: Comparison) -> str:
    """Return the columns in which rows differ as a table, and the others in one sentence."""
    trained = list(comparison.trained().values())
    differing = {a: h for a, h in COLUMNS.items() if h in comparison.differing()}
    lines = [["row", *differing.values()], ["---"] * (1 + len(differing))]
    for row, how in comparison.rows.items():
        words = _words(how, list(differing)) if isinstance(how, Recipe) else [how]
        lines.append([row, *words, *[""] * (len(differing) - len(words))])
    if not differing:
        heads = ["how", "---", *_texts(comparison)]
        lines = [[*line, how] for line, how in zip(lines, heads, strict=True)]
    rows = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
    same = [a for a in COLUMNS if a not in differing]
    equal = "; ".join(f"{COLUMNS[a]} {_words(trained[0], [a])[0]}" for a in same) if trained else ""
    return f"{rows}\nThe same in all trained rows: {equal}.\n"


def _texts(comparison: Comparison) -> list[str]:
    return ["trained" if isinstance(how, Recipe) else how for how in comparison.rows.values()]


def _words(recipe: Recipe, attributes: list[str]) -> list[str]:
    values = [getattr(recipe, attribute) for attribute in attributes]
    return [
        f"{v:,}" if isinstance(v, int) else f"{v:g}" if isinstance(v, float) else v for v in values
    ]


def write() -> Path:
    """Write the page; return its path."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return PAGE


def stale() -> list[str]:
    """Return a line if the page is not what the notebooks recorded."""
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        return []
    return ["course/comparisons.md is out of date; run `python -m course.book comparisons`"]
