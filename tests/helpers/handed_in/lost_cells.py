"""Cells that were deleted, copied, moved, or lost what nbgrader wrote into them."""

import nbformat
from nbformat.v4 import new_code_cell
from tiny_course import HALF, RIGHT, about, answered, released, source_notebook

from handed_in.kind import change, each_cell, grade_id, kind, read, write

RECOGNISED = "had lost nbgrader&#x27;s metadata and were recognised"


def cells(folder):
    """Return the notebook's cells as JSON has them."""
    return read(folder)["cells"]


@kind(0, "doubled is not defined", ("missing cells were put back", "doubled"))
def no_cells(course, folder):
    """a notebook without cells"""
    change(folder, cells=[])


@kind(5, "centred is not defined", ("missing cells were put back", "centred"))
def missing_cells(course, folder):
    """an answer and its test deleted"""
    kept = [c for c in cells(folder) if "centred" not in str(c["metadata"])]
    change(folder, cells=kept)


@kind(7, "there twice", ("there twice", "doubled"))
def duplicated_cells(course, folder):
    """every cell twice, first with wrong answers"""
    wrong = nbformat.from_dict(answered(course, HALF)).cells
    change(folder, cells=[*wrong, *cells(folder)])


@kind(7)
def foreign_cells(course, folder):
    """cells that claim to be tests worth 100 points, or of another course"""
    rich = new_code_cell("100", metadata=about("bonus", points=100))
    other = source_notebook(("doubled",)).cells[1]
    other.metadata = about("answer-of-another-course", solution=True)
    change(folder, cells=[rich, other, *cells(folder)])


@kind(7, "by their ids")
def metadata_dropped(course, folder):
    """all metadata dropped, as by Deepnote or Kaggle; the cells' ids are kept"""
    each_cell(folder, lambda c: c.update(metadata={}))


@kind(7, "by what they define")
def ids_dropped_too(course, folder):
    """all metadata and ids dropped"""
    each_cell(folder, lambda c: (c.update(metadata={}), c.pop("id")))


@kind(7, "by what they define")
def copied_into_new(course, folder):
    """only the answers, copied into a new notebook"""
    answers = [
        {"cell_type": "code", "metadata": {}, "source": text, "outputs": []}
        for text in RIGHT.values()
    ]
    write(folder, {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": answers})


@kind(7, "by what they define")
def all_in_one_cell(course, folder):
    """all answers in one cell of a new notebook"""
    cell = {"cell_type": "code", "metadata": {}, "source": "\n\n".join(RIGHT.values())}
    write(folder, {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]})


@kind(7)
def switched_to_text(course, folder):
    """answers switched to Markdown cells"""
    each_cell(folder, lambda c: c.update(cell_type="markdown") if grade_id(c) in RIGHT else None)


@kind(7, "by what they define")
def switched_and_dropped(course, folder):
    """answers switched to Markdown cells, metadata and ids dropped"""

    def spoil(cell):
        if grade_id(cell) in RIGHT:
            cell["cell_type"] = "markdown"
        cell.update(metadata={})
        cell.pop("id")

    each_cell(folder, spoil)


@kind(5, "by how much of the released text they keep")
def renamed_function(course, folder):
    """metadata dropped, and a function renamed: its cell is known, its name is missing"""
    stub = {grade_id(c): c["source"] for c in released(course).cells}["centred"]

    def spoil(cell):
        if grade_id(cell) == "centred":
            cell["source"] = stub.replace("raise NotImplementedError()", "centered = None")
        cell.update(metadata={})
        cell.pop("id")

    each_cell(folder, spoil)


@kind(7, "by what they define")
def older_release(course, folder):
    """answers of an older release, in which the cells had other names"""

    def spoil(cell):
        if grade_id(cell):
            cell["metadata"]["nbgrader"]["grade_id"] += "-2025"
        cell.pop("id")

    each_cell(folder, spoil)


@kind(7, "counts as if it stood above")
def answer_below_its_test(course, folder):
    """an answer written at the end of the notebook, below its test"""
    nb = read(folder)
    first = next(c for c in nb["cells"] if grade_id(c) == "doubled")
    nb["cells"].append({**first, "metadata": {}, "id": "moved"})
    first["source"] = "# see the end"
    write(folder, nb)


@kind(7, "counts as if it stood above")
def answer_below_its_stub(course, folder):
    """the stub left as it was, the answer and its helper at the end of the notebook"""
    nb = read(folder)
    stub = {grade_id(c): c["source"] for c in released(course).cells}["doubled"]
    first = next(c for c in nb["cells"] if grade_id(c) == "doubled")
    first["source"] = stub
    helper = "two = 2"
    answer = "def doubled(numbers):\n    return [two * n for n in numbers]"
    for name, text in (("helper", helper), ("moved", answer)):
        nb["cells"].append({"cell_type": "code", "metadata": {}, "id": name, "source": text})
    write(folder, nb)


@kind(7)
def extra_cells(course, folder):
    """notes and experiments between the cells, one of which fails"""
    nb = read(folder)
    extra = [new_code_cell(text) for text in ("1 / 0", "doubled([1])", "import math")]
    for place, cell in zip((6, 3, 1), extra, strict=True):
        nb["cells"].insert(place, cell)
    write(folder, nb)


@kind(7, "count as they were released")
def changed_tests(course, folder):
    """tests that were edited"""
    each_cell(
        folder, lambda c: c.update(source="pass") if grade_id(c).startswith("test-") else None
    )


@kind(7, "missing cells were put back")
def deleted_tests(course, folder):
    """tests that were deleted"""
    kept = [c for c in cells(folder) if not grade_id(c).startswith("test-")]
    change(folder, cells=kept)
