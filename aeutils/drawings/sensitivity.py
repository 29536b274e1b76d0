"""How a code answers to small changes: ellipses, arrows of two lengths, and flat ends."""

from __future__ import annotations

from math import cos, exp, hypot, pi, radians, sin

from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, VERMILLION, Canvas, Point
from aeutils.drawings.drawing import Drawing


def jacobian_ellipse(stretch: tuple[float, float] = (1.5, 0.35), angle: float = -28) -> Drawing:
    """Draw a small circle of inputs that the encoder turns into an ellipse of codes.

    Args:
        stretch: the two singular values, the larger first, at most 1.6.
        angle: of the ellipse's long axis, degrees clockwise.

    Raises:
        ValueError: the singular values are out of order or out of range.
    """
    if not 1.6 >= stretch[0] >= stretch[1] > 0:
        raise ValueError(f"needs 1.6 >= first >= second > 0, got {stretch}")
    canvas, radius = Canvas(height=300), 78.0
    left, right = (150.0, 138.0), (548.0, 138.0)
    canvas.circle(left, radius, BLUE, fill=0.15)
    long, short = stretch[0] * radius, stretch[1] * radius
    canvas.ellipse(right, long, short, angle, BLUE, fill=0.15)
    turn, back = radians(angle), radians(20)
    for size, sign, quarter, colour, name in (
        (long, 1, 0.0, VERMILLION, "σ₁ u₁"),
        (short, -1, pi / 2, GREEN, "σ₂ u₂"),
    ):
        tip = (left[0] + radius * cos(back + quarter), left[1] + radius * sin(back + quarter))
        canvas.arrow(left, tip, colour=colour, line=3.5, head=13)
        far = (
            right[0] + sign * size * cos(turn + quarter),
            right[1] + sign * size * sin(turn + quarter),
        )
        canvas.arrow(right, far, colour=colour, line=3.5, head=13)
        away = sign * (size + 26)
        across, down = away * cos(turn + quarter), away * sin(turn + quarter)
        canvas.label(right[0] + across, right[1] + down + 5, name)
    for i in range(24):
        t = 2 * pi * i / 24
        before = (left[0] + radius * cos(t), left[1] + radius * sin(t))
        u, v = long * cos(t), short * sin(t)
        after = (right[0] + u * cos(turn) - v * sin(turn), right[1] + u * sin(turn) + v * cos(turn))
        for place in (before, after):
            canvas.circle(place, 3, BLUE, fill=1, line=0)
    canvas.arrow((268, 138), (392, 138))
    canvas.label(330, 104, "encoder f", bold=True)
    canvas.label(330, 125, "slopes J")
    canvas.label(left[0] + 92, left[1] + 50, "v₁")
    canvas.label(left[0] - 56, left[1] + 78, "v₂")
    canvas.label(150, 256, "images near x", bold=True)
    canvas.label(150, 279, "a small circle")
    canvas.label(548, 256, "their codes", bold=True)
    canvas.label(548, 279, "an ellipse with half axes σ₁ and σ₂")
    return canvas.drawing(
        "At the left a small circle of images around x, with two directions at right angles. An "
        "arrow for the encoder leads to an ellipse of codes at the right. The first "
        "direction has become the long half axis and the second the short one: "
        "their lengths are the singular values of the Jacobian."
    )


