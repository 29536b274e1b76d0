"""Week 2: the mean squared error of a model over a set of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, to_tensor
from autograder.exercises import Exercise, close, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw, Part

EXERCISE = Exercise(
    "reconstruction_error",
    signature="def reconstruction_error(model, x, batch_size=500):",
    right={
        "split and sum": """
            was = model.training; model.eval()
            total = 0.0
            count = 0
            with torch.no_grad():
                for batch in x.split(batch_size):
                    total += ((model(batch) - batch) ** 2).sum().item()
            model.train(was)
            return total / len(x)
        """,
        "decorator, one tensor of errors": """
            @torch.no_grad()
            def reconstruction_error(model, x, batch_size=500):
                mode = model.training
                model.train(False)
                starts = range(0, len(x), batch_size)
                batches = [x[i:i + batch_size] for i in starts]
                errors = [((model(batch) - batch) ** 2).flatten(1).sum(1) for batch in batches]
                if mode:
                    model.train()
                return torch.cat(errors).double().mean()
        """,
        "inference mode, weighted means": """
            mode, total = model.training, 0.0
            model.eval()
            try:
                with torch.inference_mode():
                    for batch in torch.split(x, batch_size):
                        total += F.mse_loss(model(batch), batch).item() * batch.numel()
            finally:
                model.train(mode)
            return total / x.shape[0]
        """,
    },
    wrong={
        "mean-of-means": {
            ".sum().item()": ".sum(1).mean().item(); count += 1",
            "total / len(x)": "total / count",
        },
        "mean-over-pixels": {".sum().item()": ".mean(1).sum().item()"},
        "total": {"total / len(x)": "total"},
        "train-mode": {"; model.eval()": ""},
        "mode-changed": {"model.train(was)": "pass"},
        "mode-forced": {"model.train(was)": "model.train()"},
        "gradients-on": {"with torch.no_grad()": "if True"},
        "last-batch-dropped": {
            "x.split(batch_size)": "[b for b in x.split(batch_size) if len(b) == batch_size]"
        },
        "rooted": {
            "((model(batch) - batch) ** 2).sum()": "(model(batch) - batch).norm(dim=1).sum()"
        },
        "first-batch-only": {
            ".sum().item()": ".sum().item(); break",
            "len(x)": "min(batch_size, len(x))",
        },
    },
)

X = torch.randn(13, 5, generator=grader_generator(10))
WEIGHT = torch.randn(5, 5, generator=grader_generator(11)) / 2
SQUARES = ((X.double() @ WEIGHT.double().T - X.double()) ** 2).sum(1)
RIGHT = SQUARES.mean()


def known(batch_size: int) -> list[Mistake]:
    """Return what goes wrong in batches of this size."""
    means = torch.stack([piece.mean() for piece in SQUARES.split(batch_size)])
    whole = SQUARES[: len(SQUARES) // batch_size * batch_size]
    short = "the mean of the batch means: a short batch counts as much as a full one"
    return [
        Mistake("mean-over-pixels", RIGHT / 5, "averaged over pixels; sum them"),
        Mistake("total", SQUARES.sum(), "the total; divide by the number of images"),
        Mistake("mean-of-means", means.mean(), short),
        Mistake("last-batch-dropped", whole.sum() / 13, "the last, shorter batch is missing"),
        Mistake("rooted", SQUARES.sqrt().mean(), "a square root was taken"),
        Mistake("first-batch-only", SQUARES[:batch_size].mean(), "only the first batch"),
        Mistake("one-per-image", SQUARES, "one number per image; average them"),
    ]


@EXERCISE.criterion("the mean over images", points=1)
def mean(reconstruction_error: Callable) -> None:
    """Batches that do not divide the images."""
    for batch_size in (4, 13, 100, 1):
        value, _, _ = model_access.error(reconstruction_error, WEIGHT, X, batch_size)
        what = f"the error of 13 images in batches of {batch_size}"
        expect_close(value, RIGHT, what, known(batch_size) if batch_size == 4 else [])


@EXERCISE.criterion("eval mode, and back", points=1)
def eval_mode(reconstruction_error: Callable) -> None:
    """A model with dropout, in training mode at first, and then one in eval mode."""
    value, mode, _ = model_access.error(reconstruction_error, WEIGHT, X, 4, dropout=0.5)
    tensor = to_tensor(value, "the error")
    expect(
        any(close(tensor, v) for v in (RIGHT, *(m.value for m in known(4)))),
        "dropout was active while measuring: switch the model to eval mode",
        "train-mode",
    )
    expect(mode, "the model came in training mode and was left in eval mode", "mode-changed")
    _, mode, _ = model_access.error(reconstruction_error, WEIGHT, X, 4, training=False)
    expect(not mode, "the model came in eval mode and was left in training mode", "mode-forced")


@EXERCISE.criterion("no gradients", points=1)
def no_gradients(reconstruction_error: Callable) -> None:
    """Nothing is recorded."""
    value, _, recorded = model_access.error(reconstruction_error, WEIGHT, X, 4)
    to_tensor(value, "the error")
    why = "gradients were recorded: measure inside torch.no_grad()"
    expect(not recorded, why, "gradients-on")


def stage(seed: int) -> dict[str, Any]:
    """Make a model in training mode."""
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.5))
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)) / 3)
    return {"model": model}


def by_hand(model: Any, x: Tensor, batch_size: int = 500) -> float:
    """Return the mean of the squared errors, by the layer's weights."""
    layer = model[0]
    return float(((x @ layer.weight.T + layer.bias - x) ** 2).sum().detach() / len(x))


@EXERCISE.conduct(
    right=by_hand,
    stage=stage,
    extremes=[{"model": Part("model"), "x": X[:3, :4]}],  # with the default batch size
    allows={"scalar-frozen": "the batch size must not change the result"},
)
def arguments(new: Draw, n: int) -> Arguments:
    """A linear model with dropout."""
    return {"model": Part("model"), "x": new.normal(n, 4), "batch_size": new.whole(2, 9)}
