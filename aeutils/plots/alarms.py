"""A stretch of a series: what was expected, how far off it was, and where the alarm rings."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.dates
import matplotlib.figure
import numpy as np
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.anomalies.events import runs
from aeutils.anomalies.ranking import check_flags
from aeutils.plots.line_charts import log_axes, numbers
from aeutils.plots.style import COLOURS, WIDTH, DescribedFigure, new_figure, styled

EVENT, ALARM, EXPECTED = COLOURS[4], COLOURS[1], COLOURS[0]


@styled
def alarms(
    times: np.ndarray | Sequence,
    values: Tensor,
    expected: Tensor,
    scores: Tensor,
    threshold: float,
    events: Tensor,
    title: str,
    unit: str = "",
) -> matplotlib.figure.Figure:
    """Draw a series with its reconstruction above its scores, the threshold, events and alarms.

    Args:
        times: when each value was read, numbers or numpy datetimes (T,).
        values: floats (T,).
        expected: the reconstruction, (T,).
        scores: of the points, (T,), on a logarithmic axis.
        threshold: an alarm rings where a score is above it.
        events: labelled points, booleans (T,).
        title: headline.
        unit: of the values.

    Returns:
        The figure; its `alt_text` counts events and alarms.

    Raises:
        TypeError: a row is not of numbers, or `events` not a tensor of booleans.
        ValueError: the rows have different lengths.
    """
    rows = {
        "values": numbers(values, "values"),
        "expected": numbers(expected, "expected"),
        "scores": numbers(scores, "scores"),
    }
    if len({len(times), len(events), *map(len, rows.values())}) > 1:
        raise ValueError(
            "times, values, expected, scores and events must have one length, got "
            + ", ".join(map(describe, (times, values, expected, scores, events)))
        )
    check_flags(events, "events", len(events))
    when, loud = np.asarray(times), scores.detach().cpu() > threshold
    figure: DescribedFigure = new_figure(WIDTH, 4.6, layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    labelled = runs(events.cpu()).tolist()
    # Events and alarms have an edge: one of a single point has no width.
    for i, (start, end) in enumerate(labelled):
        for axes in (above, below):
            label = "labelled event" if i == 0 and axes is above else None
            axes.axvspan(when[start], when[end - 1], color=EVENT, alpha=0.22, lw=1, label=label)
    above.plot(when, rows["values"], color="black", lw=1.3, label="observed")
    above.plot(when, rows["expected"], color=EXPECTED, lw=1.3, ls="--", label="reconstructed")
    above.set(ylabel=unit, title=title)
    above.legend(ncols=3, loc="upper left", bbox_to_anchor=(0, -0.02))
    tiny = max(float(rows["scores"][rows["scores"] > 0].min(initial=1)), 1e-12)
    shown = rows["scores"].clip(tiny)
    below.plot(when, shown, color="black", lw=1.2)
    below.fill_between(
        when, threshold, shown, where=loud.numpy(), color=ALARM, alpha=0.75, lw=1.5, label="alarm"
    )
    below.axhline(threshold, color=ALARM, ls="--", lw=1.2, label="threshold")
    below.set(ylabel="error")
    log_axes(below, log_x=False, log_y=True, x=np.array([0.5]))
    below.legend(ncols=2, loc="upper right")
    if np.issubdtype(when.dtype, np.datetime64):
        locator = matplotlib.dates.AutoDateLocator(maxticks=9)
        below.xaxis.set_major_locator(locator)
        below.xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(locator))
    found = sum(bool(loud[a:b].any()) for a, b in labelled)
    figure.alt_text = (
        f"{title}. Above a series and its reconstruction, below the error with a threshold. "
        f"{len(runs(loud))} alarms; {found} of {len(labelled)} labelled events hold one."
    )
    return figure
