"""Rebuild the embedded subsets from the whole data sets, and check the shipped files against them.

Run from anywhere, once the whole sets are in the cache (``python -m aeutils fetch mnist``, ...)::

    python -m aeutils.data.embedded.make_subsets             # check; exit status 1 if different
    python -m aeutils.data.embedded.make_subsets --out DIR   # also write the .npz files to DIR

How a subset is drawn, with numpy's generator seeded with 0: for the training split and then for the
test split, the same number of rows from every class without repetition, sorted, then shuffled.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aeutils.data.cache import default_root
from aeutils.data.formats import Arrays
from aeutils.data.loading import EMBEDDED, EMBEDDED_FOLDER
from aeutils.data.whole import DataUnavailableError, obtain

PER_CLASS = {"mnist": (500, 100), "fashion_mnist": (200, 50)}  # training, test
SEED = 0


def draw_rows(labels: np.ndarray, per_class: int, generator: np.random.Generator) -> np.ndarray:
    """Return the row numbers of a stratified subset, shuffled.

    Args:
        labels: class of each row of the whole split, shape (N,).
        per_class: how many rows to draw from each class.
        generator: source of randomness; its state moves on.

    Returns:
        int64 array of shape (number of classes · per_class,), without repetition.

    Raises:
        ValueError: a class has fewer than `per_class` rows.

    >>> draw_rows(np.array([0, 0, 1, 1]), 2, np.random.default_rng(0)).tolist()
    [3, 2, 1, 0]
    """
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < per_class:
        small = classes[counts.argmin()]
        raise ValueError(
            f"class {small} has {counts.min()} rows, too few to draw {per_class} without repetition"
        )
    rows = [
        generator.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in classes
    ]
    drawn = np.sort(np.concatenate(rows))
    generator.shuffle(drawn)
    return drawn


def build(whole: Arrays, per_class: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return the arrays of a subset of `whole` = (x_train, y_train, x_test, y_test).

    Images lose their channel dimension: uint8 of shape (n, 28, 28). ``train_index`` and
    ``test_index`` (uint16) say which rows of the whole split were taken.

    Args:
        whole: (x_train, y_train, x_test, y_test).
        per_class: images of each class to take for training and for testing.
    """
    x_train, y_train, x_test, y_test = whole
    generator = np.random.default_rng(SEED)
    train = draw_rows(y_train, per_class[0], generator)
    test = draw_rows(y_test, per_class[1], generator)
    return {
        "x_train": x_train[train, 0],
        "y_train": y_train[train],
        "x_test": x_test[test, 0],
        "y_test": y_test[test],
        "train_index": train.astype(np.uint16),
        "test_index": test.astype(np.uint16),
    }


def differences(
    shipped: dict[str, np.ndarray], whole: Arrays, rebuilt: dict[str, np.ndarray]
) -> list[str]:
    """Return one line for each thing that is wrong with a shipped subset; [] if it is right.

    Two independent checks: each shipped image and label is the row of the whole set that its index
    names, and each array equals the rebuilt one.
    """
    problems = []
    for split, x, y in (("train", *whole[:2]), ("test", *whole[2:])):
        index = shipped[f"{split}_index"]
        if len(np.unique(index)) != len(index):
            problems.append(f"{split}_index names a row twice")
        for key, rows in ((f"x_{split}", x[:, 0]), (f"y_{split}", y)):
            if not np.array_equal(shipped[key], rows[index]):
                problems.append(f"{key} differs from the rows of the whole set in {split}_index")
    for key, array in rebuilt.items():
        if not np.array_equal(shipped[key], array):
            problems.append(f"{key} differs from the rebuilt array")
    return problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every embedded subset; return 0 if all are right, else 1.

    Args:
        arguments: the words of the command line; None for those of the process.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, help="cache folder with the whole data sets")
    parser.add_argument("--out", type=Path, help="existing folder to write the rebuilt files to")
    options = parser.parse_args(arguments)
    status = 0
    for name, per_class in PER_CLASS.items():
        filename = EMBEDDED[name][0]
        try:
            whole = obtain(name, options.root or default_root()).read()
        except DataUnavailableError as error:
            print(error, file=sys.stderr)
            return 1
        rebuilt = build(whole, per_class)
        with np.load(EMBEDDED_FOLDER / filename, allow_pickle=False) as file:
            problems = differences(dict(file), whole, rebuilt)
        print(f"{filename}: " + ("; ".join(problems) or "equal to the rebuilt subset"))
        status |= bool(problems)
        if options.out:
            arrays: dict[str, Any] = rebuilt
            np.savez_compressed(options.out / filename, **arrays)
    return status


if __name__ == "__main__":
    sys.exit(main())
