"""Curves: lines over common x values, learning curves, shares of variance, subspace angles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from aeutils._internal.validate import check_count, describe
from aeutils.plots.line_charts import (
    check_log,
    describe_in_words,
    in_words,
    line_style,
    log_axes,
    name_lines,
    numbers,
    one_panel,
    thin_out,
)
from aeutils.plots.style import COLOURS, MARKERS, WIDTH, new_figure, number, styled

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure


def panels(
    count: int, height: float = 3.9
) -> tuple[matplotlib.figure.Figure, list[matplotlib.axes.Axes]]:
    """Return an empty figure and `count` axes side by side, to be filled with ``ax=``.

    Args:
        count: number of axes.
        height: of the figure in inches.

    Raises:
        TypeError, ValueError: `count` is not a positive integer.

    Example:
        >>> figure, (left, right) = panels(2)
        >>> for ax, name in ((left, "PCA"), (right, "autoencoder")):
        ...     _ = lines([1, 2], {name: [9, 5]}, name, "code size", "SSE", ax=ax)
    """
    check_count(count, "count")
    figure = new_figure(WIDTH, height, layout="constrained")
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


@styled
def lines(
    x: Sequence[float] | Tensor,
    curves: Mapping[str, Sequence[float] | Tensor],
    title: str,
    x_label: str,
    y_label: str,
    log_x: bool = False,
    log_y: bool = False,
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw curves over common x values, each with its name at its right end.

    Args:
        x: M numbers.
        curves: name -> M numbers; NaN leaves a gap.
        title: headline.
        x_label: with the unit in brackets.
        y_label: with the unit in brackets.
        log_x: logarithmic x axis; needs x > 0.
        log_y: logarithmic y axis; needs values > 0.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Raises:
        TypeError: a curve or the x values are not numbers.
        ValueError: there is no curve, or its values do not fit the x values or the axis.

    Example:
        >>> figure = lines([1, 2, 4], {"PCA": [9, 5, 2]}, "Error", "code size", "SSE", log_x=True)
    """
    xs = numbers(x, "x")
    ys = {name: numbers(y, f"curves[{name!r}]") for name, y in curves.items()}
    if not ys or len(xs) == 0:
        raise ValueError("lines needs at least one curve with at least one point")
    for name, y in ys.items():
        if len(y) != len(xs):
            raise ValueError(f"curve {name!r} has {len(y)} values for {len(xs)} values of x")
        if not np.isfinite(y).any():
            raise ValueError(f"curve {name!r} holds no finite value")
    check_log(log_x, [xs], "x")
    check_log(log_y, ys.values(), "y")

    figure, axes = one_panel(title, x_label, y_label, ax=ax)
    first = len(axes.lines)
    for i, (name, y) in enumerate(ys.items()):
        marker: dict[str, Any] = (
            {"marker": MARKERS[i % len(MARKERS)], "markersize": 5} if len(xs) <= 30 else {}
        )
        axes.plot(xs, y, **line_style(i), **marker, label=name)
    log_axes(axes, log_x, log_y, xs)
    name_lines(axes, [(xs, y) for y in ys.values()], list(ys), first)
    words = f"{title}. {y_label} against {x_label} from {number(xs.min())} to " + (
        f"{number(xs.max())}. " + "; ".join(in_words(name, y) for name, y in ys.items()) + "."
    )
    describe_in_words(figure, ax, words)
    return figure


