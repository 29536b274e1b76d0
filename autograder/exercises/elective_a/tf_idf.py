"""Elective A: counts of words, weighed by how few documents have the word, as rows of length 1."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "tf_idf",
    signature="def tf_idf(counts, collection):",
    right={
        "clamped and masked": """
            df = (collection > 0).sum(dim=0)
            weight = torch.log(len(collection) / df.clamp_min(1)) * (df > 0)
            return F.normalize(torch.log1p(counts) * weight)
        """,
        "where, in float64": """
            df = collection.double().sign().sum(dim=0)
            weight = torch.where(df > 0, math.log(collection.shape[0]) - df.log(), 0.0)
            x = (1 + counts.double()).log() * weight
            length = x.square().sum(dim=1, keepdim=True).sqrt()
            return torch.where(length > 0, x / length, 0.0)
        """,
        "numpy, logarithms to base 2": """
            n, df = collection.shape[0], (collection > 0).sum(dim=0).numpy()
            weight = np.zeros(len(df))
            weight[df > 0] = np.log2(n / df[df > 0])
            rows = np.log2(1 + counts.double().numpy()) * weight
            length = np.linalg.norm(rows, axis=1, keepdims=True)
            length[length == 0] = 1
            return torch.from_numpy(rows / length)
        """,
        "word by word, then row by row": """
            out = torch.zeros(counts.shape)
            for v in range(counts.shape[1]):
                df = sum(1 for document in collection if document[v] > 0)
                if df:
                    out[:, v] = torch.log(counts[:, v] + 1) * math.log(len(collection) / df)
            for i, row in enumerate(out):
                if row.any():
                    out[i] = row / row.norm()
            return out
        """,
    },
    wrong={
        "total-counts": {"(collection > 0)": "collection"},
        "own-documents": {"collection > 0": "counts > 0", "len(collection)": "len(counts)"},
        "words-for-documents": {"len(collection)": "collection.shape[1]"},
        "smoothed": {"df.clamp_min(1)) * (df > 0)": "(1 + df))"},
        "one-added": {
            "len(collection) / df.clamp_min(1)) * (df > 0)": "(1 + len(collection)) / (1 + df)) + 1"
        },
        "idf-not-logged": {"torch.log(len(collection) / df.clamp_min(1))": "1 / df.clamp_min(1)"},
        "no-idf": {" * weight": ""},
        "not-logged": {"torch.log1p(counts)": "counts"},
        "one-outside": {"torch.log1p(counts)": "(1 + counts.log()).clamp_min(0)"},
        "too-early": {
            "F.normalize(torch.log1p(counts) * weight)": "F.normalize(torch.log1p(counts)) * weight"
        },
        "not-normalised": {"F.normalize(torch.log1p(counts) * weight)": "counts.log1p() * weight"},
        "columns": {" * weight)": " * weight, dim=0)"},
        "sum-is-one": {" * weight)": " * weight, p=1)"},
        "unseen-word": {" * (df > 0)": ""},
        "nan-for-unseen": {".clamp_min(1)": ""},
        "nan-for-empty": {
            "return F.normalize(torch.log1p(counts) * weight)": (
                "x = counts.log1p() * weight; return x / x.norm(dim=1, keepdim=True)"
            )
        },
    },
)

NAME, WHAT = EXERCISE.name, "the rows"
# What is wrong whatever the length of a row, and what is wrong about its length alone.
WEIGHTS = {
    "total-counts": "a word's counts in the collection were added up; df is the number of "
    "documents that have the word, however often",
    "own-documents": "df was counted in the documents of `counts`; count it in `collection`",
    "words-for-documents": "N is the number of documents, not that of words",
    "smoothed": "log(N / (1 + df)): the 1 is not asked for, and makes a word of every document "
    "weigh less than nothing",
    "one-added": "log((1 + N) / (1 + df)) + 1, as some libraries have it; here it is log(N / df)",
    "idf-not-logged": "N / df without its logarithm",
    "no-idf": "log(1 + count) alone; multiply by log(N / df)",
    "not-logged": "counts times log(N / df); take log(1 + count)",
    "one-outside": "1 + log(count) instead of log(1 + count)",
    "log-of-counts": "log(count), so that a word that occurs once weighs nothing; log(1 + count)",
    "shares": "counts were divided by the document's length before log(1 + …)",
    "columns": "columns were given length 1; normalise each document's row: dim=1",
    "unseen-word": "a word that no document of the collection has got the weight log N; it weighs "
    "0, as there is nothing to find by it",
}
LENGTHS = {
    "too-early": "rows were given length 1 before they were multiplied by log(N / df), which "
    "changes their length again",
    "not-normalised": "the rows do not have length 1: divide each by its length",
    "sum-is-one": "the numbers of a row add up to 1; it is the length, √Σx², that shall be 1",
    "whole-table": "divided by the length of the whole table; each row by its own",
    "largest-is-one": "the largest number of a row is 1; divide by the row's length",
}


def idf(collection: list[list[float]], how: str) -> list[float]:
    """Return log(N / df) of every word in plain Python, or what a mistake makes of it."""
    n = len(collection[0]) if how == "words-for-documents" else len(collection)
    weights = []
    for column in zip(*collection, strict=True):
        df = sum(column) if how == "total-counts" else len([c for c in column if c > 0])
        usual = math.log(n) - math.log(df) if df else math.log(n) * (how == "unseen-word")
        others = {
            "smoothed": math.log(n) - math.log1p(df),
            "one-added": 1 + math.log1p(n) - math.log1p(df),
            "idf-not-logged": n / df if df else 0.0,
            "no-idf": 1.0,
        }
        weights.append(others.get(how, usual))
    return weights


def term(count: float, total: float, how: str) -> float:
    """Return log(1 + count), or what a mistake makes of it."""
    if not count:
        return 0.0
    return {
        "not-logged": count,
        "one-outside": 1 + math.log(count),
        "log-of-counts": math.log(count),
        "shares": math.log1p(count / total),
    }.get(how, math.log1p(count))


def divided(table: Tensor, length: Tensor) -> Tensor:
    """Return a table divided by lengths; where one is 0, zeros stay."""
    return table / torch.where(length > 0, length, torch.ones_like(length))


def of_length_one(table: Tensor) -> Tensor:
    """Return the rows scaled to length 1, whatever length they had."""
    return divided(table.double(), table.double().square().sum(1, keepdim=True).sqrt())


def weighed(counts: Tensor, collection: Tensor, how: str = "") -> Tensor:
    """Return the rows, word by word in float64, or what a mistake makes of them."""
    rows = counts.tolist()
    weight = idf(rows if how == "own-documents" else collection.tolist(), how)
    weights = torch.tensor(weight, dtype=torch.float64)
    table = [[term(c, sum(row), how) for c in row] for row in rows]
    terms = torch.tensor(table, dtype=torch.float64)
    if how == "too-early":
        return of_length_one(terms) * weights
    weighted = terms * weights
    squares = weighted.square()
    length = {
        "columns": squares.sum(0, keepdim=True).sqrt(),
        "not-normalised": torch.ones(1, dtype=torch.float64),
        "sum-is-one": weighted.abs().sum(1, keepdim=True),
        "whole-table": squares.sum().sqrt(),
        "largest-is-one": weighted.abs().amax(1, keepdim=True),
    }.get(how, squares.sum(1, keepdim=True).sqrt())
    return divided(weighted, length)


def random_counts(documents: int, seed: int) -> Tensor:
    """Return counts of seven words, the first of them rare, the last frequent."""
    rng = grader_generator(seed)
    present = torch.rand(documents, 7, generator=rng) < torch.linspace(0.25, 0.8, 7)
    return torch.randint(1, 9, (documents, 7), generator=rng).float() * present


COUNTS, COLLECTION = random_counts(5, 401), random_counts(9, 402)


def found_for(tf_idf: Callable, counts: Tensor, collection: Tensor) -> Tensor:
    """Return the student's table of these documents."""
    given = counts.clone(), collection.clone()
    found = run(tf_idf, *given, name=NAME)
    shapes = [
        Mistake("wrong-documents", tuple(collection.shape), "one row for each document of `counts`")
    ]
    table = expect_shape(found, counts.shape, WHAT, shapes)
    for before, after in zip((counts, collection), given, strict=True):
        expect_unchanged(before, after, NAME)
    return table


