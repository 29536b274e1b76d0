"""Learning from pairs: two towers, triplets, all pairs of a batch, and labels that spread."""

from __future__ import annotations

from math import cos, dist, pi, sin
from random import Random

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, VERMILLION, Canvas, Point
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


def triplet(margin: float = 56) -> Drawing:
    """Draw anchor, positive and negative, with the margin as a ring around the anchor.

    Args:
        margin: pixels of the ring, 20 to 70.

    Raises:
        ValueError: the ring is too narrow or too wide.
    """
    if not 20 <= margin <= 70:
        raise ValueError(f"the margin is drawn 20 to 70 pixels wide, got {margin}")
    canvas, anchor, radius = Canvas(height=360), (220.0, 180.0), 100.0
    canvas.circle(anchor, radius + margin, ORANGE, fill=0.16, dashed=True)
    canvas.circle(anchor, radius, BLUE, fill=0.14)
    places = (
        (anchor, (3, 0), "a", (0, 42)),
        ((anchor[0] - 81, anchor[1] - 58), (3, 1), "p", (-36, 5)),
        ((anchor[0] + 118, anchor[1] - 52), (5, 1), "n", (0, -32)),
    )
    for (x, y), chosen, name, (right, down) in places:  # one letter crosses no circle
        canvas.image(x - 24, y - 24, 48, digits.address(digits.digit(*chosen)))
        canvas.label(x + right, y + down, name, bold=True, italic=True)
    canvas.arrow((anchor[0] - 54, anchor[1] - 40), (anchor[0] - 27, anchor[1] - 21), colour=GREEN,
                 line=4, head=13)  # fmt: skip
    canvas.arrow((anchor[0] + 145, anchor[1] - 64), (anchor[0] + 204, anchor[1] - 90),
                 colour=VERMILLION, line=4, head=13)  # fmt: skip
    canvas.arrow((anchor[0], anchor[1] + radius), (anchor[0], anchor[1] + radius + margin))
    canvas.label(anchor[0], anchor[1] + radius + margin + 19, "margin m")
    canvas.label(436, 54, "anchor a, positive p,", anchor="start", bold=True)
    canvas.label(436, 76, "negative n", anchor="start", bold=True)
    canvas.label(436, 116, "The negative is in the ring:", anchor="start")
    canvas.label(436, 138, "it is pushed out, the positive", anchor="start")
    canvas.label(436, 160, "is pulled in.", anchor="start")
    canvas.box(436, 186, 262, 44, "max(0, d(a,p) − d(a,n) + m)", ORANGE)
    canvas.label(436, 262, "Beyond the ring: loss 0,", anchor="start")
    canvas.label(436, 284, "and nothing to learn from it.", anchor="start")
    return canvas.drawing(
        "An anchor, a handwritten three, in the middle of two circles. Another three, the "
        "positive, lies on the inner circle. A five, the negative, lies in the ring between the "
        "circles, which is the margin. One arrow pulls the positive to the anchor, another pushes "
        "the negative out of the ring."
    )


def batch_of_pairs(classes: tuple[int, ...] = (3, 5, 3, 8, 5, 8, 3, 5)) -> Drawing:
    """Draw all pairs of a batch as a table, the pairs of one class marked.

    Args:
        classes: of the digits of the batch, 6 to 9 of them.

    Raises:
        ValueError: there are too few or too many.
    """
    if not 6 <= len(classes) <= 9:
        raise ValueError(f"the batch holds 6 to 9 digits, got {len(classes)}")
    canvas, many = Canvas(height=370), len(classes)
    cell = 280 / many
    left, top = 74.0, 60.0
    for i, label in enumerate(classes):
        address = digits.address(digits.digit(label, i))
        canvas.image(left - cell - 2, top + i * cell + 1, cell - 2, address)
        canvas.image(left + i * cell + 1, top - cell - 2, cell - 2, address)
    for i in range(many):
        for j in range(many):
            x, y = left + j * cell, top + i * cell
            if i == j:
                canvas.box(x, y, cell, cell, "", fill=0.3, corner=0, line=0.7)
            elif classes[i] == classes[j]:
                canvas.box(x, y, cell, cell, "", GREEN, fill=0.55, corner=0, line=0.7)
                canvas.label(x + cell / 2, y + cell / 2 + 6, "+", size=20, bold=True)
            else:
                canvas.box(x, y, cell, cell, "", VERMILLION, fill=0.16, corner=0, line=0.7)
                canvas.label(x + cell / 2, y + cell / 2 + 6, "−", size=18)
    pairs = many * (many - 1) // 2
    same = sum(classes[i] == classes[j] for i in range(many) for j in range(i))
    canvas.box(400, 74, 26, 26, "+", GREEN, fill=0.55, corner=0, line=0.7)
    canvas.label(438, 93, "positive: of one class", anchor="start")
    canvas.box(400, 112, 26, 26, "−", VERMILLION, fill=0.16, corner=0, line=0.7)
    canvas.label(438, 131, "negative: of two classes", anchor="start")
    canvas.box(400, 150, 26, 26, "", fill=0.3, corner=0, line=0.7)
    canvas.label(438, 169, "itself: never counts", anchor="start")
    canvas.label(400, 228, f"{many} images, encoded once,", anchor="start", bold=True)
    canvas.label(400, 254, f"give {pairs} pairs, {same} of them positive.", anchor="start")
    canvas.label(400, 290, "Drawn pair by pair they would give", anchor="start")
    canvas.label(400, 312, f"{many // 2} pairs for the same work.", anchor="start")
    return canvas.drawing(
        f"A table of {many} by {many} cells with the same {many} real digits along its left and "
        "upper edge. Cells where both digits are of one class are green with a plus; those of "
        f"different classes are pale with a minus; the diagonal is grey. {many} images give "
        f"{pairs} pairs, {same} of which are positive."
    )


