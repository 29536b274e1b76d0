"""Move a threshold and watch what is caught, what is missed, and what was a false alarm."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from aeutils.anomalies.events import labelled_events, runs
from aeutils.anomalies.windows import check_series
from aeutils.plots.html import sentence
from aeutils.plots.style import COLOURS, number
from aeutils.widgets.inputs import Slider
from aeutils.widgets.live import Live

WIDE, HIGH, STRIP = 640, 150, 16  # user units of the drawing: the scores, and each strip below
FOUND, MISSED, FALSE = COLOURS[2], COLOURS[7], COLOURS[1]


def threshold_slider(scores: Tensor, anomalous: Tensor, flagged: float = 2.0) -> Live:
    """Show events that are caught and alarms that are false, as the threshold moves.

    Args:
        scores: of the points of a series, floats (T,).
        anomalous: labelled points, booleans (T,), with at least one True.
        flagged: where the slider begins: the share of all points above the threshold, in percent.

    Returns:
        A picture with one control, `flagged`, from 0.1 to 30; the last value of a cell is shown.

    Raises:
        TypeError: `scores` is not a tensor of floats, or `anomalous` not one of booleans.
        ValueError: they are not vectors of one length, nothing is anomalous, or `flagged` is out of
            range.

    Examples:
        >>> import torch
        >>> wrong = torch.arange(100) // 10 == 4
        >>> threshold_slider(wrong + 0.1 * torch.rand(100), wrong).set(flagged=10.0).text[:43]
        'Caught 1 of 1 events with 1 alarms, 0 false'
    """
    scores = check_series(scores, "scores").detach().cpu()
    anomalous = anomalous.cpu() if isinstance(anomalous, Tensor) else anomalous
    events = labelled_events(anomalous, len(scores))
    ordered = scores.sort().values
    line, scale = _line(scores)

    def draw(flagged: float) -> tuple[str, str]:
        limit = float(ordered[len(ordered) - 1 - round(len(ordered) * flagged / 100)])
        loud = scores > limit
        alarms = runs(loud).tolist()
        false = sum(not bool(anomalous[a:b].any()) for a, b in alarms)
        caught = sum(bool(loud[a:b].any()) for a, b in events)
        precision = (len(alarms) - false) / max(1, len(alarms))
        share = float(loud[~anomalous].double().mean()) if not bool(anomalous.all()) else 0.0
        text = (
            f"Caught {caught} of {len(events)} events with {len(alarms)} alarms, {false} false. "
            f"Precision of events {precision:.2f}, recall {caught / len(events):.2f}; "
            f"{100 * share:.1f} % of the normal points are flagged. Threshold {number(limit)}."
        )
        return sentence(text) + _drawing(line, scale, limit, loud, anomalous, text), text

    control = Slider("points flagged (%)", 0.1, 30.0, 0.1, float(flagged))
    control.check(float(flagged))
    return Live("What a threshold catches", {"flagged": control}, draw)


def _line(scores: Tensor) -> tuple[str, tuple[float, float]]:
    """Return the scores as a line, the largest of each column, and its logarithmic scale."""
    columns = np.array_split(scores.double().numpy(), min(WIDE, len(scores)))
    peaks = np.array([column.max() for column in columns])
    least = peaks[peaks > 0].min() if (peaks > 0).any() else 1.0
    logs = np.log(peaks.clip(least))
    low, high = float(logs.min()), max(float(logs.max()), float(logs.min()) + 1e-9)
    heights = HIGH - (HIGH - 8) * (logs - low) / (high - low)
    places = np.linspace(0, WIDE, len(peaks))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True)), (low, high)


def _drawing(
    line: str,
    scale: tuple[float, float],
    limit: float,
    loud: Tensor,
    anomalous: Tensor,
    text: str,
) -> str:
    """Return the SVG: scores with their threshold, then a strip of events and one of alarms."""
    low, high = scale
    share = (np.log(max(limit, np.exp(low))) - low) / (high - low)
    y = HIGH - (HIGH - 8) * float(np.clip(share, 0, 1))
    bars = []
    strips = ((anomalous, loud, FOUND, MISSED), (loud, anomalous, FOUND, FALSE))
    for row, (flags, others, hit, lost) in enumerate(strips):
        top = HIGH + 8 + row * (STRIP + 6)
        for start, end in runs(flags).tolist():
            x, wide = WIDE * start / len(flags), max(1.5, WIDE * (end - start) / len(flags))
            met = bool(others[start:end].any())
            # Not by colour alone: what is missed or false is half as high.
            tall, down = (STRIP, 0) if met else (STRIP / 2, STRIP / 2)
            bars.append(
                f'<rect x="{x:.1f}" y="{top + down:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
                f'fill="{hit if met else lost}" stroke="currentColor" stroke-width="0.4"/>'
            )
        label = ("events", "alarms")[row]
        bars.append(
            f'<text x="{WIDE + 6}" y="{top + STRIP - 3}" font-size="12" fill="currentColor">'
            f"{label}</text>"
        )
    bottom = HIGH + 8 + 2 * (STRIP + 6)
    key = (
        f'<text x="0" y="{bottom + 12}" font-size="12" fill="currentColor">tall and green: an '
        "event caught, an alarm that was right; low: an event missed (black), a false alarm "
        "(orange)</text>"
    )
    return (
        f'<svg viewBox="0 0 {WIDE + 80} {bottom + 18}" width="100%" style="max-width:760px" '
        f'role="img" aria-label="{text}">'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="0.8"/>'
        f'<line x1="0" x2="{WIDE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FALSE}" stroke-width="1.6" '
        f'stroke-dasharray="6 3"/><text x="{WIDE + 6}" y="{y + 4:.1f}" font-size="12" '
        f'fill="currentColor">threshold</text>{"".join(bars)}{key}</svg>'
    )
