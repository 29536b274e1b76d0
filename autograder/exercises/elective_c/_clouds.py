"""What many draws say of the Gaussian that they come from, and which mistake gives another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, expect

# Of 20,000 draws a mean scatters by 0.007 standard deviations, a covariance by 0.01 variances.
TOLERANCE = 0.07
TRANSPOSED = "the matrix was used the wrong way round: with one draw ε to a row, multiply the rows "
TRANSPOSED += "by the *transpose* of A, ε Aᵀ"
STILL = 0.04  # the largest deviation that a tiny number on the diagonal, up to 0.001, may leave


class Moments(NamedTuple):
    """Of a Gaussian: its mean (K,) and its covariance (K, K), in float64."""

    mean: Tensor
    cov: Tensor


def moments(draws: Tensor) -> Moments:
    """Return the mean and the covariance of draws (n, K) in float64."""
    apart = draws - draws.mean(dim=0)
    return Moments(draws.mean(dim=0), apart.T @ apart / len(draws))


def cloud_of(codes: Tensor) -> Moments:
    """Return the mean and the covariance of codes, from the differences of all pairs."""
    wide = codes.double()
    n = len(wide)
    apart = (wide[:, None] - wide).flatten(0, 1)
    return Moments(wide.sum(dim=0) / n, apart.T @ apart / (2 * n * (n - 1)))


def near(got: Moments, right: Moments, tolerance: float = TOLERANCE) -> bool:
    """Return whether moments are the right ones, in units of the right standard deviations."""
    spread = right.cov.diagonal().clamp_min(0).sqrt()
    mean = (got.mean - right.mean).abs() <= tolerance * spread + STILL / 3
    cov = (got.cov - right.cov).abs() <= tolerance * spread[:, None] * spread + STILL**2
    return bool(mean.all() and cov.all())


def roots(cov: Tensor) -> Iterator[Tensor]:
    """Yield matrices A with A Aᵀ = the covariance, as different methods find them."""
    values, vectors = torch.linalg.eigh(cov)
    values = values.clamp_min(0)
    yield vectors * values.sqrt()
    yield (vectors * values.sqrt()).flip(1)  # the largest eigenvalue first, as svd has it
    yield torch.linalg.cholesky(cov + 1e-9 * torch.eye(len(cov)))
    yield vectors * values.sqrt() @ vectors.T


def mistaken(codes: Tensor) -> Iterator[tuple[str, Moments, str]]:
    """Yield known mistakes: name, the moments that they lead to, and what to tell."""
    mean, cov = cloud_of(codes)
    n, k = codes.shape
    one = torch.eye(k, dtype=torch.float64)
    variances = cov.diagonal()
    own = "each unit has a spread of its own"
    together = "the units are drawn independently, each with its own variance; the codes' units go "
    together += "together: the whole covariance is asked for"
    yield "variances-only", Moments(mean, variances.diag()), together
    for root in list(roots(cov))[:3]:
        yield "root-transposed", Moments(mean, root.T @ root), TRANSPOSED
    text = "the covariance itself (or its eigenvalues) stands where its root should"
    yield "covariance-for-root", Moments(mean, cov @ cov), text
    text = "variances stand where standard deviations should, and units do not go together"
    yield "variances-for-deviations", Moments(mean, variances.square().diag()), text
    text = "the roots of the covariance's entries are not its root: look for A with A Aᵀ = the "
    text += "covariance"
    for entries in (cov.clamp_min(0).sqrt(), cov.abs().sqrt()):
        yield "elementwise-root", Moments(mean, entries @ entries.T), text
    yield "mean-missing", Moments(0 * mean, cov), "the mean is missing"
    text = "the mean went through the matrix, too: add it afterwards"
    for root in roots(cov):
        yield "mean-moved", Moments(root @ mean, cov), text
    second = codes.double().T @ codes.double() / n
    text = "second moments were taken for covariances: centre the codes first"
    yield "not-centred", Moments(mean, second), text
    yield "not-centred", Moments(0 * mean, second), text
    text = "the covariance was not divided by the number of codes"
    yield "not-divided", Moments(mean, (n - 1) * cov), text
    text = "the covariance was divided by the number of codes twice"
    yield "divided-twice", Moments(mean, cov / n), text
    if bool((variances > 0).all()):
        text = f"correlations stand where covariances should: {own}"
        yield "correlations", Moments(mean, cov / variances.outer(variances).sqrt()), text
    yield "standard-normal", Moments(0 * mean, one), "draws from N(0, 1), whatever the codes are"
    text = "the noise has variance 1 in every unit, whatever the codes' covariance is"
    yield "covariance-ignored", Moments(mean, one), text
    spreads = (codes.double().var(), variances.mean(), variances.sqrt().mean().square())
    for spread in spreads:
        yield "one-spread", Moments(mean, spread * one), f"one spread for all units; {own}"
    text = "the existing codes were drawn, and noise added to them: the covariance doubles"
    yield "codes-plus-noise", Moments(mean, 2 * cov), text
    text = "one mean for all units; each unit has a mean of its own"
    yield "mean-of-all", Moments(codes.double().mean().expand(k), cov), text


def drawn_from(draws: Tensor, codes: Tensor) -> bool:
    """Return whether every number of the draws is one that the same unit has for some code."""
    some = draws[:300, None]
    return bool((some - codes.double()).abs().amin(dim=1).le(1e-6).all())


def expect_spread(draws: Tensor, what: str) -> None:
    """Raise if all rows are alike, or if all numbers of a row come from one number."""
    still = bool((draws.std(dim=0) < 1e-6 * (1 + draws.abs().mean())).all())
    expect(not still, f"{what} are all the same: each is a draw of its own", "one-draw")


def expect_cloud(draws: Tensor, codes: Tensor, what: str) -> None:
    """Raise, with the reason where one is known, unless draws have the moments of the codes.

    Args:
        draws: finite, in float64, (n, K), n about 20,000.
        codes: from whose mean and covariance they should come, (N, K).
        what: the messages call the draws so.

    Raises:
        CheckFailed: they have others.
    """
    right, n = cloud_of(codes), len(codes)
    biased = Moments(right.mean, right.cov * (n - 1) / n)  # both divisors are usual
    got = moments(draws)
    if near(got, right) or near(got, biased):
        return
    expect_spread(draws, what)
    if drawn_from(draws, codes):
        text = f"each number of {what} is one that the unit has already, drawn for each unit apart"
        raise CheckFailed(f"{text}: draw from the Gaussian", "columns-shuffled")
    values = torch.linalg.eigvalsh(got.cov)
    alone = len(values) > 1 and float(values[-2]) < 1e-9 * float(values[-1])
    if alone and float(torch.linalg.eigvalsh(right.cov)[-2]) > 1e-6:
        text = f"{what} lie on a line: draw a number ε for every unit, not one for each row"
        raise CheckFailed(text, "one-number-per-row")
    for mistake, moment, message in mistaken(codes):
        if near(got, moment) or near(got, Moments(moment.mean, moment.cov * (n - 1) / n)):
            raise CheckFailed(f"{what}: {message}", mistake)
    values, vectors = torch.linalg.eigh(right.cov)
    for axes in (vectors, vectors.flip(1)):  # the signs of axes are free
        turned = axes.T @ (right.cov @ axes).norm(dim=0).diag() @ axes
        wrong_way = near(Moments(got.mean, got.cov.abs()), Moments(right.mean, turned.abs()))
        expect(not wrong_way, f"{what}: {TRANSPOSED}", "root-transposed")
    for part, width in ((12, "[0, 1)"), (3, "(−1, 1)")):
        if near(got, Moments(got.mean, right.cov / part)):
            text = f"{what}: ε is uniform in {width}; draw normal numbers, with mean 0, variance 1"
            raise CheckFailed(text, "uniform")
    raise CheckFailed(*_which(got, right, what))


def _which(got: Moments, right: Moments, what: str) -> tuple[str, str]:
    """Return a message about the first moment that is not the right one, and its name."""
    spread = right.cov.diagonal().sqrt()
    off = (got.mean - right.mean).abs() - TOLERANCE * spread - STILL / 3
    if bool((off > 0).any()):
        k = int(off.argmax())
        text = f"the mean of unit {k} of {what} is {float(got.mean[k]):.3g}, but the codes have "
        return text + f"{float(right.mean[k]):.3g}", "wrong-mean"
    variances = (got.cov - right.cov).diagonal().abs() - TOLERANCE * spread**2 - STILL**2
    if bool((variances > 0).any()):
        k = int(variances.argmax())
        text = f"the variance of unit {k} of {what} is {float(got.cov[k, k]):.3g}, but the codes "
        return text + f"have {float(right.cov[k, k]):.3g}", "wrong-variance"
    text = f"{what} have the right means and variances, but the units do not go together as those "
    return text + "of the codes do", "wrong-covariance"


def expect_within(draws: Tensor, codes: Tensor, what: str) -> None:
    """Raise unless draws stay where all codes lie: in a plane, at a constant."""
    mean, cov = cloud_of(codes)
    values, vectors = torch.linalg.eigh(cov)
    flat = vectors[:, values < 1e-6 * float(values[-1])]
    out = ((draws - mean) @ flat).square().mean(dim=0)
    expect(
        bool((out < STILL**2).all()),
        f"{what} leave the plane in which the codes lie: a constant unit stays constant, a sum "
        "stays a sum; what is put on the diagonal must be tiny",
        "leaves-the-plane",
    )


def expect_new(draws: Tensor, codes: Tensor, what: str) -> None:
    """Raise if draws are existing codes, or are put together from existing numbers."""
    some = draws[:300, None]
    nearest = (some - codes.double()).abs().amax(dim=2).amin(dim=1)
    expect(
        float((nearest < 1e-6).double().mean()) < 0.5,
        f"{what} are codes that exist already, drawn again: draw from the Gaussian that has their "
        "mean and covariance",
        "bootstrap",
    )
    expect(
        not drawn_from(draws, codes),
        f"each number of {what} is one that the unit has already, drawn for each unit apart: draw "
        "from the Gaussian",
        "columns-shuffled",
    )


def expect_separate(draws: Tensor, what: str) -> None:
    """Raise unless rows are different, and no row tells anything about the next ones."""
    expect_spread(draws, what)
    expect(
        len(draws.unique(dim=0)) > 0.99 * len(draws),
        f"among {what} some come again and again: each is a draw of its own",
        "repeated",
    )
    z = (draws - draws.mean(dim=0)) / draws.std(dim=0).clamp_min(1e-12)
    half = len(z) // 2
    for lag in (1, half):
        together = float((z[lag:] * z[:-lag]).mean(dim=0).abs().max())
        expect(
            together < 0.1,
            f"rows of {what} that are {lag} apart go together: draw each independently",
            "not-independent",
        )


def expect_normal(draws: Tensor, what: str) -> None:
    """Raise unless draws have the tails of a Gaussian (Mardia, 1970).

    The mean of the squared squared length is K (K + 2) for a Gaussian with the identity for its
    covariance, whatever the axes; here the draws' own covariance makes it the identity.
    """
    mean, cov = moments(draws)
    k = len(mean)
    values, vectors = torch.linalg.eigh(cov)
    if float(values[0]) < 1e-9 * float(values[-1]):
        return  # on a line or in a plane, which the covariance tells
    z = (draws - mean) @ vectors / values.sqrt()
    fourth = float(z.square().sum(dim=1).square().mean())
    expect(
        fourth > k * k + 1.4 * k,
        f"{what} have no tails: ε has to be normal, not uniform",
        "uniform",
    )
    expect(
        fourth < k * k + 2.8 * k,
        f"{what} have tails that no Gaussian has: ε has to be normal",
        "not-normal",
    )
