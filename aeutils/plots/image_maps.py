"""The figures of `aeutils.plots` that show maps: several side by side, or one drawn with images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, describe
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import COLOURS, WIDTH, new_figure, styled

if TYPE_CHECKING:
    import matplotlib.figure


@styled
def map_panels(
    maps: Mapping[str, Tensor], labels: Tensor | None, title: str
) -> matplotlib.figure.Figure:
    """Draw several maps of the same points side by side, without axes: only nearness is meant.

    Args:
        maps: headline of the panel -> places, shape (N, 2).
        labels: classes, shape (N,); each is written at its median, in its colour. None draws all
            points alike.
        title: headline of the figure.

    Raises:
        TypeError: labels are not integers.
        ValueError: there is no map, or maps and labels do not fit together.
    """
    if not maps:
        raise ValueError("maps is empty; give at least one, such as {'PCA': places}")
    clouds = {name: _places(z, f"maps[{name!r}]") for name, z in maps.items()}
    columns = min(3, len(clouds))
    rows = -(-len(clouds) // columns)
    side = WIDTH / columns
    figure = new_figure(WIDTH, 0.35 + rows * (side + 0.15), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    for axes in panels[len(clouds) :]:
        axes.set_visible(False)
    for axes, (name, z) in zip(panels, clouds.items(), strict=False):
        size = float(np.clip(6000 / len(z), 3, 16))
        order = np.random.default_rng(0).permutation(len(z))  # no class is painted on top
        colours: object = COLOURS[0]
        if labels is not None:
            classes, index = check_labels(labels, len(z)).cpu().unique(return_inverse=True)
            colours = np.array(COLOURS)[index.numpy() % len(COLOURS)][order]
        axes.scatter(*z.numpy()[order].T, c=colours, s=size, alpha=0.7, linewidths=0)
        if labels is not None:
            for i, kind in enumerate(classes.tolist()):
                disc = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "lw": 1.5}
                disc["edgecolor"] = COLOURS[i % len(COLOURS)]
                at = z[index == i].median(dim=0).values.tolist()
                style = {"ha": "center", "va": "center", "fontsize": 8, "fontweight": "bold"}
                axes.text(*at, str(kind), bbox=disc, **style)
        axes.set_title(name, fontweight="normal", fontsize=10)
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.set_adjustable("datalim")
        axes.spines[:].set(visible=True, color="#BBBBBB")
    coloured = "coloured by class" if labels is not None else "all in one colour"
    figure.alt_text = (
        f"{title}. {len(clouds)} maps of {len(next(iter(clouds.values())))} points, {coloured}: "
        f"{', '.join(clouds)}."
    )
    return figure


@styled
def image_map(
    places: Tensor, images: Tensor, labels: Tensor, title: str, n: int = 200
) -> matplotlib.figure.Figure:
    """Draw a map on which images themselves are the points, framed in the colour of their class.

    Images are placed in random order, and one that would cover another is left out.

    Args:
        places: where each image lies, shape (N, 2).
        images: (N, 1, H, W) or rows (N, D) of square grey images.
        labels: classes, shape (N,).
        title: headline.
        n: at most this many images.

    Raises:
        TypeError: images are not a tensor of floats, or labels not integers.
        ValueError: places, images and labels do not fit together.
    """
    z, pictures = _places(places, "places"), as_images(images, "images")
    classes, index = check_labels(labels, len(z)).cpu().unique(return_inverse=True)
    if len(z) != len(pictures):
        raise ValueError(f"there are {len(z)} places for {len(pictures)} images")
    low, high = z.min(dim=0).values, z.max(dim=0).values
    wide, tall = (high - low).clamp_min(1e-9).tolist()
    height = float(np.clip(WIDTH * tall / wide, 4.0, 7.0))
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.94))
    axes.set_title(title)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color="#BBBBBB")
    unit = float(((high - low) / torch.tensor([WIDTH, height])).max()) or 1.0  # data per inch
    side = 0.27 * unit
    middle, room = (low + high) / 2, torch.tensor([WIDTH, height]) * unit * 0.53
    axes.set_xlim(float(middle[0] - room[0]), float(middle[0] + room[0]))
    axes.set_ylim(float(middle[1] - room[1]), float(middle[1] + room[1]))
    shown: list[Tensor] = []
    for i in np.random.default_rng(0).permutation(len(z)).tolist():
        if len(shown) == n:
            break
        if shown and bool(((torch.stack(shown) - z[i]).abs().amax(dim=1) < 1.05 * side).any()):
            continue
        shown.append(z[i])
        x, y = z[i].tolist()
        extent = (x - side / 2, x + side / 2, y - side / 2, y + side / 2)
        picture = pictures[i, 0].numpy()
        axes.imshow(picture, cmap="gray_r", vmin=0, vmax=1, extent=extent, zorder=2)
        colour = COLOURS[int(index[i]) % len(COLOURS)]
        frame = {"color": colour, "linewidth": 1.4, "zorder": 3}
        axes.plot(*zip(*_corners(extent), strict=True), **frame)
    axes.set_aspect("auto")
    names = ", ".join(map(str, classes.tolist()))
    figure.alt_text = (
        f"{title}. {len(shown)} of {len(z)} images at their places on the map, framed in the "
        f"colour of their class ({names})."
    )
    return figure


def _corners(extent: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    x0, x1, y0, y1 = extent
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]


def _places(z: Tensor, name: str) -> Tensor:
    z = check_matrix(z, name).detach().cpu().float()
    if z.shape[1] != 2:
        raise ValueError(f"{name} must have shape (N, 2), got {describe(z)}")
    return z
