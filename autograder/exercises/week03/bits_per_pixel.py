"""Week 3: the length of rounded codes, in bits per pixel of their images."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "bits_per_pixel",
    signature="def bits_per_pixel(train_symbols, symbols, n_pixels):",
    right={
        "bincount": """
            total = 0.0
            for column, other in zip(train_symbols.T, symbols.T):
                a, b = int(column.min()), int(column.max())
                counts = torch.bincount(column - a) + 1.0
                p = counts / counts.sum()
                total -= float(p.log2()[other.clamp(a, b) - a].mean())
            return total / n_pixels
        """,
        "a Counter and plain Python": """
            from collections import Counter
            bits = 0.0
            for d in range(train_symbols.shape[1]):
                column = train_symbols[:, d].tolist()
                low, high, seen = min(column), max(column), Counter(column)
                total = len(column) + high - low + 1
                for s in symbols[:, d].tolist():
                    bits += math.log2(total / (seen[max(low, min(high, s))] + 1))
            return bits / len(symbols) / n_pixels
        """,
        "numpy, float64": """
            t, s = train_symbols.numpy(), symbols.numpy()
            lengths = np.zeros(len(s))
            for d in range(t.shape[1]):
                values = np.arange(t[:, d].min(), t[:, d].max() + 1)
                counts = (t[:, d][:, None] == values).sum(0) + 1
                index = np.clip(s[:, d], values[0], values[-1]) - values[0]
                lengths += -np.log2(counts / counts.sum())[index]
            return lengths.mean() / n_pixels
        """,
    },
    wrong={
        "nats": {"log2": "log"},
        "per-image": {"return total / n_pixels": "return total"},
        "total": {"mean()": "sum()"},
        "mean-over-columns": {"total / n_pixels": "total / train_symbols.shape[1] / n_pixels"},
        "one-table": """
            a, b = int(train_symbols.min()), int(train_symbols.max())
            counts = torch.bincount(train_symbols.flatten() - a) + 1.0
            p = counts / counts.sum()
            return float(-p.log2()[symbols.clamp(a, b) - a].sum(1).mean()) / n_pixels
        """,
        "counted-on-test": {"zip(train_symbols.T": "zip(symbols.T"},
        "training-entropy": """
            total = 0.0
            for column in train_symbols.T:
                counts = torch.bincount(column - column.min())
                p = counts[counts > 0] / counts.sum()
                total -= float((p * p.log2()).sum())
            return total / n_pixels
        """,
        "no-smoothing": {"(column - a) + 1.0": "(column - a).double()"},
        "not-clipped": {
            "        counts = torch.bincount(column - a) + 1.0": (
                "        a, b = min(a, int(other.min())), max(b, int(other.max()))\n"
                "        counts = torch.bincount(column - a, minlength=b - a + 1) + 1.0"
            ),
            "other.clamp(a, b)": "other",
        },
        "swapped": {"zip(train_symbols.T, symbols.T)": "zip(symbols.T, train_symbols.T)"},
        "sign": {"return total": "return -total"},
        "gaps-left-out": """
            total = 0.0
            for column, other in zip(train_symbols.T, symbols.T):
                other = other.clamp(int(column.min()), int(column.max()))
                kinds = column.unique()
                for s in other:
                    n = (column == s).sum() + 1
                    total -= math.log2(float(n) / (len(column) + len(kinds)))
            return total / len(symbols) / n_pixels
        """,
        "training-codes": {", symbols.T)": ", train_symbols.T)"},
        "common-range": """
            a, b = int(train_symbols.min()), int(train_symbols.max())
            total = 0.0
            for column, other in zip(train_symbols.T, symbols.T):
                counts = torch.bincount(column - a, minlength=b - a + 1) + 1.0
                p = counts / counts.sum()
                total -= float(p.log2()[other.clamp(a, b) - a].mean())
            return total / n_pixels
        """,
    },
)

PIXELS = 50


def draw(n: int, seed: int) -> Tensor:
    """Return n codes of three symbols whose ranges and places differ."""
    wide = torch.tensor([0.6, 2.0, 5.0])
    rounded = (torch.randn(n, 3, generator=grader_generator(seed)) * wide).round().long()
    return rounded + torch.tensor([0, 30, -20])


TRAIN = draw(60, 51)
LOW, HIGH = TRAIN.min(0).values, TRAIN.max(0).values
# Symbols that did come in training: nothing hangs on smoothing's zeros or on clipping.
SEEN = torch.stack([TRAIN[:20, 0], TRAIN[5:25, 1], TRAIN[9:29, 2]], dim=1)
HOLES = torch.tensor([[0, 2], [0, 2], [4, 3], [4, 5]])


def mean_length(train: Tensor, symbols: Tensor, smooth: float = 1.0) -> float:
    """Return bits per pixel in plain Python, column by column."""
    bits = 0.0
    for column, other in zip(train.T.tolist(), symbols.T.tolist(), strict=True):
        a, b, counts = min(column), max(column), Counter(column)
        total = len(column) + smooth * (b - a + 1)
        for s in other:
            n = counts[min(max(s, a), b)] + smooth
            bits -= math.log(n / total, 2) if n else -math.inf
    return bits / len(symbols) / PIXELS


def with_alphabet(train: Tensor, symbols: Tensor, sizes: list[int]) -> float:
    """Return bits per pixel where each column's alphabet is said to have so many symbols."""
    bits = 0.0
    columns = zip(train.T.tolist(), symbols.T.tolist(), sizes, strict=True)
    for column, other, size in columns:
        bits -= sum(math.log2((Counter(column)[v] + 1) / (len(column) + size)) for v in other)
    return bits / len(symbols) / PIXELS


