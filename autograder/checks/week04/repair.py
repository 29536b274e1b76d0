"""Hidden checks of week 4's measure and closed-form denoisers, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_shape, run, to_pair
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


@check({"decibels": 1, "the mean of the images' values": 1, "the peak": 1})
def psnr(report: Report, psnr: Callable) -> None:
    """10 log₁₀(peak² / MSE) per image, by hand."""
    name = "psnr"
    x = torch.rand(4, 1, 3, 2, generator=generator(31))
    scale = torch.tensor([0.02, 0.1, 0.5, 1.0]).reshape(4, 1, 1, 1)
    x_hat = x + scale * torch.randn(4, 1, 3, 2, generator=generator(32))
    squares = (x_hat.double() - x.double()).square().flatten(1)  # (4, 6)
    mse = squares.mean(1)

    def decibels(error: Tensor, peak: float = 1.0) -> Tensor:
        return 10 * torch.log10(peak**2 / error)

    with report.criterion("decibels"):
        one, right = mse[1], decibels(mse[1])
        known = [
            Mistake("sign", -right, "the sign: a better repair has a *larger* PSNR"),
            Mistake("natural-log", right * math.log(10), "natural logarithm; take base 10"),
            Mistake("twenty", 2 * right, "20 log₁₀ of a *squared* error; take 10 log₁₀"),
            Mistake("sse", decibels(squares[1].sum()), "the *sum* of the squares; take their mean"),
            Mistake("half", right / 2, "half the decibels: was the root taken of the error only?"),
            Mistake("no-factor", right / 10, "the factor 10 is missing: bels, not decibels"),
            Mistake("mse", one, "the mean squared error itself; turn it into decibels"),
        ]
        expect_close(
            run(psnr, x_hat[1:2], x[1:2], name=name), right, "the PSNR of one image", known
        )
    with report.criterion("the mean of the images' values"):
        right = decibels(mse).mean()
        known = [
            Mistake(
                "psnr-of-mean",
                decibels(mse.mean()),
                "the PSNR of the mean error of all images; take each image's PSNR, then the mean",
            ),
            Mistake("one-per-image", decibels(mse), "one number per image; take their mean"),
            Mistake("sum-over-images", decibels(mse).sum(), "the sum over images; take the mean"),
            Mistake("sse", decibels(squares.sum(1)).mean(), "the *sum* of squares of an image"),
            Mistake(
                "pixel-by-pixel", decibels(squares).mean(), "a PSNR of every pixel; of every image"
            ),
        ]
        expect_close(run(psnr, x_hat, x, name=name), right, "the PSNR of four images", known)
        rows = run(psnr, x_hat.flatten(1), x.flatten(1), name=name)
        expect_close(rows, right, "the PSNR of the same images as rows", known)
    with report.criterion("the peak"):
        for factor, peak in ((255.0, 255.0), (0.3, 2.0)):
            error = mse * factor**2
            right = decibels(error, peak).mean()
            largest = float(x.max()) * factor
            known = [
                Mistake("peak-ignored", decibels(error).mean(), "`peak` has no effect"),
                Mistake(
                    "peak-not-squared",
                    decibels(error, math.sqrt(peak)).mean(),
                    "peak must be squared, as the error is",
                ),
                Mistake(
                    "largest-pixel",
                    decibels(error, largest).mean(),
                    "the largest pixel was taken for the peak; the caller gives it",
                ),
            ]
            value = run(psnr, x_hat * factor, x * factor, peak, name=name)
            expect_close(value, right, "the PSNR at another peak", known, rtol=1e-3)


def _solve(
    noisy: Tensor, clean: Tensor, ridge: float, *, bias: bool = True, on_bias: bool = False
) -> tuple[Tensor, Tensor]:
    """Return (W, b) from the normal equations of [x̃, 1], in float64."""
    a, y = noisy.double(), clean.double()
    d = a.shape[1]
    a = torch.cat([a, torch.ones(len(a), 1, dtype=a.dtype)], dim=1) if bias else a
    penalty = torch.full((a.shape[1],), float(ridge), dtype=a.dtype)
    if bias and not on_bias:
        penalty[-1] = 0
    both = torch.linalg.pinv(a.T @ a + torch.diag(penalty)) @ (a.T @ y)
    return both[:d], both[d] if bias else torch.zeros(y.shape[1], dtype=y.dtype)


@check({"the weights": 1, "the bias": 1, "the ridge": 1, "pixels that never vary": 1})
def linear_least_squares(report: Report, linear_least_squares: Callable) -> None:
    """Against the normal equations with a column of ones."""
    name, d = "linear_least_squares", 4
    mix = torch.randn(d, d, generator=generator(33))
    clean = torch.randn(40, d, generator=generator(34)) @ mix + torch.tensor([2.0, -1.0, 0.0, 3.0])
    noisy = clean + 0.8 * torch.randn(40, d, generator=generator(35))
    noisy = noisy + torch.tensor([1.0, 0.0, -2.0, 0.5])
    close = {"rtol": 1e-3, "atol": 1e-4}

    def answer(a: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
        value = run(linear_least_squares, a.clone(), y.clone(), ridge, name=name)
        weight, bias = to_pair(value, name, ("the weights", "the bias"))
        return (
            expect_shape(weight, (a.shape[1], a.shape[1]), "W"),
            expect_shape(bias, (a.shape[1],), "b"),
        )

    right_w, right_b = _solve(noisy, clean, 0.0)
    with report.criterion("the weights"):
        weight, _ = answer(noisy, clean, 0.0)
        known = [
            Mistake(
                "no-bias",
                _solve(noisy, clean, 0.0, bias=False)[0],
                "they are those of a model without a bias: centre both, or add a column of ones",
            ),
            Mistake(
                "swapped",
                _solve(clean, noisy, 0.0)[0],
                "clean and noisy are swapped: they damage, instead of repairing",
            ),
            Mistake("transposed", right_w.T, "transposed: images are rows, x̂ = x̃ @ W + b"),
        ]
        expect_close(weight, right_w, "W without ridge", known, **close)
    with report.criterion("the bias"):
        _, bias = answer(noisy, clean, 0.0)
        mean_in, mean_out = noisy.double().mean(0), clean.double().mean(0)
        known = [
            Mistake("no-bias", torch.zeros(d), "it is 0: the model needs one"),
            Mistake("mean-only", mean_out, "the mean clean image; take off what W makes of x̃'s"),
            Mistake("mean-only", mean_out - mean_in, "W is missing: mean(x) − mean(x̃) @ W"),
            Mistake("swapped", _solve(clean, noisy, 0.0)[1], "clean and noisy are swapped"),
            Mistake("bias-transposed", mean_out - right_w @ mean_in, "W @ mean; rows: mean @ W"),
        ]
        expect_close(bias, right_b, "b without ridge", known, **close)
    with report.criterion("the ridge"):
        ridge = 7.0
        weight, bias = answer(noisy, clean, ridge)
        w, b = _solve(noisy, clean, ridge)
        no_bias_w, _ = _solve(noisy, clean, ridge, bias=False)
        variants = [
            ("no-bias", no_bias_w, "they are those of a model without a bias"),
            ("ridge-ignored", right_w, "the ridge has no effect"),
            ("ridge-per-image", _solve(noisy, clean, ridge * 40)[0], "ridge was multiplied by N"),
            ("ridge-per-image", _solve(noisy, clean, ridge / 40)[0], "the ridge was divided by N"),
            ("ridge-squared", _solve(noisy, clean, ridge**2)[0], "the ridge was squared"),
            ("ridge-root", _solve(noisy, clean, ridge**0.5)[0], "a root was taken of the ridge"),
            (
                "ridge-on-bias",
                _solve(noisy, clean, ridge, on_bias=True)[0],
                "the bias was penalised too; only W is",
            ),
            ("swapped", _solve(clean, noisy, ridge)[0], "clean and noisy are swapped"),
            ("transposed", w.T, "transposed: images are rows, x̂ = x̃ @ W + b"),
        ]
        expect_close(weight, w, "W with a ridge", [Mistake(*v) for v in variants], **close)
        expect_close(bias, b, "b with a ridge", **close)
    with report.criterion("pixels that never vary"):
        noisy[:, 2], clean[:, 1] = 0.5, 0.0
        weight, bias = answer(noisy, clean, 0.5)
        w, b = _solve(noisy, clean, 0.5)
        no_bias_w, _ = _solve(noisy, clean, 0.5, bias=False)
        known = [
            Mistake("no-bias", no_bias_w, "it is that of a model without a bias"),
            Mistake(
                "ridge-on-bias",
                _solve(noisy, clean, 0.5, on_bias=True)[0],
                "the bias was penalised too; only W is",
            ),
        ]
        expect_close(weight, w, "W where a pixel never varies", known, **close)
        expect_close(bias, b, "b where a pixel never varies", **close)


@check({"the weights of Bayes' rule": 1, "every noisy row on its own": 1, "far and near": 1})
def ideal_denoiser(report: Report, ideal_denoiser: Callable) -> None:
    """Bayes' rule row by row, and its limits."""
    name = "ideal_denoiser"
    points = torch.randn(5, 3, generator=generator(36))
    noisy = torch.randn(7, 3, generator=generator(37))
    squared = (noisy.double()[:, None] - points.double()).square().sum(-1)  # (7, 5)
    p = points.double()

    def mean(exponent: Tensor, dim: int = 1) -> Tensor:
        return torch.softmax(exponent, dim=dim) @ p

    def known(sigma: float, rows: slice) -> list[Mistake]:
        """Return what the usual slips give for these rows."""
        right = mean(-squared / (2 * sigma**2))
        raw = torch.exp(-squared / (2 * sigma**2))
        variants = [
            ("no-half", mean(-squared / sigma**2), "the 2 in −‖x̃ − xᵢ‖² / 2σ² is missing"),
            ("sigma-not-squared", mean(-squared / (2 * sigma)), "σ must be squared"),
            ("half-inside", mean(-squared * sigma**2 / 2), "multiplied by σ²; divide by it"),
            ("not-squared", mean(-squared.sqrt() / (2 * sigma**2)), "the distance not squared"),
            ("sign", mean(squared / (2 * sigma**2)), "the sign: near points weigh more"),
            ("nearest-only", p[squared.argmin(1)], "the nearest point; take the weighted mean"),
            ("not-normalised", raw @ p, "weights that do not add up to 1"),
            (
                "wrong-dimension",
                mean(-squared / (2 * sigma**2), dim=0),
                "the weights add up to 1 over the noisy rows; they should over the points",
            ),
            ("residual", right - noisy.double(), "x̂ − x̃ was returned; return x̂"),
            ("plain-mean", p.mean(0).expand(7, 3), "all points weigh the same"),
        ]
        return [Mistake(n, v[rows], m) for n, v, m in variants]

    with report.criterion("the weights of Bayes' rule"):
        for sigma in (0.7, 1.6):
            right = mean(-squared / (2 * sigma**2))
            rows = slice(0, 1)
            value = run(ideal_denoiser, noisy.clone(), points.clone(), sigma, name=name)
            value = expect_shape(value, (7, 3), "the repaired rows")
            expect_close(value[rows], right[rows], "one repaired row", known(sigma, rows))
    with report.criterion("every noisy row on its own"):
        sigma = 0.7
        value = run(ideal_denoiser, noisy.clone(), points.clone(), sigma, name=name)
        right = mean(-squared / (2 * sigma**2))
        expect_close(value, right, "seven repaired rows", known(sigma, slice(None)))
    with report.criterion("far and near"):
        far = torch.tensor([[40.0, 0.0, 0.0], [0.0, -300.0, 10.0]])
        distances = (far.double()[:, None] - p).square().sum(-1)
        value = run(ideal_denoiser, far, points.clone(), 0.05, name=name)
        value = expect_shape(value, (2, 3), "the repaired rows")
        expect(
            bool(torch.isfinite(value).all()),
            "far from every point all weights round to 0 and 0 / 0 is NaN: take the softmax of "
            "the exponents",
            "overflow",
        )
        right = mean(-distances / (2 * 0.05**2))
        zero = Mistake("overflow", torch.zeros(2, 3), "far from every point all weights round to 0")
        others = [
            Mistake("no-half", mean(-distances / 0.05**2), "the 2 is missing"),
            Mistake("sign", mean(distances), "the sign: near points weigh more"),
        ]
        expect_close(value, right, "rows far from every point", [zero, *others], atol=1e-3)
