"""What a narrow code lets through, and a code cut into steps."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from aeutils.drawings import digits
from aeutils.drawings.canvas import BLUE, GREEN, INK, ORANGE, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing


def bottleneck(sizes: Sequence[int] = (128, 32, 8, 2), label: int = 5, which: int = 11) -> Drawing:
    """Draw one digit forced through ever narrower codes, and what PCA rebuilds behind each.

    Args:
        sizes: three or four code sizes, from wide to narrow, each between 1 and 784.
        label: class of the digit.
        which: the how-manieth of its class.

    Raises:
        ValueError: another number of sizes, or one is out of range.
    """
    if len(sizes) not in (3, 4) or not all(1 <= size <= 784 for size in sizes):
        raise ValueError(f"needs three or four sizes between 1 and 784, got {tuple(sizes)}")
    canvas, image = Canvas(height=330), digits.digit(label, which)
    canvas.image(14, 96, 92, digits.address(image))
    canvas.label(60, 212, "784 pixels")
    canvas.label(60, 232, "of 8 bits:")
    canvas.label(60, 252, "6,272 bits", bold=True)
    pitch = 590 / len(sizes)
    for i, size in enumerate(sizes):
        x, gap = 124 + i * pitch, 6 + 104 * (size / max(sizes)) ** 0.5
        canvas.arrow((x, 142), (x + 24, 142), line=2)
        for edge, sign in ((142 - gap / 2, -1), (142 + gap / 2, 1)):
            far = 142 + sign * 62
            corners = (x + 28, far), (x + 48, edge), (x + 58, edge), (x + 58, far)
            canvas.area(*corners, colour=INK, fill=0.55)
        canvas.box(x + 47, 142 - gap / 2, 12, gap, "", GREEN, fill=0.55, corner=0, line=0)
        side = min(72, pitch - 74)
        canvas.image(x + 66, 142 - side / 2, side, digits.address(digits.rebuilt(image, size)))
        canvas.label(x + 53, 68, f"{size} number{'s' * (size > 1)}", bold=True)
        canvas.label(x + pitch / 2, 232, "of 8 bits:")
        canvas.label(x + pitch / 2, 252, f"{8 * size:,} bits", bold=True)
    canvas.label(190, 32, "wide: it can copy", anchor="start")
    canvas.arrow((340, 27), (494, 27))
    canvas.label(702, 32, "narrow: it must choose", anchor="end")
    canvas.label(360, 296, "Bits are the budget. What does not fit, the decoder replaces")
    canvas.label(360, 316, "by what is common to the images it has seen.")
    chain = ", ".join(str(size) for size in sizes)
    return canvas.drawing(
        f"A handwritten {label} passes through gaps that become narrower: codes of {chain} "
        "numbers. Behind the widest gap it is rebuilt almost as it was; behind each narrower one "
        "it is more blurred; behind the narrowest there is only a smudge that could be several "
        "digits. Below each gap stands the budget in bits at 8 bits a number."
    )


def quantised_code(bits: int = 3, value: float = 0.62) -> Drawing:
    """Draw a number line cut into steps, and a value that is rounded to the middle of its step.

    The middles are multiples of the step Δ = 4 / 2^bits, as round(z / Δ) · Δ has it. So 0 is the
    middle of a step, and the line reaches half a step further to the left than from -2 to 2.

    Args:
        bits: per number, 1 to 3; there are 2^bits steps.
        value: the number, between -2 - Δ/2 and 2 - Δ/2.

    Raises:
        ValueError: one of the two is out of range.
    """
    steps, width = 2**bits, 4 / 2**bits
    low = -2 - width / 2
    if not (1 <= bits <= 3 and low < value < low + 4):
        raise ValueError(
            f"needs 1 to 3 bits and {low:g} < value < {low + 4:g}, got {bits} and {value}"
        )
    canvas = Canvas(height=300)
    left, wide, line = 60.0, 600.0, 190.0

    def at(number: float) -> float:
        return left + wide * (number - low) / 4

    hill = [
        (at(number), line - 118 * exp(-(number**2) / 0.9))
        for number in (low + i / 20 for i in range(81))
    ]
    canvas.area((left, line), *hill, (left + wide, line), colour=BLUE, fill=0.18)
    canvas.line(*hill, colour=BLUE)
    step = int((value - low) / width)
    for i in range(steps):
        x = left + i * wide / steps
        if i == step:
            canvas.box(x, line - 16, wide / steps, 16, "", ORANGE, fill=0.6, corner=0, line=0)
        canvas.label(x + wide / steps / 2, line + 28, f"{i:0{bits}b}", mono=True, bold=i == step)
    canvas.line((left, line), (left + wide, line))
    for i in range(steps + 1):
        x = left + i * wide / steps
        canvas.line((x, line - 7), (x, line + 7))
    rebuilt = -2 + step * width
    middle = at(rebuilt)
    canvas.line((at(value), 62), (at(value), line), colour=VERMILLION)
    canvas.circle((at(value), line), 6, VERMILLION, fill=1, line=0)
    above = min(max(at(value), 100), 620)
    canvas.label(above, 34, "a number z of the code")
    canvas.label(above, 54, f"{value:g}", bold=True)
    canvas.line((middle, line + 36), (middle, line + 56), colour=ORANGE, line=3)
    middle = min(max(middle, 120), 600)
    canvas.label(middle, line + 76, f"sent: {bits} bits")
    canvas.label(middle, line + 98, f"read back: {rebuilt:g}, the middle")
    canvas.label(left + 2, 100, "how often z occurs", anchor="start")
    return canvas.drawing(
        f"A number line from {low:g} to {low + 4:g} under a bell-shaped curve that says how often "
        f"each number occurs. The line is cut into {steps} equal steps with multiples of "
        f"{width:g} as their middles, each with a name of {bits} bits. The number {value:g} falls "
        f"into one step; only the step's name is sent, and its middle, {rebuilt:g}, is read back. "
        "The difference is the rounding error."
    )
