"""Load a data set whole into memory: ``load("mnist")`` works offline and takes a few hundredths.

Two sizes: ``"small"`` is a subset shipped with the package (MNIST 5,000 + 1,000 images,
Fashion-MNIST 2,000 + 500); ``"full"`` is the whole set, read from a cache folder or downloaded into
it once. Each file is checked by hash before it is used. See ``course/datasets.md`` for sources,
licences, and how to work without a network.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import (
    check_float_tensor,
    check_images,
    check_labels,
    check_matrix,
    describe,
)
from aeutils.data.cache import default_root
from aeutils.data.formats import Arrays
from aeutils.data.sources import WHOLE_SETS
from aeutils.data.whole import DataUnavailableError, obtain

SIZES = ("small", "full")
EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
EMBEDDED = {  # name -> file, sha256
    "mnist": (
        "mnist_small.npz",
        "dfe15ea0af1724f581d77739f8d85e13ff92e6f60caa16eb48777fef7d28a24b",
    ),
    "fashion_mnist": (
        "fashion_mnist_small.npz",
        "5572f73a94bbd7393ead7ba3c25a4c28b524df07a5005b3f7439d84c9ace1694",
    ),
}
DIGIT_CLASSES = tuple("0123456789")
CLASSES = {
    "mnist": DIGIT_CLASSES,
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "cifar10": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    "digits": DIGIT_CLASSES,
}


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels of one data set, split into training and test data.

    Attributes:
        name: ``"mnist"``, ``"fashion_mnist"``, ``"cifar10"``, ``"digits"`` or your own.
        size: ``"small"`` or ``"full"``.
        x_train, x_test: float32 in [0, 1], shape (N, C, H, W), or (N, D) after `flat`.
        y_train, y_test: int64 class numbers, shape (N,).
        classes: name of each class; label i belongs to ``classes[i]``.
        source: where the images were read from.

    Raises:
        ValueError, TypeError: a tensor has another shape, dtype or range, holds NaN, or images and
            labels differ in number; the message names the field.
    """

    name: str
    size: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        for x, y, part in (
            (self.x_train, self.y_train, "train"),
            (self.x_test, self.y_test, "test"),
        ):
            _check_pixels(x, f"x_{part}")
            check_labels(y, len(x), f"y_{part}")
            if y.dtype != torch.int64:
                raise TypeError(f"y_{part} must be int64, got {describe(y)}; convert with .long()")
            if y.min() < 0 or y.max() >= len(self.classes):
                raise ValueError(
                    f"y_{part} has labels from {y.min()} to {y.max()}, but there are "
                    f"{len(self.classes)} classes, so labels go from 0 to {len(self.classes) - 1}"
                )
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise ValueError(
                f"training and test images differ in shape: x_train is {describe(self.x_train)}, "
                f"x_test is {describe(self.x_test)}"
            )

    def flat(self) -> Dataset:
        """Return the same data with one row per image: x of shape (N, D), D = C·H·W."""
        return dataclasses.replace(
            self, x_train=self.x_train.flatten(1), x_test=self.x_test.flatten(1)
        )

    def __repr__(self) -> str:
        x, test = tuple(self.x_train.shape), tuple(self.x_test.shape)
        return (
            f"Dataset {self.name!r}, {self.size}\n"
            f"  x_train {x} float32, y_train ({x[0]},) int64\n"
            f"  x_test  {test} float32, y_test  ({test[0]},) int64\n"
            f"  {len(self.classes)} classes: {', '.join(self.classes)}\n"
            f"  source: {self.source}"
        )


def load(
    name: str = "mnist", size: str | None = None, root: str | os.PathLike[str] | None = None
) -> Dataset:
    """Return a data set as float32 tensors in memory.

    Args:
        name: ``"mnist"`` (28 × 28), ``"fashion_mnist"`` (28 × 28), ``"cifar10"`` (3 × 32 × 32,
            whole only) or ``"digits"`` (8 × 8, from scikit-learn, for quick tests).
        size: ``"small"`` (shipped with the package) or ``"full"``. None reads the environment
            variable AEUTILS_SCALE, and means ``"small"`` where that is not set.
        root: cache folder for whole sets; None means AEUTILS_DATA or the platform's cache. A folder
            where torchvision has already put a data set works as it is.

    Raises:
        ValueError: unknown name or size, or a size that this data set does not have.
        TypeError: the name is not a string.
        DataUnavailableError: the files are not there and could not be downloaded.

    >>> load("mnist", size="small").x_train.shape
    torch.Size([5000, 1, 28, 28])
    """
    name, size = _check_name(name), _check_size(size)
    if name == "digits":
        arrays, source = _digits()
        scale = 16
    elif size == "small":
        arrays, source = _embedded(name)
        scale = 255
    else:
        whole = obtain(name, default_root() if root is None else Path(root))
        if whole.unwritten:
            warnings.warn(whole.unwritten, stacklevel=2)
        arrays, source = whole.read(), whole.source
        scale = 255
    x_train, y_train, x_test, y_test = arrays
    return Dataset(
        name=name,
        size=size,
        x_train=_to_unit(x_train, scale),
        y_train=torch.from_numpy(y_train.astype(np.int64)),
        x_test=_to_unit(x_test, scale),
        y_test=torch.from_numpy(y_test.astype(np.int64)),
        classes=CLASSES[name],
        source=source,
    )


