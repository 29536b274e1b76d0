"""Downloads as learning platforms make them, and a course that they are collected into."""

import csv
import io
import json
import os
import shutil
import sys
import warnings
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, writes
from nbgrader.api import Gradebook

ASSIGNMENT = "week01_pca"
NOTEBOOK = f"{ASSIGNMENT}.ipynb"
PACKED = (2026, 3, 9, 8, 30, 0)  # when the instructor downloaded the zip
# id, first name, last name, email
CLASS = [
    ("ann", "Ann", "Lee", "ann@example.org"),
    ("zoe", "Zoë", "García Márquez", "zoe@example.org"),
    ("sob", "Sinéad", "O'Brien", "sob@example.org"),
    ("jlp", "Jean-Luc", "Łukasz-Müller", "jlp@example.org"),
    ("bob", "Bob", "Doe", "bob@example.org"),
]


def notebook(answer: str = "1") -> bytes:
    """Return a notebook with one cell."""
    return writes(new_notebook(cells=[new_code_cell(answer, id="answer")])).encode()


def make_zip(path: Path, files: dict, time=PACKED) -> Path:
    """Write a zip; a value is the file's bytes, or a pair of its time and its bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            when, data = content if isinstance(content, tuple) else (time, content)
            archive.writestr(zipfile.ZipInfo(name, when), data)
    return path


def make_csv(path: Path, rows: list, separator=",", encoding="utf-8") -> Path:
    """Write a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def make_gradebook(path: Path, people=CLASS) -> Path:
    """Make a gradebook of these people; nbgrader looks for its helper `alembic` on the PATH."""
    scripts = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("PATH", scripts, prepend=os.pathsep)
        warnings.simplefilter("ignore")  # SQLAlchemy's
        with Gradebook(f"sqlite:///{path}") as book:
            for student, first, last, email in people:
                book.add_student(student, first_name=first, last_name=last, email=email)
    return path


def make_course(folder: Path, gradebook: Path) -> Path:
    """Make a course with one released assignment and a copy of a gradebook."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    released = folder / "release" / ASSIGNMENT
    released.mkdir(parents=True)
    (released / NOTEBOOK).write_bytes(notebook())
    shutil.copyfile(gradebook, folder / "gradebook.db")
    return folder


def handed_in(folder: Path, student: str) -> dict:
    """Return what was collected of a student: relative paths and bytes."""
    top = folder / "submitted" / student / ASSIGNMENT
    files = (path for path in top.rglob("*") if path.is_file())
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in files}


def everything(folder: Path) -> dict:
    """Return every file below `submitted` but the record, with its bytes."""
    top = folder / "submitted"
    found = {path.relative_to(top).as_posix(): path for path in top.rglob("*")}
    return {
        name: path.read_bytes() if path.is_file() else None
        for name, path in sorted(found.items())
        if not name.startswith(".collected")
    }


def recorded(folder: Path) -> dict:
    """Return what collecting noted."""
    path = folder / "submitted" / ".collected" / f"{ASSIGNMENT}.json"
    return json.loads(path.read_text(encoding="utf-8"))
