"""Week 5: Hutchinson's estimate of the contractive penalty, with its standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, grader_generator
from autograder.exercises.conduct.cases import SEED as STAGE_SEED
from autograder.exercises.conduct.declare import Arguments, Draw, Part, Seed
from autograder.exercises.week05._jacobians import draw, penalty, squared, stage
from autograder.hall.protocol.remote_call import remote_call

SIGNS = "torch.randint(2, h.shape, generator=generator).to(h.dtype) * 2 - 1"

EXERCISE = Exercise(
    "hutchinson",
    signature="def hutchinson(encode, x, probes, generator):",
    setup="from collections.abc import Callable\n",
    right={
        "signs": """
            x = x.clone().requires_grad_()
            h = encode(x)
            values = []
            for _ in range(probes):
                v = torch.randint(2, h.shape, generator=generator).to(h.dtype) * 2 - 1
                g = torch.autograd.grad(h, x, v, create_graph=True)[0]
                values.append((g ** 2).sum(1).mean())
            values = torch.stack(values)
            return values.mean(), values.detach().std() / probes ** 0.5
        """,
        "normal probes": {SIGNS: "torch.randn(h.shape, generator=generator, dtype=h.dtype)"},
        "forward mode, from the other side": """
            values = []
            for _ in range(probes):
                v = torch.randn(x.shape, generator=generator, dtype=x.dtype)
                _, step = torch.func.jvp(encode, (x,), (v,))
                values.append(step.square().sum(dim=1).mean())
            values = torch.stack(values)
            return values.mean(), float(values.detach().var() / probes) ** 0.5
        """,
        "all probes at once": """
            n = len(x)
            copies = x.repeat(probes, 1).requires_grad_()
            h = encode(copies)
            v = torch.sign(torch.rand(h.shape, generator=generator, dtype=h.dtype) - 0.5)
            (g,) = torch.autograd.grad((h * v).sum(), copies, create_graph=True)
            means = g.pow(2).sum(1).reshape(probes, n).mean(1)
            return means.mean(), means.detach().std().item() / math.sqrt(probes)
        """,
    },
    wrong={
        "probe-variance": {
            SIGNS: "2 * torch.rand(h.shape, generator=generator, dtype=h.dtype) - 1"
        },
        "probe-not-centred": {" * 2 - 1": ""},
        "unit-length": {
            SIGNS: "F.normalize(torch.randn(h.shape, generator=generator, dtype=h.dtype))"
        },
        "not-squared": {"(g ** 2).sum(1)": "g.norm(dim=1)"},
        "sum-over-batch": {".sum(1).mean()": ".sum()"},
        "sum-over-probes": {"return values.mean()": "return values.sum()"},
        "averaged-first": {
            "(g ** 2).sum(1).mean()": "g",
            "(values)": "(values); squares = (values ** 2).sum(2).mean(1)",
            "return values.mean()": "return (values.mean(0) ** 2).sum(1).mean()",
            "values.detach()": "squares.detach()",
        },
        "no-probe": {SIGNS: "torch.ones_like(h)"},
        "generator-ignored": {SIGNS: "torch.randn_like(h)"},
        "no-gradient": {"create_graph": "retain_graph"},
        "same-probe": {
            SIGNS: "torch.randn(h.shape[1], generator=generator, dtype=h.dtype).expand_as(h)"
        },
        "deviation-not-error": {" / probes ** 0.5": ""},
        "spread-of-images": {
            "(g ** 2).sum(1).mean()": "(g ** 2).sum(1)",
            "probes ** 0.5": "values.numel() ** 0.5",
        },
        "variance": {".std() / probes ** 0.5": ".var() / probes"},
        "mean-over-pixels": {".sum(1).mean()": ".mean()"},
        "raised-RuntimeError": {SIGNS: "torch.randn(x.shape, generator=generator, dtype=x.dtype)"},
    },
)

NAME = EXERCISE.name
# With the encoder W x²/2 the Jacobian is W diag(x), so that mean, variance and gradient of the
# estimate are known.
N, D, K, PROBES = 16, 6, 5, 300
CALLS, SOME, FEW = 400, 100, 10  # a small estimate is repeated often, to see its true spread
PARTS = ("the estimate", "its standard error")
X = torch.randint(2, (N, D), generator=grader_generator(41)).double() * 2 - 1
X = X * torch.linspace(0.15, 1.0, N, dtype=torch.float64)[:, None]  # images differ a lot
W = draw(42, K, D)
J = W * X[:, None, :]  # (N, K, D)
GRAM = J @ J.mT  # (N, K, K)
EACH = squared(J)
EXACT = EACH.mean()
LARGEST = (
    float((2 * (GRAM**2).sum()).sqrt()) / N
)  # deviation of one normal probe; of signs it is less


@remote_call
def _estimates(hutchinson, x, w, probes, seeds):
    """Return what each seed's call returned, and the gradient of the first estimate for W."""
    import torch

    w = w.clone().requires_grad_()
    found: list = []
    gradient = None
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        values = hutchinson(lambda x: 0.5 * (x * x) @ w.T, x.clone(), probes, generator)
        values = values if isinstance(values, tuple | list) else (values,)
        if not found and isinstance(values[0], torch.Tensor) and values[0].requires_grad:
            gradient = torch.autograd.grad(values[0].sum(), w, allow_unused=True)[0]
        found.append([v.detach() if isinstance(v, torch.Tensor) else v for v in values])
    return found, gradient


