"""Elective A: a code that noise pushes towards bits, and the bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
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
from autograder.exercises.moments import correlation, expect_normal, standard
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "noisy_code",
    defines=("noisy_code", "to_bits"),
    right={
        "randn": """
            def noisy_code(logits, noise, generator):
                n = torch.randn(logits.shape, generator=generator, dtype=logits.dtype)
                return torch.sigmoid(logits + noise * n)

            def to_bits(logits):
                return logits > 0
        """,
        "normal_ on an empty tensor, the sigmoid at one half": """
            def noisy_code(logits, noise, generator):
                n = torch.empty_like(logits, requires_grad=False).normal_(generator=generator)
                return (logits + n * noise).sigmoid()

            def to_bits(logits):
                return torch.sigmoid(logits) > 0.5
        """,
        "torch.normal, float64": """
            def noisy_code(logits, noise, generator):
                zeros = torch.zeros(logits.shape, dtype=torch.float64)
                pushed = logits.double() + torch.normal(zeros, noise, generator=generator)
                return 1 / (1 + torch.exp(-pushed))

            def to_bits(logits):
                return torch.from_numpy(logits.detach().numpy() > 0)
        """,
        "row by row": """
            def noisy_code(logits, noise, generator):
                rows = []
                for row in logits:
                    n = torch.randn(len(row), generator=generator)
                    rows.append(torch.sigmoid(row + noise * n))
                return torch.stack(rows)

            def to_bits(logits):
                return torch.tensor([[bool(v > 0) for v in row] for row in logits.tolist()])
        """,
    },
    wrong={
        "noise-after": {
            "torch.sigmoid(logits + noise * n)": "torch.sigmoid(logits) + noise * n",
        },
        "clipped": {
            "torch.sigmoid(logits + noise * n)": "(torch.sigmoid(logits) + noise * n).clamp(0, 1)",
        },
        "multiplied": {"logits + noise * n": "logits * (1 + noise * n)"},
        "uniform": {"randn": "rand"},
        "one-per-row": {"(logits.shape,": "((len(logits), 1),"},
        "same-for-all": {"(logits.shape,": "(logits.shape[1],"},
        "variance": {"noise * n": "noise**0.5 * n"},
        "sigma-squared": {"noise * n": "noise**2 * n"},
        "noise-ignored": {"noise * n": "n"},
        "no-noise": {" + noise * n": ""},
        "generator-ignored": {"generator=generator, ": ""},
        "same-every-time": {"n = ": "generator.manual_seed(0); n = "},
        "thresholded": {"torch.sigmoid(logits + noise * n)": "(logits + noise * n > 0).float()"},
        "no-gradient": {"logits + noise * n": "torch.normal(logits, noise, generator=generator)"},
        "no-sigmoid": {"torch.sigmoid(": "("},
        "tanh": {"torch.sigmoid(": "torch.tanh("},
        "sigmoid-twice": {"logits + noise": "torch.sigmoid(logits) + noise"},
        "all-true": {"logits > 0": "torch.sigmoid(logits) > 0"},
        "half-of-logits": {"logits > 0": "logits > 0.5"},
        "half-included": {"logits > 0": "logits >= 0"},
        "inverted": {"logits > 0": "logits < 0"},
        "not-booleans": {"logits > 0": "torch.sigmoid(logits).round()"},
        "random-bits": {"logits > 0": "torch.rand(logits.shape) < torch.sigmoid(logits)"},
        "row-mean": {"logits > 0": "logits > logits.mean(dim=1, keepdim=True)"},
    },
)
SHAPE = (300, 40)
LOGITS = -1.5 + 3 * torch.rand(SHAPE, generator=grader_generator(100))


@remote_call
def _calls(noisy_code, logits, noise, seed, elsewhere):
    import torch

    given = logits.clone()
    torch.manual_seed(elsewhere)
    generator = torch.Generator().manual_seed(seed)
    first = noisy_code(given, noise, generator)
    first = first.clone() if isinstance(first, torch.Tensor) else first
    second = noisy_code(given, noise, generator)
    torch.manual_seed(elsewhere + 1)
    again = noisy_code(logits.clone(), noise, torch.Generator().manual_seed(seed))
    return first, second, again, given


@remote_call
def _gradient(noisy_code, logits, noise, seed):
    import torch

    leaf = logits.clone().requires_grad_()
    code = noisy_code(leaf, noise, torch.Generator().manual_seed(seed))
    if not isinstance(code, torch.Tensor) or not code.requires_grad:
        return code, torch.zeros(logits.shape)
    (found,) = torch.autograd.grad(code.sum(), [leaf], allow_unused=True)
    return code.detach(), torch.zeros(logits.shape) if found is None else found


def draw(noisy_code: Callable, noise: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return the codes of two calls, and of one with a new generator of the first one's seed."""
    found = run(
        lambda: _calls(noisy_code, LOGITS, noise, GRADER_SEED + 1, GRADER_SEED + 2),
        name="noisy_code",
    )
    *codes, given = to_pair(found, "the calls", ("first", "second", "again", "logits"))
    expect_unchanged(LOGITS, to_tensor(given, "the logits"), "noisy_code")
    first, second, again = (expect_shape(c, SHAPE, "the code").double() for c in codes)
    return first, second, again


