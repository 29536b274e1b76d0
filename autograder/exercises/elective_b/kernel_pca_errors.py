"""Elective B: the reconstruction error of kernel PCA, from kernels alone."""

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
from autograder.exercises.elective_b._kernels import (
    MESSAGES,
    Kernels,
    bell,
    features,
    kernels,
    linear,
    mistaken,
    placed,
    quadratic,
    residuals,
)

EXERCISE = Exercise(
    "kernel_pca_errors",
    signature="def kernel_pca_errors(k_train, k_cross, k_self, components):",
    right={
        "means, eigh": """
            of_train, of_all = k_train.mean(dim=0), k_train.mean()
            of_x = k_cross.mean(dim=1)
            centred = k_train - of_train[:, None] - of_train + of_all
            cross = k_cross - of_x[:, None] - of_train + of_all
            itself = k_self - 2 * of_x + of_all
            values, vectors = torch.linalg.eigh(centred)
            along = cross @ vectors[:, -components:] / values[-components:].sqrt()
            return (itself - along.square().sum(dim=1)).clamp_min(0)
        """,
        "a centring matrix, svd, float64": """
            k, c = k_train.double(), k_cross.double()
            m = len(k)
            middle = torch.eye(m, dtype=torch.double) - 1 / m
            u, s, _ = torch.linalg.svd(middle @ k @ middle)
            cross = (c - k.mean(dim=0)) @ middle
            scaled = u[:, :components] * s[:components].rsqrt()
            apart = k_self.double() - (2 * c - k.mean(dim=0)).mean(dim=1)
            return torch.relu(apart - (cross @ scaled).pow(2).sum(dim=1))
        """,
        "numpy, an inverse of rank k": """
            k, c, own = (t.double().numpy() for t in (k_train, k_cross, k_self))
            centred = k - k.mean(axis=0) - k.mean(axis=1)[:, None] + k.mean()
            cross = c - k.mean(axis=0) - c.mean(axis=1, keepdims=True) + k.mean()
            values, vectors = np.linalg.eigh(centred)
            best = np.argsort(values)[::-1][:components]
            inverse = (vectors[:, best] / values[best]) @ vectors[:, best].T
            explained = np.einsum("ni,ij,nj->n", cross, inverse, cross)
            error = own - 2 * c.mean(axis=1) + k.mean() - explained
            return torch.from_numpy(np.maximum(error, 0)).float()
        """,
        "point by point, one axis after the other": """
            m = len(k_train)
            rows = k_train.sum(dim=1) / m
            total = rows.sum() / m
            centred = k_train - (rows[:, None] + rows[None, :]) + total
            values, vectors = torch.linalg.eigh(centred)
            out = []
            for k, own in zip(k_cross, k_self):
                mean = k.sum() / m
                shifted = k - mean - rows + total
                error = own - 2 * mean + total
                for j in range(m - components, m):
                    error = error - torch.dot(vectors[:, j], shifted) ** 2 / values[j]
                out.append(max(0.0, float(error)))
            return torch.tensor(out)
        """,
    },
    wrong={
        "not-centred": {
            "centred = k_train - of_train[:, None] - of_train + of_all": ("centred = k_train")
        },
        "cross-not-centred": {"k_cross - of_x[:, None] - of_train + of_all": "k_cross"},
        "self-not-centred": {"k_self - 2 * of_x + of_all": "k_self"},
        "self-half-centred": {"2 * of_x": "of_x"},
        "nothing-centred": {
            "centred = k_train - of_train[:, None] - of_train + of_all": "centred = k_train",
            "k_cross - of_x[:, None] - of_train + of_all": "k_cross",
            "k_self - 2 * of_x + of_all": "k_self",
        },
        "own-means": {
            "cross = k_cross - of_x[:, None] - of_train + of_all": (
                "cross = k_cross - of_x[:, None] - k_cross.mean(dim=0) + k_cross.mean()"
            )
        },
        "only-rows-centred": {
            "k_train - of_train[:, None] - of_train + of_all": "k_train - of_train[:, None]",
            "k_cross - of_x[:, None] - of_train + of_all": "k_cross - of_x[:, None]",
        },
        "total-missing": {
            "k_train - of_train[:, None] - of_train + of_all": (
                "k_train - of_train[:, None] - of_train"
            ),
            "k_cross - of_x[:, None] - of_train + of_all": "k_cross - of_x[:, None] - of_train",
            "2 * of_x + of_all": "2 * of_x",
        },
        "smallest-components": {
            "vectors[:, -components:] / values[-components:]": (
                "vectors[:, :components] / values[:components]"
            )
        },
        "rows-for-columns": {"vectors[:, -components:]": "vectors[-components:].T"},
        "not-scaled": {" / values[-components:].sqrt()": ""},
        "scaled-twice": {"values[-components:].sqrt()": "values[-components:]"},
        "scaled-up": {" / values[-components:].sqrt()": " * values[-components:].sqrt()"},
        "variance-for-eigenvalue": {
            "values[-components:].sqrt()": "(values[-components:] / len(k_train)).sqrt()"
        },
        "components-ignored": {
            "vectors[:, -components:] / values[-components:]": "vectors[:, 1:] / values[1:]"
        },
        "largest-only": {
            "vectors[:, -components:] / values[-components:]": "vectors[:, -1:] / values[-1:]"
        },
        "one-too-few": {
            "vectors[:, -components:] / values[-components:]": (
                "vectors[:, len(values) - components + 1 :] / "
                "values[len(values) - components + 1 :]"
            )
        },
        "last-missing": {
            "vectors[:, -components:] / values[-components:]": (
                "vectors[:, -components:-1] / values[-components:-1]"
            )
        },
        "projected": {"itself - along.square().sum(dim=1)": "along.square().sum(dim=1)"},
        "rooted": {".clamp_min(0)": ".clamp_min(0).sqrt()"},
        "not-clamped": {".clamp_min(0)": ""},
        "not-squared": {"along.square().sum(dim=1)": "along.sum(dim=1)"},
        "one-for-each-component": {
            ".sum(dim=1)).clamp_min(0)": ").clamp_min(0)",
            "itself - along": "itself[:, None] - along",
        },
        "relative": {".clamp_min(0)": ".clamp_min(0) / itself"},
    },
)

