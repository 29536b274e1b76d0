"""Hidden checks of week 5's Jacobians: against J = W₂ diag(s') W₁ written out in float64."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.checks.week05.common import (
    D,
    H,
    K,
    N,
    draw,
    expect_gradients,
    reduced,
    slope,
    squared,
)
from autograder.hall.errand import errand
from autograder.report import Report, check


@errand
def _loop(contractive_loop, x, w1, b1, w2, v, c):
    import warnings

    import torch

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.b1 = torch.nn.Parameter(w1.clone()), torch.nn.Parameter(b1.clone())
            self.w2 = torch.nn.Parameter(w2.clone())
            self.v, self.c = torch.nn.Parameter(v.clone()), torch.nn.Parameter(c.clone())

        def encode(self, x):
            return torch.sigmoid(x @ self.w1.T + self.b1) @ self.w2.T

        def decode(self, z):
            return torch.tanh(z @ self.v.T + self.c)

        def forward(self, x):
            return self.decode(self.encode(x))

    model, given = Probe(), x.clone()
    with warnings.catch_warnings():  # backward() with create_graph has one; the check says more
        warnings.simplefilter("ignore")
        value = contractive_loop(model, given)
    left = any(p.grad is not None for p in model.parameters())
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return value, None, left
    wanted = [model.w1, model.b1, model.w2]
    found = torch.autograd.grad(value.sum(), wanted, allow_unused=True)
    return value.detach(), list(found), left


@errand
def _normed(contractive_loop, x, w, mean, var):
    import torch

    class Normed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(w.clone())
            self.norm = torch.nn.BatchNorm1d(len(w)).double()
            self.norm.running_mean.copy_(mean)
            self.norm.running_var.copy_(var)

        def encode(self, x):
            return torch.sigmoid(self.norm(x @ self.w.T))

        def decode(self, z):
            return z @ self.w

        def forward(self, x):
            return self.decode(self.encode(x))

    found = []
    for mode in (False, True):
        model = Normed().train(mode)
        value = contractive_loop(model, x.clone())
        value = value.detach() if isinstance(value, torch.Tensor) else value
        found.append((value, model.training is mode and model.norm.training is mode))
    return found


def _check_normed(contractive_loop: Callable) -> None:
    """Batch normalisation in training mode must not couple the images."""
    x, w, mean = draw(7, N, D), draw(8, K, D), draw(9, K)
    var = draw(10, K) ** 2 + 0.5

    def encode(x: Tensor, training: bool) -> Tensor:
        a = x @ w.T
        if training:
            mu, v = a.mean(0), a.var(0, unbiased=False)
        else:
            mu, v = mean, var
        return ((a - mu) / (v + 1e-5).sqrt()).sigmoid()

    fixed = slope((x @ w.T - mean) / (var + 1e-5).sqrt())[:, :, None] * w
    right = squared(fixed / (var + 1e-5).sqrt()[:, None]).mean()
    j = torch.autograd.functional.jacobian(lambda x: encode(x, True), x)  # (N, K, N, D)
    message = (
        "with batch normalisation in training mode the code of an image depends on the rest of "
        "its batch; call encode in eval mode, then go back to the mode that the model had"
    )
    known = [
        Mistake("batch-norm-coupled", (j.sum(0) ** 2).sum() / N, message),
        Mistake("batch-norm-coupled", (j**2).sum() / N, message),
        Mistake(
            "batch-norm-coupled",
            squared(torch.stack([j[i, :, i] for i in range(N)])).mean(),
            message,
        ),
    ]
    found = run(
        lambda: _normed(contractive_loop, x, w, mean, var), name="contractive_loop, batch norm"
    )
    for (value, same_mode), mode in zip(found, ("eval", "training"), strict=True):
        what = f"the penalty of a model with batch normalisation, in {mode} mode,"
        expect_close(value, right, what, known)
        expect(
            same_mode is True,
            f"a model in {mode} mode was left in the other one: training would go on with frozen "
            "(or test with changing) statistics; put the mode back",
            "mode-changed",
        )


@check(
    {"the squared norm": 1, "mean over the batch, in eval mode": 1, "gradients for the weights": 1}
)
def contractive_loop(report: Report, contractive_loop: Callable) -> None:
    """An encoder whose Jacobian is known, a decoder with another one, and batch normalisation."""
    x, w1, b1, w2 = draw(1, N, D), draw(2, H, D), draw(3, H), draw(4, K, H)
    v, c = draw(5, D, K), draw(6, D)

    def answer(x: Tensor) -> tuple:
        parts = ("the penalty", "its gradients", "gradients left behind")
        value = run(lambda: _loop(contractive_loop, x, w1, b1, w2, v, c), name="contractive_loop")
        return to_pair(value, "contractive_loop", parts)

    def jacobian(x: Tensor, w1: Tensor = w1, b1: Tensor = b1, w2: Tensor = w2) -> Tensor:
        return torch.einsum("kh,nh,hd->nkd", w2, slope(x @ w1.T + b1), w1)

    def known(x: Tensor) -> list[Mistake]:
        z = (x @ w1.T + b1).sigmoid() @ w2.T
        decoder = (1 - (z @ v.T + c).tanh() ** 2)[:, :, None] * v  # (n, D, K)
        whole = decoder @ jacobian(x)
        of_decoder, of_both = squared(decoder), squared(whole)
        return [
            *reduced(jacobian(x), K),
            Mistake(
                "decoder-jacobian",
                of_decoder.mean(),
                "this is the Jacobian of the decoder; penalise ∂h/∂x, the encoder's",
            ),
            Mistake("decoder-jacobian", of_decoder.sum(), "the decoder's Jacobian, summed"),
            Mistake(
                "whole-autoencoder",
                of_both.mean(),
                "this is the Jacobian of the reconstruction, ∂x̂/∂x; penalise ∂h/∂x",
            ),
            Mistake("whole-autoencoder", of_both.sum(), "the Jacobian of the reconstruction"),
            Mistake(
                "slope-missing",
                ((w2 @ w1) ** 2).sum(),
                "the weights alone: the slope of the sigmoid is missing",
            ),
        ]

    with report.criterion("the squared norm"):
        one = x[:1]
        value, _, _ = answer(one)
        right = squared(jacobian(one)).mean()
        expect_close(value, right, "the penalty of one image", known(one))
    with report.criterion("mean over the batch, in eval mode"):
        value, _, _ = answer(x)
        expect_close(value, squared(jacobian(x)).mean(), f"the penalty of {N} images", known(x))
        _check_normed(contractive_loop)
    with report.criterion("gradients for the weights"):
        value, found, left = answer(x)
        to_tensor(value, "the penalty")
        expect(
            found is not None and all(g is not None for g in found),
            "no gradient reaches the weights: pass create_graph=True to torch.autograd.grad, and "
            "detach nothing on the way",
            "no-gradient",
        )
        expect(
            left is False,
            "backward() added to the `.grad` of the weights, so that the next step of training "
            "would be wrong; torch.autograd.grad leaves them alone",
            "grads-left-behind",
        )
        weights = [w.clone().requires_grad_() for w in (w1, b1, w2)]
        right = torch.autograd.grad(squared(jacobian(x, *weights)).mean(), weights)
        for got, wanted, what in zip(found, right, ("W₁", "b₁", "W₂"), strict=True):
            expect_close(
                got,
                wanted,
                f"the gradient of the penalty for {what}",
                [Mistake("sum-over-batch", N * wanted, "summed over the batch")],
            )


@check({"the formula": 1, "mean over the batch": 1, "gradients for the weights": 1})
def contractive_sigmoid(report: Report, contractive_sigmoid: Callable) -> None:
    """The Jacobian of one sigmoid layer written out, first with as many units as pixels."""
    name = "contractive_sigmoid"

    def jacobian(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return slope(x @ w.T + b)[:, :, None] * w

    def exact(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return squared(jacobian(x, w, b)).mean()

    def known(x: Tensor, w: Tensor, b: Tensor) -> list[Mistake]:
        a = x @ w.T + b
        h, rows = a.sigmoid(), (w**2).sum(1)
        transposed = []
        if w.shape[0] == w.shape[1]:  # otherwise the shapes do not fit, and Python says so
            transposed = [
                Mistake(
                    "transposed-weights",
                    (slope(a) ** 2 @ (w**2).sum(0)).mean(),
                    "columns of W were squared and summed: row k belongs to unit k",
                ),
                Mistake(
                    "transposed-weights",
                    (slope(x @ w + b) ** 2 @ rows).mean(),
                    "x @ weight, where x @ weight.T computes W x for rows",
                ),
            ]
        return [
            *transposed,
            Mistake("slope-missing", (w**2).sum(), "the slope of the sigmoid is missing"),
            Mistake(
                "slope-not-squared",
                (slope(a) @ rows).mean(),
                "h(1 − h) must be squared: it belongs to J, and J is squared",
            ),
            Mistake(
                "slope-of-preactivation",
                ((a * (1 - a)) ** 2 @ rows).mean(),
                "a(1 − a) with a = W x + b: the slope is h(1 − h), with h after the sigmoid",
            ),
            Mistake("sigmoid-twice", (slope(h) ** 2 @ rows).mean(), "a sigmoid of a sigmoid"),
            Mistake("slope-of-tanh", ((1 - h**2) ** 2 @ rows).mean(), "1 − h² is tanh's slope"),
            Mistake("h-not-slope", (h**2 @ rows).mean(), "h, where its slope belongs"),
            Mistake("bias-missing", exact(x, w, 0 * b), "the bias was left out"),
            Mistake(
                "norms-multiplied",
                ((slope(a) ** 2).sum(1) * rows.sum()).mean(),
                "the norm of all of W for every unit: each unit has its own row",
            ),
            Mistake(
                "weights-not-squared",
                ((slope(a) ** 2) @ w.sum(1)).mean(),
                "the weights were not squared",
            ),
            *reduced(jacobian(x, w, b), w.shape[0]),
        ]

    with report.criterion("the formula"):
        one = [draw(11, 1, 4), draw(12, 4, 4), draw(13, 4)]
        got = run(contractive_sigmoid, *(t.clone() for t in one), name=name)
        expect_close(got, exact(*one), "the penalty of one image, 4 units, 4 pixels", known(*one))
    with report.criterion("mean over the batch"):
        many = [draw(14, N, D), draw(15, K, D), draw(16, K)]
        got = run(contractive_sigmoid, *(t.clone() for t in many), name=name)
        expect_close(got, exact(*many), f"the penalty of {N} images", known(*many))
        lowered = [t.float() for t in many]
        got = run(contractive_sigmoid, *lowered, name=name)
        expect_close(got, exact(*many), "the same in float32", rtol=1e-3)
    with report.criterion("gradients for the weights"):
        many = [draw(17, N, D), draw(18, K, D), draw(19, K)]
        expect_gradients(name, contractive_sigmoid, exact, many, ["W", "b"])
