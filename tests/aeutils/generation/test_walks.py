"""Walks along a direction: as far as it takes, and said where it is not reached."""

import pytest
import torch

from aeutils.generation import walk_until

Z = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
TOWARDS = torch.tensor([0.5, 0.0, -1.0])


def second_less_third(rows):
    return rows[:, 1] - rows[:, 2]


def test_the_mean_gains_what_was_asked_for():
    after, amount, gained = walk_until(second_less_third, lambda z: z, Z, TOWARDS, 1.7)
    assert amount == pytest.approx(1.7, abs=2e-3)
    assert torch.allclose(after, Z + amount * TOWARDS)
    assert gained == pytest.approx(amount / 1.7, abs=1e-5)


def test_what_is_decoded_is_measured():
    after, amount, _ = walk_until(lambda x: x[:, 0], lambda z: 4 * z, Z, TOWARDS, 3.0)
    assert amount == pytest.approx(1.5, abs=2e-3)
    assert torch.allclose(after, 4 * (Z + amount * TOWARDS))


def test_a_walk_that_is_too_long_is_not_called_done():
    _, amount, gained = walk_until(second_less_third, lambda z: z, Z, TOWARDS, 8.0, longest=2.0)
    assert amount == pytest.approx(2.0, abs=2e-3)
    assert gained == pytest.approx(0.25, abs=2e-3)


def test_nothing_is_recorded_for_gradients():
    after, _, _ = walk_until(
        second_less_third, lambda z: z, Z.clone().requires_grad_(), TOWARDS, 1.0
    )
    assert not after.requires_grad
