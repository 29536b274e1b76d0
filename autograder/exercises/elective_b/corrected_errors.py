"""Elective B: an image's error over what is to be expected of an image like it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "corrected_errors",
    signature="def corrected_errors(errors, features, normal_errors, normal_features):",
    right={
        "a column of ones, lstsq": """
            def with_constant(f):
                return torch.cat([torch.ones_like(f[:, :1]), f], dim=1)

            y = normal_errors.log()
            fit = torch.linalg.lstsq(with_constant(normal_features), y[:, None]).solution
            expected = (with_constant(features) @ fit).squeeze(1).exp()
            return errors / expected
        """,
        "slopes of what is centred, float64": """
            f, y = normal_features.double(), torch.log(normal_errors.double())
            middle = f.mean(dim=0)
            slopes = torch.linalg.pinv(f - middle) @ (y - y.mean())
            return torch.exp(errors.double().log() - y.mean() - (features - middle) @ slopes)
        """,
        "normal equations, numpy": """
            f, y = normal_features.double().numpy(), np.log(normal_errors.double().numpy())
            table = np.column_stack([f, np.ones(len(f))])
            fit = np.linalg.solve(table.T @ table, table.T @ y)
            factors = np.exp(features.double().numpy() @ fit[:-1] + fit[-1])
            return torch.from_numpy(errors.double().numpy() / factors)
        """,
        "QR, image by image": """
            m = len(normal_errors)
            table = torch.ones(m, normal_features.shape[1] + 1)
            table[:, 1:] = normal_features
            q, r = torch.linalg.qr(table)
            y = torch.tensor([math.log(e) for e in normal_errors.tolist()])
            fit = torch.linalg.solve_triangular(r, (q.T @ y)[:, None], upper=True)
            a, *b = fit.flatten().tolist()
            out = []
            for error, row in zip(errors.tolist(), features.tolist()):
                out.append(error / math.exp(a + sum(s * v for s, v in zip(b, row))))
            return torch.tensor(out)
        """,
    },
    wrong={
        "no-constant": {"torch.cat([torch.ones_like(f[:, :1]), f], dim=1)": "f"},
        "constant-elsewhere": {
            "(with_constant(features) @ fit)": "(with_constant(features).roll(-1, dims=1) @ fit)"
        },
        "not-logged": {"normal_errors.log()": "normal_errors", ".exp()": ""},
        "exp-without-log": {"normal_errors.log()": "normal_errors"},
        "exp-missing": {".exp()": ""},
        "log-ratio": {"errors / expected": "errors.log() - expected.log()"},
        "subtracted": {"errors / expected": "errors - expected"},
        "turned": {"errors / expected": "expected / errors"},
        "expected-only": {"errors / expected": "expected"},
        "log-over-log": {"errors / expected": "errors.log() / expected.log()"},
        "log1p": {"normal_errors.log()": "normal_errors.log1p()", ".exp()": ".expm1()"},
        "bases-mixed": {"normal_errors.log()": "normal_errors.log10()"},
        "fitted-to-tested": {
            "normal_errors.log()": "errors.log()",
            "with_constant(normal_features)": "with_constant(features)",
        },
        "applied-to-normal": {
            "(with_constant(features) @ fit).squeeze(1).exp()": (
                "(with_constant(normal_features) @ fit).squeeze(1).exp().mean()"
            )
        },
        "features-ignored": {
            "(with_constant(features) @ fit).squeeze(1).exp()": "normal_errors.mean()"
        },
        "geometric-mean": {"(with_constant(features) @ fit).squeeze(1).exp()": "y.mean().exp()"},
        "constant-forgotten": {
            "(with_constant(features) @ fit).squeeze(1).exp()": (
                "(features @ fit[1:]).squeeze(1).exp()"
            )
        },
        "first-feature-only": {
            "torch.ones_like(f[:, :1]), f]": "torch.ones_like(f[:, :1]), f[:, :1]]"
        },
        "centred-apart": {
            "torch.ones_like(f[:, :1]), f]": "torch.ones_like(f[:, :1]), f - f.mean(dim=0)]"
        },
        "every-with-every": {".squeeze(1)": ""},
        "in-deviations": {
            "errors / expected": (
                "(errors / expected).log() / "
                "(y[:, None] - with_constant(normal_features) @ fit).std()"
            )
        },
    },
)

Four = tuple[Tensor, Tensor, Tensor, Tensor]  # the arguments
NAME = EXERCISE.name
LOGS = "fit the *logarithm* of the errors"
MESSAGES = {
    "no-constant": "the constant a is missing: put a column of ones beside the features",
    "constant-elsewhere": "the constant stands at one end of the table in the fit and at the other "
    "when it is used",
    "not-logged": f"the errors themselves were fitted; {LOGS} and take exp of what the fit says",
    "exp-without-log": f"the errors themselves were fitted; {LOGS}",
    "exp-missing": "the error was divided by its expected *logarithm*; take exp of what the fit "
    "says",
    "log-ratio": "the logarithm of the quotient; the quotient itself is asked for",
    "subtracted": "the expected error was subtracted; divide by it",
    "turned": "the expected error was divided by the error; the other way round",
    "expected-only": "the expected error alone; divide the error by it",
    "log-over-log": "a logarithm over a logarithm; divide the errors themselves",
    "log1p": "log(1 + e) was fitted; the logarithm of e",
    "bases-mixed": "a logarithm to base 10 or 2 was fitted, and exp belongs to the natural one",
    "fitted-to-tested": "fitted to the images that are judged; what to expect is learnt from the "
    "normal ones",
    "features-ignored": "divided by the mean error of normal images, whatever the features are",
    "applied-to-normal": "the expected errors of the *normal* images were averaged; each image has "
    "features of its own",
    "geometric-mean": "divided by the mean (geometric) error of normal images, whatever the "
    "features are",
    "constant-forgotten": "the constant was fitted, and left out where the fit is used",
    "first-feature-only": "only the first feature was used; all of them are",
    "last-feature-only": "only the last feature was used; all of them are",
    "centred-apart": "both sets of features were centred, each about its own mean; what is "
    "subtracted must be the same for both",
    "scaled-apart": "both sets of features were standardised, each with its own mean and spread; "
    "use the same numbers for both",
    "slopes-negative": "the slopes have the wrong sign",
    "in-deviations": "the logarithm of the quotient in standard deviations; the quotient itself",
}


def line(y: Tensor, f: Tensor, constant: bool = True) -> tuple[Tensor, Tensor]:
    """Return constant and slopes of a least-squares fit, from covariances in float64.

    Args:
        y: what is fitted, (M,).
        f: features, (M, F).
        constant: whether there is one.
    """
    mean, level = (f.mean(dim=0), y.mean()) if constant else (0 * f[0], 0 * y[0])
    apart = f - mean
    slopes = torch.linalg.solve(apart.T @ apart, apart.T @ (y - level))
    return level - slopes @ mean, slopes


def quotients(
    errors: Tensor, features: Tensor, normal_errors: Tensor, normal_features: Tensor, how: str = ""
) -> Tensor:
    """Return what is asked for, or what a mistake makes of it."""
    e, f, n, g = (t.double() for t in (errors, features, normal_errors, normal_features))
    if how == "fitted-to-tested":
        n, g = e, f
    if how in ("centred-apart", "scaled-apart"):
        f, g = f - f.mean(dim=0), g - g.mean(dim=0)
    if how == "scaled-apart":
        f, g = f / f.std(dim=0), g / g.std(dim=0)
    if how in ("first-feature-only", "last-feature-only"):
        one = slice(0, 1) if how == "first-feature-only" else slice(-1, None)
        f, g = f[:, one], g[:, one]
    y = {
        "not-logged": n,
        "exp-without-log": n,
        "log1p": n.log1p(),
        "bases-mixed": n.log10(),
    }.get(how, n.log())
    a, b = line(y, g, constant=how != "no-constant")
    said = f @ b + a
    if how == "constant-elsewhere":
        turned = torch.cat([a[None], b]).roll(1)
        said = f @ turned[1:] + turned[0]
    if how == "constant-forgotten":
        said = f @ b
    if how == "slopes-negative":
        said = a - f @ b
    expected = {
        "not-logged": said,
        "exp-missing": said,
        "log1p": said.expm1(),
        "features-ignored": n.mean().expand(len(e)),
        "geometric-mean": n.log().mean().exp().expand(len(e)),
        "applied-to-normal": (g @ b + a).exp().mean().expand(len(e)),
    }.get(how, said.exp())
    ratio = e / expected
    return {
        "log-ratio": ratio.log(),
        "subtracted": e - expected,
        "turned": 1 / ratio,
        "expected-only": expected,
        "log-over-log": e.log() / said,
        "in-deviations": ratio.log() / (y - g @ b - a).std(),
    }.get(how, ratio)


def known(given: Four, right: Tensor) -> list[Mistake]:
    """Return the known mistakes for these arguments that differ from what is right."""
    e, f, n, g = (t.double() for t in given)
    values: list[tuple[str, Tensor]] = []
    for how in MESSAGES:
        enough = len(f) > f.shape[1] + 1 or how != "fitted-to-tested"
        if enough and (len(f) > 1 or not how.endswith("-apart")):
            values.append((how, quotients(*given, how=how)))
    a, b = line(n.log2(), g)
    values.append(("bases-mixed", e / (f @ b + a).exp()))
    a, b = line(n.log(), g)
    turned = torch.cat([b, a[None]]).roll(1)
    values.append(("constant-elsewhere", e / (f @ turned[:-1] + turned[-1]).exp()))
    apart = [(how, v) for how, v in values if not torch.allclose(v, right, rtol=1e-2)]
    return [Mistake(how, value, MESSAGES[how]) for how, value in apart]


def expect_quotients(corrected_errors: Callable, given: Four, what: str) -> None:
    """Compare the student's numbers with those of a fit by covariances."""
    copies = [t.clone() for t in given]
    value = run(corrected_errors, *copies, name=NAME)
    for before, after in zip(given, copies, strict=True):
        expect_unchanged(before, after, NAME)
    n, m = len(given[0]), len(given[2])
    table = "a table: the fit gives a column (N, 1), and errors are (N,); use `.squeeze(1)`"
    shapes = [
        Mistake("every-with-every", (n, n), table),
        Mistake("column", (n, 1), "a column; one number for each image, (N,)"),
        Mistake(
            "one-for-normal", (m,), "one number for each image that is judged, not each normal"
        ),
        Mistake("one-for-all", (), "one number for each image"),
    ]
    if n == 1:
        shapes = shapes[1:]
    told = expect_shape(value, (n,), what, shapes)
    expect(
        bool(torch.isfinite(told).all()),
        f"{what} are NaN or infinite; errors are > 0, and so is `exp` of anything: where was a "
        "logarithm taken, or divided?",
        "not-finite",
    )
    right = quotients(*given)
    expect_close(told, right, what, known(given, right), rtol=1e-3)


