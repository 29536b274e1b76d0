"""One planted class for all files of this folder: it takes seconds to make."""

import shutil

import planted_class
import pytest
from repository import ROOT


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """A graded class with planted mistakes, and the lesson; who changes it puts it back."""
    folder = planted_class.planted_class(tmp_path_factory.mktemp("planted") / "course")
    (folder / "course").mkdir()
    shutil.copy(ROOT / "course" / "week03.md", folder / "course")
    return folder


@pytest.fixture
def course(planted, monkeypatch):
    """The planted class as the current folder, without reports."""
    monkeypatch.chdir(planted)
    shutil.rmtree(planted / "reports", ignore_errors=True)
    return planted
