"""Week 3: a residual block, x + F(x) with two convolutions in F."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, gelu

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_tensor,
)
from autograder.exercises import GRADER_SEED, Exercise, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "residual_block",
    defines=("ResidualBlock",),
    right={
        "two layers": """
            class ResidualBlock(nn.Module):
                def __init__(self, channels):
                    super().__init__()
                    self.a = nn.Conv2d(channels, channels, 3, padding=1)
                    self.b = nn.Conv2d(channels, channels, 3, padding=1)
                def forward(self, x):
                    return x + self.b(F.gelu(self.a(x)))
        """,
        "a Sequential": """
            class ResidualBlock(nn.Module):
                def __init__(self, channels):
                    super().__init__()
                    self.f = nn.Sequential(
                        nn.Conv2d(channels, channels, 3, padding=1), nn.GELU(),
                        nn.Conv2d(channels, channels, 3, padding=1))
                def forward(self, x):
                    return self.f(x) + x
        """,
        "padding 'same', a copy added to": """
            class ResidualBlock(nn.Module):
                def __init__(self, channels):
                    super().__init__()
                    self.b = nn.Conv2d(channels, channels, 3, padding='same')
                    self.a = nn.Conv2d(channels, channels, 3, padding='same')
                def forward(self, x):
                    y = x.clone()
                    y += self.b(nn.GELU()(self.a(x)))
                    return y
        """,
    },
    wrong={
        "not-added": """
            class ResidualBlock(nn.Module):
                def __init__(self, channels):
                    super().__init__()
                    self.f = nn.Sequential(
                        nn.Conv2d(channels, channels, 3, padding=1), nn.GELU(),
                        nn.Conv2d(channels, channels, 3, padding=1))
                def forward(self, x):
                    return self.f(x)
        """,
        "activation-after-sum": {
            "x + self.b(F.gelu(self.a(x)))": "F.gelu(x + self.b(F.gelu(self.a(x))))"
        },
        "changed-its-argument": {
            "return x + self.b(F.gelu(self.a(x)))": "x += self.b(F.gelu(self.a(x))); return x"
        },
        "one-convolution": {
            "        self.b = nn.Conv2d(channels, channels, 3, padding=1)\n": "",
            "self.b(F": "self.a(F",
        },
        "no-activation": {"F.gelu(self.a(x))": "self.a(x)"},
        "other-activation": {"F.gelu": "torch.relu"},
        "activation-before-sum": {"self.b(F.gelu(self.a(x)))": "F.gelu(self.b(F.gelu(self.a(x))))"},
        "activation-first": {"self.a(x)": "self.a(F.gelu(x))"},
        "no-padding": {
            "a = nn.Conv2d(channels, channels, 3, padding=1": "a = nn.Conv2d(channels, channels, 3",
            "b = nn.Conv2d(channels, channels, 3, padding=1": "b = nn.Conv2d(channels, channels, 3",
            "return x + ": "return ",
        },
        "raised-RuntimeError": {
            "a = nn.Conv2d(channels, channels, 3, padding=1": "a = nn.Conv2d(channels, channels, 3",
            "b = nn.Conv2d(channels, channels, 3, padding=1": "b = nn.Conv2d(channels, channels, 3",
        },
        "concatenated": {
            "x + self.b(F.gelu(self.a(x)))": "torch.cat([x, self.b(F.gelu(self.a(x)))], dim=1)"
        },
        "shortcut-convolution": {
            "    def forward": "        self.c = nn.Conv2d(channels, channels, 1)\n    def forward",
            "return x +": "return self.c(x) +",
        },
        "doubled": {
            "return x +": "y = x +",
            "(F.gelu(self.a(x)))": "(F.gelu(self.a(x))); return x + y",
        },
    },
)

Layer = tuple[Tensor, Tensor]
C = 3
X = 2 * torch.randn(4, C, 6, 5, generator=grader_generator(43))


@remote_call
def _out_and_argument(block, x):
    given = x.clone()
    out = block(given)
    return out, given


@remote_call
def _identity(block, x):
    import torch

    with torch.no_grad():
        for p in block.parameters():
            p.zero_()
    return block(x.clone())


def make(ResidualBlock: Callable) -> Any:
    """Return a block for three channels."""
    return run(ResidualBlock, C, name="ResidualBlock")


def layers(block: object) -> list[Layer]:
    """Return weight and bias of both convolutions in float64, or raise for other layers."""
    found = list(model_access.parameters(block).values())
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
        sorted(shapes) == sorted([(C, C, 3, 3), (C,)] * 2),
        f"two 3 × 3 convolutions from {C} to {C} channels with biases were expected, found "
        f"{shapes}",
        "wrong-layers",
    )
    weights = [p.double() for p in found if p.ndim == 4]
    biases = [p.double() for p in found if p.ndim == 1]
    return list(zip(weights, biases, strict=True))


def answer(block: object) -> Tensor:
    """Return what the block makes of X, which must stay as it was."""
    told: Any = run(lambda: _out_and_argument(block, X), name="block(x)")
    out, given = told
    expect_unchanged(X, to_tensor(given, "x"), "the block")
    return to_tensor(out, "the output")


def with_zero_weights(ResidualBlock: Callable) -> Tensor:
    """Return the output of a block whose weights are all zero, so that F(x) = 0."""
    zero = run(lambda: _identity(make(ResidualBlock), X), name="block(x) with zero weights")
    return to_tensor(zero, "the output with zero weights").double()


def conv(h: Tensor, layer: Layer) -> Tensor:
    """Return one convolution that keeps the size."""
    return conv2d(h, *layer, padding=1)


def compare(got: Tensor, found: list[Layer], finish: Callable[[Tensor], Tensor]) -> None:
    """Compare with finish(x + F(x)) for either order of the layers; name what F is otherwise."""
    x = X.double()
    messages = {
        "no-activation": "nothing bends between the two convolutions",
        "other-activation": "a ReLU between the convolutions; the exercise asks for GELU",
        "activation-first": "a GELU before the first convolution as well",
        "activation-before-sum": "a GELU after the second convolution; F ends with it",
        "tanh-activation": "a tanh between the convolutions; the exercise asks for GELU",
    }
    mistakes, rights = [], []
    for first, second in permutations(found):
        rights.append(finish(x + conv(gelu(conv(x, first)), second)))
        inner = {
            "no-activation": conv(conv(x, first), second),
            "other-activation": conv(conv(x, first).relu(), second),
            "activation-first": conv(gelu(conv(gelu(x), first)), second),
            "activation-before-sum": gelu(conv(gelu(conv(x, first)), second)),
            "tanh-activation": conv(conv(x, first).tanh(), second),
        }
        mistakes += [Mistake(n, finish(x + f), messages[n]) for n, f in inner.items()]
        mistakes.append(Mistake("not-added", conv(gelu(conv(x, first)), second), "x is not added"))
    if any(torch.allclose(got.double(), right, rtol=1e-3, atol=1e-4) for right in rights):
        return
    expect_close(got, rights[0], "the output", mistakes, rtol=1e-3, atol=1e-4)
    raise CheckFailed("the output has wrong values", "wrong-values")


@EXERCISE.criterion("two convolutions that keep the size", points=1)
def two_convolutions(ResidualBlock: Callable) -> None:
    """The output's shape, and the shapes of the parameters."""
    torch.manual_seed(GRADER_SEED)
    block = make(ResidualBlock)
    smaller = "the convolutions shrink the image: a 3 × 3 kernel needs padding 1"
    known = [
        Mistake("concatenated", (4, 2 * C, 6, 5), "x was appended to F(x), not added"),
        Mistake("no-padding", (4, C, 2, 1), smaller),
    ]
    expect_shape(run(block, X.clone(), name="block(x)"), X.shape, "the output", known)
    layers(block)


