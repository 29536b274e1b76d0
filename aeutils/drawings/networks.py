"""An autoencoder as layers, its training step, and one matrix used twice."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, log, sin

from aeutils.drawings import digits, trained
from aeutils.drawings.canvas import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing


def hourglass(sizes: Sequence[int] = trained.SIZES) -> Drawing:
    """Draw an autoencoder as layers, from a real digit to what it was rebuilt as.

    Encoder and decoder are mirror images. The rebuilt digit is that of a trained network
    784-128-32-128-784, and is shown for these sizes only.

    Args:
        sizes: widths from the image to the code, (D, ..., K), two to four of them.

    Raises:
        ValueError: there are fewer than two or more than four widths, or one is below 1.
    """
    if not 2 <= len(sizes) <= 4 or min(sizes) < 1:
        raise ValueError(
            f"sizes must be two to four positive widths from image to code, got {tuple(sizes)}"
        )
    canvas = Canvas(height=320)
    widths = [*sizes, *reversed(sizes[:-1])]
    middle, last = 165.0, len(widths) - 1
    tall = [44 + 186 * log(1 + w / min(sizes)) / log(1 + max(sizes) / min(sizes)) for w in widths]
    tall = [60 + (h - min(tall)) * 170 / ((max(tall) - min(tall)) or 1) for h in tall]
    across = [160 + 400 * i / last for i in range(len(widths))]
    code = len(sizes) - 1
    for i in range(last):
        colour = BLUE if i < code else VERMILLION
        (x0, x1), (h0, h1) = (across[i] + 13, across[i + 1] - 13), (tall[i] / 2, tall[i + 1] / 2)
        corners = (x0, middle - h0), (x1, middle - h1), (x1, middle + h1), (x0, middle + h0)
        canvas.area(*corners, colour=colour, fill=0.16)
    for i, (x, width, height) in enumerate(zip(across, widths, tall, strict=True)):
        colour = GREEN if i == code else BLUE if i < code else VERMILLION
        canvas.box(x - 13, middle - height / 2, 26, height, colour=colour, fill=0.22)
        units = max(3, int(height // 19))
        for j in range(units):
            y = middle + (j - (units - 1) / 2) * 17
            canvas.circle((x, y), 5.5, colour, fill=0.75, line=0)
        canvas.label(x, middle + height / 2 + 24, f"{width}", bold=i == code)
    image = digits.digit(*trained.DIGIT)
    canvas.image(12, middle - 50, 100, digits.address(image))
    canvas.arrow((114, middle), (144, middle))
    canvas.arrow((576, middle), (606, middle))
    canvas.label(62, middle + 74, "image x", italic=True)
    if tuple(sizes) == trained.SIZES:
        canvas.image(608, middle - 50, 100, digits.address(trained.rebuilt()))
    else:
        canvas.box(608, middle - 50, 100, 100, "x̂", fill=0.08, corner=0)
    canvas.label(658, middle + 74, "rebuilt x̂", italic=True)
    canvas.label((across[0] + across[code]) / 2 + 16, 36, "encoder f", bold=True)
    canvas.label((across[code] + across[-1]) / 2 - 16, 36, "decoder g", bold=True)
    canvas.label(across[code], middle - tall[code] / 2 - 34, "code z", bold=True)
    canvas.arrow(
        (across[code], middle - tall[code] / 2 - 27), (across[code], middle - tall[code] / 2 - 3)
    )
    chain = " to ".join(str(w) for w in widths)
    return canvas.drawing(
        f"An autoencoder as an hourglass of layers with {chain} units. A handwritten five enters "
        f"at the left as {sizes[0]} pixels; the encoder narrows it to a code of {sizes[-1]} "
        "numbers in the middle; the decoder widens the code to as many pixels again, "
        "and a somewhat blurred five comes out at the right."
    )


def training_step(label: int = 2) -> Drawing:
    """Draw one step of training as a loop: batch, forward, loss, gradients, update, next batch.

    Args:
        label: class of the four digits of the batch.
    """
    canvas = Canvas(height=320)
    for i in range(4):
        x, y = 24 + 56 * (i % 2), 22 + 56 * (i // 2)
        canvas.image(x, y, 54, digits.address(digits.digit(label, i)))
    canvas.label(79, 156, "batch x")
    canvas.arrow((140, 77), (186, 77))
    canvas.area((194, 22), (270, 60), (270, 94), (194, 132), colour=BLUE, fill=0.25, line=2)
    canvas.area((382, 22), (306, 60), (306, 94), (382, 132), colour=VERMILLION, fill=0.25, line=2)
    canvas.box(274, 60, 28, 34, "z", GREEN, corner=3)
    canvas.label(230, 83, "f")
    canvas.label(346, 83, "g")
    canvas.label(288, 156, "forward: x̂ = g(f(x))")
    canvas.arrow((390, 77), (446, 77))
    canvas.label(418, 66, "x̂")
    canvas.box(450, 42, 166, 70, "loss L\n‖x − x̂‖², mean", ORANGE)
    canvas.arrow((620, 77), (694, 77), (694, 252), (630, 252))
    canvas.label(684, 160, "backward", anchor="end")
    canvas.box(450, 217, 176, 70, "gradients\n∂L/∂w for all w", PURPLE)
    canvas.arrow((446, 252), (390, 252))
    canvas.box(190, 217, 196, 70, "update\nw ← w − η ∂L/∂w", GREEN)
    canvas.arrow((186, 252), (79, 252), (79, 168))
    canvas.label(92, 188, "clear the gradients,", anchor="start")
    canvas.label(92, 208, "next batch", anchor="start")
    canvas.bend((310, 213), (310, 190), (310, 166), dashed=True)
    return canvas.drawing(
        "One training step as a loop. A batch of four digits goes forward through encoder and "
        "decoder; the loss compares the rebuilt batch with the batch; backward, the "
        "gradient of the loss for every weight is computed; the update moves each weight a "
        "little against its gradient; the gradients are cleared and the next batch comes."
    )


def tied_weights(units: int = 4, pixels: int = 9) -> Drawing:
    """Draw a tied autoencoder: the decoder's matrix is the encoder's, transposed.

    Args:
        units: rows of the encoder's matrix, 2 to 5.
        pixels: its columns, 3 to 9.

    Raises:
        ValueError: one of the two is out of range.
    """
    if not (2 <= units <= 5 and 3 <= pixels <= 9):
        raise ValueError(f"needs 2 to 5 units and 3 to 9 pixels, got {units} and {pixels}")
    canvas, cell, middle = Canvas(height=290), 22, 136.0
    weights = [[0.08 + 0.8 * (0.5 + 0.5 * sin(5.1 * i * i + 2.3 * j + 1.1 * i * j)) for j in
                range(pixels)] for i in range(units)]  # fmt: skip
    turned = [[weights[i][j] for i in range(units)] for j in range(pixels)]
    image = [[0.15 + 0.75 * abs(sin(0.9 * j))] for j in range(pixels)]
    code = [[0.3 + 0.6 * abs(cos(1.7 * i))] for i in range(units)]
    top, low = middle - pixels * cell / 2, middle - units * cell / 2
    canvas.matrix(95, top, image, cell, INK)
    canvas.arrow((125, middle), (157, middle))
    canvas.matrix(165, low, weights, cell, BLUE)
    wide = 165 + pixels * cell
    canvas.arrow((wide + 8, middle), (wide + 40, middle))
    canvas.matrix(wide + 48, low, code, cell, GREEN)
    canvas.arrow((wide + 78, middle), (wide + 110, middle))
    right = wide + 118
    canvas.matrix(right, top, turned, cell, BLUE)
    canvas.arrow((right + units * cell + 8, middle), (right + units * cell + 40, middle))
    canvas.matrix(right + units * cell + 48, top, image, cell, VERMILLION)
    canvas.box(164, low - 1, pixels * cell + 2, cell + 2, "", ORANGE, fill=0, corner=2, line=4)
    canvas.box(
        right - 1, top - 1, cell + 2, pixels * cell + 2, "", ORANGE, fill=0, corner=2, line=4
    )
    canvas.bend((165 + pixels * cell / 2, low - 6), (wide + 60, -14), (right + cell / 2, top - 8),
                ORANGE, dashed=True)  # fmt: skip
    canvas.label(106, 262, "x")
    canvas.label(165 + pixels * cell / 2, 262, f"W: ({units}, {pixels})", bold=True)
    canvas.label(wide + 59, 262, "z")
    canvas.label(right + units * cell / 2, 262, f"Wᵀ: ({pixels}, {units})", bold=True)
    canvas.label(right + units * cell + 59, 262, "x̂")
    canvas.label(wide + 59, 282, "one matrix, two uses")
    return canvas.drawing(
        f"An image of {pixels} numbers, a matrix W with {units} rows and {pixels} columns, a code "
        f"of {units} numbers, and a second matrix with {pixels} rows and {units} columns that "
        f"rebuilds the image. It holds the same cells as the first, turned over: the first row "
        "of W is the first column of the second matrix, marked in both."
    )
