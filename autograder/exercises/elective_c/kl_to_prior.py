"""Elective C: what each number of a code costs, and which units move at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

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
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_c._divergence import MESSAGES, divergence, mistaken

EXERCISE = Exercise(
    "kl_to_prior",
    defines=("kl_to_prior", "active_units"),
    right={
        "the formula": """
            def kl_to_prior(mean, log_var):
                squared = mean.square()
                variance = log_var.exp()
                return (squared + variance - 1 - log_var) / 2

            def active_units(mean, threshold=0.01):
                return mean.var(dim=0) > threshold
        """,
        "expm1, and squares less the squared mean": """
            def kl_to_prior(mean, log_var):
                return 0.5 * mean**2 + 0.5 * (torch.expm1(log_var) - log_var)

            def active_units(mean, threshold=0.01):
                m = mean.double()
                spread = (m**2).mean(0) - m.mean(0) ** 2
                return torch.gt(spread, threshold)
        """,
        "float64; numpy for the units": """
            def kl_to_prior(mean, log_var):
                m, v = mean.double(), log_var.double()
                return -0.5 * (1 + v - m * m - torch.exp(v))

            def active_units(mean, threshold=0.01):
                return torch.from_numpy(np.var(mean.detach().numpy(), axis=0, ddof=1) > threshold)
        """,
        "number by number": """
            def kl_to_prior(mean, log_var):
                rows = []
                for means, variances in zip(mean, log_var):
                    row = []
                    for m, v in zip(means, variances):
                        row.append((m * m + torch.exp(v) - 1 - v) / 2)
                    rows.append(torch.stack(row))
                return torch.stack(rows)

            def active_units(mean, threshold=0.01):
                active = []
                for column in mean.T.tolist():
                    centre = sum(column) / len(column)
                    spread = sum((value - centre) ** 2 for value in column) / len(column)
                    active.append(spread > threshold)
                return torch.tensor(active)
        """,
        "torch's own divergence, float64": """
            def kl_to_prior(mean, log_var):
                sigma = (log_var.double() / 2).exp()
                code = torch.distributions.Normal(mean.double(), sigma)
                prior = torch.distributions.Normal(0.0, 1.0)
                return torch.distributions.kl_divergence(code, prior)

            def active_units(mean, threshold=0.01):
                return mean.std(dim=0) > threshold**0.5
        """,
    },
    wrong={
        "half-missing": {" - log_var) / 2": " - log_var)"},
        "sign": {"(squared + variance - 1 - log_var)": "(1 + log_var - squared - variance)"},
        "log-std": {"log_var.exp()": "(2 * log_var).exp()", "1 - log_var": "1 - 2 * log_var"},
        "std-given": {"log_var.exp()": "log_var**2", "1 - log_var": "1 - (log_var**2).log()"},
        "variance-given": {"log_var.exp()": "log_var", "1 - log_var": "1 - log_var.log()"},
        "exp-doubled": {"log_var.exp()": "(2 * log_var).exp()"},
        "other-way": {
            "(squared + variance - 1 - log_var)": "(log_var + (1 + squared) / variance - 1)"
        },
        "one-missing": {"variance - 1 -": "variance -"},
        "half-log": {"1 - log_var": "1 - log_var / 2"},
        "mean-not-squared": {"mean.square()": "mean"},
        "absolute-mean": {"mean.square()": "mean.abs()"},
        "mean-only": {"(squared + variance - 1 - log_var)": "squared"},
        "summed-over-units": {" - log_var) / 2": " - log_var).sum(dim=1) / 2"},
        "averaged": {" - log_var) / 2": " - log_var).mean() / 2"},
        "underflow": {"1 - log_var": "1 - variance.log()"},
        "epsilon": {"1 - log_var": "1 - (variance + 1e-8).log()"},
        "over-units": {"mean.var(dim=0)": "mean.var(dim=1)"},
        "not-centred": {"mean.var(dim=0)": "mean.square().mean(dim=0)"},
        "deviations": {"mean.var(dim=0)": "mean.std(dim=0)"},
        "one-mean": {"mean.var(dim=0)": "(mean - mean.mean()).square().mean(dim=0)"},
        "one-image": {"mean.var(dim=0)": "mean[0].var()"},
        "threshold-ignored": {"> threshold": "> 0.01"},
        "inverted": {"> threshold": "< threshold"},
        "indices": {"mean.var(dim=0) > threshold": "(mean.var(dim=0) > threshold).nonzero()[:, 0]"},
        "not-booleans": {
            "mean.var(dim=0) > threshold": "torch.where(mean.var(dim=0) > threshold, 1.0, 0.0)"
        },
    },
)

NAME = "kl_to_prior"


# --- the divergence -------------------------------------------------------------------------------


def known(mean: Tensor, log_var: Tensor) -> list[Mistake]:
    """Return the wrong formulas that have a value here, and another than the right one."""
    right, found = divergence(mean, log_var), []
    for how, message in MESSAGES.items():
        wrong = mistaken(mean, log_var, how)
        if torch.isfinite(wrong).all() and not torch.allclose(wrong, right, rtol=1e-2):
            found.append(Mistake(how, wrong, message))
    return found


def called(kl_to_prior: Callable, mean: Tensor, log_var: Tensor, what: str) -> Tensor:
    """Return the student's divergences, in float64."""
    given = mean.clone(), log_var.clone()
    value = run(kl_to_prior, *given, name=NAME)
    for before, after in zip((mean, log_var), given, strict=True):
        expect_unchanged(before, after, NAME)
    return to_tensor(value, what).double()


