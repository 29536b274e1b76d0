"""Visible tests of elective C: new codes from a Gaussian, and draws from a region of a code."""

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
    passed,
    run,
    to_tensor,
)
from aeutils.testing.draws import expect_drawn, run_drawing
from aeutils.testing.watch import unwatched

MANY = 20_000

# --- gaussian_samples -----------------------------------------------------------------------------


def _samples(gaussian_samples: Callable, codes: Tensor, what: str) -> Tensor:
    """Return many new codes in float64, of the right shape and finite."""
    (n, k), given = codes.shape, codes.clone()
    generator = torch.Generator().manual_seed(5)
    try:
        value = run_drawing(gaussian_samples, given, MANY, generator, name="gaussian_samples")
    except CheckFailed as error:
        dropped = k == 1 and error.mistake.startswith("raised-")
        why = (
            f"{what}: {error}\n  Of a single unit `torch.cov` and `np.cov` return a number without "
            "axes, and not a matrix of one row and one column: give it its axes back, as "
            "`.reshape(K, K)` does"
        )
        expect(not dropped, why, "axes-dropped")
        why = f"{what}: the covariance has an eigenvalue of 0, and `cholesky` refuses that"
        expect("LinAlgError" not in error.mistake, why, "not-positive-definite")
        raise
    expect_unchanged(codes, given, "gaussian_samples")
    shapes = [
        Mistake("as-many-as-codes", (n, k), f"as many came back as there were codes; n is {MANY}"),
        Mistake("transposed", (k, MANY), "rows and columns are swapped: a code is a row"),
    ]
    draws = expect_shape(value, (MANY, k), what, shapes).double()
    expect(
        bool(torch.isfinite(draws).all()),
        f"{what} hold NaN: a root of a number below 0? A covariance may be negative, and an "
        "eigenvalue of 0 may come out a hair below it",
        "root-of-negative",
    )
    return draws


def _moments_fit(draws: Tensor, mean: Sequence[float], cov: Sequence[Sequence[float]]) -> bool:
    """Return whether draws have a mean and a covariance, up to what chance does to 20,000."""
    right, means = torch.tensor(cov).double(), torch.tensor(mean).double()
    spread = right.diagonal().sqrt()
    got = torch.cov(draws.T)
    near = (draws.mean(dim=0) - means).abs() <= 0.05 * spread + 0.01
    together = (got - right).abs() <= 0.07 * spread[:, None] * spread + 2e-3
    return bool(near.all() and together.all())


def _times(cov: Sequence[Sequence[float]], factor: float) -> list[list[float]]:
    return [[factor * v for v in row] for row in cov]


