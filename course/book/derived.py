"""Numbers of the book that follow from printed or recorded ones: ratios, extremes, medians.

Every function returns a value and its negative controls, as those of `course.book.measured` do.
"""

from __future__ import annotations

import functools
import json
import re
from statistics import median
from typing import Any

from course.book import ROOT, notebooks
from course.book.claim import nth_number


def read_printed(notebook: str, pattern: str) -> float:
    """Return the number in the one group of `pattern`, as the executed notebook printed it."""
    found = re.search(pattern, notebooks.printed(notebook))
    if found is None:
        raise LookupError(f"{notebook} prints nothing like {pattern!r}")
    return float(found[1].replace("−", "-").replace(",", ""))


@functools.cache
def recorded(file: str = "results") -> dict[str, Any]:
    """Return what the benchmarks measured, benchmarks/`file`.json."""
    return json.loads((ROOT / "benchmarks" / f"{file}.json").read_text(encoding="utf-8"))


def look_up(path: str, file: str = "results") -> Any:
    """Return the entry of a record at `path`, keys joined by slashes."""
    value: Any = recorded(file)
    for key in path.split("/"):
        value = value[key]
    return value


def grading(path: str) -> tuple[float, dict]:
    """Return a number of benchmarks/grading.json."""
    return float(look_up(path, "grading")), {}


def quotient(notebook: str, above: str, below: str) -> tuple[float, dict]:
    """Return the quotient of two printed numbers."""
    return read_printed(notebook, above) / read_printed(notebook, below), {}


def bits_saved(notebook: str, pattern: str) -> tuple[float, dict]:
    """Return how many times a printed number of bits per pixel goes into 8."""
    return 8 / read_printed(notebook, pattern), {}


def gains(notebook: str, best: str, weak: str, fair: str) -> tuple[float, dict]:
    """Return how many times further `best` is from `weak` than from `fair`."""
    top, low, near = (read_printed(notebook, p) for p in (best, weak, fair))
    return (top - low) / (top - near), {}


def column(notebook: str, after: str, rows: list[str], place: int) -> list[float]:
    """Return number `place` of each of the printed lines."""
    return [read_printed(notebook, nth_number(row, place, after)) for row in rows]


def extreme(
    notebook: str, after: str, rows: list[str], place: int, largest: bool
) -> tuple[float, dict]:
    """Return the smallest or largest number of a printed column."""
    numbers = column(notebook, after, rows, place)
    return (max(numbers) if largest else min(numbers)), {}


def furthest_from_one(
    notebook: str, after: str, rows: list[str], places: list[int]
) -> tuple[float, dict]:
    """Return by how many % the printed ratios are off at most."""
    ratios = [r for place in places for r in column(notebook, after, rows, place)]
    return 100 * max(abs(r - 1) for r in ratios), {}


def median_of_seeds(entry: str, key: str) -> tuple[float, dict]:
    """Return the median over the seeds of what a benchmark measured for each."""
    return median(run[key] for run in look_up(f"{entry}/details/by-seed")), {}


def median_detail(entry: str, key: str) -> tuple[float, dict]:
    """Return the median of a list that a benchmark recorded, one number for each seed."""
    return median(look_up(f"{entry}/details/{key}")), {}


def extreme_ratio(entry: str, control: str, largest: bool) -> tuple[float, dict]:
    """Return the smallest or largest ratio of centred cosines of a control."""
    ratios = look_up(f"{entry}/details/controls/{control}/ratios-of-centred-cosines")
    return (max(ratios) if largest else min(ratios)), {}


def share_more(above: str, below: str) -> tuple[float, dict]:
    """Return by how many % one recorded number is larger than another."""
    return 100 * (look_up(above) / look_up(below) - 1), {}


def spread(path: str, only: str) -> tuple[float, dict]:
    """Return largest less smallest of the recorded numbers whose names contain `only`, in %."""
    numbers = [v for name, v in look_up(path).items() if only in name]
    return 100 * (max(numbers) - min(numbers)), {}
