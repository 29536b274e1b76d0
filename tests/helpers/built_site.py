"""Site and slides, built as `make site` does, for the tests that look at the pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

NEEDED = ("sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx_revealjs", "sphinx_copybutton")


def build(what: str, folder: Path, *more: str) -> Path:
    """Build into a folder and return it; skip the test where the extra `site` is missing.

    It takes two minutes of one processor, and many more where others use it.

    Args:
        what: "site" or "slides".
        folder: where to.
        more: options of the command, such as an edition.
    """
    for module in NEEDED:
        pytest.importorskip(module, reason="the extra `site` is not installed: make site")
    command = [sys.executable, "-m", "course.book", what, "--output", str(folder), *more]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
