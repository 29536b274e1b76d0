"""What a row of the embedding passport is, how it is kept in a file, and the table of rows."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from aeutils._internal.validate import check_text, describe
from aeutils.training.comparison import Comparison, table_html, table_text
from aeutils.training.recipe import Recipe


@dataclass(frozen=True)
class PassportRow:
    """What the passport says about one encoder.

    All but `knn5` and `probe` are measured on the test images alone. From `probe` on, a measure is
    None unless ``measure(..., more=True)`` was asked for.

    Attributes:
        name: name of the row.
        data: the data it was measured on, such as "mnist (small)". Only rows of the same data can
            be compared; a new row replaces the one of the same name and data.
        code_size: numbers per image, K.
        test_sse: mean sum of squared errors per image; None without a decoder.
        knn5: share of test images whose class is that of their 5 nearest training images.
        ratio_raw: mean same-class over different-class similarity (`similarity.class_similarity`).
        ratio_centred: the same after the mean code is subtracted.
        pair_auc: how often a same-class pair is closer than a different-class pair; 0.5 is chance.
        probe: share of test images that logistic regression on the training codes gets right.
        retrieval_map: mean average precision, each test image a query for the others of its class.
        silhouette: mean silhouette of the classes, Euclidean.
        trustworthiness: are neighbours of codes also neighbours of pixels? 1 is perfect.
        overlap: share of the 10 nearest images by pixels that are also among the 10 by code.
        hubness: skewness of how often an image is among the 10 nearest of others; without hubs
            it is 0.
        recipe: how the encoder was trained, or in words how it came about; None if nobody said.
    """

    name: str
    data: str
    code_size: int
    test_sse: float | None
    knn5: float
    ratio_raw: float
    ratio_centred: float
    pair_auc: float
    probe: float | None = None
    retrieval_map: float | None = None
    silhouette: float | None = None
    trustworthiness: float | None = None
    overlap: float | None = None
    hubness: float | None = None
    recipe: Recipe | str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.recipe, dict):  # read from a file
            object.__setattr__(self, "recipe", Recipe(**self.recipe))


def key_of(row: PassportRow) -> str:
    """Return the key of a row in the passport's file: its name and its data.

    Args:
        row: a row of the passport.
    """
    return f"{row.name} on {row.data}"


def rows_of(contents: Any) -> list[PassportRow]:
    """Return the rows of a passport's file.

    Args:
        contents: what was read from the file: an object of rows by their keys (`key_of`).

    Returns:
        The rows, in the order of the file.

    Raises:
        TypeError: `contents` or an entry is no object, or an entry has other fields than a row, or
            a field of another type.
        ValueError: an entry has another key than its own, an empty name, or NaN or infinity.
    """
    if not isinstance(contents, dict):
        raise TypeError(f"a passport is a JSON object of rows, found {type(contents).__name__}")
    rows = []
    for key, entry in contents.items():
        row = PassportRow(**entry)
        name = check_text(row.name, "name")
        check_text(row.data, "data")
        if key_of(row) != key:
            raise ValueError(f"the row called {key!r} calls itself {key_of(row)!r}")
        for field in fields(row)[2:]:
            if field.name == "recipe":  # it has made itself
                continue
            value = getattr(row, field.name)
            if value is None and (field.name == "test_sse" or field.default is None):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{field.name} of {name!r} is {describe(value)}, not a number")
            if not math.isfinite(value):
                raise ValueError(f"{field.name} of {name!r} is not finite")
        rows.append(row)
    return rows


# attribute, heading, decimals, which is better (None: no better or worse)
COLUMNS: tuple[tuple[str, str, int, Callable[..., float] | None], ...] = (
    ("code_size", "code size", 0, None),
    ("test_sse", "test SSE ↓", 2, min),
    ("knn5", "kNN-5 ↑", 3, max),
    ("ratio_raw", "class ratio, raw ↑", 3, max),
    ("ratio_centred", "class ratio, centred ↑", 3, max),
    ("pair_auc", "pair AUC ↑", 3, max),
)
MORE_COLUMNS: tuple[tuple[str, str, int, Callable[..., float] | None], ...] = (
    ("code_size", "code size", 0, None),
    ("knn5", "kNN-5 ↑", 3, max),
    ("probe", "linear probe ↑", 3, max),
    ("retrieval_map", "retrieval mAP ↑", 3, max),
    ("silhouette", "silhouette ↑", 3, max),
    ("trustworthiness", "trustworthiness", 3, None),
    ("overlap", "overlap with pixels", 3, None),
    ("hubness", "hubness", 2, None),
)
CAPTION = (
    "Embedding passport. ★ best of its column on the same data; ↑ higher is better, ↓ lower; "
    "– not measured."
)


class Passport:
    """Rows of a passport as a table: HTML in a notebook, text elsewhere.

    Args:
        rows: the rows, from top to bottom.
        columns: for each column of numbers the attribute of a row, the heading, the number of
            decimals, and `max` or `min` for what is best (None where there is no best).

    Attributes:
        rows: the rows.
        columns: the columns.
    """

    def __init__(self, rows: list[PassportRow], columns: tuple[tuple, ...] = COLUMNS) -> None:
        self.rows = rows
        self.columns = columns

    def cells(self) -> list[list[tuple[str, bool]]]:
        """Return the text of every cell, and whether it is the best of its column.

        Only rows of the same data are compared. Values that read the same are equally good.

        Returns:
            For each row a list of (text, is it the best?), one for each column of numbers.
        """
        table: list[list[tuple[str, bool]]] = [[] for _ in self.rows]
        for attribute, _, decimals, better in self.columns:
            values = [getattr(row, attribute) for row in self.rows]
            for cells, row, value in zip(table, self.rows, values, strict=True):
                rivals = [
                    other
                    for other, its_row in zip(values, self.rows, strict=True)
                    if other is not None and its_row.data == row.data
                ]
                text = "–" if value is None else f"{value:,.{decimals}f}"
                comparable = better is not None and value is not None and len(rivals) > 1
                best = comparable and text == f"{better(rivals):,.{decimals}f}"
                cells.append((text, best))
        return table

    def __repr__(self) -> str:
        name_width = max([len("encoder"), *(len(row.name) for row in self.rows)])
        data_width = max([len("data"), *(len(row.data) for row in self.rows)])
        heads = [heading for _, heading, _, _ in self.columns]
        lines = ["  ".join(["encoder".ljust(name_width), "data".ljust(data_width), *heads])]
        for row, cells in zip(self.rows, self.cells(), strict=True):
            texts = [("★ " if best else "") + text for text, best in cells]
            padded = [text.rjust(len(head)) for text, head in zip(texts, heads, strict=True)]
            start = [row.name.ljust(name_width), row.data.ljust(data_width)]
            lines.append("  ".join([*start, *padded]))
        return "\n".join([*lines, CAPTION, *([table_text(self.trained())] if self.told() else [])])

    def told(self) -> bool:
        """Return whether any row says how its encoder came about."""
        return any(row.recipe is not None for row in self.rows)

    def trained(self) -> Comparison:
        """Return how the encoder of each row came about."""
        rows = {row.name: row.recipe or "not noted" for row in self.rows}
        return Comparison("passport", rows, ())

    def _repr_html_(self) -> str:
        right, left = 'style="text-align:right"', 'style="text-align:left"'
        head = "".join(f'<th scope="col" {right}>{text}</th>' for _, text, _, _ in self.columns)
        body = ""
        for row, cells in zip(self.rows, self.cells(), strict=True):
            numbers = "".join(
                f"<td {right}>{f'<strong>★ {text}</strong>' if best else text}</td>"
                for text, best in cells
            )
            start = f'<th scope="row" {left}>{html.escape(row.name)}</th>'
            body += f"<tr>{start}<td {left}>{html.escape(row.data)}</td>{numbers}</tr>"
        return (
            f"<table><caption {left}>{CAPTION}</caption><thead><tr>"
            f'<th scope="col" {left}>encoder</th><th scope="col" {left}>data</th>{head}'
            f"</tr></thead><tbody>{body}</tbody></table>"
            + (table_html(self.trained()) if self.told() else "")
        )
