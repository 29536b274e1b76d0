"""Week 3: a convolutional autoencoder, down to a short code and up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations, product
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, gelu, linear, relu, silu

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    run,
    to_tensor,
)
from autograder.exercises import GRADER_SEED, Exercise, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "conv_autoencoder",
    defines=("ConvAutoencoder",),
    right={
        "two Sequentials": """
            class ConvAutoencoder(nn.Module):
                def __init__(self, code_size):
                    super().__init__()
                    self.encoder = nn.Sequential(
                        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.GELU(),
                        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.GELU(),
                        nn.Flatten(), nn.Linear(1568, code_size)
                    )
                    self.decoder = nn.Sequential(
                        nn.Linear(code_size, 1568), nn.GELU(), nn.Unflatten(1, (32, 7, 7)),
                        nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
                        nn.GELU(),
                        nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)
                    )
                def encode(self, x):
                    return self.encoder(x)
                def decode(self, z):
                    return self.decoder(z)
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "layer by layer, functional GELU": """
            class ConvAutoencoder(nn.Module):
                def __init__(self, code_size):
                    super().__init__()
                    self.c1 = nn.Conv2d(1, 16, (3, 3), (2, 2), (1, 1))
                    self.c2 = nn.Conv2d(16, 32, 3, 2, 1)
                    self.to_code = nn.Linear(32 * 49, code_size)
                    self.from_code = nn.Linear(code_size, 32 * 49)
                    self.t2 = nn.ConvTranspose2d(32, 16, 3, 2, 1, 1)
                    self.t1 = nn.ConvTranspose2d(16, 1, 3, 2, 1, 1)
                def encode(self, x):
                    h = F.gelu(self.c2(F.gelu(self.c1(x))))
                    return self.to_code(h.view(h.shape[0], -1))
                def decode(self, z):
                    h = F.gelu(self.from_code(z)).view(-1, 32, 7, 7)
                    return self.t1(F.gelu(self.t2(h)))
                def forward(self, x):
                    z = self.encode(x)
                    return self.decode(z)
        """,
        "decoder declared first, channels last before the code": """
            class ConvAutoencoder(nn.Module):
                def __init__(self, code_size):
                    super().__init__()
                    self.up = nn.ModuleList([
                        nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
                        nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)])
                    self.down = nn.ModuleList([
                        nn.Conv2d(1, 16, 3, stride=2, padding=1),
                        nn.Conv2d(16, 32, 3, stride=2, padding=1)])
                    self.unfold, self.fold = nn.Linear(code_size, 1568), nn.Linear(1568, code_size)
                    self.bend = nn.GELU()
                def encode(self, x):
                    for layer in self.down:
                        x = self.bend(layer(x))
                    return self.fold(x.permute(0, 2, 3, 1).flatten(1))
                def decode(self, z):
                    h = self.unfold(z).reshape(-1, 7, 7, 32).permute(0, 3, 1, 2)
                    for layer in self.up:
                        h = layer(self.bend(h))
                    return h
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
    },
    wrong={
        "no-output-padding": {
            "16, 3, stride=2, padding=1, output_padding=1": "16, 3, stride=2, padding=1",
            "1, 3, stride=2, padding=1, output_padding=1)\n": "1, 3, stride=2, padding=1)\n",
        },
        "no-padding": {
            "Conv2d(1, 16, 3, stride=2, padding=1)": "Conv2d(1, 16, 3, stride=2)",
            "Conv2d(16, 32, 3, stride=2, padding=1)": "Conv2d(16, 32, 3, stride=2)",
            "1568, code_size": "1152, code_size",
            "code_size, 1568": "code_size, 1152",
            "(32, 7, 7)": "(32, 6, 6)",
        },
        "stride-one": {
            "32, 3, stride=2": "32, 3",
            "1568, code_size": "6272, code_size",
            "code_size, 1568": "code_size, 6272",
            "(32, 7, 7)": "(32, 14, 14)",
            "32, 16, 3, stride=2, padding=1, output_padding=1": "32, 16, 3, padding=1",
        },
        "relu-code": {"nn.Linear(1568, code_size)": "nn.Linear(1568, code_size), nn.ReLU()"},
        "squashed-code": {"nn.Linear(1568, code_size)": "nn.Linear(1568, code_size), nn.Tanh()"},
        "squashed-output": {"output_padding=1)\n": "output_padding=1), nn.Sigmoid()\n"},
        "relu-output": {"output_padding=1)\n": "output_padding=1), nn.ReLU()\n"},
        "no-activation": {
            "1, 16, 3, stride=2, padding=1), nn.GELU()": "1, 16, 3, stride=2, padding=1)",
            "16, 32, 3, stride=2, padding=1), nn.GELU()": "16, 32, 3, stride=2, padding=1)",
        },
        "other-activation": {
            "16, 3, stride=2, padding=1), nn.GELU()": "16, 3, stride=2, padding=1), nn.ReLU()",
            "32, 3, stride=2, padding=1), nn.GELU()": "32, 3, stride=2, padding=1), nn.ReLU()",
        },
        "activation-missing": {
            "16, 32, 3, stride=2, padding=1), nn.GELU()": "16, 32, 3, stride=2, padding=1)"
        },
        "gelu-at-end": {"nn.Linear(1568, code_size)": "nn.Linear(1568, code_size), nn.GELU()"},
        "skip-around-code": {
            "return self.encoder(x)": "self.seen = x; return self.encoder(x)",
            "return self.decoder(z)": "return self.decoder(z) + 0.1 * self.seen",
        },
        "forward-is-identity": {"return self.decode(self.encode(x))": "return x"},
        "images-mixed": {
            "return self.encoder(x)": (
                "h = self.encoder[:4](x); "
                "return self.encoder[5](h.flatten(1).T.reshape(len(x), -1))"
            )
        },
        "batch-norm": {
            "1, 16, 3, stride=2, padding=1)": "1, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16)"
        },
        "forward-returns-code": {"return self.decode(self.encode(x))": "return self.encode(x)"},
        "wrong-layers": {
            "Conv2d(1, 16": "Conv2d(1, 8",
            "Conv2d(16, 32": "Conv2d(8, 32",
            "2d(32, 16": "2d(32, 8",
            "2d(16, 1,": "2d(8, 1,",
        },
        "output-flat": {"return self.decoder(z)": "return self.decoder(z).flatten(1)"},
        "no-gradient": {"self.encode(x))": "self.encode(x).detach())"},
    },
)

K = 6
X = torch.rand(7, 1, 28, 28, generator=grader_generator(40))
OTHER = torch.rand(7, 1, 28, 28, generator=grader_generator(41))


def make(ConvAutoencoder: Callable) -> Any:
    """Return a model with a code of six numbers."""
    return run(ConvAutoencoder, K, name="ConvAutoencoder")


def encode(model: object, images: Tensor) -> Tensor:
    """Return codes in float64."""
    return to_tensor(model_access.call(model, "encode", images), "encode(x)").double()


def decode(model: object, z: Tensor) -> Tensor:
    """Return images in float64."""
    return to_tensor(model_access.call(model, "decode", z.float()), "decode(z)").double()


def expect_flat_sizes(model: object) -> None:
    """Raise if the linear layers are made for another number of pixels than 7 × 7."""
    shapes = [tuple(p.shape) for p in model_access.parameters(model).values()]
    flat = {s[1] for s in shapes if len(s) == 2} | {s[0] for s in shapes if len(s) == 2}
    wrong = {
        32 * 6 * 6: ("no-padding", "6 × 6 pixels are left: the padding of 1 is missing"),
        32 * 28 * 28: ("stride-one", "28 × 28 pixels are left: the stride of 2 is missing"),
        32 * 14 * 14: ("stride-one", "14 × 14 pixels are left: a stride of 2 is missing"),
        32 * 5 * 5: ("no-padding", "5 × 5 pixels are left: the padding of 1 is missing"),
    }
    for size, (name, message) in wrong.items():
        expect(size not in flat, message, name)


@EXERCISE.criterion("sizes, down and up", points=1)
def sizes(ConvAutoencoder: Callable) -> None:
    """Shapes of codes and images."""
    torch.manual_seed(GRADER_SEED)
    model = make(ConvAutoencoder)
    expect_flat_sizes(model)
    mixed = "one code for 7 images: the batch was flattened too"
    known = [
        Mistake("not-flat", (7, 32, 7, 7), "the code is still a feature map"),
        Mistake("not-encoded", (7, 1, 28, 28), "the code is an image"),
        Mistake("images-mixed", (K,), mixed),
    ]
    code = model_access.call(model, "encode", X)
    z = expect_shape(code, (7, K), "the code of 7 images", known)
    padding = "output_padding is missing: the way back from 7 is 13 or 14, say which"
    known = [
        Mistake("no-output-padding", (7, 1, n, n), f"{n} × {n} pixels: {padding}")
        for n in (25, 26, 27)
    ]
    known.append(Mistake("output-flat", (7, 784), "rows came back; return images"))
    shape = (7, 1, 28, 28)
    expect_shape(model_access.call(model, "decode", z.float()), shape, "decode(z)", known)
    stops = Mistake("forward-returns-code", (7, K), "forward stops at the code")
    expect_shape(model_access.call(model, "forward", X), shape, "model(x)", [stops, *known])


@EXERCISE.criterion("the layers of the drawing", points=1)
def drawing(ConvAutoencoder: Callable) -> None:
    """The shapes of all parameters."""
    found = model_access.parameters(make(ConvAutoencoder))
    shapes = sorted((tuple(p.shape) for p in found.values()), key=str)
    wanted = [(16, 1, 3, 3), (32, 16, 3, 3), (32, 16, 3, 3), (16, 1, 3, 3), (K, 1568)]
    wanted += [(1568, K), (16,), (32,), (K,), (1568,), (16,), (1,)]
    weights = sum(len(s) == 4 for s in shapes)
    vectors = sum(len(s) == 1 for s in shapes)
    expect(weights > 0, "no convolution among the parameters", "no-convolution")
    expect(
        not (weights == 4 and vectors > 7),
        "there are normalisation layers: codes would depend on the rest of the batch",
        "batch-norm",
    )
    linear = any(len(s) == 2 for s in shapes)
    expect(linear, "no linear layer: the code should be reached by one", "no-linear")
    expect(
        shapes == sorted(wanted, key=str),
        f"for a code of {K} the parameters should be {sorted(wanted, key=str)}, but they are "
        f"{shapes}",
        "wrong-layers",
    )


@EXERCISE.criterion("the code is the only way through", points=1)
def only_way(ConvAutoencoder: Callable) -> None:
    """decode(z) knows nothing but z, and an image's code nothing but the image."""
    model = make(ConvAutoencoder)
    z = encode(model, X)
    first = decode(model, z)
    encode(model, OTHER)
    expect(
        torch.allclose(decode(model, z), first, rtol=1e-4, atol=1e-5),
        "decode(z) changed after another image was encoded: the decoder sees more of the image "
        "than its code (a skip connection around the bottleneck)",
        "skip-around-code",
    )
    added = "the image itself is added: the code has nothing left to say"
    known = [
        Mistake("skip-around-code", first + X, added),
        Mistake("forward-is-identity", X, "forward returns its input"),
    ]
    out = to_tensor(model_access.call(model, "forward", X), "model(x)").double()
    what = "model(x), compared with decode(encode(x)),"
    expect_close(out, first, what, known, rtol=1e-3, atol=1e-4)
    alone = torch.cat([encode(model, image[None]) for image in X])
    expect(
        torch.allclose(alone, z, rtol=1e-3, atol=1e-4),
        "an image's code depends on the other images of its batch: images were mixed when "
        "they were flattened, or normalised together",
        "images-mixed",
    )
    missing = [n for n, g in model_access.gradients(model, X).items() if g is None]
    expect(not missing, f"no gradient reaches {', '.join(missing)}", "no-gradient")


