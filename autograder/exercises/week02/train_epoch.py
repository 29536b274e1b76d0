"""Week 2: one epoch of training in random batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close
from autograder.exercises import GRADER_SEED, Exercise, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw, Part, Seed

EXERCISE = Exercise(
    "train_epoch",
    signature="def train_epoch(model, x, optimizer, batch_size, generator):",
    right={
        "split": """
            total = 0.0
            order = torch.randperm(len(x), generator=generator)
            for piece in order.split(batch_size):
                batch = x[piece]
                loss = ((model(batch) - batch) ** 2).sum(dim=1).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            return total / len(x)
        """,
        "slices, zero_grad at the end": """
            n = x.shape[0]
            order = torch.randperm(n, generator=generator)
            errors = []
            optimizer.zero_grad()
            for start in range(0, n, batch_size):
                batch = x[order[start:start + batch_size]]
                per_image = (model(batch) - batch).pow(2).flatten(1).sum(1)
                per_image.mean().backward()
                optimizer.step()
                optimizer.zero_grad()
                errors.append(per_image.detach())
            return torch.cat(errors).mean()
        """,
        "gradients by autograd.grad": """
            total = 0.0
            for piece in torch.split(torch.randperm(len(x), generator=generator), batch_size):
                batch = x[piece]
                summed = F.mse_loss(model(batch), batch, reduction="sum")
                parameters = [p for g in optimizer.param_groups for p in g["params"]]
                for p, g in zip(parameters, torch.autograd.grad(summed / len(piece), parameters)):
                    p.grad = g
                optimizer.step()
                total += float(summed.detach())
            return total / len(x)
        """,
    },
    wrong={
        "not-zeroed": {"optimizer.zero_grad()": "pass"},
        "no-step": {"optimizer.step()": "pass"},
        "not-shuffled": {"torch.randperm(len(x), generator=generator)": "torch.arange(len(x))"},
        "last-batch-dropped": {
            "order.split(batch_size)": (
                "[p for p in order.split(batch_size) if len(p) == batch_size]"
            )
        },
        "one-batch-only": {"    return total": "        return total / len(x)\n    return total"},
        "mean-over-pixels": {
            "((model(batch) - batch) ** 2).sum(dim=1).mean()": "F.mse_loss(model(batch), batch)"
        },
        "sum-over-batch": {".sum(dim=1).mean()": ".sum()"},
        "mean-of-means": {
            " * len(batch)": "",
            "total / len(x)": "total / math.ceil(len(x) / batch_size)",
        },
        "last-batch": {"total += loss.item() * len(batch)": "total = loss.item()", " / len(x)": ""},
        "mode-changed": {"total = 0.0": "model.train(); total = 0.0"},
        "uphill": {"loss = ((": "loss = -(("},
        "sum-of-means": {" * len(batch)": "", " / len(x)": ""},
    },
)

N, D, LR = 11, 4, 0.02
X = torch.randn(N, D, generator=grader_generator(8))
WEIGHT = torch.randn(D, D, generator=grader_generator(9)) / 3
ORDER = torch.randperm(N, generator=torch.Generator().manual_seed(GRADER_SEED))
STILL = Mistake("no-step", WEIGHT, "the weights did not move: backward() and step()?")
UPHILL = "the weights went uphill"
Batches = list[Tensor]  # numbers of the images of each


def descend(
    batches: Batches, *, zero: bool = True, scale: float = 1.0, sums: bool = False
) -> tuple[Tensor, list[tuple[float, int]]]:
    """Train x̂ = x Wᵀ by hand in float64.

    Args:
        batches: numbers of the images of each.
        zero: whether gradients are cleared.
        scale: factor of the loss.
        sums: whether the loss is a sum over the batch.

    Returns:
        W afterwards, and loss and number of images of every batch.
    """
    w, x = WEIGHT.double().clone(), X.double()
    kept, losses = torch.zeros_like(w), []
    for index in batches:
        batch = x[index]
        residual = batch @ w.T - batch
        losses.append((float((residual**2).sum(1).mean()), len(index)))
        gradient = scale * 2 * residual.T @ batch / (1 if sums else len(index))
        kept = gradient if zero else kept + gradient
        w = w - LR * kept
    return w, losses


def answer(train_epoch: Callable, batch_size: int) -> tuple[object, Tensor]:
    """Return what the student's function returned, and the weights afterwards."""
    return model_access.epoch(train_epoch, WEIGHT, X, LR, batch_size, GRADER_SEED)


def expect_weights(got: Tensor, batch_size: int, what: str, known: list[Mistake]) -> None:
    """Compare with training by hand."""
    right = descend(list(ORDER.split(batch_size)))[0]
    expect_close(got, right, f"the weights after {what}", [STILL, *known], rtol=1e-3)


