"""Scores without a network, against loops."""

import itertools

import pytest
import torch

from aeutils.anomalies import baselines, mean_distance, nearest_distance, neighbour_difference


def test_differences_are_squared_and_the_first_is_none():
    series = torch.randn(30, dtype=torch.float64)
    wanted = [0.0] + [float(b - a) ** 2 for a, b in itertools.pairwise(series)]
    assert neighbour_difference(series).tolist() == pytest.approx(wanted)
    assert neighbour_difference(torch.ones(1)).tolist() == [0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distances_are_those_of_loops_also_across_parts(dtype, monkeypatch):
    monkeypatch.setattr(baselines, "CHUNK", 7)
    train, x = torch.randn(40, 5, dtype=dtype), torch.randn(25, 5, dtype=dtype)
    to_all = [[sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) for b in train] for a in x]
    nearest = torch.stack([torch.stack(row).min() for row in to_all])
    torch.testing.assert_close(nearest_distance(train, x), nearest)
    middle = train.sum(dim=0) / 40
    wanted = torch.stack([((row - middle) ** 2).sum() for row in x])
    torch.testing.assert_close(mean_distance(train, x), wanted)


def test_rows_far_from_the_origin_are_as_near_as_they_are():
    """In float32 the squares of thousands leave no digits for a distance of one."""
    rows = 5000 + torch.randn(60, 20)
    assert nearest_distance(rows, rows).max() < 1e-3
    others = 5000 + torch.randn(60, 20)
    wanted = nearest_distance(rows.double(), others.double()).float()
    torch.testing.assert_close(nearest_distance(rows, others), wanted, rtol=1e-4, atol=0)


@pytest.mark.parametrize("score", [mean_distance, nearest_distance])
@pytest.mark.parametrize(
    ("train", "x", "error", "words"),
    [
        (torch.ones(3, 2), torch.ones(3, 4), ValueError, r"one length.*\(3, 2\).*\(3, 4\)"),
        (torch.ones(3), torch.ones(3, 4), ValueError, r"train must have shape \(N, D\).*\(3,\)"),
        (torch.ones(3, 2), torch.ones(0, 2), ValueError, r"x must have shape.*\(0, 2\)"),
        (torch.ones(3, 2).int(), torch.ones(3, 2), TypeError, "train must hold floats"),
        (torch.ones(3, 2), torch.full((1, 2), torch.inf), ValueError, "x holds 2 NaN or infinite"),
    ],
)
def test_bad_rows_are_named(score, train, x, error, words):
    with pytest.raises(error, match=words):
        score(train, x)


def test_a_bad_series_is_named():
    with pytest.raises(ValueError, match=r"series must be a vector.*\(2, 2\)"):
        neighbour_difference(torch.ones(2, 2))
    with pytest.raises(TypeError, match="series must hold floats"):
        neighbour_difference(torch.arange(3))