def known(t: Tensor, s: Tensor) -> list[Mistake]:
    """Return the usual mistakes for training symbols t and measured symbols s."""
    right, n, k = mean_length(t, s), len(s), s.shape[1]
    table = mean_length(t.reshape(-1, 1), s.reshape(-1, 1)) * k
    common = with_alphabet(t, s, [int(HIGH.max() - LOW.min() + 1)] * k)
    very = "probabilities counted on the very codes that are measured"
    entropy = "the entropy of the training symbols; measure the other ones"
    training = "the length of the training codes; measure the other ones"
    return [
        Mistake("per-image", right * PIXELS, "bits per image; divide by its pixels"),
        Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
        Mistake("sign", -right, "the sign: *minus* log₂ p"),
        Mistake("total", right * n, "the total of all images; take their mean"),
        Mistake("total", right * n * PIXELS, "the total of all images; take their mean"),
        Mistake("mean-over-columns", right / k, "averaged over columns; sum them"),
        Mistake("one-table", table, "one table for all columns: each has its own"),
        Mistake("training-entropy", mean_length(t, t, 0.0), entropy),
        Mistake("training-codes", mean_length(t, t), training),
        Mistake("counted-on-test", mean_length(s, s), very),
        Mistake("counted-on-test", mean_length(s, s, 0.0), very),
        Mistake("swapped", mean_length(s, t), "training and measured codes are swapped"),
        Mistake(
            "common-range", common, "all columns were given one common range; each has its own"
        ),
        Mistake("no-smoothing", mean_length(t, s, 0.0), "one is to be added to every count"),
    ]


def answer(bits_per_pixel: Callable, train: Tensor, symbols: Tensor) -> Tensor:
    """Return what the student's function gives."""
    got = run(bits_per_pixel, train.clone(), symbols.clone(), PIXELS, name="bits_per_pixel")
    return to_tensor(got, "the bits per pixel")


@EXERCISE.criterion("lengths of codes, per pixel", points=1)
def lengths(bits_per_pixel: Callable) -> None:
    """Codes of one number."""
    column, one = SEEN[:, :1], TRAIN[:, :1]
    mistakes = [m for m in known(one, column) if m.name not in ("one-table", "mean-over-columns")]
    got = answer(bits_per_pixel, one, column)
    right = mean_length(one, column)
    expect_close(got, right, "the bits per pixel of codes of one number", mistakes)


@EXERCISE.criterion("probabilities from the training codes", points=1)
def probabilities(bits_per_pixel: Callable) -> None:
    """Other codes than those of training, inside their range."""
    inside = torch.maximum(torch.minimum(draw(30, 52), HIGH), LOW)
    got, right = answer(bits_per_pixel, TRAIN, inside), mean_length(TRAIN, inside)
    expect_close(got, right, "the bits per pixel", known(TRAIN, inside), rtol=1e-3)


@EXERCISE.criterion("a table for each column", points=1)
def tables(bits_per_pixel: Callable) -> None:
    """Columns of different ranges."""
    got, right = answer(bits_per_pixel, TRAIN, SEEN), mean_length(TRAIN, SEEN)
    expect_close(got, right, "the bits per pixel", known(TRAIN, SEEN), rtol=1e-3)


@EXERCISE.criterion("symbols that never came in training", points=1)
def never_seen(bits_per_pixel: Callable) -> None:
    """Symbols in gaps of the training symbols, and beyond both ends."""
    new = torch.tensor([[2, 4], [1, 2]])
    got = answer(bits_per_pixel, HOLES, new)
    expect(
        bool(torch.isfinite(got).all()),
        "infinite or NaN for a symbol between those of training: add one to every count",
        "no-smoothing",
    )
    gaps = (
        "the probabilities do not add up to 1: the whole numbers in the gaps belong to the alphabet"
    )
    present = with_alphabet(HOLES, new, [len(c.unique()) for c in HOLES.T])
    expect_close(
        got,
        mean_length(HOLES, new),
        "the bits per pixel of symbols that fall into gaps of the training symbols",
        [Mistake("gaps-left-out", present, gaps), *known(HOLES, new)],
    )
    far = torch.tensor([[-9, 2], [99, 70]])
    got = answer(bits_per_pixel, HOLES, far)
    expect(
        bool(torch.isfinite(got).all()),
        "infinite or NaN for a symbol outside the training range: move it to the nearer end",
        "not-clipped",
    )
    both = torch.cat([HOLES, far])
    stretched = with_alphabet(HOLES, far, [int(c.max() - c.min() + 1) for c in both.T])
    why = "the range was stretched by the measured codes; move them to its end"
    expect_close(
        got,
        mean_length(HOLES, far),
        "the bits per pixel of symbols outside the training range",
        [Mistake("not-clipped", stretched, why), *known(HOLES, far)],
    )


@EXERCISE.conduct(
    right=lambda t, s, pixels: mean_length(t, s) * PIXELS / pixels, between=(0, math.inf)
)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of three symbols, and a number of pixels."""
    return {
        "train_symbols": new.integers(-4, 5, n + 20, 3),
        "symbols": new.integers(-5, 6, n, 3),
        "n_pixels": new.alternate(7, 9),
    }