def label_flow(points: int = 34, seed: int = 5, rounds: int = 60) -> Drawing:
    """Draw two crescents of points joined to their neighbours; two labels spread through them.

    Args:
        points: how many in each crescent, 8 to 60.
        seed: of the points.
        rounds: how often every point takes the mean of its neighbours.

    Raises:
        ValueError: the number of points is out of range.
    """
    if not 8 <= points <= 60:
        raise ValueError(f"needs 8 to 60 points in each crescent, got {points}")
    canvas, random = Canvas(height=340), Random(seed)
    cloud: list[Point] = []
    for i in range(2 * points):
        t, upper = pi * (i % points + 0.5) / points, i < points
        x = 300 - 150 * cos(t) if upper else 430 + 150 * cos(t)
        y = 172 - 120 * sin(t) if upper else 146 + 120 * sin(t)
        cloud.append((x + random.gauss(0, 7), y + random.gauss(0, 7)))
    joined = [_nearest(cloud, i, 4) for i in range(len(cloud))]
    edges = {(min(i, j), max(i, j)) for i, near in enumerate(joined) for j in near}
    neighbours: list[list[int]] = [[] for _ in cloud]
    for i, j in sorted(edges):
        neighbours[i].append(j)
        neighbours[j].append(i)
    known = {points // 2: 1.0, points + points // 2: -1.0}
    value = [known.get(i, 0.0) for i in range(len(cloud))]
    for _ in range(rounds):
        mean = [sum(value[j] for j in near) / len(near) for near in neighbours]
        value = [known.get(i, mean[i]) for i in range(len(cloud))]
    for i, j in sorted(edges):
        canvas.line(cloud[i], cloud[j], line=1, opacity=0.4)
    for i, place in enumerate(cloud):
        colour = BLUE if value[i] >= 0 else VERMILLION
        strong = 0.25 + 0.75 * min(1.0, abs(value[i]) * 2)
        canvas.circle(place, 6, colour, fill=strong, line=1)
    for i, sign in known.items():
        colour = BLUE if sign > 0 else VERMILLION
        canvas.circle(cloud[i], 14, colour, fill=1, line=0)
        canvas.circle(cloud[i], 19, line=3, fill=0)
    canvas.label(20, 40, "a label", anchor="start", bold=True)
    canvas.bend((86, 35), (190, 10), (276, 40))
    canvas.label(700, 306, "a label", anchor="end", bold=True)
    canvas.bend((632, 302), (540, 330), (454, 284))
    canvas.label(24, 306, "Every other point takes the mean", anchor="start")
    canvas.label(24, 327, "of its neighbours, again and again.", anchor="start")
    return canvas.drawing(
        "Two crescents of points that lie in one another, each point joined to its nearest "
        "neighbours by lines. Two points are large and ringed: the only ones with a label. Their "
        "two colours have spread along the lines, so that each crescent has the colour of its one "
        "label, strong near it and paler far away."
    )


def _nearest(cloud: list[Point], i: int, count: int) -> list[int]:
    """Return the numbers of the points nearest to point i, without itself."""
    return sorted(range(len(cloud)), key=lambda j: dist(cloud[i], cloud[j]))[1 : count + 1]
