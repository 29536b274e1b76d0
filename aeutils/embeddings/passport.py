"""The embedding passport: the same measures for every encoder of the course, side by side.

One contract: ``encode(x) -> z`` takes images (N, C, H, W) and returns codes (N, K). Each week adds
a row; the last week is decided on the student's own rows. No measure decides alone (week 6 takes
them apart), so each row stands next to raw pixels, an untrained network and shuffled labels.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from aeutils._internal.files import beside
from aeutils._internal.notebook import NotebookFile
from aeutils._internal.validate import check_images, check_labels, check_text, describe
from aeutils.embeddings.passport_rows import (
    COLUMNS,
    MORE_COLUMNS,
    Passport,
    PassportRow,
    key_of,
    rows_of,
)
from aeutils.embeddings.similarity import class_similarity
from aeutils.embeddings.verification import pair_auc
from aeutils.neighbours.exact import nearest_neighbours, vote_accuracy
from aeutils.training.comparison import recipe_of
from aeutils.training.history import History
from aeutils.training.recipe import Recipe

BATCH = 1000  # images encoded at once
SAMPLE = 2000  # test images whose pairs are all compared
Encode = Callable[[Tensor], Tensor]


@runtime_checkable
class Data(Protocol):
    """Images (N, C, H, W) in [0, 1] and labels (N,): what `aeutils.data.load` returns, or alike.

    Its `name` and `size`, where it has them, tell the rows of different data apart.

    Attributes:
        x_train: training images (N, C, H, W) in [0, 1].
        y_train: their classes, integers (N,).
        x_test: test images (M, C, H, W) in [0, 1].
        y_test: their classes, integers (M,).
    """

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor


def measure(
    encode: Encode,
    data: Data,
    name: str,
    decode: Callable[[Tensor], Tensor] | None = None,
    more: bool = False,
    trained: History | Recipe | str | None = None,
    rate_chosen: str | None = None,
) -> PassportRow:
    """Measure one encoder.

    Searching the neighbours takes longest: for whole MNIST about 15 s on one core with codes of 784
    numbers, 4 s with 32. Training and test images count as different images, even where their codes
    are equal.

    Args:
        encode: images (N, C, H, W) -> codes (N, K), the same K always. Called without gradients,
            on at most 1,000 images at once; put a model with dropout or batch norm into
            ``model.eval()`` first.
        data: has x_train (N, C, H, W), y_train (N,), x_test, y_test, as `data.load` returns. The
            row notes its `name` and `size`; without them, how many images it has.
        name: name of the row.
        decode: codes (N, K) -> reconstructions (N, C, H, W) or (N, D), if there is a decoder.
        more: measure also what week 6 adds: linear probe, retrieval, silhouette, trustworthiness,
            neighbour overlap and hubness. Needs scikit-learn.
        trained: how the encoder was trained: what `fit` returned, a recipe, or a text such as
            "closed form". The table unfolds it.
        rate_chosen: how the learning rate of that training was chosen.

    Returns:
        The row of the passport.

    Raises:
        TypeError: `name` is no text, the images are not floats, or the labels no integers.
        TypeError: `encode` returns no float matrix.
        ValueError: `name` is empty, or images and labels do not fit together; every class needs two
            test images.
        ValueError: `encode` or `decode` returns something of another shape, NaN or infinity; the
            message names the function, what went in and what came out.

    Examples:
        >>> from aeutils import data
        >>> measure(lambda x: x[:, 0, 14], data.load("mnist"), "the middle line").code_size
        28
    """
    check_text(name, "name")
    x_train, x_test = check_images(data.x_train, "x_train"), check_images(data.x_test, "x_test")
    y_train = check_labels(data.y_train, len(x_train), "y_train")
    y_test = check_labels(data.y_test, len(x_test), "y_test")
    z_train, _ = _encode(encode, None, x_train)
    z_test, sse = _encode(encode, decode, x_test)
    if z_train.shape[1] != z_test.shape[1]:
        raise ValueError(
            f"encode made codes of {z_train.shape[1]} numbers from the training images and of "
            f"{z_test.shape[1]} from the test images; the code size must not depend on the images"
        )
    nearest = nearest_neighbours(z_train, z_test, leave_one_out=False)
    row = _row(name, _data_name(data), z_test, nearest, y_train, y_test, sse)
    row = replace(row, recipe=None if trained is None else recipe_of(name, trained, rate_chosen))
    return _with_more(row, x_test, z_train, z_test, y_train, y_test) if more else row


def baselines(data: Data, more: bool = False) -> list[PassportRow]:
    """Return the rows that every encoder must be compared with.

    * raw pixels: no encoder at all;
    * untrained: the first half of an autoencoder, D-512-256-32, with random weights (seed 0);
    * shuffled labels: raw pixels whose labels are permuted (seed 0). There is nothing to find, so
      this row shows what each measure says then.

    Args:
        data: images and labels, as for `measure`.
        more: measure also what week 6 adds, as for `measure`.

    Returns:
        Three rows, in this order.

    Raises:
        TypeError: the images are not floats, or the labels no integers.
        ValueError: images and labels do not fit together.
    """
    from aeutils.models.layers import mlp

    x_train, x_test = check_images(data.x_train, "x_train"), check_images(data.x_test, "x_test")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = mlp((x_train[0].numel(), 512, 256, 32)).to(x_train.device)
    generator = torch.Generator().manual_seed(0)
    y_train, y_test = (
        check_labels(y, len(x), name)[torch.randperm(len(y), generator=generator).to(y.device)]
        for y, x, name in ((data.y_train, x_train, "y_train"), (data.y_test, x_test, "y_test"))
    )
    pixels, where = x_test.flatten(1), _data_name(data)
    # The same whatever the labels:
    nearest = nearest_neighbours(x_train.flatten(1), pixels, leave_one_out=False)
    rows = [
        _row("raw pixels", where, pixels, nearest, data.y_train, data.y_test, None),
        measure(lambda x: untrained(x.flatten(1)), data, "untrained network", more=more),
        _row("shuffled labels", where, pixels, nearest, y_train, y_test, None),
    ]
    rows = [replace(row, recipe="not trained") for row in rows]
    if more:
        codes = x_test, x_train.flatten(1), pixels
        rows[0] = _with_more(rows[0], *codes, data.y_train, data.y_test)
        rows[2] = _with_more(rows[2], *codes, y_train, y_test, known=rows[0])
    return rows


def add_row(row: PassportRow, path: str | os.PathLike[str] = "passport.json") -> None:
    """Keep a row in the student's passport; a row of the same name and data is replaced.

    The file is replaced in one step. A damaged one is moved aside (``.bak``); where nothing can be
    written, or while nbgrader executes the notebook, no file changes.

    Args:
        row: as `measure` returns.
        path: the passport's file.

    Raises:
        TypeError: `row` is not a `PassportRow`.
    """
    if not isinstance(row, PassportRow):
        raise TypeError(f"row must be a PassportRow, as measure returns, got {describe(row)}")
    file = NotebookFile(path)
    try:
        rows_of(file.contents)
    except (TypeError, ValueError, OverflowError):
        file.move_aside()
    file.put(key_of(row), asdict(row))


def read_rows(path: str | os.PathLike[str] = "passport.json") -> list[PassportRow]:
    """Return the rows kept at `path` and in the passports of the weeks beside it, first week first.

    The weeks, and electives, are the folders next to the folder of `path`. Where two rows have one
    name and are about the same data, the row at `path` counts. Files that cannot be read are
    skipped.

    Args:
        path: the passport's file; it need not exist.

    Returns:
        Rows, each name and data once.
    """
    here = Path(path).absolute()
    found: dict[str, PassportRow] = {}
    for file in [*beside(here), here]:
        with suppress(OSError, TypeError, ValueError, OverflowError, RecursionError):
            found |= {key_of(row): row for row in rows_of(json.loads(file.read_text("utf-8")))}
    return list(found.values())


def show(rows: Iterable[PassportRow], more: bool = False) -> Passport:
    """Return the rows as a table.

    The best value of each column among rows of the same data is bold and marked with ★.

    Args:
        rows: as `measure` and `read_rows` return.
        more: show the measures that week 6 adds, instead of similarities and error.

    Returns:
        A table that shows itself in a notebook.

    Raises:
        TypeError: an entry of `rows` is not a `PassportRow`.
    """
    rows = list(rows)
    for row in rows:
        if not isinstance(row, PassportRow):
            raise TypeError(f"rows must be PassportRows, as measure returns, got {describe(row)}")
    return Passport(rows, MORE_COLUMNS if more else COLUMNS)


def _encode(
    encode: Encode, decode: Callable[[Tensor], Tensor] | None, x: Tensor
) -> tuple[Tensor, float | None]:
    """Return the codes (N, K) of images, and the mean SSE of their reconstructions if any."""
    codes: list[Tensor] = []
    total = 0.0
    with torch.no_grad():
        for images in x.split(BATCH):
            z = encode(images)
            if not isinstance(z, Tensor) or not z.is_floating_point() or z.ndim != 2:
                raise TypeError(
                    f"encode must return a float tensor (N, K) of codes; for {describe(images)} "
                    f"it returned {describe(z)}"
                )
            if len(z) != len(images) or z.shape[1] == 0:
                raise ValueError(
                    f"encode must return one code per image; for {describe(images)} it returned "
                    f"{describe(z)}"
                )
            if codes and codes[0].shape[1] != z.shape[1]:
                raise ValueError(
                    f"encode returned codes of {codes[0].shape[1]} and of {z.shape[1]} numbers; "
                    "the code size must not depend on the images"
                )
            _check_finite(z, "encode", images)
            codes.append(z)
            if decode is not None:
                total += _squared_error(decode(z), images, z)
    return torch.cat(codes), None if decode is None else total / len(x)


def _check_finite(returned: Tensor, function: str, given: Tensor) -> None:
    """Raise ValueError, naming the function of the student's, if it returned NaN or infinity."""
    bad = int((~torch.isfinite(returned)).sum())
    if bad:
        raise ValueError(
            f"{function} returned {bad} NaN or infinite values among {returned.numel()}, given "
            f"{describe(given)}; look for a division by zero, or training that failed"
        )


