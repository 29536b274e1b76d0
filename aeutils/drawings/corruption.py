"""What denoising learns: arrows back to the data, a pipeline, and kinds of noise."""

from __future__ import annotations

from math import hypot, pi, sin
from random import Random

from aeutils.drawings.canvas import BLUE, VERMILLION, Canvas, Point
from aeutils.drawings.drawing import Drawing


def corruption_arrows(points: int = 13, seed: int = 3) -> Drawing:
    """Draw a curved set of clean points, damaged points beside it, and the arrows back.

    Args:
        points: how many points are damaged, at least 1.
        seed: of the damage.

    Raises:
        ValueError: `points` is below 1.
    """
    if points < 1:
        raise ValueError(f"at least one point must be damaged, got points={points}")
    canvas, random = Canvas(height=330), Random(seed)
    canvas.line(*(_curve(i / 60) for i in range(61)), colour=BLUE, line=14, opacity=0.25)
    canvas.line(*(_curve(i / 60) for i in range(61)), colour=BLUE, line=3)
    for i in range(points):
        t = (i + 0.5) / points
        clean = _curve(t)
        (x0, y0), (x1, y1) = _curve(t - 0.01), _curve(t + 0.01)
        length = hypot(x1 - x0, y1 - y0)
        side = 1 if i % 2 else -1
        away = side * (36 + 24 * random.random())
        along = 10 * random.gauss(0, 1)
        damaged = (
            clean[0] - away * (y1 - y0) / length + along * (x1 - x0) / length,
            clean[1] + away * (x1 - x0) / length + along * (y1 - y0) / length,
        )
        canvas.arrow(_between(damaged, clean, 9), _between(clean, damaged, 8), colour=VERMILLION)
        canvas.circle(damaged, 6, VERMILLION, fill=0.9, line=0)
        canvas.circle(clean, 4.5, BLUE, fill=1, line=0)
    canvas.circle((30, 26), 5, BLUE, fill=1, line=0)
    canvas.label(44, 31, "clean image x, on a curved set", anchor="start")
    canvas.circle((30, 54), 6, VERMILLION, fill=0.9, line=0)
    canvas.label(44, 59, "damaged image x̃, pushed off it", anchor="start")
    canvas.arrow((20, 82), (40, 82), colour=VERMILLION)
    canvas.label(48, 87, "what the denoiser learns: the way back", anchor="start")
    return canvas.drawing(
        "A curve that rises and falls like a wave stands for all clean images. Points lie "
        "above and below it: images damaged by noise. From each of them an arrow leads "
        "back to the curve, nearly at a right angle."
    )


def _curve(t: float) -> Point:
    """Return a point of the curve of clean images, t from 0 to 1."""
    return 60 + 600 * t, 205 - 66 * sin(2 * pi * (t - 0.38)) - 20 * t


def _between(start: Point, end: Point, gap: float) -> Point:
    """Return the point on the way from `start` to `end` that lies `gap` pixels after `start`."""
    share = gap / (hypot(end[0] - start[0], end[1] - start[1]) or 1.0)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
