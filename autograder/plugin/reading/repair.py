"""From any JSON that holds a notebook's cells to a notebook that is right by construction.

What counts of a submission are its cells: their kind, source, id, and nbgrader's and Jupyter's
metadata. Those are copied, one field at a time; outputs, and everything else, are not looked at, so
that nothing in them can make a notebook unreadable.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.plugin.reading.decoding import SAVE, Unreadable

KINDS = ("code", "markdown", "raw")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
IDENTIFIER = r"[A-Za-z0-9_-]{1,64}"  # of a cell, as nbformat 4.5 has them
MOST_CELLS = 20_000


def repair(said: Any) -> tuple[NotebookNode, list[str]]:
    """Return the notebook in what a file's JSON says, and what had to be assumed.

    Args:
        said: whatever the JSON is.

    Returns:
        A notebook of nbformat 4.5 without outputs, and remarks.

    Raises:
        Unreadable: there are no cells; the reason can be read after the file's name.
    """
    remarks: dict[str, None] = {}  # each once, in order
    metadata = {"kernelspec": _kernel(said, remarks)}
    nb = from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []})
    seen: set[str] = set()
    for cell in _cells(said, remarks)[:MOST_CELLS]:
        if isinstance(cell, dict):
            nb.cells.append(_cell(cell, seen, remarks))
        else:
            remarks["something among the cells is no cell and was left out"] = None
    return nb, list(remarks)


def _kernel(said: Any, remarks: dict[str, None]) -> dict[str, str]:
    metadata = said.get("metadata") if isinstance(said, dict) else None
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    good = isinstance(kernel, dict) and all(
        isinstance(kernel.get(key), str) for key in ("name", "display_name")
    )
    if not isinstance(metadata, dict) or ("kernelspec" in metadata and not good):
        remarks["the notebook's metadata were missing or damaged"] = None
    if not isinstance(kernel, dict) or not good:
        return dict(KERNEL)
    return {k: v for k, v in kernel.items() if isinstance(v, str)}


def _cells(said: Any, remarks: dict[str, None]) -> list[Any]:
    """Return the list of cells, wherever the notebook's format keeps it."""
    if isinstance(said, list) and any(isinstance(c, dict) and "cell_type" in c for c in said):
        remarks["the file holds a bare list of cells"] = None
        return said
    if not isinstance(said, dict):
        raise Unreadable(f"is JSON, but not a notebook (a {_kind(said)}). {SAVE}.")
    number = said.get("nbformat")
    if not isinstance(number, int) or isinstance(number, bool) or number not in (3, 4):
        remarks[f"its format says {str(number)[:20]!r} and was read as version 4"] = None
    cells = said.get("cells")
    if cells is None and isinstance(said.get("worksheets"), list):
        remarks["the notebook is in an old format (version 3) and was converted"] = None
        sheets = [s for s in said["worksheets"] if isinstance(s, dict)]
        found = [s.get("cells") for s in sheets]
        return [cell for cells in found if isinstance(cells, list) for cell in cells]
    if isinstance(cells, dict):
        remarks["the cells were not a list"] = None
        return list(cells.values())
    if not isinstance(cells, list):
        raise Unreadable(f"is not a valid notebook: it has no list of cells. {SAVE}.")
    return cells


def _cell(old: dict[str, Any], seen: set[str], remarks: dict[str, None]) -> NotebookNode:
    kind = old.get("cell_type")
    source = _source(old, remarks)
    if kind == "heading":  # of format 3
        kind, source = "markdown", f"# {source}"
    if not isinstance(kind, str) or kind not in KINDS:
        has_outputs = "outputs" in old or "execution_count" in old or "input" in old
        remarks[f"a cell of an unknown kind ({str(kind)[:20]!r}) was read as text or code"] = None
        kind = "code" if has_outputs else "markdown"
    name = old.get("id")
    if not isinstance(name, str) or not re.fullmatch(IDENTIFIER, name) or name in seen:
        if name is not None:
            remarks["a cell's id was damaged or there twice"] = None
        name = f"cell-{len(seen)}"
        while name in seen:
            name += "-"
    seen.add(name)
    # Made by hand: nbformat's own makers check every cell against a schema, which takes longer
    # than all the rest.
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": name,
        "metadata": _metadata(old, remarks),
        "source": source,
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    elif isinstance(old.get("attachments"), dict):
        cell["attachments"] = _pictures(old["attachments"], remarks)
    return from_dict(cell)


def _pictures(attachments: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    """Return the attachments in nbformat's form; what they hold is cleaned with their cell."""
    kept = {
        name: {mime: data for mime, data in bundle.items() if isinstance(data, str)}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }
    if len(kept) < len(attachments):
        remarks["a picture attached to a text was damaged and was left out"] = None
    return kept


def _source(old: dict[str, Any], remarks: dict[str, None]) -> str:
    source = old.get("source", old.get("input"))
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    remarks[f"a cell's source was not text (a {_kind(source)})"] = None
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return "" if source is None or isinstance(source, dict) else str(source)[:1000]


def _metadata(old: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    """Return the two entries that count: nbgrader's, and the tags."""
    metadata = old.get("metadata")
    if not isinstance(metadata, dict):
        remarks["a cell's metadata were missing or damaged"] = None
        return {}
    kept: dict[str, Any] = {}
    claim = metadata.get("nbgrader")
    if isinstance(claim, dict) and isinstance(claim.get("grade_id"), str):
        kept["nbgrader"] = {"grade_id": claim["grade_id"]}
    tags = metadata.get("tags")
    if isinstance(tags, list):
        kept["tags"] = [tag for tag in tags if isinstance(tag, str)]
    elif tags is not None:
        remarks["a cell's tags were not a list"] = None
    return kept


def _kind(value: Any) -> str:
    names = {dict: "dictionary", list: "list", str: "text", type(None): "null", bool: "boolean"}
    return names.get(type(value), "number")