@EXERCISE.criterion("the sum", points=1)
def the_sum(ResidualBlock: Callable) -> None:
    """Against x + conv(gelu(conv(x))) in float64, and x itself where F is zero."""
    block = make(ResidualBlock)
    got = answer(block)
    zero = with_zero_weights(ResidualBlock)
    # What a GELU or ReLU after the sum does is the next criterion's business.
    after = [X.double(), gelu(X.double()), X.double().relu()]
    bent = next((i for i, a in enumerate(after) if torch.allclose(zero, a, atol=1e-5)), None)
    if bent is None:
        known = [
            Mistake("not-added", torch.zeros_like(X), "x is not added"),
            Mistake("doubled", 2 * X, "x is added twice"),
            Mistake("averaged", X / 2, "the mean of x and F(x), not their sum"),
            Mistake("subtracted", -X, "x is subtracted"),
            Mistake("squashed", X.tanh(), "a tanh after the sum"),
        ]
        what = "the output where all weights are zero, so that F(x) = 0,"
        expect_close(zero, X, what, known)
    finish: Callable[[Tensor], Tensor] = [lambda h: h, gelu, torch.relu][bent or 0]
    compare(finish(got.double()) if bent else got, layers(block), finish)


@EXERCISE.criterion("nothing after it", points=1)
def nothing_after(ResidualBlock: Callable) -> None:
    """Where F is zero, negative numbers come through as they are."""
    answer(make(ResidualBlock))
    known = [
        Mistake("activation-after-sum", gelu(X), "a GELU after the sum bends x too"),
        Mistake("activation-after-sum", X.relu(), "a ReLU after the sum cuts x off"),
        Mistake("not-added", torch.zeros_like(X), "x is not added"),
        Mistake("doubled", 2 * X, "x is added twice"),
    ]
    what = "the output where all weights are zero, so that F(x) = 0,"
    expect_close(with_zero_weights(ResidualBlock), X, what, known)


def inputs(new: Draw, n: int, channels: int) -> dict[str, Tensor]:
    """Return what the block takes."""
    return {"forward": new.normal(n, channels, 5, 4)}


@EXERCISE.conduct(methods=inputs)
def arguments(new: Draw, n: int) -> Arguments:
    """Channels."""
    return {"channels": new.alternate(2, 4)}