Layer = tuple[Tensor, Tensor]  # weight and bias
Bend = Callable[[Tensor], Tensor]
Half = Callable[[list[Layer], Tensor, Sequence[Bend]], Tensor]


def halves(model: object) -> tuple[list[list[Layer]], list[list[Layer]]]:
    """Return the layers of encoder and decoder in float64, in every order that their shapes allow.

    Two pairs of weights have equal shapes, so which belongs to which half is found by trying.
    """
    found = [p.double() for p in model_access.parameters(model).values()]

    def shaped(*shape: int) -> list[Tensor]:
        return [p for p in found if tuple(p.shape) == shape]

    (down,), (up,), (wide,), (bk,) = shaped(K, 1568), shaped(1568, K), shaped(1568), shaped(K)
    (b32,), (b1,) = shaped(32), shaped(1)
    encoders, decoders = [], []
    for small, large, bias in product(shaped(16, 1, 3, 3), shaped(32, 16, 3, 3), shaped(16)):
        encoders.append([(small, bias), (large, b32), (down, bk)])
        decoders.append([(up, wide), (large, bias), (small, b1)])
    return encoders, decoders


def encoded(layers: list[Layer], x: Tensor, bends: Sequence[Bend]) -> Tensor:
    """Return the codes of images, flattened in every order, with these activations."""
    for (weight, bias), bend in zip(layers[:2], bends, strict=False):
        x = bend(conv2d(x, weight, bias, stride=2, padding=1))
    flat = torch.stack([x.permute(0, *order).flatten(1) for order in ORDERS])
    return bends[2](linear(flat, *layers[2]))


