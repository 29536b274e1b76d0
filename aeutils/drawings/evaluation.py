"""Measures of an embedding: pairs, their mean, ranked lists and thresholds."""

from __future__ import annotations

from math import cos, erf, exp, pi, sin, sqrt

import numpy as np

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing


def similarity_table(classes: tuple[int, int, int] = (0, 1, 4), each: int = 4) -> Drawing:
    """Draw the cosine similarities of all pairs of some real digits, sorted by class.

    Args:
        classes: three classes.
        each: digits of each class, 2 to 4.

    Raises:
        ValueError: `each` is out of range, or there are not three classes.
    """
    if len(classes) != 3 or not 2 <= each <= 4:
        raise ValueError(f"needs three classes and 2 to 4 digits of each, got {classes} and {each}")
    canvas, cell, left, top = Canvas(height=370), 24, 60.0, 56.0
    found = [digits.digit(label, which) for label in classes for which in range(each)]
    flat = np.stack([image.reshape(-1) for image in found]) - digits.images().reshape(-1, 784).mean(
        0
    )
    units = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    similar = np.clip(units @ units.T, 0, 1)
    many = len(found)
    for i, image in enumerate(found):
        address = digits.address(image)
        canvas.image(left - 28, top + i * cell + 1, cell - 2, address)
        canvas.image(left + i * cell + 1, top - 28, cell - 2, address)
    for i in range(many):
        for j in range(many):
            colour = BLUE if i // each == j // each else VERMILLION
            shade = 0.06 + 0.86 * float(similar[i, j])
            canvas.matrix(left + j * cell, top + i * cell, [[shade]], cell, colour)
    for c in range(3):
        edge = each * cell
        canvas.box(left + c * edge, top + c * edge, edge, edge, "", BLUE, fill=0, corner=0, line=4)
    canvas.label(384, 66, "The fuller, the more similar.", anchor="start")
    canvas.box(384, 92, 20, 20, "", BLUE, fill=0.7, corner=0, line=0)
    canvas.label(414, 108, "same: two of one class", anchor="start", bold=True)
    canvas.box(384, 126, 20, 20, "", VERMILLION, fill=0.7, corner=0, line=0)
    canvas.label(414, 142, "diff: two of different classes", anchor="start", bold=True)
    canvas.label(384, 196, "For z of length 1, two sums do it:", anchor="start")
    canvas.label(384, 228, "all pairs  =  ‖ sum of all z ‖²", anchor="start")
    canvas.label(384, 256, "one blue block  =  ‖ sum of its z ‖²", anchor="start")
    canvas.label(384, 292, "The diagonal, each with itself,", anchor="start")
    canvas.label(384, 313, "has to be taken off.", anchor="start")
    return canvas.drawing(
        f"A table of {many} by {many} cells, one for each pair of real digits of three classes, "
        "sorted by class. Three blue blocks along the diagonal hold the pairs of one "
        "class, and most of their cells are full; the cells of different classes are "
        "vermillion and mostly pale. Two sums of vectors replace the table."
    )


def centring(vectors: int = 9) -> Drawing:
    """Draw vectors that all point one way, and the same vectors after their mean is taken off.

    Args:
        vectors: how many, 3 to 15.

    Raises:
        ValueError: the number is out of range.
    """
    if not 3 <= vectors <= 15:
        raise ValueError(f"needs 3 to 15 vectors, got {vectors}")
    canvas = Canvas(height=300)
    start, mean = (90.0, 218.0), (150.0, -96.0)
    spread = [
        (52 * cos(2 * pi * i / vectors + 0.3), 40 * sin(2 * pi * i / vectors + 0.3))
        for i in range(vectors)
    ]
    for dx, dy in spread:
        tip = (start[0] + mean[0] + dx, start[1] + mean[1] + dy)
        canvas.arrow(start, tip, colour=BLUE)
    canvas.arrow(
        start, (start[0] + mean[0], start[1] + mean[1]), colour=VERMILLION, line=5, head=16
    )
    canvas.circle(start, 5, fill=1, line=0)
    canvas.arrow((322, 140), (420, 140))
    canvas.label(371, 122, "minus the mean")
    centre = (570.0, 130.0)
    for dx, dy in spread:
        canvas.arrow(centre, (centre[0] + 1.7 * dx, centre[1] + 1.7 * dy), colour=BLUE)
    canvas.circle(centre, 5, fill=1, line=0)
    canvas.label(190, 258, "as they come", bold=True)
    canvas.label(190, 281, "every cosine is near 1")
    canvas.label(560, 258, "centred (and drawn larger)", bold=True)
    canvas.label(560, 281, "now the cosines differ")
    canvas.label(178, 204, "the mean", anchor="start")
    canvas.bend((206, 188), (206, 176), (190, 162))
    return canvas.drawing(
        f"At the left {vectors} arrows start at one point and all go up to the right, around a "
        "thick arrow that is their mean: the angle between any two is small. At the right the "
        "mean has been taken off, and the same arrows fan out into all directions."
    )


