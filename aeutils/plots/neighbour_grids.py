"""The figure of `aeutils.plots` that shows images beside their nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from aeutils._internal.validate import check_labels, describe
from aeutils.plots.image_grids import (
    EDGE,
    FRAME,
    TITLE,
    _draw,
    _text_width,
    _title,
    _write,
    as_images,
)
from aeutils.plots.style import COLOURS, WIDTH, new_figure, styled

if TYPE_CHECKING:
    import matplotlib.figure

RIGHT, WRONG = COLOURS[0], COLOURS[1]


@styled
def neighbour_grid(
    queries: Tensor,
    y_queries: Tensor,
    store: Tensor,
    y_store: Tensor,
    near: dict[str, Tensor],
    title: str,
) -> matplotlib.figure.Figure:
    """Draw each query at the left and its neighbours beside it, each with its class below.

    A neighbour of another class than the query is framed and its class is marked with ✗.

    Args:
        queries: images (Q, C, H, W) or rows (Q, D).
        y_queries: their classes, integers (Q,).
        store: images of the store (N, ...), like `queries`.
        y_store: their classes, integers (N,).
        near: name of a search -> rows of the store, (Q, k), the nearest first. Several searches
            stand under one another for each query, each with its name at the left.
        title: headline.

    Raises:
        TypeError: images are not tensors of floats, or labels not integers.
        ValueError: there is no search, or its rows do not fit the queries.

    Example:
        >>> import torch
        >>> x, y = torch.rand(9, 784), torch.arange(9) % 3
        >>> near = {"pixels": torch.tensor([[3, 6, 1]])}
        >>> figure = neighbour_grid(x[:1], y[:1], x, y, near, "One query")
    """
    asked, kept = as_images(queries, "queries"), as_images(store, "store")
    check_labels(y_queries, len(asked), "y_queries")
    check_labels(y_store, len(kept), "y_store")
    if not near:
        raise ValueError("near is empty; give at least one search, such as {'pixels': rows}")
    k = next(iter(near.values())).shape[1]
    for name, rows in near.items():
        if rows.shape != (len(asked), k):
            raise ValueError(
                f"near[{name!r}] must have shape ({len(asked)}, {k}), one row for each query, got "
                f"{describe(rows)}"
            )

    names = list(near) if len(near) > 1 else []
    left = EDGE + (_text_width(new_figure(WIDTH, 1), names, 9.5) + 0.14 if names else 0.0)
    cell = min((WIDTH - left - EDGE - 0.25) / (k + 1), 0.72)
    size, caption = 0.9 * cell, 0.19
    pitch, gap = size + caption + 0.04, 0.07 if names else 0.0
    top = EDGE + TITLE + 0.22
    height = top + len(asked) * (len(near) * pitch + gap) + EDGE
    figure = new_figure(WIDTH, height)
    _title(figure, title)
    style = {"ha": "center", "va": "bottom", "fontsize": 9}
    _write(figure, left + size / 2, top - 0.04, "query", **style)
    middle = left + 0.25 + cell * (1 + k / 2)
    _write(figure, middle, top - 0.04, f"its {k} nearest images, the nearest first", **style)

    wrong = dict.fromkeys(near, 0)
    y = top
    for q, image in enumerate(asked):
        own = int(y_queries[q])
        for r, (name, rows) in enumerate(near.items()):
            if names:
                line = {"ha": "right", "va": "center", "fontsize": 9.5}
                _write(figure, left - 0.1, y + size / 2, name, **line)
            below = {"ha": "center", "va": "top", "fontsize": 8.5}
            if r == 0:
                _draw(figure, image, (left, y, size, size))
                _write(figure, left + size / 2, y + size + 0.035, str(own), **below)
            for c, row in enumerate(rows[q].tolist()):
                x, kind = left + 0.25 + (c + 1) * cell, int(y_store[row])
                text, frame, style = str(kind), FRAME, below
                if kind != own:
                    wrong[name] += 1
                    text, frame = f"✗ {kind}", (WRONG, 2.2)
                    style = below | {"color": WRONG, "fontweight": "bold"}
                _draw(figure, kept[row], (x, y, size, size), frame)
                _write(figure, x + size / 2, y + size + 0.035, text, **style)
            y += pitch
        y += gap
    counts = "; ".join(f"{name}: {n} of {k * len(asked)}" for name, n in wrong.items())
    figure.alt_text = (
        f"{title}. {len(asked)} query images of the classes {y_queries.tolist()}, each beside its "
        f"{k} nearest images. Neighbours of another class than the query's: {counts}."
    )
    return figure