@styled
def learning_curves(
    histories: Any,
    title: str | None = None,
    log_y: bool = True,
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw training loss (thin, dashed) and validation loss (thick), with the best step marked.

    Args:
        histories: the History that `aeutils.training.fit` returns, or a dict of several by name.
            More than 100 training values are shown as means over about 100 equal stretches.
        title: headline.
        log_y: logarithmic loss; a loss that is zero or negative somewhere is drawn linearly.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Raises:
        TypeError: it is not what `fit` returns.
        ValueError: there is no history, or one without a finite loss.
    """
    several = isinstance(histories, Mapping)
    runs: dict[str, Any] = dict(histories) if several else {"": histories}
    if not runs:
        raise ValueError("histories is empty; give at least one")
    curves: list[tuple[np.ndarray, np.ndarray]] = []
    names, styles, best = [], [], []
    for i, (name, run) in enumerate(runs.items()):
        for attribute in ("step", "train_loss", "val_step", "val_loss", "best_step"):
            if not hasattr(run, attribute):
                raise TypeError(
                    f"a history has no attribute {attribute!r}: got {describe(run)}; "
                    "pass what training.fit returned"
                )
        step, loss = thin_out(numbers(run.step, "step"), numbers(run.train_loss, "train_loss"))
        val_step, val_loss = numbers(run.val_step, "val_step"), numbers(run.val_loss, "val_loss")
        colour = COLOURS[i % len(COLOURS)]
        thin: dict[str, Any] = {"color": colour, "linewidth": 1.1, "linestyle": "--"}
        thick: dict[str, Any] = {"color": colour, "linewidth": 2.0, "linestyle": "-"}
        curves.append((step, loss))
        names.append(f"{name}, training" if several else "training")
        styles.append(thin if len(val_loss) else thick)
        if len(val_loss):
            curves.append((val_step, val_loss))
            names.append(f"{name}, validation" if several else "validation")
            styles.append(thick)
            at = [] if run.best_step is None else np.flatnonzero(val_step == run.best_step).tolist()
            if at:
                best.append((val_step[at[0]], val_loss[at[0]], colour, name))
    finite = [loss[np.isfinite(loss)] for _, loss in curves]
    if not all(len(step) == len(loss) for step, loss in curves) or not all(map(len, finite)):
        raise ValueError("a history needs one finite loss or more, and as many steps as losses")

    scale = log_y and all((loss > 0).all() for loss in finite)
    headline = title or "Learning curves"
    figure, axes = one_panel(headline, "training step", "loss per batch", ax=ax)
    first = len(axes.lines)
    for (step, loss), style in zip(curves, styles, strict=True):
        axes.plot(step, loss, **style, marker="o" if len(step) == 1 else None)
    for x, y, colour, _ in best:
        axes.plot(x, y, marker="*", markersize=15, color=colour, markeredgecolor="white", zorder=5)
    if best:
        handle = axes.plot([], [], "*", markersize=11, color="#555555", label="best validation")
        axes.legend(handles=handle, loc="upper right")
    log_axes(axes, False, scale, curves[0][0])
    name_lines(axes, curves, names, first)
    words = [in_words(name, loss) for name, (_, loss) in zip(names, curves, strict=True)]
    words += [
        f"best validation loss{' of ' + name if name else ''} {number(float(y))} at step {int(x)}"
        for x, y, _, name in best
    ]
    describe_in_words(figure, ax, f"{headline}. Loss against training step. {'; '.join(words)}.")
    return figure


@styled
def scree(
    ratio: Tensor | Sequence[float], marks: Sequence[float] = (0.8, 0.95)
) -> matplotlib.figure.Figure:
    """Draw the share of variance that each component holds, and the running total.

    Args:
        ratio: shares that add up to at most 1, from large to small, shape (K,).
        marks: totals whose number of components is written into the figure.

    Raises:
        TypeError: the shares are not numbers.
        ValueError: the shares add up to more than 1, or a mark lies outside (0, 1].
    """
    share = numbers(ratio, "ratio")
    if len(share) == 0 or (share < -1e-6).any() or share.sum() > 1 + 1e-3:
        raise ValueError(
            f"ratio must be shares of the variance that add up to at most 1, got {describe(ratio)} "
            f"with sum {share.sum():g}; divide the variances by their total"
        )
    if not all(0 < mark <= 1 for mark in marks):
        raise ValueError(f"marks must lie in (0, 1], got {tuple(marks)}")
    total = np.cumsum(share)
    index = np.arange(1, len(share) + 1)
    figure = new_figure(WIDTH, 3.5, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    shown = min(len(share), 40)
    left.bar(index[:shown], 100 * share[:shown], width=0.8, color=COLOURS[0])
    left.set(xlabel="component", ylabel="share of the variance (%)")
    left.set_title("Each component" if shown == len(share) else f"Each of the first {shown}")
    right.plot(index, 100 * total, color=COLOURS[0], linewidth=2.2)
    right.set(xlabel="number of components k", ylabel="total share (%)", ylim=(0, 104))
    right.set_xlim(0, len(share) * 1.02 if len(share) > 1 else 2)
    right.set_title("The first k together")
    right.grid(axis="y")
    words = []
    for mark in sorted(marks):
        reached = np.flatnonzero(total >= mark - 1e-6)
        if len(reached) == 0:
            words.append(f"{100 * mark:g} % is not reached")
            continue
        k = int(index[reached[0]])
        text = f"{k} hold {100 * mark:g} %"
        right.plot([k, k, 0], [0, 100 * mark, 100 * mark], ":", color=COLOURS[1], linewidth=1.2)
        right.plot(k, 100 * mark, "o", color=COLOURS[1], markersize=6)
        side = k < 0.6 * len(share)  # below the curve there is room on one side
        right.annotate(
            text,
            (k, 100 * mark),
            xytext=(8 if side else -8, -8),
            textcoords="offset points",
            ha="left" if side else "right",
            va="top",
            fontsize=9.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        words.append(f"{k} components hold {100 * mark:g} %")
    figure.alt_text = (
        f"Share of the variance per component, from {100 * share[0]:.3g} % for the first, and the "
        f"running total over {len(share)} components: {'; '.join(words) or 'no marks'}."
    )
    return figure


@styled
def subspace_angles(
    angles: Mapping[str, Tensor | Sequence[float]], ax: matplotlib.axes.Axes | None = None
) -> matplotlib.figure.Figure:
    """Draw the principal angles between subspaces, sorted: all at 0° is the same subspace.

    Args:
        angles: name -> angles in radians (drawn in degrees), shape (k,).
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Raises:
        TypeError: the angles are not numbers.
        ValueError: there is no angle, or one outside 0 to π/2.
    """
    degrees = {n: np.sort(np.rad2deg(numbers(a, f"angles[{n!r}]"))) for n, a in angles.items()}
    if not degrees or not all(map(len, degrees.values())):
        raise ValueError("angles needs at least one name with at least one angle")
    for name, values in degrees.items():
        if not np.isfinite(values).all() or values.min() < -1e-3 or values.max() > 90.01:
            raise ValueError(f"angles[{name!r}] must be radians from 0 to π/2, without NaN")
    figure, axes = one_panel(
        "Principal angles between subspaces",
        "angle number, from the smallest",
        "angle (degrees)",
        ax=ax,
    )
    first, curves = len(axes.lines), []
    for i, values in enumerate(degrees.values()):
        index = np.arange(1, len(values) + 1)
        axes.plot(index, values, **line_style(i), marker=MARKERS[i % len(MARKERS)], markersize=4)
        curves.append((index, values))
    axes.set(ylim=(-2, 92), yticks=range(0, 91, 15))
    axes.grid(axis="y")
    name_lines(axes, curves, list(degrees), first)
    words = (
        "Principal angles between subspaces, in degrees, sorted. "
        + "; ".join(
            f"{name}: from {v[0]:.1f} to {v[-1]:.1f}, median {np.median(v):.1f}"
            for name, v in degrees.items()
        )
        + "."
    )
    describe_in_words(figure, ax, words)
    return figure
