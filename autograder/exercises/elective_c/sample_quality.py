"""Elective C: how similar two sets of features are, and how new a sample is."""

from __future__ import annotations

from collections.abc import Callable

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
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_c._frechet import MESSAGES, VARIANTS, squared_distance
from autograder.exercises.elective_c._nearest import NEAREST, nearest

EXERCISE = Exercise(
    "sample_quality",
    defines=("frechet_distance", "nearest_distances"),
    right={
        "eigenvalues of symmetric matrices, cdist": """
            def gaussian(rows):
                rows = rows.double()
                return rows.mean(dim=0), torch.cov(rows.T)

            def frechet_distance(a, b):
                (mean_a, cov_a), (mean_b, cov_b) = gaussian(a), gaussian(b)
                values, vectors = torch.linalg.eigh(cov_a)
                root = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
                inner = root @ cov_b @ root
                cross = torch.linalg.eigvalsh(inner).clamp_min(0).sqrt().sum()
                gap = (mean_a - mean_b).square().sum()
                return float(gap + torch.trace(cov_a + cov_b) - 2 * cross)

            def nearest_distances(samples, train):
                return torch.cdist(samples, train).amin(dim=1)
        """,
        "singular values, sample by sample": """
            def frechet_distance(a, b):
                mean_a, mean_b = a.double().mean(dim=0), b.double().mean(dim=0)
                apart_a = (a - mean_a) / math.sqrt(len(a) - 1)
                apart_b = (b - mean_b) / math.sqrt(len(b) - 1)
                cross = torch.linalg.svdvals(apart_a @ apart_b.T).sum()
                spread = (apart_a**2).sum() + (apart_b**2).sum()
                return ((mean_a - mean_b) ** 2).sum() + spread - 2 * cross

            def nearest_distances(samples, train):
                out = []
                for row in samples:
                    out.append((train - row).norm(dim=1).min())
                return torch.stack(out)
        """,
        "eigenvalues of the product, float32; squares multiplied out": """
            def frechet_distance(a, b):
                cov_a, cov_b = a.T.cov(), b.T.cov()
                values = torch.linalg.eigvals(cov_a @ cov_b).real
                cross = values.clamp(min=0).sqrt().sum()
                gap = F.mse_loss(a.mean(0), b.mean(0), reduction="sum")
                return (gap + cov_a.trace() + cov_b.trace() - 2 * cross).item()

            def nearest_distances(samples, train):
                squares = (samples**2).sum(1, keepdim=True) + (train**2).sum(1)
                squares = squares - 2 * samples @ train.T
                return squares.clamp_min(0).min(dim=1).values.sqrt()
        """,
        "scipy's root, a little on the diagonals; numpy": """
            import scipy.linalg

            def frechet_distance(a, b):
                a, b = a.double().numpy(), b.double().numpy()
                more = 1e-6 * np.eye(a.shape[1])
                cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
                root = scipy.linalg.sqrtm((cov_a + more) @ (cov_b + more))
                gap = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
                return float(gap + np.trace(cov_a + cov_b - 2 * root.real))

            def nearest_distances(samples, train):
                x, y = samples.double().numpy(), train.double().numpy()
                apart = x[:, None, :] - y[None, :, :]
                return torch.from_numpy(np.sqrt((apart**2).sum(axis=2)).min(axis=1))
        """,
    },
    wrong={
        "root-of-entries": {
            "torch.linalg.eigvalsh(inner).clamp_min(0).sqrt().sum()": "inner.abs().sqrt().trace()"
        },
        "roots-multiplied": {
            "inner = root @ cov_b @ root": (
                "values, vectors = torch.linalg.eigh(cov_b); "
                "root_b = vectors * values.clamp_min(0).sqrt() @ vectors.T"
            ),
            "torch.linalg.eigvalsh(inner).clamp_min(0).sqrt().sum()": "(root @ root_b).trace()",
        },
        "root-forgotten": {"(inner).clamp_min(0).sqrt()": "(inner)"},
        "root-of-trace": {
            "torch.linalg.eigvalsh(inner).clamp_min(0).sqrt().sum()": "inner.trace().sqrt()"
        },
        "inner-root-forgotten": {"values.clamp_min(0).sqrt()": "values"},
        "variances-only": {
            "torch.linalg.eigvalsh(inner).clamp_min(0).sqrt().sum()": (
                "(cov_a.diagonal() * cov_b.diagonal()).sqrt().sum()"
            )
        },
        "factor-missing": {"- 2 * cross": "- cross"},
        "root-added": {"- 2 * cross": "+ 2 * cross"},
        "means-missing": {"gap + ": ""},
        "mean-not-squared": {
            "gap = (mean_a - mean_b).square().sum()": "gap = (mean_a - mean_b).norm()"
        },
        "one-mean": {"rows.mean(dim=0)": "rows.mean()"},
        "mean-averaged": {"(mean_a - mean_b).square().sum()": "F.mse_loss(mean_a, mean_b)"},
        "rooted": {
            "float(gap + torch.trace(cov_a + cov_b) - 2 * cross)": (
                "float((gap + torch.trace(cov_a + cov_b) - 2 * cross).clamp_min(0).sqrt())"
            )
        },
        "means-only": {"gap + torch.trace(cov_a + cov_b) - 2 * cross": "gap"},
        "covariances-subtracted": {
            "torch.trace(cov_a + cov_b) - 2 * cross": "(cov_a - cov_b).square().sum()"
        },
        "trace-missing": {
            "float(gap + torch.trace(cov_a + cov_b) - 2 * cross)": "gap + cov_a + cov_b - 2 * inner"
        },
        "uncentred": {"torch.cov(rows.T)": "rows.T @ rows / (len(rows) - 1)"},
        "divided-by-n": {"torch.cov(rows.T)": "torch.cov(rows.T, correction=0)"},
        "wrong-axis": {"torch.cov(rows.T)": "torch.cov(rows)"},
        "nan-for-singular": {"(inner).clamp_min(0)": "(inner)"},
        "singular-refused": {
            "vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T": (
                "torch.linalg.cholesky(cov_a).T"
            ),
            "root @ cov_b @ root": "root @ cov_b @ root.T",
        },
        "complex": {
            "torch.linalg.eigvalsh(inner).clamp_min(0).sqrt()": (
                "torch.linalg.eigvals(cov_a @ cov_b).sqrt()"
            ),
            "float(gap + torch.trace(cov_a + cov_b) - 2 * cross)": (
                "(gap + torch.trace(cov_a + cov_b) - 2 * cross).item()"
            ),
        },
        "squared": {".amin(dim=1)": ".amin(dim=1).square()"},
        "mean-squared": {".amin(dim=1)": ".amin(dim=1).square() / samples.shape[1]"},
        "root-mean-squared": {".amin(dim=1)": ".amin(dim=1) / samples.shape[1] ** 0.5"},
        "city-block": {"torch.cdist(samples, train)": "torch.cdist(samples, train, p=1)"},
        "over-training-images": {
            "torch.cdist(samples, train).amin(dim=1)": "(samples[:, None] - train).norm(dim=(1, 2))"
        },
        "farthest": {"amin": "amax"},
        "mean-distance": {"amin": "mean"},
        "among-samples": {"torch.cdist(samples, train)": "torch.cdist(samples, samples)"},
        "nearest-other-sample": {
            "torch.cdist(samples, train)": (
                "(torch.cdist(samples, samples) + torch.diag(torch.full((len(samples),), 1e9)))"
            )
        },
        "for-each-training-image": {".amin(dim=1)": ".amin(dim=0)"},
        "place": {"amin": "argmin"},
        "one-for-all": {".amin(dim=1)": ".amin(dim=1).mean()"},
        "table": {".amin(dim=1)": ""},
        "cosine": {
            "torch.cdist(samples, train)": "(1 - F.normalize(samples) @ F.normalize(train).T)"
        },
        "nan-for-copies": {
            "torch.cdist(samples, train).amin(dim=1)": (
                "(samples.square().sum(1)[:, None] + train.square().sum(1) "
                "- 2 * samples @ train.T).amin(dim=1).sqrt()"
            )
        },
    },
)