def _cloud(gaussian_samples: Callable) -> None:
    """Five codes of two units that go against each other, with covariances 10, −4 and 2."""
    codes = torch.tensor([[-1.0, 1.0], [1.0, -1.0], [3.0, -1.0], [5.0, -1.0], [7.0, -3.0]])
    mean, cov, what = [3.0, -1.0], [[10.0, -4.0], [-4.0, 2.0]], "20,000 new codes"
    draws = _samples(gaussian_samples, codes, what)
    # The variances of the principal axes are the roots of λ² − 12 λ + 4; Cholesky's factor is
    # [[√10, 0], [−4/√10, √0.4]].
    large, small = 6 + math.sqrt(32), 6 - math.sqrt(32)
    turned = "the matrix was used the wrong way round: rows of ε are multiplied by Aᵀ"
    none = [0.0, 0.0]
    one = [[1.0, 0.0], [0.0, 1.0]]
    known: list[tuple[str, list[float], list[list[float]], str]] = [
        ("variances-only", mean, [[10, 0], [0, 2]], "the units go together, and so must the draws"),
        ("root-transposed", mean, [[small, 0], [0, large]], turned),
        ("root-transposed", mean, [[large, 0], [0, small]], turned),
        ("root-transposed", mean, [[11.6, -0.8], [-0.8, 0.4]], turned),
        ("root-transposed", mean, [[10, 4], [4, 2]], turned),  # axes of an svd as columns
        (
            "covariance-for-root",
            mean,
            [[116, -48], [-48, 20]],
            "multiply ε by a root of the covariance, not by the covariance itself",
        ),
        (
            "variances-for-deviations",
            mean,
            [[100, 0], [0, 4]],
            "ε times a deviation, not a variance",
        ),
        ("mean-missing", none, cov, "the mean, (3, −1), is missing"),
        ("not-centred", mean, [[17, -6.2], [-6.2, 2.6]], "centre the codes for the covariance"),
        ("not-divided", mean, _times(cov, 4), "the covariance was not divided by N − 1, nor by N"),
        ("correlations", mean, [[1, -0.8944], [-0.8944, 1]], "correlations instead of covariances"),
        ("standard-normal", none, one, "draws from N(0, 1), whatever the codes are"),
        ("covariance-ignored", mean, one, "the noise has variance 1, whatever the codes are"),
        ("one-spread", mean, _times(one, 88 / 9), "one spread for both units; each has its own"),
        ("one-spread", mean, _times(one, 6), "one spread for both units; each has its own"),
        ("mean-of-all", [1.0, 1.0], cov, "one mean for both units; each has its own"),
    ]
    still = float(draws.std(dim=0).max()) < 1e-4
    expect(not still, f"{what} are all the same: each is a draw of its own", "one-draw")
    nearest = torch.cdist(draws[:500], codes.double()).amin(dim=1)
    text = f"{what} are the old ones, drawn again: draw from their Gaussian"
    expect(float(nearest.median()) > 1e-5, text, "bootstrap")
    existing = (draws[:500, None] - codes).abs().amin(dim=1)
    text = f"{what} are put together from the numbers of the old ones: draw from their Gaussian"
    expect(float(existing.median()) > 1e-5, text, "columns-shuffled")
    if any(_moments_fit(draws, mean, _times(cov, factor)) for factor in (1, 4 / 5)):
        return
    for mistake, m, c, message in known:
        fits = any(_moments_fit(draws, m, _times(c, factor)) for factor in (1, 4 / 5))
        expect(not fits, f"{what}: {message}", mistake)
    centre, deviation = draws.mean(dim=0), draws.std(dim=0)
    for part in (12, 3):  # whatever the mean of uniform numbers has become
        fits = _moments_fit(draws - centre, none, _times(cov, 1 / part))
        expect(not fits, f"{what}: ε is uniform; draw normal numbers", "uniform")
    line = abs(float(torch.corrcoef(draws.T)[0, 1])) > 0.999
    expect(not line, f"{what} lie on a line: draw an ε for every unit", "one-number-per-row")
    off = ((centre - torch.tensor(mean)).abs() / deviation).max()
    text = f"the mean of {what} is ({centre[0]:.2f}, {centre[1]:.2f}); that of the codes is (3, −1)"
    expect(float(off) < 0.06, text, "wrong-mean")
    (a, c), (_, b) = torch.cov(draws.T).tolist()
    text = f"the variances of {what} are {a:.2f} and {b:.2f}, their covariance {c:.2f}; those of "
    raise CheckFailed(text + "the codes are 10, 2 and −4 (divided by N: 8, 1.6 and −3.2)", "spread")


def _flat(gaussian_samples: Callable) -> None:
    """The same units with their sum and a constant; fewer codes than units; one unit."""
    a, b = torch.tensor([-1.0, 1, 3, 5, 7]), torch.tensor([1.0, -1, -1, -1, -3])
    codes = torch.stack([a, b, a + b, 0 * a + 2], dim=1)
    what = "new codes (a, b, a + b, 2)"
    draws = _samples(gaussian_samples, codes, what)
    rows = "10 -4 6 0", "-4 2 -2 0", "6 -2 4 0", "0 0 0 0"
    cov = [[float(v) for v in row.split()] for row in rows]
    fit = any(_moments_fit(draws, [3, -1, 2, 2], _times(cov, f)) for f in (1, 4 / 5))
    expect(fit, f"{what} have another mean or covariance than the codes", "flat-cloud")
    off = float((draws[:, 2] - draws[:, 0] - draws[:, 1]).std() + draws[:, 3].std())
    text = f"in {what} the third is not the sum of the first two, or the fourth is not constant"
    expect(off < 0.1, text, "leaves-the-plane")  # 0.001 on the diagonal leaves 0.09
    wide = torch.sin(torch.arange(36.0).reshape(3, 12) ** 1.5)  # twelve units, three codes
    what = "new codes of 12 units from 3 codes"
    draws = _samples(gaussian_samples, wide, what)
    variances = wide.double().var(dim=0)
    ratio = float(draws.var(dim=0).sum() / variances.sum())
    expect(0.6 < ratio < 1.1, f"{what} have {ratio:.2g} times the variance", "flat-cloud")
    alone = _samples(gaussian_samples, a[:, None], "new codes of one unit")
    fit = any(_moments_fit(alone, [3], [[v]]) for v in (10.0, 8.0))
    expect(fit, "new codes of one unit have another mean or variance than the codes", "one-unit")


