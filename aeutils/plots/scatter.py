"""The figures of `aeutils.plots` that show clouds: codes as points, errors as a histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, describe
from aeutils.plots.line_charts import (
    describe_in_words,
    line_style,
    numbers,
    one_panel,
    spread_points,
)
from aeutils.plots.style import COLOURS, number, styled

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure


@styled
def latent_scatter(
    z: Tensor,
    labels: Tensor,
    title: str = "Codes of the images",
    axis_names: Sequence[str] = ("code number 1", "code number 2"),
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw codes of two numbers as points in the colour of their class, the class at its median.

    Args:
        z: codes, shape (N, 2).
        labels: classes, shape (N,).
        title: headline.
        axis_names: names of both axes.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Raises:
        TypeError: the codes are not a tensor of floats, or the labels not integers.
        ValueError: the codes do not have two numbers, or do not fit the labels.
    """
    z = check_matrix(z, "z").detach().cpu().float()
    if z.shape[1] != 2:
        raise ValueError(
            f"z must have shape (N, 2) to be drawn, got {describe(z)}; "
            "take two columns, z[:, :2], or project it first"
        )
    classes, index = check_labels(labels, len(z)).cpu().unique(return_inverse=True)
    figure, axes = one_panel(title, axis_names[0], axis_names[1], height=5.6, ax=ax)
    axes.grid(visible=False)
    colours = np.array(COLOURS)[index.numpy() % len(COLOURS)]
    order = np.random.default_rng(0).permutation(len(z))  # no class is painted on top
    size = float(np.clip(15000 / len(z), 4, 30))
    points = z.numpy()[order]
    axes.scatter(
        points[:, 0],
        points[:, 1],
        c=colours[order],
        s=size,
        alpha=0.65,
        linewidths=0,
        rasterized=True,
    )
    axes.set_aspect("equal", adjustable="datalim")
    medians = torch.stack([z[index == i].median(dim=0).values for i in range(len(classes))])
    figure.draw_without_rendering()
    spots = spread_points(axes.transData.transform(medians.numpy()), 25.0)
    for i, (name, spot) in enumerate(zip(classes.tolist(), spots, strict=True)):
        colour = COLOURS[i % len(COLOURS)]
        disc = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": colour, "lw": 2.5}
        place = axes.transData.inverted().transform(spot)
        style: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "fontsize": 11,
            "fontweight": "bold",
        }
        axes.text(float(place[0]), float(place[1]), str(name), bbox=disc, **style)
    words = (
        f"{title}. {len(z)} points, {axis_names[0]} across and {axis_names[1]} up. Class medians: "
        + "; ".join(
            f"{name} at ({number(float(a))}, {number(float(b))})"
            for name, (a, b) in zip(classes.tolist(), medians, strict=True)
        )
        + "."
    )
    describe_in_words(figure, ax, words)
    return figure


@styled
def error_histogram(
    errors: Mapping[str, Tensor | Sequence[float]], ax: matplotlib.axes.Axes | None = None
) -> matplotlib.figure.Figure:
    """Draw how the squared error per image is distributed; a dotted line marks each mean.

    Args:
        errors: name -> one sum of squared errors per image, shape (N,).
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Raises:
        TypeError: the errors are not numbers.
        ValueError: there is no error, or one that is negative or not finite.
    """
    values = {name: numbers(e, f"errors[{name!r}]") for name, e in errors.items()}
    if not values or not all(map(len, values.values())):
        raise ValueError("errors needs at least one name with at least one error")
    for name, e in values.items():
        if not np.isfinite(e).all() or e.min() < 0:
            raise ValueError(f"errors[{name!r}] must be finite and not negative")
    together = np.concatenate(list(values.values()))
    bins = np.histogram_bin_edges(together, bins=40)
    figure, axes = one_panel(
        "How the error varies from image to image",
        "squared error of an image (SSE, squared intensity)",
        "share of the images (%)",
        ax=ax,
    )
    words = []
    for i, (name, e) in enumerate(values.items()):
        share = 100 * np.histogram(e, bins)[0] / len(e)
        style = line_style(i)
        mean = number(float(e.mean()))
        axes.stairs(share, bins, **style, label=f"{name}: mean {mean}")
        axes.stairs(share, bins, fill=True, color=style["color"], alpha=0.12)
        axes.axvline(e.mean(), color=style["color"], linestyle=":", linewidth=1.4)
        median, largest = number(float(np.median(e))), number(float(e.max()))
        words.append(f"{name}: mean {mean}, median {median}, largest {largest}")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    describe_in_words(figure, ax, f"Histogram of the squared error per image. {'; '.join(words)}.")
    return figure
