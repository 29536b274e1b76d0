"""The figures of `aeutils.plots` that show images, laid out in inches so that nothing overlaps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from aeutils._internal.validate import check_float_tensor, describe
from aeutils.plots.style import DIVERGING, WIDTH, new_figure, number, styled

if TYPE_CHECKING:
    import matplotlib.figure
    import matplotlib.image

TITLE = 0.27  # inches kept for a title
EDGE = 0.08  # inches between the drawing and the edge of the figure
FRAME = ("#BBBBBB", 0.5)  # colour of an image's frame, and its width in points

Box = tuple[float, float, float, float]  # left, top or bottom, width, height


def as_images(x: Tensor, name: str) -> Tensor:
    """Return `x` as (N, C, H, W) on the CPU; it may be (N, C, H, W), (N, H, W) or rows (N, D).

    Rows are taken for square images: 784 numbers are 1 × 28 × 28, 3,072 are 3 × 32 × 32.

    Args:
        x: images or rows.
        name: what the message calls them.

    Raises:
        TypeError: they are not a tensor of floats.
        ValueError: they have another shape, or NaN.
    """
    x = check_float_tensor(x, name).detach().cpu().float()
    if x.ndim == 3 and len(x):
        return x[:, None]
    if x.ndim == 4 and x.shape[1] in (1, 3) and len(x):
        return x
    if x.ndim == 2 and 0 not in x.shape:
        for channels in (1, 3):
            side = math.isqrt(x.shape[1] // channels)
            if channels * side * side == x.shape[1]:
                return x.reshape(-1, channels, side, side)
    raise ValueError(
        f"{name} must be images (N, 1 or 3, H, W) or rows (N, D) of square images, "
        f"got {describe(x)}; give rows their shape back with reshape(-1, 1, H, W)"
    )


def _in_shares(figure: matplotlib.figure.Figure, box: Box) -> Box:
    """Return a box in inches as matplotlib wants it: in shares, and from the lower edge."""
    wide, high = figure.get_size_inches()
    left, top, width, height = box
    return (left / wide, 1 - (top + height) / high, width / wide, height / high)


def _draw(
    figure: matplotlib.figure.Figure,
    image: Tensor,
    box: Box,
    frame: tuple[str, float] = FRAME,
    **options: Any,
) -> matplotlib.image.BboxImage:
    """Draw one framed image (C, H, W): ink dark on light paper, or in its own colours.

    It stands in the figure itself. An axes for each image, with ticks that nobody wants, takes
    ten times as long.

    Args:
        figure: where it is drawn.
        image: pixels in [0, 1], clipped outside.
        box: in inches from the figure's left and top edge; an image of another shape stands in its
            middle.
        frame: colour and width of the frame, the width in points.
        options: `cmap`, `vmin` and `vmax` for one channel, as for `imshow`.
    """
    from matplotlib.image import BboxImage
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import Bbox, TransformedBbox

    whole = Bbox.from_bounds(*_in_shares(figure, box))
    wide, high = figure.get_size_inches()
    shape = image.shape[1] / image.shape[2] * wide / high  # of the image, in shares of the figure
    inside = whole.shrunk_to_aspect(shape).anchored("C", whole)
    place = TransformedBbox(inside, figure.transFigure)
    shown: dict[str, Any] = {"cmap": "gray_r", "vmin": 0.0, "vmax": 1.0, **options}
    drawn = BboxImage(place, cmap=shown["cmap"], interpolation="nearest", origin="upper")
    drawn.set_clim(shown["vmin"], shown["vmax"])
    colours = image.permute(1, 2, 0).clamp(0, 1) if image.shape[0] == 3 else image[0]
    drawn.set_data(colours.numpy())
    figure.add_artist(drawn)
    outline = Rectangle(inside.p0, inside.width, inside.height, transform=figure.transFigure)
    outline.set(fill=False, edgecolor=frame[0], linewidth=frame[1])
    figure.add_artist(outline)
    return drawn


def _write(figure: matplotlib.figure.Figure, x: float, y: float, text: str, **options: Any) -> Any:
    """Write text at x, y inches from the left and the top edge."""
    width, height = figure.get_size_inches()
    return figure.text(x / width, 1 - y / height, text, **options)


def _text_width(
    figure: matplotlib.figure.Figure, texts: Sequence[str], size: float, weight: str = "normal"
) -> float:
    """Return the width in inches of the widest text."""
    canvas: Any = figure.canvas  # Agg's, which has a renderer
    renderer, widest = canvas.get_renderer(), 0.0
    for text in texts:
        probe = figure.text(0, 0, text, fontsize=size, fontweight=weight)
        widest = max(widest, probe.get_window_extent(renderer).width / figure.dpi)
        probe.remove()
    return widest


def _title(figure: matplotlib.figure.Figure, title: str | None, left: float = EDGE) -> None:
    if title:
        _write(figure, left, EDGE, title, va="top", fontsize=11, fontweight="bold")


@styled
def reconstruction_grid(
    rows: Mapping[str, Tensor],
    n: int = 10,
    error_against: str | Tensor | None = None,
    labels: Tensor | Sequence[object] | None = None,
    title: str | None = None,
) -> matplotlib.figure.Figure:
    """Draw rows of images under one another, each with its error.

    Pixels are shown from 0 (paper) to 1 (ink) and clipped outside; errors use the true values.

    Args:
        rows: name at the left (it may hold a line break) -> images (N, C, H, W) or (N, D).
        n: columns; fewer where a row holds fewer images.
        error_against: what a row is compared with: the name of a row, or images; the first row
            if None. Under each other image stands its sum of squared errors (SSE), at the right
            the mean over the images shown, which is not that of the whole test set.
        labels: class of each image, at least as many as columns; written above the first row.
        title: headline.

    Raises:
        TypeError: a row is not a tensor of floats.
        ValueError: there is no row, or rows, labels and `error_against` do not fit together.

    Example:
        >>> import torch
        >>> x = torch.rand(10, 784)
        >>> figure = reconstruction_grid({"test": x, "darker": 0.5 * x}, title="Half the light")
    """
    if not rows:
        raise ValueError("rows is empty; give at least one row, such as {'test digits': x_test}")
    images = {name: as_images(x, f"rows[{name!r}]") for name, x in rows.items()}
    first = next(iter(images))
    if isinstance(error_against, Tensor):
        target, target_name = as_images(error_against, "error_against"), "the given images"
    elif error_against is None or error_against in images:
        target_name = error_against or first
        target = images[target_name]
    else:
        raise ValueError(f"error_against names no row: {error_against!r}; rows are {list(images)}")
    n = min(n, len(target), *(len(x) for x in images.values()))
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    for name, x in images.items():
        if x[0].numel() != target[0].numel():
            raise ValueError(
                f"row {name!r} has images of shape {tuple(x.shape[1:])} and {target_name!r} of "
                f"shape {tuple(target.shape[1:])}; they cannot be compared"
            )
    if labels is not None and len(labels) < n:
        raise ValueError(f"labels has {len(labels)} entries for {n} columns")

    names = (
        []
        if labels is None
        else [str(y.item() if isinstance(y, Tensor) else y) for y in labels[:n]]
    )
    probe = new_figure(WIDTH, 1)
    left = EDGE + _text_width(probe, list(images), 9.5) + 0.12
    right = 0.86
    cell = min((WIDTH - left - right - EDGE) / n, 1.15)
    size, caption = 0.92 * cell, 0.2
    font = min(8.0, 8.0 * cell / 0.42)  # "123.4" fits under the image
    widest = _text_width(probe, names, 9.5)
    label_font = min(9.5, 9.5 * 0.92 * cell / max(widest, 1e-6))
    pitch = size * images[first].shape[2] / images[first].shape[3] + caption
    top = EDGE + (TITLE if title else 0) + 0.32
    figure = new_figure(WIDTH, top + len(images) * pitch + EDGE)
    _title(figure, title)

    parts = []
    for r, (name, x) in enumerate(images.items()):
        y = top + r * pitch
        middle = y + (pitch - caption) / 2
        _write(figure, left - 0.1, middle, name, ha="right", va="center", fontsize=9.5)
        errors = (x[:n].double() - target[:n].double().reshape(x[:n].shape)).square()
        errors = errors.flatten(1).sum(dim=1)
        is_target = not isinstance(error_against, Tensor) and name == target_name
        for c in range(n):
            center = left + (c + 0.5) * cell
            _draw(figure, x[c], (center - size / 2, y, size, pitch - caption))
            if not is_target:
                text = number(float(errors[c]), padded=True)
                below = y + pitch - caption + 0.025
                _write(figure, center, below, text, ha="center", va="top", fontsize=font)
            if r == 0 and labels is not None:
                style = {"ha": "center", "va": "bottom", "fontsize": label_font}
                _write(figure, center, y - 0.03, names[c], **style)
        if not is_target:
            mean = number(float(errors.mean()), padded=True)
            style = {"ha": "left", "va": "center", "fontsize": 10, "fontweight": "bold"}
            _write(figure, left + n * cell + 0.1, middle, mean, **style)
            parts.append(f"{_one_line(name)}: mean error {mean}")
    if parts:
        style = {"ha": "left", "va": "bottom", "fontsize": 9, "linespacing": 1.1}
        these = f"these {n}" if n > 1 else "this one"
        _write(figure, left + n * cell + 0.1, top - 0.03, f"mean SSE\nof {these}", **style)
    figure.alt_text = (
        f"{title or 'Images and their reconstructions'}. A grid of {len(images)} rows "
        f"({', '.join(map(_one_line, images))}) of {n} images. "
        f"Sum of squared errors per image against {_one_line(target_name)}, "
        f"mean over the {n} shown: {'; '.join(parts)}."
    )
    return figure


@styled
def image_row(
    images: Tensor | Sequence[Tensor],
    titles: Sequence[str] | None = None,
    title: str | None = None,
    per_row: int = 10,
) -> matplotlib.figure.Figure:
    """Draw images side by side, ten to a line, each with a short text above.

    Args:
        images: a sequence of images (C, H, W), (H, W) or (D,), or one tensor that stacks them.
        titles: one text per image.
        title: headline.
        per_row: images to a line.

    Raises:
        TypeError: the images are not a tensor of floats.
        ValueError: there is no image, or not one title for each.
    """
    if len(images) == 0:
        raise ValueError("images is empty; give at least one image")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"there are {len(images)} images and {len(titles)} titles")
    pictures = [as_images(image[None], f"images[{i}]")[0] for i, image in enumerate(images)]
    columns = max(1, min(per_row, len(pictures)))
    font, text_height, widest = 9.5, 0.0, 0.0
    if titles is not None:  # long texts are written smaller, down to 7.5 points, then wider apart
        widest = _text_width(new_figure(WIDTH, 1), titles, font)
        columns = min(columns, max(1, int((WIDTH - 2 * EDGE) / (widest * 7.5 / 9.5 / 0.95 + 0.05))))
    cell = min((WIDTH - 2 * EDGE) / columns, 1.6)
    if titles is not None:
        font = min(font, font * 0.95 * (cell - 0.05) / max(widest, 1e-6))
        text_height = 0.08 + 0.17 * font / 9.5 * max(text.count("\n") + 1 for text in titles)
    size, top = 0.92 * cell, EDGE + (TITLE if title else 0)
    pitch = size + text_height + 0.08
    lines = math.ceil(len(pictures) / columns)
    figure = new_figure(max(columns * cell + 2 * EDGE, 3.0), top + lines * pitch + EDGE)
    _title(figure, title)
    for i, picture in enumerate(pictures):
        y = top + (i // columns) * pitch + text_height
        center = EDGE + (i % columns + 0.5) * cell
        _draw(figure, picture, (center - size / 2, y, size, size))
        if titles is not None:
            _write(figure, center, y - 0.04, titles[i], ha="center", va="bottom", fontsize=font)
    names = "" if titles is None else ": " + ", ".join(_one_line(text) for text in titles)
    figure.alt_text = f"{title + '. ' if title else ''}{len(pictures)} images side by side{names}."
    return figure


@styled
def eigen_digits(
    axes: Tensor,
    mean: Tensor | None = None,
    n: int = 16,
    variances: Tensor | None = None,
) -> matplotlib.figure.Figure:
    """Draw principal axes as images: red and blue are weights of opposite sign, white is zero.

    All axes share one colour scale, symmetric about 0.

    Args:
        axes: unit vectors as rows, shape (k, D).
        mean: the mean image, shape (D,), drawn first in grey.
        n: how many axes.
        variances: variance along each axis (squared intensity), shape (k,) or longer.

    Raises:
        TypeError: the axes are not a tensor of floats.
        ValueError: `n` is less than 1, or there are fewer variances than axes.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    pictures = as_images(axes, "axes")[:n]
    if variances is not None and len(variances) < len(pictures):
        raise ValueError(f"there are {len(pictures)} axes to draw and {len(variances)} variances")
    n, columns = len(pictures), min(8, len(pictures))
    limit = float(pictures.abs().max()) or 1.0
    gap = 0 if mean is None else 1  # the mean has a column of its own
    bar = 0.95
    cell = min((WIDTH - 2 * EDGE - bar) / (columns + gap), 1.2)
    size, caption = 0.92 * cell, 0.24 if variances is None else 0.38
    top, pitch = EDGE + TITLE + caption, 0.92 * cell + caption + 0.08
    lines = math.ceil(n / columns)
    figure = new_figure(WIDTH, top + lines * pitch - caption + EDGE)
    _title(
        figure, f"The first {n} principal axes{'' if variances is None else ', and their variance'}"
    )
    text = {"ha": "center", "va": "bottom", "fontsize": 8.5, "linespacing": 1.1}
    if mean is not None:
        picture = as_images(mean.reshape(1, -1), "mean")[0]
        _draw(figure, picture, (EDGE, top, size, size))
        _write(figure, EDGE + size / 2, top - 0.03, "mean", **text)
    drawn = None
    for i, picture in enumerate(pictures):
        y = top + (i // columns) * pitch
        x = EDGE + (gap + i % columns) * cell + (0.08 if gap else 0)
        grey = picture.mean(dim=0, keepdim=True)
        drawn = _draw(figure, grey, (x, y, size, size), cmap=DIVERGING, vmin=-limit, vmax=limit)
        name = f"axis {i + 1}"
        if variances is not None:
            name += f"\n{number(float(variances[i]), padded=True)}"
        _write(figure, x + size / 2, y - 0.03, name, **text)
    height = (lines - 1) * pitch + size
    scale = _in_shares(figure, (EDGE + (gap + columns) * cell + 0.2, top, 0.13, height))
    colours = figure.colorbar(drawn, cax=figure.add_axes(scale))
    colours.set_label("weight of the pixel", fontsize=9)
    colours.ax.tick_params(labelsize=8)
    colours.outline.set_linewidth(0.5)
    spread = (
        ""
        if variances is None
        else (
            f" Variance falls from {number(float(variances[0]))} along axis 1 to "
            f"{number(float(variances[n - 1]))} along axis {n}."
        )
    )
    figure.alt_text = (
        f"The first {n} principal axes drawn as images, weights from {-limit:.2f} (red) to "
        f"{limit:.2f} (blue), white for zero"
        f"{', after the mean image' if gap else ''}.{spread}"
    )
    return figure


def _one_line(text: str) -> str:
    return " ".join(text.split())