def images(seed: int, n: int, means: list[float], noise: float) -> tuple[Tensor, Tensor]:
    """Return errors and features of images whose errors obey a law of their features, roughly.

    Args:
        seed: of the draws.
        n: how many images.
        means: of their features.
        noise: standard deviation of the logarithms.
    """
    rng = grader_generator(seed)
    f = torch.randn(n, len(means), generator=rng) * torch.linspace(1, 0.6, len(means))
    f = f + torch.tensor(means)
    slopes = torch.tensor([0.7, -1.1, 0.5])[: len(means)]
    return (0.4 + f @ slopes + noise * torch.randn(n, generator=rng)).exp(), f


@EXERCISE.criterion("one feature, and a law without exceptions", points=1)
def exact(corrected_errors: Callable) -> None:
    """Normal images obey the law to the last digit; those that are judged have other features."""
    normal, normal_features = images(530, 12, [0.8], 0.0)
    errors, features = images(531, 8, [1.6], 0.7)
    given = errors, features, normal, normal_features
    expect_quotients(corrected_errors, given, "the corrected errors of 8 images by one feature")


@EXERCISE.criterion("least squares with several features", points=1)
def several(corrected_errors: Callable) -> None:
    """Two features and three, with errors that obey the law roughly."""
    for seed, means in ((532, [0.9, -0.5]), (534, [1.2, 0.4, -0.9])):
        normal, normal_features = images(seed, 25, means, 0.5)
        errors, features = images(seed + 1, 10, [m + 0.6 for m in means], 0.8)
        given = errors, features, normal, normal_features
        what = f"the corrected errors of 10 images by {len(means)} features"
        expect_quotients(corrected_errors, given, what)