def gaussian_samples(gaussian_samples: Callable) -> bool:
    """Five codes of two units; then a sum and a constant beside them; few codes; one unit."""
    _cloud(gaussian_samples)
    _flat(gaussian_samples)
    codes = torch.tensor([[-1.0, 1.0], [1.0, -1.0], [3.0, -1.0], [5.0, -1.0], [7.0, -3.0]])
    expect_drawn(
        gaussian_samples,
        codes,
        5,
        name="gaussian_samples",
        what="5 new codes",
        same="two calls with one generator gave the same codes: do not seed inside the function",
        ignored="two generators with seed 3 gave different codes: pass `generator=generator`",
    )
    return passed("gaussian_samples", "mean and covariance of the codes, also where units are flat")


# --- sample_latent --------------------------------------------------------------------------------


def _spread(sample_latent: Callable) -> None:
    """Ten thousand draws of two numbers, with σ = 2 around 0 and σ = ½ around 10."""
    mean = torch.tensor([[0.0, 10.0]]).repeat(10_000, 1)
    log_var = torch.tensor([[math.log(4), -math.log(4)]]).repeat(10_000, 1)
    what, name = "the draw from N(0, 4) and N(10, ¼)", "sample_latent"
    generator = torch.Generator().manual_seed(3)
    first, second = (
        expect_shape(
            run_drawing(sample_latent, mean, log_var, True, generator, name=name), (10_000, 2), w
        )
        for w in (what, what)
    )
    z = first.double() - mean
    finite = bool(torch.isfinite(z).all())
    expect(finite, f"{what} holds NaN: a root of a log-variance below 0?", "root-of-log-var")
    expect(float(z.abs().max()) > 1e-4, f"{what} holds no noise: the mean came back", "never-drawn")
    centre = (z.mean(dim=0) + mean[0]).tolist()
    rows = float(z.std(dim=0).max()) < 1e-4
    expect(not rows, "all rows get the same noise: draw a number for every row", "same-for-all")
    gone = "the mean is missing: the noise alone came back"
    expect(abs(centre[1]) > 0.3, gone, "mean-missing")
    uniform = "uniform numbers; noise from N(0, 1) is asked for"
    text = "where the mean is 0 nothing was added to it: *add* the noise, do not multiply by it"
    expect(float(z[:, 0].std()) > 1e-4, text, "multiplied")
    expect(float(z[:, 0].min()) < 0, uniform, "uniform")
    text = f"{what} has the means {centre[0]:.2f} and {centre[1]:.2f} instead of 0 and 10"
    off = float((z.mean(dim=0) / z.std(dim=0)).abs().max())
    expect(off < 0.06, text, "wrong-mean")
    together = float(torch.corrcoef(z.T)[0, 1].abs())
    alike = "both numbers of a row get the same noise: draw one for every number"
    expect(together < 0.9, alike, "one-per-row")
    v = math.log(4)
    known = [
        Mistake(
            "variance-for-deviation", [4, 1 / 4], "exp(log_var) is the variance; take its root, σ"
        ),
        Mistake("log-var-for-deviation", [v, v], "log_var itself is no standard deviation"),
        Mistake("half-of-log-var", [v / 2, v / 2], "log_var / 2 is log σ: take exp"),
        Mistake("root-of-log-var", [v**0.5, v**0.5], "take exp of log_var first"),
        Mistake("no-spread", [1, 1], "the noise was not multiplied by σ"),
        Mistake("exp-2v", [16, 1 / 16], "log_var is halved, not doubled"),
        Mistake("half-outside", [2, 1 / 8], "the half belongs inside the exponential"),
        Mistake("sign", [1 / 2, 2], "exp(−log_var / 2) is 1 / σ"),
        Mistake("exp-minus-one", [1, 1 / 2], "1 is missing in the exponential"),
        *(Mistake("uniform", [2 / n**0.5, 0.5 / n**0.5], uniform) for n in (3, 12)),
    ]
    what = f"the standard deviations of {what}"
    expect_close(z.std(dim=0), [2, 0.5], what, known, rtol=0.06, show_expected=True)
    same = "two calls with one generator gave the same noise: do not seed inside the function"
    expect(not torch.equal(first, second), same, "same-every-time")
    again = run(sample_latent, mean, log_var, True, torch.Generator().manual_seed(3), name=name)
    text = "two generators with seed 3 gave different noise: pass `generator=generator`"
    expect(torch.equal(first, to_tensor(again, what)), text, "generator-ignored")


