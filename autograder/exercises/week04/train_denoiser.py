"""Week 4: the training loop of a denoiser, damaged images in and clean ones out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Part, Seed
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "train_denoiser",
    signature=(
        "def train_denoiser(model, x, corrupt, loss, optimizer, epochs, batch_size, generator):"
    ),
    setup="from collections.abc import Callable\n",
    right={
        "damage in the inner loop": """
            history = []
            for epoch in range(epochs):
                total = 0.0
                order = torch.randperm(len(x), generator=generator)
                for piece in order.split(batch_size):
                    clean = x[piece]
                    damaged = corrupt(clean)
                    value = loss(model(damaged), clean)
                    optimizer.zero_grad()
                    value.backward()
                    optimizer.step()
                    total += value.item() * len(piece)
                history.append(total / len(x))
            return history
        """,
        "all images damaged at the start of every epoch": """
            history = []
            for epoch in range(epochs):
                order = torch.randperm(len(x), generator=generator)
                noisy, total = corrupt(x), 0.0
                for piece in order.split(batch_size):
                    value = loss(model(noisy[piece]), x[piece])
                    optimizer.zero_grad()
                    value.backward()
                    optimizer.step()
                    total += value.item() * len(piece)
                history.append(total / len(x))
            return history
        """,
        "slices, a helper, float32 tensors": """
            def train_denoiser(
                model, x, corrupt, loss, optimizer, epochs, batch_size, generator
            ):
                def step(target):
                    optimizer.zero_grad(set_to_none=True)
                    value = loss(model(corrupt(target)), target)
                    value.backward()
                    optimizer.step()
                    return value.detach() * target.shape[0]

                losses = torch.zeros(epochs)
                for epoch in range(epochs):
                    shuffled = x[torch.randperm(x.shape[0], generator=generator)]
                    for start in range(0, x.shape[0], batch_size):
                        losses[epoch] += step(shuffled[start : start + batch_size])
                return (losses / x.shape[0]).tolist()
        """,
    },
    wrong={
        "noisy-target": {"model(damaged), clean": "model(damaged), damaged"},
        "second-draw": {"model(damaged), clean": "model(damaged), corrupt(clean)"},
        "swapped": {"model(damaged), clean": "model(clean), damaged"},
        "not-damaged": {"model(damaged)": "model(clean)"},
        "noise-once": {
            "history = []": "history = []; noisy = corrupt(x)",
            "clean = x[piece]": "clean, damaged = x[piece], noisy[piece]",
            "damaged = corrupt(clean)": "",
        },
        "arguments-swapped": {"model(damaged), clean": "clean, model(damaged)"},
        "changed-its-argument": {"corrupt(clean)": "corrupt(clean); x[piece] = damaged"},
        "not-zeroed": {"optimizer.zero_grad()": ""},
        "not-shuffled": {"torch.randperm(len(x), generator=generator)": "torch.arange(len(x))"},
        "one-order": {
            "history = []": "history = []; fixed = torch.randperm(len(x), generator=generator)",
            "order = torch.randperm(len(x), generator=generator)": "order = fixed",
        },
        "last-batch-dropped": {
            "in order.split(batch_size)": (
                "in [p for p in order.split(batch_size) if len(p) == batch_size]"
            )
        },
        "mean-of-means": {
            "value.item() * len(piece)": "value.item()",
            "total / len(x)": "total / len(order.split(batch_size))",
        },
        "last-batch": {"total / len(x)": "value.item()"},
        "last-epoch": {"return history": "return history[-1]"},
        "one-epoch": {"total / len(x))": "total / len(x)); return history"},
    },
)

N, D, RATE = 11, 4, 0.01
ORDER_SEED, NOISE_SEED = GRADER_SEED + 41, GRADER_SEED + 42
X = torch.randn(N, D, generator=grader_generator(43))
WEIGHT = torch.randn(D, D, generator=grader_generator(44)) / 3

# For every epoch, the loss and the number of images of each batch.
History = list[list[tuple[float, int]]]

# The mistakes that `by_hand` can make.
MESSAGES = {
    "noisy-target": "the output was compared with the damaged images; the target is the clean ones",
    "second-draw": "the target was damaged too, in another way; the target is the clean images",
    "swapped": "clean images went in and damaged ones were the target; it is the other way round",
    "not-damaged": "the clean images went into the model: `corrupt` has no effect",
    "arguments-swapped": "the loss was called as loss(target, output); it is loss(output, target)",
    "noise-once": "the damage was drawn once and used in every epoch; draw it anew for every batch",
    "not-zeroed": "gradients of earlier steps add up; call optimizer.zero_grad()",
    "not-shuffled": "the images came in their stored order, not in a random one",
    "one-order": "one random order was used for all epochs; draw a new one in every epoch",
    "last-batch-dropped": "the last, shorter batch was left out",
    "uphill": "the weights went uphill",
}


@remote_call
def _train(train_denoiser, weight, x, rate, epochs, batch_size, order_seed, noise_seed):
    import torch

    noise = torch.Generator().manual_seed(noise_seed)

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight.clone())

        def forward(self, x):
            return x @ self.weight.T

    def corrupt(batch):
        return batch + 0.6 * torch.randn(batch.shape, generator=noise)

    def loss(output, target):
        return ((output - target) ** 2 * (1 + target**2)).sum(dim=1).mean()

    model, given = Probe(), x.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    order = torch.Generator().manual_seed(order_seed)
    value = train_denoiser(model, given, corrupt, loss, optimizer, epochs, batch_size, order)
    return value, model.weight.detach().clone(), given


def answer(train_denoiser: Callable, epochs: int, batch_size: int) -> tuple[object, Tensor, Tensor]:
    """Return what the student's loop returned, the trained weights, and the images after it."""
    found = run(
        lambda: _train(train_denoiser, WEIGHT, X, RATE, epochs, batch_size, ORDER_SEED, NOISE_SEED),
        name="train_denoiser",
    )
    value, after, given = to_pair(found, "the training", ("history", "weight", "x"))
    return value, to_tensor(after, "the weight"), to_tensor(given, "x")


