"""What a score thinks of every point of a plane: maps with level lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.figure
import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix, describe
from aeutils.plots.style import COLOURS, CONTINUOUS, WIDTH, DescribedFigure, new_figure, styled

CELLS = 80  # along each side of a map


@styled
def score_maps(
    points: Tensor, scores: Mapping[str, Callable[[Tensor], Tensor]], title: str, levels: int = 7
) -> matplotlib.figure.Figure:
    """Draw one map for each score, with the points that it was fitted to.

    Args:
        points: what the scores were fitted to, (N, 2).
        scores: name -> function from points (M, 2) to scores (M,).
        title: headline.
        levels: number of shades; each holds equally many cells, so that maps can be compared.

    Returns:
        The figure; its `alt_text` names the scores.

    Raises:
        TypeError: `points` is not a tensor of floats.
        ValueError: `points` is not (N, 2), or there is no score.
    """
    points = check_matrix(points, "points").detach()
    if points.shape[1] != 2 or not scores:
        raise ValueError(
            f"points must have shape (N, 2) and scores at least one entry, got {describe(points)} "
            f"and {len(scores)} scores"
        )
    low, high = points.amin(dim=0), points.amax(dim=0)
    margin = 0.35 * (high - low)
    sides = [
        torch.linspace(float(a), float(b), CELLS, dtype=points.dtype)
        for a, b in zip(low - margin, high + margin, strict=True)
    ]
    x, y = torch.meshgrid(*sides, indexing="xy")
    cells = torch.stack([x.flatten(), y.flatten()], dim=1)
    figure: DescribedFigure = new_figure(
        WIDTH, 1.1 + WIDTH / len(scores) * 0.8, layout="constrained"
    )
    for axes, (name, score) in zip(
        figure.subplots(1, len(scores), squeeze=False)[0], scores.items(), strict=True
    ):
        with torch.no_grad():
            found = score(cells.to(points.device)).reshape(x.shape).cpu().double().numpy()
        edges = np.unique(np.quantile(found, np.linspace(0, 1, levels + 1)))
        if len(edges) == 1:  # a score that is the same everywhere
            edges = np.array([edges[0] - 1, edges[0] + 1])
        axes.contourf(x, y, found, levels=edges, cmap=CONTINUOUS)
        axes.scatter(*points.cpu().T, s=7, color="white", edgecolor=COLOURS[7], lw=0.5)
        axes.set(title=name, aspect="equal", xlabel="x₁")
        axes.set_xticks([])
        axes.set_yticks([])
    figure.axes[0].set_ylabel("x₂")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.alt_text = (
        f"{title}. Maps of a plane with {len(points)} points, dark where the score is small: "
        f"{', '.join(scores)}."
    )
    return figure
