"""The embedding passport: the same measures for every encoder of the course, side by side.

One contract: ``encode(x) -> z`` takes images (N, C, H, W) and returns codes (N, K). Each week adds
a row; the last week is decided on the student's own rows. No measure decides alone (week 6 takes
them apart), so each row stands next to raw pixels, an untrained network and shuffled labels.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from aeutils._style import NotebookFile
from aeutils._validate import check_images, check_labels, describe
from aeutils.evaluation import class_similarity, knn_accuracy, pair_auc

BATCH = 1000  # images encoded at once
Encode = Callable[[Tensor], Tensor]


@runtime_checkable
class Data(Protocol):
    """Images (N, C, H, W) in [0, 1] and labels (N,): what `aeutils.data.load` returns, or alike."""

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor


@dataclass(frozen=True)
class PassportRow:
    """What the passport says about one encoder. All but `knn5` are measured on the test images.

    Attributes:
        name: how the row is called; a new row of that name replaces the old one.
        code_size: numbers per image, K.
        test_sse: mean sum of squared errors per image; None without a decoder.
        knn5: share of test images whose class is that of their 5 nearest training images.
        ratio_raw: mean same-class over different-class similarity (`evaluation.class_similarity`).
        ratio_centred: the same after the mean code is subtracted.
        pair_auc: how often a same-class pair is closer than a different-class pair; 0.5 is chance.
    """

    name: str
    code_size: int
    test_sse: float | None
    knn5: float
    ratio_raw: float
    ratio_centred: float
    pair_auc: float


def measure(
    encode: Encode, data: Data, name: str, decode: Callable[[Tensor], Tensor] | None = None
) -> PassportRow:
    """Measure one encoder.

    Args:
        encode: images (N, C, H, W) -> codes (N, K), the same K always. Called without gradients,
            on at most 1,000 images at once; put a model with dropout or batch norm into
            ``model.eval()`` first.
        data: has x_train (N, C, H, W), y_train (N,), x_test, y_test, as `data.load` returns.
        name: name of the row.
        decode: codes (N, K) -> reconstructions (N, C, H, W) or (N, D), if there is a decoder.

    Raises:
        TypeError, ValueError: `encode` or `decode` returns something of another shape; the message
            names what went in, what came out and what was expected.

    Example:
        >>> from aeutils import data
        >>> measure(lambda x: x[:, 0, 14], data.load("mnist"), "the middle line").code_size
        28
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"name must be a text that is not empty, got {describe(name)}")
    x_train, x_test = check_images(data.x_train, "x_train"), check_images(data.x_test, "x_test")
    z_train, _ = _encode(encode, None, x_train)
    z_test, sse = _encode(encode, decode, x_test)
    if z_train.shape[1] != z_test.shape[1]:
        raise ValueError(
            f"encode made codes of {z_train.shape[1]} numbers from the training images and of "
            f"{z_test.shape[1]} from the test images; the code size must not depend on the images"
        )
    return _row(name, z_train, data.y_train, z_test, data.y_test, sse)


def baselines(data: Data) -> list[PassportRow]:
    """Return the rows every encoder must be compared with.

    * raw pixels: no encoder at all;
    * untrained: the first half of an autoencoder, D-512-256-32, with random weights (seed 0);
    * shuffled labels: raw pixels whose labels are permuted (seed 0). Nothing can be found, so this
      row shows what each measure says about nothing.
    """
    from aeutils.models import mlp

    x_train, x_test = check_images(data.x_train, "x_train"), check_images(data.x_test, "x_test")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = mlp((x_train[0].numel(), 512, 256, 32)).to(x_train.device)
    generator = torch.Generator().manual_seed(0)
    y_train, y_test = (
        check_labels(y, len(x), name)[torch.randperm(len(y), generator=generator).to(y.device)]
        for y, x, name in ((data.y_train, x_train, "y_train"), (data.y_test, x_test, "y_test"))
    )
    return [
        measure(lambda x: x.flatten(1), data, "raw pixels"),
        measure(lambda x: untrained(x.flatten(1)), data, "untrained network"),
        _row("shuffled labels", x_train.flatten(1), y_train, x_test.flatten(1), y_test, None),
    ]


def add_row(row: PassportRow, path: str | os.PathLike[str] = "passport.json") -> None:
    """Keep a row in the student's passport; a row of the same name is replaced.

    The file is replaced in one step. A damaged one is moved aside (``.bak``); where nothing can be
    written, or while nbgrader executes the notebook, no file changes.
    """
    if not isinstance(row, PassportRow):
        raise TypeError(f"row must be a PassportRow, as measure returns, got {describe(row)}")
    file = NotebookFile(path)
    try:
        _rows(file.contents)
    except (TypeError, ValueError, OverflowError):
        file.move_aside()
    file.put(row.name, asdict(row))


def read_rows(path: str | os.PathLike[str] = "passport.json") -> list[PassportRow]:
    """Return the rows kept at `path` and in the passports of the weeks beside it, first week first.

    The weeks are the folders ``week*`` next to the folder of `path`. Where two rows have one name,
    the row at `path` counts. Files that cannot be read are skipped.
    """
    here = Path(path).absolute()
    found: dict[str, PassportRow] = {}
    for file in [*sorted(here.parent.parent.glob(f"week*/{here.name}")), here]:
        with suppress(OSError, TypeError, ValueError, OverflowError, RecursionError):
            found |= {row.name: row for row in _rows(json.loads(file.read_text("utf-8")))}
    return list(found.values())


