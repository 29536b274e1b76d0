"""Elective C: how likely an image is, estimated with draws from the encoder's posterior."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_c._weights import Five, bound, wrong_values

RATIO = "(z - mean).square() / log_var.exp() + log_var - z.square()"

EXERCISE = Exercise(
    "importance_weighted_nll",
    signature="def importance_weighted_nll(x, logits, z, mean, log_var):",
    right={
        "what the Gaussians differ by, logsumexp": """
            targets = x.expand(logits.shape)
            bce = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
            apart = (z - mean).square() / log_var.exp() + log_var - z.square()
            log_w = apart.sum(dim=2) / 2 - bce.sum(dim=2)
            return math.log(len(z)) - log_w.logsumexp(dim=0)
        """,
        "torch's distributions": """
            prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
            posterior = torch.distributions.Normal(mean, torch.exp(0.5 * log_var))
            pixels = torch.distributions.Bernoulli(logits=logits).log_prob(x)
            codes = prior.log_prob(z) - posterior.log_prob(z)
            log_w = pixels.sum(-1) + codes.sum(-1)
            return -(torch.logsumexp(log_w, 0) - math.log(log_w.shape[0]))
        """,
        "shifted by the best draw, float64": """
            v, z = log_var.double(), z.double()
            log_p = (x * logits - F.softplus(logits)).double().sum(2) - z.pow(2).sum(2) / 2
            log_q = -(((z - mean) / torch.exp(v / 2)) ** 2 + v).sum(2) / 2
            log_w = log_p - log_q
            best = log_w.max(dim=0).values
            return -best - torch.exp(log_w - best).mean(dim=0).log()
        """,
        "numpy, logaddexp": """
            x, logits, z, mean, v = (t.double().numpy() for t in (x, logits, z, mean, log_var))
            log_x = -np.logaddexp(0, (1 - 2 * x) * logits).sum(axis=2)
            log_z = ((z - mean) ** 2 * np.exp(-v) + v - z**2).sum(axis=2) / 2
            return np.log(len(z)) - np.logaddexp.reduce(log_x + log_z, axis=0)
        """,
        "image by image, draw by draw": """
            out = []
            for n in range(len(x)):
                logs = []
                for s in range(len(z)):
                    total = 0.0
                    for pixel, logit in zip(x[n], logits[s, n].double()):
                        total += float(F.logsigmoid(logit if pixel > 0.5 else -logit))
                    for c, m, v in zip(z[s, n].tolist(), mean[n].tolist(), log_var[n].tolist()):
                        total += ((c - m) ** 2 / math.exp(v) + v - c**2) / 2
                    logs.append(total)
                best = max(logs)
                mean_weight = sum(math.exp(v - best) for v in logs) / len(logs)
                out.append(-best - math.log(mean_weight))
            return torch.tensor(out)
        """,
    },
    wrong={
        "underflow": {
            "math.log(len(z)) - log_w.logsumexp(dim=0)": "-log_w.exp().mean(dim=0).log()"
        },
        "epsilon": {
            "math.log(len(z)) - log_w.logsumexp(dim=0)": "-(log_w.exp().mean(dim=0) + 1e-30).log()"
        },
        "shifted-by-another": {
            "math.log(len(z)) - log_w.logsumexp(dim=0)": (
                "-log_w.mean(dim=0) - (log_w - log_w.mean(dim=0)).exp().mean(dim=0).log()"
            )
        },
        "mean-of-logs": {"math.log(len(z)) - log_w.logsumexp(dim=0)": "-log_w.mean(dim=0)"},
        "log-s-missing": {"math.log(len(z)) - ": "-"},
        "log-s-sign": {"math.log(len(z)) - ": "-math.log(len(z)) - "},
        "images-counted": {"len(z)": "len(x)"},
        "over-images": {"logsumexp(dim=0)": "logsumexp(dim=1)"},
        "best-only": {"math.log(len(z)) - log_w.logsumexp(dim=0)": "-log_w.amax(dim=0)"},
        "sign": {
            "math.log(len(z)) - log_w.logsumexp(dim=0)": (
                "log_w.logsumexp(dim=0) - math.log(len(z))"
            )
        },
        "one-for-all": {"log_w.logsumexp(dim=0)": "log_w.logsumexp(dim=0).mean()"},
        "posterior-missing": {RATIO: "-z.square()"},
        "prior-missing": {" - z.square()": ""},
        "log-var-missing": {" + log_var - ": " - "},
        "variance-missing": {" / log_var.exp()": ""},
        "divided-by-deviation": {"log_var.exp()": "(log_var / 2).exp()"},
        "variance-squared": {"log_var.exp()": "(2 * log_var).exp()"},
        "log-var-for-log-std": {
            RATIO: "((z - mean) / log_var.exp()).square() + 2 * log_var - z.square()"
        },
        "closed-form-kl": {RATIO: "(1 + log_var - mean.square() - log_var.exp()).expand(z.shape)"},
        "pixel-mean": {"bce.sum": "bce.mean"},
        "not-summed": {"apart.sum(dim=2)": "apart"},
        "sigmoid-twice": {"_with_logits(logits,": "_with_logits(logits.sigmoid(),"},
    },
)

NAME = EXERCISE.name


def drawn(seed: int, s: int, n: int, d: int, k: int) -> Five:
    """Return random arguments: images, what a decoder says of draws, and the draws.

    Args:
        seed: of the draws.
        s: how many draws of each posterior.
        n: how many images.
        d: how many pixels.
        k: how many units.
    """
    rng = grader_generator(seed)
    x = (torch.rand(n, d, generator=rng) < 0.5).float()
    logits = 1.5 * torch.randn(s, n, d, generator=rng)
    mean, log_var = torch.randn(n, k, generator=rng), torch.randn(n, k, generator=rng) - 0.5
    z = mean + (log_var / 2).exp() * torch.randn(s, n, k, generator=rng)
    return x, logits, z, mean, log_var


def shapes_of(s: int, n: int, d: int, k: int) -> list[Mistake]:
    """Return the usual wrong shapes."""
    axis = "an axis is left over: sum over pixels and over units, and average over the draws"
    left = [
        Mistake("not-summed", (n, k), f"one for each image and unit: {axis}"),
        Mistake("not-summed", (n, d), f"one for each image and pixel: {axis}"),
        Mistake("not-summed", (n, 1), axis),
    ]
    return [
        Mistake("one-for-all", (), "one number for all images; return one for each"),
        Mistake("over-images", (s,), "one for each draw: the weights were added over the *images*"),
        *(left if n == 1 else []),
        Mistake("draws-left", (s, n), "one for each draw and image: average over the draws"),
        *left,
    ]


def bounds_of(nll: Callable, given: Five, what: str) -> Tensor:
    """Return the student's numbers, one for each image."""
    copies = [t.clone() for t in given]
    value = run(nll, *copies, name=NAME)
    for before, after in zip(given, copies, strict=True):
        expect_unchanged(before, after, NAME)
    (s, n, d), k = given[1].shape, given[2].shape[2]
    return expect_shape(value, (n,), what, shapes_of(s, n, d, k))


