"""Elective C: new codes from a Gaussian that lies where the codes lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import GRADER_SEED, Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.elective_c._clouds import (
    Moments,
    cloud_of,
    expect_cloud,
    expect_new,
    expect_normal,
    expect_separate,
    expect_within,
    moments,
)
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "gaussian_samples",
    signature="def gaussian_samples(codes, n, generator):",
    right={
        "eigenvectors times roots": """
            mean = codes.mean(dim=0)
            values, vectors = torch.linalg.eigh(torch.cov(codes.T).reshape(codes.shape[1], -1))
            root = vectors * values.clamp_min(0).sqrt()
            noise = torch.randn(n, codes.shape[1], generator=generator, dtype=codes.dtype)
            return mean + noise @ root.T
        """,
        "svd of the centred codes, divisor N, float64": """
            wide = codes.double()
            mean = wide.mean(0)
            _, s, axes = torch.linalg.svd(wide - mean, full_matrices=False)
            noise = torch.randn(n, len(s), generator=generator, dtype=torch.float64)
            return mean + noise * s / len(codes) ** 0.5 @ axes
        """,
        "cholesky with a little on the diagonal, unit by unit": """
            centred = (codes - codes.mean(dim=0)).double()
            cov = centred.T @ centred / (len(codes) - 1)
            root = torch.linalg.cholesky(cov + 1e-6 * torch.eye(len(cov)))
            noise = [torch.randn(n, generator=generator) for _ in cov]
            units = []
            for mean, row in zip(codes.mean(dim=0), root):
                units.append(mean + sum(r * e for r, e in zip(row, noise)))
            return torch.stack(units, dim=1).to(codes.dtype)
        """,
        "the symmetric root": """
            centred = codes - codes.mean(0)
            values, vectors = torch.linalg.eigh(centred.mT @ centred / len(codes))
            root = vectors @ torch.diag(values.abs().sqrt()) @ vectors.T
            noise = torch.empty(n, len(root), dtype=codes.dtype).normal_(generator=generator)
            return codes.mean(0) + noise @ root
        """,
        "a random weight for each code": """
            weights = torch.randn((n, len(codes)), generator=generator).to(codes.dtype)
            mean = codes.mean(dim=0, keepdim=True)
            return mean + weights @ (codes - mean) / (len(codes) - 1) ** 0.5
        """,
        "numpy's own": """
            seed = int(torch.randint(2**31, (1,), generator=generator))
            x = codes.double().numpy()
            rng = np.random.default_rng(seed)
            cov = np.atleast_2d(np.cov(x, rowvar=False))
            return torch.from_numpy(rng.multivariate_normal(x.mean(axis=0), cov, size=n))
        """,
    },
    wrong={
        "variances-only": {"vectors * values.clamp_min(0).sqrt()": "codes.std(dim=0).diag()"},
        "covariance-for-root": {".clamp_min(0).sqrt()": ""},
        "elementwise-root": {
            "vectors * values.clamp_min(0).sqrt()": "torch.cov(codes.T).reshape(len(mean), -1)"
            ".sqrt()"
        },
        "root-transposed": {"root.T": "root"},
        "not-positive-definite": {
            "vectors * values.clamp_min(0).sqrt()": "torch.linalg.cholesky("
            "torch.cov(codes.T).reshape(len(mean), -1))"
        },
        "root-of-negative": {".clamp_min(0)": ""},
        "axes-dropped": {".reshape(codes.shape[1], -1)": ""},
        "mean-missing": {"mean + ": ""},
        "mean-moved": {"mean + noise": "(mean + noise)"},
        "not-centred": {"torch.cov(codes.T)": "(codes.T @ codes / len(codes))"},
        "not-divided": {"torch.cov(codes.T)": "(torch.cov(codes.T) * (len(codes) - 1))"},
        "correlations": {"torch.cov": "torch.corrcoef"},
        "standard-normal": {"mean + noise @ root.T": "noise"},
        "covariance-ignored": {" @ root.T": ""},
        "one-spread": {"@ root.T": "* codes.std()"},
        "uniform": {"randn": "rand"},
        "bootstrap": {
            "mean + noise @ root.T": "codes[torch.randint(len(codes), (n,), generator=generator)]"
        },
        "columns-shuffled": {
            "mean + noise @ root.T": "torch.stack([unit[torch.randint(len(unit), (n,), "
            "generator=generator)] for unit in codes.T], dim=1)"
        },
        "one-draw": {"mean + noise @ root.T": "(mean + noise[:1] @ root.T).expand(n, -1)"},
        "one-number-per-row": {"noise @": "noise[:, :1].expand_as(noise) @"},
        "as-many-as-codes": {"randn(n,": "randn(len(codes),"},
        "generator-ignored": {"generator=generator, ": ""},
        "same-every-time": {"noise =": "generator.manual_seed(0); noise ="},
    },
)

NAME = EXERCISE.name
WHAT = "the new codes"
MANY, CALLS = 20_000, 400


@remote_call
def _calls(gaussian_samples, codes, n, seed, elsewhere):
    """Return what three calls gave, and the codes after them; None if a matrix was refused."""
    import numpy
    import torch

    given = codes.clone()
    torch.manual_seed(elsewhere)
    generator = torch.Generator().manual_seed(seed)
    try:
        first = gaussian_samples(given, n, generator)
    except (torch.linalg.LinAlgError, numpy.linalg.LinAlgError):
        return None  # the kind of an error of torch's own would not cross to the examiner
    first = first.clone() if isinstance(first, torch.Tensor) else first
    second = gaussian_samples(given, n, generator)
    torch.manual_seed(elsewhere + 1)
    again = gaussian_samples(codes.clone(), n, torch.Generator().manual_seed(seed))
    return first, second, again, given


@remote_call
def _singles(gaussian_samples, codes, seed, calls):
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [gaussian_samples(codes.clone(), 1, generator) for _ in range(calls)]


def draw(gaussian_samples: Callable, codes: Tensor, which: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return the draws of two calls, and of one with a new generator of the first one's seed.

    Args:
        gaussian_samples: the student's function.
        codes: its first argument.
        which: the messages say so of what kind the codes are.
    """
    (n, k), wanted = codes.shape, (MANY, codes.shape[1])
    why = (
        f"for codes {which} an error was raised: of a single unit `torch.cov` and `np.cov` return "
        "a number without axes, and not a matrix of one row and one column: give it its axes back, "
        "as `.reshape(K, K)` does"
    )
    try:
        found = run(
            lambda: _calls(gaussian_samples, codes, MANY, GRADER_SEED + 1, GRADER_SEED + 2),
            name=NAME,
        )
    except CheckFailed as error:
        expect(not (k == 1 and error.mistake.startswith("raised-")), why, "axes-dropped")
        raise
    expect(found is not None or k > 1, why, "axes-dropped")
    expect(
        found is not None,
        f"for codes {which} a function of `linalg` refused the matrix: `cholesky` does where a "
        "covariance has an eigenvalue of 0, and others do where a number is NaN (a constant unit "
        "has no correlations); take a root of the covariance that always exists",
        "not-positive-definite",
    )
    *every, given = to_pair(found, "the calls", ("first", "second", "again", "codes"))
    expect_unchanged(codes, to_tensor(given, "the codes"), NAME)
    shapes = [
        Mistake(
            "as-many-as-codes", (n, k), "as many came back as there were codes; n are asked for"
        ),
        Mistake("transposed", (k, MANY), "rows and columns are swapped: a code is a row"),
        Mistake("one-draw", (1, k), "one code; n are asked for"),
        Mistake("one-draw", (k,), "one code; n are asked for"),
    ]
    first, second, again = (expect_shape(v, wanted, WHAT, shapes).double() for v in every)
    return first, second, again


