"""Bad submissions to the tiny course, one function per kind, each for a student of that name.

A function gets the course folder and the student's folder, in which ``ps.ipynb`` with right answers
already lies, and spoils it. :data:`KINDS` says what each earns and what the student, or else the
instructor, reads about it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell
from tiny_course import FILE, HALF, NAME, about, answered, source_notebook, submit


@dataclass(frozen=True)
class Kind:
    """What a kind of bad submission earns, and what is said about it.

    Attributes:
        points: score in the gradebook.
        page: words on the student's feedback page.
        log: words that stand together in one warning of `nbgrader autograde`.
        has_page: False where nbgrader's own design leaves no feedback page.
    """

    points: float
    page: str = ""
    log: tuple[str, ...] = ()
    has_page: bool = True


KINDS = {
    # files that are no notebook: 0 points, and the page says why
    "invalid_json": Kind(0, "is not valid JSON"),
    "empty": Kind(0, "is empty (0 bytes)"),
    "not_utf8": Kind(0, "not UTF-8 at byte"),
    "nested": Kind(0, "is nested too deeply"),
    "no_notebook_inside": Kind(0, "is not a valid notebook"),
    "number_as_source": Kind(0, "is not a valid notebook"),
    "from_the_future": Kind(0, "is not a valid notebook"),
    "too_large": Kind(0, "has 101 MB (the limit is 100 MB)"),
    "link": Kind(0, "is a link to another place"),
    "linked_folder": Kind(0, "is a link to another place"),
    "folder": Kind(0, "could not be read"),
    "pipe": Kind(0, "could not be read"),
    # notebooks in bad shape: what runs is graded
    "nbformat3": Kind(7),
    "other_kernel": Kind(7),
    "no_kernel": Kind(7),
    "no_cells": Kind(0, "doubled is not defined", ("Restored the missing cell", "doubled")),
    "missing_cells": Kind(5, "centred is not defined", ("Restored the missing cell", "centred")),
    "duplicated_cells": Kind(7, log=("stands there twice", "doubled")),
    "foreign_cells": Kind(7),
    "old_metadata": Kind(7),
    "half_a_letter": Kind(7),
    "byte_order_mark": Kind(7),
    "windows_lines": Kind(7),
    "loud": Kind(7, "output cut off"),
    "loud_file": Kind(7),
    # notebooks with something beside them
    "link_beside": Kind(7, log=("link_beside", "passwords.txt")),
    "broken_link": Kind(7, log=("broken_link", "data.csv")),
    "endless_link": Kind(7, log=("endless_link", "data.csv")),
    "pipe_beside": Kind(7, log=("pipe_beside", "data.csv")),
    "extra_files": Kind(7),
    "own_numpy": Kind(7),
    "odd_names": Kind(7),
    "in_the_way": Kind(7),
    "two_notebooks": Kind(7, log=("two_notebooks", "ps (1).ipynb")),
    "bad_timestamp": Kind(7, log=("bad_timestamp", "timestamp.txt")),
    "pipe_timestamp": Kind(7, log=("pipe_timestamp", "timestamp.txt")),
    # nothing by the name that was asked for: nbgrader makes no page, the instructor reads why
    "no_notebook": Kind(0, log=("no_notebook", "No notebooks were matched"), has_page=False),
    "other_name": Kind(0, log=("other_name", "my homework.ipynb"), has_page=False),
}


def hand_in(kind: str, course: Path) -> None:
    """Let a student of that name submit right answers, and spoil them."""
    globals()[kind](course, submit(course, kind, answered(course)))


def change(folder: Path, **fields: object) -> None:
    """Change fields of the notebook's JSON."""
    nb = json.loads((folder / FILE).read_text(encoding="utf-8"))
    (folder / FILE).write_text(json.dumps({**nb, **fields}), encoding="utf-8")


def cells(folder: Path) -> list[dict]:
    """Return the notebook's cells as JSON has them."""
    return json.loads((folder / FILE).read_text(encoding="utf-8"))["cells"]


# --- files that are no notebook -------------------------------------------------------------------


