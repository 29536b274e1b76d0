"""Two losses against each other: their values, and where their gradients go."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli

from aeutils.generation import discriminator_loss, encoder_loss
from aeutils.models import mlp
from aeutils.testing.sealed import ReferenceSealed


def networks(dtype=torch.float32):
    """Return an encoder, a discriminator, codes with a graph and draws."""
    torch.manual_seed(0)
    encoder, discriminator = nn.Linear(5, 3).to(dtype), mlp((3, 8, 1)).to(dtype)
    codes = encoder(torch.randn(6, 5, dtype=dtype))
    return encoder, discriminator, codes, torch.randn(9, 3, dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_they_are_likelihoods_of_verdicts(dtype):
    _, judge, codes, prior = networks(dtype)
    of_codes, of_draws = Bernoulli(logits=judge(codes)), Bernoulli(logits=judge(prior))
    one, zero = torch.ones((), dtype=dtype), torch.zeros((), dtype=dtype)
    wanted = -(of_draws.log_prob(one).mean() + of_codes.log_prob(zero).mean()) / 2
    got = discriminator_loss(judge, codes, prior)
    assert got.shape == ()
    assert got.dtype == dtype
    torch.testing.assert_close(got, wanted)
    torch.testing.assert_close(encoder_loss(judge, codes), -of_codes.log_prob(one).mean())


def test_who_cannot_tell_has_a_loss_of_log_two():
    _, _, codes, prior = networks()
    blind = nn.Linear(3, 1)
    nn.init.zeros_(blind.weight)
    nn.init.zeros_(blind.bias)
    assert discriminator_loss(blind, codes, prior).item() == pytest.approx(math.log(2))
    assert encoder_loss(blind, codes).item() == pytest.approx(math.log(2))


def test_the_discriminators_gradient_ends_at_the_codes_and_the_encoders_goes_on():
    encoder, judge, codes, prior = networks()
    discriminator_loss(judge, codes, prior).backward()
    assert all(p.grad is None for p in encoder.parameters())
    assert all(p.grad is not None and p.grad.any() for p in judge[2].parameters())
    encoder_loss(judge, codes).backward()
    assert all(p.grad is not None and p.grad.any() for p in encoder.parameters())


def test_a_step_down_of_each_loss_is_a_step_up_for_the_other_side():
    _, judge, codes, prior = networks()
    codes = codes.detach().requires_grad_()
    before = discriminator_loss(judge, codes, prior).item()
    (slope,) = torch.autograd.grad(encoder_loss(judge, codes), codes)
    assert discriminator_loss(judge, codes - slope, prior).item() > before


def test_huge_logits_stay_finite():
    _, _, codes, prior = networks()
    sure = nn.Linear(3, 1)
    nn.init.constant_(sure.weight, 1e5)
    for value in (discriminator_loss(sure, codes, prior), encoder_loss(sure, codes)):
        assert math.isfinite(value.item())


C, P = torch.ones(4, 3), torch.ones(5, 3)
JUDGE = nn.Linear(3, 1)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: discriminator_loss(JUDGE, C, P[:, :2]), ValueError, r"\(4, 3\).*\(5, 2\)"),
        (lambda: discriminator_loss(JUDGE, C[0], P), ValueError, r"codes must have .*\(3,\)"),
        (lambda: discriminator_loss(JUDGE, C, P[0]), ValueError, r"prior must have .*\(3,\)"),
        (lambda: discriminator_loss(JUDGE, C, P[:0]), ValueError, r"prior must have .*\(0, 3\)"),
        (lambda: discriminator_loss(JUDGE, C.int(), P), TypeError, "codes must be a tensor of fl"),
        (lambda: discriminator_loss(JUDGE, C, P.int()), TypeError, "prior must be a tensor of fl"),
        (
            lambda: discriminator_loss(nn.Linear(3, 2), C, P),
            ValueError,
            r"shape \(5, 1\) for rows of shape \(5, 3\), got a tensor of shape \(5, 2\)",
        ),
        (lambda: encoder_loss(nn.Flatten(0), C), ValueError, r"shape \(4, 1\).*\(12,\)"),
        (lambda: encoder_loss(JUDGE, C[0]), ValueError, r"codes must have .*\(3,\)"),
        (lambda: encoder_loss(JUDGE, C.int()), TypeError, "codes must be a tensor of floats"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_references_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    with pytest.raises(ReferenceSealed, match="discriminator_loss is the reference"):
        discriminator_loss(JUDGE, C, P)
    with pytest.raises(ReferenceSealed, match="encoder_loss is the reference"):
        encoder_loss(JUDGE, C)
