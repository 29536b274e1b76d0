"""Week 7: the supervised contrastive loss of a batch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._gradients import batch_gradient
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "supcon_loss",
    signature="def supcon_loss(z, labels, temperature):",
    right={
        "logsumexp": """
            u = F.normalize(z)
            s = u @ u.T / temperature
            own = torch.eye(len(z), dtype=torch.bool)
            logs = s - s.masked_fill(own, -torch.inf).logsumexp(1, keepdim=True)
            p = (labels[:, None] == labels) & ~own
            each = -logs.masked_fill(~p, 0).sum(1) / p.sum(1).clamp_min(1)
            return each[p.any(1)].mean()
        """,
        "image by image": """
            u = z / z.norm(dim=1, keepdim=True)
            losses = []
            for i in range(len(z)):
                others = torch.arange(len(z)) != i
                logs = ((u[others] @ u[i]) / temperature).log_softmax(0)
                mine = labels[others] == labels[i]
                if mine.any():
                    losses.append(-logs[mine].mean())
            return torch.stack(losses).mean()
        """,
        "without the diagonal column": """
            n = len(z)
            u = F.normalize(z.double(), dim=1)
            others = torch.stack(
                [torch.cat([torch.arange(i), torch.arange(i + 1, n)]) for i in range(n)]
            )
            s = (u @ u.T).gather(1, others) / temperature
            s = s - s.max(dim=1, keepdim=True).values
            log_share = s - s.exp().sum(1, keepdim=True).log()
            positive = (labels[others] == labels[:, None]).double()
            partners = positive.sum(1)
            usable = partners > 0
            mean = (positive * log_share).sum(1)[usable] / partners[usable]
            return -mean.mean()
        """,
    },
    wrong={
        "self-in-sum": {".masked_fill(own, -torch.inf)": ""},
        "self-as-positive": {".masked_fill(own, -torch.inf)": "", " & ~own": ""},
        "negatives-below": {"masked_fill(own,": "masked_fill(labels[:, None] == labels,"},
        "log-of-mean": {"-logs": "-(logs.exp()", ".clamp_min(1)": ").clamp_min(1e-300).log()"},
        "log-of-sum": {
            "-logs": "-(logs.exp()",
            " / p.sum(1).clamp_min(1)": ").clamp_min(1e-300).log()",
        },
        "sum-over-positives": {" / p.sum(1).clamp_min(1)": ""},
        "divided-by-batch": {"p.sum(1).clamp_min(1)": "len(z)"},
        "not-normalised": {"F.normalize(z)": "z"},
        "columns-normalised": {"normalize(z)": "normalize(z, dim=0)"},
        "times-temperature": {"/ temperature": "* temperature"},
        "sign": {"return each": "return -each"},
        "sum": {".mean()": ".sum()"},
        "scaled": {"return each": "return temperature * each"},
        "alone-counted": {"[p.any(1)]": ""},
        "nan-alone": {".clamp_min(1)": "", "[p.any(1)]": ""},
        "nan-diagonal": {
            "u @ u.T / temperature": "(u @ u.T / temperature).fill_diagonal_(-torch.inf)",
            "logs.masked_fill(~p, 0)": "(logs * p)",
        },
        "overflow": """
            u = F.normalize(z)
            e = (u @ u.T / temperature).exp()
            own = torch.eye(len(z), dtype=torch.bool)
            share = e / e.masked_fill(own, 0).sum(1, keepdim=True)
            p = (labels[:, None] == labels) & ~own
            each = -share.log().masked_fill(~p, 0).sum(1) / p.sum(1).clamp_min(1)
            return each[p.any(1)].mean()
        """,
    },
)

Z = torch.randn(10, 4, generator=grader_generator(350)) + 0.3
PARTNERED = torch.tensor([3, 8, 3, 8, 3, 0, 0, 8, 3, 3])  # nobody is alone in its class
FOUR_ALONE = torch.tensor([3, 8, 3, 7, 3, 0, 1, 8, 3, 2])

MESSAGES = {
    "self-in-sum": "the image itself is in the sum below; a ≠ i",
    "self-as-positive": "the image itself is among its positives (and in the sum); leave it out",
    "negatives-below": "the sum below runs over the other classes only; it runs over *all* others",
    "log-of-mean": "the logarithm of the mean over p; it is the mean over p of the logarithms",
    "log-of-sum": "the logarithm of the sum over p; it is the mean over p of the logarithms",
    "sum-over-positives": "the sum over positives; divide by their number |P(i)|",
    "divided-by-batch": "divided by the size of the batch; divide by |P(i)|",
    "not-normalised": "dot products of the codes as they are; make them unit vectors first",
    "columns-normalised": "the columns were given length 1, not the rows: dim=1",
    "times-temperature": "multiplied by the temperature; divide by it",
    "sign": "the sign: minus the logarithm",
    "sum": "the sum over images; take their mean",
    "scaled": "multiplied by τ at the end; eq. 2 has no such factor",
    "alone-counted": "images without a partner are counted as 0; leave them out of the mean",
}


def formula(z: Tensor, labels: Tensor, t: float, how: str = "") -> Tensor:
    """Return the loss by a loop over images in float64, or what a mistake makes of it."""
    z, n = z.double(), len(labels)
    u = {"not-normalised": z, "columns-normalised": z / z.norm(dim=0)}.get(
        how, z / z.norm(dim=1, keepdim=True)
    )
    similarities = u @ u.T * t if how == "times-temperature" else u @ u.T / t
    each, everybody = [], torch.arange(n)
    for i, s in enumerate(similarities):
        same, other = labels == labels[i], everybody != i
        positive = same if how == "self-as-positive" else same & other
        below = {
            "self-in-sum": everybody > -1,
            "self-as-positive": everybody > -1,
            "negatives-below": ~same,
        }.get(how, other)
        if not positive.any():
            each += [torch.zeros(())] if how == "alone-counted" else []
            continue
        logs = s[positive] - s[below].logsumexp(0)
        value = {
            "log-of-mean": -logs.exp().mean().clamp_min(1e-300).log(),
            "log-of-sum": -logs.exp().sum().clamp_min(1e-300).log(),
            "sum-over-positives": -logs.sum(),
            "divided-by-batch": -logs.sum() / n,
        }.get(how, -logs.mean())
        each.append(value)
    mean = torch.stack(each).mean()
    return {"sum": mean * len(each), "sign": -mean, "scaled": t * mean}.get(how, mean)


def expect_loss(supcon_loss: Callable, labels: Tensor, t: float, what: str) -> None:
    """Compare the student's loss of the ten codes with the formula."""
    value = run(supcon_loss, Z.clone(), labels.clone(), t, name="supcon_loss")
    if t < 0.05:
        kind = "overflow"
        why = "exp of a large number does not fit into a float; use logsumexp or log_softmax"
    elif bool((labels.unique(return_counts=True)[1] == 1).any()):
        kind, why = "nan-alone", "0/0 for an image that is alone in its class"
    else:
        kind, why = "nan-diagonal", "−∞ · 0 on the diagonal, or the logarithm of 0"
    finite = bool(torch.isfinite(to_tensor(value, what).double()).all())
    expect(finite, f"{what} is NaN or infinite: {why}", kind)
    known = visible(formula, MESSAGES, Z, labels, t)
    expect_close(value, formula(Z, labels, t), what, known, rtol=1e-3)


