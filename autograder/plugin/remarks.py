"""What was assumed about a submission: kept in its notebook, shown to student and instructor."""

from __future__ import annotations

import sys
from logging import Logger
from pathlib import Path

import nbformat
from nbformat import NotebookNode

REMARKS = "autograder_remarks"
MOST = 40
LONGEST = 600  # characters of one remark


def remark(nb: NotebookNode, *texts: str) -> None:
    """Add remarks to a notebook, each once.

    Args:
        nb: the submission.
        texts: plain sentences, which may hold names that a student chose.
    """
    known = list(nb.metadata.get(REMARKS, []))
    known += [text[:LONGEST] for text in dict.fromkeys(texts) if text[:LONGEST] not in known]
    if known:
        nb.metadata[REMARKS] = known[:MOST]


def tell(nb: NotebookNode, log: Logger, student: str, *texts: str) -> None:
    """Add remarks to a notebook, and tell the instructor.

    Args:
        nb: the submission.
        log: where an instructor reads what happened.
        student: whose submission it is.
        texts: as for `remark`.
    """
    remark(nb, *texts)
    for text in texts:
        log.warning("%s: %s", student, text)


def remarks(nb: NotebookNode) -> list[str]:
    """Return a notebook's remarks.

    Args:
        nb: the submission, sanitised or graded.
    """
    return [str(text) for text in nb.metadata.get(REMARKS, [])]


def print_remarks(autograded: Path, assignment: str) -> int:
    """Print what was assumed about a class's submissions.

    Args:
        autograded: nbgrader's folder of graded submissions.
        assignment: the assignment's name.

    Returns:
        A command's exit status.
    """
    folders = sorted(autograded.glob(f"*/{assignment}"))
    if not folders:
        print(
            f"nothing graded was found as {autograded.resolve()}/STUDENT/{assignment}: run "
            f"`nbgrader autograde {assignment}` in the course folder first, or name that folder "
            "with --course",
            file=sys.stderr,
        )
        return 1
    said = 0
    for folder in folders:
        for path in sorted(folder.glob("*.ipynb")):
            texts = remarks(nbformat.read(path, as_version=4))
            said += bool(texts)
            for text in texts:
                print(f"{folder.parent.name}: {text}")
    print(f"{len(folders)} submissions, something was assumed about {said}")
    return 0
