"""Visible tests of elective C: how likely an image is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
)

LOG2, LOG3 = math.log(2), math.log(3)


def _expect_of_one_draw(nll: Callable, name: str) -> None:
    """Raise unless one draw of one unit at 2, with mean −1 and variance 4, is weighed rightly."""
    one = torch.ones(1, 1)
    given = one, LOG3 * one[None], 2 * one[None], -one, 2 * LOG2 * one
    # p(x|z) is ¾. −2 log p(z) is 2² and a constant; −2 log q(z|x) is (2 + 1)² / 4 + log 4 and the
    # same constant.
    pixel, constant = math.log(4 / 3), math.log(2 * math.pi)
    variance, log4 = "σ² is exp(log_var), here 4", 2 * LOG2
    halves: list[tuple[str, float, str]] = [
        ("posterior-missing", 4, "log q(z|x) is missing: a weight is p(x|z) p(z) over q(z|x)"),
        ("posterior-missing", 4 + constant, "log q(z|x) is missing"),
        ("prior-missing", -9 / 4 - log4, "log p(z) is missing"),
        ("prior-missing", -9 / 4 - log4 - constant, "log p(z) is missing"),
        ("gaussians-missing", 0, "log p(z) − log q(z|x) is missing"),
        ("ratio-turned", 9 / 4 + log4 - 4, "q(z|x) / p(z); a weight has p(z) / q(z|x)"),
        ("gaussians-multiplied", 4 + 9 / 4 + log4, "log q(z|x) was added; q divides"),
        ("log-var-missing", 4 - 9 / 4, "log σ² is missing in log q(z|x)"),
        ("log-var-sign", 4 - 9 / 4 + log4, "log σ² has the wrong sign"),
        ("log-var-halved", 4 - 9 / 4 - LOG2, "log σ stands where log σ² belongs"),
        ("variance-missing", 4 - 9 - log4, f"(z − μ)² was not divided by σ²: {variance}"),
        ("divided-by-deviation", 4 - 9 / 2 - log4, f"divided by σ, not by σ²: {variance}"),
        ("multiplied-by-variance", 4 - 9 * 4 - log4, f"multiplied by σ²; divide: {variance}"),
        ("variance-squared", 4 - 9 / 16 - log4, f"divided by σ⁴: {variance}"),
        ("log-var-for-log-std", 4 - 9 / 16 - 2 * log4, f"`log_var` taken for log σ: {variance}"),
        ("log-var-for-std", 4 - 9 / log4**2 - 2 * math.log(log4), f"log_var is not σ: {variance}"),
        ("log-var-for-variance", 4 - 9 / log4 - math.log(log4), f"log_var is not σ²: {variance}"),
        ("mean-ignored", 4 - 4 / 4 - log4, "the mean was not subtracted from z"),
        ("half-missing", 2 * (4 - 9 / 4 - log4), "the ½ of the Gaussians is missing"),
        (
            "closed-form-kl",
            1 + 4 - 1 - log4,
            "the KL divergence in closed form; take densities at z",
        ),
    ]
    known = [Mistake(how, [pixel + value / 2], why) for how, value, why in halves]
    rest = 2 - 9 / 8 - LOG2
    known += [
        Mistake("sigmoid-twice", [math.log1p(math.exp(-3 / 4)) + rest], "a sigmoid too many"),
        Mistake("ink-and-paper-swapped", [-pixel + rest], "log p(x|z) is *minus* the BCE"),
        Mistake("squared-error", [1 / 16 + rest], "a squared error; take minus the cross-entropy"),
        Mistake("sign", [-pixel - rest], "the sign: *minus* the logarithm"),
    ]
    what = "the bound of a pixel 1 with logit log 3, z = 2, mean = −1 and log_var = log 4"
    shapes = [
        Mistake("one-for-all", (), "one number for each image, (N,), here (1,)"),
        Mistake("not-summed", (1, 1), "an axis is left over: one number for each image, (N,)"),
    ]
    value = expect_shape(run(nll, *given, name=name), (1,), what, shapes)
    expect_close(value, [pixel + rest], what, known, show_expected=True)


def _of_average(weights: Sequence[Sequence[float]]) -> list[Mistake]:
    """Return what is wrong about the mean of these weights, three draws for each of two images."""
    sums = [math.log(sum(w)) for w in weights]
    logs = [sum(map(math.log, w)) for w in weights]
    best = [math.log(max(w)) for w in weights]
    mean = "the mean of the logarithms is the ELBO; take the logarithm of the mean"
    return [
        Mistake("mean-of-logs", [-v / 3 for v in logs], mean),
        Mistake("sum-of-logs", [-v for v in logs], mean),
        Mistake("log-s-missing", [-v for v in sums], "the *sum* of the weights: log S is missing"),
        Mistake("log-s-sign", [-v - LOG3 for v in sums], "log S has the wrong sign"),
        Mistake("images-counted", [LOG2 - v for v in sums], "divide by 3 draws, not by 2 images"),
        Mistake("sign", [v - LOG3 for v in sums], "the sign: *minus* the logarithm"),
        Mistake("best-only", [-v for v in best], "the best draw only; all of them count"),
        Mistake("best-over-s", [LOG3 - v for v in best], "the best draw over S; all of them count"),
    ]


def _expect_of_three_draws(nll: Callable, name: str) -> None:
    """Raise unless three weights of two images are averaged rightly."""
    # The first image's posterior is the prior, so that its weights are p(x|z): ½ · ½, ¾ · ½, ¾ · ¾.
    # Of the second one they are ½ · ½, ¾ · ½, ½ · ½. Its first unit has the mean 2 and the variance
    # 1, and p(z) / q(z|x) = e^(2 − 2z); its second has the mean 0 and the variance 4: 2 e^(−3z²/8).
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    logits = torch.zeros(3, 2, 2)
    logits[1:, 0, 0], logits[2, 0, 1], logits[1, 1, 0] = LOG3, -LOG3, LOG3
    z = torch.tensor([[[0.3, 0.8], [1.0, 0.0]], [[-1, 0.2], [0.5, 0]], [[0.6, -2], [1, 2]]])
    mean = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    log_var = torch.tensor([[0.0, 0.0], [0.0, 2 * LOG2]])
    weights = [4 / 16, 6 / 16, 9 / 16], [1 / 2, 3 * math.e / 4, math.exp(-3 / 2) / 2]
    right = [-math.log(sum(w) / 3) for w in weights]
    over = "one for each draw: the weights were added over the *images*"
    shapes = [
        Mistake("one-for-all", (), "one number for all images; return one for each"),
        Mistake("over-images", (3,), over),
        Mistake("draws-left", (3, 2), "one for each draw and image: average over the draws"),
        Mistake("not-summed", (2, 2), "sum over pixels and over units"),
        Mistake("not-summed", (2, 1), "an axis of length 1 is left over"),
    ]
    # a mean over two pixels takes the root of p(x|z)
    roots = [1 / 2, math.sqrt(3 / 8), 3 / 4], [1, 2 * math.e * math.sqrt(3 / 8), math.exp(-3 / 2)]
    # p(x|z) alone is 19/48 and 7/24 on average, p(z) / q(z|x) alone 1 and (2 + 2e + 2e^−1.5) / 3
    apart = [48 / 19, 24 / 7 * 3 / (2 + 2 * math.e + 2 * math.exp(-3 / 2))]
    known = [
        *_of_average(weights),
        Mistake("pixel-mean", [-math.log(sum(w) / 3) for w in roots], "sum over pixels; no mean"),
        Mistake("averaged-apart", [math.log(v) for v in apart], "average the *product*"),
    ]
    what = "the bounds of two images of two pixels, with three draws of two units"
    copies = [t.clone() for t in (x, logits, z, mean, log_var)]
    value = expect_shape(run(nll, *copies, name=name), (2,), what, shapes)
    expect_close(value, right, what, known, show_expected=True)


def _expect_of_tiny_weights(nll: Callable, name: str) -> None:
    """Raise unless weights are averaged that are 0 in 32-bit numbers, and far from one another."""
    # 1000 pixels of probability ½ at the first draw and ¼ at the second: the weights are 2^−1000
    # and 2^−2000, and their mean is 2^−1001 up to a part in 2^1000.
    logits, none = torch.tensor([0.0, -LOG3])[:, None, None].expand(2, 1, 1000), torch.zeros(1, 1)
    what = "the bound of an image of 1000 pixels"
    value = run(
        nll, torch.ones(1, 1000), logits.clone(), torch.zeros(2, 1, 1), none, none, name=name
    )
    told = expect_shape(value, (1,), what)
    expect(
        bool(torch.isfinite(told).all()),
        f"{what} is {float(told):g}: weights of 2^−1000 and 2^−2000 are 0 in 32-bit numbers; stay "
        "with logarithms, `logsumexp`",
        "underflow",
    )
    capped = f"{what} is {float(told):.4g}: an epsilon in the logarithm hides a weight of 2^−1000"
    expect(not 0 < float(told) < 500 * LOG2, capped, "epsilon")
    best = Mistake("best-only", [1000 * LOG2], "the best draw only; both of them count")
    expect_close(told, [1001 * LOG2], what, [best], show_expected=True)


def importance_weighted_nll(importance_weighted_nll: Callable) -> bool:
    """One draw; two images with three draws; then weights that are 0 in 32-bit numbers."""
    name = "importance_weighted_nll"
    _expect_of_one_draw(importance_weighted_nll, name)
    _expect_of_three_draws(importance_weighted_nll, name)
    _expect_of_tiny_weights(importance_weighted_nll, name)
    return passed(name, "the weight of a draw, the mean of several, and weights that are tiny")
