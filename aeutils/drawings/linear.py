"""Linear codes: the projection on a line, the variance of each axis, and axes that may turn."""

from __future__ import annotations

from math import cos, pi, radians, sin
from random import Random

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, INK, VERMILLION, Canvas, Point
from aeutils.drawings.drawing import Drawing


def linear_map(points: int = 22, seed: int = 1) -> Drawing:
    """Draw a linear code in three steps: points, their numbers z = Wᵀx, the points W z on a line.

    Args:
        points: how many, at least 2.
        seed: of the points.

    Raises:
        ValueError: there are fewer than two points.
    """
    if points < 2:
        raise ValueError(f"a cloud has at least two points, got points={points}")
    canvas, random = Canvas(height=280), Random(seed)
    angle = radians(-32)
    along, across = (cos(angle), sin(angle)), (-sin(angle), cos(angle))
    cloud = [(random.gauss(0, 55), random.gauss(0, 24)) for _ in range(points)]
    cloud = [(max(-100, min(100, t)), s) for t, s in cloud]
    first, last = (115.0, 112.0), (605.0, 112.0)

    def place(centre: Point, t: float, s: float) -> Point:
        return (
            centre[0] + t * along[0] + s * across[0],
            centre[1] + t * along[1] + s * across[1],
        )

    for centre in (first, last):
        canvas.line(place(centre, -118, 0), place(centre, 118, 0), colour=GREEN, line=3)
    for t, s in cloud:
        canvas.circle(place(first, t, s), 5, BLUE, fill=0.9, line=0)
        canvas.line(place(last, t, s), place(last, t, 0), colour=VERMILLION, line=1.5)
        canvas.circle(place(last, t, s), 4, BLUE, fill=0.3, line=0)
    for t, _ in cloud:
        canvas.circle(place(last, t, 0), 5, GREEN, fill=1, line=0)
        canvas.circle((360 + 0.8 * t, 112), 5, GREEN, fill=0.8, line=0)
    canvas.line((270, 126), (450, 126))
    canvas.line((360, 121), (360, 131))
    canvas.label(360, 150, "0")
    canvas.arrow((226, 112), (262, 112))
    canvas.arrow((458, 112), (494, 112))
    canvas.label(115, 236, "images x", bold=True)
    canvas.label(115, 258, "two numbers each")
    canvas.label(360, 236, "codes z = Wᵀx", bold=True)
    canvas.label(360, 258, "one number each")
    canvas.label(605, 236, "rebuilt x̂ = W z", bold=True)
    canvas.label(605, 258, "and what is lost")
    return canvas.drawing(
        "Three pictures from left to right. A long cloud of points lies around a slanted line. "
        "Each point becomes one number, its place along the line. From that number it is rebuilt "
        "as a point of the line: its projection. Short red segments at right angles to the line "
        "join each point to its projection; they are what is lost."
    )


def explained_variance(axes: int = 30, kept: int = 10) -> Drawing:
    """Draw the variance of the shipped digits along their principal axes, largest first.

    Args:
        axes: how many bars, 2 to 100.
        kept: how many of them are coloured as kept, 1 to `axes`.

    Raises:
        ValueError: one of the two is out of range.
    """
    if not (2 <= axes <= 100 and 1 <= kept <= axes):
        raise ValueError(f"needs 1 <= kept <= axes <= 100, got kept={kept}, axes={axes}")
    canvas = Canvas(height=300)
    shares = digits.variances()[:axes]
    left, floor, pitch = 70.0, 246.0, 620 / axes
    for i, share in enumerate(shares):
        tall = 205 * share / shares[0]
        colour, fill = (GREEN, 0.75) if i < kept else (INK, 0.28)
        x = left + i * pitch
        canvas.box(x, floor - tall, pitch * 0.78, tall, "", colour, fill=fill, corner=0, line=0)
    canvas.line((left - 8, 30), (left - 8, floor), (702, floor))
    canvas.label(left, 22, "variance along the axis", anchor="start")
    canvas.label(left + pitch * 0.4, 268, "1")
    canvas.label(left + pitch * (axes - 0.6), 268, f"{axes}")
    canvas.label(380, 290, "principal axes of the digits, in order")
    edge = left + kept * pitch - pitch * 0.11
    canvas.line((edge, 90), (edge, floor), dashed=True)
    canvas.label(edge - 14, 84, f"{kept} kept: the code", anchor="end", bold=True)
    canvas.label(edge + 14, 84, "left out: the squared error", anchor="start", bold=True)
    corner = (left + 15 * pitch, floor - 205 * shares[min(14, axes - 1)] / shares[0] - 4)
    canvas.bend((534, 128), (500, 150), corner)
    canvas.label(540, 120, "no sharp elbow:", anchor="start")
    canvas.label(540, 140, "a choice, not a fact", anchor="start")
    return canvas.drawing(
        f"Bars that fall from left to right: the variance of handwritten digits along their first "
        f"{axes} principal axes. The first few bars are tall, and the fall becomes gentle "
        f"without a sharp elbow. The first {kept} bars are coloured as the code that is "
        "kept; the grey ones are left out, and their sum is the squared error."
    )


def two_rotations(points: int = 60, seed: int = 4) -> Drawing:
    """Draw one plane twice: with PCA's axes, and with axes that a linear autoencoder may find.

    Args:
        points: how many lie on the plane, at least 2.
        seed: of the points.

    Raises:
        ValueError: there are fewer than two points.
    """
    if points < 2:
        raise ValueError(f"a cloud has at least two points, got points={points}")
    canvas, random = Canvas(height=300), Random(seed)
    cloud = [(random.gauss(0, 0.5), random.gauss(0, 0.2)) for _ in range(points)]
    cloud = [(u, v) for u, v in cloud if abs(u) < 0.85 and abs(v) < 0.5]
    kinds = (
        (180.0, "PCA", "axes by variance, at right angles", ((0.0, 0.88), (90.0, 0.48))),
        (540.0, "linear autoencoder", "the same plane, any two axes", ((38.0, 0.7), (112.0, 0.62))),
    )
    for middle, name, words, axes in kinds:

        def place(u: float, v: float, middle: float = middle) -> Point:
            turn = radians(24)  # the long side of the cloud does not lie along the plane's edge
            a, b = u * cos(turn) - v * sin(turn), u * sin(turn) + v * cos(turn)
            return middle + 118 * a + 52 * b, 130 - 70 * b + 16 * a

        corners = [(middle + 130 * a + 60 * b, 130 - 88 * b + 16 * a) for a, b in
                   ((-1, -1), (1, -1), (1, 1), (-1, 1))]  # fmt: skip
        corners = [(min(max(x, middle - 172), middle + 172), y) for x, y in corners]
        canvas.area(*corners, colour=BLUE, fill=0.12, line=1.5)
        for u, v in cloud:
            canvas.circle(place(u, v), 3.5, BLUE, fill=0.75, line=0)
        for degrees, length in axes:
            turn = degrees * pi / 180
            tip = place(length * cos(turn), length * sin(turn))
            canvas.arrow(place(0, 0), tip, colour=VERMILLION, line=4, head=15)
        canvas.label(middle, 266, name, bold=True)
        canvas.label(middle, 288, words)
    return canvas.drawing(
        "The same slanted plane with the same long cloud of points, drawn twice. At the left, two "
        "arrows show PCA's axes: the first along the cloud, the second at a right angle to it. At "
        "the right, two arrows of a linear autoencoder span the same plane, and "
        "neither lies along the cloud. Both rebuild every point equally well."
    )