def estimates(hutchinson: Callable, probes: int, seeds: list[int]) -> tuple:
    """Return the student's results for each seed, and a gradient."""
    found = run(lambda: _estimates(hutchinson, X, W, probes, seeds), name=NAME)
    return to_pair(found, NAME, ("its results", "a gradient"))


def answer(hutchinson: Callable) -> tuple[Tensor, Tensor, object]:
    """Return the student's estimate, its standard error, and its gradient for W."""
    (first, second), gradient = estimates(hutchinson, PROBES, [GRADER_SEED + 43] * 2)
    value, error = to_pair(tuple(first), NAME, PARTS)
    value, again = to_tensor(value, PARTS[0]), to_tensor(second[0], PARTS[0])
    expect(
        value.shape == again.shape and torch.allclose(value, again, rtol=1e-6),
        "two calls with generators of the same seed disagree: draw from `generator`",
        "generator-ignored",
    )
    return value, to_tensor(error, PARTS[1]), gradient


def wrong_estimates() -> list[Mistake]:
    """Return what wrong estimates tend to."""
    v = torch.randint(2, (2000, N, K), generator=grader_generator(44)).double() * 2 - 1
    norms = torch.einsum("snk,nkd->snd", v, J).norm(dim=2)
    ones = GRAM.sum(dim=(1, 2)).mean()  # of a probe that is 1 everywhere
    third = "a third: the probe's entries have variance 1/3 (uniform in [−1, 1]), not 1"
    positive = "the probe's entries lie in [0, 1): their mean must be 0"
    bits = "the probe's entries are 0 or 1: they must be −1 or 1"
    unit = "the probe was scaled to length 1; each *entry* must have variance 1"
    return [
        Mistake("sum-over-batch", N * EXACT, "summed over the batch; average over its images"),
        Mistake("sum-over-probes", PROBES * EXACT, "summed over the probes; average"),
        Mistake("not-squared", norms.mean(), "the length of vᵀJ was not squared"),
        Mistake("probe-variance", EXACT / 3, third),
        Mistake("probe-not-centred", ones / 4 + EXACT / 12, positive),
        Mistake("probe-not-centred", ones / 4 + EXACT / 4, bits),
        Mistake("no-probe", ones, "v is all ones: the code numbers are added, no chance in it"),
        Mistake("unit-length", EXACT / K, unit),
        Mistake("mean-over-pixels", EXACT / D, "averaged over pixels; sum them"),
        Mistake("one-per-image", EACH, "one number per image; average them"),
    ]


@EXERCISE.criterion("unbiased", points=1)
def unbiased(hutchinson: Callable) -> None:
    """Many probes come close to the exact value."""
    value, _, _ = answer(hutchinson)
    expect(
        value.shape != () or float(value) > 4 * float(EXACT) / PROBES or float(value) < 0,
        "far too small: the vectors vᵀJ were averaged over the probes before they were "
        "squared, so that they cancel; square each, then average",
        "averaged-first",
    )
    what = f"the estimate from {PROBES} probes, up to 5 standard errors,"
    rtol = 5 * LARGEST / PROBES**0.5 / float(EXACT)
    expect_close(value, EXACT, what, wrong_estimates(), rtol=rtol, atol=0)


