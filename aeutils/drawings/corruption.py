"""What denoising learns: arrows back to the data, a pipeline, and kinds of noise."""

from __future__ import annotations

from math import hypot, pi, sin
from random import Random

import numpy as np

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, ORANGE, VERMILLION, Canvas, Point
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


def denoiser(label: int = 2, which: int = 1, sigma: float = 0.5, seed: int = 0) -> Drawing:
    """Draw how a denoiser is trained: damage, rebuild, compare with the clean image.

    Args:
        label: class of the digit.
        which: the how-manieth of its class.
        sigma: standard deviation of the Gaussian damage.
        seed: of the damage.
    """
    canvas, clean = Canvas(height=310), digits.digit(label, which)
    damaged = clean + sigma * np.random.default_rng(seed).standard_normal(clean.shape)
    canvas.image(16, 116, 100, digits.address(clean))
    canvas.label(66, 242, "clean x", italic=True)
    canvas.arrow((120, 166), (186, 166), colour=VERMILLION)
    canvas.label(152, 152, "damage")
    canvas.image(190, 116, 100, digits.address(damaged))
    canvas.label(240, 242, "damaged x̃", italic=True)
    canvas.arrow((294, 166), (326, 166))
    canvas.area((330, 116), (404, 148), (404, 184), (330, 216), colour=BLUE, fill=0.25, line=2)
    canvas.box(408, 149, 26, 34, "z", GREEN, corner=3)
    canvas.area((512, 116), (438, 148), (438, 184), (512, 216), colour=ORANGE, fill=0.25, line=2)
    canvas.label(366, 172, "f")
    canvas.label(476, 172, "g")
    canvas.arrow((516, 166), (548, 166))
    canvas.image(552, 116, 100, digits.address(digits.rebuilt(damaged, 40)))
    canvas.label(602, 242, "repaired x̂", italic=True)
    canvas.line((66, 112), (66, 54), (216, 54), line=2)
    canvas.arrow((66, 54), (214, 54))
    canvas.arrow((602, 112), (602, 54), (454, 54))
    canvas.box(218, 28, 232, 52, "compare: ‖x − x̂‖²", GREEN)
    canvas.label(360, 282, "The target is the clean image, which the network is not shown.")
    return canvas.drawing(
        f"A clean handwritten {label} is damaged by noise. The damaged image goes through encoder "
        "and decoder, and a repaired image comes out. A path above leads from the clean image, "
        "past the network, to the comparison with the repaired one: the target is the clean "
        "image. The repaired digit shown is the damaged one rebuilt from 40 numbers by PCA."
    )


def kinds_of_noise(label: int = 4, which: int = 5, seed: int = 0) -> Drawing:
    """Draw one digit clean and under four kinds of damage.

    Args:
        label: class of the digit.
        which: the how-manieth of its class.
        seed: of the damage.
    """
    canvas, clean = Canvas(height=220), digits.digit(label, which)
    random = np.random.default_rng(seed)
    normal, uniform = random.standard_normal(clean.shape), random.random(clean.shape)
    spots = np.where(uniform < 0.12, 0, np.where(uniform > 0.88, 1, clean))
    kinds = (
        (clean, "clean", "x"),
        (clean + 0.4 * normal, "Gaussian", "x + σ n"),
        (np.where(uniform < 0.5, 0, clean), "masking", "0 or x"),
        (spots, "salt and pepper", "0, 1 or x"),
        (clean * (1 + 0.6 * normal), "speckle", "x (1 + σ n)"),
    )
    for i, (image, name, formula) in enumerate(kinds):
        x = 14 + 141.5 * i
        canvas.image(x, 16, 126, digits.address(image))
        canvas.label(x + 63, 170, name, bold=True)
        canvas.label(x + 63, 196, formula)
    return canvas.drawing(
        f"The same handwritten {label} five times. Clean; with Gaussian noise, where all pixels "
        "are a little wrong, the paper too; masked, where half of the pixels are blank; with salt "
        "and pepper, where some are black or white at random; with speckle, where only the ink "
        "varies and the paper stays clean."
    )


def _curve(t: float) -> Point:
    """Return a point of the curve of clean images, t from 0 to 1."""
    return 60 + 600 * t, 205 - 66 * sin(2 * pi * (t - 0.38)) - 20 * t


def _between(start: Point, end: Point, gap: float) -> Point:
    """Return the point on the way from `start` to `end` that lies `gap` pixels after `start`."""
    share = gap / (hypot(end[0] - start[0], end[1] - start[1]) or 1.0)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