def by_hand(epochs: int, batch_size: int, how: str = "") -> tuple[Tensor, History]:
    """Train x̂ = x Wᵀ in float64; return W and the losses.

    `how` names a mistake, or "whole-epoch": all images damaged at once, anew in every epoch.
    """
    noise = torch.Generator().manual_seed(NOISE_SEED)
    orders = torch.Generator().manual_seed(ORDER_SEED)
    w, kept = WEIGHT.double().clone(), torch.zeros(D, D, dtype=torch.float64)

    def corrupt(batch: Tensor) -> Tensor:
        return batch + 0.6 * torch.randn(batch.shape, generator=noise)

    history = []
    for _ in range(epochs):
        if how == "one-order":
            orders.manual_seed(ORDER_SEED)
        if how == "noise-once":
            noise.manual_seed(NOISE_SEED)
        index = torch.arange(N) if how == "not-shuffled" else torch.randperm(N, generator=orders)
        whole = corrupt(X) if how in ("noise-once", "whole-epoch") else None
        pieces = list(index.split(batch_size))
        if how == "last-batch-dropped" and len(pieces[-1]) < batch_size:
            pieces = pieces[:-1]
        losses = []
        for piece in pieces:
            clean = X[piece]
            damaged = corrupt(clean) if whole is None else whole[piece]
            into = clean if how in ("swapped", "not-damaged") else damaged
            target = damaged if how in ("swapped", "noisy-target") else clean
            if how == "second-draw":
                target = corrupt(clean)
            loss, gradient = loss_and_gradient(w, into.double(), target.double(), how)
            kept = kept + gradient if how == "not-zeroed" else gradient
            w = w + RATE * kept if how == "uphill" else w - RATE * kept
            losses.append((loss, len(piece)))
        history.append(losses)
    return w, history


def loss_and_gradient(w: Tensor, into: Tensor, target: Tensor, how: str) -> tuple[float, Tensor]:
    """Return the loss of a batch and its gradient with respect to W.

    The loss weighs the target, so that exchanging its two arguments shows.
    """
    parameter = w.clone().requires_grad_(True)
    output = into @ parameter.T
    scale = output if how == "arguments-swapped" else target
    loss = ((output - target) ** 2 * (1 + scale**2)).sum(1).mean()
    return float(loss.detach()), torch.autograd.grad(loss, parameter)[0]


def expect_trained(train_denoiser: Callable, epochs: int, batch_size: int, what: str) -> None:
    """Compare the weights after the student's training with those after training by hand."""
    _, got, given = answer(train_denoiser, epochs, batch_size)
    expect(
        close(X.double(), given),
        "the clean images were overwritten: they are the target of the next epoch",
        "changed-its-argument",
    )
    whole, _ = by_hand(epochs, batch_size, "whole-epoch")
    if torch.allclose(got.double(), whole, rtol=1e-3, atol=1e-5):
        return  # all images damaged at once, anew in every epoch: as good
    known = [Mistake("no-step", WEIGHT, "the weights did not move: backward() and step()?")]
    for how, message in MESSAGES.items():
        known.append(Mistake(how, by_hand(epochs, batch_size, how)[0], message))
    if epochs > 1:
        first = by_hand(1, batch_size)[0]
        known.append(Mistake("one-epoch", first, "only one epoch: is `return` in the loop?"))
    right = by_hand(epochs, batch_size)[0]
    expect_close(got, right, what, known, rtol=1e-3, atol=1e-5)


