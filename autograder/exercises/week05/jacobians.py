"""Week 5: the Jacobian of each image's code, for any encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.exercises.week05._jacobians import D, H, K, N, draw, gradients, jacobian, stage
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "jacobians",
    signature="def jacobians(encode, x):",
    setup="from collections.abc import Callable\n",
    right={
        "vmap of jacrev": (
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])[0]))(x)"
        ),
        "forward mode": """
            from torch.func import jacfwd, vmap
            def jacobians(encode, x):
                def one(row):
                    return encode(row.unsqueeze(0)).squeeze(0)
                return vmap(jacfwd(one))(x)
        """,
        "loop over code numbers": """
            x = x.detach().requires_grad_()
            h = encode(x)
            rows = [
                torch.autograd.grad(h[:, k].sum(), x, create_graph=True)[0]
                for k in range(h.shape[1])
            ]
            return torch.stack(rows, dim=1)
        """,
        "the sum over images has the same Jacobian": """
            j = torch.autograd.functional.jacobian(
                lambda x: encode(x).sum(0), x, create_graph=True
            )
            return j.permute(1, 0, 2)
        """,
    },
    wrong={
        "whole-batch": "return torch.func.jacrev(encode)(x)",
        "transposed": {"(x)": "(x).mT"},
        "code-first": "return torch.func.jacrev(lambda x: encode(x).sum(0))(x)",
        "extra-dimension": {"[0]": ""},
        "first-image-only": "return torch.func.jacrev(lambda r: encode(r[None])[0])(x[0])[None]",
        "no-gradient": """
            j = torch.autograd.functional.jacobian(lambda x: encode(x).sum(0), x)
            return j.permute(1, 0, 2)
        """,
        "gradient-of-sum": """
            x = x.detach().requires_grad_()
            return torch.autograd.grad(encode(x).sum(), x, create_graph=True)[0]
        """,
        "summed-over-images": {"(x)": "(x).sum(0)"},
        "squared": {"(x)": "(x) ** 2"},
    },
)

X, W1, B1, W2 = draw(21, N, D), draw(22, H, D), draw(23, H), draw(24, K, H)
DETOURS = [
    Mistake(
        "whole-batch",
        (N, K, N, D),
        "the Jacobian of the whole batch holds how image i moves the code of image j, "
        "nearly all zeros; take that of one image and let vmap run over the batch",
    ),
    Mistake("transposed", (N, D, K), "(N, D, K): row k should hold ∂h_k/∂x"),
    Mistake("code-first", (K, N, D), "(K, N, D): the image should come first"),
    Mistake("summed-over-images", (K, D), "one Jacobian for all images together"),
    Mistake("first-image-only", (1, K, D), "the Jacobian of the first image only"),
    Mistake("extra-dimension", (N, 1, K, D), "an image of one row kept that dimension"),
    Mistake("extra-dimension", (N, 1, K, 1, D), "an image of one row kept that dimension"),
    Mistake("extra-dimension", (N, K, 1, D), "an image of one row kept that dimension"),
    Mistake("gradient-of-sum", (N, D), "the gradient of the summed code, not a Jacobian"),
    Mistake("squared-norms", (N,), "the squared norms; return the Jacobians themselves"),
]


@remote_call
def _jacobians_and_gradient(jacobians, x, w1, b1, w2):
    import torch

    w1 = w1.clone().requires_grad_()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    found = jacobians(encode, x.clone())
    if not isinstance(found, torch.Tensor) or not found.requires_grad:
        return found, None
    return found.detach(), torch.autograd.grad((found**2).sum(), w1, allow_unused=True)[0]


def answer(jacobians: Callable) -> tuple:
    """Return the student's Jacobians, and the gradient of their sum of squares for W₁."""
    found = run(lambda: _jacobians_and_gradient(jacobians, X, W1, B1, W2), name="jacobians")
    return to_pair(found, "jacobians", ("the Jacobians", "a gradient"))


@EXERCISE.criterion("one Jacobian for each image", points=1)
def one_for_each_image(jacobians: Callable) -> None:
    """The shapes that the usual detours lead to, then the values."""
    found, _ = answer(jacobians)
    found = expect_shape(found, (N, K, D), f"the Jacobians of {N} images", DETOURS)
    right = jacobian(X, W1, B1, W2)
    without = (W2 @ W1).expand(N, K, D)
    known = [
        Mistake("squared", right**2, "the entries were squared"),
        Mistake("first-image-only", right[:1].expand(N, K, D), "the first image N times"),
        Mistake("divided", right / N, "divided by the number of images"),
        Mistake("slope-missing", without, "the slope of the sigmoid is missing"),
    ]
    expect_close(found, right, "the Jacobians", known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("gradients for the weights", points=1)
def weight_gradients(jacobians: Callable) -> None:
    """The way back from the Jacobians to the weights."""
    found, gradient = answer(jacobians)
    to_tensor(found, "the Jacobians")
    expect(
        gradient is not None,
        "no gradient reaches the weights: a penalty made of these Jacobians could not be "
        "trained (create_graph=True, or torch.func)",
        "no-gradient",
    )

    def total(x: Tensor, w1: Tensor) -> Tensor:
        return (jacobian(x, w1, B1, W2) ** 2).sum()

    wanted = gradients(total, X, W1)[0]
    expect_close(gradient, wanted, "the gradient of the sum of squares", rtol=1e-3)


def of_encoder(encode: Any, x: Tensor) -> Tensor:
    """Return the Jacobians in closed form."""
    return jacobian(x, encode.w1, encode.b1, encode.w2).detach()


@EXERCISE.conduct(right=of_encoder, stage=stage, trains=["encode"], rtol=1e-3)
def arguments(new: Draw, n: int) -> Arguments:
    """An encoder and images."""
    return {"encode": Part("encode"), "x": new.normal(n, 5)}
