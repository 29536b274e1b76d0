"""A moving average of weights, and of what is left of its start."""

import copy

import pytest
import torch
from torch import nn

from aeutils.prediction import ema_update, without_start
from aeutils.testing.sealed import ReferenceSealed


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_parameters_are_averaged_and_buffers_copied():
    average, model = network(0), network(1)
    model(torch.rand(8, 3))  # moves the buffers
    before, other = copy.deepcopy(average.state_dict()), copy.deepcopy(model.state_dict())
    ema_update(average, model, 0.9)
    parameters = dict(model.named_parameters())
    for name, value in average.state_dict().items():
        if name in parameters:
            torch.testing.assert_close(value, 0.9 * before[name] + 0.1 * other[name])
        else:
            assert torch.equal(value, other[name])
        assert torch.equal(model.state_dict()[name], other[name])  # the model is as it was


def test_it_is_in_place_and_without_a_graph():
    average, model = network(0), network(1)
    weight = average[0].weight
    ema_update(average, model, 0.5)
    assert average[0].weight is weight
    assert weight.is_leaf
    assert weight.requires_grad
    assert weight.grad_fn is None
    assert model[0].weight.grad is None


def test_what_cannot_be_trained_is_averaged_too():
    average, model = network(0).requires_grad_(False), network(1)
    ema_update(average, model, 0.0)
    assert torch.equal(average[2].bias, model[2].bias)
    assert not average[2].bias.requires_grad


@pytest.mark.parametrize(("decay", "of"), [(0.0, 1), (1.0, 0)])
def test_at_the_ends_it_is_a_copy_or_does_not_move(decay, of):
    average, model = network(0), network(1)
    wanted = copy.deepcopy((average, model)[of])
    ema_update(average, model, decay)
    assert all(map(torch.equal, average.parameters(), wanted.parameters()))


def test_without_its_start_it_is_the_weighted_mean_of_what_came():
    torch.manual_seed(0)
    start, came = torch.randn(3, 2).double(), torch.randn(5, 3, 2).double()
    average = start
    for value in came:
        average = 0.8 * average + 0.2 * value
    weights = 0.2 * 0.8 ** torch.arange(4, -1, -1).double()
    wanted = (weights[:, None, None] * came).sum(dim=0) / weights.sum()
    torch.testing.assert_close(without_start(average, start, 0.8, 5), wanted)


def test_of_a_constant_nothing_is_left_but_the_constant():
    start, constant = torch.zeros(2), torch.full((2,), 7.0)
    once = 0.99 * start + 0.01 * constant
    torch.testing.assert_close(without_start(once, start, 0.99, 1), constant)  # as in Adam
    torch.testing.assert_close(without_start(constant, start, 0.0, 3), constant)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="same parameters, got 2 and 2 of other names or shapes"):
        ema_update(nn.Linear(3, 2), nn.Linear(2, 2), 0.9)
    with pytest.raises(ValueError, match="same buffers"):
        ema_update(nn.BatchNorm1d(3), nn.LayerNorm(3), 0.9)
    with pytest.raises(ValueError, match="decay must be a number from 0 to 1, got 1"):
        ema_update(nn.Linear(2, 2), nn.Linear(2, 2), 1.5)
    with pytest.raises(TypeError, match="average"):
        ema_update({}, nn.Linear(2, 2), 0.9)
    with pytest.raises(ValueError, match="never leaves its start"):
        without_start(torch.ones(2), torch.ones(2), 1.0, 3)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        without_start(torch.ones(2), torch.ones(2), 0.9, 0)
    with pytest.raises(ValueError, match=r"average has shape \(2,\) and start has shape \(3,\)"):
        without_start(torch.ones(2), torch.ones(3), 0.9, 1)


def test_they_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_d_prediction")
    with pytest.raises(ReferenceSealed):
        ema_update(nn.Linear(2, 2), nn.Linear(2, 2), 0.9)
    with pytest.raises(ReferenceSealed):
        without_start(torch.ones(2), torch.ones(2), 0.9, 1)