# --- the distance of two Gaussians ----------------------------------------------------------------

ROUNDING = 0.1  # of float32, where the root of an eigenvalue that should be 0 is taken


def expect_distance(
    frechet_distance: Callable, a: Tensor, b: Tensor, what: str, singular: bool = False
) -> None:
    """Compare the student's distance with that by singular values in float64.

    Args:
        frechet_distance: the student's function.
        a: features, (N, F).
        b: features, (M, F).
        what: how messages call the result.
        singular: whether a covariance is.
    """
    given = a.clone(), b.clone()
    try:
        value = run(frechet_distance, *given, name="frechet_distance")
    except CheckFailed as error:
        if singular and (error.mistake or "").startswith("raised-"):
            kind = str(error.mistake).removeprefix("raised-").lstrip("_")
            message = (
                f"{what}: it raised {kind}. A covariance is singular there, and an eigenvalue of 0 "
                "may come out slightly below 0, where its root is NaN, and what follows fails: cut "
                "eigenvalues off at 0 before the root. A Cholesky root, or an inverse, does not "
                "exist there"
            )
            raise CheckFailed(message, "singular-refused") from None
        raise
    for before, after in zip((a, b), given, strict=True):
        expect_unchanged(before, after, "frechet_distance")
    imaginary = type(value) is complex or (isinstance(value, Tensor) and value.is_complex())
    expect(
        not imaginary,
        f"{what} is a complex number: of the roots of the eigenvalues keep the real parts, or take "
        "the eigenvalues of a symmetric matrix, which are real",
        "complex",
    )
    square = "a whole matrix; a trace makes one number of it"
    shapes = [Mistake("trace-missing", (n, n), square) for n in {a.shape[1], len(a), len(b)}]
    got = expect_shape(value, (), what, shapes)
    if singular:
        expect(
            bool(torch.isfinite(got)),
            f"{what} is NaN or infinite: rounding leaves an eigenvalue of 0 a hair below it, where "
            "it has no root; cut it off at 0 first",
            "nan-for-singular",
        )
    expect(
        bool(torch.isfinite(got)),
        f"{what} is NaN or infinite: a covariance may be negative, and has no root then; the root "
        "of a matrix is not that of its entries",
        "root-of-entries",
    )
    names = [(how, how) for how in MESSAGES] + list(VARIANTS.items())
    if len(a) != len(b):  # Otherwise these matrices do not fit together.
        names = [pair for pair in names if pair[1] != "wrong-axis"]
    known = [Mistake(name, squared_distance(a, b, how), MESSAGES[name]) for how, name in names]
    rtol, atol = (1e-3, ROUNDING) if singular else (1e-4, 1e-3)
    expect_close(got, squared_distance(a, b), what, known, rtol=rtol, atol=atol)