def _squared_error(x_hat: object, images: Tensor, z: Tensor) -> float:
    """Return the sum of squared errors of a batch, in float64."""
    shapes = (images.shape, images.flatten(1).shape)
    if not isinstance(x_hat, Tensor) or x_hat.shape not in shapes:
        raise ValueError(
            f"decode must return reconstructions of shape {tuple(shapes[0])} or "
            f"{tuple(shapes[1])}; for codes of shape {tuple(z.shape)} it returned "
            f"{describe(x_hat)}"
        )
    _check_finite(x_hat, "decode", z)
    difference = x_hat.reshape(images.shape).cpu().double() - images.cpu().double()
    return float(difference.square().sum())


def _row(
    name: str,
    data: str,
    z_test: Tensor,
    nearest: Tensor,
    y_train: Tensor,
    y_test: Tensor,
    sse: float | None,
) -> PassportRow:
    return PassportRow(
        name=name,
        data=data,
        code_size=z_test.shape[1],
        test_sse=sse,
        knn5=vote_accuracy(nearest, y_train, y_test),
        ratio_raw=class_similarity(z_test, y_test).mean_ratio,
        ratio_centred=class_similarity(z_test, y_test, centre=True).mean_ratio,
        pair_auc=pair_auc(z_test, y_test),
    )


