"""Week 1: an autoencoder of two linear layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, run, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "linear_autoencoder",
    defines=("LinearAutoencoder",),
    right={
        "two layers": """
            class LinearAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.encoder = nn.Linear(d, k); self.decoder = nn.Linear(k, d)

                def encode(self, x):
                    return self.encoder(x)

                def decode(self, z):
                    return self.decoder(z)

                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "biases that start at 0": """
            class LinearAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.encoder, self.decoder = nn.Linear(d, k), nn.Linear(k, d)
                    nn.init.zeros_(self.encoder.bias)
                    nn.init.zeros_(self.decoder.bias)
                def encode(self, x):
                    return self.encoder(x)
                def decode(self, z):
                    return self.decoder(z)
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "own parameters, matrix products": """
            class LinearAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.we = nn.Parameter(torch.randn(d, k) / d ** 0.5)
                    self.be = nn.Parameter(torch.zeros(k))
                    self.wd = nn.Parameter(torch.randn(k, d) / k ** 0.5)
                    self.bd = nn.Parameter(torch.full((d,), 0.1))
                def encode(self, x):
                    return x @ self.we + self.be
                def decode(self, z):
                    return z @ self.wd + self.bd
                def forward(self, x):
                    z = self.encode(x)
                    return self.decode(z)
        """,
        "in a Sequential": """
            class LinearAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.net = nn.Sequential(nn.Linear(d, k), nn.Linear(k, d))
                def encode(self, x):
                    return self.net[0](x)
                def decode(self, z):
                    return self.net[1](z)
                def forward(self, x):
                    return self.net(x)
        """,
    },
    wrong={
        "nonlinear-encode": {"self.encoder(x)": "torch.relu(self.encoder(x))"},
        "nonlinear-decode": {"self.decoder(z)": "torch.sigmoid(self.decoder(z))"},
        "no-bottleneck": {
            "nn.Linear(d, k)": "nn.Linear(d, d)",
            "nn.Linear(k, d)": "nn.Linear(d, d)",
        },
        "no-bias": {
            "nn.Linear(d, k)": "nn.Linear(d, k, bias=False)",
            "nn.Linear(k, d)": "nn.Linear(k, d, bias=False)",
        },
        "forward-returns-code": {"self.decode(self.encode(x))": "self.encode(x)"},
        "no-parameters": {
            "self.encoder = nn.Linear(d, k); self.decoder = nn.Linear(k, d)": (
                "self.layers = [nn.Linear(d, k), nn.Linear(k, d)]"
            ),
            "self.encoder(x)": "self.layers[0](x)",
            "self.decoder(z)": "self.layers[1](z)",
        },
        "extra-layers": {
            "nn.Linear(k, d)": "nn.Linear(k, d); self.middle = nn.Linear(k, k)",
            "self.encoder(x)": "self.middle(self.encoder(x))",
        },
        "no-gradient": {"self.encoder(x)": "self.encoder(x).detach()"},
        "forward-is-identity": {"self.decode(self.encode(x))": "x"},
        "own-image": {"self.encoder(x)": "self.encoder(x - x.mean(dim=0))"},
        "raised-AttributeError": {"self.encoder =": "encoder =", "self.decoder =": "decoder ="},
    },
)

D, K = 10, 3
X = torch.randn(5, D, generator=grader_generator()) * 3


def make(LinearAutoencoder: Callable) -> Any:
    """Return a model from ten numbers to three."""
    return run(LinearAutoencoder, D, K, name="LinearAutoencoder")


@EXERCISE.criterion("shapes of encode, decode and forward", points=1)
def shapes(LinearAutoencoder: Callable) -> None:
    """And forward is decode after encode."""
    torch.manual_seed(GRADER_SEED)
    model = make(LinearAutoencoder)
    short = "the code is as long as the image; k is not used"
    known = [
        Mistake("no-bottleneck", (5, D), short),
        Mistake("transposed", (K, 5), "codes are rows: (N, k)"),
    ]
    z = expect_shape(model_access.call(model, "encode", X), (5, K), "encode(x)", known)
    z = z.float()  # a code in float64 is `encode`'s choice
    expect_shape(model_access.call(model, "decode", z), (5, D), "decode(z)")
    code = Mistake("forward-returns-code", (5, K), "forward stops at the code; decode it too")
    x_hat = expect_shape(model_access.call(model, "forward", X), (5, D), "model(x)", [code])
    known = [Mistake("forward-is-identity", X, "forward returns its input")]
    decoded = model_access.call(model, "decode", z)
    expect_close(x_hat, decoded, "model(x), compared with decode(encode(x)),", known)


@EXERCISE.criterion("linear with bias", points=1)
def linear(LinearAutoencoder: Callable) -> None:
    """Half-way between two inputs lies half-way between the outputs."""
    model = make(LinearAutoencoder)
    a, b = X[:1], X[1:2]
    for method, first, second in (("encode", a, b), ("decode", a[:, :K], b[:, :K])):
        half = to_tensor(model_access.call(model, method, (first + second) / 2), method)
        ends = [to_tensor(model_access.call(model, method, v), method) for v in (first, second)]
        expect(
            torch.allclose(half, (ends[0] + ends[1]) / 2, atol=1e-4),
            f"{method} is not linear: half-way between two inputs it is not half-way between "
            "the outputs; is there an activation, or a clamp?",
            f"nonlinear-{method}",
        )
    shapes = [tuple(p.shape) for p in model_access.parameters(model).values()]
    expect(
        not shapes or (D,) in shapes,
        f"the decoder has no bias, one of {D} numbers, so it cannot draw the mean image; the "
        f"parameters have shapes {shapes}",
        "no-bias",
    )


@EXERCISE.criterion("its parameters", points=1)
def parameters(LinearAutoencoder: Callable) -> None:
    """Two weights and two biases."""
    found = model_access.parameters(make(LinearAutoencoder)).values()
    shapes = sorted(tuple(p.shape) for p in found)
    wanted = sorted([(K, D), (K,), (D, K), (D,)])
    extra = f"expected shapes {wanted}, found {shapes}"
    none = f"no parameters found: store layers as attributes of self; {extra}"
    expect(bool(shapes), none, "no-parameters")
    expect(len(shapes) <= 4, f"more than two layers: {extra}", "extra-layers")
    other = f"other parameters than two layers with bias: {extra}"
    expect(shapes == wanted, other, "wrong-parameters")


@EXERCISE.criterion("gradients reach every parameter", points=1)
def gradients(LinearAutoencoder: Callable) -> None:
    """Of the summed squared error."""
    found = model_access.gradients(make(LinearAutoencoder), X)
    missing = [name for name, g in found.items() if g is None or not g.abs().max() > 0]
    expect(
        bool(found) and not missing,
        f"no gradient reaches {', '.join(missing) or 'any parameter'}: is something detached, "
        "under no_grad, or not used?",
        "no-gradient",
    )


def rows(new: Draw, n: int, d: int, k: int) -> dict[str, Tensor]:
    """Return what each method takes."""
    return {"encode": new.normal(n, d), "decode": new.normal(n, k), "forward": new.normal(n, d)}


@EXERCISE.conduct(methods=rows)
def arguments(new: Draw, n: int) -> Arguments:
    """Widths of image and code."""
    return {"d": new.alternate(9, 7), "k": new.alternate(4, 2)}
