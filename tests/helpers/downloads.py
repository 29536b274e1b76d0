"""Downloads as learning platforms make them, and a course that they are collected into."""

import csv
import io
import json
import warnings
import zipfile
from pathlib import Path

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
    return writes(new_notebook(cells=[new_code_cell(answer)])).encode()


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


def make_course(folder: Path, people=CLASS) -> Path:
    """Make a course with one released assignment and a gradebook of these people."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    released = folder / "release" / ASSIGNMENT
    released.mkdir(parents=True)
    (released / NOTEBOOK).write_bytes(notebook())
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        warnings.simplefilter("ignore")
        for student, first, last, email in people:
            book.add_student(student, first_name=first, last_name=last, email=email)
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
