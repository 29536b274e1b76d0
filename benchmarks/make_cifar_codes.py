"""Rebuild the embedded codes of CIFAR-10's photographs, and check the shipped file.

Needs whole CIFAR-10 in the cache, and trains the encoder of `photograph_codes` anew::

    python -m aeutils fetch cifar10
    python -m benchmarks.make_cifar_codes              # compare
    python -m benchmarks.make_cifar_codes --out DIR    # write

It stands here and not beside the file, because the library does not import the benchmarks. Another
version of torch, or another processor, may round differently and train to slightly other codes, so
the comparison says how far they are apart, and the labels and PCA's codes have to agree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from aeutils import data
from aeutils.data import Dataset
from aeutils.data.loading import EMBEDDED_FOLDER
from aeutils.data.photographs import ENCODERS, FILE
from benchmarks import cifar_codes, photograph_codes

TRAIN, TEST = 2000, 1000  # the first rows of either part of CIFAR-10
SEED = 0
KEPT = 128  # of the networks' principal axes
CLOSE = 0.02  # PCA's codes are rounded to float16


def build(
    codes: Mapping[str, tuple[Tensor, Tensor]], photographs: Dataset
) -> dict[str, np.ndarray]:
    """Return the arrays of the shipped file.

    Args:
        codes: of training and test photographs by the name of the encoder, which
            `cifar_codes.encoders` returns.
        photographs: whose labels they have.
    """
    arrays = {}
    for name, stored in ENCODERS.items():
        train, test = codes[name]
        if name != "PCA-32":
            train, test = (photograph_codes.shortened(z, KEPT) for z in (train, test))
        arrays[f"{stored}_train"] = train[:TRAIN].numpy().astype(np.float16)
        arrays[f"{stored}_test"] = test[:TEST].numpy().astype(np.float16)
    arrays["y_train"] = photographs.y_train[:TRAIN].numpy().astype(np.uint8)
    arrays["y_test"] = photographs.y_test[:TEST].numpy().astype(np.uint8)
    return arrays


def apart(made: np.ndarray, shipped: np.ndarray) -> float:
    """Return the largest difference of two arrays; infinity if their shapes differ."""
    if made.shape != shipped.shape:
        return float("inf")
    return float(np.abs(made.astype(np.float64) - shipped.astype(np.float64)).max())


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the shipped file with what is made anew, or write it.

    Args:
        arguments: of the command line; None for those of this process.

    Returns:
        0, or 1 if the labels or the codes in closed form are not the shipped ones.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder to write to; without it, compare")
    options = parser.parse_args(arguments)
    photographs = data.load("cifar10", size="full")
    codes, _, _ = cifar_codes.encoders(photographs, SEED)
    arrays = build(codes, photographs)
    if options.out:
        np.savez_compressed(options.out / FILE, **arrays)  # type: ignore[arg-type]
        return 0
    with np.load(EMBEDDED_FOLDER / FILE, allow_pickle=False) as file:
        different = {name: apart(array, file[name]) for name, array in arrays.items()}
    for name, largest in different.items():
        print(f"{name}: largest difference {largest:.3g}")
    exact = ("y_train", "y_test", "pca_train", "pca_test")
    return int(any(different[name] > CLOSE for name in exact))


if __name__ == "__main__":
    sys.exit(main())
