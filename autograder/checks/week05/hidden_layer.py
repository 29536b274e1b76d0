"""Hidden checks of week 5 on an encoder with a hidden layer: its Jacobian, and Ω exactly."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_shape, run, to_pair, to_tensor
from autograder.checks.week05.common import (
    D,
    H,
    K,
    N,
    draw,
    expect_gradients,
    jacobian,
    reduced,
    squared,
)
from autograder.hall.errand import errand
from autograder.report import Report, check


@errand
def _jacobians(jacobians, x, w1, b1, w2):
    import torch

    w1 = w1.clone().requires_grad_()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    found = jacobians(encode, x.clone())
    if not isinstance(found, torch.Tensor) or not found.requires_grad:
        return found, None
    return found.detach(), torch.autograd.grad((found**2).sum(), w1, allow_unused=True)[0]


@check({"one Jacobian for each image": 1, "gradients for the weights": 1})
def jacobians(report: Report, jacobians: Callable) -> None:
    """Shapes of the usual detours, values, and the way back to the weights."""
    x, w1, b1, w2 = draw(21, N, D), draw(22, H, D), draw(23, H), draw(24, K, H)

    def exact(w1: Tensor) -> Tensor:
        return jacobian(x, w1, b1, w2)

    def answer() -> tuple:
        value = run(lambda: _jacobians(jacobians, x, w1, b1, w2), name="jacobians")
        return to_pair(value, "jacobians", ("the Jacobians", "a gradient"))

    with report.criterion("one Jacobian for each image"):
        found, _ = answer()
        detours = [
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
        found = expect_shape(found, (N, K, D), f"the Jacobians of {N} images", detours)
        right = exact(w1)
        known = [
            Mistake("squared", right**2, "the entries were squared"),
            Mistake("first-image-only", right[:1].expand(N, K, D), "the first image N times"),
            Mistake("divided", right / N, "divided by the number of images"),
            Mistake(
                "slope-missing", (w2 @ w1).expand(N, K, D), "the slope of the sigmoid is missing"
            ),
        ]
        expect_close(found, right, "the Jacobians", known, rtol=1e-3, atol=1e-4)
    with report.criterion("gradients for the weights"):
        found, gradient = answer()
        to_tensor(found, "the Jacobians")
        expect(
            gradient is not None,
            "no gradient reaches the weights: a penalty made of these Jacobians could not be "
            "trained (create_graph=True, or torch.func)",
            "no-gradient",
        )
        w = w1.clone().requires_grad_()
        wanted = torch.autograd.grad((exact(w) ** 2).sum(), w)[0]
        expect_close(gradient, wanted, "the gradient of the sum of squares", rtol=1e-3)


@errand
def _cost(function, x, w1, b1, w2):
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        function(x, w1, b1, w2)
    return float(counter.get_total_flops())


@check({"the value": 1, "gradients for the weights": 1, "no Jacobian is built": 1})
def contractive_two_layers(report: Report, contractive_two_layers: Callable) -> None:
    """The Jacobian written out, gradients, and the multiplications counted."""
    name = "contractive_two_layers"

    def exact(*tensors: Tensor) -> Tensor:
        return squared(jacobian(*tensors)).mean()

    tensors = [draw(31, N, D), draw(32, H, D), draw(33, H), draw(34, K, H)]
    with report.criterion("the value"):
        x, w1, b1, w2 = tensors
        h = (x @ w1.T + b1).sigmoid()
        d, a, c = h * (1 - h), w1 @ w1.T, w2.T @ w2
        known = [
            Mistake("slope-missing", (a * c).sum(), "the slope of the sigmoid is missing"),
            Mistake(
                "diagonal-only",
                (d**2 @ (a * c).diagonal()).mean(),
                "only the diagonal of M: two hidden units that feed the same code number "
                "strengthen or cancel each other",
            ),
            Mistake(
                "slope-squared",
                torch.einsum("nh,hk,nk->n", d**2, a * c, d**2).mean(),
                "the slopes were squared: they stand on both sides of M already",
            ),
            Mistake(
                "matrix-product",
                torch.einsum("nh,hk,nk->n", d, a @ c, d).mean(),
                "the matrix product of both Gram matrices; multiply them entry by entry",
            ),
            Mistake(
                "h-not-slope",
                torch.einsum("nh,hk,nk->n", h, a * c, h).mean(),
                "h, where its slope belongs",
            ),
            Mistake(
                "norms-multiplied",
                (d**2 @ a.diagonal()).mean() * c.diagonal().sum(),
                "the product of the two layers' norms is only an upper bound",
            ),
            Mistake("bias-missing", exact(x, w1, 0 * b1, w2), "the bias was left out"),
            Mistake(
                "second-layer-missing",
                (d**2 @ a.diagonal()).mean(),
                "the hidden layer's penalty: the code comes one layer later",
            ),
            *reduced(jacobian(*tensors), K),
        ]
        got = run(contractive_two_layers, *(t.clone() for t in tensors), name=name)
        expect_close(got, exact(*tensors), f"the penalty of {N} images", known)
    with report.criterion("gradients for the weights"):
        expect_gradients(name, contractive_two_layers, exact, tensors, ["W₁", "b₁", "W₂"])
    with report.criterion("no Jacobian is built"):
        n, d, h, k = 64, 100, 40, 20
        big = [draw(35, n, d), draw(36, h, d) / 10, draw(37, h), draw(38, k, h) / 6]
        got = run(contractive_two_layers, *(t.clone() for t in big), name=name)
        expect_close(got, exact(*big), f"the penalty of {n} images", rtol=1e-3)
        cost = run(lambda: _cost(contractive_two_layers, *big), name=name)
        needed = 2 * (n * d * h + h * h * d + h * h * k + n * h * h)
        expect(
            float(to_tensor(cost, "the cost")) < 3 * needed,
            f"{float(to_tensor(cost, 'the cost')) / needed:.0f} times the multiplications of the "
            "closed form: something of the size of a Jacobian is built for every image. Sum over "
            "pixels (W₁W₁ᵀ) and over code numbers (W₂ᵀW₂) once, before any image is looked at",
            "jacobian-built",
        )
