"""Visible tests of week 1: PCA and linear autoencoders."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    passed,
    run,
    to_pair,
    to_tensor,
)


def center(center: Callable) -> bool:
    """Three images of two pixels; their mean is [3, 20]."""
    x = torch.tensor([[1.0, 10.0], [2.0, 20.0], [6.0, 30.0]])
    before = x.clone()
    centered, mean = to_pair(run(center, x), "center", ["the centred rows", "the mean"])
    expect_close(
        mean,
        [3.0, 20.0],
        "the mean",
        [
            Mistake("global-mean", 11.5, "this is one number for all pixels; use dim=0"),
            Mistake("mean-per-image", [5.5, 11.0, 18.0], "this is one mean per image; use dim=0"),
            Mistake("kept-dim", [[3.0, 20.0]], "the shape should be (2,), not (1, 2)"),
        ],
        show_expected=True,
    )
    expect_close(
        centered,
        [[-2.0, -10.0], [-1.0, 0.0], [3.0, 10.0]],
        "the centred rows",
        [Mistake("unchanged", before, "they are still the original rows")],
        show_expected=True,
    )
    expect_unchanged(before, x, "center")
    return passed("center", "the mean, the centred rows, and the argument left alone")


def principal_axes(principal_axes: Callable) -> bool:
    """Four points on a cross: 2 units wide along [0.6, 0.8, 0], 1 unit along [0, 0, 1]."""
    x = torch.tensor([[1.2, 1.6, 0.0], [-1.2, -1.6, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    result = to_pair(run(principal_axes, x, 2), "principal_axes", ["the axes", "the variances"])
    axes = expect_shape(
        result[0], (2, 3), "the axes", [Mistake("transposed", (3, 2), "axes must be rows: (2, 3)")]
    )
    expect_close(
        axes.abs(),
        [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]],
        "the axes, up to sign,",
        [
            Mistake(
                "smallest-first",
                [[0.0, 0.0, 1.0], [0.6, 0.8, 0.0]],
                "the axis of largest variance must come first",
            ),
            Mistake(
                "columns",
                torch.tensor([[0.6, 0.0, 0.8], [0.8, 0.0, 0.6]]),
                "these are columns of the third result of svd; the axes are its rows",
            ),
        ],
        show_expected=True,
    )
    expect_close(
        result[1],
        [8 / 3, 2 / 3],
        "the variances",
        [
            Mistake("singular-values", [math.sqrt(8), math.sqrt(2)], "these are the s, not s²"),
            Mistake("not-divided", [8.0, 2.0], "these are s²; divide by N − 1"),
            Mistake("divided-by-n", [2.0, 0.5], "divide by N − 1, not by N"),
        ],
        show_expected=True,
    )
    return passed("principal_axes", "axes as rows, widest first, with their variances")


def components_needed(components_needed: Callable) -> bool:
    """Variances 5, 3, 1, 1: the running shares are 0.5, 0.8, 0.9 and 1."""
    variances = torch.tensor([5.0, 3.0, 1.0, 1.0])
    for share, right in ((0.85, 3), (0.7, 2), (0.5, 1), (1.0, 4)):
        got = run(components_needed, variances, share)
        expect_close(
            got,
            right,
            f"the count for variances {variances.tolist()} and share {share}",
            [
                Mistake("not-normalised", 1, "divide the variances by their total first"),
                Mistake("one-too-few", right - 1, f"the first {right - 1} hold less than {share}"),
                Mistake("more-than", right + 1, f"the first {right} hold at least {share}"),
            ],
            show_expected=True,
        )
    return passed("components_needed", "four shares of a small example, one of them met exactly")


def project(project: Callable, reconstruct: Callable) -> bool:
    """Two axes in three pixels, and an image that is not on their plane."""
    mean = torch.tensor([1.0, 1.0, 1.0])
    axes = torch.tensor([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    x = torch.tensor([[2.0, 1.0, 4.0]])
    before = x.clone()
    z = run(project, x, mean, axes)
    expect_unchanged(before, x, "project")
    expect_close(
        z,
        [[0.6, 3.0]],
        "the code",
        [
            Mistake("not-centred", x @ axes.T, "take the mean off the image first"),
            Mistake("own-mean", (x - x.mean(0)) @ axes.T, "use the mean you are given"),
        ],
        show_expected=True,
    )
    x_hat = run(reconstruct, torch.tensor([[0.6, 3.0]]), mean, axes)
    expect_close(
        x_hat,
        [[1.36, 1.48, 4.0]],
        "the reconstruction",
        [Mistake("mean-not-added", [[0.36, 0.48, 3.0]], "put the mean back")],
        show_expected=True,
    )
    return passed("project, reconstruct", "an image to its code and back")


def squared_error_per_image(squared_error: Callable, compression_factor: Callable) -> bool:
    """Two images of three pixels."""
    x = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    x_hat = torch.tensor([[2.0, 3.0, 6.0], [1.0, 1.0, 4.0]])
    name = "squared_error_per_image"
    expect_close(
        run(squared_error, x_hat, x, name=name),
        [49.0, 9.0],
        "the error per image",
        [
            Mistake("mean-not-sum", [49 / 3, 3.0], "this is the mean over pixels; use the sum"),
            Mistake("grand-total", 58.0, "this is one number for all images; keep one per image"),
            Mistake("summed-over-images", [4.0, 9.0, 45.0], "this sums over images, not pixels"),
            Mistake("rooted", [7.0, 3.0], "no square root here"),
            Mistake("absolute", [11.0, 3.0], "square the differences"),
        ],
        show_expected=True,
    )
    expect_close(
        run(squared_error, x_hat.reshape(2, 1, 1, 3), x.reshape(2, 1, 1, 3), name=name),
        [49.0, 9.0],
        "the error of images of shape (2, 1, 1, 3)",
        show_expected=True,
    )
    expect_close(
        run(compression_factor, 784, 32, name="compression_factor"),
        24.5,
        "the compression factor from 784 to 32",
        [Mistake("upside-down", 32 / 784, "this is the inverse: 784 numbers became 32")],
        show_expected=True,
    )
    return passed("squared_error_per_image, compression_factor", "one sum per image, and 24.5")


def linear_autoencoder(LinearAutoencoder: Callable) -> bool:
    """Shapes, an affine map, and parameters that gradient descent can reach."""
    model = run(LinearAutoencoder, 6, 2, name="LinearAutoencoder")
    x = torch.linspace(0, 1, 18).reshape(3, 6)
    z = expect_shape(run(model.encode, x, name="encode"), (3, 2), "the code of 3 images, d=6, k=2,")
    expect_shape(run(model.decode, z, name="decode"), (3, 6), "the decoded images")
    x_hat = run(model, x, name="model(x)")
    expect_shape(
        x_hat,
        (3, 6),
        "model(x)",
        [Mistake("forward-returns-code", (3, 2), "forward should decode the code too")],
    )
    shapes = sorted(tuple(p.shape) for p in model.parameters())
    wanted = sorted([(2, 6), (2,), (6, 2), (6,)])
    expect(
        shapes == wanted,
        f"the model should have parameters of shapes {wanted}, but it has {shapes}; "
        "make two nn.Linear layers with bias and store them as attributes of self",
        "wrong-parameters",
    )
    x = 30 * (x - 0.5)  # far from zero, where an activation would show
    middle = to_tensor(run(model, (x[:1] + x[1:2]) / 2), "model(x)")
    ends = to_tensor(run(model, x), "model(x)")
    expect_close(
        middle[0],
        (ends[0] + ends[1]) / 2,
        "the output half-way between two inputs (a linear model gives the half-way output)",
        atol=1e-3,
    )
    return passed("LinearAutoencoder", "shapes, parameters, and linear with bias")


def principal_angles(principal_angles: Callable) -> bool:
    """Planes in three dimensions whose angles are known."""

    def rows(*values: list[float]) -> Tensor:
        return torch.tensor(values)

    plane = rows([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    tilted = rows([1.0, 0.0, 0.0], [0.0, math.cos(0.5), math.sin(0.5)])
    expect_close(
        run(principal_angles, plane, tilted),
        [0.0, 0.5],
        "the angles between the floor and a plane tilted by 0.5",
        [
            Mistake("cosines", [1.0, math.cos(0.5)], "these are the cosines; take arccos"),
            Mistake("degrees", [0.0, math.degrees(0.5)], "radians, not degrees"),
            Mistake("descending", [0.5, 0.0], "from the smallest to the largest, please"),
        ],
        atol=2e-3,
        show_expected=True,
    )
    skewed = rows([3.0, 0.0, 0.0], [5.0, 2.0, 0.0])
    expect_close(
        run(principal_angles, plane, skewed),
        [0.0, 0.0],
        "the angles between a plane and itself, given by rows that are not orthonormal,",
        atol=2e-3,
        show_expected=True,
    )
    random = torch.Generator().manual_seed(0)
    for _ in range(10):
        rows_ = torch.randn(4, 9, generator=random)
        expect_close(
            run(principal_angles, rows_, 3 * rows_),
            torch.zeros(4),
            "the angles between a random subspace and itself",
            atol=5e-3,
            show_expected=True,
        )
    return passed("principal_angles", "a tilted plane, skewed rows, and no NaN from rounding")
