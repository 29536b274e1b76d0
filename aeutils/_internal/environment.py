"""Where the package runs: graded, in continuous integration, in a notebook.

Every such decision is taken here and nowhere else. Nothing is imported but the standard library,
and nothing is kept: each call looks at the environment as it is now.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def is_quiet() -> bool:
    """Return whether bars are off: while a notebook is built or graded, and in CI.

    `fit`, `progress`, the live view and downloads ask this. A bar writes to standard error, and
    stock nbgrader gives 0 points to a graded cell that does; in CI nobody watches it.
    """
    return headless_build() or bool(os.environ.get("CI"))


def headless_build() -> bool:
    """Return whether nbgrader executes this notebook: no widgets and no files then.

    Widgets, predictions, the checklist and files beside the notebook ask this, so that a build
    depends on nothing that its author once answered. CI alone does not count: it shows widgets.
    """
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def in_notebook() -> bool:
    """Return whether the code runs in a Jupyter kernel (a notebook front end, or nbconvert).

    Whatever is shown asks this: HTML and widgets need a front end, a terminal gets text.
    """
    return getattr(shell(), "kernel", None) is not None


def cell_number() -> int | None:
    """Return the number of the notebook cell that runs; None outside a notebook.

    Predictions ask this, so that a question is not shown twice in one cell.
    """
    return shell().execution_count if in_notebook() else None


def shell() -> Any:
    """Return the IPython shell that runs the code; None in plain Python.

    The checklist asks this, to hear of every cell that ran. IPython is not imported for it: where
    nobody has imported it yet there is no shell.
    """
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
