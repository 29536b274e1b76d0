"""Codes one can draw from: clouds in a prior, a draw with a gradient, two players."""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from random import Random

from aeutils.drawings.canvas import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing


def clouds(seed: int = 2, many: int = 15) -> Drawing:
    """Draw codes as points with holes between them, and as clouds that fill the prior.

    Args:
        seed: of the places.
        many: how many codes, 5 to 30.

    Raises:
        ValueError: the number is out of range.
    """
    if not 5 <= many <= 30:
        raise ValueError(f"needs 5 to 30 codes, got {many}")
    canvas, random = Canvas(height=330), Random(seed)
    colours = (BLUE, VERMILLION, GREEN)
    left, right, radius = (180.0, 142.0), (540.0, 142.0), 112.0
    for middle in (left, right):
        canvas.circle(middle, radius, dashed=True, fill=0)
    for i in range(many):
        turn = 2 * pi * (i % 3) / 3 + 0.5
        x = 128 * cos(turn) + random.gauss(0, 15)
        y = 84 * sin(turn) + random.gauss(0, 13)
        canvas.circle((left[0] + x, left[1] + y), 5, colours[i % 3], fill=0.9, line=0)
    for i in range(many):
        far = radius * 0.8 * sqrt((i + 0.5) / many)
        turn = 2.4 * i  # nearly the golden angle, which spreads places evenly over a disc
        place = (right[0] + far * cos(turn), right[1] + far * sin(turn))
        third = int((turn % (2 * pi)) / (2 * pi / 3))
        canvas.ellipse(place, 38, 30, 57.3 * turn, colours[third], fill=0.22, line=1)
        canvas.circle(place, 3, colours[third], fill=1, line=0)
    canvas.label(184, 140, "?", size=24, bold=True)
    canvas.arrow((184, 190), (184, 150))
    canvas.label(184, 208, "a random", size=14)
    canvas.label(184, 225, "draw", size=14)
    canvas.label(180, 284, "plain: each code a point", bold=True)
    canvas.label(180, 307, "a draw from the prior meets a hole")
    canvas.label(540, 284, "variational: each code a cloud", bold=True)
    canvas.label(540, 307, "a draw from the prior meets a cloud")
    canvas.label(360, 30, "dashed: prior")
    return canvas.drawing(
        "Two planes of codes with the same dashed circle, the prior. At the left the codes are "
        "points in three clumps, partly outside the circle, and a random draw from its "
        "middle meets a hole. At the right each code is a cloud, the clouds overlap and fill the "
        "circle, and every draw lies in some cloud."
    )


def reparameterisation() -> Drawing:
    """Draw how a random code gets a gradient: mean plus standard deviation times a draw."""
    canvas = Canvas(height=330)
    canvas.box(16, 106, 96, 60, "image x", fill=0.06)
    canvas.arrow((116, 136), (148, 136))
    canvas.area((152, 86), (236, 106), (236, 166), (152, 186), colour=BLUE, fill=0.25, line=2)
    canvas.label(194, 142, "f", bold=True)
    canvas.arrow((240, 122), (286, 86))
    canvas.arrow((240, 150), (286, 186))
    canvas.circle((310, 78), 26, GREEN)
    canvas.label(310, 84, "μ", size=20)
    canvas.circle((310, 194), 26, GREEN)
    canvas.label(310, 200, "σ", size=20)
    canvas.circle((310, 288), 26, ORANGE, dashed=True)
    canvas.label(310, 294, "ε", size=20)
    canvas.label(276, 284, "drawn from N(0, 1):", anchor="end")
    canvas.label(276, 305, "no weight is in it", anchor="end")
    canvas.circle((420, 194), 20, INK, fill=0.06)
    canvas.label(420, 201, "×", size=20)
    canvas.circle((420, 78), 20, INK, fill=0.06)
    canvas.label(420, 85, "+", size=20)
    canvas.arrow((340, 78), (396, 78))
    canvas.arrow((340, 194), (396, 194))
    canvas.arrow((338, 284), (412, 264), (418, 218))
    canvas.arrow((420, 170), (420, 102))
    canvas.arrow((444, 78), (486, 78))
    canvas.box(490, 50, 106, 56, "z = μ + σ ε", GREEN)
    canvas.arrow((600, 78), (626, 78))
    canvas.area((704, 40), (630, 62), (630, 94), (704, 116), colour=VERMILLION, fill=0.25, line=2)
    canvas.label(664, 84, "g", bold=True)
    canvas.line((668, 122), (668, 228), (470, 228), colour=PURPLE, line=3, dashed=True)
    canvas.arrow((486, 120), (350, 120), (336, 100), colour=PURPLE, line=3, dashed=True)
    canvas.line((668, 120), (486, 120), colour=PURPLE, line=3, dashed=True)
    canvas.arrow((470, 228), (372, 228), (340, 212), colour=PURPLE, line=3, dashed=True)
    canvas.label(568, 256, "the gradient: back to μ and σ", bold=True)
    canvas.label(568, 280, "past the draw, which stays fixed")
    return canvas.drawing(
        "An image enters the encoder, which gives a mean and a standard deviation. A random number "
        "epsilon, drawn apart, is multiplied by the standard deviation and added to the mean: "
        "that is the code, and it enters the decoder. Dashed arrows show the gradient: it "
        "goes back to mean and standard deviation, and not into the draw."
    )


