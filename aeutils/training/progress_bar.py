"""A progress bar for long loops that keeps quiet where nobody watches."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def is_quiet() -> bool:
    """Tell whether bars are off: while a notebook is built or graded, and in CI."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("CI"))


def progress(items: Iterable[T], label: str = "", unit: str = "it") -> Iterator[T]:
    """Yield the items of a loop and show a bar with the estimated end meanwhile.

    >>> for epoch in progress(range(20), "epochs"):
    ...     pass

    While a notebook is graded the bar is off: it would write to stderr, and stock nbgrader gives
    0 points to a graded cell that does.
    """
    if is_quiet():
        return iter(items)
    from tqdm.auto import tqdm

    return iter(tqdm(items, desc=label, unit=unit))
