"""Week 3: how many times fewer bits a code takes than its image."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from aeutils.testing.checking import Mistake, expect_close, run
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "compression_factor",
    signature="def compression_factor(image_shape, code_size, pixel_bits=8, code_bits=32):",
    right={
        "one line": "return math.prod(image_shape) * pixel_bits / (code_size * code_bits)",
        "a loop": """
            bits = pixel_bits
            for n in image_shape:
                bits *= n
            return bits / (code_size * code_bits)
        """,
        "torch": """
            return torch.tensor(image_shape).prod().item() / code_size * (pixel_bits / code_bits)
        """,
    },
    wrong={
        "inverted": "return code_size * code_bits / (math.prod(image_shape) * pixel_bits)",
        "bits-ignored": "return math.prod(image_shape) / code_size",
        "bits-swapped": {" * pixel_bits": " * code_bits", "* code_bits)": "* pixel_bits)"},
        "one-side": {"math.prod(image_shape)": "image_shape[-1]"},
        "channels-ignored": """
            h, w = image_shape[-2:]
            return h * w * pixel_bits / (code_size * code_bits)
        """,
        "saving": "return 1 - code_size * code_bits / (math.prod(image_shape) * pixel_bits)",
        "rounded": {" / ": " // "},
        "difference": {" / (code_size * code_bits)": " - code_size * code_bits"},
        "percent": {"math.prod": "100 * math.prod"},
    },
)


def known(values: int, k: int, bits: int = 1, code: int = 1) -> list[Mistake]:
    """Return the usual mistakes for an image of so many values and a code of k numbers."""
    right = values * bits / (k * code)
    return [
        Mistake("inverted", 1 / right, "inverted: above 1 should mean that bits were saved"),
        Mistake("bits-ignored", values / k, "the bits of pixels and code numbers were ignored"),
        Mistake("bits-swapped", values * code / (k * bits), "the two bits are swapped"),
        Mistake("saving", 1 - 1 / right, "the share that is saved; the factor is asked for"),
        Mistake("percent", 100 * right, "in percent; a plain factor is asked for"),
        Mistake("rounded", right // 1, "rounded down: use / and not //"),
        Mistake("difference", values * bits - k * code, "the difference, not the ratio"),
    ]


@EXERCISE.criterion("numbers for numbers", points=1)
def numbers(compression_factor: Callable) -> None:
    """With one bit for each number, on both sides."""
    for shape, k in (((1, 28, 28), 30), ((3, 32, 32), 100), ((12, 10), 7)):
        plane = shape[-1] * shape[-2] / k
        expect_close(
            run(compression_factor, shape, k, 1, 1, name="compression_factor"),
            math.prod(shape) / k,
            f"the factor of {shape} to {k} numbers of as many bits",
            [
                *known(math.prod(shape), k),
                Mistake("one-side", shape[-1] / k, "one side of the image; take all its pixels"),
                Mistake("channels-ignored", plane, "the channels are not counted"),
                Mistake("one-side", shape[0] / k, "only the first size of the shape was used"),
            ],
        )


@EXERCISE.criterion("bits for bits", points=1)
def bits_for_bits(compression_factor: Callable) -> None:
    """Different bits on the two sides, and the defaults."""
    for bits, code in ((8, 32), (8, 3), (1, 16)):
        expect_close(
            run(compression_factor, (1, 28, 28), 30, bits, code, name="compression_factor"),
            784 * bits / (30 * code),
            f"the factor of 784 pixels of {bits} bits to 30 numbers of {code} bits",
            known(784, 30, bits, code),
        )
    got = run(compression_factor, (1, 28, 28), 30, name="compression_factor")
    right = 784 * 8 / (30 * 32)
    why = "right where both bits are given: the defaults are 8 for a pixel and 32 for the code"
    default = Mistake("wrong-default", got, why)
    mistakes = [*known(784, 30, 8, 32), default]
    expect_close(got, right, "the factor with the default bits", mistakes)


def by_fractions(shape: tuple[int, ...], k: int, pixel: int, code: int) -> float:
    """Return the factor as a fraction."""
    return float(Fraction(math.prod(shape) * pixel, k * code))


@EXERCISE.conduct(right=by_fractions, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """A shape, and three numbers that differ from call to call."""
    return {
        "image_shape": (3, new.whole(5, 30), new.whole(5, 30)),
        "code_size": new.whole(2, 50),
        "pixel_bits": new.alternate(8, 12),
        "code_bits": new.alternate(32, 10),
    }
