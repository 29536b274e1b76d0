"""One thread, and every call of `aeutils` checked against its type hints while the tests run."""

import os
import re

os.environ.setdefault("OMP_NUM_THREADS", "1")

from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch
from beartype import BeartypeConf, BeartypeDecorPlace
from beartype.claw import beartype_package

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
QUICK = (
    *("aeutils/test_*.py", "aeutils/*/test_*.py", "book/test_*.py", "test_*.py"),
    *(
        "autograder/test_builder.py",
        "autograder/test_handout.py",
        "autograder/plugin/test_sanitise.py",
        "autograder/plugin/test_tables.py",
        "autograder/plugin/test_timestamps.py",
        "autograder/collecting/test_*.py",
    ),
    *(f"autograder/hall/test_{name}.py" for name in ("codec", "report", "trusted_names")),
)
# These train, start a kernel, or build the site.
SLOW = (
    *(
        "aeutils/training/*",
        "aeutils/plots/test_display_once.py",
        "aeutils/internal/test_doctor.py",
    ),
    *("aeutils/widgets/test_widgets_live.py", "book/test_site.py"),
    "autograder/collecting/test_week_through_moodle.py",
)
# Nothing slow is set up for a whole file here, so that workers may share its tests out.
SHARED_OUT = ("aeutils/*/test_*.py", "autograder/exercises/test_bank.py", "test_docstrings.py")
# These take minutes: they come first, so that no worker is left alone with one at the end.
LONGEST = (
    *("autograder/test_attacks.py", "autograder/plugin/test_interrupted.py"),
    *("autograder/hall/test_dask.py", "browser/*", "autograder/plugin/*", "autograder/*/*"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the quick tests, and begin with the longest."""
    for item in items:
        path = item.path.relative_to(HERE).as_posix()
        if is_one_of(path, QUICK) and not is_one_of(path, SLOW):
            item.add_marker("quick")
    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a file (and of one week of the answer bank) together on one worker.

    `--dist loadfile` itself shares nothing out; marks of groups get lost (pytest 9.2, xdist 3.8).
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path, _, name = nodeid.removeprefix("tests/").partition("::")
            week = re.search(r"\[(week\d\d)-", name)
            alone = is_one_of(path, SHARED_OUT)
            return nodeid if alone else f"{path} {week[1] if week else ''}"

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def place(item):
    path = item.path.relative_to(HERE).as_posix()
    return next((i for i, name in enumerate(LONGEST) if fnmatch(path, name)), len(LONGEST))


def is_one_of(path, patterns):
    return any(fnmatch(path, pattern) for pattern in patterns)
