"""Elective D: the error of predicted features, over hidden patches, and where its gradient goes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_d._prediction import MESSAGES, error, mistaken
from autograder.hall.protocol.remote_call import remote_call

WHOLE = "(predicted[hidden] - target.detach()[hidden]).square().mean()"
SQUARES = "(predicted - target.detach()).square()"

EXERCISE = Exercise(
    "prediction_loss",
    signature="def prediction_loss(predicted, target, hidden):",
    right={
        "chosen by booleans": f"""
            return {WHOLE}
        """,
        "torch's loss": """
            return F.mse_loss(predicted[hidden], target[hidden].detach())
        """,
        "a weight for each patch": """
            with torch.no_grad():
                wanted = target.clone()
            chosen = hidden.to(predicted.dtype)[..., None]
            total = ((predicted - wanted).pow(2) * chosen).sum()
            return total / (chosen.sum() * predicted.shape[-1])
        """,
        "patch by patch, float64": """
            losses = []
            for p, t, h in zip(predicted.double(), target.double(), hidden):
                for i in range(len(h)):
                    if h[i]:
                        apart = p[i] - t[i].detach()
                        losses.append(torch.dot(apart, apart) / len(apart))
            return torch.stack(losses).mean()
        """,
        "masked_select": """
            apart = torch.masked_select(predicted - target.data, hidden.unsqueeze(2))
            return (apart @ apart) / apart.numel()
        """,
        "places of hidden patches": """
            image, patch = torch.nonzero(hidden, as_tuple=True)
            apart = torch.sub(predicted[image, patch], target[image, patch].detach())
            return torch.linalg.vector_norm(apart) ** 2 / (len(image) * apart.shape[1])
        """,
    },
    wrong={
        "all-patches": {WHOLE: f"{SQUARES}.mean()"},
        "visible-instead": {WHOLE: f"{SQUARES}[~hidden].mean()"},
        "divided-by-all": {WHOLE: f"({SQUARES} * hidden[..., None]).mean()"},
        "summed-over-units": {".mean()": ".sum(dim=1).mean()"},
        "summed": {".mean()": ".sum()"},
        "image-by-image": {
            WHOLE: f"(({SQUARES}.mean(2) * hidden).sum(1) / hidden.sum(1)).mean()",
        },
        "absolute": {".square()": ".abs()"},
        "root": {".mean()": ".mean().sqrt()"},
        "halved": {".mean()": ".mean() / 2"},
        "smooth-l1": {WHOLE: "F.smooth_l1_loss(predicted[hidden], target.detach()[hidden])"},
        "cosine": {
            WHOLE: "1 - F.cosine_similarity(predicted[hidden], target.detach()[hidden], dim=1)"
            ".mean()"
        },
        "target-normalised": {
            "target.detach()[hidden]": "F.layer_norm(target.detach(), target.shape[-1:])[hidden]"
        },
        "both-normalised": {
            "predicted[hidden] - target.detach()[hidden]": "F.normalize(predicted[hidden], dim=1) "
            "- F.normalize(target.detach()[hidden], dim=1)"
        },
        "mean-first": {".square().mean()": ".mean().square()"},
        "lengths": {".square().mean()": ".norm(dim=1).mean()"},
        "used-as-indices": {
            "predicted[hidden]": "predicted[hidden.long()]",
            "target.detach()[hidden]": "target.detach()[hidden.long()]",
        },
        "images": {
            "predicted[hidden]": "predicted[hidden.any(1)]",
            "target.detach()[hidden]": "target.detach()[hidden.any(1)]",
        },
        "sign": {"return (": "return -("},
        "not-averaged": {".square().mean()": ".square().mean(dim=1)"},
        "target-moves": {"target.detach()[hidden]": "target[hidden]"},
        "predicted-stopped": {
            "predicted[hidden] - target.detach()[hidden]": (
                "predicted.detach()[hidden] - target[hidden]"
            )
        },
        "no-gradient": {
            "predicted[hidden] - target.detach()[hidden]": "predicted[hidden] - target[hidden]",
            ".square()": ".detach().square()",
        },
        "a-number": {".mean()": ".mean().item()"},
        "target-marked": {"target.detach()": "target.detach_()"},
        "target-of-others": {"target.detach()[hidden]": "target.detach()[hidden].flip(0)"},
    },
)

NAME = EXERCISE.name


def features(seed: int, n: int, p: int, k: int) -> tuple[Tensor, Tensor]:
    """Return predicted and target features off the origin, some far apart and some near."""
    rng = grader_generator(seed)
    target = torch.randn(n, p, k, generator=rng) * 1.5 + 0.7
    return target + 1.3 * torch.randn(n, p, k, generator=rng) + 0.4, target


def choice(seed: int, n: int, p: int, *numbers: int) -> Tensor:
    """Return booleans (n, p) that hide so many patches in each row."""
    ranks = torch.rand(n, p, generator=grader_generator(seed)).argsort(dim=1).argsort(dim=1)
    return ranks < torch.tensor(numbers)[:, None]


def expect_error(
    prediction_loss: Callable, predicted: Tensor, target: Tensor, hidden: Tensor, what: str
) -> None:
    """Compare the student's loss with a weighted sum of squares."""
    given = predicted.clone(), target.clone(), hidden.clone()
    value = run(prediction_loss, *given, name=NAME)
    for before, after in zip((predicted, target, hidden), given, strict=True):
        expect_unchanged(before, after, NAME)
    n, p, k = predicted.shape
    one = "one number for each patch or unit; take the mean over all of them"
    count = int(hidden.sum())
    shapes = [
        Mistake("not-averaged", s, one)
        for s in ((count,), (count, k), (k,), (n,), (n, p), (n, p, k), (p,), (1,))
    ]
    got = expect_shape(value, (), what, shapes)
    wide = predicted.double(), target.double(), hidden
    right = error(*wide)
    known = []
    for how, message in MESSAGES.items():
        wrong = mistaken(*wide, how)
        if torch.isfinite(wrong) and not torch.isclose(wrong, right, rtol=1e-3):
            known.append(Mistake(how, wrong, message))
    means = (wide[0] - wide[1]).square().mean(dim=2).where(hidden, torch.nan).nanmean(dim=1)
    known.append(Mistake("image-by-image", means.nanmean(), MESSAGES["image-by-image"]))
    if got.isnan():
        expect(
            bool(hidden.any(dim=1).all()),
            f"{what} is NaN, a mean of no numbers: an image may hide no patch at all. Take one "
            "mean over the hidden patches of the batch, and none of each image",
            "image-by-image",
        )
    expect_close(got, right, what, known)