def invalid_json(course, folder):
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text(text[: len(text) // 2], encoding="utf-8")


def empty(course, folder):
    (folder / FILE).write_bytes(b"")


def not_utf8(course, folder):
    (folder / FILE).write_bytes('{"cells": "é"}'.encode("latin-1"))


def nested(course, folder):
    (folder / FILE).write_text("[" * 200_000 + "]" * 200_000, encoding="utf-8")


def no_notebook_inside(course, folder):
    (folder / FILE).write_text('[{"name": "not a notebook"}]', encoding="utf-8")


def number_as_source(course, folder):
    broken = cells(folder)
    broken[1]["source"] = 7
    change(folder, cells=broken)


def from_the_future(course, folder):
    change(folder, nbformat=9)


def too_large(course, folder):
    with (folder / FILE).open("r+b") as file:
        file.truncate(101 * 2**20)


def link(course, folder):
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(course / "submitted" / "right" / NAME / FILE)


def linked_folder(course, folder):
    (folder / FILE).unlink()
    folder.rmdir()
    folder.symlink_to(course / "submitted" / "right" / NAME)


def folder(course, folder):
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def pipe(course, folder):
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


# --- notebooks in bad shape -----------------------------------------------------------------------


def nbformat3(course, folder):
    nb = nbformat.convert(nbformat.read(folder / FILE, as_version=4), 3)
    (folder / FILE).write_text(json.dumps(nb), encoding="utf-8")


def other_kernel(course, folder):
    kernel = {"name": "julia-1.6", "display_name": "Julia", "language": "julia"}
    change(folder, metadata={"kernelspec": kernel, "language_info": {"name": "julia"}})


def no_kernel(course, folder):
    change(folder, metadata={})


def no_cells(course, folder):
    change(folder, cells=[])


def missing_cells(course, folder):
    kept = [c for c in cells(folder) if "centred" not in str(c["metadata"])]
    change(folder, cells=kept)


def duplicated_cells(course, folder):
    wrong = nbformat.from_dict(answered(course, HALF)).cells
    change(folder, cells=[*wrong, *cells(folder)])


def foreign_cells(course, folder):
    rich = new_code_cell("100", metadata=about("bonus", points=100))
    other = source_notebook(("doubled",)).cells[1]
    other.metadata = about("answer-of-another-course", solution=True)
    change(folder, cells=[rich, other, *cells(folder)])


def old_metadata(course, folder):
    old = cells(folder)
    for cell in old:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 1
    change(folder, cells=old)


def half_a_letter(course, folder):
    cell = new_code_cell("# \ud83d is one half of a smiley")
    change(folder, cells=[*cells(folder), cell])


def byte_order_mark(course, folder):
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + (folder / FILE).read_bytes())


def windows_lines(course, folder):
    text = json.dumps(json.loads((folder / FILE).read_bytes()), indent=1)
    text = text.replace(r"\n", r"\r\n").replace("\n", "\r\n")
    (folder / FILE).write_bytes(text.encode())


def loud(course, folder):
    cell = new_code_cell("for _ in range(60):\n    print('x' * 2**20)")
    change(folder, cells=[*cells(folder), cell])


def loud_file(course, folder):
    cell = new_code_cell("'loud'")
    cell.outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * 60 * 2**20}]
    change(folder, cells=[*cells(folder), cell])


# --- notebooks with something beside them ---------------------------------------------------------


def link_beside(course, folder):
    (folder / "passwords.txt").symlink_to("/etc/passwd")


def broken_link(course, folder):
    (folder / "data.csv").symlink_to("nowhere.csv")


def endless_link(course, folder):
    (folder / "data.csv").symlink_to("/dev/zero")


def pipe_beside(course, folder):
    os.mkfifo(folder / "data.csv")


def extra_files(course, folder):
    (folder / "more" / "and more").mkdir(parents=True)
    (folder / "more" / "and more" / "notes.txt").write_text("notes", encoding="utf-8")
    (folder / "photo.bin").write_bytes(bytes(range(256)) * 4000)


def own_numpy(course, folder):
    (folder / "numpy.py").write_text("raise SystemExit", encoding="utf-8")


def odd_names(course, folder):
    (folder / "two\nlines.txt").write_text("", encoding="utf-8")
    (folder / "[brackets].txt").write_text("", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("", encoding="utf-8")


def in_the_way(course, folder):
    (folder / "numbers.csv").mkdir()  # the instructor's file has this name
    (folder / "numbers.csv" / "mine.csv").write_text("1", encoding="utf-8")


def two_notebooks(course, folder):
    (folder / "ps (1).ipynb").write_bytes((folder / FILE).read_bytes())


def bad_timestamp(course, folder):
    (folder / "timestamp.txt").write_bytes(b"yesterday \xff")


def pipe_timestamp(course, folder):
    os.mkfifo(folder / "timestamp.txt")


# --- nothing by the name that was asked for -------------------------------------------------------


def no_notebook(course, folder):
    (folder / FILE).unlink()
    (folder / "answers.docx").write_bytes(b"PK")


def other_name(course, folder):
    (folder / FILE).rename(folder / "my homework.ipynb")