def decoded(layers: list[Layer], z: Tensor, bends: Sequence[Bend]) -> Tensor:
    """Return the images of codes, unflattened in every order, with these activations."""
    flat, shape = bends[0](linear(z, *layers[0])), (32, 7, 7)
    maps = [
        flat.reshape(-1, *(shape[i - 1] for i in order)).permute(
            0, *(1 + order.index(i) for i in AXES)
        )
        for order in ORDERS
    ]
    x = torch.cat(maps)
    for (weight, bias), bend in zip(layers[1:], bends[1:], strict=True):
        x = bend(conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1))
    return x.reshape(len(ORDERS), -1, 1, 28, 28)


AXES = (1, 2, 3)
ORDERS = list(permutations(AXES))  # of channels, rows and columns, when they are flattened


def identity(h: Tensor) -> Tensor:
    """Return h: no activation."""
    return h


OTHERS: dict[str, Bend] = {"ReLU": relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "SiLU": silu}
MISSING = "an activation is missing: a GELU stands after every layer but the last of each half"
BENDS: list[tuple[str, list[Bend], str]] = [
    ("no-activation", [identity, identity, identity], "no activation between its layers"),
    ("activation-missing", [gelu, identity, identity], MISSING),
    ("activation-missing", [identity, gelu, identity], MISSING),
    ("gelu-at-end", [gelu, gelu, gelu], "a GELU bends its end; leave it linear"),
]
for name, other in OTHERS.items():
    why = f"{name}, not GELU, between its layers"
    BENDS.append(("other-activation", [other, other, identity], why))


