"""Where the package runs: graded, in continuous integration, in a notebook."""

from __future__ import annotations

import os
import sys
from typing import Any


def is_quiet() -> bool:
    """Return whether bars are off: while a notebook is built or graded, and in CI."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("CI"))


def in_notebook() -> bool:
    """Return True when the code runs in a Jupyter kernel (a notebook front end, or nbconvert)."""
    return getattr(_shell(), "kernel", None) is not None


def cell_number() -> int | None:
    """Return the number of the notebook cell that runs; None outside a notebook."""
    return _shell().execution_count if in_notebook() else None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def headless_build() -> bool:
    """Return True while nbgrader executes a notebook: no widgets, no bars, no files then."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))