def show(rows: Iterable[PassportRow]) -> Passport:
    """Return the rows as a table; the best value of each column is bold and marked with ★."""
    rows = list(rows)
    for row in rows:
        if not isinstance(row, PassportRow):
            raise TypeError(f"rows must be PassportRows, as measure returns, got {describe(row)}")
    return Passport(rows)


# attribute, heading, decimals, which is better (None: no better or worse)
COLUMNS: tuple[tuple[str, str, int, Callable[..., float] | None], ...] = (
    ("code_size", "code size", 0, None),
    ("test_sse", "test SSE ↓", 2, min),
    ("knn5", "kNN-5 ↑", 3, max),
    ("ratio_raw", "class ratio, raw ↑", 3, max),
    ("ratio_centred", "class ratio, centred ↑", 3, max),
    ("pair_auc", "pair AUC ↑", 3, max),
)
CAPTION = "Embedding passport. ★ best of its column; ↑ higher is better, ↓ lower; – not measured."


class Passport:
    """Rows of a passport as a table: HTML in a notebook, text elsewhere."""

    def __init__(self, rows: list[PassportRow]) -> None:
        self.rows = rows

    def cells(self) -> list[list[tuple[str, bool]]]:
        """Return (text, is it the best of its column?) of every row and column of numbers.

        Values that read the same are equally good.
        """
        table = []
        for attribute, _, decimals, better in COLUMNS:
            values = [getattr(row, attribute) for row in self.rows]
            texts = ["–" if v is None else f"{v:,.{decimals}f}" for v in values]
            known = [v for v in values if v is not None]
            best = None
            if better is not None and len(known) > 1:
                best = f"{better(known):,.{decimals}f}"
            table.append([(text, text == best) for text in texts])
        return [list(cells) for cells in zip(*table, strict=True)]

    def __repr__(self) -> str:
        width = max([len(row.name) for row in self.rows] + [7])
        heads = [heading for _, heading, _, _ in COLUMNS]
        lines = ["  ".join([" " * width, *heads])]
        for row, cells in zip(self.rows, self.cells(), strict=True):
            texts = [("★ " if best else "") + text for text, best in cells]
            padded = [text.rjust(len(head)) for text, head in zip(texts, heads, strict=True)]
            lines.append("  ".join([row.name.ljust(width), *padded]))
        return "\n".join([*lines, CAPTION])

    def _repr_html_(self) -> str:
        right, left = 'style="text-align:right"', 'style="text-align:left"'
        head = "".join(f'<th scope="col" {right}>{text}</th>' for _, text, _, _ in COLUMNS)
        body = ""
        for row, cells in zip(self.rows, self.cells(), strict=True):
            numbers = "".join(
                f"<td {right}>{f'<strong>★ {text}</strong>' if best else text}</td>"
                for text, best in cells
            )
            body += f'<tr><th scope="row" {left}>{html.escape(row.name)}</th>{numbers}</tr>'
        return (
            f"<table><caption {left}>{CAPTION}</caption><thead><tr>"
            f'<th scope="col" {left}>encoder</th>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def _encode(
    encode: Encode, decode: Callable[[Tensor], Tensor] | None, x: Tensor
) -> tuple[Tensor, float | None]:
    """Return the codes (N, K) of images, and the mean SSE of their reconstructions if any."""
    codes, total = [], 0.0
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
            codes.append(z)
            if decode is not None:
                total += _squared_error(decode(z), images, z)
    return torch.cat(codes), None if decode is None else total / len(x)


def _squared_error(x_hat: object, images: Tensor, z: Tensor) -> float:
    """Return the sum of squared errors of a batch, in float64."""
    if not isinstance(x_hat, Tensor) or len(x_hat) != len(images):
        wrong = True
    else:
        wrong = x_hat.shape != images.shape and x_hat.shape != images.flatten(1).shape
    if wrong:
        raise ValueError(
            f"decode must return reconstructions of shape {tuple(images.shape)} or "
            f"{tuple(images.flatten(1).shape)}; for codes of shape {tuple(z.shape)} it returned "
            f"{describe(x_hat)}"
        )
    difference = x_hat.reshape(images.shape).cpu().double() - images.cpu().double()
    return float(difference.square().sum())


def _row(
    name: str, z_train: Tensor, y_train: Tensor, z_test: Tensor, y_test: Tensor, sse: float | None
) -> PassportRow:
    return PassportRow(
        name=name,
        code_size=z_test.shape[1],
        test_sse=sse,
        knn5=knn_accuracy(z_train, y_train, z_test, y_test, k=5),
        ratio_raw=class_similarity(z_test, y_test).mean_ratio,
        ratio_centred=class_similarity(z_test, y_test, centre=True).mean_ratio,
        pair_auc=pair_auc(z_test, y_test),
    )


def _rows(contents: Any) -> list[PassportRow]:
    """Return the rows of a file's contents; TypeError or ValueError if they are none."""
    if not isinstance(contents, dict):
        raise TypeError(f"a passport is a JSON object of rows, found {type(contents).__name__}")
    rows = []
    for name, entry in contents.items():
        row = PassportRow(**entry)
        if row.name != name:
            raise ValueError(f"the row called {name!r} names itself {row.name!r}")
        for field in fields(row)[1:]:
            value = getattr(row, field.name)
            if value is None and field.name == "test_sse":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{field.name} of {name!r} is {describe(value)}, not a number")
            if not math.isfinite(value):
                raise ValueError(f"{field.name} of {name!r} is not finite")
        rows.append(row)
    return rows