def _with_more(
    row: PassportRow,
    x_test: Tensor,
    z_train: Tensor,
    z_test: Tensor,
    y_train: Tensor,
    y_test: Tensor,
    known: PassportRow | None = None,
) -> PassportRow:
    """Return the row with the measures that week 6 adds.

    `known` is a row of the same codes with other labels: what needs no label is copied from it.
    """
    from aeutils.embeddings import neighbourhoods, probes, retrieval, silhouettes

    row = replace(
        row,
        probe=probes.linear_probe(z_train, y_train, z_test, y_test),
        retrieval_map=retrieval.mean_average_precision(z_test, y_test, sample=SAMPLE),
        silhouette=silhouettes.silhouette(z_test, y_test, sample=SAMPLE),
    )
    if known is not None:
        free = ("trustworthiness", "overlap", "hubness")
        return replace(row, **{name: getattr(known, name) for name in free})
    pixels = x_test.flatten(1)
    return replace(
        row,
        trustworthiness=neighbourhoods.trustworthiness(pixels, z_test, sample=SAMPLE),
        overlap=neighbourhoods.neighbour_overlap(pixels, z_test, 10, sample=SAMPLE),
        hubness=neighbourhoods.hubness(z_test, 10, sample=SAMPLE),
    )


def _data_name(data: Data) -> str:
    """Return "mnist (small)"; for data without a name, how many images it has."""
    name, size = getattr(data, "name", None), getattr(data, "size", None)
    if isinstance(name, str):
        return f"{name} ({size})" if isinstance(size, str) else name
    return f"{len(data.x_train):,} + {len(data.x_test):,} images"
