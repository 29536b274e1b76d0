"""Hidden checks of week 2's losses, against float64 formulas and their limits."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


def _reductions(per_pixel: Tensor) -> tuple[Tensor, list[Mistake]]:
    """Return the right reduction of a loss per pixel (N, D), and the usual wrong ones."""
    right = per_pixel.sum(1).mean()
    return right, [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("mean-over-pixels", per_pixel.mean(), "averaged over pixels too; sum them"),
        Mistake("sum-over-images", per_pixel.sum(), "summed over images; average over them"),
        Mistake("one-per-image", per_pixel.sum(1), "one number per image; average them"),
        Mistake("not-reduced", per_pixel, "one number per pixel; sum, then average over images"),
        Mistake("mean-over-images-only", per_pixel.mean(0), "averaged over images but not summed"),
    ]


@check({"the formula": 1, "sum over pixels, mean over images": 1, "large logits": 1})
def bernoulli_nll(report: Report, bernoulli_nll: Callable) -> None:
    """Against x log p + (1 − x) log(1 − p) in float64, and its limit where p rounds to 0 or 1."""
    name = "bernoulli_nll"
    logits = torch.randn(5, 4, generator=generator(2)) * 2
    x = torch.rand(5, 4, generator=generator(3))

    def per_pixel(a: Tensor, target: Tensor) -> Tensor:
        p = a.double().sigmoid()
        return -(target.double() * p.log() + (1 - target.double()) * (1 - p).log())

    with report.criterion("the formula"):
        a, target = logits[:1, :1], x[:1, :1]
        p = a.double().sigmoid()
        t = target.double()
        right = per_pixel(a, target).sum()
        twice = per_pixel(p, target).sum()
        known = [
            Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
            Mistake(
                "ink-only",
                -(t * p.log()).sum(),
                "the term for paper, (1 − x) log(1 − p), is missing",
            ),
            Mistake("sigmoid-twice", twice, "a sigmoid was applied twice"),
            Mistake(
                "swapped",
                per_pixel(torch.logit(target.double()), p).sum(),
                "logits and pixels are swapped",
            ),
            Mistake("squared-error", ((p - t) ** 2).sum(), "squared error of the probabilities"),
            Mistake("base-two", right / math.log(2), "logarithm to base 2; use the natural one"),
            Mistake("two-logits", per_pixel(2 * a, target).sum(), "twice the logit was used"),
        ]
        expect_close(
            run(bernoulli_nll, a.clone(), target.clone(), name=name),
            right,
            "the loss of one pixel",
            known,
        )
    with report.criterion("sum over pixels, mean over images"):
        right, wrong = _reductions(per_pixel(logits, x))
        expect_close(
            run(bernoulli_nll, logits.clone(), x.clone(), name=name),
            right,
            "the loss of 5 images of 4 pixels",
            wrong,
        )
        images = (5, 2, 1, 2)
        rows_only = per_pixel(logits, x).reshape(images).sum(1).mean()
        expect_close(
            run(bernoulli_nll, logits.reshape(images), x.reshape(images), name=name),
            right,
            "the loss of images of shape (5, 2, 1, 2)",
            [*wrong, Mistake("only-rows", rows_only, "summed over dim 1 alone; flatten first")],
        )
    with report.criterion("large logits"):
        for a, target, right in ((-200.0, 1.0, 200.0), (1000.0, 0.0, 1000.0), (1000.0, 1.0, 0.0)):
            got = to_tensor(
                run(bernoulli_nll, torch.tensor([[a]]), torch.tensor([[target]]), name=name),
                "the loss",
            )
            expect(
                bool(torch.isfinite(got).all()),
                f"the loss of pixel {target:g} at logit {a:g} is {float(got):g}: the "
                "probability rounded to 0 or 1 before its logarithm was taken; stay with the "
                "logit",
                "overflow",
            )
            expect(
                abs(float(got) - right) < 0.01 * max(right, 1) or right == 0,
                f"the loss of pixel {target:g} at logit {a:g} is {float(got):.4g}: an epsilon "
                "inside the logarithm hides the overflow and caps the loss",
                "epsilon",
            )
            expect_close(got, right, f"the loss of pixel {target:g} at logit {a:g}", atol=1e-3)


@check({"the formula": 1, "sum over pixels, mean over images": 1})
def poisson_nll(report: Report, poisson_nll: Callable) -> None:
    """Rate minus count times log rate, in float64."""
    name = "poisson_nll"
    a = torch.randn(4, 6, generator=generator(4))
    x = torch.poisson(a.exp() * 2 + 1, generator=generator(5))
    per_pixel = a.double().exp() - x.double() * a.double()
    with report.criterion("the formula"):
        log_rate, count = torch.tensor([[0.8]]), torch.tensor([[4.0]])
        right = math.exp(0.8) - 4 * 0.8
        known = [
            Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
            Mistake("with-constant", right + math.log(24), "the constant log x! was to be dropped"),
            Mistake(
                "rate-not-log",
                0.8 - 4 * math.log(0.8),
                "log_rate was used as the rate; its exponential is the rate",
            ),
            Mistake("swapped", math.exp(4) - 0.8 * 4, "log rates and counts are swapped"),
            Mistake("no-exponential", 0.8 - 4 * 0.8, "the rate is exp(log_rate), not log_rate"),
            Mistake(
                "log-again",
                math.exp(0.8) - 4 * math.log(0.8),
                "the logarithm of log_rate was taken: it is a logarithm already",
            ),
            Mistake("squared-error", (math.exp(0.8) - 4) ** 2, "this is the squared error"),
        ]
        expect_close(
            run(poisson_nll, log_rate, count, name=name), right, "the loss of one pixel", known
        )
    with report.criterion("sum over pixels, mean over images"):
        right, wrong = _reductions(per_pixel)
        expect_close(
            run(poisson_nll, a.clone(), x.clone(), name=name),
            right,
            "the loss of 4 images of 6 pixels",
            wrong,
        )


@check({"the formula, reduced like the others": 1, "large values": 1})
def tanh_cross_entropy(report: Report, tanh_cross_entropy: Callable) -> None:
    """Against (1 + tanh a) / 2 in float64, and its limit."""
    name = "tanh_cross_entropy"
    a = torch.randn(5, 3, generator=generator(6))
    x = torch.rand(5, 3, generator=generator(7))
    t = x.double()

    def entropy(p: Tensor) -> Tensor:
        return -(t * p.log() + (1 - t) * (1 - p).log())

    with report.criterion("the formula, reduced like the others"):
        y = a.double().tanh()
        right, wrong = _reductions(entropy((1 + y) / 2))
        logit_y = entropy(y.sigmoid()).sum(1).mean()
        known = [
            Mistake(
                "half-logit",
                entropy(a.double().sigmoid()).sum(1).mean(),
                "sigmoid(a) is not (1 + tanh a) / 2: which logit has that sigmoid?",
            ),
            Mistake("tanh-as-logit", logit_y, "tanh a was used as a logit"),
            Mistake("squared-error", ((y - t) ** 2).sum(1).mean(), "squared error"),
            Mistake(
                "four-times",
                entropy((4 * a.double()).sigmoid()).sum(1).mean(),
                "the logit is too large by 2",
            ),
            Mistake(
                "rescaled-pixels",
                -((2 * t - 1) * ((1 + y) / 2).log() + (2 - 2 * t) * ((1 - y) / 2).log())
                .sum(1)
                .mean(),
                "the pixels were rescaled to [−1, 1]; cross-entropy wants them in [0, 1]",
            ),
        ]
        got = to_tensor(run(tanh_cross_entropy, a.clone(), x.clone(), name=name), "the loss")
        expect(
            not bool(got.isnan().any()),
            "NaN: the logarithm of a negative tanh was taken; tanh a stands for the "
            "probability (1 + y) / 2",
            "log-of-tanh",
        )
        expect_close(got, right, "the loss of 5 images of 3 pixels", [*known, *wrong])
    with report.criterion("large values"):
        for value, target, right in ((-100.0, 1.0, 200.0), (1000.0, 0.0, 2000.0)):
            got = to_tensor(
                run(
                    tanh_cross_entropy, torch.tensor([[value]]), torch.tensor([[target]]), name=name
                ),
                "the loss",
            )
            expect(
                bool(torch.isfinite(got).all()),
                f"the loss of pixel {target:g} at a = {value:g} is {float(got):g}: tanh rounded "
                "to ±1 before the logarithm was taken",
                "overflow",
            )
            known = [Mistake("half-logit", right / 2, "half of it: which logit has this sigmoid?")]
            expect_close(
                got, right, f"the loss of pixel {target:g} at a = {value:g}", known, atol=0.1
            )