def contractive_against_denoising() -> Drawing:
    """Draw the two ways to make a code deaf to some directions: slopes at a point, finite steps."""
    canvas = Canvas(height=300)
    for middle, far in ((180.0, 20.0), (540.0, 62.0)):
        curve = [_hill(middle, -150 + 5 * i) for i in range(61)]
        canvas.line(*curve, colour=BLUE, line=10, opacity=0.25)
        canvas.line(*curve, colour=BLUE, line=2.5)
        for i, along in enumerate((-118, -59, 0, 59, 118)):
            x, y = _hill(middle, along)
            slope = -2 * 0.0036 * along
            length = hypot(1, slope)
            nx, ny = slope / length, 1 / length
            for sign in (-1, 1):
                reach = far * (1 if middle < 300 else (0.65, 1, 0.8, 0.9, 0.7)[(i + sign) % 5])
                tip = (x - sign * reach * nx, y - sign * reach * ny)
                if middle < 300:
                    canvas.arrow((x, y), tip, colour=VERMILLION, line=2.5, head=8)
                else:
                    near = (x - sign * 9 * nx, y - sign * 9 * ny)
                    canvas.arrow(tip, near, colour=VERMILLION)
                    canvas.circle(tip, 5, VERMILLION, fill=0.9, line=0)
            canvas.circle((x, y), 5, BLUE, fill=1, line=0)
    canvas.label(180, 30, "contractive", bold=True)
    canvas.label(180, 250, "the slope of the code at each image:")
    canvas.label(180, 272, "infinitesimal, computed")
    canvas.label(540, 30, "denoising", bold=True)
    canvas.label(540, 250, "damaged images, drawn at a distance:")
    canvas.label(540, 272, "finite, sampled")
    return canvas.drawing(
        "The same curve of images twice. At the left, contractive: very short arrows leave each "
        "point of the curve on both sides, the slopes at the point itself. At the right, "
        "denoising: points lie at various larger distances from the curve, and longer arrows "
        "lead from them back to it."
    )


def _hill(middle: float, along: float) -> Point:
    """Return a point of a parabola that rises in the middle."""
    return middle + along, 118 + 0.0036 * along * along


def saturation() -> Drawing:
    """Draw the sigmoid with its slope, which is nearly 0 at both flat ends."""
    canvas = Canvas(height=320)
    left, wide, floor, tall = 70.0, 590.0, 200.0, 160.0

    def at(a: float, h: float) -> Point:
        return left + wide * (a + 8) / 16, floor - tall * h

    for start in (-8.0, 4.0):
        x = at(start, 0)[0]
        canvas.box(x, 40, wide / 4, 222, "", ORANGE, fill=0.16, corner=0, line=0)
    values = [-8 + i / 10 for i in range(161)]
    squashed = [1 / (1 + exp(-a)) for a in values]
    canvas.line(*(at(a, h) for a, h in zip(values, squashed, strict=True)), colour=BLUE, line=4)
    canvas.line((left, floor), (left + wide, floor))
    canvas.line((left - 6, 40), (left - 6, floor))
    canvas.label(left - 12, 46, "1", anchor="end")
    canvas.label(left - 12, floor + 4, "0", anchor="end")
    for a in (-6.0, 0.0, 6.0):
        h = 1 / (1 + exp(-a))
        slope = h * (1 - h)
        reach = 1.6 if a == 0 else 1.5
        ends = at(a - reach, h - reach * slope), at(a + reach, h + reach * slope)
        canvas.line(*ends, colour=VERMILLION, line=3, dashed=True)
        canvas.circle(at(a, h), 6, VERMILLION, fill=1, line=0)
    slopes = [(at(a, 0)[0], 262 - 160 * h * (1 - h)) for a, h in zip(values, squashed, strict=True)]
    canvas.area((left, 262), *slopes, (left + wide, 262), colour=GREEN, fill=0.4)
    canvas.label(left + wide / 2 + 24, 118, "steep: slope ¼", anchor="start")
    canvas.label(left + wide / 8, 74, "flat: slope near 0")
    canvas.label(left + wide * 7 / 8, 120, "flat: slope near 0")
    canvas.label(left + wide / 2 - 74, 240, "its slope, h (1 − h)", anchor="end")
    canvas.label(left + 8, 302, "unit off: deaf", anchor="start", bold=True)
    canvas.label(left + wide / 2, 302, "unit listens", bold=True)
    canvas.label(left + wide - 8, 302, "unit on: deaf", anchor="end", bold=True)
    return canvas.drawing(
        "The sigmoid, an S from 0 at the left to 1 at the right, with its tangent at three places: "
        "nearly level at both ends and steep in the middle. Below, its slope as a small hill: a "
        "quarter in the middle and almost nothing where the curve is flat. A saturated unit "
        "hardly changes when its input does."
    )
