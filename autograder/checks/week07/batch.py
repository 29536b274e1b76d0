"""Hidden checks of week 7's losses of a whole batch: all pairs, and supervised contrastive."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check


@errand
def _gradient(loss, z, labels, setting):
    import torch

    z = z.clone().requires_grad_()
    value = loss(z, labels, setting)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), z)[0]


def _gradient_of(loss: Callable, z: Tensor, labels: Tensor, setting: float, name: str) -> Tensor:
    """Return the gradient of a student's loss; raise if there is none, or not a finite one."""
    found = run(lambda: _gradient(loss, z, labels, setting), name=name)
    expect(found is not None, "the loss has no gradient: use torch operations on z", "no-gradient")
    gradient = to_tensor(found, "the gradient").double()
    expect(
        bool(torch.isfinite(gradient).all()),
        "the gradient has NaN: where two codes are equal (each code is equal to itself) the slope "
        "of √ at 0 is infinite, and 0 · ∞ is not a number",
        "nan-gradient",
    )
    return gradient


def _all_pairs(z: Tensor, labels: Tensor, m: float, how: str = "") -> float:
    """Return the loss by loops over pairs, or what a mistake makes of it."""
    z, y, n = z.double(), labels.tolist(), len(labels)
    near, far = [], []
    for i in range(n):
        for j in range(n):
            if (i == j and how != "self-pairs") or (
                how in ("half-self-pairs", "neighbours-only") and j < i
            ):
                continue
            if how == "neighbours-only" and j != i + 1:
                continue
            square = float((z[i] - z[j]).square().sum())
            d = math.sqrt(square)
            if y[i] == y[j]:
                near.append({"not-squared": d, "margin-on-positives": max(0, d - m) ** 2}.get(
                    how, square))  # fmt: skip
            else:
                far.append(
                    {
                        "negatives-not-squared": max(0.0, m - d),
                        "squared-distance": max(0.0, m - square) ** 2,
                        "no-hinge": (m - d) ** 2,
                    }.get(how, max(0.0, m - d) ** 2)
                )
    if how == "half-self-pairs":
        near += [0.0] * n
    if how == "swapped":
        near, far = (
            [max(0.0, m - math.sqrt(v)) ** 2 for v in near],
            [float((z[i] - z[j]).square().sum()) for i in range(n) for j in range(n)
             if y[i] != y[j]],
        )  # fmt: skip
    means = [sum(v) / len(v) if v else 0.0 for v in (near, far)]
    return {
        "sum-of-means": means[0] + means[1],
        "one-mean": (sum(near) + sum(far)) / max(len(near) + len(far), 1),
        "sum": (sum(near) + sum(far)) / 2,
        "divided-by-all": (sum(near) + sum(far)) / n**2,
        "only-positives": means[0] / 2,
    }.get(how, (means[0] + means[1]) / 2)


ALL_MISTAKES = {
    "self-pairs": "each code is paired with itself, at distance 0: leave the diagonal out",
    "half-self-pairs": "the diagonal is among the pairs: offset=1 leaves each code's pair with "
    "itself out",
    "one-mean": "one mean over all pairs: the more frequent kind decides; a mean of each kind",
    "divided-by-all": "the sum divided by B²: self-pairs are in the number, and the kinds do not "
    "count alike",
    "sum-of-means": "half of each: divide the sum of both means by 2",
    "sum": "sums over pairs; take means",
    "swapped": "the two kinds are swapped",
    "not-squared": "pairs of one class cost D; it is D²",
    "margin-on-positives": "the margin was applied to pairs of *one* class; they cost D²",
    "negatives-not-squared": "max(0, m − D) was not squared",
    "squared-distance": "m − D² in the hinge; it is m − D, squared afterwards",
    "no-hinge": "pairs beyond the margin cost nothing: max(0, m − D)",
    "only-positives": "pairs of two classes are missing: all codes would collapse",
    "neighbours-only": "only pairs of codes that follow each other; take all",
}


@check({"every pair once": 1, "both kinds alike": 1, "the gradient": 1})
def all_pairs_loss(report: Report, all_pairs_loss: Callable) -> None:
    """Against loops; the gradient by central differences in float64."""
    name = "all_pairs_loss"

    def look(z: Tensor, labels: Tensor, m: float, what: str, empty: bool = False) -> None:
        value = run(all_pairs_loss, z.clone(), labels.clone(), m, name=name)
        right = _all_pairs(z, labels, m)
        finite = bool(torch.isfinite(to_tensor(value, what).double()).all())
        expect(finite or not empty, f"{what} is NaN: the mean of no pairs; count 0", "nan-empty")
        known = []
        for how, why in ALL_MISTAKES.items():
            wrong = _all_pairs(z, labels, m, how)
            if abs(wrong - right) > 1e-3 * max(1, right):
                known.append(Mistake(how, wrong, why))
        expect_close(value, right, what, known)

    with report.criterion("every pair once"):
        z = 0.7 * torch.randn(9, 4, generator=generator(340))
        look(z, torch.tensor([5, 1, 5, 9, 1, 9, 5, 1, 5]), 1.9, "the loss of nine codes")
    with report.criterion("both kinds alike"):
        z = 0.8 * torch.randn(12, 3, generator=generator(341))
        labels = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0, 1, 7, 8, 9])
        look(z, labels, 1.6, "the loss of twelve codes of ten classes")
        look(z[:5], labels[:5], 1.6, "the loss where no two are of one class", empty=True)
        look(z[:4], torch.zeros(4, dtype=torch.long), 1.6, "the loss of one class", empty=True)
    with report.criterion("the gradient"):
        z = 0.7 * torch.randn(6, 3, generator=generator(342), dtype=torch.float64)
        labels, step = torch.tensor([0, 1, 0, 2, 1, 0]), 1e-5
        found = _gradient_of(all_pairs_loss, z, labels, 1.8, name)
        right = torch.zeros_like(z)
        for i in range(z.numel()):
            change = torch.zeros(z.numel(), dtype=torch.float64)
            change[i] = step
            change = change.reshape(z.shape)
            up, down = (_all_pairs(z + s * change, labels, 1.8) for s in (1, -1))
            right.view(-1)[i] = (up - down) / (2 * step)
        known = [Mistake("sum-of-means", 2 * right, "divide the sum of both means by 2")]
        expect_close(found, right, "the gradient", known, rtol=1e-3, atol=1e-4)
        twins = z.clone()
        twins[[1, 2]] = twins[[0, 5]]  # one equal pair of two classes, one of one class
        _gradient_of(all_pairs_loss, twins, labels, 1.8, name)