def regular(seed: int, n: int, mix: list[list[float]], mean: list[float]) -> Tensor:
    """Return n codes, whose mean and covariance are roughly `mean` and mixᵀ mix."""
    noise = torch.randn(n, len(mix), generator=grader_generator(seed))
    return noise @ torch.tensor(mix) + torch.tensor(mean)


# Some units go with each other, some against; all have a mean and a spread of their own.
FOUR = regular(
    600,
    60,
    [[1.8, 0.5, -0.6, 0.3], [0, 0.9, 0.3, -0.5], [0, 0, 0.5, 0.2], [0, 0, 0, 0.3]],
    [3.0, -1.0, 0.5, 4.0],
)
TWO = regular(601, 40, [[1.5, 0.6], [0, 0.5]], [-2.0, 1.0])  # both covariances are positive


def draw_regular(gaussian_samples: Callable, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `draw` does, for codes whose covariance has no eigenvalue near 0."""
    every = draw(gaussian_samples, codes, f"of {codes.shape[1]} units")
    expect(
        bool(torch.isfinite(every[0]).all()),
        f"{WHAT} hold NaN: a covariance may be negative, and has no root then; a matrix A with "
        "A Aᵀ = the covariance is asked for, not the roots of its entries",
        "elementwise-root",
    )
    return every


@EXERCISE.criterion("the mean and the covariance", points=1)
def mean_and_covariance(gaussian_samples: Callable) -> None:
    """20,000 new codes have the mean and the covariance of the codes, of two clouds."""
    for codes in (FOUR, TWO):
        draws = draw_regular(gaussian_samples, codes)[0]
        expect_cloud(draws, codes, WHAT)
        expect_new(draws, codes, WHAT)


def degenerate() -> dict[str, Tensor]:
    """Return clouds whose covariance has eigenvalues of 0, and one of a single unit."""
    a, b = regular(602, 30, [[1.4, 0.5], [0, 0.8]], [2.0, -1.0]).T
    few = [[1.0 if i == j else 0.3 * (-1) ** (i + j) for j in range(12)] for i in range(12)]
    return {
        "of which two units are constant": torch.stack([a, 0 * a, b, 0 * a + 2.5], dim=1),
        "of which a unit is the sum of two others": torch.stack([a, b, a + b], dim=1),
        "of 12 units of 5 images": regular(603, 5, few, [1.0] * 12),
        "of 3 units of 2 images": torch.tensor([[1.0, 2.0, -1.0], [3.0, 1.5, -1.0]]),
        "of one unit": a[:, None],
    }


@EXERCISE.criterion("units that are constant, or sums of others", points=1)
def flat(gaussian_samples: Callable) -> None:
    """The covariance is singular; the draws are finite and stay in the plane of the codes."""
    for which, codes in degenerate().items():
        what = f"{WHAT} for codes {which}"
        draws = draw(gaussian_samples, codes, which)[0]
        expect(
            bool(torch.isfinite(draws).all()),
            f"{what} hold NaN: an eigenvalue of 0 may come out a hair below it, and has no root "
            "then; cut off at 0 first",
            "root-of-negative",
        )
        expect_cloud(draws, codes, what)
        expect_within(draws, codes, what)


@EXERCISE.criterion("draws of their own", points=1)
def fresh(gaussian_samples: Callable) -> None:
    """New codes, normal and independent of each other, from the generator; one alone, too."""
    first, second, again = draw_regular(gaussian_samples, FOUR)
    expect_new(first, FOUR, WHAT)
    expect_separate(first, WHAT)
    expect(
        not torch.equal(first, second),
        "two calls with one generator gave the same codes: do not seed inside the function",
        "same-every-time",
    )
    expect(
        torch.equal(first, again),
        "two generators of the same seed gave different codes: pass `generator=generator` "
        "(`torch.randn_like` and `torch.distributions` take none: `torch.randn(shape, "
        "generator=generator)` does)",
        "generator-ignored",
    )
    expect_normal(first, WHAT)
    found = run(lambda: _singles(gaussian_samples, FOUR, GRADER_SEED + 3, CALLS), name=NAME)
    single = expect_shape(found, (CALLS, 1, FOUR.shape[1]), f"{CALLS} calls with n = 1")
    # Compared with the student's own draws: what is wrong with these was charged elsewhere.
    alone, whole = moments(single[:, 0].double()), moments(first)
    off = (alone.mean - whole.mean).abs() / whole.cov.diagonal().sqrt()
    ratio = alone.cov.diagonal() / whole.cov.diagonal()
    expect(
        bool((off < 0.35).all() and (ratio > 0.5).all() and (ratio < 1.7).all()),
        f"{CALLS} calls with n = 1 do not give what one call with a large n gives: each code is "
        "drawn independently of the others, however many there are",
        "one-alone",
    )


def holds(out: Any, codes: Tensor, n: int, *_: object) -> str:
    """Return what is wrong with new codes, to six standard errors."""
    draws = to_tensor(out, WHAT).double()
    if draws.shape != (n, codes.shape[1]):
        return f"shape {tuple(draws.shape)} instead of {(n, codes.shape[1])}"
    if not bool(torch.isfinite(draws).all()):
        return "NaN or infinite numbers"
    got, right = moments(draws), cloud_of(codes)
    return _difference(got, right, (len(codes) - 1) / len(codes), 6 / n**0.5)


def _difference(got: Moments, right: Moments, divisor: float, error: float) -> str:
    """Return which moments differ; the variances may be `divisor` times the right ones."""
    variances = right.cov.diagonal()
    if bool(((got.mean - right.mean).abs() > error * variances.sqrt()).any()):
        return "another mean"
    ratio = got.cov.diagonal() / variances
    slack = 2**0.5 * error
    if bool(((ratio < divisor * (1 - slack)) | (ratio > 1 + slack)).any()):
        return "another variance"
    return ""


@EXERCISE.conduct(holds=holds)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of three units off the origin, two more than there are rows."""
    return {
        "codes": new.normal(n + 2, 3) + new.uniform(2, 6, 3),
        "n": new.alternate(500, 400),
        "generator": Seed(new.whole(1, 99)),
    }
