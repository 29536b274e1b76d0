"""What was assumed about a submission: kept in its notebook, shown to student and instructor."""

from __future__ import annotations

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


def remarks(nb: NotebookNode) -> list[str]:
    """Return a notebook's remarks.

    Args:
        nb: the submission, sanitised or graded.
    """
    return [str(text) for text in nb.metadata.get(REMARKS, [])]