def expect_bounds(nll: Callable, given: Five, what: str) -> None:
    """Compare the student's numbers with those of densities in float64."""
    told = bounds_of(nll, given, what)
    expect(
        bool(torch.isfinite(told).all()),
        f"{what} are NaN or infinite: where was a logarithm taken, or divided? `log_var` is a "
        "logarithm already",
        "not-finite",
    )
    known = [Mistake(*mistake) for mistake in wrong_values(given)]
    expect_close(told, bound(*given), what, known, atol=1e-4)


@EXERCISE.criterion("the weight of one draw", points=1)
def one_draw(importance_weighted_nll: Callable) -> None:
    """S = 1, so that no mean matters: one pixel and one unit, then several of each."""
    one = torch.ones(1, 1)
    given = one, 0.4 * one[None], -0.3 * one[None], 0.9 * one, 0.7 * one
    expect_bounds(importance_weighted_nll, given, "the bounds of one image of one pixel")
    given = drawn(701, 1, 4, 6, 3)
    expect_bounds(importance_weighted_nll, given, "the bounds of 4 images with one draw each")


@EXERCISE.criterion("the mean of the weights", points=1)
def mean_of_weights(importance_weighted_nll: Callable) -> None:
    """Posteriors that are the prior: its density cancels, and a weight is p(x|z)."""
    for seed, s in ((702, 5), (703, 2)):
        x, logits, z, mean, log_var = drawn(seed, s, 4, 6, 3)
        given = x, logits, (z - mean) / (log_var / 2).exp(), 0 * mean, 0 * log_var
        what = f"the bounds with {s} draws of posteriors that are the prior"
        expect_bounds(importance_weighted_nll, given, what)


