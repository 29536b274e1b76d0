"""Elective D: two numbers that see a collapse, the spread and the effective rank of features."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, run
from autograder.exercises import Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_d import _spread as exact

EXERCISE = Exercise(
    "collapse",
    defines=("spread", "effective_rank"),
    right={
        "singular values": """
            def spread(features):
                deviations = features.std(dim=0)
                return deviations.mean()

            def effective_rank(features):
                centred = features - features.mean(dim=0)
                values = torch.linalg.svdvals(centred)
                if (features == features[0]).all():
                    return torch.zeros(())
                p = values / values.sum()
                entropy = torch.special.entr(p).sum()
                return entropy.exp()
        """,
        "roots of eigenvalues, what is 0 left out": """
            def spread(features):
                return features.var(dim=0, unbiased=False).sqrt().mean()

            def effective_rank(features):
                if torch.equal(features, features[:1].expand_as(features)):
                    return 0.0
                covariance = torch.cov(features.double().T, correction=0)
                values = torch.linalg.eigvalsh(torch.atleast_2d(covariance)).clamp_min(0).sqrt()
                p = (values / values.sum())[values > 0]
                return torch.exp(-(p * p.log()).sum())
        """,
        "numpy": """
            def spread(features):
                return np.std(features.numpy(), axis=0, ddof=1).mean()

            def effective_rank(features):
                x = features.numpy()
                if np.ptp(x, axis=0).max() == 0:
                    return 0.0
                sigma = np.linalg.svd(x - x.mean(axis=0, keepdims=True), compute_uv=False)
                p = sigma / sigma.sum()
                p = p[p > 1e-12]
                return float(np.prod(p ** -p))
        """,
        "unit by unit; bits and powers of two": """
            def spread(features):
                total = 0.0
                for column in features.double().T:
                    apart = column - column.mean()
                    total += math.sqrt((apart @ apart) / len(column))
                return total / features.shape[1]

            def effective_rank(features):
                first = features[0]
                if all(bool((row == first).all()) for row in features):
                    return torch.tensor(0.0)
                values = torch.linalg.svd(features.double() - features.double().mean(0))[1]
                bits, whole = 0.0, values.sum().item()
                for value in values.tolist():
                    if value > 0:
                        bits -= value / whole * math.log2(value / whole)
                return 2.0 ** bits
        """,
        "a categorical distribution; the first row subtracted before the mean": """
            def spread(features):
                return torch.std_mean(features, dim=0)[0].mean()

            def effective_rank(features):
                x = features - features[0]
                values = torch.linalg.svdvals(x - x.mean(0))
                if values.max() == 0:
                    return values.sum()
                return torch.distributions.Categorical(probs=values).entropy().exp()
        """,
        "eigenvalues in float32, a little under the logarithm": """
            def spread(features):
                apart = features - features.mean(dim=0, keepdim=True)
                return (apart.square().sum(0) / (len(features) - 1)).sqrt().sum() / len(apart[0])

            def effective_rank(features):
                if not (features - features[0]).any():
                    return features.new_tensor(0)
                x = features - features.mean(0)
                gram = x @ x.T if len(x) < x.shape[1] else x.T @ x
                values = torch.linalg.eigvalsh(gram).clamp(min=0) ** 0.5
                p = values / values.sum()
                return (-(p * (p + 1e-12).log()).sum()).exp()
        """,
    },
    wrong={
        "one-deviation": {"features.std(dim=0)": "features.std()"},
        "over-units": {"features.std(dim=0)": "features.std(dim=1)"},
        "variances": {"features.std(dim=0)": "features.var(dim=0)"},
        "root-of-mean": {
            "features.std(dim=0)": "features.var(dim=0)",
            "return deviations.mean()": "return deviations.mean().sqrt()",
        },
        "summed": {"deviations.mean()": "deviations.sum()"},
        "each-unit": {"deviations.mean()": "deviations"},
        "not-centred": {
            "features.std(dim=0)": "features.square().mean(dim=0).sqrt()",
            "features - features.mean(dim=0)": "features",
        },
        "absolute-deviations": {
            "features.std(dim=0)": "(features - features.mean(dim=0)).abs().mean(dim=0)"
        },
        "largest": {"deviations.mean()": "deviations.max()"},
        "rows-centred": {
            "features - features.mean(dim=0)": "features - features.mean(dim=1, keepdim=True)"
        },
        "one-mean": {"features - features.mean(dim=0)": "features - features.mean()"},
        "standardised": {
            "torch.linalg.svdvals(centred)": (
                "torch.linalg.svdvals(centred / features.std(dim=0).clamp_min(1e-9))"
            )
        },
        "squares": {"values / values.sum()": "values.square() / values.square().sum()"},
        "entropy": {"entropy.exp()": "entropy"},
        "bits": {"entropy.exp()": "(entropy / math.log(2)).exp()"},
        "two-to-the-nats": {"entropy.exp()": "2**entropy"},
        "sign": {"entropy.exp()": "(-entropy).exp()"},
        "mean-for-sum": {"entr(p).sum()": "entr(p).mean()"},
        "not-normalised": {"values / values.sum()": "values"},
        "by-largest": {"values / values.sum()": "values / values.max()"},
        "by-length": {"values / values.sum()": "values / values.norm()"},
        "softmax": {"values / values.sum()": "values.softmax(dim=0)"},
        "participation": {
            "entropy.exp()": "values.square().sum() ** 2 / values.pow(4).sum()",
        },
        "stable-rank": {"entropy.exp()": "values.square().sum() / values.max() ** 2"},
        "how-many": {"entropy.exp()": "torch.linalg.matrix_rank(centred)"},
        "how-many-uncentred": {"entropy.exp()": "torch.linalg.matrix_rank(features)"},
        "columns": {"torch.linalg.svdvals(centred)": "centred.norm(dim=0)"},
        "nan-for-constant-units": {"torch.special.entr(p).sum()": "-(p * p.log()).sum()"},
        "root-below-0": {
            "torch.linalg.svdvals(centred)": "torch.linalg.eigvalsh(centred.T @ centred).sqrt()"
        },
        "nan-for-equal-rows": {"(features == features[0]).all()": "False"},
        "one-for-equal-rows": {"return torch.zeros(())": "return torch.ones(())"},
        "rounding-for-a-direction": {"(features == features[0]).all()": "values.sum() == 0"},
        "limit-on-the-values": {
            "values / values.sum()": "(values * (values > 0.1)) / values.sum()"
        },
    },
)


def table(
    n: int, scales: Sequence[float], offsets: Sequence[float], seed: int, mixed: float = 0.5
) -> Tensor:
    """Return features of n images with these scales and means, whose columns go together.

    Args:
        n: how many images.
        scales: of the columns.
        offsets: means of the columns.
        seed: of the numbers.
        mixed: how much of each column its right neighbour holds.
    """
    rows = torch.randn(n, len(scales), generator=grader_generator(seed))
    rows = rows + mixed * rows.roll(1, dims=1)
    return rows * torch.tensor(scales) + torch.tensor(offsets)


def numbers_of(function: Callable, tables: Sequence[Tensor], name: str, what: str) -> Tensor:
    """Return a student's number for each table; raise where it is no number.

    Args:
        function: the student's function.
        tables: features.
        name: of the function.
        what: how messages call one number.
    """
    found = []
    for features in tables:
        n, k = features.shape
        one = f"return one number for all {k} units of {n} images"
        shapes = [
            Mistake("each-unit", (k,), f"one number for each unit; take their mean: {one}"),
            Mistake("each-unit", (1, k), f"one number for each unit; take their mean: {one}"),
            Mistake("each-image", (n,), f"one number for each image; {one}"),
            Mistake("each-value", (min(n, k),), f"one for each singular value; {one}"),
            Mistake("each-number", (n, k), f"one for each number; {one}"),
            Mistake("not-a-scalar", (1,), "a vector of one number; return the number, of shape ()"),
        ]
        value = run(function, features.clone(), name=name)
        found.append(expect_shape(value, (), what, shapes).double())
    return torch.stack(found)


# --- the spread -----------------------------------------------------------------------------------

SPREAD_TABLES = [
    table(7, [0.2, 1, 3, 0.5], [3, -2, 0.3, 10], 800),
    table(3, [1.5, 0.4, 2, 0.7, 1], [0.5, 4, -1, 2, 0.1], 801),
    table(2, [2.0, 0.3, 0.8], [1, -1, 6], 802),
    table(9, [1.2, 0.0, 0.6], [-3, 2, 0.5], 803, mixed=0.2),
    table(12, [0.02, 0.05, 0.01], [0.5, 0.2, -0.1], 804),
]


def spreads(divisor: int = 1, how: str = "") -> Tensor:
    """Return the spreads of all tables, or what a mistake makes of them."""
    return torch.stack([exact.spread(x, divisor, how) for x in SPREAD_TABLES])


@EXERCISE.criterion("the spread", points=1)
def the_spread(spread: Callable, effective_rank: Callable) -> None:
    """Five tables, whose units have means and scales of their own; one of them is of two images."""
    what = "the spread"
    found = numbers_of(spread, SPREAD_TABLES, "spread", what)
    finite = bool(torch.isfinite(found).all())
    expect(finite, f"{what} is NaN or infinite for ordinary features", "not-finite")
    known = [
        Mistake(how, spreads(divisor, how), message)
        for how, message in exact.SPREAD.items()
        for divisor in (1, 0)
    ]
    right = spreads(0) if close(found, spreads(0)) else spreads(1)
    expect_close(found, right, "the spreads of five tables in a row", known, rtol=1e-3)


def is_spread(value: Tensor, features: Tensor) -> str:
    """Return what is wrong with a spread; either divisor is right."""
    got = expect_shape(value, (), "the spread").double()
    right = [exact.spread(features, divisor) for divisor in (0, 1)]
    fits = any(torch.allclose(got, r, rtol=1e-3, atol=1e-5) for r in right)
    return "" if fits else "it is not the mean of the units' standard deviations"


@EXERCISE.conduct(holds=is_spread, sizes=(6, 2, 70), between=(0, math.inf))
def arguments(new: Draw, n: int) -> Arguments:
    """Features of three units with different means and scales."""
    return {"features": new.normal(n, 3) * new.uniform(0.5, 3, 3) + 2 * new.normal(3)}


# --- the effective rank ---------------------------------------------------------------------------

RANK_TABLES = [
    table(30, [1, 1, 1, 0.2], [0.4, -0.3, 0.8, 0.1], 810),
    table(12, [2.0, 1.0, 0.5, 0.3, 0.1], [1, 2, -0.5, 0.3, 0], 811),
    table(40, [0.03, 0.02, 0.01], [0.05, -0.02, 0.03], 812, mixed=0.9),
    table(9, [5.0, 1.0], [-3, 4], 813),
    table(16, [1, 1, 1, 1, 1, 1], [0.2, 0, 0.5, -0.4, 0.1, 1], 814, mixed=1.0),
]
WIDE = [
    table(4, [1, 2, 0.5, 1, 0.3, 0.8, 1.5], [1, 0, -1, 2, 0.5, 0, 3], 815),
    table(2, [1.0, 0.3, 2.0], [0.5, 4, -1], 816),
    table(6, [1.0] * 12, [0.3] * 12, 817),
]
# Five units that hold the same two numbers, and one unit alone.
FLAT = [
    *(table(25, [2, 1], [1, -1], 830 + i) @ table(2, [1] * 5, [0] * 5, 840 + i) for i in range(6)),
    table(6, [1.5], [2], 850),
]
# A unit that is 0 for every image stays exactly 0, and with it a singular value.
CONSTANT = [
    table(10, [1, 0, 0.4, 0], [0.5, 0, -1, 0], 818, mixed=0) * torch.tensor([1.0, 0, 1, 0]),
    torch.tensor([[1.0, 0, 2, 0], [-1, 0, 2, 0], [1, 0, 2, 0], [-1, 0, 2, 0]]),
    table(8, [0.5, 0, 1], [0, 0, 2], 819, mixed=0),
    # Where the units that move went their own ways, to divide by deviations would give the rank.
    table(9, [1, 2, 0], [0, 3, 0], 851, mixed=0.9) * torch.tensor([1.0, 1, 0]),
]


def ranks(tables: Sequence[Tensor], how: str = "") -> Tensor:
    """Return the effective ranks of tables, or what a mistake makes of them."""
    return torch.stack([exact.effective_rank(x, how) for x in tables])


def known_ranks(tables: Sequence[Tensor]) -> list[Mistake]:
    """Return what the mistakes make of these tables."""
    return [Mistake(how, ranks(tables, how), why) for how, why in exact.RANK.items()]


def expect_ranks(
    effective_rank: Callable, tables: Sequence[Tensor], what: str, not_finite: str, why: str
) -> None:
    """Compare the student's effective ranks of tables with those by eigenvalues in float64.

    Args:
        effective_rank: the student's function.
        tables: features.
        what: how messages call the ranks.
        not_finite: the name of the mistake if one of them is NaN or infinite.
        why: what is told then.
    """
    found = numbers_of(effective_rank, tables, "effective_rank", "the effective rank")
    finite = bool(torch.isfinite(found).all())
    expect(finite, f"{what} are NaN or infinite: {why}", not_finite)
    right = ranks(tables)
    known = [] if torch.allclose(found, right, rtol=2e-2) else known_ranks(tables)
    expect_close(found, right, what, known, rtol=2e-2)


@EXERCISE.criterion("the effective rank", points=1)
def ordinary(spread: Callable, effective_rank: Callable) -> None:
    """Five tables with more images than units, all units of which move."""
    what = "the effective ranks of five tables in a row"
    expect_ranks(effective_rank, RANK_TABLES, what, "not-finite", "all their units move")


@EXERCISE.criterion(
    "constant units, few images, and a collapse",
    points=1,
    alone="right where all units move and images are many, wrong elsewhere",
)
def collapsed(spread: Callable, effective_rank: Callable) -> None:
    """Units that never move; more units than images; rows that are all equal, whatever they are."""
    what = "the effective ranks of four tables with constant units"
    zero = "0 · log 0 is NaN; `torch.special.entr` gives 0 there, or leave out what is 0"
    expect_ranks(effective_rank, CONSTANT, what, "nan-for-constant-units", zero)
    what = "the effective ranks of tables with fewer directions than units"
    below = "rounding puts an eigenvalue that should be 0 below it; cut it off at 0 before the root"
    expect_ranks(effective_rank, [*WIDE, *FLAT], what, "root-below-0", below)
    rng, what = grader_generator(820), "the effective rank of equal rows"
    rows = [torch.zeros(1, 3), torch.tensor([[0.5, 1.0, -2.0]])]
    exactly = [row.expand(4, 3).clone() for row in rows]
    found = numbers_of(effective_rank, exactly, "effective_rank", what)
    expect(
        bool(torch.isfinite(found).all()),
        f"{what} is NaN or infinite: all singular values are 0, and 0/0 is NaN. Return 0 there",
        "nan-for-equal-rows",
    )
    expect(
        not bool((found - 1).abs().max() < 1e-2),
        f"{what} is 1: no direction at all is used, so return 0",
        "one-for-equal-rows",
    )
    expect_close(found, torch.zeros(2), f"{what}, which is 0")
    rough = [torch.randn(1, 5, generator=rng).expand(n, 5).clone() for n in (3, 7, 11, 13, 33)]
    found = numbers_of(effective_rank, rough, "effective_rank", what)
    expect(
        not bool(found.any()),
        f"{what} is not 0: in floating point the mean of equal numbers may differ from them in the "
        "last digit, and what is left looks like a direction. Compare the rows themselves",
        "rounding-for-a-direction",
    )
    small = [x * 1e-3 for x in RANK_TABLES[:2]]
    found = numbers_of(effective_rank, small, "effective_rank", what)
    expect(
        close(found, ranks(small)) or torch.allclose(found, ranks(small), rtol=1e-2),
        "features that are a thousand times smaller have the same effective rank: no fixed limit "
        "for what counts as 0",
        "limit-on-the-values",
    )


@EXERCISE.conduct(
    "effective_rank",
    right=exact.effective_rank,
    sizes=(6, 2, 70),
    between=(0, math.inf),
    extremes=[
        {"features": torch.tensor([[0.5, 1.0]]).expand(4, 2).clone()},
        {"features": torch.tensor([[0.5, 0.0], [2.0, 0.0], [-1.0, 0.0]])},
    ],
    rtol=2e-2,
)
def arguments_of_effective_rank(new: Draw, n: int) -> Arguments:
    """Features of four units with different means and scales."""
    return {"features": new.normal(n, 4) * new.uniform(0.5, 3, 4) + 2 * new.normal(4)}
