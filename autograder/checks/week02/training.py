"""Hidden checks of week 2's training loop and error, against training worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, to_tensor
from autograder import handles
from autograder.checks import GRADER_SEED, close
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


def _descend(
    weight: Tensor,
    x: Tensor,
    lr: float,
    batches: list[Tensor],
    *,
    zero: bool = True,
    scale: float = 1.0,
    sums: bool = False,
) -> tuple[Tensor, list[tuple[float, int]]]:
    """Train x_hat = x Wᵀ by hand in float64; return W and (loss, images) of every batch."""
    w, x = weight.double().clone(), x.double()
    kept, losses = torch.zeros_like(w), []
    for index in batches:
        batch = x[index]
        residual = batch @ w.T - batch
        losses.append((float((residual**2).sum(1).mean()), len(index)))
        gradient = scale * 2 * residual.T @ batch / (1 if sums else len(index))
        kept = gradient if zero else kept + gradient
        w = w - lr * kept
    return w, losses


@check(
    {
        "steps on every image, in the order asked for": 1,
        "gradients are cleared": 1,
        "the loss that is minimised": 1,
        "the mean that is returned": 1,
    }
)
def train_epoch(report: Report, train_epoch: Callable) -> None:
    """A linear model trained by the student's loop and by hand, for several batch sizes."""
    n, d, lr, seed = 11, 4, 0.02, GRADER_SEED
    x = torch.randn(n, d, generator=generator(8))
    weight = torch.randn(d, d, generator=generator(9)) / 3
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))

    def answer(batch_size: int) -> tuple[object, Tensor]:
        return handles.epoch(train_epoch, weight, x, lr, batch_size, seed)

    def by_hand(batch_size: int, **variant: object) -> Tensor:
        return _descend(weight, x, lr, list(order.split(batch_size)), **variant)[0]

    close = {"rtol": 1e-3, "atol": 1e-5}
    still = Mistake("no-step", weight, "the weights did not move: backward() and step()?")
    with report.criterion("steps on every image, in the order asked for"):
        _, got = answer(4)
        batches = list(order.split(4))
        fixed = list(torch.arange(n).split(4))
        known = [
            still,
            Mistake("uphill", by_hand(4, scale=-1), "the weights went uphill"),
            Mistake(
                "not-shuffled",
                _descend(weight, x, lr, fixed)[0],
                "the images came in their stored order, not in a random one",
            ),
            Mistake(
                "last-batch-dropped",
                _descend(weight, x, lr, batches[:-1])[0],
                "the last, shorter batch was left out",
            ),
            Mistake(
                "one-batch-only",
                _descend(weight, x, lr, batches[:1])[0],
                "only the first batch was used: is `return` inside the loop?",
            ),
            Mistake("step-per-epoch", by_hand(n), "one step for the whole epoch"),
            Mistake("not-zeroed", by_hand(4, zero=False), "gradients of earlier steps add up"),
            Mistake("mean-over-pixels", by_hand(4, scale=1 / d), "loss averaged over pixels"),
            Mistake("sum-over-batch", by_hand(4, sums=True), "loss summed over the batch"),
        ]
        expect_close(got, by_hand(4), "the weights after an epoch in batches of 4", known, **close)
    with report.criterion("gradients are cleared"):
        _, got = answer(3)
        expect_close(
            got,
            by_hand(3),
            "the weights after an epoch in batches of 3",
            [
                still,
                Mistake(
                    "not-zeroed",
                    by_hand(3, zero=False),
                    "gradients of earlier steps add up; call optimizer.zero_grad()",
                ),
            ],
            **close,
        )
    with report.criterion("the loss that is minimised"):
        _, got = answer(n)  # one step on everything: the order does not matter
        expect_close(
            got,
            by_hand(n),
            "the weights after one step on all images",
            [
                still,
                Mistake("uphill", by_hand(n, scale=-1), "the weights went uphill"),
                Mistake(
                    "mean-over-pixels",
                    by_hand(n, scale=1 / d),
                    "the loss was averaged over pixels; sum them",
                ),
                Mistake(
                    "sum-over-batch",
                    by_hand(n, sums=True),
                    "the loss was summed over the batch; average over its images",
                ),
                Mistake("halved", by_hand(n, scale=0.5), "half the squared error was minimised"),
            ],
            **close,
        )
    with report.criterion("the mean that is returned"):
        value, _ = answer(4)
        losses = _descend(weight, x, lr, list(order.split(4)))[1]
        total = sum(loss * count for loss, count in losses)
        known = [
            Mistake(
                "mean-of-means",
                sum(loss for loss, _ in losses) / len(losses),
                "the mean of the batch means: a short batch counts as much as a full one",
            ),
            Mistake("total", total, "the total over images; divide by their number"),
            Mistake("sum-of-means", sum(loss for loss, _ in losses), "the sum of the batch means"),
            Mistake("last-batch", losses[-1][0], "the loss of the last batch only"),
            Mistake("mean-over-pixels", total / n / d, "averaged over pixels; sum them"),
        ]
        expect_close(value, total / n, "the returned value", known, rtol=1e-3)


@check({"the mean over images": 1, "eval mode, and back": 1, "no gradients": 1})
def reconstruction_error(report: Report, reconstruction_error: Callable) -> None:
    """A linear model with known error, in batches that do not divide the images."""
    x = torch.randn(13, 5, generator=generator(10))
    weight = torch.randn(5, 5, generator=generator(11)) / 2
    squares = ((x.double() @ weight.double().T - x.double()) ** 2).sum(1)
    right = squares.mean()

    def known(batch_size: int) -> list[Mistake]:
        means = torch.stack([piece.mean() for piece in squares.split(batch_size)])
        whole = squares[: len(squares) // batch_size * batch_size]
        return [
            Mistake("mean-over-pixels", right / 5, "averaged over pixels; sum them"),
            Mistake("total", squares.sum(), "the total; divide by the number of images"),
            Mistake(
                "mean-of-means",
                means.mean(),
                "the mean of the batch means: a short batch counts as much as a full one",
            ),
            Mistake("last-batch-dropped", whole.sum() / 13, "the last, shorter batch is missing"),
            Mistake("rooted", squares.sqrt().mean(), "a square root was taken"),
            Mistake("first-batch-only", squares[:batch_size].mean(), "only the first batch"),
            Mistake("one-per-image", squares, "one number per image; average them"),
        ]

    with report.criterion("the mean over images"):
        for batch_size in (4, 13, 100, 1):
            value, _, _ = handles.error(reconstruction_error, weight, x, batch_size)
            expect_close(
                value,
                right,
                f"the error of 13 images in batches of {batch_size}",
                known(batch_size) if batch_size == 4 else [],
            )
    with report.criterion("eval mode, and back"):
        value, mode, _ = handles.error(reconstruction_error, weight, x, 4, dropout=0.5)
        tensor = to_tensor(value, "the error")
        expect(
            any(close(tensor, v) for v in (right, *(m.value for m in known(4)))),
            "dropout was active while measuring: switch the model to eval mode",
            "train-mode",
        )
        expect(mode, "the model came in training mode and was left in eval mode", "mode-changed")
        _, mode, _ = handles.error(reconstruction_error, weight, x, 4, training=False)
        expect(not mode, "the model came in eval mode and was left in training mode", "mode-forced")
    with report.criterion("no gradients"):
        value, _, recorded = handles.error(reconstruction_error, weight, x, 4)
        to_tensor(value, "the error")
        expect(
            not recorded, "gradients were recorded: measure inside torch.no_grad()", "gradients-on"
        )
