"""Elective C: a draw from the region of a code that the encoder names, with gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import GRADER_SEED, Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.elective_c._spreads import LEVELS, expect_own, expect_spread, spreads
from autograder.exercises.moments import correlation, expect_normal, standard
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "sample_latent",
    signature="def sample_latent(mean, log_var, training=True, generator=None):",
    right={
        "exp of half the log-variance": """
            if not training:
                return mean
            noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
            return mean + (log_var / 2).exp() * noise
        """,
        "the root of the variance, normal_ on an empty tensor": """
            noise = torch.empty_like(mean, requires_grad=False).normal_(generator=generator)
            return mean + log_var.exp().sqrt() * noise if training else mean.clone()
        """,
        "float64, torch.normal of zeros": """
            if training:
                zeros = torch.zeros(mean.shape, dtype=torch.float64)
                noise = torch.normal(zeros, 1.0, generator=generator)
                return torch.addcmul(mean.double(), torch.exp(0.5 * log_var.double()), noise)
            return mean
        """,
        "row by row": """
            if training is False:
                return 1.0 * mean
            rows = []
            for m, v in zip(mean, log_var):
                noise = torch.randn(len(m), generator=generator).to(m)
                rows.append(m + torch.pow(math.e, v / 2) * noise)
            return torch.stack(rows)
        """,
    },
    wrong={
        "log-var-for-deviation": {"(log_var / 2).exp()": "log_var"},
        "variance-for-deviation": {"(log_var / 2)": "log_var"},
        "exp-2v": {"log_var / 2": "2 * log_var"},
        "half-outside": {"(log_var / 2).exp()": "log_var.exp() / 2"},
        "root-of-log-var": {"(log_var / 2).exp()": "log_var.abs().sqrt()"},
        "no-spread": {"(log_var / 2).exp() * ": ""},
        "mean-missing": {"mean + ": ""},
        "never-drawn": {"mean + (log_var / 2).exp() * noise": "mean"},
        "same-for-all": {"(mean.shape,": "(mean.shape[1],"},
        "one-per-row": {"(mean.shape,": "((len(mean), 1),"},
        "uniform": {"randn": "rand"},
        "generator-ignored": {"generator=generator, ": ""},
        "same-every-time": {
            "noise =": "generator = (generator or torch.default_generator).manual_seed(0); noise ="
        },
        "no-gradient": {
            "mean + (log_var / 2).exp() * noise": "torch.normal(mean, (log_var / 2).exp(), "
            "generator=generator)"
        },
        "log-var-detached": {"(log_var / 2)": "(log_var.detach() / 2)"},
        "mean-detached": {"mean + ": "mean.detach() + "},
        "needs-a-generator": {
            "noise =": "seed = generator.initial_seed(); noise =",
        },
        "drawn-afterwards": {"not training": "False"},
        "noise-afterwards": {"return mean\n": "return mean + torch.randn(mean.shape)\n"},
        "spread-added": {"return mean\n": "return mean + (log_var / 2).exp()\n"},
        "zeros-afterwards": {"return mean\n": "return torch.zeros_like(mean)\n"},
        "no-gradient-afterwards": {"return mean\n": "return mean.detach()\n"},
    },
)

NAME = EXERCISE.name
WHAT = "the draw"
SHAPE = (60, 1000)
MEAN = 1.0 + 2 * torch.randn(SHAPE, generator=grader_generator(610))
# Every level of the log-variance stands in 12,000 places, scattered over rows and units. There are
# many units and few rows: an answer that goes wrong for many rows is conduct's business.
PLACES = torch.randperm(MEAN.numel(), generator=grader_generator(611)) % len(LEVELS)
LOG_VAR = torch.tensor(LEVELS)[PLACES].reshape(SHAPE)


@remote_call
def _calls(sample_latent, mean, log_var, seed, elsewhere):
    import torch

    given = mean.clone(), log_var.clone()
    torch.manual_seed(elsewhere)
    generator = torch.Generator().manual_seed(seed)
    first = sample_latent(*given, True, generator)
    first = first.clone() if isinstance(first, torch.Tensor) else first
    second = sample_latent(*given, True, generator)
    torch.manual_seed(elsewhere + 1)
    again = sample_latent(mean.clone(), log_var.clone(), True, torch.Generator().manual_seed(seed))
    return first, second, again, *given


@remote_call
def _without(sample_latent, mean, log_var, seed):
    """Return draws without a generator after three seeds of torch, of which two are the same."""
    import torch

    found = []
    with torch.random.fork_rng(devices=[]):
        for own in (seed, seed + 1, seed):
            torch.manual_seed(own)
            found.append(sample_latent(mean.clone(), log_var.clone()))
    return found


@remote_call
def _afterwards(sample_latent, mean, log_var, seed):
    """Return two results of training = False, and the gradient of the first for the mean."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    leaves = mean.clone().requires_grad_(), log_var.clone().requires_grad_()
    first, second = (sample_latent(*leaves, False, generator) for _ in range(2))
    gradient = None
    if isinstance(first, torch.Tensor) and first.requires_grad:
        gradient = torch.autograd.grad(first.sum(), leaves, allow_unused=True)[0]
    return first, second, torch.zeros_like(mean) if gradient is None else gradient