def expect_half(got: Tensor, layers: list[list[Layer]], x: Tensor, how: Half, what: str) -> None:
    """Raise unless the parameters, with a GELU between the layers, explain what a half gave."""
    right: list[Bend] = [gelu, gelu, identity]
    for name, bends, message in [("", right, ""), *BENDS]:
        values = [value for order in layers for value in how(order, x, bends)]
        if any(model_access.explains(value, got) for value in values):
            expect(not name, f"{what}: {message}", name)
            return
    raise CheckFailed(
        f"{what} is not what the drawing makes of its parameters: convolution, GELU, convolution, "
        "GELU, linear layer, and the mirror image back",
        "other-drawing",
    )


@EXERCISE.criterion("bent between the layers, straight at the ends", points=1)
def bent(ConvAutoencoder: Callable) -> None:
    """Codes and outputs take every value; between the layers stands a GELU."""
    model = make(ConvAutoencoder)
    wide = 20 * (X - 0.5)
    negative = bool((encode(model, wide) < 0).any())
    expect(negative, "no code is ever negative: leave it linear", "relu-code")
    expect(
        float(encode(model, 1000 * wide).abs().max()) > 5,
        "the code never leaves an interval: leave it linear",
        "squashed-code",
    )
    codes = 300 * torch.randn(7, K, generator=grader_generator(42)).double()
    out = decode(model, codes)
    outside = bool((out < 0).any()) or bool((out > 1).any())
    expect(outside, "the output never leaves [0, 1]: leave it linear", "squashed-output")
    expect(bool((out < 0).any()), "no output is ever negative: leave it linear", "relu-output")
    expect(float(out.abs().max()) > 1.01, "the output never leaves [−1, 1]", "squashed-output")
    encoders, decoders = halves(model)
    expect_half(encode(model, wide), encoders, wide.double(), encoded, "the code")
    codes = codes / 20
    expect_half(decode(model, codes), decoders, codes.float().double(), decoded, "the image")


def inputs(new: Draw, n: int, code_size: int) -> dict[str, Tensor]:
    """Return what each method takes."""
    return {"encode": new.uniform(0, 1, n, 1, 28, 28), "decode": new.normal(n, code_size)}


@EXERCISE.conduct(methods=inputs, sizes=(5, 1, 66))
def arguments(new: Draw, n: int) -> Arguments:
    """Numbers of a code."""
    return {"code_size": new.alternate(5, 3)}