NAME = EXERCISE.name


def expect_errors(
    kernel_pca_errors: Callable, given: Kernels, components: int, right: Tensor, what: str
) -> None:
    """Compare the student's errors with those of plain PCA in the space of features."""
    copies = [t.float() for t in given]
    before = [t.clone() for t in copies]
    value = run(kernel_pca_errors, *copies, components, name=NAME)
    for old, new in zip(before, copies, strict=True):
        expect_unchanged(old, new, NAME)
    n, m = given.cross.shape
    shapes = [
        Mistake("one-for-each-component", (n, components), "sum the squares over the components"),
        Mistake("one-for-training-points", (m,), "one for each *new* point"),
        Mistake("one-for-all", (), "one for each new point: sum over `dim=1`"),
        Mistake("every-with-every", (n, n), "one for each new point, not for each pair"),
    ]
    told = expect_shape(value, (n,), what, shapes)
    complex_ = f"{what} are complex numbers: `eigh` is for symmetric matrices, `eig` for any"
    expect(not told.is_complex(), complex_, "complex")
    expect(
        not bool(torch.isnan(told).any()),
        f"{what} are NaN: the root of an eigenvalue that is 0 up to rounding and came out below "
        "it; `eigh` sorts upwards, so that the largest are the last",
        "smallest-components",
    )
    got, atol = told.double().clamp_min(0), 1e-4 * float(given.own.abs().max())

    def same(a: Tensor, b: Tensor, loosely: int = 1) -> bool:
        return torch.allclose(a, b, rtol=2e-3 * loosely, atol=atol * loosely)

    known: list[Mistake] = []
    for how, why in MESSAGES.items():
        for dtype in (torch.float64, torch.float32):
            wrong = mistaken(given, components, how, dtype).double().clamp_min(0)
            if not same(wrong, right):
                known.append(Mistake(how, wrong, why))
    # Of the smallest eigenvalue, 0, rounding decides: what it gives is small, and no more is known.
    smallest = mistaken(given, components, "smallest-components")
    if not same(smallest, right, 500) and same(got, smallest, 200):
        known.append(Mistake("smallest-components", got, MESSAGES["smallest-components"]))
    expect_close(got, right, what, known, rtol=2e-3, atol=atol)
    lowest = float(told.min())
    cure = "a squared distance: rounding has left less than nothing, cut it off at 0"
    expect(lowest >= 0, f"{what} go down to {lowest:.2g}, and they are {cure}", "not-clamped")


