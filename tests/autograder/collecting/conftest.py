"""A course, and the command in it."""

import pytest
from downloads import make_course

from autograder.__main__ import main


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of five students; the current folder is its top folder."""
    folder = make_course(tmp_path / "course")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def collect(capsys):
    """Run the command; return its status and what it printed."""

    def run(*arguments):
        status = main(["collect", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run
