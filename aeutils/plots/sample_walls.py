"""The figure of `aeutils.plots` that shows images made in several ways, a row or a block each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_same_shape
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

NEAREST = "nearest training\nimage of each"
GREY = "#555555"


@styled
def sample_wall(
    sets: Mapping[str, Tensor],
    *,
    columns: int = 12,
    marks: Mapping[str, Tensor] | None = None,
    headings: Sequence[str] | None = None,
    title: str | None = None,
) -> matplotlib.figure.Figure:
    """Draw images made in several ways: for each way its name at the left and lines of images.

    No errors are written, because a drawn image has no original; `reconstruction_grid` writes them.
    Pixels are shown from 0 (paper) to 1 (ink) and clipped outside.

    Args:
        sets: name at the left (it may hold a line break) -> images (N, C, H, W) or (N, D), N of
            its own for each way; more than `columns` images go on in the next line.
        columns: images in a line, at least 1.
        marks: name of a set -> for each of its images the training image that is nearest to it,
            drawn below it; sets without an entry are drawn alone.
        headings: a text above each column, such as the places along a road.
        title: headline.

    Returns:
        The figure; its `alt_text` names the ways and how many images each has.

    Raises:
        TypeError: the images are not tensors of floats, or `columns` not an integer.
        ValueError: there is no set, the images have another shape, or `columns`, `marks` or
            `headings` do not fit the sets.

    Example:
        >>> import torch
        >>> samples, train = torch.rand(6, 784), torch.rand(20, 784)
        >>> near = train[torch.cdist(samples, train).argmin(dim=1)]
        >>> figure = sample_wall({"noise": samples}, columns=6, marks={"noise": near})
    """
    check_count(columns, "columns")
    if not sets:
        raise ValueError("sets is empty; give at least one, such as {'VAE': samples}")
    images = {name: as_images(x, f"sets[{name!r}]") for name, x in sets.items()}
    size = next(iter(images.values())).shape[1:]
    for name, x in images.items():
        if x.shape[1:] != size:
            raise ValueError(
                f"all images must have one shape: {tuple(size)} comes first, and {name!r} has "
                f"{tuple(x.shape[1:])}"
            )
    nearest = {name: as_images(x, f"marks[{name!r}]") for name, x in (marks or {}).items()}
    for name, x in nearest.items():
        if name not in images:
            raise ValueError(f"marks names no set: {name!r}; sets are {list(images)}")
        check_same_shape(x, images[name], f"marks[{name!r}]", f"sets[{name!r}]")
    columns = min(columns, max(len(x) for x in images.values()))
    if headings is not None and len(headings) != columns:
        raise ValueError(f"there are {len(headings)} headings for {columns} columns")

    probe = new_figure(WIDTH, 1)
    left = EDGE + _text_width(probe, list(images), 9.5) + 0.12
    if nearest:
        left = max(left, EDGE + _text_width(probe, [NEAREST], 8) + 0.12)
    cell = min((WIDTH - left - EDGE) / columns, 1.0)
    pixel = cell / (size[2] + _between(size[2]))  # inches
    pitch = pixel * size[1]  # the height of a line
    # Inches between two ways, two lines of one way, and two pairs of lines of one way.
    space, close, apart = 0.14, 0.03, 0.09
    top = EDGE + (TITLE if title else 0) + (0.24 if headings else 0)
    lines = {name: math.ceil(len(x) / columns) for name, x in images.items()}
    tall = {
        name: n * (2 * pitch + close + apart) - apart
        if name in nearest
        else n * (pitch + close) - close
        for name, n in lines.items()
    }
    figure = new_figure(WIDTH, top + sum(tall.values()) + space * (len(images) - 1) + EDGE)
    _title(figure, title)
    if headings is not None:
        widest = _text_width(probe, headings, 9)
        font = min(9.0, 9.0 * 0.95 * cell / max(widest, 1e-6))
        for c, heading in enumerate(headings):
            center = left + c * cell + pixel * size[2] / 2
            _write(figure, center, top - 0.04, heading, ha="center", va="bottom", fontsize=font)
    name_style: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 9.5}
    small_style = name_style | {"fontsize": 8, "color": GREY, "linespacing": 1.1}
    top_of = top
    for name, pictures in images.items():
        paired = name in nearest
        middle = top_of + (pitch if paired else tall[name]) / 2
        _write(figure, left - 0.1, middle, name, **name_style)
        if paired:
            _write(figure, left - 0.1, middle + pitch + close, NEAREST, **small_style)
        y = top_of
        for start in range(0, len(pictures), columns):
            _strip(figure, left, y, pixel, pictures[start : start + columns])
            if paired:
                y += pitch + close
                _strip(figure, left, y, pixel, nearest[name][start : start + columns])
            y += pitch + (apart if paired else close)
        top_of += tall[name] + space
    told = "; ".join(
        f"{_one_line(name)}: {len(x)} images"
        + (", the nearest training image below each" if name in nearest else "")
        for name, x in images.items()
    )
    above = f" Columns: {', '.join(map(_one_line, headings))}." if headings is not None else ""
    figure.alt_text = f"{title or 'Images made in several ways'}. {told}.{above}"
    return figure


def _between(wide: int) -> int:
    """Return how many pixels of paper lie between two images: photographs need them."""
    return max(1, round(wide / 16))


def _strip(
    figure: matplotlib.figure.Figure, left: float, top: float, pixel: float, images: Tensor
) -> None:
    """Draw images side by side as one."""
    channels, high, wide = images.shape[1:]
    paper = torch.full((channels, high, _between(wide)), 1.0 if channels == 3 else 0.0)
    pieces = [piece for image in images for piece in (image, paper)][:-1]
    strip = torch.cat(pieces, dim=2)
    _draw(figure, strip, (left, top, pixel * strip.shape[2], pixel * high))