def expect_numbers(
    kl_to_prior: Callable, means: Sequence[float], log_vars: Sequence[float]
) -> None:
    """Compare the divergences of single numbers, each of which is asked for alone."""
    what = f"the divergences of {len(means)} single numbers, one call for each"
    found = []
    for m, v in zip(means, log_vars, strict=True):
        value = called(kl_to_prior, torch.tensor([[m]]), torch.tensor([[v]]), what)
        expect(value.numel() == 1, "one code of one number has one divergence", "wrong-shape")
        found.append(value.flatten())
    given = torch.tensor(means), torch.tensor(log_vars)
    got = torch.cat(found)
    if bool((given[1] < 0).any()):
        expect(
            not bool(got.isnan().any()),
            "the divergence is NaN where log_var < 0: the variance is below 1 there, which it may "
            "be; log_var is the logarithm already, and no other is to be taken",
            "log-of-log",
        )
    expect_close(got, divergence(*given), what, known(*given))


@EXERCISE.criterion("the divergence of one number", points=1)
def one_number(kl_to_prior: Callable, active_units: Callable) -> None:
    """Variances above 1, where every mistake has a value; then below 1, and the prior itself."""
    expect_numbers(kl_to_prior, [0.8, -1.3, 0.45, 2.1], [0.9, 0.35, 1.7, 2.4])
    expect_numbers(kl_to_prior, [1.1, -0.6, -2.2, 0.3, 0.0], [-0.7, -2.4, -0.15, -4.0, 0.0])


TABLE_MEAN = torch.randn(7, 4, generator=grader_generator(710))
TABLE_LOG_VAR = torch.randn(7, 4, generator=grader_generator(711)) - 0.5
TABLE_MEAN[:, 2] = TABLE_LOG_VAR[:, 2] = 0  # a unit that says nothing


def reductions(table: Tensor) -> list[Mistake]:
    """Return what is left of the right table if it is summed or averaged."""
    own = "each image and each unit has a divergence of its own, (N, K): no sum and no mean here"
    return [
        Mistake("summed-over-units", table.sum(1), f"summed over units; {own}"),
        Mistake("averaged-over-units", table.mean(1), f"averaged over units; {own}"),
        Mistake("summed-over-images", table.sum(0), f"summed over images; {own}"),
        Mistake("averaged-over-images", table.mean(0), f"averaged over images; {own}"),
        Mistake("averaged", table.mean(), f"averaged over everything; {own}"),
        Mistake("summed", table.sum(), f"summed over everything; {own}"),
        Mistake("summed-and-averaged", table.sum(1).mean(), f"summed and averaged; {own}"),
        Mistake("transposed", table.T, "images are the rows, units the columns"),
    ]


