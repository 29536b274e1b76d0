"""A head behind an encoder: the original stays as it is, and a frozen copy learns nothing."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aeutils import models, training


def encoder():
    """Return an encoder in train mode with everything that a step could move."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
    )


def state(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def equal(before, after):
    return all(torch.equal(before[name], after[name]) for name in before)


def take_steps(model):
    x, y = torch.randn(40, 6), torch.arange(40) % 4
    training.fit_encoder(model, x, y, F.cross_entropy, epochs=2, batch_size=10, lr=0.05)


@pytest.mark.parametrize("frozen", [True, False])
def test_the_original_stays_as_it_is(frozen):
    original = encoder()
    original[0].bias.requires_grad_(False)
    original[1].eval()
    before = state(original)
    modes = [part.training for part in original.modules()]
    gradients = [p.requires_grad for p in original.parameters()]
    take_steps(training.with_head(original, 3, 4, frozen))
    assert equal(before, state(original))
    assert [part.training for part in original.modules()] == modes
    assert [p.requires_grad for p in original.parameters()] == gradients
    assert all(p.grad is None for p in original.parameters())


def test_a_frozen_copy_learns_nothing_and_its_head_does():
    model = training.with_head(encoder(), 3, 4, frozen=True)
    before, head = state(model[0]), state(model[1])
    model.train()
    assert model.training
    assert not any(part.training for part in model[0].modules())
    take_steps(model)
    assert equal(before, state(model[0]))  # batch statistics too
    assert not any(torch.equal(head[name], value) for name, value in model[1].state_dict().items())
    assert [p.shape for p in model.parameters() if p.requires_grad] == [(4, 3), (4,)]


def test_a_frozen_copy_drops_nothing():
    model = training.with_head(encoder(), 3, 4, frozen=True).train()
    x = torch.randn(5, 6)
    assert torch.equal(model(x), model(x))


def test_a_copy_that_is_fine_tuned_learns_all_of_it():
    original = encoder()
    original.requires_grad_(False)
    original.eval()
    model = training.with_head(original, 3, 4, frozen=False)
    assert all(part.training for part in model.modules())
    before = state(model)
    take_steps(model)
    # The bias before batch normalisation moves nothing, and gets no gradient beyond rounding.
    moved = {
        name for name, value in model.state_dict().items() if not torch.equal(before[name], value)
    }
    assert moved >= set(before) - {"0.0.bias"}


def test_codes_come_from_the_same_function():
    original = models.mlp((6, 8, 3))
    x = torch.randn(5, 6)
    for frozen in (True, False):
        model = training.with_head(original, 3, 4, frozen)
        assert torch.equal(model[0](x), original(x))
        assert torch.equal(model(x), model[1](original(x)))


def test_the_head_follows_seed_and_dtype():
    original = models.mlp((6, 8, 3)).double()
    heads = []
    for _ in range(2):
        training.seed_everything(3)
        heads.append(training.with_head(original, 3, 4, frozen=True)[1].weight)
    assert heads[0].dtype == torch.float64
    assert torch.equal(*heads)
    assert training.with_head(nn.Flatten(), 6, 2, frozen=True)(torch.rand(5, 1, 2, 3)).shape == (
        5,
        2,
    )


def test_a_copy_of_the_classifier_stays_frozen():
    again = copy.deepcopy(training.with_head(encoder(), 3, 4, frozen=True)).train()
    assert not any(part.training for part in again[0].modules())


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((lambda x: x, 3, 4, True), TypeError, "encoder"),
        ((nn.Identity(), 3.0, 4, True), TypeError, "features"),
        ((nn.Identity(), 3, 0, True), ValueError, "classes"),
    ],
)
def test_wrong_arguments(arguments, error, says):
    with pytest.raises(error, match=says):
        training.with_head(*arguments)
