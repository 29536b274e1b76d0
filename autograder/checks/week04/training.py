"""Hidden check of week 4's training loop, against training by hand with the same random numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.checks import GRADER_SEED, close
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

N, D, RATE = 11, 4, 0.01
ORDER_SEED, NOISE_SEED = GRADER_SEED + 41, GRADER_SEED + 42


@errand
def _train(train_denoiser, weight, x, rate, epochs, batch_size, order_seed, noise_seed):
    import torch

    noise = torch.Generator().manual_seed(noise_seed)
    calls = []

    class Probe(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight.clone())

        def forward(self, x):
            return x @ self.weight.T

    def corrupt(batch):
        calls.append(len(batch))
        return batch + 0.6 * torch.randn(batch.shape, generator=noise)

    def loss(output, target):
        return ((output - target) ** 2 * (1 + target**2)).sum(dim=1).mean()

    model, given = Probe(), x.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    order = torch.Generator().manual_seed(order_seed)
    value = train_denoiser(model, given, corrupt, loss, optimizer, epochs, batch_size, order)
    return value, model.weight.detach().clone(), len(calls), given


def _by_hand(
    weight: Tensor, x: Tensor, epochs: int, batch_size: int, how: str = ""
) -> tuple[Tensor, list[list[tuple[float, int]]]]:
    """Train x̂ = x Wᵀ in float64 with the usual variations; return W, and every (loss, images).

    `how` names a mistake, or "whole-epoch": all images damaged at once, anew in every epoch.
    """
    noise = torch.Generator().manual_seed(NOISE_SEED)
    orders = torch.Generator().manual_seed(ORDER_SEED)
    w, kept = weight.double().clone(), torch.zeros(D, D, dtype=torch.float64)

    def corrupt(batch: Tensor) -> Tensor:
        return batch + 0.6 * torch.randn(batch.shape, generator=noise)

    once = corrupt(x) if how == "noise-once" else None
    order = torch.randperm(N, generator=orders) if how == "one-order" else None
    history = []
    for _ in range(epochs):
        if how == "not-shuffled":
            index = torch.arange(N)
        else:
            index = order if order is not None else torch.randperm(N, generator=orders)
        whole = corrupt(x) if how == "whole-epoch" else once
        pieces = list(index.split(batch_size))
        if how == "last-batch-dropped" and len(pieces[-1]) < batch_size:
            pieces = pieces[:-1]
        losses = []
        for piece in pieces:
            clean = x[piece]
            damaged = corrupt(clean) if whole is None else whole[piece]
            into, target = damaged, clean
            if how == "noisy-target":
                target = damaged
            elif how == "second-draw":
                target = corrupt(clean)
            elif how == "swapped":
                into, target = clean, damaged
            elif how == "not-damaged":
                into = clean
            into, target = into.double(), target.double()
            parameter = w.clone().requires_grad_(True)
            output = into @ parameter.T
            scale = output if how == "arguments-swapped" else target
            loss = ((output - target) ** 2 * (1 + scale**2)).sum(1).mean()
            gradient = torch.autograd.grad(loss, parameter)[0]
            kept = kept + gradient if how == "not-zeroed" else gradient
            w = w + RATE * kept if how == "uphill" else w - RATE * kept
            losses.append((float(loss.detach()), len(piece)))
        history.append(losses)
    return w, history


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


@check(
    {
        "damaged in, clean out": 1,
        "new damage every time": 1,
        "every image, in a new order": 1,
        "the losses that are returned": 1,
    }
)
def train_denoiser(report: Report, train_denoiser: Callable) -> None:
    """A linear model trained by the student's loop and by hand."""
    x = torch.randn(N, D, generator=generator(43))
    weight = torch.randn(D, D, generator=generator(44)) / 3

    def answer(epochs: int, batch_size: int) -> tuple[object, Tensor, Tensor]:
        value, after, _, given = run(
            lambda: _train(
                train_denoiser, weight, x, RATE, epochs, batch_size, ORDER_SEED, NOISE_SEED
            ),
            name="train_denoiser",
        )
        return value, to_tensor(after, "the weight"), to_tensor(given, "x")

    def compare(epochs: int, batch_size: int, what: str) -> None:
        _, got, given = answer(epochs, batch_size)
        expect(
            close(x.double(), given),
            "the clean images were overwritten: they are the target of the next epoch",
            "changed-its-argument",
        )
        whole, _ = _by_hand(weight, x, epochs, batch_size, "whole-epoch")
        if torch.allclose(got.double(), whole, rtol=1e-3, atol=1e-5):
            return  # all images damaged at once, anew in every epoch: as good
        known = [
            Mistake("no-step", weight, "the weights did not move: backward() and step()?"),
            *(
                Mistake(how, _by_hand(weight, x, epochs, batch_size, how)[0], message)
                for how, message in MESSAGES.items()
            ),
        ]
        if epochs > 1:
            first = _by_hand(weight, x, 1, batch_size)[0]
            known.append(Mistake("one-epoch", first, "only one epoch: is `return` in the loop?"))
        right = _by_hand(weight, x, epochs, batch_size)[0]
        expect_close(got, right, what, known, rtol=1e-3, atol=1e-5)

    with report.criterion("damaged in, clean out"):
        compare(1, N, "the weights after one step on all images")
    with report.criterion("new damage every time"):
        compare(3, N, "the weights after three epochs of one step")
    with report.criterion("every image, in a new order"):
        compare(3, 4, "the weights after three epochs in batches of 4")
    with report.criterion("the losses that are returned"):
        value, _, _ = answer(3, 4)
        histories = [_by_hand(weight, x, 3, 4, how)[1] for how in ("", "whole-epoch")]

        def means(history: list[list[tuple[float, int]]]) -> Tensor:
            sums = [sum(loss * count for loss, count in losses) / N for losses in history]
            return torch.tensor(sums, dtype=torch.float64)

        right = means(histories[0])
        value = to_tensor(value, "the list of losses")
        if close(means(histories[1]), value):
            return
        known = []
        for history in histories:
            plain = torch.tensor([sum(v for v, _ in e) / len(e) for e in history])
            known += [
                Mistake(
                    "mean-of-means",
                    plain,
                    "the mean of the batch means: a short batch counts as much as a full one",
                ),
                Mistake("total", means(history) * N, "totals; divide by the number of images"),
                Mistake(
                    "last-batch",
                    torch.tensor([e[-1][0] for e in history]),
                    "the loss of each epoch's last batch only",
                ),
                Mistake("last-epoch", means(history)[-1], "one number; return one for each epoch"),
            ]
        known += [
            Mistake(how, means(_by_hand(weight, x, 3, 4, how)[1]), message)
            for how, message in MESSAGES.items()
            if how != "last-batch-dropped"
        ]
        expect_close(value, right, "the losses of three epochs", known, rtol=1e-3)
