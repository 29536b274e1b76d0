"""Week 5: the contractive penalty of an encoder with a hidden layer, without its Jacobians."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week05 import _jacobians as exact
from autograder.exercises.week05._jacobians import D, H, K, N, draw, penalty
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "contractive_two_layers",
    signature="def contractive_two_layers(x, w1, b1, w2):",
    right={
        "a quadratic form": """
            h = torch.sigmoid(x @ w1.T + b1)
            d = h * (1 - h)
            m = (w1 @ w1.T) * (w2.T @ w2)
            return ((d @ m) * d).sum(1).mean()
        """,
        "the mean outer product": """
            a = F.linear(x, w1, b1)
            d = torch.sigmoid(a) * torch.sigmoid(-a)
            outer = d.T @ d / x.shape[0]
            return (outer * (w1 @ w1.T) * (w2.T @ w2)).sum()
        """,
        "einsum, pair by pair": """
            h = (x @ w1.t() + b1).sigmoid()
            d = h - h.square()
            m = torch.einsum("md,nd->mn", w1, w1) * torch.einsum("km,kn->mn", w2, w2)
            return torch.einsum("bm,mn,bn->b", d, m, d).mean()
        """,
    },
    wrong={
        "jacobian-built": """
            h = torch.sigmoid(x @ w1.T + b1)
            j = (w2 * (h * (1 - h))[:, None, :]) @ w1
            return (j ** 2).sum(dim=(1, 2)).mean()
        """,
        "slope-missing": {"((d @ m) * d).sum(1).mean()": "m.sum()"},
        "diagonal-only": {"((d @ m) * d).sum(1)": "(d ** 2 @ m.diagonal())"},
        "slope-squared": {"h * (1 - h)": "(h * (1 - h)) ** 2"},
        "matrix-product": {") * (w2": ") @ (w2"},
        "norms-multiplied": {
            "((d @ m) * d).sum(1).mean()": "(d ** 2 @ (w1 ** 2).sum(1)).mean() * (w2 ** 2).sum()"
        },
        "h-not-slope": {"h * (1 - h)": "h"},
        "sum-over-batch": {".sum(1).mean()": ".sum()"},
        "not-squared": {".mean()": ".sqrt().mean()"},
        "second-layer-missing": {"((d @ m) * d).sum(1)": "(d ** 2 @ (w1 ** 2).sum(1))"},
        "no-gradient": {".mean()": ".mean().item()"},
        "bias-missing": """
            h = torch.sigmoid(x @ w1.T)
            d = h * (1 - h)
            return ((d @ ((w1 @ w1.T) * (w2.T @ w2))) * d).sum(1).mean()
        """,
    },
)
NAME = EXERCISE.name
TENSORS = [draw(31, N, D), draw(32, H, D), draw(33, H), draw(34, K, H)]
MESSAGES = {
    "slope-missing": "the slope of the sigmoid is missing",
    "diagonal-only": "only the diagonal of M: two hidden units that feed the same code number "
    "strengthen or cancel each other",
    "slope-squared": "the slopes were squared: they stand on both sides of M already",
    "matrix-product": "the matrix product of both Gram matrices; multiply them entry by entry",
    "h-not-slope": "h, where its slope belongs",
    "norms-multiplied": "the product of the two layers' norms is only an upper bound",
    "bias-missing": "the bias was left out",
    "second-layer-missing": "the hidden layer's penalty: the code comes one layer later",
}


def known(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> list[Mistake]:
    """Return the known mistakes at these inputs."""
    h = (x @ w1.T + b1).sigmoid()
    d, a, c = h * (1 - h), w1 @ w1.T, w2.T @ w2
    m, hidden = a * c, penalty(x, w1, b1)

    def form(d: Tensor, m: Tensor) -> Tensor:
        return ((d @ m) * d).sum(1).mean()

    values = {
        "slope-missing": m.sum(),
        "diagonal-only": (d**2 @ m.diagonal()).mean(),
        "slope-squared": form(d**2, m),
        "matrix-product": form(d, a @ c),
        "h-not-slope": form(h, m),
        "norms-multiplied": hidden * c.diagonal().sum(),
        "bias-missing": penalty(x, w1, 0 * b1, w2),
        "second-layer-missing": hidden,
    }
    mistakes = [Mistake(name, value, MESSAGES[name]) for name, value in values.items()]
    return [*mistakes, *exact.reduced(exact.jacobian(x, w1, b1, w2))]


@EXERCISE.criterion("the value", points=1)
def value(contractive_two_layers: Callable) -> None:
    """A small batch, against Jacobians written out."""
    got = run(contractive_two_layers, *(t.clone() for t in TENSORS), name=NAME)
    expect_close(got, penalty(*TENSORS), f"the penalty of {N} images", known(*TENSORS))


@EXERCISE.criterion("gradients for the weights", points=1)
def weight_gradients(contractive_two_layers: Callable) -> None:
    """The gradients for both layers."""
    exact.expect_gradients(NAME, contractive_two_layers, TENSORS, ["W₁", "b₁", "W₂"])


@remote_call
def _cost(function, x, w1, b1, w2):
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        function(x, w1, b1, w2)
    return float(counter.get_total_flops())


@EXERCISE.criterion("no Jacobian is built", points=1)
def no_jacobian(contractive_two_layers: Callable) -> None:
    """A large batch, with the multiplications counted."""
    n, d, h, k = 64, 100, 40, 20
    big = [draw(35, n, d), draw(36, h, d) / 10, draw(37, h), draw(38, k, h) / 6]
    got = run(contractive_two_layers, *(t.clone() for t in big), name=NAME)
    expect_close(got, penalty(*big), f"the penalty of {n} images", rtol=1e-3)
    found = run(lambda: _cost(contractive_two_layers, *big), name=NAME)
    needed = 2 * (n * d * h + h * h * d + h * h * k + n * h * h)
    times = float(to_tensor(found, "the cost")) / needed
    expect(
        times < 3,
        f"{times:.0f} times the multiplications of the closed form: something of the size of a "
        "Jacobian is built for every image. Sum over pixels (W₁W₁ᵀ) and over code numbers "
        "(W₂ᵀW₂) once, before any image is looked at",
        "jacobian-built",
    )


@EXERCISE.conduct(right=penalty, trains=["w1", "b1", "w2"], rtol=1e-3, between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Images and two layers."""
    given = {"x": new.normal(n, 5), "w1": new.normal(4, 5), "b1": new.normal(4)}
    return {**given, "w2": new.normal(3, 4)}
