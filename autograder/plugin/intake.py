"""A clean copy of one submission: regular files and readable notebooks, nothing else.

nbgrader opens and copies whatever lies in a submitted folder: a link to another student's work, a
pipe that never ends, a file that claims to be a notebook. It gets this copy instead. The submitted
folder itself is only read.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.plugin.reading.choice import Folder
from autograder.plugin.reading.files import MOST, MOST_FILES, irregular, is_litter, walk
from autograder.plugin.releases import Release
from autograder.plugin.remarks import remark
from autograder.plugin.timestamps import read_time, write_time

UNREADABLE = "autograder_unreadable"
NOTE = "note"  # id of the cell that stands for a notebook which could not be read
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


def stage(submitted: Path, staged: Path, releases: dict[str, Release]) -> list[str]:
    """Copy a submission; return what an instructor should know.

    Args:
        submitted: the folder as it was handed in.
        staged: where the copy goes.
        releases: what was released, by the file names of the notebooks that nbgrader will ask for;
            each becomes one, if only an empty one that says what was found in its place.

    Returns:
        Sentences for the log.
    """
    staged.mkdir(parents=True, exist_ok=True)
    scratch = staged.with_name(f"{staged.name}.unpacked")
    try:
        folder = Folder(submitted, scratch)
        used: dict[Path, Path] = {}  # path of a notebook that was taken -> folder it lies in
        for name, release in releases.items():
            choice = folder.choose(name, release, frozenset(releases) - {name})
            if choice.found is not None and choice.found.nb is not None:
                nb = choice.found.nb
                used[choice.found.path] = choice.found.path.parent
            else:
                nb = note(choice.problem)
            remark(nb, *choice.remarks)
            folder.notes += choice.remarks or ([choice.problem] if choice.problem else [])
            text = json.dumps(nb, ensure_ascii=False)
            (staged / name).write_bytes(text.encode("utf-8", "replace"))  # half a surrogate pair
        _copy_files(folder, staged, set(releases), used)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)  # it is there if an archive was opened
    return folder.notes


def _copy_files(folder: Folder, staged: Path, names: set[str], used: dict[Path, Path]) -> None:
    """Copy what lies beside the notebooks: where it was, and beside a notebook that was deeper."""
    room, count = MOST, 0
    for path, shown in folder.files:
        left_out = is_litter(shown) or shown.parts[0] in names or str(shown) == TIMESTAMP
        if path in used or left_out:
            continue
        problem = irregular(path)
        if not problem:
            room -= path.stat().st_size
            count += 1
            beyond = room < 0 or count > MOST_FILES
            problem = "is beyond the room for extra files" if beyond else ""
        if problem:
            folder.notes.append(f"{folder.submitted / shown} {problem} and was left out")
            continue
        places = {shown}
        places |= {path.relative_to(base) for base in used.values() if path.is_relative_to(base)}
        for place in places:
            # The time of a submission is what its collection recorded, and comes another way.
            if str(place) == TIMESTAMP or place.parts[0] in names or (staged / place).exists():
                continue
            with suppress(OSError):  # a file where a folder would have to be
                (staged / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, staged / place)


def make_way(staged: Path, support: Path) -> None:
    """Remove what would stand in the way of the instructor's own files, which come on top.

    Args:
        staged: the clean copy of a submission.
        support: folder of the instructor's own files.
    """
    for path in walk(support) if support.is_dir() else ():
        relative = path.relative_to(support)
        if (staged / relative).is_dir():
            shutil.rmtree(staged / relative)
        for parent in list(relative.parents)[:-1]:
            if (staged / parent).is_file():
                (staged / parent).unlink()


def note(reason: str) -> NotebookNode:
    """Return a notebook that stands for one that could not be read.

    :class:`~autograder.plugin.restore.RestoreCells` puts the tests into it, they earn 0, and the
    student gets a feedback page instead of silence.

    Args:
        reason: what was found, and what to do.
    """
    return new_notebook(
        cells=[new_markdown_cell(f"**This submission could not be read.** {reason}", id=NOTE)],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            UNREADABLE: reason,
        },
    )
