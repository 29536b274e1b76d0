"""One thread, and every call of `aeutils` checked against its type hints while the tests run."""

import os
import re

os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
import torch
from beartype import BeartypeConf, BeartypeDecorPlace
from beartype.claw import beartype_package
from which_tests import SHARED_OUT, is_one_of, is_quick, place

# Violations are TypeErrors, as for bad input in general; an int will do where a float is expected.
# FIRST: below all other decorators, because a sealed function hides what it wraps.
CONF = BeartypeConf(
    violation_type=TypeError,
    is_pep484_tower=True,
    claw_decor_place_func=BeartypeDecorPlace.FIRST,
    claw_decor_place_type=BeartypeDecorPlace.FIRST,
)
beartype_package("aeutils", conf=CONF)

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_start(monkeypatch):
    """Every test starts from the same random numbers, outside grading."""
    monkeypatch.delenv("AEUTILS_SEALED", raising=False)
    torch.manual_seed(0)


HERE = Path(__file__).parent


def where(item):
    """Return a test's file below `tests`; the solved notebooks' cells are tests, too."""
    return "notebooks" if is_notebook(item) else item.path.relative_to(HERE).as_posix()


def is_notebook(item):
    return item.path.suffix == ".ipynb"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the quick tests, and begin with the longest."""
    for item in items:
        if is_notebook(item):  # its code runs in a kernel; what nbval warns of is not ours
            item.add_marker(pytest.mark.filterwarnings("ignore"))
        elif is_quick(where(item)):
            item.add_marker("quick")
    items.sort(key=lambda item: place(where(item)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a file (and of one week of the answer bank) together on one worker.

    `--dist loadfile` itself shares nothing out; marks of groups get lost (pytest 9.2, xdist 3.8).
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path, _, name = nodeid.removeprefix("tests/").partition("::")
            week = re.search(r"\[(week\d\d|elective_[a-z])-", name)
            alone = is_one_of(path, SHARED_OUT)
            return nodeid if alone else f"{path} {week[1] if week else ''}"

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None
