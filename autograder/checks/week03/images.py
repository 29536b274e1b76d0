"""Hidden checks of week 3's convolutional models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, gelu

from aeutils.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_tensor,
)
from autograder import handles
from autograder.checks import GRADER_SEED
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

K = 6


def _affine(f: Callable[[Tensor], Tensor], a: Tensor, b: Tensor) -> bool:
    """Tell whether f((a + b) / 2) is the mean of f(a) and f(b) to rounding."""
    middle, mean = f((a + b) / 2), (f(a) + f(b)) / 2
    return bool((middle - mean).abs().max() < 1e-3 * (f(a) - f(b)).abs().max())


@check(
    {
        "sizes, down and up": 1,
        "the layers of the drawing": 1,
        "the code is the only way through": 1,
        "bent between the layers, straight at the ends": 1,
    }
)
def conv_autoencoder(report: Report, ConvAutoencoder: Callable) -> None:
    """Shapes and parameters; then properties that do not depend on how the layers are kept."""
    torch.manual_seed(GRADER_SEED)
    x = torch.rand(7, 1, 28, 28, generator=generator(40))
    other = torch.rand(7, 1, 28, 28, generator=generator(41))

    def make() -> object:
        return run(ConvAutoencoder, K, name="ConvAutoencoder")

    def encode(model: object, images: Tensor) -> Tensor:
        return to_tensor(handles.call(model, "encode", images), "encode(x)").double()

    def decode(model: object, z: Tensor) -> Tensor:
        return to_tensor(handles.call(model, "decode", z.float()), "decode(z)").double()

    padding = "output_padding is missing: the way back from 7 is 13 or 14, say which"
    with report.criterion("sizes, down and up"):
        model = make()
        shapes = [tuple(p.shape) for p in handles.parameters(model).values()]
        flat = {s[1] for s in shapes if len(s) == 2} | {s[0] for s in shapes if len(s) == 2}
        wrong = {
            32 * 6 * 6: ("no-padding", "6 × 6 pixels are left: the padding of 1 is missing"),
            32 * 28 * 28: ("stride-one", "28 × 28 pixels are left: the stride of 2 is missing"),
            32 * 14 * 14: ("stride-one", "14 × 14 pixels are left: a stride of 2 is missing"),
            32 * 5 * 5: ("no-padding", "5 × 5 pixels are left: the padding of 1 is missing"),
        }
        for size, (name, message) in wrong.items():
            expect(size not in flat, message, name)
        z = expect_shape(
            handles.call(model, "encode", x),
            (7, K),
            "the code of 7 images",
            [
                Mistake("not-flat", (7, 32, 7, 7), "the code is still a feature map"),
                Mistake("not-encoded", (7, 1, 28, 28), "the code is an image"),
                Mistake("images-mixed", (K,), "one code for 7 images: the batch was flattened too"),
            ],
        )
        known = [
            Mistake("no-output-padding", (7, 1, n, n), f"{n} × {n} pixels: {padding}")
            for n in (25, 26, 27)
        ]
        known.append(Mistake("output-flat", (7, 784), "rows came back; return images"))
        expect_shape(handles.call(model, "decode", z), (7, 1, 28, 28), "decode(z)", known)
        expect_shape(
            handles.call(model, "forward", x),
            (7, 1, 28, 28),
            "model(x)",
            [Mistake("forward-returns-code", (7, K), "forward stops at the code"), *known],
        )
    with report.criterion("the layers of the drawing"):
        found = handles.parameters(make())
        shapes = sorted((tuple(p.shape) for p in found.values()), key=str)
        wanted = [(16, 1, 3, 3), (32, 16, 3, 3), (32, 16, 3, 3), (16, 1, 3, 3), (K, 1568)]
        wanted += [(1568, K), (16,), (32,), (K,), (1568,), (16,), (1,)]
        weights = sum(len(s) == 4 for s in shapes)
        norms = [s for s in shapes if len(s) == 1]
        expect(weights > 0, "no convolution among the parameters", "no-convolution")
        expect(
            not (weights == 4 and len(norms) > 7),
            "there are normalisation layers: codes would depend on the rest of the batch",
            "batch-norm",
        )
        expect(
            any(len(s) == 2 for s in shapes),
            "no linear layer: the code should be reached by one",
            "no-linear",
        )
        expect(
            shapes == sorted(wanted, key=str),
            f"for a code of {K} the parameters should be {sorted(wanted, key=str)}, but they are "
            f"{shapes}",
            "wrong-layers",
        )
    with report.criterion("the code is the only way through"):
        model = make()
        z = encode(model, x)
        first = decode(model, z)
        encode(model, other)
        expect(
            torch.allclose(decode(model, z), first, rtol=1e-4, atol=1e-5),
            "decode(z) changed after another image was encoded: the decoder sees more of the image "
            "than its code (a skip connection around the bottleneck)",
            "skip-around-code",
        )
        out = to_tensor(handles.call(model, "forward", x), "model(x)").double()
        expect_close(
            out,
            first,
            "model(x), compared with decode(encode(x)),",
            [
                Mistake(
                    "skip-around-code",
                    first + x,
                    "the image itself is added: the code has nothing left to say",
                ),
                Mistake("forward-is-identity", x, "forward returns its input"),
            ],
            rtol=1e-3,
            atol=1e-4,
        )
        alone = torch.cat([encode(model, image[None]) for image in x])
        expect(
            torch.allclose(alone, z, rtol=1e-3, atol=1e-4),
            "an image's code depends on the other images of its batch: images were mixed when "
            "they were flattened, or normalised together",
            "images-mixed",
        )
        missing = [n for n, g in handles.gradients(model, x).items() if g is None]
        expect(not missing, f"no gradient reaches {', '.join(missing)}", "no-gradient")
    with report.criterion("bent between the layers, straight at the ends"):
        model = make()
        wide = 20 * (x - 0.5)
        z = encode(model, wide)
        expect(bool((z < 0).any()), "no code is ever negative: leave it linear", "relu-code")
        expect(
            float(encode(model, 1000 * wide).abs().max()) > 5,
            "the code never leaves an interval: leave it linear",
            "squashed-code",
        )
        codes = 300 * torch.randn(7, K, generator=generator(42)).double()
        out = decode(model, codes)
        expect(
            bool((out < 0).any()) or bool((out > 1).any()),
            "the output never leaves [0, 1]: leave it linear",
            "squashed-output",
        )
        expect(bool((out < 0).any()), "no output is ever negative: leave it linear", "relu-output")
        expect(float(out.abs().max()) > 1.01, "the output never leaves [−1, 1]", "squashed-output")
        expect(
            not _affine(lambda v: encode(model, v.float()), wide.double(), 20 * other.double()),
            "the encoder is a straight line from image to code: no activation between its layers",
            "no-activation",
        )
        expect(
            not _affine(lambda v: decode(model, v), codes, codes.flip(0) / 3),
            "the decoder is a straight line from code to image: no activation between its layers",
            "no-activation",
        )


@errand
def _out_and_argument(block, x):
    given = x.clone()
    out = block(given)
    return out, given


@errand
def _identity(block, x):
    import torch

    with torch.no_grad():
        for p in block.parameters():
            p.zero_()
    return block(x.clone())


@check({"two convolutions that keep the size": 1, "the sum": 1, "nothing after it": 1})
def residual_block(report: Report, ResidualBlock: Callable) -> None:
    """Against x + conv(gelu(conv(x))) in float64, and the identity where F is zero."""
    torch.manual_seed(GRADER_SEED)
    c = 3
    x = 2 * torch.randn(4, c, 6, 5, generator=generator(43))

    def make() -> object:
        return run(ResidualBlock, c, name="ResidualBlock")

    def layers(block: object) -> list[tuple[Tensor, Tensor]]:
        found = list(handles.parameters(block).values())
        shapes = [tuple(p.shape) for p in found]
        convolutions = sum(len(s) == 4 for s in shapes)
        expect(convolutions > 0, f"no convolution among the parameters {shapes}", "no-convolution")
        expect(
            convolutions > 1,
            f"one convolution, parameters {shapes}: F has two, with weights of their own",
            "one-convolution",
        )
        expect(
            not any(len(s) == 4 and s[2:] == (1, 1) for s in shapes),
            f"a 1 × 1 convolution on the shortcut, parameters {shapes}: x itself is added",
            "shortcut-convolution",
        )
        expect(
            sorted(shapes) == sorted([(c, c, 3, 3), (c,)] * 2),
            f"two 3 × 3 convolutions from {c} to {c} channels with biases were expected, found "
            f"{shapes}",
            "wrong-layers",
        )
        weights = [p.double() for p in found if p.ndim == 4]
        biases = [p.double() for p in found if p.ndim == 1]
        return list(zip(weights, biases, strict=True))

    def conv(h: Tensor, layer: tuple[Tensor, Tensor]) -> Tensor:
        return conv2d(h, *layer, padding=1)

    def answer(block: object) -> Tensor:
        out, given = run(lambda: _out_and_argument(block, x), name="block(x)")
        expect_unchanged(x, to_tensor(given, "x"), "the block")
        return to_tensor(out, "the output")

    with report.criterion("two convolutions that keep the size"):
        block = make()
        out = run(block, x.clone(), name="block(x)")
        smaller = "the convolutions shrink the image: a 3 × 3 kernel needs padding 1"
        known = [
            Mistake("concatenated", (4, 2 * c, 6, 5), "x was appended to F(x), not added"),
            Mistake("no-padding", (4, c, 2, 1), smaller),
        ]
        expect_shape(out, x.shape, "the output", known)
        layers(block)
    with report.criterion("the sum"):
        block = make()
        got = answer(block)
        zero = run(lambda: _identity(make(), x), name="block(x) with zero weights")
        zero = to_tensor(zero, "the output with zero weights").double()
        # what a GELU or ReLU after the sum does is the next criterion's business
        after = [x.double(), gelu(x.double()), x.double().relu()]
        bent = next((i for i, a in enumerate(after) if torch.allclose(zero, a, atol=1e-5)), None)
        if bent is None:
            expect_close(
                zero,
                x,
                "the output where all weights are zero, so that F(x) = 0,",
                [
                    Mistake("not-added", torch.zeros_like(x), "x is not added"),
                    Mistake("doubled", 2 * x, "x is added twice"),
                    Mistake("averaged", x / 2, "the mean of x and F(x), not their sum"),
                    Mistake("subtracted", -x, "x is subtracted"),
                    Mistake("squashed", x.tanh(), "a tanh after the sum"),
                ],
            )
        finish = [lambda h: h, gelu, torch.relu][bent or 0]
        _compare(finish(got.double()) if bent else got, layers(block), conv, x.double(), finish)
    with report.criterion("nothing after it"):
        block = make()
        answer(block)
        zero = run(lambda: _identity(make(), x), name="block(x) with zero weights")
        expect_close(
            zero,
            x,
            "the output where all weights are zero, so that F(x) = 0,",
            [
                Mistake("activation-after-sum", gelu(x), "a GELU after the sum bends x too"),
                Mistake("activation-after-sum", x.relu(), "a ReLU after the sum cuts x off"),
                Mistake("not-added", torch.zeros_like(x), "x is not added"),
                Mistake("doubled", 2 * x, "x is added twice"),
            ],
        )


def _compare(
    got: Tensor,
    layers: list[tuple[Tensor, Tensor]],
    conv: Callable,
    x: Tensor,
    finish: Callable,
) -> None:
    """Compare with x + F(x) for either order of the two layers; name what F is otherwise."""
    mistakes, rights = [], []
    for first, second in permutations(layers):
        rights.append(finish(x + conv(gelu(conv(x, first)), second)))
        inner = {
            "no-activation": conv(conv(x, first), second),
            "other-activation": conv(conv(x, first).relu(), second),
            "activation-first": conv(gelu(conv(gelu(x), first)), second),
            "activation-before-sum": gelu(conv(gelu(conv(x, first)), second)),
            "tanh-activation": conv(conv(x, first).tanh(), second),
        }
        messages = {
            "no-activation": "nothing bends between the two convolutions",
            "other-activation": "a ReLU between the convolutions; the exercise asks for GELU",
            "activation-first": "a GELU before the first convolution as well",
            "activation-before-sum": "a GELU after the second convolution; F ends with it",
            "tanh-activation": "a tanh between the convolutions; the exercise asks for GELU",
        }
        mistakes += [Mistake(n, finish(x + f), messages[n]) for n, f in inner.items()]
        mistakes.append(Mistake("not-added", conv(gelu(conv(x, first)), second), "x is not added"))
    for right in rights:
        if torch.allclose(got.double(), right, rtol=1e-3, atol=1e-4):
            return
    expect_close(got, rights[0], "the output", mistakes, rtol=1e-3, atol=1e-4)
    raise CheckFailed("the output has wrong values", "wrong-values")