@EXERCISE.criterion("steps on every image, in the order asked for", points=1)
def steps(train_epoch: Callable) -> None:
    """Batches of 4, the last of them short."""
    _, got = answer(train_epoch, 4)
    batches, stored = list(ORDER.split(4)), list(torch.arange(N).split(4))
    order = "the images came in their stored order, not in a random one"
    first = "only the first batch was used: is `return` inside the loop?"
    dropped, one = descend(batches[:-1])[0], descend(batches[:1])[0]
    kept, pixels = descend(batches, zero=False)[0], descend(batches, scale=1 / D)[0]
    known = [
        Mistake("uphill", descend(batches, scale=-1)[0], UPHILL),
        Mistake("not-shuffled", descend(stored)[0], order),
        Mistake("last-batch-dropped", dropped, "the last, shorter batch was left out"),
        Mistake("one-batch-only", one, first),
        Mistake("step-per-epoch", descend([ORDER])[0], "one step for the whole epoch"),
        Mistake("not-zeroed", kept, "gradients of earlier steps add up"),
        Mistake("mean-over-pixels", pixels, "loss averaged over pixels"),
        Mistake("sum-over-batch", descend(batches, sums=True)[0], "loss summed over the batch"),
    ]
    expect_weights(got, 4, "an epoch in batches of 4", known)


@EXERCISE.criterion("gradients are cleared", points=1)
def cleared(train_epoch: Callable) -> None:
    """Batches of 3."""
    kept = descend(list(ORDER.split(3)), zero=False)[0]
    why = "gradients of earlier steps add up; call optimizer.zero_grad()"
    known = [Mistake("not-zeroed", kept, why)]
    expect_weights(answer(train_epoch, 3)[1], 3, "an epoch in batches of 3", known)


@EXERCISE.criterion("the loss that is minimised", points=1)
def loss(train_epoch: Callable) -> None:
    """One step on everything: the order does not matter."""
    whole = [ORDER]
    pixels = "the loss was averaged over pixels; sum them"
    batch = "the loss was summed over the batch; average over its images"
    half = "half the squared error was minimised"
    known = [
        Mistake("uphill", descend(whole, scale=-1)[0], UPHILL),
        Mistake("mean-over-pixels", descend(whole, scale=1 / D)[0], pixels),
        Mistake("sum-over-batch", descend(whole, sums=True)[0], batch),
        Mistake("halved", descend(whole, scale=0.5)[0], half),
    ]
    expect_weights(answer(train_epoch, N)[1], N, "one step on all images", known)


@EXERCISE.criterion(
    "the mean that is returned",
    points=1,
    alone="the training is right, what is returned is not: the mean over all images of the squared "
    "error per image",
)
def returned(train_epoch: Callable) -> None:
    """Over all images, where the last batch is short."""
    value, _ = answer(train_epoch, 4)
    losses = descend(list(ORDER.split(4)))[1]
    total, means = sum(each * count for each, count in losses), sum(each for each, _ in losses)
    short = "the mean of the batch means: a short batch counts as much as a full one"
    known = [
        Mistake("mean-of-means", means / len(losses), short),
        Mistake("total", total, "the total over images; divide by their number"),
        Mistake("sum-of-means", means, "the sum of the batch means"),
        Mistake("last-batch", losses[-1][0], "the loss of the last batch only"),
        Mistake("mean-over-pixels", total / N / D, "averaged over pixels; sum them"),
    ]
    expect_close(value, total / N, "the returned value", known, rtol=1e-3)


def stage(seed: int) -> dict[str, Any]:
    """Make a model in eval mode, and its optimiser."""
    import torch

    model = torch.nn.Linear(4, 4).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)) / 3)
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.02)}


def mean_error(
    model: torch.nn.Linear,
    x: Tensor,
    optimizer: object,
    batch_size: int,
    generator: torch.Generator,
) -> float:
    """Return the mean error of an epoch, with the gradients worked out by hand."""
    w, b = model.weight.detach().clone(), model.bias.detach().clone()
    total = 0.0
    for index in torch.randperm(len(x), generator=generator).split(batch_size):
        residual = x[index] @ w.T + b - x[index]
        total += float((residual**2).sum())
        w = w - 0.02 * 2 * residual.T @ x[index] / len(index)
        b = b - 0.02 * 2 * residual.mean(0)
    return total / len(x)


@EXERCISE.conduct(
    right=mean_error,
    stage=stage,
    allows={
        "model-changed": "it trains the model",
        "grads-left-behind": "the gradients of the last step may stay",
    },
    rtol=1e-3,
)
def arguments(new: Draw, n: int) -> Arguments:
    """A linear model in eval mode, which it must stay in."""
    return {
        "model": Part("model"),
        "x": new.normal(n, 4),
        "optimizer": Part("optimizer"),
        "batch_size": new.alternate(4, 3),
        "generator": Seed(new.whole(1, 99)),
    }
