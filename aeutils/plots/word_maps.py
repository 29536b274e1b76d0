"""A map of words: each word stands where its code is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.axes
import matplotlib.figure
import numpy as np
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.plots.line_charts import describe_in_words, one_panel, spread_points
from aeutils.plots.style import COLOURS, styled


@styled
def word_map(
    z: Tensor,
    groups: Mapping[str, Sequence[str]],
    title: str = "Words where their codes are",
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw words at the places of their two-dimensional codes, a colour for each group.

    Args:
        z: codes in the order of the words in `groups`, shape (N, 2).
        groups: name of a group -> its words.
        title: headline.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Returns:
        The figure; its `alt_text` names the groups and their words.

    Raises:
        TypeError: `z` is not a tensor of floats.
        ValueError: `z` does not have shape (N, 2), one row for each word.
    """
    z = check_matrix(z, "z").detach().cpu()
    count = sum(map(len, groups.values()))
    if z.shape != (count, 2):
        raise ValueError(
            f"z must have shape ({count}, 2), a row for each word, got {tuple(z.shape)}"
        )
    figure, axes = one_panel(title, "first direction", "second direction", 5.2, ax)
    x, y = z.numpy().T
    axes.scatter(x, y, s=0)  # the limits of the axes, before words are placed
    axes.margins(0.1)
    figure.draw_without_rendering()
    # A word is about four times as wide as high: stretched so, words that do not touch are round.
    wide = np.array([4.0, 1.0])
    spots = spread_points(axes.transData.transform(z.numpy()) / wide, 12.0) * wide
    where = axes.transData.inverted().transform(spots)
    first = 0
    for (name, words), colour in zip(groups.items(), COLOURS, strict=False):
        of = slice(first, first + len(words))
        axes.scatter(x[of], y[of], s=9, color=colour, label=name)
        for word, (left, height) in zip(words, where[of].tolist(), strict=True):
            axes.text(left, height, f" {word}", fontsize=8.5, color=colour, va="center")
        first = of.stop
    axes.legend(
        frameon=False,
        fontsize=8.5,
        ncols=len(groups),
        loc="upper center",
        bbox_to_anchor=(0.5, -0.13),
        markerscale=2,
    )
    listed = "; ".join(f"{name}: {', '.join(words)}" for name, words in groups.items())
    describe_in_words(
        figure, ax, f"{title}. A map of {count} words in colours of groups. {listed}."
    )
    return figure
