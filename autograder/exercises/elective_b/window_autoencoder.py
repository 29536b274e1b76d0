"""Elective B: an autoencoder for windows, which also says how wrong it is about each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
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
from autograder.exercises.elective_b._two_layers import (
    SIZES,
    H,
    L,
    W,
    expect_half,
    half_of,
    layers,
)
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "window_autoencoder",
    defines=("WindowAutoencoder",),
    right={
        "two Sequentials": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    self.encoder = nn.Sequential(
                        nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent)
                    )
                    self.decoder = nn.Sequential(
                        nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width)
                    )
                def encode(self, x):
                    return self.encoder(x)
                def decode(self, z):
                    return self.decoder(z)
                def forward(self, x):
                    return self.decode(self.encode(x))
                def errors(self, x):
                    with torch.no_grad():
                        return (self(x) - x).square().mean(dim=1)
        """,
        "four layers, the decoder's first, detached": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    self.to_window = nn.Linear(hidden, width)
                    self.from_code = nn.Linear(latent, hidden)
                    self.to_code = nn.Linear(hidden, latent)
                    self.from_window = nn.Linear(width, hidden)
                def encode(self, x):
                    return self.to_code(torch.relu(self.from_window(x)))
                def decode(self, z):
                    return self.to_window(self.from_code(z).clamp_min(0))
                def forward(self, x):
                    return self.decode(self.encode(x))
                def errors(self, x):
                    apart = (x - self.forward(x)).detach()
                    return torch.stack([torch.dot(row, row) / len(row) for row in apart])
        """,
        "a list of layers, a decorator, float64": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    sizes = [width, hidden, latent, hidden, width]
                    self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
                def half(self, x, first, second):
                    h = first(x)
                    return second(torch.where(h > 0, h, 0.0))
                def encode(self, x):
                    return self.half(x, *self.layers[:2])
                def decode(self, z):
                    return self.half(z, *self.layers[2:])
                def forward(self, x):
                    return self.decode(self.encode(x))
                @torch.no_grad()
                def errors(self, x):
                    return torch.linalg.vector_norm(self(x).double() - x, dim=1) ** 2 / x.shape[1]
        """,
        "own weights, numpy": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    shapes = [(width, hidden), (hidden, latent), (latent, hidden), (hidden, width)]
                    self.weights = nn.ParameterList(torch.randn(b, a) / a**0.5 for a, b in shapes)
                    self.biases = nn.ParameterList(torch.randn(b) / 9 for _, b in shapes)
                def layer(self, i, x):
                    return x @ self.weights[i].T + self.biases[i]
                def encode(self, x):
                    return self.layer(1, self.layer(0, x).relu())
                def decode(self, z):
                    return self.layer(3, self.layer(2, z).relu())
                def forward(self, x):
                    return self.decode(self.encode(x))
                def errors(self, x):
                    apart = self(x).detach().numpy() - x.numpy()
                    return torch.from_numpy((apart**2).mean(axis=1))
        """,
    },
    wrong={
        "other-activation": {
            "nn.Linear(width, hidden), nn.ReLU()": "nn.Linear(width, hidden), nn.GELU()",
            "nn.Linear(latent, hidden), nn.ReLU()": "nn.Linear(latent, hidden), nn.GELU()",
        },
        "no-activation": {
            "nn.Linear(width, hidden), nn.ReLU()": "nn.Linear(width, hidden)",
            "nn.Linear(latent, hidden), nn.ReLU()": "nn.Linear(latent, hidden)",
        },
        "relu-code": {"nn.Linear(hidden, latent)": "nn.Linear(hidden, latent), nn.ReLU()"},
        "relu-output": {"nn.Linear(hidden, width)": "nn.Linear(hidden, width), nn.ReLU()"},
        "squashed-output": {"nn.Linear(hidden, width)": "nn.Linear(hidden, width), nn.Sigmoid()"},
        "no-hidden-layer": {
            "nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent)": (
                "nn.Linear(width, latent)"
            ),
            "nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width)": (
                "nn.Linear(latent, width)"
            ),
        },
        "not-mirrored": {
            "nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width)": (
                "nn.Linear(latent, width)"
            )
        },
        "one-more-layer": {
            "nn.Linear(hidden, latent)\n": (
                "nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, latent)\n"
            )
        },
        "layer-shared": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    self.a, self.b = nn.Linear(width, hidden), nn.Linear(hidden, latent)
                    self.c = nn.Parameter(torch.zeros(hidden))
                    self.d = nn.Parameter(torch.zeros(width))
                def encode(self, x):
                    return self.b(torch.relu(self.a(x)))
                def decode(self, z):
                    return torch.relu(z @ self.b.weight + self.c) @ self.a.weight + self.d
                def forward(self, x):
                    return self.decode(self.encode(x))
                def errors(self, x):
                    with torch.no_grad():
                        return (self(x) - x).square().mean(dim=1)
        """,
        "no-parameters": """
            class WindowAutoencoder(nn.Module):
                def __init__(self, width, hidden, latent):
                    super().__init__()
                    self.down = [nn.Linear(width, hidden), nn.Linear(hidden, latent)]
                    self.up = [nn.Linear(latent, hidden), nn.Linear(hidden, width)]
                def encode(self, x):
                    return self.down[1](torch.relu(self.down[0](x)))
                def decode(self, z):
                    return self.up[1](torch.relu(self.up[0](z)))
                def forward(self, x):
                    return self.decode(self.encode(x))
                def errors(self, x):
                    with torch.no_grad():
                        return (self(x) - x).square().mean(dim=1)
        """,
        "bias-missing": {
            "nn.Linear(hidden, latent)": "nn.Linear(hidden, latent, bias=False)",
            "nn.Linear(hidden, width)": "nn.Linear(hidden, width, bias=False)",
        },
        "batch-norm": {
            "nn.Linear(width, hidden), ": "nn.Linear(width, hidden), nn.BatchNorm1d(hidden), "
        },
        "hidden-and-latent-swapped": {
            "nn.Linear(width, hidden)": "nn.Linear(width, latent)",
            "nn.Linear(hidden, latent)": "nn.Linear(latent, hidden)",
            "nn.Linear(latent, hidden)": "nn.Linear(hidden, latent)",
            "nn.Linear(hidden, width)": "nn.Linear(latent, width)",
        },
        "sizes-frozen": {
            "super().__init__()": "super().__init__(); hidden = 32",
        },
        "forward-returns-code": {"self.decode(self.encode(x))": "self.encode(x)"},
        "forward-is-identity": {"self.decode(self.encode(x))": "x"},
        "residual": {"self.decode(self.encode(x))": "x + self.decode(self.encode(x))"},
        "no-gradient": {"self.decode(self.encode(x))": "self.decode(self.encode(x).detach())"},
        "one-for-all": {".mean(dim=1)": ".mean()"},
        "one-for-each-place": {".mean(dim=1)": ".mean(dim=0)"},
        "one-for-each-value": {".mean(dim=1)": ""},
        "column": {".mean(dim=1)": ".mean(dim=1, keepdim=True)"},
        "summed": {".mean(dim=1)": ".sum(dim=1)"},
        "rooted": {".mean(dim=1)": ".mean(dim=1).sqrt()"},
        "absolute": {".square()": ".abs()"},
        "not-squared": {".square()": ""},
        "mean-squared": {".square().mean(dim=1)": ".mean(dim=1).square()"},
        "error-of-the-code": {
            "(self(x) - x)": "(self.encode(self(x)) - self.encode(x))",
        },
        "graph-kept": {"with torch.no_grad():": "if True:"},
        "gradients-left-off": {
            "with torch.no_grad():": "torch.set_grad_enabled(False)",
            "            return (self(x) - x)": "        return (self(x) - x)",
        },
        "mode-changed": {"with torch.no_grad():": "self.eval()\n        with torch.no_grad():"},
    },
)

