"""The figures of `aeutils.plots` that show a field of arrows, and a table of numbers in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix, check_same_shape, describe
from aeutils.plots.style import (
    COLOURS,
    CONTINUOUS,
    WIDTH,
    new_figure,
    number,
    styled,
)

if TYPE_CHECKING:
    import matplotlib.figure


@styled
def vector_fields(
    at: Tensor,
    fields: Mapping[str, Tensor],
    points: Tensor,
    title: str,
    axis_names: Sequence[str] = ("first number", "second number"),
) -> matplotlib.figure.Figure:
    """Draw one panel of arrows for each field, all at the same places and in the same scale.

    An arrow starts at its place and ends where it points to: its length is true.

    Args:
        at: places, shape (M, 2).
        fields: headline of the panel -> arrows, shape (M, 2).
        points: data, drawn below the arrows, shape (N, 2).
        title: headline of the figure.
        axis_names: names of both axes.

    Raises:
        ValueError: there is no field, or its arrows do not fit the places.
    """
    start = _pairs(at, "at")
    cloud = _pairs(points, "points")
    if not fields:
        raise ValueError("fields is empty; give at least one, such as {'residual': x_hat - x}")
    arrows = {name: _pairs(a, f"fields[{name!r}]") for name, a in fields.items()}
    for name, a in arrows.items():
        check_same_shape(a, start, f"fields[{name!r}]", "at")
    figure = new_figure(WIDTH, 0.3 + 0.9 * WIDTH / max(2, len(arrows)), layout="constrained")
    panels = figure.subplots(1, len(arrows), squeeze=False, sharex=True, sharey=True)[0]
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    words = []
    for i, (axes, (name, a)) in enumerate(zip(panels, arrows.items(), strict=True)):
        size = float(np.clip(4000 / len(cloud), 2, 14))
        axes.scatter(*cloud.numpy().T, s=size, color=COLOURS[4], alpha=0.6, linewidths=0)
        axes.quiver(
            *start.numpy().T,
            *a.numpy().T,
            angles="xy",
            scale_units="xy",
            scale=1,
            width=0.005,
            color=COLOURS[0],
        )
        axes.set_title(name, fontweight="normal", fontsize=10)
        axes.set(aspect="equal", xlabel=axis_names[0], ylabel=axis_names[1] if i == 0 else "")
        lengths = a.norm(dim=1)
        before = torch.cdist(start, cloud).amin(1).mean()
        after = torch.cdist(start + a, cloud).amin(1).mean()
        words.append(
            f"{name}: mean length {number(float(lengths.mean()))}, mean distance to the nearest "
            f"data point {number(float(before))} at the tails, {number(float(after))} at the tips"
        )
    figure.alt_text = f"{title}. {len(start)} arrows over {len(cloud)} points. {'; '.join(words)}."
    return figure


@styled
def value_table(
    values: Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    row_label: str,
    column_label: str,
    unit: str = "",
) -> matplotlib.figure.Figure:
    """Draw a table of numbers, each on a field whose colour goes from low (dark) to high (light).

    Args:
        values: shape (R, C).
        rows: R names.
        columns: C names.
        title: headline.
        row_label: what the rows are.
        column_label: what the columns are.
        unit: of the values, written at the colour scale.

    Raises:
        TypeError: the values are not a tensor of floats.
        ValueError: the numbers do not fit the names.
    """
    v = check_matrix(values, "values").detach().cpu().double()
    if tuple(v.shape) != (len(rows), len(columns)):
        raise ValueError(
            f"values is {describe(values)}, but there are {len(rows)} rows and {len(columns)} "
            "columns"
        )
    figure = new_figure(WIDTH, 1.3 + 0.5 * len(rows), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(v.numpy(), cmap=CONTINUOUS, aspect="auto")
    low, high = float(v.min()), float(v.max())
    for r in range(len(rows)):
        for c in range(len(columns)):
            light = (float(v[r, c]) - low) > 0.55 * (high - low)
            style: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "color": "black" if light else "white",
            }
            axes.text(c, r, number(float(v[r, c]), padded=True), **style)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=column_label, ylabel=row_label)
    axes.set_title(title)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(drawn, ax=axes, label=unit, pad=0.02).outline.set_visible(False)
    words = [
        f"{name}: "
        + ", ".join(f"{c} {number(float(x))}" for c, x in zip(columns, row, strict=True))
        for name, row in zip(rows, v, strict=True)
    ]
    figure.alt_text = f"{title}. {row_label} against {column_label}, {unit}. {'; '.join(words)}."
    return figure


def _pairs(x: Tensor, name: str) -> Tensor:
    x = check_matrix(x, name).detach().cpu().float()
    if x.shape[1] != 2:
        raise ValueError(f"{name} must have shape (N, 2) to be drawn, got {describe(x)}")
    return x
