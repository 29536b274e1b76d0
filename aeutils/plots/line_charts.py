"""Helpers of `aeutils.plots`: line styles, names at the end of lines, readable log axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.plots.style import COLOURS, LINES, WIDTH, DescribedFigure, new_figure, number

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure


def numbers(values: Sequence[float] | Tensor, name: str) -> np.ndarray:
    """Return values as a float64 vector, from any device, without their gradient.

    Args:
        values: numbers.
        name: what the message calls them.

    Raises:
        TypeError: they are not numbers.
        ValueError: they are not a vector.
    """
    plain = values.detach().cpu().double().numpy() if isinstance(values, Tensor) else values
    try:
        vector = np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a vector of numbers, got {describe(values)}") from None
    if vector.ndim != 1:
        raise ValueError(f"{name} must be a vector of numbers, got {describe(values)}")
    return vector


def one_panel(
    title: str,
    x_label: str,
    y_label: str,
    height: float = 3.9,
    ax: matplotlib.axes.Axes | None = None,
) -> tuple[matplotlib.figure.Figure, matplotlib.axes.Axes]:
    """Return a figure with one titled panel: `ax` and its figure, or a new figure.

    Args:
        title: headline.
        x_label: with the unit in brackets.
        y_label: with the unit in brackets.
        height: of a new figure in inches.
        ax: axes to draw in, of a figure of yours; a new figure if None.
    """
    if ax is None:
        figure = new_figure(WIDTH, height, layout="constrained")
        axes = figure.subplots()
    else:
        axes, found = ax, ax.get_figure(root=True)
        assert found is not None, "axes lie in a figure"
        figure = found
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_title(title)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure, axes


def describe_in_words(figure: DescribedFigure, ax: matplotlib.axes.Axes | None, text: str) -> None:
    """Set the figure's alt text; where `ax` is one panel among others, add to it.

    Args:
        figure: the figure that gets the text as `alt_text`.
        ax: the panel as the caller gave it; None if the figure is new, so that nothing is kept.
        text: what the panel shows.
    """
    before = "" if ax is None else getattr(figure, "alt_text", "")
    figure.alt_text = f"{before} {text}".strip()


def line_style(i: int) -> dict[str, Any]:
    """Return colour and dash of line i: two lines differ in both, up to ten.

    Args:
        i: number of the line, from 0.
    """
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": LINES[i % len(LINES)]}


def check_log(wanted: bool, values: Iterable[np.ndarray], name: str) -> None:
    """Raise ValueError if a logarithmic axis would have to show numbers that have no logarithm.

    Args:
        wanted: whether the axis is logarithmic.
        values: what it shows.
        name: of the axis.

    Raises:
        ValueError: a finite value is 0 or less.
    """
    for v in values:
        if wanted and (v[np.isfinite(v)] <= 0).any():
            smallest = v[np.isfinite(v)].min()
            raise ValueError(
                f"log_{name}=True needs {name} > 0, got values down to {smallest:g}; "
                f"use log_{name}=False"
            )


def log_axes(axes: matplotlib.axes.Axes, log_x: bool, log_y: bool, x: np.ndarray) -> None:
    """Make axes logarithmic where wanted, with ticks written as plain numbers.

    Args:
        axes: to change.
        log_x: whether the x axis is logarithmic.
        log_y: whether the y axis is logarithmic.
        x: the values on the x axis.
    """
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
    )

    plain = FuncFormatter(lambda value, _: number(float(value)))
    if log_x:
        axes.set_xscale("log")
        values = np.unique(x[np.isfinite(x)])
        steps = np.diff(np.log(values))
        if len(values) <= 12 and (steps > 0.06 * np.log(values[-1] / values[0])).all():
            axes.xaxis.set_major_locator(FixedLocator(values.tolist()))
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.minorticks_off()
    elif np.array_equal(x, np.round(x)):  # counts, such as epochs: no tick at 2.5
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    if log_y:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        decades = np.log10(high / low)
        if decades < 1:  # 20, 40, 60
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            axes.yaxis.set_minor_locator(NullLocator())
        else:  # 1, 2, 5, 10 or 1, 10, 100
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2 else (1,)))
        axes.yaxis.set_major_formatter(plain)
        axes.yaxis.set_minor_formatter(NullFormatter())


def name_lines(
    axes: matplotlib.axes.Axes,
    curves: Sequence[tuple[np.ndarray, np.ndarray]],
    names: Sequence[str],
    first: int = 0,
) -> None:
    """Write each line's name right of its last point, moved up or down so that none overlap.

    `first` lines were in the axes before.

    Args:
        axes: where the lines are.
        curves: x and y of each line.
        names: one for each line.
        first: number of lines that were in the axes before.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes lie in a figure"
    figure.draw_without_rendering()
    last = [np.flatnonzero(np.isfinite(y))[-1] for _, y in curves]
    ends = [(float(x[k]), float(y[k])) for (x, y), k in zip(curves, last, strict=True)]
    pixels = axes.transData.transform(ends)  # (lines, 2)
    gap = 0.17 * figure.dpi  # inches between the middles of two names
    heights = (spread_heights(pixels[:, 1], gap) - axes.bbox.y0) / axes.bbox.height
    for name, line, end, height in zip(names, axes.lines[first:], ends, heights, strict=False):
        leader: dict[str, Any] = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.8}
        leader |= {
            "shrinkA": 1,
            "relpos": (0, 0.5),
        }  # it ends at the middle of the name's left edge
        axes.annotate(
            name,
            xy=end,
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            color="black",
            fontsize=9.5,
            annotation_clip=False,
            arrowprops=leader,
        )


