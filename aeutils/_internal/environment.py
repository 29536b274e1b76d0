"""Where the package runs: graded, in continuous integration, in a notebook."""

from __future__ import annotations

import os


def is_quiet() -> bool:
    """Return whether bars are off: while a notebook is built or graded, and in CI."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("CI"))
