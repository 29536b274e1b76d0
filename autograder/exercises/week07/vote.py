"""Week 7: the class that most of the nearest neighbours have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_shape, expect_unchanged, run
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "vote",
    signature="def vote(labels):",
    right={
        "the first of the largest": """
            n = (labels[:, :, None] == labels[:, None, :]).sum(2)
            return labels.gather(
                1, (n == n.amax(1, keepdim=True)).int().argmax(1).unsqueeze(1)
            ).squeeze(1)
        """,
        "a dictionary for each row": """
            winners = []
            for row in labels.tolist():
                counts = {}
                for label in row:
                    counts[label] = counts.get(label, 0) + 1
                winners.append(max(counts, key=counts.get))
            return torch.tensor(winners)
        """,
        "votes plus a little for being near": """
            n = (labels[:, :, None] == labels[:, None, :]).sum(2)
            return labels.gather(
                1, (n - torch.arange(labels.shape[1]) / labels.shape[1]).argmax(1).unsqueeze(1)
            ).squeeze(1)
        """,
    },
    wrong={
        "smallest-label": "return labels.mode(dim=1).values",
        "first-only": "return labels[:, 0]",
        "last-only": "return labels[:, -1]",
        "largest-label": "return -(-labels).mode(dim=1).values",
        "last-tied": """
            winners = []
            for row in labels.tolist():
                winners.append(max(dict.fromkeys(row), key=lambda c: (row.count(c), row.index(c))))
            return torch.tensor(winners)
        """,
        "rarest": {"amax": "amin"},
        "median": "return labels.median(dim=1).values",
        "mean": "return labels.double().mean(dim=1).round().long()",
        "count": """
            n = (labels[:, :, None] == labels[:, None, :]).sum(2)
            return n.amax(1)
        """,
        "place": {"labels.gather(\n        1, ": "(", ".unsqueeze(1)\n    ).squeeze(1)": ")"},
        "class-number": {
            "labels.gather": "torch.searchsorted(labels.unique(), labels.gather",
            ".squeeze(1)": ".squeeze(1))",
        },
        "one-for-all": "return labels.flatten().mode().values",
        "raised-RuntimeError": "return F.one_hot(labels, 10).sum(1).argmax(1)",
    },
)

MESSAGES = {
    "smallest-label": "in a tie the *smallest label* won; the class of the nearest should",
    "largest-label": "in a tie the *largest label* won; the class of the nearest should",
    "last-tied": "in a tie the class that appears *last* won; the class of the nearest should",
    "rarest": "the *least* frequent class won",
    "median": "the middle of the sorted labels; labels are names, count them",
    "mean": "the mean of the labels; labels are names, count them",
    "count": "the number of votes; return the class",
    "place": "the place in the row; return the class that stands there",
    "class-number": "the number of the class in sorted order; return the label itself",
    # Last, because wrong rules for ties give the same in some rows.
    "first-only": "always the nearest alone; let all of them vote",
    "last-only": "always the farthest alone; let all of them vote",
}


def votes(labels: Tensor, how: str = "") -> Tensor:
    """Return the votes by counting in lists, or what a mistake makes of them."""
    winners = []
    for row in labels.tolist():
        counts = {kind: row.count(kind) for kind in row}  # in order of first appearance
        tied = [kind for kind in counts if counts[kind] == max(counts.values())]
        rarest = [kind for kind in counts if counts[kind] == min(counts.values())]
        mistaken = {
            "smallest-label": min(tied),
            "largest-label": max(tied),
            "first-only": row[0],
            "last-only": row[-1],
            "rarest": rarest[0],
            "median": sorted(row)[(len(row) - 1) // 2],
            "mean": round(sum(row) / len(row)),
            "count": max(counts.values()),
            "place": row.index(tied[0]),
            "class-number": sorted(set(labels.flatten().tolist())).index(tied[0]),
            "last-tied": tied[-1],
        }
        winners.append(mistaken.get(how, tied[0]))
    return torch.tensor(winners)


def expect_votes(vote: Callable, rows: Sequence[Sequence[int]]) -> None:
    """Compare the student's votes with counting."""
    labels = torch.tensor(rows)
    given, what = labels.clone(), "the votes"
    value = run(vote, given, name="vote")
    single = Mistake("one-for-all", (), "one class for all queries; one for each row")
    expect_shape(value, (len(labels),), what, [single])
    expect_close(value, votes(labels), what, visible(votes, MESSAGES, labels))
    expect_unchanged(labels, given, "vote")


@EXERCISE.criterion("the majority", points=1)
def majority(vote: Callable) -> None:
    """Rows with one most frequent class; labels may be large or negative; then one row alone."""
    clear = [[4, 1, 1, 1, 7], [0, 9, 9, 2, 9], [3, 8, 8, 3, 3], [6, 5, 6, 5, 6]]
    expect_votes(vote, [*clear, [2, 7, 4, 7, 7], [1, 0, 0, 0, 0]])
    expect_votes(vote, [[40, -3, -3], [-3, -3, 40], [12, 40, 40]])
    expect_votes(vote, [[5, 5, 8, 8, 8]])


@EXERCISE.criterion("ties", points=1)
def ties(vote: Callable) -> None:
    """Rows where two or more classes are equally frequent."""
    tied = [[5, 2, 2, 5, 9], [7, 3, 3, 7, 1], [1, 8, 8, 1, 6], [6, 4, 3, 2, 1], [9, 2, 2, 4, 4]]
    expect_votes(vote, [*tied, [0, 3, 1, 1, 3], [4, 9, 9, 4, 0]])
    expect_votes(vote, [[3, 1], [2, 6], [5, 5]])


@EXERCISE.conduct(right=votes)
def arguments(new: Draw, n: int) -> Arguments:
    """Labels of five neighbours."""
    return {"labels": new.integers(-2, 3, n, 5) * 3}