def different_numbers(prediction_loss: Callable) -> None:
    """One image hides none; then from one patch to all, and a single hidden patch."""
    predicted, target = features(824, 3, 6, 5)
    hidden = choice(825, 3, 6, 0, 5, 2)
    what = "the loss of images that hide 0, 5 and 2 of 6 patches"
    expect_error(prediction_loss, predicted, target, hidden, what)
    predicted, target = features(822, 4, 6, 4)
    hidden = choice(823, 4, 6, 1, 6, 3, 4)
    what = "the loss of images that hide 1, 6, 3 and 4 of 6 patches"
    expect_error(prediction_loss, predicted, target, hidden, what)
    predicted, target = features(826, 2, 4, 3)
    hidden = choice(827, 2, 4, 0, 1)
    what = "the loss of a single hidden patch"
    expect_error(prediction_loss, predicted, target, hidden, what)


@EXERCISE.criterion("the error of hidden patches", points=1)
def of_hidden(prediction_loss: Callable) -> None:
    """Images that hide none to all of their patches, and a single hidden one; then two each."""
    try:
        different_numbers(prediction_loss)
    except CheckFailed as error:
        if error.mistake != "wrong-values":
            raise
        same_number(prediction_loss)
        text = "right where every image hides as many patches, wrong where they hide different "
        raise CheckFailed(f"{text}numbers ({error})", "only-as-many") from None
    same_number(prediction_loss)


def same_number(prediction_loss: Callable) -> None:
    """Every image hides two of five patches."""
    predicted, target = features(820, 4, 5, 3)
    hidden = choice(821, 4, 5, 2, 2, 2, 2)
    what = "the loss of 4 images, each with 2 of 5 patches hidden,"
    expect_error(prediction_loss, predicted, target, hidden, what)


@remote_call
def _ask(prediction_loss, predicted, target, hidden):
    """Return the kind of the loss, its gradients, and whether the target still asks for one."""
    import torch

    leaves = predicted.clone().requires_grad_(), target.clone().requires_grad_()
    given = leaves[0] * 1, leaves[1] * 1  # results of encoders, as in training
    value = prediction_loss(*given, hidden.clone())
    asks = given[1].requires_grad
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return isinstance(value, torch.Tensor), None, asks
    return True, list(torch.autograd.grad(value.sum(), leaves, allow_unused=True)), asks


@EXERCISE.criterion("the prediction learns, and the target does not", points=1)
def gradients(prediction_loss: Callable) -> None:
    """Where the gradient goes; a wrong loss has been charged above."""
    predicted, target = features(828, 3, 5, 4)
    hidden = choice(829, 3, 5, 2, 2, 2)
    found: Any = run(lambda: _ask(prediction_loss, predicted, target, hidden), name=NAME)
    is_tensor, grads, asks = to_pair(found, NAME, ("its kind", "its gradients", "the target"))
    expect(
        is_tensor is True,
        "the loss is a plain number: `.item()` and `float()` cut the graph, and nothing can be "
        "trained with it; return the tensor",
        "a-number",
    )
    expect(
        grads is not None,
        "the loss has no gradient at all: the prediction was detached as well, or the difference",
        "no-gradient",
    )
    to_predicted, to_target = to_pair(grads, NAME, ("for predicted", "for target"))
    reaches = to_target is not None and bool(to_tensor(to_target, "it").any())
    arrives = to_predicted is not None and bool(to_tensor(to_predicted, "it").any())
    expect(
        not reaches or arrives,
        "the gradient reaches the target, and does not reach the prediction: the wrong side was "
        "detached",
        "predicted-stopped",
    )
    expect(
        not reaches,
        "the gradient reaches the target, so that the target encoder would learn to be predicted: "
        "`target.detach()`",
        "target-moves",
    )
    expect(
        arrives,
        "no gradient reaches the prediction; it is the side that learns",
        "no-gradient",
    )
    expect(
        asks is True,
        "the caller's target asks for no gradient any more: `detach_()` and `requires_grad_()` "
        "change the tensor itself; `detach()` makes another one",
        "target-marked",
    )


@EXERCISE.conduct(
    right=error,
    trains=["predicted"],
    between=(0, math.inf),
    extremes=[
        {
            "predicted": torch.tensor([[[1.0, 2.0], [0.5, -3.0]]]),
            "target": torch.tensor([[[0.0, 4.0], [0.5, -3.0]]]),
            "hidden": torch.tensor([row]),
        }
        for row in ([True, False], [False, True], [True, True])
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Features of five patches, of which some are hidden; at the extremes one of two, and both."""
    hidden = torch.stack([new.order(5) for _ in range(n)]) < 1 + new.integers(0, 4, n, 1)
    return {"predicted": new.normal(n, 5, 3) + 1, "target": new.normal(n, 5, 3), "hidden": hidden}