@EXERCISE.criterion(
    "small errors, few images",
    points=1,
    alone="right for errors about 1 and many images, wrong for small errors or few images",
)
def small(corrected_errors: Callable) -> None:
    """Errors of a few thousandths; one image alone; barely more normal images than numbers."""
    normal, normal_features = images(536, 20, [0.9, -0.5], 0.4)
    errors, features = images(537, 9, [0.2, 0.3], 0.6)
    given = errors / 500, features, normal / 500, normal_features
    expect_quotients(corrected_errors, given, "the corrected errors of 9 images, which are small,")
    given = errors[:1], features[:1], normal[:4], normal_features[:4]
    expect_quotients(corrected_errors, given, "the corrected error of one image by 4 normal ones")


@EXERCISE.conduct(
    right=quotients,
    rtol=1e-3,
    between=(0, float("inf")),
    extremes=[
        {
            "errors": torch.tensor([2e-5, 3e-5]),
            "features": torch.tensor([[3.0], [-1.0]]),
            "normal_errors": torch.tensor([1e-5, 2e-5, 1.5e-5]),
            "normal_features": torch.tensor([[0.0], [1.0], [2.0]]),
        }
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Two features; at the extreme tiny errors, one feature and three normal images."""
    f, g = new.normal(n, 2) + 0.4, new.normal(14, 2) - 0.3
    slopes = torch.tensor([0.8, -0.5])
    return {
        "errors": (f @ slopes + new.normal(n) / 2).exp() / 10,
        "features": f,
        "normal_errors": (g @ slopes + new.normal(14) / 3).exp() / 10,
        "normal_features": g,
    }