def noiseless(noisy_code: Callable) -> None:
    """Raise unless noise = 0 gives the sigmoid of the logits."""
    first, second, _ = draw(noisy_code, 0.0)
    expect(
        torch.equal(first, second),
        "with noise = 0 two calls differ: the random numbers are to be multiplied by `noise`",
        "noise-ignored",
    )
    a = LOGITS.double()
    right = 1 / (1 + (-a).exp())
    twice = 1 / (1 + (-right).exp())
    known = [
        Mistake("no-sigmoid", a, "logits came back; a sigmoid makes numbers from 0 to 1"),
        Mistake("tanh", a.tanh(), "tanh gives −1 to 1; the sigmoid gives 0 to 1"),
        Mistake("sigmoid-twice", twice, "a sigmoid was applied twice"),
        Mistake("inverted", 1 - right, "the sign of the logits was turned"),
        Mistake(
            "thresholded",
            (a > 0).double(),
            "bits came back: a threshold has no gradient, so that nothing could be trained; while "
            "training the code is a sigmoid, and `to_bits` comes afterwards",
        ),
    ]
    expect_close(first, right, "the code with noise = 0", known)


def own_for_each(pushes: Tensor) -> None:
    """Raise if what was added is the same for all numbers of a row, or for all rows."""
    whole = float(pushes.abs().mean())
    expect(whole > 1e-3, "there is no noise in the code", "no-noise")
    expect(
        float(pushes.std(dim=1).mean()) > 0.05 * whole,
        "all numbers of a row get the same noise: draw one for every number",
        "one-per-row",
    )
    expect(
        float(pushes.std(dim=0).mean()) > 0.05 * whole,
        "all rows get the same noise: the draws need the shape of the logits, (N, K)",
        "same-for-all",
    )


def pushes_of(code: Tensor, noise: float) -> Tensor:
    """Return what was added to the logits, by the sigmoid's inverse."""
    expect(
        float(code.min()) >= 0 and float(code.max()) <= 1,
        f"with noise = {noise} the code leaves 0 to 1: the noise was added to the *code*; add it "
        "to the logits, before the sigmoid",
        "noise-after",
    )
    expect(
        float(code.min()) > 0 and float(code.max()) < 1,
        f"with noise = {noise} some numbers are exactly 0 or 1: were they cut off? Add the noise "
        "to the logits, before the sigmoid, and nothing leaves 0 to 1",
        "clipped",
    )
    return (code / (1 - code)).log() - LOGITS.double()


@EXERCISE.criterion("noise, then a sigmoid", points=1)
def noise_before_the_sigmoid(noisy_code: Callable, to_bits: Callable) -> None:
    """No noise; then what was added to the logits is N(0, noise²), at two noises."""
    noiseless(noisy_code)
    for noise in (0.5, 1.6):
        pushes = pushes_of(draw(noisy_code, noise)[0], noise)
        own_for_each(pushes)
        expect(
            correlation(pushes.abs(), LOGITS.double().abs()) < 0.3,
            "the noise grows with the logit: *add* it, do not multiply by it",
            "multiplied",
        )
        expect_normal(pushes, noise, "the noise on the logits")


