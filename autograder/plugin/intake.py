"""A clean copy of one submission: regular files and readable notebooks, nothing else.

nbgrader opens and copies whatever lies in a submitted folder: a link to another student's work, a
pipe that never ends, a file that claims to be a notebook. It gets this copy instead. The submitted
folder itself is only read.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.plugin.timestamps import read_time, write_time

UNREADABLE = "autograder_unreadable"
LARGEST = 100 * 2**20  # bytes of one file
MOST = 512 * 2**20  # bytes of all files beside the notebooks
TIMESTAMP = "timestamp.txt"  # only the one at the top, which the collection wrote


def stage_timestamp(submitted: Path, staged: Path) -> list[str]:
    """Copy the time of submission, if it is one; return what an instructor should know.

    Args:
        submitted: the folder as it was handed in.
        staged: where the copy goes.

    Returns:
        Sentences for the log.
    """
    path = submitted / TIMESTAMP
    if not os.path.lexists(path):
        return []
    problem = irregular(path)
    text = ""
    try:
        if not problem:
            text = write_time(read_time(path.read_bytes()))
    except ValueError as error:
        problem = str(error)
    if problem:
        return [f"{path} {problem}: this submission counts as being without a time"]
    staged.mkdir(parents=True, exist_ok=True)
    (staged / TIMESTAMP).write_text(text, encoding="utf-8")
    return []


def stage(submitted: Path, staged: Path, notebooks: list[str]) -> list[str]:
    """Copy a submission; return what an instructor should know.

    Args:
        submitted: the folder as it was handed in.
        staged: where the copy goes.
        notebooks: names of the notebooks that nbgrader will ask for; each becomes one, if only an
            empty one that says why the submitted file could not be read.

    Returns:
        Sentences for the log.
    """
    staged.mkdir(parents=True, exist_ok=True)
    notes, room = [], MOST
    for name in notebooks:
        nb, reason = read_notebook(submitted / name)
        if reason:
            notes.append(reason)
        text = nbformat.writes(nb).encode("utf-8", "replace")  # half a surrogate pair
        (staged / name).write_bytes(text)
    for path in _walk(submitted):
        relative = path.relative_to(submitted)
        if relative.parts[0] in notebooks or str(relative) == TIMESTAMP:
            continue
        problem = irregular(path)
        if not problem:
            room -= path.stat().st_size
            problem = "is beyond the room for extra files" if room < 0 else ""
        if problem:
            notes.append(f"{path} {problem} and was left out")
            continue
        (staged / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, staged / relative)
    return notes


def make_way(staged: Path, support: Path) -> None:
    """Remove what would stand in the way of the instructor's own files, which come on top.

    Args:
        staged: the clean copy of a submission.
        support: folder of the instructor's own files.
    """
    for path in _walk(support) if support.is_dir() else ():
        relative = path.relative_to(support)
        if (staged / relative).is_dir():
            shutil.rmtree(staged / relative)
        for parent in list(relative.parents)[:-1]:
            if (staged / parent).is_file():
                (staged / parent).unlink()


def _walk(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder but its real sub-folders; links are not followed."""
    for parent, folders, files in os.walk(folder):
        for name in [*files, *(f for f in folders if Path(parent, f).is_symlink())]:
            yield Path(parent, name)


def irregular(path: Path) -> str:
    """Say why a path is not a file to be opened, or return "".

    Args:
        path: what was handed in.

    Returns:
        The reason, to be read after the path.
    """
    if path.is_symlink() or path.parent.is_symlink():
        return "is a link to another place"
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "is a folder"
    if not stat.S_ISREG(mode):
        return "is a pipe or a device"
    size = path.stat().st_size
    if size > LARGEST:
        return f"has {size / 2**20:.0f} MB (the limit is {LARGEST // 2**20} MB)"
    return ""


def read_notebook(path: Path) -> tuple[NotebookNode, str]:
    """Return the notebook in a file and ""; or a note in its place, and why it is unreadable.

    :class:`~autograder.plugin.restore.RestoreCells` puts the tests into the note, they earn 0, and
    the student gets a feedback page instead of silence.

    Args:
        path: the file.
    """
    problem = irregular(path)
    if problem:
        advice = "Submit the notebook itself"
        if "MB" in problem:
            advice = "In JupyterLab, choose Edit > Clear Outputs of All Cells and save"
        reason = f"{path.name} {problem}, not a notebook. {advice}."
    else:
        raw = path.read_bytes()
        try:
            nb = nbformat.reads(raw.decode("utf-8-sig"), as_version=4)
            nbformat.validate(nb)
            nb.metadata.pop(UNREADABLE, None)
            return nb, ""
        except (Exception, RecursionError) as error:
            reason = _explain(path.name, raw, error)
    nb = new_notebook(
        cells=[new_markdown_cell(f"**This submission could not be read.** {reason}", id="note")],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            UNREADABLE: reason,
        },
    )
    return nb, reason


def _explain(name: str, raw: bytes, error: BaseException) -> str:
    """Say in one line why bytes are not a notebook and what their author can do."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    found = f"is not a valid notebook ({first[:120]})"
    if not raw.strip():
        found = f"is empty ({len(raw)} bytes)"
    else:
        try:
            json.loads(raw)
        except UnicodeDecodeError as bad:
            found = f"is not text ({len(raw)} bytes, not UTF-8 at byte {bad.start})"
        except RecursionError:
            found = f"is nested too deeply to be a notebook ({len(raw)} bytes)"
        except ValueError as bad:
            found = f"is not valid JSON ({len(raw)} bytes; {str(bad)[:120]})"
    return (
        f"{name} {found}. Expected: a Jupyter notebook saved with File > Save Notebook. "
        "Open it in JupyterLab, or copy your answers into a fresh copy, save and submit again."
    )
