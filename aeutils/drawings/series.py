"""A series cut into windows, rebuilt, and judged by its error."""

from __future__ import annotations

from math import exp, pi, sin

from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, VERMILLION, Canvas, Point
from aeutils.drawings.drawing import Drawing


def window_slices(window: int = 24, step: int = 12) -> Drawing:
    """Draw a series with a strange stretch: its windows, the rebuilt series, the error.

    Args:
        window: length of a window in points, 12 to 40.
        step: from one window to the next, 4 to `window`.

    Raises:
        ValueError: one of the two is out of range.
    """
    if not (12 <= window <= 40 and 4 <= step <= window):
        raise ValueError(f"needs 12 <= window <= 40 and 4 <= step <= window, got {window}, {step}")
    canvas, many, left, pitch = Canvas(height=400), 144, 110.0, 4.1

    def normal(i: int) -> float:
        return sin(2 * pi * i / 24) + 0.35 * sin(4 * pi * i / 24 + 1)

    strange = [normal(i) - 1.5 * exp(-((i - 91) ** 2) / 60) for i in range(many)]
    rebuilt = [0.95 * normal(i) for i in range(many)]
    errors = [(a - b) ** 2 for a, b in zip(strange, rebuilt, strict=True)]
    x = [left + pitch * i for i in range(many)]
    for row, start in enumerate(range(0, 4 * step, step)):
        y = 28 + 7 * row
        canvas.box(x[start], y, pitch * window, 110 - 14 * row, "", ORANGE, fill=0.1, corner=3)

    def row_of(values: list[float], middle: float) -> list[Point]:
        return [(a, middle - 26 * value) for a, value in zip(x, values, strict=True)]

    canvas.line(*row_of(strange, 90), colour=BLUE, line=3)
    canvas.line(*row_of(strange, 214), colour=BLUE, line=1.5, opacity=0.5)
    canvas.line(*row_of(rebuilt, 214), colour=GREEN, line=3)
    floor, limit = 350.0, 34.0
    tall = [min(70.0, 32 * error) for error in errors]
    peaks = [(a, floor - t) for a, t in zip(x, tall, strict=True)]
    canvas.area((x[0], floor), *peaks, (x[-1], floor), colour=VERMILLION, fill=0.6)
    canvas.line((left, floor), (x[-1], floor))
    canvas.line((left, floor - limit), (x[-1], floor - limit), dashed=True)
    alarm = [a for a, t in zip(x, tall, strict=True) if t > limit]
    canvas.box(
        alarm[0], 276, alarm[-1] - alarm[0], floor - 276, "", VERMILLION, fill=0.12, corner=2
    )
    canvas.label(alarm[-1] + 10, 300, "alarm", anchor="start", bold=True)
    canvas.label(100, 94, "the series", anchor="end")
    canvas.label(100, 114, "in windows", anchor="end")
    canvas.label(100, 218, "rebuilt", anchor="end", bold=True)
    canvas.label(100, floor - limit + 5, "threshold", anchor="end")
    canvas.label(100, floor + 5, "error", anchor="end", bold=True)
    canvas.label(400, 386, "It has only seen normal days, so that is what it rebuilds.")
    return canvas.drawing(
        "Three rows above one another. A series that repeats itself, with a dip where it does not; "
        "overlapping frames at its left end are its windows. The rebuilt series, which repeats "
        "itself everywhere, also where the dip was. The squared error: near 0, with one "
        "peak at the dip that rises above a dashed threshold and is marked as an alarm."
    )
