"""Real digits of the shipped MNIST subset as data addresses, for drawings that show an image."""

from __future__ import annotations

import base64
import struct
import zlib
from functools import cache

import numpy as np

LEVELS = 16  # shades of grey, 4 bits each: enough for a digit of an inch


def address(image: np.ndarray) -> str:
    """Return a grey image as the data address of a PNG: 0 is paper, 1 is ink.

    The PNG is written here and not compressed, so that it is the same on every machine.

    Args:
        image: (H, W), values in [0, 1]; what lies outside is cut off.

    Raises:
        ValueError: the image has another shape.
    """
    if image.ndim != 2:
        raise ValueError(f"a drawn image has shape (H, W), got {image.shape}; pass one channel")
    shades = np.round((LEVELS - 1) * (1 - np.clip(image, 0, 1))).astype(np.uint8)
    shades = np.pad(shades, ((0, 0), (0, shades.shape[1] % 2)))  # a row fills whole bytes
    rows = shades[:, ::2] * LEVELS + shades[:, 1::2]  # two pixels a byte
    height, width = image.shape
    raw = b"".join(b"\0" + row.tobytes() for row in rows)  # 0: the row is stored as it is
    png = b"\x89PNG\r\n\x1a\n"
    png += _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 0, 0, 0, 0))
    png += _chunk(b"IDAT", zlib.compress(raw, 0)) + _chunk(b"IEND", b"")
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a piece of a PNG file: its length, its kind, the data, a checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def images() -> np.ndarray:
    """Return the 5,000 training digits, shape (5000, 28, 28), values in [0, 1]."""
    from aeutils.data import load

    return load("mnist", size="small").x_train[:, 0].numpy()


@cache
def labels() -> np.ndarray:
    """Return the digits' classes, shape (5000,)."""
    from aeutils.data import load

    return load("mnist", size="small").y_train.numpy()


def digit(label: int, which: int = 0) -> np.ndarray:
    """Return one digit, shape (28, 28), values in [0, 1].

    Args:
        label: its class, 0 to 9.
        which: the how-manieth of its class, counted from 0.

    Raises:
        ValueError: there is no such digit.
    """
    found = np.flatnonzero(labels() == label)
    if not 0 <= which < len(found):
        raise ValueError(f"there are {len(found)} digits {label}, counted from 0; got {which}")
    return images()[found[which]]


@cache
def _axes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean (784,), principal axes (784, 784) and variances (784,), the largest first."""
    flat = images().reshape(-1, 784).astype(np.float64)
    mean = flat.mean(axis=0)
    values, vectors = np.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    return mean, vectors[:, ::-1], values[::-1]


def variances() -> list[float]:
    """Return the variance of the digits along each of their 784 principal axes, largest first."""
    return [float(value) for value in _axes()[2]]


def rebuilt(image: np.ndarray, numbers: int) -> np.ndarray:
    """Return an image (28, 28) rebuilt by PCA from its first `numbers` coordinates.

    Args:
        image: (28, 28).
        numbers: size of the code, 1 to 784.
    """
    mean, vectors, _ = _axes()
    axes = vectors[:, :numbers]
    return (mean + axes @ (axes.T @ (image.reshape(784) - mean))).reshape(28, 28)
