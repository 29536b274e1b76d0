"""Where whole real data sets lie, if they do."""

import os
from pathlib import Path

import pytest
from repository import ROOT

REAL = Path(os.environ.get("AEUTILS_TEST_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def real():
    """The folder with whole real data sets, or a skip."""
    if not REAL.is_dir():
        pytest.skip(f"no real data in {REAL}; set AEUTILS_TEST_DATA to a folder that holds it")
    return REAL
