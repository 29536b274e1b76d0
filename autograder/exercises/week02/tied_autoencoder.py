"""Week 2: an autoencoder whose decoder is the transpose of its encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run
from autograder.exercises import GRADER_SEED, Exercise, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "tied_autoencoder",
    defines=("TiedAutoencoder",),
    right={
        "three parameters": """
            class TiedAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.w = nn.Parameter(torch.randn(k, d) / d ** 0.5)
                    self.b = nn.Parameter(torch.zeros(k))
                    self.c = nn.Parameter(torch.zeros(d))
                def encode(self, x):
                    return torch.tanh(x @ self.w.T + self.b)
                def decode(self, z):
                    return z @ self.w + self.c
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "a linear layer and its weight": """
            class TiedAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.layer = nn.Linear(d, k)
                    self.bias = nn.Parameter(torch.rand(d))
                def encode(self, x):
                    return self.layer(x).tanh()
                def decode(self, z):
                    return F.linear(z, self.layer.weight.T, self.bias)
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "the matrix the other way round": """
            class TiedAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.v = nn.Parameter(torch.empty(d, k).normal_(0, 0.1))
                    self.b = nn.Parameter(torch.zeros(k))
                    self.c = nn.Parameter(torch.full((d,), 0.5))
                def encode(self, x):
                    return torch.tanh(torch.einsum("nd,dk->nk", x, self.v) + self.b)
                def decode(self, z):
                    return torch.einsum("nk,dk->nd", z, self.v) + self.c
                def forward(self, x):
                    z = self.encode(x)
                    return self.decode(z)
        """,
    },
    wrong={
        "untied": """
            class TiedAutoencoder(nn.Module):
                def __init__(self, d, k):
                    super().__init__()
                    self.down, self.up = nn.Linear(d, k), nn.Linear(k, d)
                    self.up.weight = nn.Parameter(self.down.weight.T.clone())
                def encode(self, x):
                    return torch.tanh(self.down(x))
                def decode(self, z):
                    return self.up(z)
                def forward(self, x):
                    return self.decode(self.encode(x))
        """,
        "inverse": {"z @ self.w": "z @ torch.linalg.pinv(self.w).T"},
        "no-activation": {"torch.tanh(x @ self.w.T + self.b)": "x @ self.w.T + self.b"},
        "other-activation": {"tanh": "relu"},
        "activation-on-output": {"z @ self.w + self.c": "torch.tanh(z @ self.w + self.c)"},
        "detached-decoder": {"z @ self.w": "z @ self.w.detach()"},
        "detached-encoder": {"self.w.T": "self.w.detach().T"},
        "bias-missing": {"self.c = nn.Parameter(torch.zeros(d))": "self.c = 0.0"},
        "not-random": {"torch.randn(k, d) / d ** 0.5": "torch.full((k, d), 0.1)"},
    },
)

D, K = 8, 3
X = torch.randn(6, D, generator=grader_generator(12))


class Parts(NamedTuple):
    """A student's model and its parameters in float64.

    Attributes:
        model: the model.
        w: the matrix, shape (K, D), whichever way round it is kept.
        b: the bias of the code, shape (K,).
        c: the bias of the image, shape (D,).
        name: what the model calls the matrix.
    """

    model: object
    w: Tensor
    b: Tensor
    c: Tensor
    name: str


def parts(TiedAutoencoder: Callable) -> Parts:
    """Make a model and take it apart, or raise for other parameters."""
    model = run(TiedAutoencoder, D, K, name="TiedAutoencoder")
    found = model_access.parameters(model)
    shapes = [tuple(p.shape) for p in found.values()]
    matrices = [n for n, p in found.items() if p.ndim == 2]
    none = f"no weight matrix among the parameters {shapes}"
    expect(len(matrices) > 0, none, "no-parameters")
    expect(
        len(matrices) == 1,
        f"{len(matrices)} matrices, {shapes}: tied means that encoder and decoder share one",
        "untied",
    )
    weight = found[matrices[0]]
    known = tuple(weight.shape) in ((K, D), (D, K))
    expect(known, f"the matrix has shape {shapes}", "wrong-parameters")
    code = [p for p in found.values() if p.ndim == 1 and len(p) == K]
    image = [p for p in found.values() if p.ndim == 1 and len(p) == D]
    expect(
        len(code) == 1 and len(image) == 1 and len(found) == 3,
        f"one bias of the code ({K}) and one of the image ({D}) expected, found {shapes}",
        "bias-missing",
    )
    weight = weight if weight.shape == (K, D) else weight.T
    return Parts(model, weight.double(), code[0].double(), image[0].double(), matrices[0])


@EXERCISE.criterion("one matrix and two biases", points=1)
def parameters(TiedAutoencoder: Callable) -> None:
    """With random weights."""
    torch.manual_seed(GRADER_SEED)
    expect(
        float(parts(TiedAutoencoder).w.std()) > 1e-4,
        "all weights start equal: every code number will stay the same; use random ones",
        "not-random",
    )


@EXERCISE.criterion("the code", points=1)
def the_code(TiedAutoencoder: Callable) -> None:
    """The parameters alone must explain encode."""
    model, w, b, _, _ = parts(TiedAutoencoder)
    before = X.double() @ w.T + b
    known = [
        Mistake("no-activation", before, "no tanh"),
        Mistake("other-activation", before.relu(), "a ReLU; the exercise asks for tanh"),
        Mistake("other-activation", before.sigmoid(), "a sigmoid; the exercise asks for tanh"),
    ]
    expect_close(model_access.call(model, "encode", X), before.tanh(), "encode(x)", known)


@EXERCISE.criterion("the transpose draws the image", points=1)
def the_image(TiedAutoencoder: Callable) -> None:
    """The same matrix must explain decode."""
    model, w, _, c, _ = parts(TiedAutoencoder)
    z = torch.randn(5, K, generator=grader_generator(13))
    right = z.double() @ w + c
    inverse = z.double() @ torch.linalg.pinv(w).T + c
    transpose = "a (pseudo-)inverse was used; tied weights are the transpose"
    known = [
        Mistake("inverse", inverse, transpose),
        Mistake("activation-on-output", right.tanh(), "a tanh on the output; leave it linear"),
        Mistake("activation-on-output", right.sigmoid(), "a sigmoid on the output"),
        Mistake("activation-on-output", right.relu(), "a ReLU on the output"),
    ]
    if float(c.abs().max()) > 0:
        known.append(Mistake("bias-not-used", z.double() @ w, "the image bias is not added"))
    expect_close(model_access.call(model, "decode", z), right, "decode(z)", known)


@EXERCISE.criterion("gradients from both uses", points=1)
def both_uses(TiedAutoencoder: Callable) -> None:
    """The matrix learns from the encoder and from the decoder."""
    model, w, b, c, name = parts(TiedAutoencoder)
    w.requires_grad_(True)

    def gradient_of(decoder: Tensor) -> Tensor:
        """Return the gradient of the squared error where `decoder` draws the image."""
        code = torch.tanh(X.double() @ w.T + b)
        return torch.autograd.grad(((code @ decoder + c - X.double()) ** 2).sum(), w)[0]

    both, encoder = gradient_of(w), gradient_of(w.detach())
    gradient = model_access.gradients(model, X)[name]
    expect(gradient is not None, "no gradient reaches the matrix", "no-gradient")
    assert gradient is not None
    gradient = gradient if gradient.shape == (K, D) else gradient.T
    from_encoder = "it comes from the encoder only: the decoder uses a detached copy"
    from_decoder = "it comes from the decoder only: the encoder uses a detached copy"
    known = [
        Mistake("detached-decoder", encoder, from_encoder),
        Mistake("detached-encoder", both - encoder, from_decoder),
    ]
    expect_close(gradient, both, "the gradient of the matrix", known, rtol=1e-3, atol=1e-3)


def rows(new: Draw, n: int, d: int, k: int) -> dict[str, Tensor]:
    """Return what each method takes."""
    return {"encode": new.normal(n, d), "decode": new.normal(n, k), "forward": new.normal(n, d)}


@EXERCISE.conduct(methods=rows)
def arguments(new: Draw, n: int) -> Arguments:
    """Widths of image and code."""
    return {"d": new.alternate(9, 7), "k": new.alternate(4, 2)}
