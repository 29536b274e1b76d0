"""Hidden checks of week 1's PCA, against eigenvectors and constructed subspaces in float64."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.checks import GRADER_SEED
from autograder.report import Report, check


def cloud(n: int, d: int, seed: int = 0) -> Tensor:
    """Return n points in d dimensions, wider in some directions than in others, off the origin."""
    rng = torch.Generator().manual_seed(GRADER_SEED + seed)
    widths = torch.linspace(3, 0.3, d)
    mix, _ = torch.linalg.qr(torch.randn(d, d, generator=rng))
    return (torch.randn(n, d, generator=rng) * widths) @ mix + torch.randn(d, generator=rng) * 2


@check({"the mean image": 1, "the centred rows": 1, "the argument is left alone": 1})
def center(report: Report, center: Callable) -> None:
    """Mean over images, differences from it, no side effect."""
    x = cloud(7, 5)
    right = x.double().mean(0)
    parts = ["the centred rows", "the mean"]
    with report.criterion("the mean image"):
        result = to_pair(run(center, x.clone(), name="center"), "center", parts)
        swapped = [
            Mistake("swapped", x - right, "the two results are swapped: centred rows first"),
            Mistake("global-mean", x.mean(), "one number for all pixels; average over dim 0 only"),
            Mistake("mean-per-image", x.mean(1), "one mean per image; average over dim 0"),
            Mistake("kept-dim", right[None], "its shape should be (D,), without a leading 1"),
            Mistake("median", x.median(0).values, "this is the median, not the mean"),
            Mistake("total", x.sum(0), "this is the sum over the images; divide by their number"),
        ]
        expect_close(result[1], right, "the mean", swapped)
    with report.criterion("the centred rows"):
        result = to_pair(run(center, x.clone(), name="center"), "center", parts)
        mistakes = [
            Mistake("swapped", right, "the two results are swapped: centred rows first"),
            Mistake("global-mean", x - x.mean(), "one number was taken off every pixel"),
            Mistake("mean-per-image", x - x.mean(1, keepdim=True), "each image's own mean is off"),
            Mistake(
                "standardised",
                (x - x.mean(0)) / x.std(0),
                "the pixels were also divided by their spread; PCA needs the differences alone",
            ),
            Mistake(
                "standardised",
                (x - x.mean(0)) / x.std(0, correction=0),
                "the pixels were also divided by their spread; PCA needs the differences alone",
            ),
            Mistake("median", x - x.median(0).values, "the median was taken off, not the mean"),
            Mistake("added", x + x.mean(0), "the mean was added instead of taken off"),
            Mistake("unchanged", x, "the rows are returned as they were"),
        ]
        expect_close(result[0], x.double() - right, "the centred rows", mistakes)
    with report.criterion("the argument is left alone"):
        given = x.clone()
        result = to_pair(run(center, given, name="center"), "center", parts)
        expect_unchanged(x, given, "center")
        expect_shape(result[0], x.shape, "the centred rows")


@check(
    {
        "axes are orthonormal rows": 1,
        "axes have the largest variances": 1,
        "widest axis first": 1,
        "variances": 1,
    }
)
def principal_axes(report: Report, principal_axes: Callable) -> None:
    """Axes and variances against the eigenvectors of the covariance matrix in float64."""
    n, d, k = 9, 6, 3
    x = cloud(n, d, seed=1)
    x = x - x.mean(0)
    values, vectors = torch.linalg.eigh(x.double().T @ x.double() / (n - 1))
    values, vectors = values.flip(0), vectors.flip(1)  # largest first; axes in columns
    vt = torch.linalg.svd(x, full_matrices=False)[2]

    def answer() -> tuple:
        parts = ["the axes", "the variances"]
        result = run(principal_axes, x.clone(), k, name="principal_axes")
        return to_pair(result, "principal_axes", parts)

    shapes = [
        Mistake("transposed", (d, k), "the axes must be rows, shape (k, D); these are columns"),
        Mistake("all-axes", (d, d), "all axes came back; keep the first k"),
        Mistake("left-vectors", (n, k), "these are columns of U: one entry per image, not pixel"),
    ]
    with report.criterion("axes are orthonormal rows"):
        axes = expect_shape(answer()[0], (k, d), "the axes", shapes).double()
        scaled = Mistake(
            "scaled-axes",
            torch.diag(values[:k] * (n - 1)),
            "they are scaled by the singular values; axes have length 1",
        )
        expect_close(
            axes @ axes.T,
            torch.eye(k),
            "the table of products of the axes (1 on the diagonal, 0 elsewhere)",
            [scaled],
            atol=1e-3,
        )
    with report.criterion("axes have the largest variances"):
        axes = expect_shape(answer()[0], (k, d), "the axes", shapes).double()
        columns = vt.T[:k].double()
        smallest = vectors[:, -k:].T
        expect_close(
            axes.T @ axes,
            vectors[:, :k] @ vectors[:, :k].T,
            "the subspace that the axes span",
            [
                Mistake("columns", columns.T @ columns, "columns of Vᵀ were taken; axes are rows"),
                Mistake("smallest", smallest.T @ smallest, "these have the smallest variances"),
            ],
            atol=1e-3,
        )
    with report.criterion("widest axis first"):
        axes = expect_shape(answer()[0], (k, d), "the axes", shapes).double()
        overlap = (axes @ vectors[:, :k]).abs()
        expect_close(
            overlap,
            torch.eye(k),
            "the overlap of your axes with the right ones, in order,",
            [Mistake("ascending", torch.eye(k).flip(0), "narrowest first; sort widest first")],
            atol=1e-2,
        )
    with report.criterion("variances"):
        s = (values * (n - 1)).sqrt()
        expect_close(
            answer()[1],
            values[:k],
            "the variances",
            [
                Mistake("ascending", values[:k].flip(0), "narrowest first; sort widest first"),
                Mistake("singular-values", s[:k], "these are s; a variance is s² / (N − 1)"),
                Mistake("not-divided", s[:k] ** 2, "these are s²; divide by N − 1"),
                Mistake("divided-by-n", s[:k] ** 2 / n, "divided by N; the mean cost one: N − 1"),
                Mistake("standard-deviations", values[:k].sqrt(), "these are the square roots"),
                Mistake("shares", values[:k] / values.sum(), "these are shares, not variances"),
                Mistake("divided-by-d", s[:k] ** 2 / (d - 1), "divided by D − 1 instead of N − 1"),
                Mistake("all-variances", values, "all of them came back; keep the first k"),
            ],
            rtol=1e-3,
        )


@check({"counts": 1, "a share that is met exactly": 1, "the whole, and rounding": 1})
def components_needed(report: Report, components_needed: Callable) -> None:
    """Counts, the boundary, and shares that rounding keeps below 1."""
    name = "components_needed"
    variances = torch.tensor([40.0, 24.0, 16.0, 8.0, 6.0, 4.0, 2.0])  # total 100
    with report.criterion("counts"):
        for share, right in ((0.75, 3), (0.5, 2), (0.3, 1), (0.95, 6)):
            shares = variances / variances.sum()
            expect_close(
                run(components_needed, variances.clone(), share, name=name),
                right,
                f"the count for a share of {share}",
                [
                    Mistake("one-too-few", right - 1, "one too few: these hold less than asked"),
                    Mistake("share-of-axes", int(share * 7), "a share of the number of axes"),
                    Mistake("share-of-axes", round(share * 7), "a share of the number of axes"),
                    Mistake("share-of-axes", math.ceil(share * 7), "a share of the axes"),
                    Mistake("not-cumulative", int((shares >= share).sum()), "shares not added up"),
                    Mistake("not-cumulative", int((shares < share).sum()), "shares not added up"),
                    Mistake("not-normalised", 1, "not divided by the total of the variances"),
                    Mistake("one-too-many", right + 1, "one too many"),
                ],
            )
        small = torch.tensor([0.4, 0.3, 0.2, 0.1]) / 100
        expect_close(
            run(components_needed, small, 0.6, name=name),
            2,
            "the count for small variances (total 0.01)",
            [Mistake("not-normalised", 4, "not divided by the total of the variances")],
        )
    with report.criterion("a share that is met exactly"):
        exact = torch.tensor([4.0, 2.0, 1.0, 1.0])
        for share, right in ((0.5, 1), (0.75, 2), (0.875, 3)):
            expect_close(
                run(components_needed, exact.clone(), share, name=name),
                right,
                f"the count when {right} axes hold exactly the share of {share}",
                [
                    Mistake("more-than", right + 1, "at least the share is enough, not more than"),
                    Mistake("one-too-few", right - 1, "one too few: these hold less than asked"),
                ],
            )
    with report.criterion("the whole, and rounding"):
        many = torch.full((1000,), 0.1)
        got = to_tensor(run(components_needed, many, 1.0, name=name), "the count")
        expect(
            int(got) != 1001,
            "1,001 axes of 1,000: rounding left the last total below 1; never return more than K",
            "more-than-all",
        )
        expect(
            990 <= int(got) <= 1000 and got.ndim == 0,
            f"the count for the whole of 1,000 equal variances is {got.tolist()}",
            "wrong-whole",
        )
        expect_close(
            run(components_needed, torch.tensor([3.0]), 1.0, name=name), 1, "the count of one axis"
        )


@check({"codes": 1, "new images keep the given mean": 1, "reconstructions": 1, "and back again": 1})
def project(report: Report, project: Callable, reconstruct: Callable) -> None:
    """Codes and reconstructions, on images other than those the mean came from."""
    train, x = cloud(40, 6, seed=2), cloud(4, 6, seed=3)
    mean = train.double().mean(0)
    axes = torch.linalg.svd(train.double() - mean, full_matrices=False)[2][:3]
    right = (x.double() - mean) @ axes.T
    m32, a32 = mean.float(), axes.float()
    not_centred = Mistake("not-centred", x.double() @ axes.T, "the mean was not taken off")
    own = Mistake(
        "own-mean",
        (x - x.mean(0)).double() @ axes.T,
        "the images were centred with their own mean; use the training mean that is given",
    )
    with report.criterion("codes"):
        z = run(project, x.clone(), m32, a32, name="project")
        expect_close(
            z,
            right,
            "the code",
            [
                not_centred,
                own,
                Mistake("mean-added", (x + m32).double() @ axes.T, "the mean was added"),
                Mistake("transposed-code", right.T, "its shape should be (N, k), one row an image"),
                Mistake("decoded", right @ axes + mean, "this is an image already, not its code"),
                Mistake("scaled", right / right.std(0), "the code was rescaled; leave its width"),
                Mistake("absolute", right.abs(), "the signs were lost"),
            ],
        )
    with report.criterion("new images keep the given mean"):
        one = run(project, x[:1].clone(), m32, a32, name="project")
        zero = Mistake("own-mean", torch.zeros(1, 3), "a single image's own mean is itself")
        expect_close(one, right[:1], "the code of a single image", [zero, not_centred])
    z32 = right.float()
    image = right @ axes + mean
    mistakes = [
        Mistake("mean-not-added", right @ axes, "the mean was not put back"),
        Mistake("mean-taken-off", right @ axes - mean, "the mean was taken off a second time"),
        Mistake("code-returned", right, "this is still the code, not an image"),
        Mistake("transposed-image", image.T, "its shape should be (N, D), one row an image"),
        Mistake("clamped", image.clamp(0, 1), "clamped to [0, 1]; that is no longer linear"),
    ]
    with report.criterion("reconstructions"):
        x_hat = run(reconstruct, z32.clone(), m32, a32, name="reconstruct")
        expect_close(x_hat, image, "the reconstruction", mistakes, rtol=1e-3, atol=1e-4)
    with report.criterion("and back again"):
        full = torch.linalg.svd(train.double() - mean, full_matrices=False)[2].float()
        z = run(project, x.clone(), m32, full, name="project")
        back = run(reconstruct, to_tensor(z, "the code"), m32, full, name="reconstruct")
        expect_close(
            back,
            x,
            "an image encoded and decoded with all 6 of 6 axes (nothing is lost)",
            [Mistake("mean-not-added", x - m32, "the mean was not put back")],
            rtol=1e-3,
            atol=1e-3,
        )


@check({"angles": 1, "rows need not be orthonormal": 1, "never NaN": 1})
def principal_angles(report: Report, principal_angles: Callable) -> None:
    """Angles of subspaces built to have them, in random positions and bases."""
    rng = torch.Generator().manual_seed(GRADER_SEED)
    right = torch.tensor([0.2, 0.7, 1.3], dtype=torch.float64)
    frame = torch.linalg.qr(torch.randn(8, 8, generator=rng).double())[0].T
    a = frame[:3]
    b = right.cos()[:, None] * frame[:3] + right.sin()[:, None] * frame[3:6]
    name = "principal_angles"

    def mistakes(u: Tensor, v: Tensor) -> list[Mistake]:
        cosines = torch.linalg.svdvals(u @ v.T)
        rowwise = torch.cosine_similarity(u, v).clamp(-1, 1).arccos()
        return [
            Mistake("cosines", right.cos(), "the cosines; take arccos of them"),
            Mistake("degrees", right.rad2deg(), "degrees; the docstring asks for radians"),
            Mistake("descending", right.flip(0), "largest first; the smallest comes first"),
            Mistake("sines", right.sin(), "the sines of the angles"),
            Mistake("largest-only", right[-1], "the largest alone; all are asked for"),
            Mistake(
                "not-orthonormalised",
                cosines.clamp(-1, 1).arccos(),
                "the rows were used as they are; make an orthonormal basis of them (qr) first",
            ),
            Mistake("row-by-row", rowwise, "angles between pairs of rows, not between subspaces"),
            Mistake("row-by-row", rowwise.sort().values, "angles between pairs of rows"),
        ]

    mix = torch.randn(3, 3, generator=rng).double()
    turn = torch.linalg.qr(mix)[0]
    with report.criterion("angles"):
        got = run(principal_angles, a.clone(), turn @ b, name=name)
        expect_close(
            got, right, "the angles of two orthonormal bases", mistakes(a, turn @ b), atol=1e-3
        )
    with report.criterion("rows need not be orthonormal"):
        skewed_a, skewed_b = 2 * mix @ a, (mix.T + 3 * torch.eye(3)) @ b
        got = run(principal_angles, skewed_a, skewed_b, name=name)
        expect_close(
            got, right, "the angles of two skewed bases", mistakes(skewed_a, skewed_b), atol=1e-3
        )
        fewer = run(principal_angles, skewed_a, frame[:1] * 5, name=name)
        expect_close(
            fewer,
            [0.0],
            "the angle between 3 rows and 1 row inside their span",
            [Mistake("wrong-count", torch.zeros(3), "min(ka, kb) angles: here one")],
            atol=1e-3,
        )
    with report.criterion("never NaN"):
        for trial in range(20):
            rows = cloud(4, 9, seed=trial)
            got = to_tensor(run(principal_angles, rows, rows * 3, name=name), "the angles")
            expect(
                not bool(got.isnan().any()),
                "NaN for a subspace compared with itself: rounding made a cosine exceed 1; "
                "clamp before arccos",
                "nan-from-rounding",
            )
            expect_close(got, torch.zeros(4), "the angles of a subspace with itself", atol=5e-3)