def spread_heights(heights: np.ndarray, gap: float) -> np.ndarray:
    """Return heights moved as little as possible so that neighbours are `gap` apart.

    Args:
        heights: numbers, shape (M,), in any order.
        gap: least distance, in the unit of `heights`.
    """
    order = np.argsort(heights, kind="stable")
    # Groups of touching labels are centred on their mean; merging two groups may touch a third.
    groups: list[list[float]] = []
    for height in heights[order]:
        groups.append([float(height)])
        while len(groups) > 1 and _top(groups[-2], gap) + gap > _bottom(groups[-1], gap):
            groups[-2:] = [groups[-2] + groups[-1]]
    spread = np.empty(len(heights))
    places = [_bottom(group, gap) + gap * i for group in groups for i in range(len(group))]
    spread[order] = places
    return spread


def _bottom(group: list[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: list[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2


def spread_points(points: np.ndarray, gap: float) -> np.ndarray:
    """Return points (M, 2) pushed apart until no two are closer than `gap` (200 rounds at most).

    Args:
        points: shape (M, 2); left as they are.
        gap: least distance, in pixels; 0.1 less is let through.
    """
    spread = points.astype(float).copy()
    for _ in range(200):
        moved = False
        for i in range(len(spread)):
            for j in range(i):
                apart = spread[i] - spread[j]
                distance = float(np.hypot(*apart))
                if distance < gap - 0.1:
                    direction = apart / distance if distance > 0 else np.array([1.0, 0.0])
                    spread[i] += direction * (gap - distance) / 2
                    spread[j] -= direction * (gap - distance) / 2
                    moved = True
        if not moved:
            break
    return spread


def thin_out(
    step: np.ndarray, loss: np.ndarray, points: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Return means over equal stretches of a long noisy curve, about `points` of them.

    Args:
        step: M numbers.
        loss: M numbers.
        points: about how many to keep.
    """
    if len(step) != len(loss) or len(step) <= points:
        return step, loss
    width = len(step) // points
    starts = range(0, len(step) - width + 1, width)
    middles = [step[s : s + width].mean() for s in starts]
    return np.array(middles), np.array([loss[s : s + width].mean() for s in starts])


def in_words(name: str, y: np.ndarray) -> str:
    """Return "name: from 9 to 2, lowest 1.5", for a figure's description.

    Args:
        name: of the curve.
        y: its values.
    """
    y = y[np.isfinite(y)]
    lowest = "" if y.min() in (y[0], y[-1]) else f", lowest {number(float(y.min()))}"
    return f"{name}: from {number(float(y[0]))} to {number(float(y[-1]))}{lowest}"
