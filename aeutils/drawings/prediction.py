"""Learning by predicting: hidden patches, prediction of codes, collapse, and ways to transfer."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing

HIDDEN = (1, 2, 4, 6, 7, 9, 10, 12, 14)  # of 16 patches, row by row


def patches_and_masks(label: int = 8, which: int = 1, hidden: tuple[int, ...] = HIDDEN) -> Drawing:
    """Draw a digit in 16 patches, some hidden, and what has to be predicted.

    Args:
        label: class of the digit.
        which: the how-manieth of its class.
        hidden: numbers of the hidden patches, 0 to 15, row by row.

    Raises:
        ValueError: no patch is hidden, all are, or one does not exist.
    """
    if not 0 < len(set(hidden)) < 16 or not set(hidden) <= set(range(16)):
        raise ValueError(f"hidden names 1 to 15 of the patches 0 to 15, got {hidden}")
    canvas, image = Canvas(height=290), digits.digit(label, which)
    canvas.image(14, 40, 160, digits.address(image))
    for k in (1, 2, 3):
        canvas.line((14 + 40 * k, 40), (14 + 40 * k, 200), colour=BLUE)
        canvas.line((14, 40 + 40 * k), (174, 40 + 40 * k), colour=BLUE)
    for i in range(16):
        row, column = divmod(i, 4)
        x, y = 212 + 40 * column, 40 + 40 * row
        patch = digits.address(image[7 * row : 7 * row + 7, 7 * column : 7 * column + 7])
        if i in hidden:
            canvas.box(x, y, 36, 36, "?", fill=0.12, corner=2, line=1, dashed=True)
            canvas.image(x + 328, y, 36, patch, VERMILLION)
        else:
            canvas.image(x, y, 36, patch, BLUE)
    canvas.arrow((180, 118), (204, 118))
    canvas.arrow((376, 118), (398, 118))
    canvas.box(402, 96, 100, 44, "predict", GREEN)
    canvas.arrow((506, 118), (530, 118))
    canvas.label(94, 26, "16 patches", bold=True)
    canvas.label(290, 26, f"{16 - len(set(hidden))} are seen", bold=True)
    canvas.label(618, 26, f"{len(set(hidden))} are asked for", bold=True)
    canvas.label(360, 236, "Predicted as pixels: a masked autoencoder. As codes: a JEPA.")
    canvas.label(360, 262, "Neighbouring patches give each other away, so most have to be hidden.")
    return canvas.drawing(
        f"A handwritten {label} cut into 4 by 4 patches. In the middle {len(set(hidden))} of the "
        f"16 patches are covered by question marks and {16 - len(set(hidden))} are seen. At the "
        "right only the covered patches: these are to be predicted from the seen ones."
    )


def jepa(label: int = 8, which: int = 1) -> Drawing:
    """Draw prediction in the space of codes: context, target, predictor, and the stop sign.

    Args:
        label: class of the digit.
        which: the how-manieth of its class.
    """
    canvas, image = Canvas(height=340), digits.digit(label, which)
    canvas.image(14, 28, 49, digits.address(image[:, :14]), height=98)
    canvas.box(63, 28, 49, 98, "?", fill=0.1, corner=0, line=1, dashed=True)
    canvas.image(63, 206, 49, digits.address(image[:, 14:]), height=98)
    canvas.box(14, 206, 49, 98, "", fill=0.1, corner=0, line=1, dashed=True)
    canvas.label(63, 18, "context")
    canvas.label(63, 326, "target")
    for y, colour, name in ((77, BLUE, "context\nencoder"), (255, SKY, "target\nencoder")):
        canvas.arrow((116, y), (146, y))
        corners = (150, y - 50), (262, y - 32), (262, y + 32), (150, y + 50)
        canvas.area(*corners, colour=colour, fill=0.25, line=2)
        for i, word in enumerate(name.split("\n")):
            canvas.label(206, y - 3 + 20 * i, word)
        canvas.arrow((266, y), (300, y))
        canvas.matrix(306, y - 34, [[0.3 + 0.6 * abs(sin(2 * i + y))] for i in range(4)], 20, GREEN,
                      down=17)  # fmt: skip
    canvas.arrow((330, 77), (366, 77))
    canvas.box(370, 46, 116, 62, "predictor", ORANGE)
    canvas.arrow((490, 77), (524, 77))
    canvas.matrix(530, 43, [[0.25 + 0.6 * abs(cos(2 * i))] for i in range(4)], 20, GREEN, down=17)
    canvas.arrow((556, 77), (620, 77), (620, 136))
    canvas.arrow((330, 255), (620, 255), (620, 196))
    canvas.box(546, 140, 150, 52, "distance\nof two codes", PURPLE)
    corner = [(446 + 22 * cos(pi / 8 + pi * i / 4), 255 + 22 * sin(pi / 8 + pi * i / 4))
              for i in range(8)]  # fmt: skip
    canvas.area(*corner, colour=VERMILLION, fill=0.85, line=2)
    canvas.label(446, 294, "stop: no gradient")
    canvas.line((438, 255), (454, 255), line=5)
    canvas.arrow((206, 128), (206, 204), colour=BLUE, line=3, dashed=True)
    canvas.label(218, 160, "moving average", anchor="start")
    canvas.label(218, 180, "of the weights", anchor="start")
    return canvas.drawing(
        "The left half of a digit enters a context encoder, the right half a target encoder. A "
        "predictor turns the code of the context into a guess of the target's code, and the "
        "distance of the two codes is the loss. A stop sign on the target's side says that no "
        "gradient goes there: the target encoder's weights are a moving average of the other's."
    )


def collapse(seed: int = 3) -> Drawing:
    """Draw codes that can be told apart, and codes that are all one point with a loss of 0.

    Args:
        seed: of the places.
    """
    canvas, random = Canvas(height=310), Random(seed)
    for middle, spread in ((180.0, 1.0), (540.0, 0.0)):
        canvas.box(middle - 150, 24, 300, 190, "", fill=0.04)
        for i in range(6):
            turn = 2 * pi * i / 6 + 0.4
            x = middle + spread * (104 * cos(turn) + random.gauss(0, 6))
            y = 119 + spread * (62 * sin(turn) + random.gauss(0, 5))
            other = (x + spread * random.gauss(0, 15), y + spread * 15)
            colour = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)[i]
            canvas.line((x, y), other, line=1.5)
            canvas.circle((x, y), 7, colour, fill=0.9, line=0)
            canvas.circle(other, 7, colour, fill=0.5)
    canvas.circle((540, 119), 9, INK, fill=0.9)
    canvas.arrow((620, 60), (556, 108))
    canvas.label(628, 54, "all codes")
    canvas.label(180, 242, "two views of an image: near", bold=True)
    canvas.label(180, 266, "small loss, and images differ")
    canvas.label(540, 242, "collapse: one point for all", bold=True)
    canvas.label(540, 266, "loss 0, and nothing is left to tell")
    canvas.label(360, 298, "The loss cannot see the difference. Measure the spread of the codes.")
    return canvas.drawing(
        "Two planes of codes. At the left six images, each with two views: the two points of an "
        "image lie near each other and the images lie apart. At the right all twelve points are "
        "one: every pair of views is as near as can be, the loss is 0, and no image can be "
        "told from another."
    )


def transfer_ways() -> Drawing:
    """Draw three towers: trained from scratch, a frozen encoder with a new head, fine-tuned."""
    canvas = Canvas(height=350)
    towers = (  # middle, name, two lines below, colour, whether the layers are locked
        (120.0, "from scratch", "starts at random,", "all of it learns", INK, False),
        (360.0, "frozen", "pretrained and locked,", "only the head learns", BLUE, True),
        (600.0, "fine-tuned", "pretrained, then", "all of it learns on", BLUE, False),
    )
    for x, name, first, second, colour, locked in towers:
        fresh = colour == INK
        for i in range(3):
            y, wide = 202 - 50 * i, 156 - 22 * i
            fill = 0.06 if fresh else 0.2
            canvas.box(x - wide / 2, y, wide, 40, f"layer {i + 1}", colour, fill=fill, dashed=fresh)
            if locked:
                _padlock(canvas, x + wide / 2 + 20, y + 22)
            else:
                _learns(canvas, x + wide / 2 + 8, y + 20)
        canvas.box(x - 45, 46, 90, 42, "new head", ORANGE, fill=0.3, dashed=True)
        _learns(canvas, x + 53, 66)
        canvas.arrow((x, 270), (x, 246))
        canvas.label(x, 28, name, bold=True)
        canvas.label(x, 292, first)
        canvas.label(x, 313, second)
    canvas.label(
        360, 342, "blue: pretrained · dashed: random at the start · arrow: learns", size=15
    )
    return canvas.drawing(
        "Three towers of three layers with a new head on top. From scratch: all layers start at "
        "random and all learn. Frozen: the layers are pretrained and each has a padlock; only the "
        "head learns. Fine-tuned: the layers are pretrained, and layers and head all learn on."
    )


def _padlock(canvas: Canvas, x: float, y: float) -> None:
    """Draw a closed padlock around a point."""
    canvas.ellipse((x, y - 7), 6, 8, colour=INK, fill=0, line=2.5)
    canvas.box(x - 10, y - 5, 20, 15, "", ORANGE, fill=0.9, corner=3, line=1.5)


def _learns(canvas: Canvas, x: float, y: float) -> None:
    """Draw the curved arrow of a layer that learns, to the right of a point."""
    canvas.bend((x, y + 14), (x + 32, y), (x + 2, y - 14), VERMILLION, line=2.5, head=9)