@EXERCISE.criterion("the formula", points=1)
def the_formula(supcon_loss: Callable) -> None:
    """Ten codes of three classes; the gradient shows that the lengths of codes do not matter."""
    expect_loss(supcon_loss, PARTNERED, 0.6, "the loss of ten codes")
    gradient = batch_gradient(supcon_loss, Z, torch.arange(10) % 3, 0.6, "supcon_loss")
    along = (gradient * Z.double()).sum(dim=1)
    expect(
        float(along.abs().max()) < 1e-3,
        "longer codes change the loss: make them unit vectors",
        "not-normalised",
    )


@EXERCISE.criterion("an image without a partner", points=1)
def without_partner(supcon_loss: Callable) -> None:
    """Four of ten codes are alone in their class."""
    expect_loss(supcon_loss, FOUR_ALONE, 0.45, "the loss where four are alone")


@EXERCISE.criterion("a small temperature", points=1)
def small_temperature(supcon_loss: Callable) -> None:
    """At a temperature of 0.004 the exponentials overflow in float32, at 0.0008 in float64."""
    for temperature in (0.004, 0.0008):
        expect_loss(supcon_loss, PARTNERED, temperature, f"the loss at temperature {temperature}")


@EXERCISE.conduct(right=formula, trains=["z"], sizes=(8, 4, 70), between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Codes, labels and a temperature."""
    return {"z": new.normal(n, 3), "labels": new.labels(n), "temperature": new.alternate(0.7, 0.4)}
