"""Week 5: the contractive penalty of any encoder, one gradient for each code number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.exercises.week05 import _jacobians as exact
from autograder.exercises.week05._jacobians import D, H, K, N, draw, penalty, squared
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "contractive_loop",
    signature="def contractive_loop(model, x):",
    right={
        "one gradient per code number": """
            mode = model.training
            model.eval()
            x = x.clone().requires_grad_()
            h = model.encode(x)
            model.train(mode)
            total = 0.0
            for j in range(h.shape[1]):
                g = torch.autograd.grad(h[:, j].sum(), x, create_graph=True)[0]
                total = total + (g ** 2).sum()
            return total / len(x)
        """,
        "image by image": """
            norms = []
            mode = model.training
            model.train(False)
            for row in x:
                row = row[None].detach().requires_grad_(True)
                code = model.encode(row)[0]
                rows = [torch.autograd.grad(c, row, create_graph=True)[0] for c in code]
                norms.append(sum(r.pow(2).sum() for r in rows))
            model.train(mode)
            return torch.stack(norms).mean()
        """,
        "unit vectors from the left, every module's mode kept": """
            x = x.detach().requires_grad_()
            modes = [(m, m.training) for m in model.modules()]
            try:
                model.eval()
                h = model.encode(x)
            finally:
                for m, mode in modes:
                    m.training = mode
            squares = torch.zeros(len(x), dtype=x.dtype)
            for e in torch.eye(h.shape[1], dtype=h.dtype):
                (g,) = torch.autograd.grad(h, x, e.expand_as(h), create_graph=True)
                squares = squares + g.square().sum(dim=1)
            return squares.mean()
        """,
    },
    wrong={
        "decoder-jacobian": {
            "x = x.clone().requires_grad_()": "z = model.encode(x).detach().requires_grad_()",
            "h = model.encode(x)": "h = model.decode(z)",
            "x, create_graph": "z, create_graph",
        },
        "whole-autoencoder": {"model.encode(x)": "model(x)"},
        "not-squared": {
            "(g ** 2).sum()": "(g ** 2).sum(1)",
            "total / len(x)": "total.sqrt().mean()",
        },
        "sum-over-batch": {" / len(x)": ""},
        "no-gradient": {"create_graph": "retain_graph"},
        "summed-outputs": {"h.shape[1]": "1", "h[:, j]": "h"},
        "mean-over-code": {"len(x)": "h.numel()"},
        "mean-over-entries": {"len(x)": "len(x) / h.shape[1] / x.shape[1]"},
        "absolute-values": {"(g ** 2)": "g.abs()"},
        "last-output-only": {"total + (g ** 2)": "(g ** 2)"},
        "batch-norm-coupled": {
            "mode = model.training": "",
            "model.eval()": "",
            "model.train(mode)": "",
        },
        "mode-changed": {"model.train(mode)": ""},
        "grads-left-behind": """
            x = x.clone().requires_grad_()
            h = model.encode(x)
            total = 0.0
            for j in range(h.shape[1]):
                x.grad = None
                h[:, j].sum().backward(create_graph=True)
                total = total + (x.grad ** 2).sum()
            return total / len(x)
        """,
        "one-per-image": {"(g ** 2).sum()": "(g ** 2).sum(1)", " / len(x)": ""},
    },
)

X, W1, B1, W2 = draw(1, N, D), draw(2, H, D), draw(3, H), draw(4, K, H)
V, C = draw(5, D, K), draw(6, D)
WEIGHTS = (W1, B1, W2, V, C)
PARTS = ("the penalty", "its gradients", "gradients left behind", "the mode kept")


@remote_call
def _look(contractive_loop, x, w1, b1, w2, v, c, training=True, statistics=None):
    """Return the penalty, its gradients, whether `.grad` was touched and the mode was kept."""
    import warnings

    import torch

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.b1, self.w2, self.v, self.c = (
                torch.nn.Parameter(t.clone()) for t in (w1, b1, w2, v, c)
            )
            norm = torch.nn.BatchNorm1d(len(w1)).double()
            if statistics is not None:
                norm.running_mean, norm.running_var = (s.clone() for s in statistics)
            self.norm = torch.nn.Identity() if statistics is None else norm

        def encode(self, x):
            return torch.sigmoid(self.norm(x @ self.w1.T + self.b1)) @ self.w2.T

        def decode(self, z):
            return torch.tanh(z @ self.v.T + self.c)

        def forward(self, x):
            return self.decode(self.encode(x))

    model = Probe().train(training)
    with warnings.catch_warnings():  # backward(create_graph=True) warns; the report says more
        warnings.simplefilter("ignore")
        value = contractive_loop(model, x.clone())
    left = any(p.grad is not None for p in model.parameters())
    kept = model.training is training and model.norm.training is training
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return value, None, left, kept
    wanted = [model.w1, model.b1, model.w2]
    found = torch.autograd.grad(value.sum(), wanted, allow_unused=True)
    return value.detach(), list(found), left, kept


def look(contractive_loop: Callable, *given: object, name: str = EXERCISE.name) -> tuple:
    """Return what `_look` finds for a model whose encoder and decoder have known Jacobians."""
    return to_pair(run(lambda: _look(contractive_loop, *given), name=name), name, PARTS)


def expect_penalty(contractive_loop: Callable, x: Tensor, what: str) -> None:
    """Compare the penalty with the one in closed form."""
    encoder = exact.jacobian(x, W1, B1, W2)
    z = (x @ W1.T + B1).sigmoid() @ W2.T
    decoder = (1 - (z @ V.T + C).tanh() ** 2)[:, :, None] * V  # (n, D, K)
    of_decoder, of_both = squared(decoder), squared(decoder @ encoder)
    wrong_side = "this is the Jacobian of the decoder; penalise ∂h/∂x, the encoder's"
    too_much = "this is the Jacobian of the reconstruction, ∂x̂/∂x; penalise ∂h/∂x"
    weights = "the weights alone: the slope of the sigmoid is missing"
    known = [
        *exact.reduced(encoder),
        Mistake("decoder-jacobian", of_decoder.mean(), wrong_side),
        Mistake("decoder-jacobian", of_decoder.sum(), "the decoder's Jacobian, summed"),
        Mistake("whole-autoencoder", of_both.mean(), too_much),
        Mistake("whole-autoencoder", of_both.sum(), "the Jacobian of the reconstruction"),
        Mistake("slope-missing", ((W2 @ W1) ** 2).sum(), weights),
    ]
    expect_close(look(contractive_loop, x, *WEIGHTS)[0], squared(encoder).mean(), what, known)


@EXERCISE.criterion("the squared norm", points=1)
def squared_norm(contractive_loop: Callable) -> None:
    """One image."""
    expect_penalty(contractive_loop, X[:1], "the penalty of one image")


def coupled(x: Tensor, w: Tensor) -> list[Mistake]:
    """Return what becomes of the penalty if batch normalisation stays in training mode."""

    def encode(x: Tensor) -> Tensor:
        a = x @ w.T
        return ((a - a.mean(0)) / (a.var(0, unbiased=False) + 1e-5).sqrt()).sigmoid()

    j = torch.autograd.functional.jacobian(encode, x)  # (N, K, N, D)
    own = torch.stack([j[i, :, i] for i in range(N)])
    message = (
        "with batch normalisation in training mode the code of an image depends on the rest of "
        "its batch; call encode in eval mode, then go back to the mode that the model had"
    )
    values = [(j.sum(0) ** 2).sum() / N, (j**2).sum() / N, squared(own).mean()]
    return [Mistake("batch-norm-coupled", value, message) for value in values]


@EXERCISE.criterion("mean over the batch, in eval mode", points=1)
def mean_in_eval_mode(contractive_loop: Callable) -> None:
    """A batch; then batch normalisation, which couples its images in training mode."""
    expect_penalty(contractive_loop, X, f"the penalty of {N} images")
    x, w, mean, variance = draw(7, N, D), draw(8, K, D), draw(9, K), draw(10, K) ** 2 + 0.5
    deviation = (variance + 1e-5).sqrt()
    right = penalty(x, w / deviation[:, None], -mean / deviation)
    plain = (w, torch.zeros_like(mean), torch.eye(K).double(), w.T, torch.zeros(D).double())
    name = "contractive_loop, batch norm"
    for training, mode in ((False, "eval"), (True, "training")):
        given = (x, *plain, training, (mean, variance))
        value, _, _, kept = look(contractive_loop, *given, name=name)
        what = f"the penalty of a model with batch normalisation, in {mode} mode,"
        expect_close(value, right, what, coupled(x, w))
        expect(
            kept is True,
            f"a model in {mode} mode was left in the other one: training would go on with frozen "
            "(or test with changing) statistics; put the mode back",
            "mode-changed",
        )


@EXERCISE.criterion("gradients for the weights", points=1)
def weight_gradients(contractive_loop: Callable) -> None:
    """The gradients for the weights of the encoder, and no `.grad` touched on the way."""
    value, found, left, _ = look(contractive_loop, X, *WEIGHTS)
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
    right = exact.gradients(penalty, X, W1, B1, W2)
    for got, wanted, what in zip(found, right, ("W₁", "b₁", "W₂"), strict=True):
        known = [Mistake("sum-over-batch", N * wanted, "summed over the batch")]
        expect_close(got, wanted, f"the gradient of the penalty for {what}", known)


def stage(seed: int) -> dict[str, Any]:
    """Make a model in training mode, with dropout, whose encoder has a known Jacobian."""
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            rng = torch.Generator().manual_seed(seed)
            self.w1 = torch.nn.Parameter(torch.randn(4, 5, generator=rng))
            self.b1 = torch.nn.Parameter(torch.randn(4, generator=rng))
            self.w2 = torch.nn.Parameter(torch.randn(3, 4, generator=rng))
            self.dropout = torch.nn.Dropout(0.5)

        def encode(self, x):
            return self.dropout(torch.sigmoid(x @ self.w1.T + self.b1)) @ self.w2.T

        def decode(self, z):
            return z @ self.w2 @ self.w1

        def forward(self, x):
            return self.decode(self.encode(x))

    return {"model": Model()}


def of_encoder(model: Any, x: Tensor) -> Tensor:
    """Return the penalty in closed form."""
    return penalty(x, model.w1, model.b1, model.w2).detach()


@EXERCISE.conduct(right=of_encoder, stage=stage, trains=["model"], rtol=1e-3)
def arguments(new: Draw, n: int) -> Arguments:
    """A model and images."""
    return {"model": Part("model"), "x": new.normal(n, 5)}
