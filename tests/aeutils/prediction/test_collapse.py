"""How far features vary, and in how many directions: known sets, and what must not matter."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from aeutils.prediction import effective_rank, spread
from aeutils.testing.sealed import ReferenceSealed


def features(dtype=torch.float64):
    torch.manual_seed(0)
    return torch.randn(50, 8, dtype=dtype) * torch.arange(1, 9) + 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_they_are_numpys(dtype):
    x = features(dtype)
    rows = x.double().numpy()
    for got, wanted in (
        (spread(x), rows.std(axis=0).mean()),
        (effective_rank(x), math.exp(entropy(np.linalg.svd(rows - rows.mean(axis=0))[1]))),
    ):
        assert got.shape == ()
        assert got.dtype == dtype
        assert got.item() == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("directions", [1, 3, 8])
def test_the_rank_of_equal_directions_is_their_number(directions):
    torch.manual_seed(0)
    turn = torch.linalg.qr(torch.randn(8, 8).double())[0]
    axes = torch.cat([torch.eye(8), -torch.eye(8)]).double()
    axes[:, directions:] = 0
    assert effective_rank(axes @ turn).item() == pytest.approx(directions)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_are_zero_for_features_that_do_not_vary(value, dtype):
    x = torch.full((37, 5), value, dtype=dtype)
    assert spread(x).item() == pytest.approx(0, abs=1e-6 * max(1, value))
    assert effective_rank(x).item() == 0
    assert effective_rank(x[:1]).item() == 0


def test_the_rank_depends_neither_on_scale_nor_on_an_offset():
    x = features()
    assert effective_rank(1e-4 * x + 7).item() == pytest.approx(effective_rank(x).item(), rel=1e-6)
    assert spread(-2 * x + 7).item() == pytest.approx(2 * spread(x).item())


def test_it_is_at_most_the_smaller_of_both_numbers():
    torch.manual_seed(0)
    few = effective_rank(torch.randn(4, 20).double()).item()
    assert 2.5 < few <= 3 + 1e-9
    assert effective_rank(torch.randn(400, 3).double()).item() <= 3 + 1e-9


def test_wrong_features_are_refused():
    for measure in (spread, effective_rank):
        with pytest.raises(ValueError, match="features must have shape"):
            measure(torch.rand(3, 4, 5))
        with pytest.raises(TypeError, match="features"):
            measure(torch.ones(3, 4, dtype=torch.long))
        with pytest.raises(ValueError, match="NaN"):
            measure(torch.full((3, 4), torch.nan))


def test_they_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_d_prediction")
    for measure in (spread, effective_rank):
        with pytest.raises(ReferenceSealed):
            measure(features())