def _without_generator(sample_latent: Callable) -> None:
    """Torch's own generator, where none is given."""
    mean, log_var = torch.zeros(3, 4), torch.zeros(3, 4)
    found = []
    with torch.random.fork_rng(devices=[]), unwatched():  # it is meant to draw from there
        for seed in (3, 4, 3):
            torch.manual_seed(seed)
            try:
                value = run(sample_latent, mean, log_var, name="sample_latent")
            except CheckFailed as error:
                why = f"without a generator {error}\n  Torch's own functions take `generator=None` "
                why += "as well: pass it on as it is"
                expect(not error.mistake.startswith("raised-"), why, "needs-a-generator")
                raise
            found.append(to_tensor(value, "the draw").clone())
    same = "without a generator two seeds of torch gave the same noise: do not seed inside"
    expect(not torch.equal(found[0], found[1]), same, "seeded")
    text = "without a generator the noise comes from elsewhere than torch's own"
    expect(torch.equal(found[0], found[2]), text, "not-torchs-own")


def _gradients(sample_latent: Callable, training: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the result for three numbers, and the gradients of its sum for mean and log_var."""
    mean = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    log_var = torch.tensor([[0.0, -1.0, 2.0]], requires_grad=True)
    generator = torch.Generator().manual_seed(4)
    z = run_drawing(sample_latent, mean, log_var, training, generator, name="sample_latent")
    found: Sequence[Tensor | None] = (None, None)
    if isinstance(z, Tensor) and z.requires_grad:
        found = torch.autograd.grad(z.sum(), (mean, log_var), allow_unused=True)
    of_mean, of_log_var = (torch.zeros(1, 3) if g is None else g for g in found)
    return expect_shape(z, (1, 3), "the result"), of_mean, of_log_var


def sample_latent(sample_latent: Callable) -> bool:
    """Ten thousand draws of two numbers; the gradients of three; the mean afterwards."""
    _spread(sample_latent)
    _without_generator(sample_latent)
    mean, zero, ones = torch.tensor([[1.0, -2.0, 0.5]]), torch.zeros(1, 3), torch.ones(1, 3)
    z, of_mean, of_log_var = _gradients(sample_latent, True)
    cut = "`torch.normal(mean, …)` and `.detach()` stop it"
    stops = f"there is none: {cut}"
    lost = bool((of_mean == 0).all() and (of_log_var == 0).all())
    expect(not lost, f"no gradient reaches mean and log_var: {cut}", "no-gradient")
    known = [Mistake("mean-detached", zero, stops)]
    expect_close(of_mean, ones, "the gradient for the mean", known, show_expected=True)
    known = [Mistake("log-var-detached", zero, stops)]
    what = "the gradient for log_var (half of what was added to the mean)"
    expect_close(of_log_var, (z - mean) / 2, what, known, rtol=1e-3, show_expected=True)
    z, of_mean, _ = _gradients(sample_latent, False)
    noisy = not torch.equal(z, to_tensor(_gradients(sample_latent, False)[0], "it"))
    text = "with training=False the result is random; the mean is asked for"
    expect(not noisy, text, "drawn-afterwards")
    sigma = [math.exp(v / 2) for v in (0.0, -1.0, 2.0)]
    known = [
        Mistake("zeros-afterwards", zero, "zeros; the mean is asked for"),
        Mistake("spread-added", mean + torch.tensor(sigma), "σ was added to the mean"),
    ]
    what = "the result for means 1, −2 and 0.5 with training=False"
    try:
        expect_close(z, mean, what, known, show_expected=True)
    except CheckFailed as error:
        text = "with training=False there is noise in the result; the mean is asked for"
        expect(error.mistake in ("zeros-afterwards", "spread-added"), text, "drawn-afterwards")
        raise
    known = [Mistake("no-gradient-afterwards", zero, "there is none: return the mean itself")]
    what = "the gradient for the mean with training=False"
    expect_close(of_mean, ones, what, known, show_expected=True)
    return passed("sample_latent", "a draw with gradients while training, the mean afterwards")