def features(seed: int, n: int, f: int, mean: float = 0.0) -> Tensor:
    """Return features that go together, with different variances.

    Args:
        seed: of the draws.
        n: how many rows.
        f: how many features.
        mean: of all features.
    """
    rng = grader_generator(seed)
    mix = torch.randn(f, f, generator=rng)
    return torch.randn(n, f, generator=rng) @ mix + mean


@EXERCISE.criterion("two Gaussians", points=1)
def two_gaussians(frechet_distance: Callable, nearest_distances: Callable) -> None:
    """Equally many rows; then other numbers of rows and of features. Nothing is singular."""
    for n, m, f, seed in ((9, 9, 4, 710), (8, 13, 3, 712), (40, 25, 6, 714)):
        a, b = features(seed, n, f, 0.8), features(seed + 1, m, f, -0.3)
        what = f"the distance of {n} rows from {m} rows of {f} features"
        expect_distance(frechet_distance, a, b, what)


@EXERCISE.criterion(
    "singular covariances",
    points=1,
    alone="right where all features vary by themselves, wrong where a covariance is singular",
)
def singular(frechet_distance: Callable, nearest_distances: Callable) -> None:
    """A feature that is constant, one that is a sum, too few rows, and a set beside itself."""
    a, b = features(716, 11, 4, 0.5), features(717, 11, 4, -0.4)
    expect_distance(frechet_distance, a, b, "the distance of 11 rows from 11 rows of 4 features")
    flat_a, flat_b = a.clone(), b.clone()
    flat_a[:, 1] = 2
    flat_b[:, 1], flat_b[:, 3] = 1, flat_b[:, 0] + flat_b[:, 2]
    what = "the distance where a feature is constant and another a sum"
    expect_distance(frechet_distance, flat_a, flat_b, what, singular=True)
    few_a, few_b = features(718, 4, 12, 0.3) / 2, features(719, 6, 12) / 2
    what = "the distance of 4 rows from 6 rows of 12 features"
    expect_distance(frechet_distance, few_a, few_b, what, singular=True)
    for rows, of in ((a, "11 rows of 4 features"), (few_a, "4 rows of 12 features")):
        what = f"the distance of {of} from themselves"
        expect_distance(frechet_distance, rows, rows.clone(), what, singular=True)