def unlikely(seed: int, d: int) -> Five:
    """Return images that are very unlikely; of the last one a draw is much better than the others.

    Args:
        seed: of the draws.
        d: how many pixels.
    """
    x, _, z, mean, log_var = drawn(seed, 5, 4, d, 3)
    rng = grader_generator(seed + 1)
    level = torch.tensor([0.0, 1.0, 2.0, 0.5])[:, None]  # how wrong the decoder is, image by image
    logits = level * (1 - 2 * x) + 0.05 * torch.randn(5, 4, d, generator=rng)
    logits[1:, 3] += 2 * (1 - 2 * x[3])
    return x, logits, z, mean, log_var


def expect_no_underflow(told: Tensor, right: Tensor, what: str) -> None:
    """Raise if numbers of unlikely images, of which the last is as `unlikely` says, are lost."""
    lost = ~torch.isfinite(told)
    expect(
        not (lost[-1] and not lost[:-1].any()),
        f"{what} are infinite where one draw is much better than the others: subtract the "
        "*largest* logarithm before `exp`, or take `logsumexp`",
        "shifted-by-another",
    )
    expect(
        not lost.any(),
        f"{what} are NaN or infinite: a weight near e^-500 is 0 in 32-bit numbers, and one near "
        "e^-1000 in 64-bit ones; the logarithm of 0 is −∞. Stay with logarithms: `logsumexp`",
        "underflow",
    )
    expect(
        float(told.max()) > float(right.min()) / 2 or float(told.max()) <= 0,
        f"{what} are {float(told.max()):.4g} at most: an epsilon inside the logarithm hides that "
        "such small weights are 0 in floating point. Stay with logarithms: `logsumexp`",
        "epsilon",
    )


@EXERCISE.criterion("weights near e^-500", points=1)
def tiny_weights(importance_weighted_nll: Callable) -> None:
    """All of it at once, first with weights that float32 can hold, then with tiny ones."""
    expect_bounds(importance_weighted_nll, drawn(704, 6, 4, 5, 2), "the bounds with 6 draws")
    given, what = unlikely(705, 750), "the bounds of unlikely images"
    expect_no_underflow(bounds_of(importance_weighted_nll, given, what), bound(*given), what)
    expect_bounds(importance_weighted_nll, given, what)


@EXERCISE.conduct(
    right=bound,
    atol=1e-4,
    extremes=[
        {
            "x": torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
            "logits": torch.tensor([[[-300.0, 250.0], [0.0, 90.0]]]),
            "z": torch.tensor([[[2.0], [-30.0]]]),
            "mean": torch.tensor([[2.0], [1.0]]),
            "log_var": torch.tensor([[-6.0], [3.0]]),
        }
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Five draws of each image's two units; at the extreme one draw, and weights near e^-550."""
    mean, log_var = new.normal(n, 2), new.normal(n, 2) / 2
    return {
        "x": new.integers(0, 2, n, 4).float(),
        "logits": 1.5 * new.normal(5, n, 4),
        "z": mean + (log_var / 2).exp() * new.normal(5, n, 2),
        "mean": mean,
        "log_var": log_var,
    }