def known(counts: Tensor, collection: Tensor) -> list[Mistake]:
    """Return the known mistakes for these documents."""
    every = (WEIGHTS | LENGTHS).items()
    return [Mistake(how, weighed(counts, collection, how), why) for how, why in every]


@EXERCISE.criterion("what a word weighs", points=1)
def weights(tf_idf: Callable) -> None:
    """Five documents among nine others; here rows are compared up to their lengths."""
    table = found_for(tf_idf, COUNTS, COLLECTION)
    mistakes = [
        Mistake(how, of_length_one(weighed(COUNTS, COLLECTION, how)), why)
        for how, why in WEIGHTS.items()
    ]
    right = weighed(COUNTS, COLLECTION)
    expect_close(of_length_one(table), right, f"{WHAT}, lengths aside", mistakes)


@EXERCISE.criterion("rows of length 1", points=1)
def lengths(tf_idf: Callable) -> None:
    """The same documents, and the collection's own."""
    for counts in (COUNTS, COLLECTION):
        table = found_for(tf_idf, counts, COLLECTION)
        expect_close(table, weighed(counts, COLLECTION), WHAT, known(counts, COLLECTION))


EVERYWHERE = [[1.0, 0, 2, 1, 0], [3, 0, 0, 1, 0], [1, 4, 0, 2, 0], [7, 0, 0, 1, 5]]
# the second document is empty, the third has nothing but words that are in every document
WEIGHTLESS = [[2.0, 1, 0, 3, 1], [0, 0, 0, 0, 0], [4, 0, 0, 1, 0]]
RARE = [[0.0, 0, 2, 1, 0], [0, 0, 0, 1, 0], [0, 4, 0, 2, 0], [0, 3, 0, 0, 0]]
UNSEEN = [[2.0, 1, 0, 3, 1], [3, 0, 1, 0, 0], [0, 2, 0, 1, 0]]


