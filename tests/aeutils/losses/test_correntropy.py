"""The correntropy loss: its limits, its slope, and what it does to a mixture."""

import math

import pytest
import torch

from aeutils.losses import correntropy
from aeutils.testing.sealed import ReferenceSealed


def test_formula_and_reduction():
    x_hat, x = torch.randn(5, 1, 2, 3).double(), torch.rand(5, 1, 2, 3).double()
    e = x_hat - x
    expected = (0.09 * (1 - (-(e**2) / 0.18).exp())).flatten(1).sum(1).mean()
    torch.testing.assert_close(correntropy.correntropy_loss(x_hat, x, 0.3), expected)
    assert float(correntropy.absolute_error(x_hat, x)) == pytest.approx(float(e.abs().sum() / 5))


def test_small_errors_are_half_the_square_and_large_ones_cost_sigma_squared():
    x = torch.zeros(1, 1)
    small = float(correntropy.correntropy_loss(torch.full((1, 1), 1e-4), x, 0.5))
    assert small == pytest.approx(0.5e-8, rel=1e-4)
    assert float(correntropy.correntropy_loss(torch.full((1, 1), 50.0), x, 0.5)) == pytest.approx(
        0.25
    )


def test_slope_is_largest_at_sigma():
    e = torch.linspace(0.01, 3, 300, dtype=torch.float64).requires_grad_()
    loss = correntropy.correntropy_loss(e[None], torch.zeros(1, 300).double(), 0.5)
    (slope,) = torch.autograd.grad(loss, e)
    torch.testing.assert_close(slope, (e * (-(e**2) / 0.5).exp()).detach())
    assert abs(float(e.detach()[slope.argmax()]) - 0.5) < 0.02


def test_wide_kernel_is_half_the_squared_error():
    x_hat, x = torch.randn(4, 6).double(), torch.randn(4, 6).double()
    half = 0.5 * (x_hat - x).square().sum(1).mean()
    torch.testing.assert_close(correntropy.correntropy_loss(x_hat, x, 1e4), half, rtol=1e-6, atol=0)


def test_best_constant_for_a_mixture_is_near_the_majority():
    pixels = torch.tensor([0.0] * 8 + [1.0] * 2, dtype=torch.float64)[:, None]
    grid = torch.linspace(0, 1, 1001, dtype=torch.float64)

    def best(loss):
        return float(grid[torch.stack([loss(v.expand(10, 1), pixels) for v in grid]).argmin()])

    assert best(lambda a, b: (a - b).square().mean()) == pytest.approx(0.2)
    assert best(correntropy.absolute_error) == 0
    assert best(lambda a, b: correntropy.correntropy_loss(a, b, 0.3)) < 0.002


def test_bad_input_is_explained():
    with pytest.raises(ValueError, match="sigma"):
        correntropy.correntropy_loss(torch.zeros(2, 3), torch.zeros(2, 3), 0)
    with pytest.raises(ValueError, match="sigma"):
        correntropy.correntropy_loss(torch.zeros(2, 3), torch.zeros(2, 3), math.inf)
    with pytest.raises(ValueError, match="shape"):
        correntropy.correntropy_loss(torch.zeros(2, 3), torch.zeros(2, 1), 1.0)


def test_closed_while_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week05_contractive")
    with pytest.raises(ReferenceSealed):
        correntropy.correntropy_loss(torch.zeros(2, 3), torch.zeros(2, 3), 1.0)
