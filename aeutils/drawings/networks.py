"""An autoencoder as layers, its training step, and one matrix used twice."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from aeutils.drawings import digits, trained
from aeutils.drawings.canvas import BLUE, GREEN, VERMILLION, Canvas
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
