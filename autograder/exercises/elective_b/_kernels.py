"""Kernels, the errors of kernel PCA by plain PCA of coordinates, and what mistakes make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Kernels(NamedTuple):
    """What the exercise is given of training and new points.

    Attributes:
        train: kernel of the training points with each other, (M, M).
        cross: kernel of the new points with the training points, (N, M).
        own: kernel of each new point with itself, (N,).
    """

    train: Tensor
    cross: Tensor
    own: Tensor


Kernel = Callable[[Tensor, Tensor], Tensor]


def kernels(kernel: Kernel, train: Tensor, new: Tensor) -> Kernels:
    """Return the three tables of a kernel of points, which are rows."""
    return Kernels(kernel(train, train), kernel(new, train), kernel(new, new).diagonal().clone())


def linear(x: Tensor, y: Tensor) -> Tensor:
    """Return inner products."""
    return x @ y.T


def quadratic(x: Tensor, y: Tensor) -> Tensor:
    """Return the kernel (x · y + 1)²."""
    return (x @ y.T + 1).square()


def features(x: Tensor) -> Tensor:
    """Return the ten features of a point in space whose inner products are the quadratic kernel."""
    a, b, c = x.T
    root, one = 2**0.5, torch.ones_like(a)
    mixed = [root * a * b, root * a * c, root * b * c]
    return torch.stack([one, root * a, root * b, root * c, a * a, b * b, c * c, *mixed], dim=1)


def bell(x: Tensor, y: Tensor) -> Tensor:
    """Return a Gaussian kernel times a linear one, so that points differ in length."""
    return torch.exp(-torch.cdist(x, y).square() / 2) * (1 + x @ y.T / 4)


def residuals(train: Tensor, new: Tensor, components: int, outside: Tensor | float = 0) -> Tensor:
    """Return plain PCA's squared residuals of points whose coordinates are known.

    Args:
        train: coordinates of the training points, one row each.
        new: those of the new points.
        components: dimensions of the flat.
        outside: squared length of what of each new point no coordinate holds.
    """
    mean = train.mean(dim=0)
    axes = torch.linalg.svd(train - mean, full_matrices=False).Vh[:components]
    apart = new - mean
    left = apart - apart @ axes.T @ axes
    return torch.linalg.vector_norm(left, dim=1) ** 2 + outside


def placed(k_train: Tensor, k_cross: Tensor, k_self: Tensor, components: int) -> Tensor:
    """Return the errors by giving all points coordinates that have these inner products.

    The axes are those of the training points about the origin, not about their mean.
    """
    values, axes = torch.linalg.eigh(k_train)
    seen = values > 1e-7 * values.max()
    scale = values[seen].sqrt()
    train, new = axes[:, seen] * scale, k_cross @ axes[:, seen] / scale
    outside = (k_self - new.square().sum(dim=1)).clamp_min(0)
    return residuals(train, new, components, outside)


MESSAGES = {
    "not-centred": "k_train was not centred: subtract the means of rows and columns, add the total",
    "cross-not-centred": "k_cross was not centred: subtract each new point's mean and each "
    "training point's, and add the total mean",
    "self-not-centred": "k_self was not centred: k̃(x, x) = k(x, x) − 2 · (mean of x) + total mean",
    "self-half-centred": "the mean of x was subtracted from k_self once; k̃(x, x) has two middle "
    "terms",
    "nothing-centred": "nothing was centred: the flat went through the origin, not through the "
    "mean of the training points",
    "own-means": "k_cross was centred with means over the *new* points; the bars are means over "
    "the training points",
    "only-rows-centred": "only the means of rows were subtracted; those of columns, too",
    "total-missing": "the mean of all of k_train was not added",
    "smallest-components": "the *smallest* eigenvalues were taken: `eigh` sorts upwards, so that "
    "the largest are the last",
    "rows-for-columns": "rows of `vectors` were taken; eigenvector j is the *column* j",
    "not-scaled": "not divided by the eigenvalues: v has length 1, and Σ vᵢ φ̃(xᵢ) the length √λ",
    "scaled-twice": "divided by λ before squaring, that is by λ²; divide by √λ, or afterwards by λ",
    "scaled-up": "multiplied by the eigenvalues; divide by them",
    "variance-for-eigenvalue": "divided by λ / M, which is the variance along an axis; by λ",
    "components-ignored": "all eigenvectors were used; the last `components` of them",
    "largest-only": "only one eigenvector was used; `components` of them",
    "one-too-few": "one eigenvector too few: take the last `components`",
    "one-too-many": "one eigenvector too many: take the last `components`",
    "last-missing": "the largest eigenvalue was left out: a slice that ends in −1 stops before it",
    "projected": "the length *within* the flat; subtract it from k̃(x, x)",
    "rooted": "the distance; the *squared* distance is asked for",
    "not-squared": "the sums along the axes were added up; square them first",
    "relative": "divided by k̃(x, x)",
    "mean-of-axes": "averaged over the axes; sum the squares",
    "distance-from-mean": "nothing was subtracted from k̃(x, x): the distance from the mean",
    "added": "the squares along the axes were added to k̃(x, x); subtract them",
}


def mistaken(
    given: Kernels, components: int, how: str, dtype: torch.dtype = torch.float64
) -> Tensor:
    """Return what a mistake makes of the errors; of some the sign of axes decides, as computed."""
    train, cross, own = (t.float().to(dtype) for t in given)
    m = len(train)
    rows, total, mine = train.mean(dim=0), train.mean(), cross.mean(dim=1)
    k = train - rows[:, None] - rows + total
    c = cross - mine[:, None] - rows + total
    s = own - 2 * mine + total
    if how == "only-rows-centred":
        k, c = train - rows[:, None], cross - mine[:, None]
    if how == "total-missing":
        k, c, s = k - total, c - total, s - total
    if how == "own-means":
        c = cross - mine[:, None] - cross.mean(dim=0) + cross.mean()
    k = train if how in ("not-centred", "nothing-centred") else k
    c = cross if how in ("cross-not-centred", "nothing-centred") else c
    s = own if how in ("self-not-centred", "nothing-centred") else s
    s = s + mine if how == "self-half-centred" else s
    values, vectors = torch.linalg.eigh(k)
    first, end = {
        "components-ignored": (1, m),
        "smallest-components": (1, components),  # what the first, of 0, gives is lost in rounding
        "largest-only": (m - 1, m),
        "one-too-few": (m - components + 1, m),
        "one-too-many": (max(m - components - 1, 1), m),
        "last-missing": (m - components, m - 1),
    }.get(how, (m - components, m))
    axes = vectors[m - components :].T if how == "rows-for-columns" else vectors[:, first:end]
    values = values[first:end]
    scale = {
        "not-scaled": torch.ones_like(values),
        "scaled-twice": values,
        "scaled-up": values.rsqrt(),
        "variance-for-eigenvalue": (values / m).sqrt(),
    }.get(how, values.sqrt())
    along = c @ axes / scale
    squares = along.sum(dim=1) if how == "not-squared" else along.square().sum(dim=1)
    left = (s - squares).clamp_min(0)
    if how == "mean-of-axes":
        left = (s - squares / components).clamp_min(0)
    return {
        "projected": squares,
        "rooted": left.sqrt(),
        "relative": left / s,
        "distance-from-mean": s,
        "added": s + squares,
    }.get(how, left)
