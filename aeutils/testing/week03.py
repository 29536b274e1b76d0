"""Visible tests of week 3: the undercomplete autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, gelu

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    passed,
    run,
    to_pair,
    to_tensor,
)


def smallest_width(smallest_width: Callable) -> bool:
    """Models whose error is known: 12 / k on new images, nothing on those they were fitted to."""
    fitted: list[tuple[int, Tensor]] = []
    measured: list[Tensor] = []

    def fit(x: Tensor, k: int) -> Callable[[Tensor], Tensor]:
        fitted.append((k, x))

        def model(rows: Tensor) -> Tensor:
            measured.append(rows)
            known = torch.isin(rows[:, 0], x[:, 0])
            wrong = rows.clone()
            wrong[:, 1:] += torch.where(known, 0.0, math.sqrt(12 / k / 2))[:, None]
            return wrong

        return model

    x = torch.arange(60.0).reshape(20, 3)
    test = -1 - torch.arange(15.0).reshape(5, 3)
    generator = torch.Generator().manual_seed(0)
    result = run(
        *(smallest_width, x.clone(), test.clone(), [1, 2, 4, 8], 4.0, 6, generator, fit),
        name="smallest_width",
    )
    k, error = to_pair(result, "smallest_width", ["the width", "the test error"])
    sizes = [len(rows) for _, rows in fitted]
    expect(
        sizes[0] == 14,
        f"with 20 training images and 6 held out, fit got {sizes[0]} images at first, not 14",
        "overlap",
    )
    rows = measured[0][:, 0].tolist()
    expect(
        sorted(rows) != sorted(test[:, 0].tolist()),
        "the test images were used to choose the width; hold out training images",
        "chosen-on-test",
    )
    expect(
        not set(rows) & set(fitted[0][1][:, 0].tolist()),
        "images that fit saw were measured; the held-out ones must be others",
        "overlap",
    )
    expect_close(
        k,
        4,
        "the width (held-out errors 12, 6, 3 and 1.5; target 4)",
        [
            Mistake("training-error", 1, "1: this is what the error on fitted images says"),
            Mistake("widest", 8, "8: the smallest error, but 4 numbers are good enough"),
        ],
        show_expected=True,
    )
    expect(
        sizes[-1] == 20 and fitted[-1][0] == 4,
        "at the end the chosen width should be fitted again, on all 20 training images",
        "not-refitted",
    )
    expect_close(
        error,
        3.0,
        "the test error",
        [Mistake("mean-over-pixels", 1.0, "averaged over pixels; sum them")],
        show_expected=True,
    )
    return passed("smallest_width", "held-out images choose, the test images come last")


def copy_weights(copy_weights: Callable) -> bool:
    """Shapes, and a few vectors that must come back."""
    parts = ["W", "b", "V", "c"]
    w, b, v, c = (
        expect_shape(value, shape, f"{name} for d = 3")
        for value, shape, name in zip(
            to_pair(run(copy_weights, 3, name="copy_weights"), "copy_weights", parts),
            ((6, 3), (6,), (3, 6), (3,)),
            parts,
            strict=True,
        )
    )
    x = torch.tensor([[1.0, 2.0, 0.5], [-1.0, 0.0, 3.0], [-2.0, -0.5, 400.0]])
    expect_close(
        torch.relu(x @ w.T + b) @ v.T + c,
        x,
        "V max(0, W x + b) + c",
        [
            Mistake("negative-lost", x.relu(), "negative numbers are lost"),
            Mistake("absolute", x.abs(), "this is |x|: the second half must be subtracted"),
            Mistake("doubled", 2 * x, "twice the input"),
            Mistake("sign", -x, "the sign is wrong"),
        ],
        show_expected=True,
    )
    return passed("copy_weights", "three vectors come back unchanged")


def conv_autoencoder(ConvAutoencoder: Callable) -> bool:
    """Shapes down and up, the number of parameters, and forward = decode after encode."""
    model = run(ConvAutoencoder, 5, name="ConvAutoencoder")
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    z = expect_shape(run(model.encode, x, name="encode"), (3, 5), "the code of 3 images")
    out = expect_shape(
        run(model.decode, z, name="decode"),
        x.shape,
        "decode(z)",
        [
            Mistake("no-output-padding", (3, 1, 25, 25), "25 × 25: output_padding is missing"),
            Mistake("no-output-padding", (3, 1, 26, 26), "26 × 26: an output_padding is missing"),
            Mistake("no-output-padding", (3, 1, 27, 27), "27 × 27: an output_padding is missing"),
        ],
    )
    expect_close(run(model, x, name="model(x)"), out, "model(x), compared with decode(encode(x)),")
    n, wanted = (
        sum(p.numel() for p in model.parameters()),
        160 + 4640 + 4624 + 145 + 5 * 3137 + 1568,
    )
    expect(
        n == wanted,
        f"a code of 5 should need {wanted:,} parameters, but there are {n:,}: compare each layer "
        "with the drawing",
        "wrong-layers",
    )
    alone = torch.cat([to_tensor(model.encode(image[None]), "the code") for image in x])
    expect_close(z, alone, "the codes of a batch, compared with those of its images one by one,",
                 rtol=1e-3)  # fmt: skip
    return passed("ConvAutoencoder", "28 → 14 → 7 → code → 7 → 14 → 28")


def residual_block(ResidualBlock: Callable) -> bool:
    """With weights zero the block must do nothing; otherwise x + conv(gelu(conv(x)))."""
    block = run(ResidualBlock, 2, name="ResidualBlock")
    x = torch.randn(2, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    given = x.clone()
    expect_shape(run(block, given, name="block(x)"), x.shape, "the output")
    expect_unchanged(x, given, "the block")
    shapes = [tuple(p.shape) for p in block.parameters()]
    expect(
        sorted(shapes) == sorted([(2, 2, 3, 3), (2,)] * 2),
        f"two 3 × 3 convolutions with biases were expected, found parameters {shapes}",
        "wrong-layers",
    )
    layers = list(zip(*[iter(p.detach() for p in block.parameters())] * 2, strict=True))
    either = []
    for (w1, b1), (w2, b2) in (layers, layers[::-1]):  # whichever was defined first
        either.append(conv2d(gelu(conv2d(x, w1, b1, padding=1)), w2, b2, padding=1))
    out = to_tensor(run(block, x.clone(), name="block(x)"), "the output")
    f = min(either, key=lambda f: float((out - x - f).abs().max()))
    expect_close(
        out,
        x + f,
        "the output",
        [
            mistake
            for f in either
            for mistake in (
                Mistake("not-added", f, "this is F(x) alone; add x"),
                Mistake("activation-after-sum", gelu(x + f), "a GELU after the sum"),
                Mistake("activation-after-sum", (x + f).relu(), "a ReLU after the sum"),
            )
        ],
        show_expected=True,
    )
    for p in block.parameters():
        nn.init.zeros_(p)
    expect_close(run(block, x.clone(), name="block(x)"), x, "the output with all weights zero")
    return passed("ResidualBlock", "x + conv(gelu(conv(x))), and the identity where F is zero")


def compression_factor(compression_factor: Callable) -> bool:
    """Two worked examples."""
    name = "compression_factor"
    expect_close(
        run(compression_factor, (1, 28, 28), 32, 1, 1, name=name),
        24.5,
        "the factor of 784 to 32 numbers, one bit each,",
        [Mistake("inverted", 32 / 784, "32 / 784: above 1 should mean that something was saved")],
        show_expected=True,
    )
    expect_close(
        run(compression_factor, (1, 28, 28), 32, name=name),
        6.125,
        "the factor of 784 pixels of 8 bits to 32 numbers of 32 bits",
        [Mistake("bits-ignored", 24.5, "the bits were ignored"),
         Mistake("bits-swapped", 98.0, "the two numbers of bits are swapped")],
        show_expected=True,
    )  # fmt: skip
    return passed("compression_factor", "24.5 in numbers, 6.125 in bits")


def quantise(quantise: Callable, dequantise: Callable) -> bool:
    """A few numbers on a ruler of halves."""
    z = torch.tensor([[0.9, -0.9], [0.3, -0.3], [2.0, 0.1]])
    right = torch.tensor([[2, -2], [1, -1], [4, 0]])
    symbols = expect_close(
        run(quantise, z.clone(), 0.5, name="quantise"),
        right,
        "the symbols of [[0.9, −0.9], [0.3, −0.3], [2, 0.1]] for a step of 0.5",
        [
            Mistake("floor", (z / 0.5).floor(), "rounded down; take the nearest"),
            Mistake("truncated", (z / 0.5).trunc(), "cut towards zero; take the nearest"),
            Mistake("multiplied", (z * 0.5).round(), "multiplied by the step; divide by it"),
            Mistake("not-counted", right * 0.5, "these are multiples already; count the steps"),
        ],
        show_expected=True,
    )
    expect(
        symbols.dtype == torch.int64,
        f"symbols should be whole numbers of type int64, but they are {symbols.dtype}",
        "not-integers",
    )
    expect_close(
        run(dequantise, right.clone(), 0.5, name="dequantise"),
        torch.tensor([[1.0, -1.0], [0.5, -0.5], [2.0, 0.0]]),
        "the numbers that these symbols stand for",
        [Mistake("divided", right / 0.5, "divided by the step; multiply")],
        show_expected=True,
    )
    return passed("quantise", "to the nearest multiple, and back")


def entropy(entropy: Callable) -> bool:
    """A fair coin, four symbols, and one that never came."""
    for counts, right in (([1, 1], 1.0), ([2, 1, 1], 1.5), ([5], 0.0), ([3, 0, 3], 1.0)):
        expect_close(
            run(entropy, torch.tensor(counts), name="entropy"),
            right,
            f"the entropy of counts {counts}",
            [Mistake("nats", right * math.log(2), "this is in nats; use log₂")],
            show_expected=True,
        )
    return passed("entropy", "four known cases, in bits")


def bits_per_pixel(bits_per_pixel: Callable) -> bool:
    """Two columns worked out by hand."""
    train = torch.tensor([[0, 5], [0, 5], [0, 5], [1, 5], [1, 5], [0, 5]])
    # column 0: counts 4 and 2, plus one: 5/8 and 3/8; column 1: always 5, probability 1
    other = torch.tensor([[0, 5], [1, 5]])
    right = -(math.log2(5 / 8) + math.log2(3 / 8)) / 2 / 4
    plain = -(math.log2(4 / 6) + math.log2(2 / 6)) / 2 / 4
    expect_close(
        run(bits_per_pixel, train.clone(), other.clone(), 4, name="bits_per_pixel"),
        right,
        "the bits per pixel of two codes of images with 4 pixels",
        [
            Mistake("per-image", 4 * right, "these are bits per image; divide by its pixels"),
            Mistake("nats", right * math.log(2), "these are nats; use log₂"),
            Mistake("no-smoothing", plain, "one is to be added to every count"),
            Mistake("mean-over-columns", right / 2, "averaged over columns; sum them"),
            Mistake("total", 2 * right, "the total; take the mean over images"),
        ],
        show_expected=True,
    )
    expect_close(
        run(
            bits_per_pixel, train.clone(), torch.tensor([[-3, 5], [7, 6]]), 4, name="bits_per_pixel"
        ),
        right,
        "the same, with symbols outside the training range (they move to its ends)",
        show_expected=True,
    )
    return passed("bits_per_pixel", "code lengths worked out by hand")
