"""Week 5: the penalty on weights, L2 or L1, which leaves biases alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "weight_penalty",
    signature="def weight_penalty(model, power):",
    right={
        "sum over parameters": """
            return sum((w.abs() ** power).sum() for w in model.parameters() if w.ndim >= 2)
        """,
        "loop and two cases": """
            total = torch.zeros(())
            for name, p in model.named_parameters():
                if p.dim() < 2:
                    continue
                if power == 1:
                    total = total + torch.sum(torch.abs(p))
                else:
                    total = total + torch.sum(p * p)
            return total
        """,
        "one long vector and its norm": """
            flat = torch.cat([p.reshape(-1) for p in model.parameters() if len(p.shape) > 1])
            return torch.linalg.vector_norm(flat, ord=power) ** power
        """,
    },
    wrong={
        "bias-regularised": {" if w.ndim >= 2": ""},
        "by-name": {
            "for w in model.parameters() if w.ndim >= 2": (
                "for n, w in model.named_parameters() if 'weight' in n"
            )
        },
        "matrices-only": {">= 2": "== 2"},
        "not-squared": {"(w.abs() ** power).sum()": "torch.linalg.vector_norm(w, power)"},
        "mean": {".sum()": ".mean()"},
        "no-absolute-value": {".abs()": ""},
        "no-gradient": {".abs()": ".data.abs()"},
        "first-layer-only": "return (next(model.parameters()).abs() ** power).sum()",
        "halved": {"w.ndim >= 2)": "w.ndim >= 2) / power"},
        "powers-swapped": {"** power": "** (3 - power)"},
    },
)

# Linear layer, layer norm, linear layer, convolution: weight and bias of each.
SHAPES = [(3, 5), (3,), (3,), (3,), (5, 3), (5,), (2, 1, 3, 3), (2,)]
WEIGHTS, BY_NAME, MATRICES, EVERYTHING = (0, 4, 6), (0, 2, 4, 6), (0, 4), tuple(range(8))
DRAWS = grader_generator(1)
VALUES = [torch.randn(s, generator=DRAWS, dtype=torch.float64) + 0.1 for s in SHAPES]


@remote_call
def _penalty_and_gradients(weight_penalty, values, power):
    import torch
    from torch import nn

    model = nn.ModuleList(
        [nn.Linear(5, 3), nn.LayerNorm(3), nn.Linear(3, 5), nn.Conv2d(1, 2, 3)]
    ).double()
    with torch.no_grad():
        for p, value in zip(model.parameters(), values, strict=True):
            p.copy_(value)
    penalty = weight_penalty(model, power)
    if not isinstance(penalty, torch.Tensor) or not penalty.requires_grad:
        return penalty, [None for _ in values]
    found = torch.autograd.grad(penalty.sum(), list(model.parameters()), allow_unused=True)
    return penalty.detach(), list(found)


def answer(weight_penalty: Callable, power: int) -> tuple[object, list]:
    """Return the student's penalty, and its gradient for every parameter."""
    pair = run(lambda: _penalty_and_gradients(weight_penalty, VALUES, power), name="weight_penalty")
    value, found = to_pair(pair, "weight_penalty", ("the penalty", "its gradients"))
    return value, found


def square(w: Tensor) -> Tensor:
    """Return the sum of the squares."""
    return (w**2).sum()


def absolute(w: Tensor) -> Tensor:
    """Return the sum of the absolute values."""
    return w.abs().sum()


