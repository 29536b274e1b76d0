"""The units of the course, weeks and electives, and how their names are read.

A notebook ``week05_contractive`` or ``elective_a_documents`` belongs to the unit ``week05`` or
``elective_a``: its lesson, slides, visible tests and exercises carry that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

UNIT = re.compile(r"(?:week\d\d|elective_[a-z])(?![^_.])")


def unit_of(name: str) -> str:
    """Return the unit that a notebook, or anything named after one, belongs to; "" if to none.

    Args:
        name: for example "week05_contractive".

    >>> unit_of("elective_a_documents"), unit_of("week05"), unit_of("weekly_plan")
    ('elective_a', 'week05', '')
    """
    found = UNIT.match(name)
    return found[0] if found else ""


def in_order(names: Iterable[str]) -> list[str]:
    """Return those names that belong to a unit: the weeks, then the electives.

    Args:
        names: of units, notebooks or files.

    >>> in_order(["elective_a", "week02", "references", "week01"])
    ['week01', 'week02', 'elective_a']
    """
    return sorted(filter(unit_of, names), key=lambda name: (name[:4] != "week", name))


def title_of(unit: str) -> str:
    """Return what a reader calls a unit.

    Args:
        unit: for example "week05".

    >>> title_of("week05"), title_of("elective_a")
    ('Week 5', 'Elective A')
    """
    kind, place = (unit[:4], unit[4:].lstrip("0")) if unit[:4] == "week" else unit.split("_")
    return f"{kind.capitalize()} {place.upper()}"


def notebooks(root: Path, folder: str = "notebooks") -> list[str]:
    """Return the names of all notebooks, such as "week01_pca", in order.

    Args:
        root: the course's top folder.
        folder: "notebooks", or "solutions".
    """
    paths = root.glob(f"{folder}/*/*.ipynb")
    return in_order(path.stem for path in paths if path.stem == path.parent.name)


def pages(folder: Path) -> list[Path]:
    """Return the pages named after a unit, lessons or slides, in order.

    Args:
        folder: where they lie.
    """
    return [folder / name for name in in_order(path.name for path in folder.glob("*.md"))]