def _supcon(z: Tensor, labels: Tensor, t: float, how: str = "") -> float:
    """Return the loss by loops over images, or what a mistake makes of it."""
    u = z.double() if how == "not-normalised" else z.double() / z.double().norm(dim=1, keepdim=True)
    if how == "columns-normalised":
        u = z.double() / z.double().norm(dim=0)
    s = u @ u.T
    s = (s * t if how == "times-temperature" else s / t).tolist()
    y, n, each = labels.tolist(), len(labels), []
    for i in range(n):
        positives = [p for p in range(n) if y[p] == y[i] and (p != i or how == "self-as-positive")]
        others = [a for a in range(n) if a != i or how in ("self-in-sum", "self-as-positive")]
        if how == "negatives-below":
            others = [a for a in others if y[a] != y[i]]
        if not positives:
            each.append(0.0 if how == "alone-counted" else None)
            continue
        if not others:
            return math.nan
        high = max(s[i][a] for a in others)
        below = math.log(sum(math.exp(s[i][a] - high) for a in others)) + high
        logs = [s[i][p] - below for p in positives]
        shares = [math.exp(min(v, 700.0)) for v in logs]
        parts = {"sum-over-positives": 1, "divided-by-batch": n}.get(how, len(logs))
        value = {
            "log-of-mean": -math.log(max(sum(shares) / len(shares), 1e-300)),
            "log-of-sum": -math.log(max(sum(shares), 1e-300)),
        }.get(how, -sum(logs) / parts)
        each.append(value)
    kept = [v for v in each if v is not None]
    total, number = sum(kept), max(len(kept), 1)
    return {"sum": total, "sign": -total / number, "scaled": t * total / number}.get(
        how, total / number
    )


SUPCON_MISTAKES = {
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


@check({"the formula": 1, "an image without a partner": 1, "a small temperature": 1})
def supcon_loss(report: Report, supcon_loss: Callable) -> None:
    """Against loops over images, in float64."""
    name = "supcon_loss"
    z = torch.randn(10, 4, generator=generator(350)) + 0.3

    def look(labels: Tensor, t: float, what: str) -> Tensor:
        value = run(supcon_loss, z.clone(), labels.clone(), t, name=name)
        right = _supcon(z, labels, t)
        got = to_tensor(value, what).double()
        if not bool(torch.isfinite(got).all()):
            small, alone = t < 0.05, bool((labels.unique(return_counts=True)[1] == 1).any())
            why = (
                "exp of a large number does not fit into a float; use logsumexp or log_softmax"
                if small
                else "0/0 for an image that is alone in its class"
                if alone
                else "−∞ · 0 on the diagonal, or the logarithm of 0"
            )
            kind = "overflow" if small else "nan-alone" if alone else "nan-diagonal"
            expect(False, f"{what} is NaN or infinite: {why}", kind)
        known = []
        for how, why in SUPCON_MISTAKES.items():
            wrong = _supcon(z, labels, t, how)
            if not math.isfinite(wrong) or abs(wrong - right) > 1e-3 * max(1, abs(right)):
                known.append(Mistake(how, wrong, why))
        expect_close(value, right, what, known, rtol=1e-3)
        return got

    with report.criterion("the formula"):
        look(torch.tensor([3, 8, 3, 8, 3, 0, 0, 8, 3, 3]), 0.6, "the loss of ten codes")
        gradient = _gradient_of(supcon_loss, z, torch.arange(10) % 3, 0.6, name)
        along = (gradient * z.double()).sum(dim=1)
        expect(
            float(along.abs().max()) < 1e-3,
            "longer codes change the loss: make them unit vectors",
            "not-normalised",
        )
    with report.criterion("an image without a partner"):
        look(torch.tensor([3, 8, 3, 7, 3, 0, 1, 8, 3, 2]), 0.45, "the loss where four are alone")
    with report.criterion("a small temperature"):
        look(torch.tensor([3, 8, 3, 8, 3, 0, 0, 8, 3, 3]), 0.004, "the loss at temperature 0.004")