def wrong_errors(true: float) -> list[tuple[str, float, str]]:
    """Return the known mistakes about a standard error: name, value, message."""
    between = float(EACH.std()) / (N * FEW) ** 0.5
    one_probe = "this is the deviation of one probe; the mean of S probes has 1/√S of it"
    images = (
        "images differ from each other: that is no error of the estimate. Average over the images "
        "first, then look at the spread over the probes"
    )
    return [
        ("deviation-not-error", true * FEW**0.5, one_probe),
        ("divided-twice", true / FEW**0.5, "divided by S; the error falls with √S"),
        ("sum-over-batch", true * N, "the error of the sum over the batch"),
        ("variance", true**2, "this is the variance; its root is the error"),
        ("variance", true**2 * FEW, "this is the variance over the probes; root, and √S"),
        ("spread-of-images", (true**2 + between**2) ** 0.5, images),
    ]


@EXERCISE.criterion("the standard error", points=1)
def standard_error(hutchinson: Callable) -> None:
    """Small estimates, repeated often, spread as much as their standard errors say."""
    value, error, _ = answer(hutchinson)
    expect(value.shape == (), "the estimate should be one number", "wrong-shape")
    expect(error.shape == (), "the standard error should be one number", "wrong-shape")
    seeds, found = list(range(GRADER_SEED + 44, GRADER_SEED + 44 + CALLS)), []
    for some in (seeds[:SOME], seeds[SOME:]):
        found += estimates(hutchinson, FEW, some)[0]
        columns = zip(zip(*found, strict=True), PARTS, strict=True)
        values, errors = (to_tensor(column, part).double() for column, part in columns)
        expect(
            bool(torch.isfinite(errors).all()) and bool((errors > 0).all()),
            f"the standard error is {float(errors.min()):g}; it is the spread over the probes",
            "not-finite",
        )
        true, got = float(values.std()), float(errors.square().mean().sqrt())
        if not 0.6 < got / true < 1.6:
            break  # no number of repetitions will mend that
    honest = 0.84 < got / true < 1.19  # 400 repetitions tell the spread to 4 %
    for mistake, wanted, message in wrong_errors(true):
        expect(honest or abs(got / wanted - 1) > 0.2, message, mistake)
    expect(
        honest,
        f"over {len(found)} repetitions the estimate's deviation is {true / got:.2g} times what "
        "the standard error says",
        "dishonest-error",
    )
    expect(
        true < 1.3 * LARGEST / FEW**0.5,
        "the error is larger than it need be: one probe was shared by all images, so that "
        "their errors do not average out; draw v for every image",
        "same-probe",
    )


@EXERCISE.criterion("gradients for the weights", points=1)
def weight_gradients(hutchinson: Callable) -> None:
    """The gradient of the exact penalty, up to the estimate's own error."""
    _, _, gradient = answer(hutchinson)
    expect(
        gradient is not None,
        "no gradient reaches the weights: create_graph=True, and detach nothing on the way",
        "no-gradient",
    )
    right = 2 * W * (X**2).mean(0)  # of mean_i Σ_kd w² x²
    off = float((to_tensor(gradient, "the gradient").double() - right).norm() / right.norm())
    expect(
        off < 0.2,
        f"the gradient for the weights is off by {100 * off:.0f} % of its length",
        "wrong-gradient",
    )


def near(result: Any, encode: Any, x: Tensor, *_: object) -> str:
    """Return what is wrong with an estimate, which scatters around the closed form."""
    model = stage(STAGE_SEED)["encode"].double()
    exact = float(penalty(x, model.w1, model.b1, model.w2).detach())
    value, error = (to_tensor(v, "the estimate").double() for v in result)
    if value.shape != () or error.shape != ():
        return "the estimate and its error should be numbers"
    times = float(value) / exact
    return "" if 0.4 < times < 2.5 and 0 < float(error) < exact else f"{times:.2g} times the truth"


@EXERCISE.conduct(
    holds=near,
    stage=stage,
    trains=["encode"],
    allows={"scalar-frozen": "an estimate does not tell from how many probes; its error does"},
)
def arguments(new: Draw, n: int) -> Arguments:
    """An encoder, images and a number of probes."""
    return {
        "encode": Part("encode"),
        "x": new.normal(n, 5),
        "probes": new.alternate(12, 16),
        "generator": Seed(new.whole(1, 99)),
    }