def over(which: tuple[int, ...], f: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the sum of `f` over some of the parameters."""
    return torch.stack([f(VALUES[i]) for i in which]).sum()


def known_mistakes(f: Callable[[Tensor], Tensor]) -> list[Mistake]:
    """Return the mistakes that L2 and L1 have in common."""
    count = sum(VALUES[i].numel() for i in WEIGHTS)
    of_each = over(WEIGHTS, lambda w: f(w) / w.numel())
    return [
        Mistake("bias-regularised", over(EVERYTHING, f), "biases were penalised too"),
        Mistake(
            "by-name",
            over(BY_NAME, f),
            "the scale of a normalisation layer is called `weight` as well: count dimensions",
        ),
        Mistake(
            "matrices-only",
            over(MATRICES, f),
            "the kernels of a convolution have four dimensions and are weights too",
        ),
        Mistake("first-layer-only", f(VALUES[0]), "only the first layer was penalised"),
        Mistake("mean", over(WEIGHTS, f) / count, "the mean over weights; sum them"),
        Mistake("mean", of_each, "the mean over the weights of each layer; sum them"),
    ]


@EXERCISE.criterion("L2, without biases", points=1)
def l2(weight_penalty: Callable) -> None:
    """The sum of squares over a linear, a normalising and a convolutional layer."""
    right = over(WEIGHTS, square)
    norms = over(WEIGHTS, lambda w: square(w).sqrt())
    known = [
        Mistake("not-squared", right.sqrt(), "a square root was taken; square the norm"),
        Mistake("not-squared", norms, "norms were added; add their squares"),
        Mistake("halved", right / 2, "half of it; there is no ½ in the definition"),
        Mistake("powers-swapped", over(WEIGHTS, absolute), "this is L1"),
        *known_mistakes(square),
    ]
    expect_close(answer(weight_penalty, 2)[0], right, "the L2 penalty", known)


@EXERCISE.criterion("L1, without biases", points=1)
def l1(weight_penalty: Callable) -> None:
    """The sum of absolute values over the same layers."""
    signed = over(WEIGHTS, torch.sum)
    known = [
        Mistake(
            "no-absolute-value",
            signed,
            "positive and negative weights cancel: take absolute values",
        ),
        Mistake("powers-swapped", over(WEIGHTS, square), "this is L2"),
        Mistake("always-l2", over(WEIGHTS, square), "`power` was not used"),
        *known_mistakes(absolute),
    ]
    expect_close(answer(weight_penalty, 1)[0], over(WEIGHTS, absolute), "the L1 penalty", known)


@EXERCISE.criterion("a gradient for every weight", points=1)
def gradients(weight_penalty: Callable) -> None:
    """The gradient of Σ w² is 2w for weights, and 0 or none for everything else."""
    value, found = answer(weight_penalty, 2)
    to_tensor(value, "the L2 penalty")
    for i in WEIGHTS:
        expect(
            found[i] is not None,
            f"no gradient reaches a weight of shape {SHAPES[i]}: `.data`, `.detach()`, "
            "`.item()` and `float()` cut the graph",
            "no-gradient",
        )
        what = f"the gradient of Σ w² at a weight of shape {SHAPES[i]}"
        half = Mistake("halved", VALUES[i], "half of it; there is no ½ in the definition")
        expect_close(found[i], 2 * VALUES[i], what, [half])
    pulled = [
        SHAPES[i]
        for i in EVERYTHING
        if i not in WEIGHTS and found[i] is not None and bool((found[i] != 0).any())
    ]
    expect(not pulled, f"parameters of shape {pulled} are pulled too", "bias-regularised")


def stage(seed: int) -> dict[str, Any]:
    """Make a model with weights of two and of four dimensions, and a normalisation."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Conv2d(1, 2, 2))
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)))
    return {"model": model}


def of_weights(model: torch.nn.Module, power: int) -> Tensor:
    """Return the sum over the weights, whose places in the model are known."""
    weights = [list(model.parameters())[i] for i in (0, 4)]
    return torch.stack([square(w) if power == 2 else absolute(w) for w in weights]).sum()


@EXERCISE.conduct(
    right=of_weights,
    stage=stage,
    trains=["model"],
    allows={"no-gradient": "biases have none; the criteria look at the gradient of each parameter"},
)
def arguments(new: Draw, n: int) -> Arguments:
    """A model and a power."""
    return {"model": Part("model"), "power": new.alternate(1, 2)}
