"""The figure of `aeutils.plots` that shows what each model's code looks like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from aeutils._internal.validate import check_matrix, describe
from aeutils.plots.image_grids import (
    EDGE,
    TITLE,
    _draw,
    _one_line,
    _text_width,
    _title,
    _write,
    as_images,
)
from aeutils.plots.style import WIDTH, new_figure, styled

if TYPE_CHECKING:
    import matplotlib.figure


@styled
def code_gallery(
    images: Tensor,
    models: Mapping[str, tuple[Tensor, Tensor]],
    n: int = 10,
    title: str | None = None,
) -> matplotlib.figure.Figure:
    """Draw test images, and for each model two rows: the codes as small images, and what they give.

    Codes run from −1 (black) to 1 (white), their K numbers in lines of √K; the order of the numbers
    means nothing. Reconstructions run from 0 (paper) to 1 (ink) and are clipped outside.

    Args:
        images: (N, C, H, W) or rows (N, D).
        models: name at the left -> codes (N, K), K a square number, and reconstructions like
            `images`. Codes outside [−1, 1] are refused: rescale a sigmoid's with 2h − 1.
        n: columns; fewer where there are fewer images.
        title: headline.

    Raises:
        TypeError: images or codes are not tensors of floats.
        ValueError: there is no model, or codes and images do not fit together.

    Example:
        >>> import torch
        >>> x, z = torch.rand(4, 784), torch.tanh(torch.randn(4, 36))
        >>> figure = code_gallery(x, {"some model": (z, 0.5 * x)})
    """
    if not models:
        raise ValueError("models is empty; give at least one, such as {'basic': (codes, rebuilt)}")
    pictures = as_images(images, "images")
    n = min(n, len(pictures))
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    rows: list[tuple[str, Tensor, bool]] = [("test images", pictures, False)]
    for name, (codes, rebuilt) in models.items():
        rows.append((f"{name}: code", _as_squares(codes, name, n), True))
        shown = as_images(rebuilt, f"models[{name!r}]")
        if shown[:n].shape != pictures[:n].shape:
            raise ValueError(
                f"the reconstructions of {name!r} are {describe(shown)} and images are "
                f"{describe(pictures)}; they must be alike"
            )
        rows.append(("reconstruction", shown, False))

    left = EDGE + _text_width(new_figure(WIDTH, 1), [name for name, _, _ in rows], 9.5) + 0.14
    cell = min((WIDTH - left - EDGE) / n, 1.0)
    top, size, gap = EDGE + (TITLE if title else 0), 0.92 * cell, 0.09
    figure = new_figure(WIDTH, top + len(rows) * cell + (len(models) + 0.5) * gap + EDGE)
    _title(figure, title)
    y = top
    for name, row, is_code in rows:
        _write(figure, left - 0.1, y + size / 2, name, ha="right", va="center", fontsize=9.5)
        options: dict[str, Any] = {"cmap": "gray", "vmin": -1.0, "vmax": 1.0} if is_code else {}
        for c in range(n):
            _draw(figure, row[c], (left + c * cell, y, size, size), **options)
        y += cell + (0 if is_code else gap)  # a model's two rows stand together
    names = ", ".join(map(_one_line, models))
    figure.alt_text = (
        f"{title + '. ' if title else ''}{n} test images; below them, for each of {len(models)} "
        f"models ({names}), a row of codes drawn as small images from −1 (black) to 1 (white) and "
        "a row of reconstructions."
    )
    return figure


def _as_squares(codes: Tensor, name: str, n: int) -> Tensor:
    codes = check_matrix(codes, f"the codes of {name!r}").detach().cpu().float()
    side = math.isqrt(codes.shape[1])
    if side * side != codes.shape[1] or len(codes) < n:
        raise ValueError(
            f"the codes of {name!r} must be ({n} or more, K) with K a square number such as 36, "
            f"got {describe(codes)}"
        )
    if float(codes.abs().max()) > 1 + 1e-6:
        raise ValueError(
            f"the codes of {name!r} reach {float(codes.abs().max()):.3g}; they must lie in "
            "[−1, 1]: use tanh, or 2h − 1 for a sigmoid's h"
        )
    return codes.reshape(-1, 1, side, side)