@EXERCISE.criterion("the generator, and the gradient", points=1)
def generator_and_gradient(noisy_code: Callable, to_bits: Callable) -> None:
    """All draws come from the generator, and the gradient is s (1 − s)."""
    noiseless(noisy_code)
    first, second, again = draw(noisy_code, 0.7)
    own_for_each(pushes_of(first, 0.7))
    expect(
        not torch.equal(first, second),
        "two calls with one generator gave the same noise: do not seed inside the function",
        "same-every-time",
    )
    expect(
        torch.equal(first, again),
        "two generators of the same seed gave different noise: pass `generator=generator`",
        "generator-ignored",
    )
    found = run(lambda: _gradient(noisy_code, LOGITS, 0.7, GRADER_SEED), name="noisy_code")
    code, gradient = to_pair(found, "the code", ("code", "gradient"))
    s = expect_shape(code, SHAPE, "the code").double()
    got = to_tensor(gradient, "the gradient").double()
    expect(
        bool((got != 0).any()),
        "no gradient reaches the logits: use torch operations from end to end; `torch.normal("
        "logits, …)`, `.detach()` and a threshold stop it",
        "no-gradient",
    )
    expect_close(got, s * (1 - s), "the gradient to the logits", rtol=1e-3)


BITS = torch.randn(12, 16, generator=grader_generator(101)) + 0.2
BITS[::3, ::5] = 0.0
BITS[1, :4] = torch.tensor([0.3, -0.3, 40.0, -40.0])


@EXERCISE.criterion("the bits", points=1)
def bits(noisy_code: Callable, to_bits: Callable) -> None:
    """Whether 1 / (1 + exp(−logit)) is above one half, number by number."""
    above = [[1 / (1 + math.exp(-v)) > 0.5 for v in row] for row in BITS.tolist()]
    a = BITS.double()
    half = "compared the *logits* with one half: the sigmoid is one half where the logit is 0"
    known = [
        Mistake("all-true", a.exp() > 0, "all bits are True: a sigmoid is always above 0"),
        Mistake("all-false", a.exp() < 0, "all bits are False"),
        Mistake("half-of-logits", a > 0.5, half),
        Mistake("half-of-logits", a >= 0.5, half),
        Mistake("half-included", a >= 0, "a code of exactly one half is not *above* one half"),
        Mistake("inverted", a < 0, "True and False are swapped"),
        Mistake("inverted", a <= 0, "True and False are swapped"),
        Mistake("signs", a.sign(), "signs from −1 to 1; return booleans"),
        Mistake("sigmoid", 1 / (1 + (-a).exp()), "the code itself; compare it with one half"),
        Mistake("row-mean", a > a.mean(1, keepdim=True), "compared with the mean of each row"),
        Mistake("column-mean", a > a.mean(0), "compared with the mean of each column"),
    ]
    given = BITS.clone()
    first = expect_shape(run(to_bits, given, name="to_bits"), BITS.shape, "the bits")
    expect_unchanged(BITS, given, "to_bits")
    second = expect_shape(run(to_bits, BITS.clone(), name="to_bits"), BITS.shape, "the bits")
    expect(
        torch.equal(first, second),
        "two calls with the same logits gave different bits: afterwards nothing is random",
        "random-bits",
    )
    expect_close(first, above, "the bits", known)
    expect(
        first.dtype == torch.bool,
        f"the bits are of type {str(first.dtype).removeprefix('torch.')}; return booleans",
        "not-booleans",
    )


def holds(code: Any, logits: Tensor, noise: float, *_: object) -> str:
    """Return what is wrong with noisy codes."""
    s = to_tensor(code, "the code").double()
    if s.shape != logits.shape:
        return f"shape {tuple(s.shape)} instead of {tuple(logits.shape)}"
    if not bool(((s > 0) & (s < 1)).all()):
        return "the code leaves 0 to 1"
    return standard(((s / (1 - s)).log() - logits.double()) / noise)


@EXERCISE.conduct(holds=holds, trains=["logits"])
def arguments(new: Draw, n: int) -> Arguments:
    """Logits of 24 numbers for each document."""
    return {
        "logits": new.uniform(-2, 2, n, 24),
        "noise": new.alternate(0.5, 1.2),
        "generator": Seed(new.whole(1, 99)),
    }


@EXERCISE.conduct("to_bits", right=lambda logits: logits.sign().clamp_min(0))
def arguments_of_to_bits(new: Draw, n: int) -> Arguments:
    """Logits of 24 numbers for each document."""
    return {"logits": new.normal(n, 24)}