def fetch(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Make sure that a whole data set lies on this machine, and return its folder.

    Args:
        name: one of the whole data sets.
        root: the folder for them; None for the default.

    Raises:
        ValueError: unknown name, or ``"digits"``, which has no files of its own.
        DataUnavailableError: it could not be downloaded, or not be written to the cache folder.
    """
    name = _check_name(name)
    if name not in WHOLE_SETS:
        raise ValueError(f"{name!r} comes with scikit-learn, there is nothing to fetch")
    whole = obtain(name, default_root() if root is None else Path(root))
    if whole.unwritten:
        raise DataUnavailableError(whole.unwritten)
    return whole.folder


def _check_name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"name must be a string such as 'mnist', got {describe(name)}")
    if name in CLASSES:
        return name
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    near = difflib.get_close_matches(wanted, CLASSES, n=1, cutoff=0.5)
    question = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"unknown data set {name!r}.{question} There are: {', '.join(CLASSES)}")


def _check_size(size: str | None) -> str:
    where = "size"
    if size is None:
        where, size = "AEUTILS_SCALE", os.environ.get("AEUTILS_SCALE") or "small"
    if size not in SIZES:
        raise ValueError(f"{where} must be 'small' or 'full', got {describe(size)}")
    return size


def _check_pixels(x: object, name: str) -> None:
    """Check shape, dtype and range in one pass over the values (NaN fails the comparison too)."""
    if not (isinstance(x, Tensor) and x.dtype == torch.float32 and x.numel() and x.ndim in (2, 4)):
        check = check_matrix if getattr(x, "ndim", None) == 2 else check_images
        check(x, name)  # explains a wrong type, rank or size; what passes it is float64 or float16
        raise TypeError(f"{name} must be float32, got {describe(x)}; convert it with .float()")
    low, high = x.aminmax()
    if not (low >= 0 and high <= 1):
        check_float_tensor(x, name)
        raise ValueError(
            f"{name} must lie in [0, 1], got values from {low:g} to {high:g}; "
            "divide pixels 0..255 by 255"
        )


def _to_unit(x: np.ndarray, scale: int) -> Tensor:
    """Return uint8 images 0..scale as one float32 tensor in [0, 1]."""
    # Two passes, both of whole vectors: `np.divide` converts small pieces, and takes half as long
    # again.
    unit = x.astype(np.float32, order="C")
    unit /= np.float32(scale)
    return torch.from_numpy(unit)


@functools.cache
def _embedded(name: str) -> tuple[Arrays, str]:
    """Read the subset shipped with the package, once; the arrays cannot be written to."""
    if name not in EMBEDDED:
        raise ValueError(
            f"{name} has no small version inside the package (it would be too big); use "
            f"load({name!r}, size='full'), which downloads about 170 MB once (or run: "
            f"python -m aeutils fetch {name}), or load('fashion_mnist', size='small')"
        )
    filename, expected = EMBEDDED[name]
    file = read_embedded(filename, expected)
    x_train, x_test = file["x_train"][:, None], file["x_test"][:, None]
    arrays = x_train, file["y_train"], x_test, file["y_test"]
    for array in arrays:
        array.flags.writeable = False
    return arrays, f"embedded subset {filename}"


def read_embedded(filename: str, expected: str) -> dict[str, np.ndarray]:
    """Return the arrays of a file that is shipped with the package.

    Args:
        filename: its name.
        expected: its sha256.

    Raises:
        DataUnavailableError: it is missing or damaged.
    """
    path = EMBEDDED_FOLDER / filename
    remedy = "reinstall aeutils, or restore the file from version control"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read ({error}); {remedy}") from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        raise DataUnavailableError(
            f"{path} is damaged: {len(data):,} bytes with sha256 {actual}, expected {expected}; "
            + remedy
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _digits() -> tuple[Arrays, str]:
    """Return scikit-learn's 1,797 digits; every fifth image is a test image."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataUnavailableError(
            "the digits come with scikit-learn, which is not installed; run: "
            "python -m pip install scikit-learn, or use load('mnist', size='small')"
        ) from error
    digits = load_digits()
    x, y = digits.images[:, None], digits.target
    test = np.arange(len(x)) % 5 == 0
    return (x[~test], y[~test], x[test], y[test]), "scikit-learn load_digits"