X = 3 * torch.randn(30, W, generator=grader_generator(500))
OTHER = 2 * torch.randn(70, W, generator=grader_generator(501)) + 1


def make(WindowAutoencoder: Callable) -> Any:
    """Return a model for windows of nine values."""
    torch.manual_seed(GRADER_SEED)
    return run(WindowAutoencoder, *SIZES, name="WindowAutoencoder")


@EXERCISE.criterion("layers, down and up", points=1)
def down_and_up(WindowAutoencoder: Callable) -> None:
    """Shapes of codes, windows and parameters."""
    model = make(WindowAutoencoder)
    swapped = "`hidden` and `latent` have changed places"
    known = [
        Mistake("not-encoded", (30, W), "the code is as long as the window"),
        Mistake("hidden-and-latent-swapped", (30, H), f"a code of {H} numbers: {swapped}"),
    ]
    z = expect_shape(model_access.call(model, "encode", X), (30, L), "the codes of 30", known)
    expect_shape(model_access.call(model, "decode", z.float()), (30, W), "decode(z)")
    stops = "forward stops at the code; decode it too"
    known = [Mistake("forward-returns-code", (30, L), stops)]
    expect_shape(model_access.call(model, "forward", X), (30, W), "model(x)", known)
    layers(model)


@EXERCISE.criterion("a ReLU between layers, straight ends", points=1)
def bent(WindowAutoencoder: Callable) -> None:
    """Both halves against their parameters in float64; forward, and gradients."""
    model = make(WindowAutoencoder)
    found = layers(model)
    z = half_of(model, "encode", X)
    expect_half(found, z, X, (W, H, L), "code")
    codes = X[:, :L].contiguous()
    out = half_of(model, "decode", codes)
    expect_half(found, out, codes, (L, H, W), "output")
    decoded = to_tensor(model_access.call(model, "decode", z.float()), "x̂").double()
    added = "the window itself is added: the code has nothing left to say"
    known = [
        Mistake("forward-is-identity", X, "forward returns its input"),
        Mistake("residual", decoded + X, added),
        Mistake("forward-returns-code", z, "forward stops at the code; decode it too"),
        Mistake("residual", decoded - X, "forward returns the difference, not the reconstruction"),
    ]
    got = model_access.call(model, "forward", X)
    expect_close(got, decoded, "model(x), compared with decode(encode(x)),", known, rtol=1e-3)
    missing = [n for n, g in model_access.gradients(model, X).items() if g is None]
    cure = "`.detach()` and `no_grad` belong into `errors` alone"
    expect(not missing, f"no gradient reaches {', '.join(missing)}: {cure}", "no-gradient")