@EXERCISE.criterion("damaged in, clean out", points=1)
def one_step(train_denoiser: Callable) -> None:
    """A single step shows what goes into the model and what it is compared with."""
    expect_trained(train_denoiser, 1, N, "the weights after one step on all images")


@EXERCISE.criterion("new damage every time", points=1)
def three_steps(train_denoiser: Callable) -> None:
    """Three epochs of one step show when the damage is drawn."""
    expect_trained(train_denoiser, 3, N, "the weights after three epochs of one step")


@EXERCISE.criterion("every image, in a new order", points=1)
def batches(train_denoiser: Callable) -> None:
    """Batches of 4, 4 and 3 images show the order, and whether the last one is used."""
    expect_trained(train_denoiser, 3, 4, "the weights after three epochs in batches of 4")


def means(history: History) -> Tensor:
    """Return the mean loss of an image in every epoch."""
    sums = [sum(loss * count for loss, count in losses) / N for losses in history]
    return torch.tensor(sums, dtype=torch.float64)


def wrong_losses(history: History) -> list[Mistake]:
    """Return the wrong ways to sum up the losses of a training that was itself right."""
    plain = torch.tensor([sum(loss for loss, _ in losses) / len(losses) for losses in history])
    last = torch.tensor([losses[-1][0] for losses in history])
    return [
        Mistake(
            "mean-of-means",
            plain,
            "the mean of the batch means: a short batch counts as much as a full one",
        ),
        Mistake("total", means(history) * N, "totals; divide by the number of images"),
        Mistake("last-batch", last, "the loss of each epoch's last batch only"),
        Mistake("last-epoch", means(history)[-1], "one number; return one for each epoch"),
    ]


@EXERCISE.criterion(
    "the losses that are returned",
    points=1,
    alone="the training is right, what is returned is not: for each epoch the mean loss over all "
    "images",
)
def losses(train_denoiser: Callable) -> None:
    """One number for each epoch: the mean over images, not over batches."""
    value, _, _ = answer(train_denoiser, 3, 4)
    value = to_tensor(value, "the list of losses")
    by_batch, by_epoch = (by_hand(3, 4, how)[1] for how in ("", "whole-epoch"))
    if close(means(by_epoch), value):
        return
    known = wrong_losses(by_batch) + wrong_losses(by_epoch)
    for how, message in MESSAGES.items():
        if how != "last-batch-dropped":
            known.append(Mistake(how, means(by_hand(3, 4, how)[1]), message))
    expect_close(value, means(by_batch), "the losses of three epochs", known, rtol=1e-3)


def stage(seed: int) -> dict[str, Any]:
    """Make a model in eval mode, its optimiser, and damage that needs no random numbers."""
    import torch

    model = torch.nn.Linear(4, 4).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)) / 3)
    return {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.02),
        "corrupt": lambda x: 0.8 * x.flip(1),
        "loss": lambda output, target: ((output - target) ** 2).sum(dim=1).mean(),
    }


def mean_losses(
    model: torch.nn.Linear,
    x: Tensor,
    corrupt: Callable,
    loss: object,
    optimizer: object,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
) -> Tensor:
    """Return the mean losses of each epoch, with the gradients worked out by hand."""
    w, b = model.weight.detach().clone(), model.bias.detach().clone()
    found = []
    for _ in range(epochs):
        total = 0.0
        for index in torch.randperm(len(x), generator=generator).split(batch_size):
            into = corrupt(x[index])
            residual = into @ w.T + b - x[index]
            total += float((residual**2).sum())
            w = w - 0.02 * 2 * residual.T @ into / len(index)
            b = b - 0.02 * 2 * residual.mean(0)
        found.append(total / len(x))
    return torch.tensor(found, dtype=torch.float64)


@EXERCISE.conduct(
    right=mean_losses,
    stage=stage,
    allows={
        "model-changed": "it trains the model",
        "grads-left-behind": "the gradients of the last step may stay",
        "mode-changed": "the docstring says nothing of it, and training mode is for training",
    },
    rtol=1e-3,
)
def arguments(new: Draw, n: int) -> Arguments:
    """A linear model."""
    return {
        "model": Part("model"),
        "x": new.normal(n, 4),
        "corrupt": Part("corrupt"),
        "loss": Part("loss"),
        "optimizer": Part("optimizer"),
        "epochs": 2,
        "batch_size": new.alternate(4, 3),
        "generator": Seed(new.whole(1, 99)),
    }