@EXERCISE.criterion(
    "every number of a table, and any variance",
    points=1,
    alone="right for single numbers, wrong for a table",
)
def table(kl_to_prior: Callable, active_units: Callable) -> None:
    """Seven images and four units; then variances from e^-120 to e^20, and a mean of 300."""
    mean, log_var, what = TABLE_MEAN, TABLE_LOG_VAR, "the divergences of 7 images and 4 units"
    right = divergence(mean, log_var)
    known_here = [*reductions(right), *known(mean, log_var)]
    expect_close(called(kl_to_prior, mean, log_var, what), right, what, known_here)
    mean = torch.tensor([[0.5, -1.0, 0.2], [-0.4, 300.0, 0.1]])
    log_var = torch.tensor([[-60.0, -120.0, 20.0], [-30.0, 0.5, -18.0]])
    what = "the divergences for variances from e^-120 to e^20"
    right = divergence(mean, log_var)
    got = expect_shape(called(kl_to_prior, mean, log_var, what), (2, 3), what)
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} are not finite: e^-120 rounds to 0 in 32-bit numbers, and its logarithm is −∞. "
        "The logarithm need not be taken: log_var is it",
        "underflow",
    )
    capped = (log_var < -15) & (got < right - 0.01)
    expect(
        not bool(capped.any()),
        f"{what} stop growing where the variance is tiny: an epsilon inside the logarithm, or a "
        "clamp, caps them. The logarithm need not be taken: log_var is it",
        "epsilon",
    )
    expect_close(got, right, what)


