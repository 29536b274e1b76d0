"""A course, and the command in it."""

import pytest
from downloads import make_course, make_gradebook

from autograder.__main__ import main


@pytest.fixture(scope="session")
def gradebook(tmp_path_factory):
    """A gradebook of five students; making one takes seconds."""
    return make_gradebook(tmp_path_factory.mktemp("people") / "gradebook.db")


@pytest.fixture
def course(gradebook, tmp_path, monkeypatch):
    """A course of five students; the current folder is its top folder."""
    folder = make_course(tmp_path / "course", gradebook)
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
