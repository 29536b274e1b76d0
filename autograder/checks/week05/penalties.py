"""Hidden checks of week 5's penalties on weights and activity, and of the robust loss."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

# linear layer, layer norm, linear layer, convolution: weight and bias of each
SHAPES = [(3, 5), (3,), (3,), (3,), (5, 3), (5,), (2, 1, 3, 3), (2,)]
WEIGHTS, BY_NAME, MATRICES = (0, 4, 6), (0, 2, 4, 6), (0, 4)


@errand
def _weight_penalty(weight_penalty, values, power):
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


@check({"L2, without biases": 1, "L1, without biases": 1, "a gradient for every weight": 1})
def weight_penalty(report: Report, weight_penalty: Callable) -> None:
    """Sums written out over a linear, a normalising and a convolutional layer."""
    draws = generator(1)
    values = [torch.randn(s, generator=draws, dtype=torch.float64) + 0.1 for s in SHAPES]

    def answer(power: int) -> tuple[object, list]:
        pair = run(lambda: _weight_penalty(weight_penalty, values, power), name="weight_penalty")
        value, found = to_pair(pair, "weight_penalty", ("the penalty", "its gradients"))
        return value, found

    def over(which: tuple[int, ...], f: Callable[[Tensor], Tensor]) -> Tensor:
        return sum(f(values[i]) for i in which)

    everything = tuple(range(len(SHAPES)))

    def shared(f: Callable[[Tensor], Tensor]) -> list[Mistake]:
        right = over(WEIGHTS, f)
        return [
            Mistake("bias-regularised", over(everything, f), "biases were penalised too"),
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
            Mistake("first-layer-only", f(values[0]), "only the first layer was penalised"),
            Mistake(
                "mean",
                right / sum(values[i].numel() for i in WEIGHTS),
                "the mean over weights; sum them",
            ),
            Mistake(
                "mean",
                over(WEIGHTS, lambda w: f(w) / w.numel()),
                "the mean over the weights of each layer; sum them",
            ),
        ]

    def square(w: Tensor) -> Tensor:
        return (w**2).sum()

    def absolute(w: Tensor) -> Tensor:
        return w.abs().sum()

    with report.criterion("L2, without biases"):
        right = over(WEIGHTS, square)
        known = [
            Mistake("not-squared", right.sqrt(), "a square root was taken; square the norm"),
            Mistake(
                "not-squared",
                over(WEIGHTS, lambda w: square(w).sqrt()),
                "norms were added; add their squares",
            ),
            Mistake("halved", right / 2, "half of it; there is no ½ in the definition"),
            Mistake("powers-swapped", over(WEIGHTS, absolute), "this is L1"),
            *shared(square),
        ]
        expect_close(answer(2)[0], right, "the L2 penalty", known)
    with report.criterion("L1, without biases"):
        right = over(WEIGHTS, absolute)
        known = [
            Mistake(
                "no-absolute-value",
                over(WEIGHTS, torch.sum),
                "positive and negative weights cancel: take absolute values",
            ),
            Mistake("powers-swapped", over(WEIGHTS, square), "this is L2"),
            Mistake("always-l2", over(WEIGHTS, square), "`power` was not used"),
            *shared(absolute),
        ]
        expect_close(answer(1)[0], right, "the L1 penalty", known)
    with report.criterion("a gradient for every weight"):
        value, found = answer(2)
        to_tensor(value, "the L2 penalty")
        for i in WEIGHTS:
            expect(
                found[i] is not None,
                f"no gradient reaches a weight of shape {SHAPES[i]}: `.data`, `.detach()`, "
                "`.item()` and `float()` cut the graph",
                "no-gradient",
            )
            expect_close(
                found[i],
                2 * values[i],
                f"the gradient of Σ w² at a weight of shape {SHAPES[i]}",
                [Mistake("halved", values[i], "half of it; there is no ½ in the definition")],
            )
        pulled = [
            SHAPES[i]
            for i in everything
            if i not in WEIGHTS and found[i] is not None and bool((found[i] != 0).any())
        ]
        expect(not pulled, f"parameters of shape {pulled} are pulled too", "bias-regularised")


def _kl(rho: float, mean: Tensor) -> Tensor:
    """KL(ρ ‖ mean), entry by entry, in float64."""
    mean = mean.double()
    return rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()


@errand
def _kl_gradient(kl_sparsity, h, target):
    import torch

    h = h.clone().requires_grad_()
    value = kl_sparsity(h, target)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), h)[0]


@check(
    {
        "the formula": 1,
        "mean over images, sum over units": 1,
        "the gradient, and finite at both ends": 1,
    }
)
def kl_sparsity(report: Report, kl_sparsity: Callable) -> None:
    """One unit, a batch, and units that never or always answer."""
    name = "kl_sparsity"
    with report.criterion("the formula"):
        rho, at = 0.1, torch.tensor([[0.35]])
        m = float(at)
        right = _kl(rho, at).sum()
        on = rho * math.log(rho / m)
        known = [
            Mistake(
                "swapped",
                m * math.log(m / rho) + (1 - m) * math.log((1 - m) / (1 - rho)),
                "this is KL(ρ̂ ‖ ρ): the target comes first",
            ),
            Mistake("one-term", on, "the second term, (1 − ρ) log((1 − ρ)/(1 − ρ̂)), is missing"),
            Mistake("sign", -right, "the sign: a divergence is never negative"),
            Mistake("base-two", right / math.log(2), "logarithm to base 2; use the natural one"),
            Mistake(
                "cross-entropy",
                -rho * math.log(m) - (1 - rho) * math.log(1 - m),
                "this is the cross-entropy: it is not 0 at the target",
            ),
            Mistake("squared-distance", (m - rho) ** 2, "this is the squared distance"),
            Mistake(
                "sigmoid-again",
                _kl(rho, at.sigmoid()).sum(),
                "h has gone through its sigmoid already",
            ),
        ]
        got = run(kl_sparsity, at.clone(), rho, name=name)
        expect_close(got, right, "the penalty of one unit at 0.35, target 0.1,", known)
    with report.criterion("mean over images, sum over units"):
        rho = 0.2
        h = torch.rand(6, 4, generator=generator(2)) ** 2 * 0.9 + 0.02
        right = _kl(rho, h.mean(0)).sum()
        known = [
            Mistake(
                "features-mean",
                _kl(rho, h.mean(1)).sum(),
                "the mean was taken over the units of an image: ρ̂_j is the mean of unit j over "
                "the batch",
            ),
            Mistake("features-mean", _kl(rho, h.mean(1)).mean(), "the mean was over units"),
            Mistake(
                "before-averaging",
                _kl(rho, h).mean(0).sum(),
                "the divergence of every single activation: average first, then compare",
            ),
            Mistake("before-averaging", _kl(rho, h).sum(), "average over the batch first"),
            Mistake("mean-over-units", _kl(rho, h.mean(0)).mean(), "averaged over units; sum"),
            Mistake("one-mean", _kl(rho, h.mean()), "one mean for all units: each has its own"),
            Mistake("not-reduced", _kl(rho, h.mean(0)), "one number per unit; sum them"),
        ]
        got = to_tensor(run(kl_sparsity, h.clone(), rho, name=name), "the penalty")
        expect(
            not bool(got.isnan().any()) or not bool((h.sum(0) > 1).any()),
            "NaN: the logarithm of a negative number; were activations summed, not averaged?",
            "sum-not-mean",
        )
        expect_close(got, right, "the penalty of 6 images and 4 units", known)
    with report.criterion("the gradient, and finite at both ends"):
        h = torch.rand(5, 3, generator=generator(3)).double() * 0.8 + 0.1
        got = run(lambda: _kl_gradient(kl_sparsity, h, 0.15), name=name)
        expect(got is not None, "no gradient reaches the activations", "no-gradient")
        m = h.mean(0)
        slope = ((m - 0.15) / (m * (1 - m)) / 5).expand(5, 3)
        expect_close(got, slope, "the gradient of the penalty")
        for value in (0.0, 1.0):
            got = to_tensor(run(kl_sparsity, torch.full((3, 2), value), 0.1, name=name), "it")
            expect(
                bool(torch.isfinite(got).all()),
                f"the penalty of units that are {value:g} for every image is "
                f"{float(got.flatten()[0]):g}: clamp the means first",
                "not-clamped",
            )
        h = torch.full((4, 2), 5e-4)
        expect_close(
            run(kl_sparsity, h, 0.1, name=name),
            _kl(0.1, h.mean(0)).sum(),
            "the penalty of units with mean 0.0005 (clamp to [1e-6, 1 − 1e-6])",
            rtol=2e-3,
        )


@check({"the formula": 2, "sum over pixels, mean over images": 1})
def correntropy_loss(report: Report, correntropy_loss: Callable) -> None:
    """Against σ² (1 − exp(−e²/2σ²)) in float64."""
    name = "correntropy_loss"

    def per_pixel(a: Tensor, b: Tensor, sigma: float) -> Tensor:
        e = a.double() - b.double()
        return sigma**2 * (1 - torch.exp(-(e**2) / (2 * sigma**2)))

    with report.criterion("the formula"):
        sigma, e = 0.4, 0.7
        a, b = torch.tensor([[1.0]]), torch.tensor([[0.3]])
        right = per_pixel(a, b, sigma).sum()
        kernel = math.exp(-(e**2) / (2 * sigma**2))
        known = [
            Mistake(
                "width-not-squared",
                sigma**2 * (1 - math.exp(-(e**2) / (2 * sigma))),
                "the kernel's width σ must be squared in the exponent",
            ),
            Mistake(
                "no-two",
                sigma**2 * (1 - math.exp(-(e**2) / sigma**2)),
                "the 2 of 2σ² is missing",
            ),
            Mistake(
                "error-not-squared",
                sigma**2 * (1 - math.exp(-e / (2 * sigma**2))),
                "the error must be squared in the exponent",
            ),
            Mistake("sign", -right, "the sign: a loss must *grow* with the error"),
            Mistake(
                "kernel-itself",
                sigma**2 * kernel,
                "this is the similarity, largest at the right answer; a loss is 1 minus it",
            ),
            Mistake("kernel-itself", kernel, "this is the similarity itself"),
            Mistake(
                "minus-kernel",
                -(sigma**2) * kernel,
                "minus the similarity: shift it so that it is 0 without error",
            ),
            Mistake("minus-kernel", -kernel, "minus the similarity: shift and scale it"),
            Mistake("not-scaled", 1 - kernel, "the factor σ² is missing"),
            Mistake("scaled-by-sigma", sigma * (1 - kernel), "the factor is σ², not σ"),
            Mistake(
                "exponent-sign",
                sigma**2 * (1 - 1 / kernel),
                "the exponent must be negative",
            ),
            Mistake("squared-error", e**2, "this is the squared error"),
            Mistake("squared-error", e**2 / 2, "this is half the squared error"),
        ]
        got = run(correntropy_loss, a, b, sigma, name=name)
        expect_close(got, right, "the loss of one pixel with error 0.7, σ = 0.4,", known)
        wide = per_pixel(a, b, 5.0).sum()
        expect_close(run(correntropy_loss, a, b, 5.0, name=name), wide, "the same with σ = 5")
    with report.criterion("sum over pixels, mean over images"):
        sigma = 0.3
        a, b = (torch.rand(5, 4, generator=generator(s)) for s in (4, 5))
        each = per_pixel(a, b, sigma)
        right = each.sum(1).mean()
        squared = ((a - b).double() ** 2).sum(1)
        known = [
            Mistake("mean-over-pixels", each.mean(), "averaged over pixels too; sum them"),
            Mistake("sum-over-images", each.sum(), "summed over images; average over them"),
            Mistake("one-per-image", each.sum(1), "one number per image; average them"),
            Mistake("not-reduced", each, "one number per pixel; sum, then average"),
            Mistake(
                "one-kernel-per-image",
                (sigma**2 * (1 - torch.exp(-squared / (2 * sigma**2)))).mean(),
                "one kernel for the whole image: then one wild pixel silences all others; take "
                "a kernel for each pixel",
            ),
        ]
        got = run(correntropy_loss, a.clone(), b.clone(), sigma, name=name)
        expect_close(got, right, "the loss of 5 images of 4 pixels", known)
        shape = (5, 2, 1, 2)
        rows_only = each.reshape(shape).sum(1).mean()
        expect_close(
            run(correntropy_loss, a.reshape(shape), b.reshape(shape), sigma, name=name),
            right,
            "the loss of images of shape (5, 2, 1, 2)",
            [*known, Mistake("only-rows", rows_only, "summed over dim 1 alone; flatten first")],
        )