@EXERCISE.criterion("words and documents without weight", points=1)
def without_weight(tf_idf: Callable) -> None:
    """Empty documents, words of every document, and words of none."""
    cases = [
        (WEIGHTLESS, EVERYWHERE, "nan-for-empty", "a row without any weight stays 0; 0 / 0 is NaN"),
        (UNSEEN, RARE, "nan-for-unseen", "for a word with df = 0, N / df is infinite; it weighs 0"),
        ([[1.0, 0, 0, 0, 2], *UNSEEN], RARE, "nan-for-empty", "a row without weight stays 0"),
    ]
    for rows, documents, name, why in cases:
        counts, collection = torch.tensor(rows), torch.tensor(documents)
        table = found_for(tf_idf, counts, collection)
        expect(
            bool(torch.isfinite(table).all()), f"{WHAT} have NaN or infinite values: {why}", name
        )
        expect_close(table, weighed(counts, collection), WHAT, known(counts, collection))


@EXERCISE.conduct(
    right=weighed,
    extremes=[{"counts": torch.zeros(2, 3), "collection": torch.tensor([[1.0, 2.0, 0.0]])}],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Documents and a collection, with words that are rare; at the extreme nothing has weight."""
    return {
        "counts": new.integers(0, 6, n, 5).float(),
        "collection": (new.integers(0, 6, n + 3, 5) - new.integers(0, 6, 5)).clamp_min(0).float(),
    }
