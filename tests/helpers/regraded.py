"""What tests of regrading share: a check that is changed, and what stands in a course."""

import sqlite3
import sys
from pathlib import Path

import nbformat
import pytest
import tiny_course
from nbgrader.api import Gradebook
from ready_run import nbgrader
from tiny_course import (
    FILE,
    NAME,
    RIGHT,
    fingerprint,
    source_notebook,
)

from autograder.__main__ import main

KINDER = (3, "(vowels('banana') == 3) + (vowels('papa') == 2) + (vowels('') == 0) * 1")
STRICTER = (3, "(vowels('banana') == 3) + (vowels('OTTER') == 9) + (vowels('') == 0) * 1")


def run_ready(folder, *arguments):
    done = nbgrader(Path(folder), *arguments)
    sys.stderr.write(done.stderr)
    return done.returncode


def gradebook(course):
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny")


def change_check(course, test=KINDER):
    """Release the assignment again with another test of the vowels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tiny_course.TESTS, "vowels", test)
        nbformat.write(source_notebook(tuple(RIGHT)), course / "source" / NAME / FILE)
    done = nbgrader(course, "generate_assignment", NAME, "--force")
    assert done.returncode == 0, done.stderr


def rows(course):
    """Return the whole gradebook as text."""
    with sqlite3.connect(course / "gradebook.db") as book:
        return list(book.iterdump())


def state(course):
    return rows(course), fingerprint(course / "autograded"), fingerprint(course / "submitted")


def again(*arguments):
    return main(["regrade", *arguments])


def only_record(course):
    (path,) = (course / "regrades").glob("*.json")
    return path