@EXERCISE.conduct(
    right=divergence,
    trains=["mean", "log_var"],
    between=(0, math.inf),
    extremes=[{"mean": torch.tensor([[0.0, 2.0]]), "log_var": torch.tensor([[0.0, -20.0]])}],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Posteriors of three units; at the extreme the prior itself, and a tiny variance."""
    return {"mean": new.normal(n, 3), "log_var": new.normal(n, 3) - 0.5}


# --- active units ---------------------------------------------------------------------------------

OVER_IMAGES = "take the variance of each column, over the images"
OF_UNITS = {
    "over-units": f"one answer for each image; {OVER_IMAGES}",
    "not-centred": "a mean of squares, from which the mean was not subtracted: a unit that is 2 "
    "for every image would count as active",
    "deviations": "standard deviations were compared with the threshold; compare variances",
    "one-mean": "the mean over all units was subtracted; each unit has a mean of its own",
    "one-image": f"the variance within one image; {OVER_IMAGES}",
    "one-variance": f"one variance for all units; {OVER_IMAGES}",
    "first-image": f"how far one image is from the mean; {OVER_IMAGES}",
    "threshold-ignored": "`threshold` has no effect",
    "threshold-zero": "every unit that varies at all counts; compare with `threshold`",
    "inverted": "turned round: the units that do *not* move",
    "numbers": "the variances themselves; return whether each is above the threshold",
    "indices": "the places of the active units; return a boolean for each unit",
    "how-many": "how many units are active; return a boolean for each unit",
    "sums": "the sum of the squared deviations; divide by how many there are",
    "means": f"means were compared with the threshold; {OVER_IMAGES}",
    "absolute-means": f"mean sizes were compared with the threshold; {OVER_IMAGES}",
    "ranges": "the largest less the smallest value; take the variance",
    "absolute-deviations": "mean absolute deviations; take the variance",
    "shares": "each variance was divided by that of all units together",
}


def active(mean: Tensor, threshold: float = 0.01, how: str = "") -> Tensor:
    """Return which units are active, from pairs of images, or what a mistake makes of it.

    The variance is half the mean squared difference of two different images.

    Args:
        mean: what the encoder says, (N, K).
        threshold: of the variance.
        how: the mistake, one of `OF_UNITS`.
    """
    m, n = mean.double(), len(mean)
    variance = (m[:, None] - m).square().sum(dim=(0, 1)) / (2 * n * (n - 1))
    apart = m - m.mean(dim=0)
    number = {
        "over-units": m.var(dim=1),
        "not-centred": m.square().mean(dim=0),
        "deviations": variance.sqrt(),
        "one-mean": (m - m.mean()).square().mean(dim=0),
        "one-image": m[0].var(),
        "one-variance": m.var(),
        "first-image": apart[0].square(),
        "sums": apart.square().sum(dim=0),
        "means": m.mean(dim=0),
        "absolute-means": m.abs().mean(dim=0),
        "ranges": m.amax(dim=0) - m.amin(dim=0),
        "absolute-deviations": apart.abs().mean(dim=0),
        "shares": variance / variance.sum(),
    }.get(how, variance)
    limit = {"threshold-ignored": 0.01, "threshold-zero": 0.0}.get(how, threshold)
    above = number > limit
    return {
        "inverted": ~above,
        "numbers": variance,
        "indices": above.flatten().nonzero()[:, 0],
        "how-many": above.sum(),
    }.get(how, above)


def means(scales: Sequence[float], offsets: Sequence[float], n: int, seed: int) -> Tensor:
    """Return means of n images whose units have these standard deviations and these means."""
    rows = torch.randn(n, len(scales), generator=grader_generator(seed))
    rows = (rows - rows.mean(dim=0)) / rows.std(dim=0)
    return rows * torch.tensor(scales) + torch.tensor(offsets)


# No variance lies between a threshold and its (N − 1)/N, so that either divisor is right.
UNITS: list[tuple[Tensor, float]] = [
    (means([0.03, 0.2, 0.06, 1.5, 0.02, 0.05], [0, 0, 0.4, -1, 2, -0.05], 9, 720), 0.01),
    (means([0.3, 0.8, 0.2, 0.01, 2.0], [0.1, 0, -1.5, 0.9, 0.2], 12, 721), 0.25),
    (means([1.2, 1.7, 0.9, 3.0], [0, 0.5, 3.0, -4.0], 7, 722), 2.0),
    (torch.tensor([[1.0, 0.1, 0.3], [1.0, -0.1, 1.5]]), 0.3),
]


@EXERCISE.criterion("the active units", points=1)
def units(kl_to_prior: Callable, active_units: Callable) -> None:
    """Four tables, two of them of few images, with thresholds; one of them without, too."""
    name, what = "active_units", "the active units of several tables in a row"
    found = []
    for mean, threshold in UNITS:
        given = mean.clone()
        found.append(to_tensor(run(active_units, given, threshold, name=name), what))
        expect_unchanged(mean, given, name)

    def every(how: str) -> Tensor:
        return torch.cat([active(*case, how).double().flatten() for case in UNITS])

    known_here = [Mistake(how, every(how), message) for how, message in OF_UNITS.items()]
    expect_close(torch.cat([v.double().flatten() for v in found]), every(""), what, known_here)
    for value, case in zip(found, UNITS, strict=True):
        expect_shape(value, active(*case).shape, "the active units of a table")
    for dtype in {value.dtype for value in found} - {torch.bool}:
        kind = str(dtype).removeprefix("torch.")
        message = f"the active units are numbers of type {kind}; return booleans"
        raise CheckFailed(message, "not-booleans")
    value = to_tensor(run(active_units, UNITS[0][0].clone(), name=name), what)
    same = torch.equal(value, active(UNITS[0][0]))
    expect(same, "wrong where no threshold is given; it is 0.01 then", "another-default")


@EXERCISE.conduct("active_units", right=active, sizes=(6, 2, 70))
def arguments_of_active_units(new: Draw, n: int) -> Arguments:
    """Units of which some hardly move, some a little, and some much; a threshold."""
    sides = 1.0 - 2.0 * (torch.arange(n) % 2)[:, None]
    rows = sides * new.uniform(0.8, 1.2, n, 4)  # variances of about 1, or 2 for two images
    scales = torch.tensor([0.01, 0.25, 2.0, 3.0])[new.order(4)]
    return {"mean": rows * scales + new.normal(4), "threshold": new.alternate(0.01, 0.4)}
