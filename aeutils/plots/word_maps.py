"""A map of words: each word stands where its code is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.axes
import matplotlib.figure
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.plots.line_charts import describe_in_words, one_panel
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
    places = iter(z.tolist())
    for (name, words), colour in zip(groups.items(), COLOURS, strict=False):
        points = [next(places) for _ in words]
        axes.scatter(*zip(*points, strict=True), s=9, color=colour, label=name)
        for word, (x, y) in zip(words, points, strict=True):
            axes.annotate(
                word, (x, y), xytext=(3, 2), textcoords="offset points", fontsize=8.5, color=colour
            )
    axes.margins(0.12)
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
