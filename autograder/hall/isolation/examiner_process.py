"""How an examiner is started: trusted, but behind walls if there are any."""

from __future__ import annotations

import os
import sys

from autograder.hall.isolation.bubblewrap import bwrap


def examiner_command(protected: bool) -> list[str]:
    """Return the command that starts an examiner.

    A bug in reading a student's values should stay inside: read-only files and no network.

    Args:
        protected: whether bubblewrap's walls are put around it.
    """
    walls = []
    if protected:
        walls = [str(bwrap()), "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"]
        walls += ["--dev", "/dev", "--proc", "/proc"]
    return [*walls, sys.executable, "-m", "autograder.hall.examiner"]


def examiner_environment() -> dict[str, str]:
    """Return an examiner's environment variables."""
    return {**os.environ, "TMPDIR": "/dev/shm", "OMP_NUM_THREADS": "1"}
