"""Learning from pairs: two towers, triplets, all pairs of a batch, and labels that spread."""

from __future__ import annotations

from math import sin

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, Canvas
from aeutils.drawings.drawing import Drawing


def siamese_pair(first: tuple[int, int] = (3, 0), second: tuple[int, int] = (3, 5)) -> Drawing:
    """Draw a Siamese network: two digits, two towers with the same weights, one distance.

    Args:
        first: class of a digit, and the how-manieth of its class.
        second: the other one.
    """
    canvas = Canvas(height=310)
    for y, chosen, name in ((20, first, "1"), (180, second, "2")):
        middle = y + 55
        canvas.image(14, y, 110, digits.address(digits.digit(*chosen)))
        canvas.arrow((128, middle), (166, middle))
        corners = (170, y), (340, y + 30), (340, y + 80), (170, y + 110)
        canvas.area(*corners, colour=BLUE, fill=0.2, line=2)
        canvas.label(250, middle + 6, "encoder f", bold=True)
        canvas.arrow((344, middle), (378, middle))
        values = [[0.25 + 0.7 * abs(sin(2.3 * i + 0.3 * int(name)))] for i in range(5)]
        canvas.matrix(384, middle - 40, values, 24, GREEN, down=16)
        canvas.label(396, y - 4 + (0 if name == "1" else 120), f"z{'₁₂'[int(name) - 1]}")
    canvas.arrow((255, 140), (255, 122), colour=BLUE)
    canvas.arrow((255, 170), (255, 188), colour=BLUE)
    canvas.box(178, 140, 154, 30, "the same weights", BLUE, fill=0.1, line=0)
    canvas.arrow((414, 75), (470, 132))
    canvas.arrow((414, 235), (470, 178))
    canvas.box(474, 126, 96, 58, "distance\n‖z₁ − z₂‖", ORANGE)
    same = first[0] == second[0]
    canvas.label(588, 130, "same class:", anchor="start", bold=same)
    canvas.label(588, 151, "make it small", anchor="start", bold=same)
    canvas.label(588, 182, "two classes:", anchor="start", bold=not same)
    canvas.label(588, 203, "make it large", anchor="start", bold=not same)
    kind = "both of one class" if same else "of two classes"
    return canvas.drawing(
        f"Two handwritten digits, a {first[0]} and a {second[0]}, {kind}, each enter an encoder. "
        "The two encoders are joined by arrows: they have the same weights. Their codes z1 "
        "and z2 meet in one distance, which training makes small for a pair of one class and large "
        "for a pair of two."
    )
