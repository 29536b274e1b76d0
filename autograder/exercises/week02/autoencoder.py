"""Week 2: an autoencoder whose decoder mirrors its encoder."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, relu, silu

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
from autograder.exercises.week02.mlp import EXERCISE as MLP
from autograder.exercises.week02.mlp import identity

EXERCISE = Exercise(
    "autoencoder",
    defines=("Autoencoder",),
    setup=MLP.right["list and Sequential"],
    right={
        "two stacks": """
            class Autoencoder(nn.Module):
                def __init__(self, sizes):
                    super().__init__()
                    self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])
                def encode(self, x):
                    return self.encoder(x)
                def decode(self, z):
                    return self.decoder(z)
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "written out": """
            class Autoencoder(nn.Module):
                def __init__(self, sizes):
                    super().__init__()
                    self.down = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
                    self.up = nn.ModuleList(
                        nn.Linear(b, a) for a, b in reversed(list(zip(sizes, sizes[1:]))))
                def encode(self, x):
                    for i, layer in enumerate(self.down):
                        x = layer(x if i == 0 else F.gelu(x))
                    return x
                def decode(self, z):
                    for i, layer in enumerate(self.up):
                        z = layer(z if i == 0 else F.gelu(z))
                    return z
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
    },
    wrong={
        "not-mirrored": {
            "self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])": (
                "self.encoder = mlp(sizes); self.decoder = mlp([sizes[-1], sizes[0]])"
            )
        },
        "relu-code": {"return self.encoder(x)": "return torch.relu(self.encoder(x))"},
        "squashed-output": {"self.decoder(z)": "torch.sigmoid(self.decoder(z))"},
        "other-activation": {
            "self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])": (
                "self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])\n"
                "        self.encoder[1] = self.decoder[1] = nn.ReLU()"
            )
        },
        "gelu-at-end": {"return self.encoder(x)": "return F.gelu(self.encoder(x))"},
        "relu-output": {"self.decoder(z)": "torch.relu(self.decoder(z))"},
        "forward-returns-code": {"self.decode(self.encode(x))": "self.encoder(x)"},
        "raised-RuntimeError": {"[::-1]": ""},
        "forward-is-identity": {"self.decode(self.encode(x))": "x"},
        "no-gradient": {"self.encode(x))": "self.encode(x).detach())"},
        "not-encoded": {
            "return self.encoder(x)": "return self.decoder(self.encoder(x))",
            "self.decoder(z)": "z",
            "self.decode(self.encode(x))": "self.encode(x)",
        },
    },
)

Bend = Callable[[Tensor], Tensor]
SIZES = [9, 6, 4]
X = torch.randn(30, 9, generator=grader_generator(1)) * 3


def make(Autoencoder: Callable) -> Any:
    """Return a model from nine numbers to four."""
    return run(Autoencoder, list(SIZES), name="Autoencoder")


@EXERCISE.criterion("shapes", points=1)
def shapes(Autoencoder: Callable) -> None:
    """Of codes and images."""
    torch.manual_seed(GRADER_SEED)
    model = make(Autoencoder)
    long = [Mistake("not-encoded", (30, 9), "the code is as long as the image")]
    z = expect_shape(model_access.call(model, "encode", X), (30, 4), "encode(x)", long)
    expect_shape(model_access.call(model, "decode", z.float()), (30, 9), "decode(z)")
    stops = "forward stops at the code; decode it too"
    known = [Mistake("forward-returns-code", (30, 4), stops)]
    expect_shape(model_access.call(model, "forward", X), (30, 9), "model(x)", known)


@EXERCISE.criterion("encoder, and decoder as its mirror", points=1)
def mirror(Autoencoder: Callable) -> None:
    """Widths down and up again; the code and the output are linear."""
    model = make(Autoencoder)
    found = model_access.parameters(model).values()
    weights = [tuple(p.shape) for p in found if p.ndim == 2]
    wanted = [(6, 9), (4, 6), (6, 4), (9, 6)]
    expect(
        sorted(weights) == sorted(wanted),
        f"widths {SIZES} should give weights {wanted}, found {weights}",
        "not-mirrored",
    )
    z = to_tensor(model_access.call(model, "encode", X), "encode(x)")
    bent = "no code is ever negative: an activation bends the code itself"
    expect(bool((z < 0).any()), bent, "relu-code")
    out = to_tensor(model_access.call(model, "decode", 20 * z.float()), "decode(z)")
    expect(
        float(out.abs().max()) > 1 or bool((out < 0).any() and (out > 1).any()),
        "the output never leaves an interval: leave it linear, the loss decides what it means",
        "squashed-output",
    )
    bent = "no output is ever negative: an activation bends it"
    expect(bool((out < 0).any()), bent, "relu-output")
    expect_half(model, "encode", X, SIZES)
    expect_half(model, "decode", X[:, :4].contiguous(), SIZES[::-1])


def expect_half(model: object, method: str, x: Tensor, widths: list[int]) -> None:
    """Raise unless the parameters, with a GELU between the two layers, explain a half.

    Two biases have one length; which belongs to which half is found by trying.
    """
    found = list(model_access.parameters(model).values())
    got = to_tensor(model_access.call(model, method, x), method).double()
    (first,), (second,) = (
        [p.double() for p in found if p.shape == (b, a)] for a, b in pairwise(widths)
    )
    biases = [[p.double() for p in found if p.shape == (b,)] for b in widths[1:]]
    end = "a GELU bends the end; leave it linear"
    known: list[tuple[str, Bend, Bend, str]] = [
        ("", gelu, identity, ""),
        ("no-activation", identity, identity, "no activation between the layers"),
        ("gelu-at-end", gelu, gelu, end),
        ("other-activation", relu, identity, "ReLU, not GELU, between the layers"),
        ("other-activation", torch.tanh, identity, "tanh, not GELU, between the layers"),
        ("other-activation", torch.sigmoid, identity, "a sigmoid, not GELU, between the layers"),
        ("other-activation", silu, identity, "SiLU, not GELU, between the layers"),
    ]
    for name, bend, last, message in known:
        h = x.double() @ first.T
        values = [last(bend(h + b) @ second.T + c) for b, c in product(*biases)]
        if any(model_access.explains(value, got) for value in values):
            expect(not name, f"{method}: {message}", name)
            return
    raise CheckFailed(
        f"{method} is not what its parameters make with one GELU between two layers",
        "other-layers",
    )


@EXERCISE.criterion("forward and gradients", points=1)
def forward(Autoencoder: Callable) -> None:
    """Forward is decode after encode, and trains every parameter."""
    model = make(Autoencoder)
    got = model_access.call(model, "forward", X)
    z = to_tensor(model_access.call(model, "encode", X), "encode(x)")
    decoded = to_tensor(model_access.call(model, "decode", z.float()), "x̂")
    known = [
        Mistake("forward-is-identity", X, "forward returns its input"),
        Mistake("forward-returns-code", z, "forward stops at the code; decode it too"),
    ]
    expect_close(got, decoded, "model(x), compared with decode(encode(x)),", known)
    missing = [n for n, g in model_access.gradients(model, X).items() if g is None]
    expect(not missing, f"no gradient reaches {', '.join(missing)}", "no-gradient")


def rows(new: Draw, n: int, sizes: list[int]) -> dict[str, Tensor]:
    """Return what each method takes."""
    wide, narrow = sizes[0], sizes[-1]
    return {
        "encode": new.normal(n, wide),
        "decode": new.normal(n, narrow),
        "forward": new.normal(n, wide),
    }


@EXERCISE.conduct(methods=rows)
def arguments(new: Draw, n: int) -> Arguments:
    """Widths."""
    return {"sizes": [new.alternate(8, 7), 5, new.alternate(2, 3)]}