def adversarial_game(seed: int = 1) -> Drawing:
    """Draw codes and draws from the prior before a discriminator that tries to tell them apart.

    Args:
        seed: of the places.
    """
    canvas, random = Canvas(height=330), Random(seed)
    canvas.area((16, 66), (96, 90), (96, 130), (16, 154), colour=BLUE, fill=0.25, line=2)
    canvas.label(56, 116, "encoder", size=14)
    canvas.arrow((100, 110), (138, 110))
    canvas.box(142, 36, 160, 130, "", BLUE, fill=0.06)
    canvas.box(142, 184, 160, 130, "", ORANGE, fill=0.06)
    for _ in range(26):
        turn = random.random() * 2 * pi
        x, y = 40 * cos(turn) + random.gauss(0, 8), 26 * sin(turn) + random.gauss(0, 7)
        canvas.circle((222 + x, 101 + y), 4, BLUE, fill=0.9, line=0)
        x, y = random.gauss(0, 27), random.gauss(0, 20)
        x, y = max(-70, min(70, x)), max(-55, min(55, y))
        canvas.circle((222 + x, 249 + y), 4, ORANGE, fill=0.9, line=0)
    canvas.label(222, 26, "codes of images", bold=True)
    canvas.label(132, 244, "draws from", anchor="end", bold=True)
    canvas.label(132, 265, "the prior", anchor="end", bold=True)
    canvas.arrow((308, 100), (382, 150))
    canvas.arrow((308, 250), (382, 200))
    canvas.box(386, 134, 140, 82, "discriminator\ncode or draw?", PURPLE)
    canvas.arrow((530, 175), (570, 175))
    canvas.label(578, 170, "the share of", anchor="start")
    canvas.label(578, 191, "right answers", anchor="start")
    canvas.line((640, 150), (640, 66), (456, 66), colour=VERMILLION, line=3, dashed=True)
    canvas.arrow((456, 66), (456, 128), colour=VERMILLION, line=3, dashed=True)
    canvas.label(470, 52, "wants it high", anchor="start", bold=True)
    canvas.line((640, 208), (640, 300), (330, 300), colour=GREEN, line=3, dashed=True)
    canvas.line((330, 300), (330, 176), (56, 176), colour=GREEN, line=3, dashed=True)
    canvas.arrow((56, 176), (56, 152), colour=GREEN, line=3, dashed=True)
    canvas.label(470, 288, "wants it at one half", bold=True)
    return canvas.drawing(
        "An encoder turns images into codes, which lie in a ring. Below, draws from the prior lie "
        "in a round heap. Both go to a discriminator, which says whether it was given a code or a "
        "draw. A dashed arrow says that the discriminator wants many right answers; another leads "
        "back to the encoder, which wants only half of them right."
    )