# --- the nearest training image -------------------------------------------------------------------


def expect_nearest(nearest_distances: Callable, samples: Tensor, train: Tensor, what: str) -> None:
    """Compare the student's distances with those of plain Python."""
    given = samples.clone(), train.clone()
    value = run(nearest_distances, *given, name="nearest_distances")
    for before, after in zip((samples, train), given, strict=True):
        expect_unchanged(before, after, "nearest_distances")
    (n, d), m = samples.shape, len(train)
    shapes = [
        Mistake(
            "for-each-training-image",
            (m,),
            "one for each training image; return one for each *sample*",
        ),
        Mistake("one-for-all", (), "one number for all samples; return one for each"),
        Mistake("table", (n, m), "a distance for each pair; keep the smallest of each row"),
        Mistake("column", (n, 1), "a column; return one number for each sample, (N,)"),
        Mistake(
            "each-number", (n, d), "one for each number of a sample; return one for each sample"
        ),
    ]
    if m == 1:
        shapes = shapes[1:2] + shapes[3:]
    got = expect_shape(value, (n,), what, shapes)
    expect(
        bool(torch.isfinite(got).all()),
        f"{what} are NaN or infinite: a square that should be 0 has come out a hair below it, and "
        "has no root; cut it off at 0, or subtract before you square, as torch.cdist can",
        "nan-for-copies",
    )
    known = [Mistake(how, nearest(samples, train, how), why) for how, why in NEAREST.items()]
    right = nearest(samples, train)
    expect_close(got, right, what, known, rtol=1e-3, atol=2e-2)


@EXERCISE.criterion("the nearest training image", points=1)
def nearest_image(frechet_distance: Callable, nearest_distances: Callable) -> None:
    """A few samples; many, of which most are copies; one training image, and one sample."""
    rng = grader_generator(730)
    samples, train = torch.randn(7, 5, generator=rng) + 0.5, torch.randn(12, 5, generator=rng)
    what = "the distances of 7 samples from 12 training images"
    expect_nearest(nearest_distances, samples, train, what)
    train = torch.rand(40, 64, generator=rng)
    samples = torch.cat([train[:30].flip(0), torch.rand(5, 64, generator=rng)])
    what = "the distances of 35 samples, of which 30 are copies, from 40 training images"
    expect_nearest(nearest_distances, samples, train, what)
    one = "the distances of 5 samples from a single training image"
    expect_nearest(nearest_distances, samples[-5:], train[:1], one)
    one = "the distance of a single sample from 40 training images"
    expect_nearest(nearest_distances, samples[-1:], train, one)


# --- conduct --------------------------------------------------------------------------------------


@EXERCISE.conduct(
    right=squared_distance,
    rtol=1e-3,
    atol=2e-2,
    sizes=(8, 2, 70),
    extremes=[
        {"a": torch.tensor([[2.0, 0, 1], [0, 0, 1]]), "b": torch.tensor([[3.0, 4, 0], [0, 8, 0]])}
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Three features, and more rows in the second set; at the extreme two rows in each."""
    a, b = new.normal(n, 3) + 1, new.normal(n + 3, 3)
    return {"a": a @ new.uniform(-1, 1, 3, 3), "b": b @ new.uniform(-1, 1, 3, 3)}


COPY = torch.tensor([[0.25, 0.5, 1.0, 0.0]])


@EXERCISE.conduct(
    "nearest_distances",
    right=nearest,
    rtol=1e-3,
    atol=5e-3,
    between=(0, float("inf")),
    extremes=[{"samples": torch.cat([COPY, COPY / 2]), "train": COPY}],
)
def arguments_of_nearest_distances(new: Draw, n: int) -> Arguments:
    """Nine training images; at the extreme a single one, and a copy of it."""
    return {"samples": new.normal(n, 5), "train": new.normal(9, 5)}