@remote_call
def _gradients(sample_latent, mean, log_var, seed, step):
    """Return the gradients of a draw, and draws with the same noise on both sides of log_var."""
    import torch

    def draw(m, v):
        return sample_latent(m, v, True, torch.Generator().manual_seed(seed))

    sides = [draw(mean.clone(), log_var + s) for s in (-step, step)]
    leaves = mean.clone().requires_grad_(), log_var.clone().requires_grad_()
    value = draw(*leaves)
    found: tuple = (None, None)
    if isinstance(value, torch.Tensor) and value.requires_grad:
        found = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    zeros = torch.zeros_like(mean)
    return [zeros if g is None else g for g in found], sides


def draw(sample_latent: Callable, log_var: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the draws of two calls, and of one with a new generator of the first one's seed."""
    found = run(
        lambda: _calls(sample_latent, MEAN, log_var, GRADER_SEED + 1, GRADER_SEED + 2), name=NAME
    )
    parts = ("first", "second", "again", "the means", "the log-variances")
    *every, mean, given = to_pair(found, "the calls", parts)
    expect_unchanged(MEAN, to_tensor(mean, "the means"), NAME)
    expect_unchanged(log_var, to_tensor(given, "the log-variances"), NAME)
    first, second, again = (expect_shape(v, SHAPE, WHAT).double() for v in every)
    expect_finite(first, log_var)
    return first, second, again


def expect_finite(z: Tensor, log_var: Tensor) -> None:
    """Raise if a draw holds NaN, and say so if it does where log_var is negative only."""
    bad = ~torch.isfinite(z)
    expect(
        not (bad.any() and torch.equal(bad, log_var < 0)),
        f"{WHAT} holds NaN where log_var is negative: a root, or a logarithm, of log_var was "
        "taken, which is a logarithm itself; take exp first",
        "root-of-log-var",
    )
    expect(not bad.any(), f"{WHAT} holds NaN or infinite numbers", "not-finite")


@EXERCISE.criterion("while training, the mean and a spread", points=1)
def spread(sample_latent: Callable) -> None:
    """Noise of its own for every number, and its deviation at five log-variances."""
    alike = torch.full(SHAPE, 0.6)
    z = draw(sample_latent, alike)[0]
    slope = float(((z - z.mean()) * (MEAN - MEAN.mean())).mean() / MEAN.double().var())
    expect(
        abs(slope) > 0.1,
        "the mean is missing: what comes back is the noise alone",
        "mean-missing",
    )
    expect_own(z - MEAN.double())
    z = draw(sample_latent, LOG_VAR)[0]
    apart = z - MEAN.double()
    middle = abs(correlation(apart, MEAN.double()))
    expect(middle < 0.1, "what was added to the mean goes with the mean", "mean-scaled")
    expect(
        correlation(apart.abs(), MEAN.double().abs()) < 0.3,
        "the noise grows with the mean: *add* it, do not multiply by it",
        "multiplied",
    )
    expect_spread(spreads(apart, LOG_VAR))
    expect_normal(apart / (LOG_VAR.double() / 2).exp(), 1.0, "the noise over σ")


@EXERCISE.criterion("the generator, and the gradients", points=1)
def generator_and_gradients(sample_latent: Callable) -> None:
    """All draws come from the generator, or from torch's own; both gradients are the right ones."""
    first, second, again = draw(sample_latent, LOG_VAR)
    drawn = float((first - MEAN).abs().mean()) > 1e-4
    text = "two calls with one generator gave the same, because there is no noise in the draw"
    expect(drawn, text, "same-every-time")
    expect(
        not torch.equal(first, second),
        "two calls with one generator gave the same noise: do not seed inside the function",
        "same-every-time",
    )
    expect(
        torch.equal(first, again),
        "two generators of the same seed gave different noise: pass `generator=generator` "
        "(`torch.randn_like` and `torch.distributions` take none: `torch.randn(shape, "
        "generator=generator)` does)",
        "generator-ignored",
    )
    gradients(sample_latent)
    without(sample_latent)


def without(sample_latent: Callable) -> None:
    """Raise unless torch's own generator is drawn from where none is given."""
    few = MEAN[:4], LOG_VAR[:4]
    try:
        found = run(lambda: _without(sample_latent, *few, GRADER_SEED + 3), name=NAME)
    except CheckFailed as error:
        why = (
            f"without a generator it fails ({error.mistake.removeprefix('raised-')}): torch's own "
        )
        why += "functions take `generator=None` as well, so that it can be passed on as it is"
        raise CheckFailed(why, "needs-a-generator") from None
    every = to_pair(found, "the calls", ("first", "second", "again"))
    first, second, again = (expect_shape(v, few[0].shape, WHAT) for v in every)
    expect(
        not torch.equal(first, second),
        "without a generator two seeds of torch gave the same noise: do not seed inside",
        "seeded",
    )
    expect(
        torch.equal(first, again),
        "without a generator the noise comes from elsewhere than torch's own generator: after "
        "`torch.manual_seed` it should repeat itself",
        "not-torchs-own",
    )


def gradients(sample_latent: Callable) -> None:
    """Raise unless the gradient is 1 for the mean, and ½ σ ε, by finite differences, otherwise."""
    step, few = 0.05, (MEAN[:4], LOG_VAR[:4])
    found = run(lambda: _gradients(sample_latent, *few, GRADER_SEED, step), name=NAME)
    both, sides = to_pair(found, "the calls", ("gradients", "draws"))
    parts = to_pair(both, "the gradients", ("of the mean", "of log_var"))
    of_mean, of_log_var = (expect_shape(v, few[0].shape, "a gradient").double() for v in parts)
    below, above = (expect_shape(v, few[0].shape, WHAT).double() for v in sides)
    zero = torch.zeros(few[0].shape)
    reached = [bool(g.ne(0).any()) for g in (of_mean, of_log_var)]
    stops = "`torch.normal(mean, …)`, `.detach()`, `.item()` and `torch.no_grad()` stop it"
    expect(any(reached), f"no gradient reaches mean and log_var: {stops}", "no-gradient")
    expect(
        bool(torch.isfinite(of_mean).all() and torch.isfinite(of_log_var).all()),
        "a gradient holds NaN or infinite numbers",
        "not-finite",
    )
    known = [Mistake("mean-detached", zero, f"there is none: {stops}")]
    expect_close(of_mean, zero + 1, "the gradient for the mean while training", known, rtol=1e-3)
    slope = (above - below) / (2 * step)
    known = [Mistake("log-var-detached", zero, f"there is none, so no spread is learnt: {stops}")]
    what = "the gradient for log_var (compared with finite differences for the same noise)"
    expect_close(of_log_var, slope, what, known, rtol=1e-2, atol=2e-3)


@EXERCISE.criterion("afterwards, the mean", points=1)
def afterwards(sample_latent: Callable) -> None:
    """With training = False the mean itself, twice, and its gradient."""
    mean, log_var = MEAN[:4], LOG_VAR[:4]
    found = run(lambda: _afterwards(sample_latent, mean, log_var, GRADER_SEED), name=NAME)
    parts = to_pair(found, "the calls", ("first", "second", "the gradient"))
    first, second, gradient = (expect_shape(v, mean.shape, "the result").double() for v in parts)
    if not torch.equal(first, second):
        apart = (first - mean) / (log_var.double() / 2).exp()
        if not standard(apart):
            text = "with training=False a draw came back: codes are compared by their *means*"
            raise CheckFailed(text, "drawn-afterwards")
        text = "with training=False two calls differ: there is noise in the result"
        raise CheckFailed(f"{text}, and the mean alone is asked for", "noise-afterwards")
    m, v = mean.double(), log_var.double()
    text = "there is a spread in it; return the mean alone"
    known = [
        Mistake("zeros-afterwards", 0 * m, "zeros; the mean is asked for"),
        *(Mistake("spread-added", m + s, text) for s in ((v / 2).exp(), v.exp(), v)),
        Mistake("variances", v.exp(), "the variances; the mean is asked for"),
        Mistake("log-var", v, "the log-variances; the mean is asked for"),
        Mistake(
            "prior-mean", m.mean(dim=0).expand(m.shape), "the mean over rows; return each row's own"
        ),
    ]
    expect_close(first, m, "the result with training=False", known)
    text = "there is none: codes are compared, and trained further, by their means"
    none = Mistake("no-gradient-afterwards", torch.zeros(mean.shape), text)
    what = "the gradient for the mean with training=False"
    expect_close(gradient, torch.ones(mean.shape), what, [none])


def holds(z: Any, mean: Tensor, log_var: Tensor, training: bool, *_: object) -> str:
    """Return what is wrong with a draw, or with a mean."""
    got = to_tensor(z, WHAT).double()
    if got.shape != mean.shape:
        return f"shape {tuple(got.shape)} instead of {tuple(mean.shape)}"
    if not bool(torch.isfinite(got).all()):
        return "NaN or infinite numbers"
    if training:
        return standard((got - mean) / (log_var / 2).exp())
    return "" if torch.allclose(got, mean, rtol=1e-5) else "not the mean, with training=False"


@EXERCISE.conduct(
    holds=holds,
    trains=["mean", "log_var"],
    extremes=[
        {
            "mean": torch.tensor([[1.0, -2.0, 3.0]]),
            "log_var": torch.tensor([[0.5, 1.0, -4.0]]),
            "training": False,
            "generator": Seed(4),
        }
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of 24 numbers; at the extreme one row, when training is over."""
    return {
        "mean": new.normal(n, 24) + new.uniform(3, 6, 24),
        "log_var": new.uniform(-2, 1, n, 24),
        "training": True,
        "generator": Seed(new.whole(1, 99)),
    }
