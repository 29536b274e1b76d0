"""Hidden check of Hutchinson's estimate: its mean, its spread and its gradient, all known here."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.checks import GRADER_SEED
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

N, D, K, PROBES = 16, 6, 5, 300
CALLS, FEW = 400, 10  # how often a small estimate is repeated, to see its true spread


@errand
def _estimate(hutchinson, x, w, probes, seed):
    import torch

    w = w.clone().requires_grad_()

    def encode(x):  # J(x) = W diag(x)
        return 0.5 * (x * x) @ w.T

    def once():
        found = hutchinson(encode, x.clone(), probes, torch.Generator().manual_seed(seed))
        return found if isinstance(found, tuple | list) else (found,)

    first, second = once(), once()
    value, gradient = first[0], None
    if isinstance(value, torch.Tensor) and value.requires_grad:
        gradient = torch.autograd.grad(value.sum(), w, allow_unused=True)[0]
    plain = [v.detach() if isinstance(v, torch.Tensor) else v for v in (*first, second[0])]
    return plain[:-1], plain[-1], gradient


@errand
def _repeated(hutchinson, x, w, probes, seed, calls):
    import torch

    def encode(x):
        return 0.5 * (x * x) @ w.T

    values, errors = [], []
    for i in range(calls):
        generator = torch.Generator().manual_seed(seed + i)
        value, error = hutchinson(encode, x.clone(), probes, generator)
        values.append(value.detach() if isinstance(value, torch.Tensor) else value)
        errors.append(error.detach() if isinstance(error, torch.Tensor) else error)
    return values, errors


@check({"unbiased": 2, "the standard error": 1, "gradients for the weights": 1})
def hutchinson(report: Report, hutchinson: Callable) -> None:
    """J(x) = W diag(x): the mean, the variance and the gradient of the estimate are known."""
    signs = torch.randint(2, (N, D), generator=generator(41)).double() * 2 - 1
    x = signs * torch.linspace(0.15, 1.0, N, dtype=torch.float64)[:, None]  # images differ a lot
    w = torch.randn(K, D, generator=generator(42), dtype=torch.float64)
    j = w * x[:, None, :]  # (N, K, D)
    a = j @ j.mT  # (N, K, K)
    each = a.diagonal(dim1=1, dim2=2).sum(1)
    exact, ones = each.mean(), a.sum(dim=(1, 2)).mean()
    largest = float((2 * (a**2).sum(dim=(1, 2))).sum().sqrt()) / N  # of one normal probe
    parts = ("the estimate", "its standard error")
    cache: list = []

    def answer() -> tuple[Tensor, Tensor, object]:
        if not cache:
            found = run(
                lambda: _estimate(hutchinson, x, w, PROBES, GRADER_SEED + 43), name="hutchinson"
            )
            cache.append(to_pair(found, "hutchinson", ("first", "second", "gradient")))
        first, second, gradient = cache[0]
        value, error = to_pair(tuple(first), "hutchinson", parts)
        value, again = to_tensor(value, parts[0]), to_tensor(second, parts[0])
        expect(
            value.shape == again.shape and torch.allclose(value, again, rtol=1e-6),
            "two calls with generators of the same seed disagree: draw from `generator`",
            "generator-ignored",
        )
        return value, to_tensor(error, parts[1]), gradient

    with report.criterion("unbiased"):
        value, _, _ = answer()
        expect(
            value.shape != () or float(value) > 4 * float(exact) / PROBES or float(value) < 0,
            "far too small: the vectors vᵀJ were averaged over the probes before they were "
            "squared, so that they cancel; square each, then average",
            "averaged-first",
        )
        v = torch.randint(2, (2000, N, K), generator=generator(44)).double() * 2 - 1
        norms = torch.einsum("snk,nkd->snd", v, j).norm(dim=2)
        known = [
            Mistake("sum-over-batch", N * exact, "summed over the batch; average over its images"),
            Mistake("sum-over-probes", PROBES * exact, "summed over the probes; average"),
            Mistake("not-squared", norms.mean(), "the length of vᵀJ was not squared"),
            Mistake(
                "probe-variance",
                exact / 3,
                "a third: the probe's entries have variance 1/3 (uniform in [−1, 1]), not 1",
            ),
            Mistake(
                "probe-not-centred",
                ones / 4 + exact / 12,
                "the probe's entries lie in [0, 1): their mean must be 0",
            ),
            Mistake(
                "probe-not-centred",
                ones / 4 + exact / 4,
                "the probe's entries are 0 or 1: they must be −1 or 1",
            ),
            Mistake("no-probe", ones, "v is all ones: the code numbers are added, no chance in it"),
            Mistake(
                "unit-length",
                exact / K,
                "the probe was scaled to length 1; each *entry* must have variance 1",
            ),
            Mistake("mean-over-pixels", exact / D, "averaged over pixels; sum them"),
            Mistake("one-per-image", each, "one number per image; average them"),
        ]
        expect_close(
            value,
            exact,
            f"the estimate from {PROBES} probes, up to 5 standard errors,",
            known,
            rtol=5 * largest / PROBES**0.5 / float(exact),
            atol=0,
        )
    with report.criterion("the standard error"):
        value, error, _ = answer()
        expect(value.shape == (), "the estimate should be one number", "wrong-shape")
        expect(error.shape == (), "the standard error should be one number", "wrong-shape")
        found = run(
            lambda: _repeated(hutchinson, x, w, FEW, GRADER_SEED + 44, CALLS), name="hutchinson"
        )
        values, errors = (to_tensor(v, p).double() for v, p in zip(found, parts, strict=True))
        expect(
            bool(torch.isfinite(errors).all()) and bool((errors > 0).all()),
            f"the standard error is {float(errors.min()):g}; it is the spread over the probes",
            "not-finite",
        )
        true, got = float(values.std()), float(errors.square().mean().sqrt())
        between = float(each.std()) / (N * FEW) ** 0.5
        honest = 0.84 < got / true < 1.19  # the spread of 400 repetitions is known to 4 %
        for mistake, wanted, message in (
            (
                "deviation-not-error",
                true * FEW**0.5,
                "this is the deviation of one probe; the mean of S probes has 1/√S of it",
            ),
            ("divided-twice", true / FEW**0.5, "divided by S; the error falls with √S"),
            ("sum-over-batch", true * N, "the error of the sum over the batch"),
            ("variance", true**2, "this is the variance; its root is the error"),
            ("variance", true**2 * FEW, "this is the variance over the probes; root, and √S"),
            (
                "spread-of-images",
                (true**2 + between**2) ** 0.5,
                "images differ from each other: that is no error of the estimate. Average over "
                "the images first, then look at the spread over the probes",
            ),
        ):
            expect(honest or abs(got / wanted - 1) > 0.2, message, mistake)
        expect(
            honest,
            f"over {CALLS} repetitions the estimate's deviation is {true / got:.2g} times what "
            "the standard error says",
        )
        expect(
            true < 1.3 * largest / FEW**0.5,
            "the error is larger than it need be: one probe was shared by all images, so that "
            "their errors do not average out; draw v for every image",
            "same-probe",
        )
    with report.criterion("gradients for the weights"):
        _, _, gradient = answer()
        expect(
            gradient is not None,
            "no gradient reaches the weights: create_graph=True, and detach nothing on the way",
            "no-gradient",
        )
        gradient = to_tensor(gradient, "the gradient").double()
        right = 2 * w * (x**2).mean(0)  # of mean_i Σ_kd w² x²
        off = float((gradient - right).norm() / right.norm())
        expect(off < 0.2, f"the gradient for the weights is off by {100 * off:.0f} %")
