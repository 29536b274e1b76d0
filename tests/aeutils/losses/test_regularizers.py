"""Penalties on weights and activity, against sums written out and their limits."""

import math

import pytest
import torch
from torch import nn

from aeutils.losses import regularizers
from aeutils.models import TiedAutoencoder
from aeutils.testing.sealed import ReferenceSealed


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 4)).double()


def test_weight_penalties_sum_over_weights_and_leave_biases_out():
    net = network()
    a, b = net[0].weight, net[2].weight
    torch.testing.assert_close(regularizers.l1(net), a.abs().sum() + b.abs().sum())
    torch.testing.assert_close(regularizers.l2(net), (a**2).sum() + (b**2).sum())
    regularizers.l2(net).backward()
    torch.testing.assert_close(a.grad, 2 * a)
    assert net[0].bias.grad is None
    assert net[1].weight.grad is None


def test_tied_weights_count_once():
    net = TiedAutoencoder((5, 2))
    torch.testing.assert_close(regularizers.l2(net), net.encoder[0].weight.square().sum())


def test_weight_penalty_explains_bad_input():
    with pytest.raises(ValueError, match="power"):
        regularizers.weight_penalty(network(), 3)
    with pytest.raises(ValueError, match="no parameter"):
        regularizers.l1(nn.ReLU())


def test_kl_is_the_divergence_of_two_coins():
    h = torch.rand(6, 5, dtype=torch.float64)
    p = torch.distributions.Bernoulli(torch.tensor(0.2, dtype=torch.float64))
    q = torch.distributions.Bernoulli(h.mean(0))
    expected = torch.distributions.kl_divergence(p, q).sum()
    torch.testing.assert_close(regularizers.kl_sparsity(h, 0.2), expected)


def test_kl_is_zero_at_the_target_only_and_finite_at_the_ends():
    assert float(regularizers.kl_sparsity(torch.full((3, 2), 0.05), 0.05)) == pytest.approx(0)
    for value in (0.0, 1.0):
        assert math.isfinite(regularizers.kl_sparsity(torch.full((3, 2), value), 0.05))
    near = torch.full((1, 1), 0.051, dtype=torch.float64)
    expected = 0.001**2 / (2 * 0.05 * 0.95)
    assert float(regularizers.kl_sparsity(near, 0.05)) == pytest.approx(expected, rel=0.02)


def test_kl_gradient_against_differences():
    h = torch.rand(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda h: regularizers.kl_sparsity(h, 0.1), h)


def test_kl_explains_bad_input():
    with pytest.raises(ValueError, match="target"):
        regularizers.kl_sparsity(torch.rand(3, 2), 0.0)
    with pytest.raises(ValueError, match="sigmoid"):
        regularizers.kl_sparsity(torch.randn(30, 2), 0.1)
    with pytest.raises(ValueError, match="shape"):
        regularizers.kl_sparsity(torch.rand(3), 0.1)


def test_activity_tells_dead_from_sparse():
    h = torch.tensor([[0.0, 0.9, 0.0], [0.0, 0.9, 0.9]])
    found = regularizers.activity(h)
    assert found == pytest.approx({"mean": 0.45, "on": 0.5, "dead": 1 / 3, "always on": 1 / 3})


def test_closed_while_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week05_contractive")
    with pytest.raises(ReferenceSealed):
        regularizers.l1(network())
    with pytest.raises(ReferenceSealed):
        regularizers.kl_sparsity(torch.rand(3, 2), 0.1)
