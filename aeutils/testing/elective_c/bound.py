"""Visible tests of elective C: the price of a code, and the negative evidence lower bound."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
    to_tensor,
)

LN2, LN3, LN4 = math.log(2), math.log(3), math.log(4)


def _active(active_units: Callable) -> None:
    """Five units of four images: one stands still, one hardly moves, two move, one is nearly 0."""
    mean = torch.tensor(
        [
            [1.0, 0.03, 1.0, 2.2, 0.00],
            [1.0, -0.03, -1.0, 1.8, 0.00],
            [1.0, 0.03, 1.0, 2.2, 0.00],
            [1.0, -0.03, -1.0, 1.8, 0.01],
        ]
    )
    # the variances are 0, 0.0009, 1, 0.04 and 0.00002, or 4/3 of these
    right = [[False, False, True, True, False], [False, False, True, False, False]]
    images = "take the variance of each column, over the images"
    known = [
        Mistake("over-units", [[1] * 4, [1] * 4], f"one answer for each image; {images}"),
        Mistake("one-for-all", [1, 1], f"one answer for all units; {images}"),
        Mistake(
            "not-centred",
            [[1, 0, 1, 1, 0], [1, 0, 1, 1, 0]],
            "the first unit is 1 for every image: its variance is 0, its mean square is not",
        ),
        Mistake(
            "deviations", [[0, 1, 1, 1, 0], [0, 0, 1, 1, 0]], "standard deviations; take variances"
        ),
        Mistake("one-mean", [[1] * 5, [1] * 5], "each unit has a mean of its own"),
        Mistake("threshold-ignored", [right[0], right[0]], "`threshold` has no effect"),
        Mistake("threshold-zero", [[0, 1, 1, 1, 1]] * 2, "compare with `threshold`, not with 0"),
        Mistake(
            "inverted", [[1, 1, 0, 0, 1], [1, 1, 0, 1, 1]], "these are the units that do *not* move"
        ),
        Mistake("sums", [right[0], right[0]], "divide the sum of squares by how many there are"),
        Mistake("means", [[1, 0, 0, 1, 0]] * 2, f"means were compared with it; {images}"),
    ]
    what = "the active units of the example without a threshold, and with threshold=0.08"
    found = [
        to_tensor(run(active_units, mean.clone(), *given, name="active_units"), what)
        for given in ((), (0.08,))
    ]
    places = "a boolean for each unit, (K,); not their places, and not their number"
    if found[0].dtype != torch.bool and found[0].flatten().tolist() in ([2, 3], [2]):
        raise CheckFailed(f"{what}: {places}", "indices")
    yes_or_no = all(float(v) in (0.0, 1.0) for f in found for v in f.flatten())
    expect(yes_or_no, f"{what}: numbers; return whether each variance is above it", "numbers")
    expect(len({f.ndim for f in found}) == 1, f"{what}: {places}", "wrong-shape")
    shape = found[0].shape
    expect_shape(found[1], shape, "the active units with threshold=0.08")
    got = torch.stack(found)
    expect_close(got.double(), torch.tensor(right).double(), what, known)
    expect(
        got.dtype == torch.bool,
        f"the active units should be booleans, but they are {got.dtype}",
        "not-booleans",
    )


def kl_to_prior(kl_to_prior: Callable, active_units: Callable) -> bool:
    """Two images and three units; a tiny variance; then the active units."""
    name = "kl_to_prior"
    m = torch.tensor([[0.0, 2.0, 0.0], [1.0, -1.0, 3.0]])
    v = torch.tensor([[0.0, 0.0, LN4], [-LN4, LN2, LN2]])
    # the variances are 1, 1, 4 and 1/4, 2, 2
    right = torch.tensor(
        [
            [0, (4 + 1 - 1 - 0) / 2, (0 + 4 - 1 - LN4) / 2],
            [(1 + 1 / 4 - 1 + LN4) / 2, (1 + 2 - 1 - LN2) / 2, (9 + 2 - 1 - LN2) / 2],
        ]
    )
    square, var = m.square(), v.exp()
    own = "each image and each unit has a number of its own: no sum and no mean"
    std = "log_var was taken for log σ; it is log σ²"
    known = [
        Mistake("half-missing", 2 * right, "the ½ is missing"),
        Mistake("half-twice", right / 2, "½ once, in front of the bracket"),
        Mistake("sign", -right, "the sign: a divergence is never below 0"),
        Mistake("log-std", (square + var.square() - 1 - 2 * v) / 2, std),
        Mistake("exp-doubled", right + (var.square() - var) / 2, "σ² is exp(log_var), not squared"),
        Mistake("sigma-not-squared", right + (var.sqrt() - var) / 2, "σ² = exp(log_var)"),
        Mistake("exp-missing", right + (v - var) / 2, "σ² = exp(log_var)"),
        Mistake(
            "other-way", (v + (1 + square) / var - 1) / 2, "that of the prior from the posterior"
        ),
        Mistake("one-missing", right + 0.5, "the −1 is missing"),
        Mistake("one-added", right + 1, "−1, not +1"),
        Mistake("half-log", right + v / 4, "log σ² is log_var itself, not half of it"),
        Mistake("log-sign", right + v, "log σ² is subtracted"),
        Mistake("log-missing", right + v / 2, "the term −log σ² is missing"),
        Mistake("absolute-log", right + (v - v.abs()) / 2, "log σ² may be negative: no |…|"),
        Mistake("mean-not-squared", right + (m - square) / 2, "μ was not squared"),
        Mistake("absolute-mean", right + (m.abs() - square) / 2, "|μ| stands for μ²"),
        Mistake("mean-only", square / 2, "the terms with σ² are missing"),
        Mistake("mean-missing", right - square / 2, "the term μ² is missing"),
        Mistake("summed-over-units", right.sum(dim=1), own),
        Mistake("summed-over-images", right.sum(dim=0), own),
        Mistake("averaged-over-units", right.mean(dim=1), own),
        Mistake("averaged-over-images", right.mean(dim=0), own),
        Mistake("averaged", right.mean(), own),
        Mistake("summed", right.sum(), own),
        Mistake("summed-and-averaged", right.sum(dim=1).mean(), own),
        Mistake("base-two", right / LN2, "bits; take the natural logarithm"),
    ]
    what = "the divergence of 2 images with 3 units"
    got = to_tensor(run(kl_to_prior, m.clone(), v.clone(), name=name), what)
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} has NaN or infinite numbers: log_var is a logarithm already, and may be 0 or "
        "negative; take no logarithm of it",
        "log-of-log",
    )
    expect_close(got, right, what, known, show_expected=True)
    # (0 + 0 − 1 + 120) / 2
    got = to_tensor(run(kl_to_prior, torch.zeros(1, 1), torch.full((1, 1), -120.0), name=name), "")
    what = "the divergence of mean 0 and log_var −120"
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} is infinite: exp(−120) rounds to 0, and its logarithm is −∞; log_var is that "
        "logarithm",
        "underflow",
    )
    capped = "an epsilon inside the logarithm, or a clamp, caps it; log_var is that logarithm"
    expect(float(got.sum()) > 59 or float(got.sum()) < 0, f"{what}: {capped}", "epsilon")
    expect_close(got, [[59.5]], what, show_expected=True)
    _active(active_units)
    return passed(name, "a price for each number of each code; and the units that move")


def _gradients(negative_elbo: Callable, given: tuple[Tensor, ...]) -> None:
    """Compare the gradients of the three images with (p − x)/3, μ/3 and (σ² − 1)/6."""
    logits, x, mean, log_var = given
    logits = torch.where(logits == 0, LN3, logits)  # max(0, a) and |a| have no slope at 0
    leaves = [value.clone().requires_grad_() for value in (logits, mean, log_var)]
    loss = run(negative_elbo, leaves[0], x, leaves[1], leaves[2], name="negative_elbo")
    none = "use torch operations from end to end, without `.item()`, `.detach()` or numpy"
    reached = isinstance(loss, Tensor) and loss.requires_grad
    expect(reached, f"the loss has no gradient: {none}", "no-gradient")
    found = torch.autograd.grad(loss.sum(), leaves, allow_unused=True)
    rights = {
        "logits": [
            [-1 / 12, -1 / 12, 1 / 4, -1 / 12],
            [1 / 12, 1 / 12, 1 / 12, 1 / 4],
            [0.55 / 3, 1 / 4, -1 / 12, 1 / 12],
        ],
        "mean": [[2 / 3, 0], [1 / 3, 0], [0, -1 / 3]],
        "log_var": [[0, 1 / 2], [0, 0], [0, 0]],
    }
    for got, (what, right) in zip(found, rights.items(), strict=True):
        expect(got is not None, f"no gradient reaches {what}: {none}", "no-gradient")
        expect_close(got, right, f"the gradient for {what}", show_expected=True)


def negative_elbo(negative_elbo: Callable) -> bool:
    """Three images of four pixels with codes of two units, for three weights; gradients; ±40."""
    name = "negative_elbo"
    # the probabilities are 1/2, 3/4, 3/4, 1/2; 1/4, 1/2, 3/4, 1/2; and 1/2 four times
    logits = torch.tensor([[0.0, LN3, LN3, 0.0], [-LN3, 0.0, LN3, 0.0], [0.0] * 4])
    x = torch.tensor([[1.0, 1.0, 0.0, 1.0], [0.0, 0.5, 0.5, 0.0], [0.2, 0.0, 1.0, 0.5]])
    mean = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, -1.0]])
    log_var = torch.tensor([[0.0, LN4], [0.0, 0.0], [0.0, 0.0]])
    # −log p is ln 2 for 1/2, ln 4 − ln 3 for 3/4, ln 4 for 1/4; a half of each for grey
    first = LN2 + (LN4 - LN3) + LN4 + LN2
    second = (LN4 - LN3) + LN2 + (LN4 - LN3 + LN4) / 2 + LN2
    r = (first + second + 4 * LN2) / 3
    k = ((2 + (3 - LN4) / 2) + 1 / 2 + 1 / 2) / 3
    k_std = ((2 + (15 - 2 * LN4) / 2) + 1 / 2 + 1 / 2) / 3
    p = logits.sigmoid()
    twice = float(((1 + p.exp()).log() - x * p).sum()) / 3
    swapped = float(((1 + x.exp()).log() - x * logits).sum()) / 3
    squares = float((p - x).square().sum()) / 3
    betas = torch.tensor([1.0, 3.0, 0.0])
    sums = "sums over pixels and over units, one mean over images"
    known = [
        Mistake("mean-over-pixels", r / 4 + betas * k, f"averaged over pixels; {sums}"),
        Mistake("balance", r / 4 + 3 * betas * k, f"a mean beside a sum; {sums}"),
        Mistake("mean-over-everything", r / 4 + betas * k / 2, f"means of everything; {sums}"),
        Mistake("summed-over-batch", 3 * (r + betas * k), f"summed over images; {sums}"),
        Mistake("kl-summed-over-batch", r + 3 * betas * k, f"KL was summed over images; {sums}"),
        Mistake("kl-averaged-over-units", r + betas * k / 2, f"KL is a mean over units; {sums}"),
        Mistake("beta-on-reconstruction", betas * r + k, "beta weights the divergence"),
        Mistake("beta-on-both", betas * (r + k), "beta weights the divergence alone"),
        Mistake("beta-ignored", r + k + 0 * betas, "`beta` has no effect"),
        Mistake("beta-squared", r + betas.square() * k, "beta was squared"),
        Mistake("kl-subtracted", r - betas * k, "the divergence is a cost: add it"),
        Mistake("elbo", -(r + betas * k), "the bound itself; its *negative* is the loss"),
        Mistake("kl-missing", r + 0 * betas, "the divergence is missing"),
        Mistake("reconstruction-missing", betas * k, "the cross-entropy is missing"),
        Mistake("sigmoid-twice", twice + betas * k, "a sigmoid was taken twice"),
        Mistake("squared-error", squares + betas * k, "squared errors; take the cross-entropy"),
        Mistake("swapped", swapped + betas * k, "logits and images changed places"),
        Mistake("half-missing", r + 2 * betas * k, "the ½ of the divergence is missing"),
        Mistake("log-std", r + betas * k_std, "log_var is log σ², not log σ"),
    ]
    what = "the loss of the example without beta, with beta=3 and with beta=0"
    given = logits, x, mean, log_var
    found = []
    for beta in ((), (3.0,), (0.0,)):
        try:
            value = run(negative_elbo, *(t.clone() for t in given), *beta, name=name)
        except CheckFailed as error:
            why = "logits are any numbers; `F.binary_cross_entropy` wants probabilities"
            refused = error.mistake == "raised-RuntimeError" and "between 0 and 1" in str(error)
            expect(not refused, why, "logits-as-probabilities")
            raise
        each = Mistake("one-per-image", (3,), "one number for each image; return their mean")
        found.append(expect_shape(value, (), what, [each]).double())
    got = torch.stack(found)
    log = f"{what} is NaN or infinite: log_var is a logarithm already; take no logarithm of it"
    expect(bool(torch.isfinite(got).all()), log, "log-of-log")
    expect_close(got, r + betas * k, what, known, show_expected=True)
    _gradients(negative_elbo, given)
    far = torch.tensor([[40.0, -40.0]]), torch.tensor([[0.0, 1.0]]), *torch.zeros(2, 1, 1)
    got = to_tensor(run(negative_elbo, *far, name=name), "the loss")
    what = "the loss of the pixels 0 and 1 with the logits 40 and −40"
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} is not finite: the probability rounded to 0 or 1; stay with the logits",
        "overflow",
    )
    rounded = "the probability was rounded to 1 before its logarithm; stay with the logits"
    rounding = Mistake("rounded-probability", 140.0, rounded)
    expect_close(got, 80.0, what, [rounding], rtol=1e-3, show_expected=True)
    return passed(name, "sums over pixels and units, a mean over images, a gradient for all three")