@remote_call
def _errors(model, x, training):
    import torch

    model.train(training)
    given = x.clone()
    with torch.enable_grad():
        value = model.errors(given)
        on = torch.is_grad_enabled()
    tensor = isinstance(value, torch.Tensor)
    graph = tensor and value.requires_grad
    kept = all(part.training == training for part in model.modules())
    return value.detach() if tensor else value, given, graph, on, kept


def expect_errors(model: object, x: Tensor, training: bool, what: str) -> None:
    """Compare errors with those of the model's own reconstructions, and look at what they left."""
    rebuilt = to_tensor(model_access.call(model, "forward", x), "model(x)").double()
    expect(rebuilt.shape == x.shape, f"model(x) has shape {tuple(rebuilt.shape)}", "wrong-shape")
    told: Any = run(lambda: _errors(model, x, training), name="errors")
    value, given, graph, on, kept = told
    expect_unchanged(x, to_tensor(given, "x"), "errors")
    apart, n = rebuilt - x.double(), len(x)
    every = "one number for the whole batch; average over the values of each window: `dim=1`"
    places = "one number for each place in a window; average over a window's values: `dim=1`"
    shapes = [
        Mistake("one-for-all", (), every),
        Mistake("one-for-each-place", (W,), places),
        Mistake("one-for-each-value", (n, W), "squared differences; average them: `dim=1`"),
        Mistake("column", (n, 1), "a column; average over `dim=1` without `keepdim`"),
    ]
    expect_shape(value, (n,), what, shapes)
    lengths = torch.linalg.vector_norm(apart, dim=1)
    mean, why = apart.mean(dim=1), "root: the mean of the squares itself is asked for"
    known = [
        Mistake("summed", lengths**2, "summed over a window's values; average them"),
        Mistake("rooted", lengths / W**0.5, f"the square {why}"),
        Mistake("rooted", lengths, f"the length of the difference, a square {why}"),
        Mistake("absolute", apart.abs().mean(dim=1), "absolute differences; square them"),
        Mistake("absolute", apart.abs().sum(dim=1), "absolute differences; mean squares"),
        Mistake("not-squared", mean, "differences of both signs cancel; square them first"),
        Mistake("not-squared", -mean, "differences of both signs cancel; square them first"),
        Mistake("mean-squared", mean**2, "the square of the mean; the mean of the squares"),
        Mistake("halved", lengths**2 / (2 * W), "half of the mean square"),
        Mistake("largest", apart.abs().amax(dim=1) ** 2, "the largest square; their mean"),
        Mistake("without-x", rebuilt.square().mean(dim=1), "x is not subtracted"),
        Mistake("added", (rebuilt + x).square().mean(dim=1), "x was added to its reconstruction"),
    ]
    z, again = (
        to_tensor(model_access.call(model, "encode", r.float()), "encode(x)").double()
        for r in (x, rebuilt)
    )
    if z.shape == again.shape == (n, L):
        of_codes = (z - again).square().mean(dim=1)
        known.append(Mistake("error-of-the-code", of_codes, "codes were compared, not windows"))
    expect_close(value, lengths**2 / W, what, known, rtol=1e-3)
    off = "errors left gradients switched off for everything after it: `with torch.no_grad():`"
    expect(on is True, f"{off} switches them back", "gradients-left-off")
    recorded = "errors recorded a graph, which keeps all activations in memory: compute them inside"
    expect(graph is not True, f"{recorded} `with torch.no_grad():`", "graph-kept")
    mode = "errors changed the mode of the model: leave `train()` and `eval()` to the caller"
    expect(kept is True, mode, "mode-changed")


@EXERCISE.criterion("the error of each window", points=1)
def errors(WindowAutoencoder: Callable) -> None:
    """Thirty windows, seventy, one; the mode stays, gradients come back, and there is no graph."""
    model = make(WindowAutoencoder)
    expect_errors(model, X, True, "the errors of 30 windows")
    expect_errors(model, OTHER, False, "the errors of 70 windows")
    expect_errors(model, OTHER[:1], True, "the error of one window")


def rows(new: Draw, n: int, width: int, hidden: int, latent: int) -> dict[str, Tensor]:
    """Return what each method takes; what `errors` owes is looked at by the last criterion."""
    return {
        "encode": new.normal(n, width),
        "decode": new.normal(n, latent),
        "forward": new.normal(n, width),
    }


@EXERCISE.conduct(methods=rows)
def arguments(new: Draw, n: int) -> Arguments:
    """Sizes."""
    return {"width": new.alternate(8, 7), "hidden": 5, "latent": new.alternate(2, 3)}
