"""Layers for images: a kernel that moves, and a path around two layers."""

from __future__ import annotations

import numpy as np

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing

EDGES = np.array([[1.0, 1, 1], [0, 0, 0], [-1, -1, -1]]) / 3  # answers to horizontal edges


def _convolved(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the size of the kernel's answer (H/2, W/2) with stride 2 and a border of zeros."""
    padded = np.pad(image, 1)
    answer = np.zeros((image.shape[0] // 2, image.shape[1] // 2))
    for i in range(3):
        for j in range(3):
            answer += kernel[i, j] * padded[i : i + image.shape[0] : 2, j : j + image.shape[1] : 2]
    return np.abs(answer)


def convolution(label: int = 3, which: int = 1) -> Drawing:
    """Draw two convolutions with stride 2 on a real digit: 28 × 28 to 14 × 14 to 7 × 7.

    Args:
        label: class of the digit.
        which: the how-manieth of its class.
    """
    canvas, image = Canvas(height=310), digits.digit(label, which)
    canvas.image(20, 40, 196, digits.address(image))
    for i, (row, column) in enumerate(((8, 9), (8, 11))):
        x, y = 20 + 7 * column, 40 + 7 * row
        canvas.box(x, y, 21, 21, "", ORANGE, fill=0.35 * (1 - i), corner=0, line=3, dashed=i == 1)
    canvas.bend((61, 92), (88, 74), (112, 94), VERMILLION)
    canvas.label(20, 26, "a kernel of 3 × 3 moves by 2", anchor="start")
    first = _convolved(image, EDGES)
    second = _convolved(first, EDGES)
    for i in range(4):
        canvas.box(336 - 12 * i, 58 + 12 * i, 112, 112, "", BLUE, fill=0.14, corner=0, line=1.5)
    canvas.image(300, 94, 112, digits.address(np.clip(1.4 * first, 0, 1)))
    for i in range(7):
        x, y = 612 - 8 * i, 66 + 8 * i
        canvas.box(x, y, 70, 70, "", GREEN, fill=0.14, corner=0, line=1.5)
    canvas.image(564, 114, 70, digits.address(second / second.max()))
    canvas.arrow((138, 106), (352, 140), colour=ORANGE)
    canvas.circle((358, 141), 5, ORANGE, fill=1, line=0)
    canvas.arrow((456, 136), (546, 136))
    canvas.label(118, 262, "28 × 28, 1 channel", bold=True)
    canvas.label(372, 262, "14 × 14, 16 channels", bold=True)
    canvas.label(618, 262, "7 × 7, 32 channels", bold=True)
    canvas.label(372, 288, "half the side, the same weights at every place")
    return canvas.drawing(
        "A handwritten three of 28 by 28 pixels. A kernel of 3 by 3 pixels lies on it and moves by "
        "two pixels at a time; each place gives one pixel of a map of 14 by 14, and there are 16 "
        "such maps, one for each kernel. The first shows the horizontal edges of the digit. A "
        "second convolution gives 32 maps of 7 by 7."
    )


def residual() -> Drawing:
    """Draw a residual block: two layers, and a path around them that is added at the end."""
    canvas = Canvas(height=240)
    canvas.label(36, 144, "h", size=20, italic=True)
    canvas.arrow((54, 138), (128, 138))
    canvas.box(132, 108, 126, 60, "layer", BLUE)
    canvas.arrow((262, 138), (296, 138))
    canvas.box(300, 114, 70, 48, "bend", ORANGE)
    canvas.arrow((374, 138), (408, 138))
    canvas.box(412, 108, 126, 60, "layer", BLUE)
    canvas.arrow((542, 138), (576, 138))
    canvas.circle((596, 138), 18, GREEN, fill=0.25)
    canvas.line((587, 138), (605, 138), line=3)
    canvas.line((596, 129), (596, 147), line=3)
    canvas.arrow((616, 138), (640, 138))
    canvas.label(682, 144, "h + F(h)", italic=True)
    canvas.line((90, 138), (90, 52), (596, 52), colour=GREEN, line=4)
    canvas.arrow((596, 52), (596, 117), colour=GREEN, line=4, head=14)
    canvas.label(343, 36, "the short way: h as it is, and its gradient as it is", bold=True)
    canvas.label(335, 200, "F(h): what is to be changed, 0 at the start if the last layer is 0")
    canvas.label(335, 224, "so a deep stack starts as a copy, and learns what to add")
    return canvas.drawing(
        "A residual block. The input h goes through a layer, a non-linear function and another "
        "layer, whose result is F of h. A second path leads around all three, unchanged, "
        "and is added at the end: the output is h plus F of h."
    )
