"""Which submissions a run has begun and not finished, so that the next run can finish them.

nbgrader skips a student whose folder in ``autograded/`` exists, however a killed run left it. So
one small file per student is written before nbgrader makes that folder. It holds a token that only
the finished notebook bears; a folder whose notebooks do not bear it is graded again.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from pathlib import Path

FOLDER = ".exam-hall"
KEY = "exam_hall"
METADATA = b'\n "metadata": {'  # of the notebook, not of a cell, as far in as nbformat writes it


class Pending:
    """The pending submissions of one assignment.

    They lie in ``autograded/.exam-hall/journal/<assignment>/``, where earlier releases kept them,
    so that this one finishes what those have begun.
    """

    def __init__(self, hall: Path, assignment: str) -> None:
        self.folder = hall / "journal" / assignment

    def begin(self, student: str) -> None:
        """Note that a student's submission is about to be graded."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{student}.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"token": secrets.token_hex(16)}), encoding="utf-8")
        new.replace(path)

    def token(self, student: str) -> str:
        """Return the token of a student's present grading, or "" if none was begun."""
        try:
            text = (self.folder / f"{student}.json").read_text(encoding="utf-8")
            return str(json.loads(text)["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def interrupted(self, student: str, graded: Path) -> bool:
        """Tell whether `graded`, a student's folder, was left unfinished by an earlier run."""
        token = self.token(student)
        if not token:
            return (self.folder / f"{student}.json").exists()
        notebooks = list(graded.glob("*.ipynb"))
        return not notebooks or any(_token_of(path) != token for path in notebooks)


def _token_of(path: Path) -> str:
    """Return the token of a notebook, "" if it has none or is not whole."""
    try:
        raw = path.read_bytes()
    except OSError:
        return ""
    end = raw.rfind(METADATA)
    # The metadata are the last of what nbformat writes, with line ends that no text in a notebook
    # has as it is written. If they can be read to the last brace, the rest was written before
    # them; a machine that lost its power leaves zeros.
    for text in (b"{" + raw[end:] if end >= 0 and b"\0" not in raw else b"", raw):
        with suppress(ValueError, KeyError, TypeError):
            return str(json.loads(text)["metadata"][KEY]["token"])
    return ""