def points(seed: int, n: int, dimensions: int) -> Tensor:
    """Return points in float64 whose mean is not 0 and whose directions differ in spread."""
    spread = torch.linspace(1.4, 0.4, dimensions)
    drawn = torch.randn(n, dimensions, generator=grader_generator(seed)) * spread
    return (drawn + torch.linspace(0.9, -0.3, dimensions)).double()


@EXERCISE.criterion("an inner product: plain PCA", points=1)
def plain(kernel_pca_errors: Callable) -> None:
    """Seven training points in nine dimensions, and new points from elsewhere."""
    train, new = points(520, 7, 9), points(521, 11, 9) - 0.4
    given = kernels(linear, train, new)
    for components in (3, 2):
        right = residuals(train, new, components)
        what = f"the errors of 11 points for k(x, y) = x · y and {components} components"
        expect_errors(kernel_pca_errors, given, components, right, what)


@EXERCISE.criterion("other kernels", points=1)
def bent(kernel_pca_errors: Callable) -> None:
    """A quadratic kernel, whose features can be written down, and a bell, whose cannot."""
    train, new = points(522, 8, 3), 0.8 * points(523, 10, 3) - 0.5
    given = kernels(quadratic, train, new)
    for components in (2, 4):
        right = residuals(features(train), features(new), components)
        what = f"the errors of 10 points for k(x, y) = (x · y + 1)² and {components} components"
        expect_errors(kernel_pca_errors, given, components, right, what)
    given = kernels(bell, train, new)
    right = placed(*given, 3)
    what = "the errors of 10 points for a bell-shaped kernel and 3 components"
    expect_errors(kernel_pca_errors, given, 3, right, what)


@EXERCISE.criterion(
    "where nothing is left",
    points=1,
    alone="right for points beside the flat, wrong for points in it",
)
def nothing_left(kernel_pca_errors: Callable) -> None:
    """Points in the flat itself, where rounding goes below 0; one new point; one component."""
    train = points(524, 40, 4)
    given = kernels(linear, train, train)
    what = "the errors of 40 training points in 4 dimensions with 4 components"
    expect_errors(kernel_pca_errors, given, 4, torch.zeros(40, dtype=torch.float64), what)
    few, one = points(525, 5, 6), points(526, 1, 6)
    right = residuals(few, one, 1)
    what = "the error of one point with 1 component"
    expect_errors(kernel_pca_errors, kernels(linear, few, one), 1, right, what)
    given, what = kernels(bell, few, few), "the errors of 5 training points with 4 components"
    expect_errors(kernel_pca_errors, given, 4, torch.zeros(5, dtype=torch.float64), what)


def extreme() -> Arguments:
    """Return two training points, the flat through them, and three new points."""
    train = torch.tensor([[1.0, 0.0], [3.0, 2.0]])
    new = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, -2.0]])
    tables = kernels(linear, train, new)
    return dict(zip(("k_train", "k_cross", "k_self"), tables, strict=True)) | {"components": 1}


@EXERCISE.conduct(
    right=placed, rtol=2e-3, atol=2e-4, between=(0, float("inf")), extremes=[extreme()]
)
def arguments(new: Draw, n: int) -> Arguments:
    """Ten training points and n new ones; at the extreme two, and a line through them."""
    train, more = 1.5 * new.normal(10, 3) + 0.3, new.normal(n, 3)
    tables = kernels(bell, train, more)
    named = dict(zip(("k_train", "k_cross", "k_self"), tables, strict=True))
    return named | {"components": new.alternate(3, 5)}