def ranked_list(label: int = 4, which: int = 4, length: int = 8, store: int = 400) -> Drawing:
    """Draw a query digit, the digits nearest to it in pixels, and precision at each place.

    Args:
        label: class of the query.
        which: the how-manieth of its class.
        length: of the list, 4 to 8.
        store: how many digits are searched.

    Raises:
        ValueError: the list is too short or too long.
    """
    if not 4 <= length <= 8:
        raise ValueError(f"the list holds 4 to 8 digits, got length={length}")
    canvas, query = Canvas(height=330), digits.digit(label, which)
    far = ((digits.images()[:store] - query) ** 2).sum(axis=(1, 2))
    order = [int(i) for i in np.argsort(far, kind="stable") if far[i] > 0][:length]
    canvas.image(16, 46, 84, digits.address(query))
    canvas.label(58, 30, "query", bold=True)
    canvas.label(412, 30, "nearest first", bold=True)
    floor, hits = 280.0, 0
    for place, i in enumerate(order):
        x, right = 136 + 71 * place, digits.labels()[i] == label
        hits += int(right)
        colour = BLUE if right else VERMILLION
        canvas.image(x, 50, 62, digits.address(digits.images()[i]))
        canvas.box(x - 2, 48, 66, 66, "", colour, fill=0, corner=3, line=4)
        canvas.label(x + 31, 136, "right" if right else "wrong")
        tall = 88 * hits / (place + 1)
        canvas.box(
            x + 6, floor - tall, 50, tall, "", colour, fill=0.65 if right else 0.12, corner=0
        )
        canvas.label(x + 31, floor - tall - 6, f"{hits}/{place + 1}", bold=bool(right))
        canvas.label(x + 31, floor + 20, f"k = {place + 1}")
    canvas.line((130, floor), (702, floor))
    canvas.label(120, 216, "precision", anchor="end")
    canvas.label(120, 236, "at k", anchor="end")
    canvas.label(412, 322, "average precision: the mean of the full bars, those at right answers")
    return canvas.drawing(
        f"A handwritten {label} as a query and the {length} digits nearest to it, each marked as "
        f"right or wrong; {hits} are right. Below each stands a bar: the share of right ones so "
        "far, precision at k. It falls at every wrong digit. Only the bars at right digits are "
        "full; their mean is average precision."
    )


def roc(gap: float = 1.6, threshold: float = 1.1) -> Drawing:
    """Draw two overlapping histograms cut by a threshold, and the ROC curve with its point.

    Args:
        gap: between the means of the two groups, in standard deviations.
        threshold: where they are cut, in standard deviations from the first mean.
    """
    canvas, left, floor = Canvas(height=330), 30.0, 230.0

    def at(s: float) -> float:
        return left + 52 * (s + 2.6)

    cut = at(threshold)
    for mean, colour in ((0.0, BLUE), (gap, VERMILLION)):
        for i in range(30):
            s = -2.6 + i * 0.24
            tall = 150 * exp(-((s + 0.12 - mean) ** 2) / 2)
            if tall < 1 or at(s) + 11 > 400:
                continue
            fill = 0.7 if at(s) >= cut - 6 else 0.25
            canvas.box(at(s), floor - tall, 11, tall, "", colour, fill=fill, corner=0, line=0.8)
    canvas.line((left - 6, floor), (406, floor))
    canvas.line((cut, 44), (cut, floor + 8), line=3, dashed=True)
    canvas.label(cut, 34, "threshold", bold=True)
    canvas.label(at(-0.75), 76, "normal", anchor="end")
    canvas.label(at(gap + 0.9), 100, "strange", anchor="start")
    canvas.label(218, 256, "score")
    canvas.box(470, 44, 200, 186, "", fill=0.03, corner=0, line=1.5)

    def beyond(mean: float, cut: float) -> float:
        return 0.5 * (1 - erf((cut - mean) / sqrt(2)))

    cuts = [6 - i * 0.1 for i in range(121)]
    curve = [(470 + 200 * beyond(0, c), 230 - 186 * beyond(gap, c)) for c in cuts]
    canvas.area((470, 230), *curve, (670, 230), colour=GREEN, fill=0.2)
    canvas.line(*curve, colour=GREEN, line=3)
    canvas.line((470, 230), (670, 44), dashed=True, opacity=0.6)
    point = (470 + 200 * beyond(0, threshold), 230 - 186 * beyond(gap, threshold))
    canvas.circle(point, 7, fill=1, line=0)
    canvas.label(570, 254, "share of the normal above it")
    canvas.label(570, 32, "share of the strange above it")
    canvas.label(600, 180, "area: AUROC", bold=True)
    canvas.label(360, 296, "One threshold is one point of the curve. Moving it from right to left")
    canvas.label(360, 316, "draws the curve from the lower left to the upper right.")
    return canvas.drawing(
        "Two overlapping histograms of scores, normal at the left and strange at the right, cut by "
        "a dashed threshold. Beside them a curve: the share of strange cases above the threshold "
        "against the share of normal ones. It lies above the diagonal, and one point of it belongs "
        "to the threshold. The area below the curve is the AUROC."
    )
