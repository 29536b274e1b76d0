"""The figure of `aeutils.plots` that shows codes as what a variational encoder says: clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, describe
from aeutils.plots.line_charts import describe_in_words, one_panel
from aeutils.plots.style import COLOURS, number, styled

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure


@styled
def code_clouds(
    mean: Tensor,
    spread: Tensor,
    labels: Tensor,
    title: str = "Each image is a cloud of codes",
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw codes of two numbers as ellipses of one standard deviation, the class in the middle.

    Dashed circles show the prior N(0, 1) at one and at two standard deviations.

    Args:
        mean: means of the codes, (N, 2).
        spread: their standard deviations, (N, 2), 0 for a point.
        labels: classes, integers (N,).
        title: headline.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Returns:
        The figure.

    Raises:
        TypeError: means or spreads are not tensors of floats, or labels not integers.
        ValueError: the codes do not have two numbers, the arguments do not fit together, or a
            spread is negative.

    Example:
        >>> import torch
        >>> figure = code_clouds(torch.randn(6, 2), torch.full((6, 2), 0.3), torch.arange(6) % 3)
    """
    from matplotlib.patches import Circle, Ellipse

    mean, spread = (
        check_matrix(t, name).detach().cpu().float()
        for t, name in ((mean, "mean"), (spread, "spread"))
    )
    if mean.shape[1] != 2 or spread.shape != mean.shape:
        raise ValueError(
            f"mean and spread must both have shape (N, 2), got {describe(mean)} and "
            f"{describe(spread)}; take two columns of a longer code"
        )
    if float(spread.min()) < 0:
        raise ValueError(
            f"spread must not be negative, got {float(spread.min()):g}; from log-variances it is "
            "(log_var / 2).exp()"
        )
    classes, index = check_labels(labels, len(mean)).cpu().unique(return_inverse=True)
    figure, axes = one_panel(title, "first number", "second number", height=5.6, ax=ax)
    axes.grid(visible=False)
    for radius in (1, 2):
        axes.add_patch(Circle((0, 0), radius, fill=False, linestyle="--", color="#777777"))
    axes.text(0, 2.05, "N(0, 1): two standard deviations", ha="center", color="#555555", fontsize=9)
    for centre, width, which in zip(mean.tolist(), spread.tolist(), index.tolist(), strict=True):
        colour = COLOURS[which % len(COLOURS)]
        axes.add_patch(
            Ellipse(
                (centre[0], centre[1]),
                2 * width[0],
                2 * width[1],
                facecolor=colour,
                edgecolor=colour,
                alpha=0.3,
            )
        )
        axes.text(
            centre[0], centre[1], str(int(classes[which])), ha="center", va="center", fontsize=8
        )
    most = max(2.4, float((mean.abs() + spread).max()) + 0.2)
    axes.set(xlim=(-most, most), ylim=(-most, most), aspect="equal")
    words = (
        f"{title}. {len(mean)} ellipses of one standard deviation with their class in the middle; "
        f"centres from {number(float(mean.min()))} to {number(float(mean.max()))}, mean standard "
        f"deviation {number(float(spread.mean()))}; dashed circles show N(0, 1)."
    )
    describe_in_words(figure, ax, words)
    return figure
