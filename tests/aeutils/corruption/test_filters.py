"""Filters against direct sums, pixel by pixel."""

import math

import pytest
import torch

from aeutils.corruption import filters


@pytest.fixture
def x():
    return torch.rand(2, 1, 9, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def around(image, row, column, radius):
    """Return the pixels around one, the edge repeated, as a (2r + 1)² square."""
    height, width = image.shape
    rows = [min(max(row + d, 0), height - 1) for d in range(-radius, radius + 1)]
    columns = [min(max(column + d, 0), width - 1) for d in range(-radius, radius + 1)]
    return image[rows][:, columns]


def test_gaussian_is_a_weighted_mean_of_the_neighbours(x):
    width, radius = 0.9, 3
    d = torch.arange(-radius, radius + 1, dtype=torch.float64)
    bell = torch.exp(-(d[:, None] ** 2 + d**2) / (2 * width**2))
    out = filters.gaussian_filter(x, width)
    for row, column in ((4, 4), (0, 0), (8, 3)):
        expected = (bell * around(x[1, 0], row, column, radius)).sum() / bell.sum()
        torch.testing.assert_close(out[1, 0, row, column], expected)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_median_is_the_middle_of_the_neighbours(x, size):
    out = filters.median_filter(x, size)
    for row, column in ((4, 4), (0, 7), (8, 0)):
        expected = around(x[0, 0], row, column, size // 2).flatten().sort().values[size**2 // 2]
        assert out[0, 0, row, column] == expected


def test_one_wrong_pixel_is_gone_after_a_median_and_spread_by_a_mean():
    x = torch.full((1, 1, 7, 7), 0.4)
    x[0, 0, 3, 3] = 1.0
    assert filters.median_filter(x, 3).eq(0.4).all()
    assert filters.gaussian_filter(x, 1.0).gt(0.4).sum() > 9


def test_flat_images_stay_flat_and_channels_apart():
    x = torch.full((2, 3, 8, 8), 0.3)
    x[:, 1] = 0.7
    for out in (filters.gaussian_filter(x, 1.3), filters.median_filter(x, 3)):
        torch.testing.assert_close(out, x)
    torch.testing.assert_close(filters.non_local_means(x[:, :1], 0.2), x[:, :1])


def test_non_local_means_by_the_formula(x):
    sigma, strength, patch, search = 0.3, 0.5, 3, 5
    out = filters.non_local_means(x, sigma, strength, patch, search)
    image, row, column = x[0, 0], 4, 3  # far enough from the edge: no padding enters
    here, total, weights = around(image, row, column, 1), 0.0, 0.0
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            there = around(image, row + dy, column + dx, 1)
            squared = float((here - there).square().mean())
            w = math.exp(-max(squared - 2 * sigma**2, 0) / (strength * sigma) ** 2)
            total, weights = total + w * image[row + dy, column + dx], weights + w
    torch.testing.assert_close(out[0, 0, row, column], total / weights)


def test_non_local_means_removes_noise_and_keeps_an_edge():
    clean = torch.zeros(1, 1, 16, 16)
    clean[..., 8:] = 1.0
    noisy = clean + 0.2 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    error = lambda v: float((v - clean).square().mean())  # noqa: E731
    out = filters.non_local_means(noisy, 0.2)
    assert error(out) < error(noisy) / 4
    assert error(out) < error(filters.gaussian_filter(noisy, 1.5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: filters.gaussian_filter(x, 0), ValueError, "width must be"),
        (lambda x: filters.gaussian_filter(x.flatten(1), 1), ValueError, "reshape"),
        (lambda x: filters.median_filter(x, 4), ValueError, "size must be odd"),
        (lambda x: filters.median_filter(x, 3.0), TypeError, "int"),
        (lambda x: filters.non_local_means(x, 0.0), ValueError, "must be > 0"),
        (lambda x: filters.non_local_means(x, 0.1, patch=2), ValueError, "patch must be odd"),
        (lambda x: filters.non_local_means(x.repeat(1, 3, 1, 1), 0.1), ValueError, "grey images"),
    ],
)
def test_bad_input_is_explained(call, error, message, x):
    with pytest.raises(error, match=message):
        call(x)
