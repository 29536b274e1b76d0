"""Which tests are quick, which take longest, and which may run on any worker.

`tests/__main__.py` and `tests/conftest.py` read it, so it imports nothing that takes time.
"""

from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
QUICK = (
    *("aeutils/test_*.py", "aeutils/*/test_*.py", "book/test_*.py", "test_*.py"),
    *(
        "autograder/test_builder.py",
        "autograder/test_handout.py",
        "autograder/plugin/test_reading.py",
        "autograder/plugin/test_sanitise.py",
        "autograder/plugin/test_tables.py",
        "autograder/plugin/test_timestamps.py",
        "autograder/collecting/test_*.py",
        "autograder/class_report/test_diagnoses.py",
        "autograder/class_report/test_people.py",
        "autograder/class_report/test_predictions.py",
        "autograder/class_report/test_statistics.py",
        "autograder/class_report/test_weeks_page.py",
        "autograder/similarity/test_same_pairs.py",
        "autograder/similarity/test_same_tokens.py",
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
# These take minutes: they come first, so that no worker is left alone with one at the end. Those
# that wait and those that compute take turns, so that there is work for every core.
LONGEST = (
    *("autograder/test_attacks.py", "notebooks", "autograder/plugin/test_interrupted.py"),
    *("browser/*", "autograder/hall/test_dask.py", "autograder/exercises/test_bank_in_hall.py"),
    *("autograder/plugin/*", "autograder/*/*", "autograder/*", "book/test_site.py"),
)


def is_one_of(path: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a path below `tests` matches one of the patterns."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def is_quick(path: str) -> bool:
    """Return whether a file's tests are quick."""
    return is_one_of(path, QUICK) and not is_one_of(path, SLOW)


def quick_files() -> list[str]:
    """Return the files of the quick tests, from the top folder."""
    found = (path.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py"))
    return sorted(f"tests/{name}" for name in found if is_quick(name))


def place(path: str) -> int:
    """Return where in the order a file's tests come."""
    return next((i for i, name in enumerate(LONGEST) if fnmatch(path, name)), len(LONGEST))
