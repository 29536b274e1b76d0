"""Losses against torch.distributions and finite differences, and far from zero."""

import math

import pytest
import torch
from torch import distributions

from aeutils import losses
from aeutils.testing.sealed import ReferenceSealed

N, SHAPE = 5, (1, 3, 4)  # 5 images of 12 pixels


def pair(dtype=torch.float64):
    return torch.randn(N, *SHAPE, dtype=dtype), torch.rand(N, *SHAPE, dtype=dtype)


def per_image(log_prob):
    """Mean over images of minus the log-likelihood summed over pixels."""
    return -log_prob.flatten(1).sum(dim=1).mean()


def test_squared_errors():
    x_hat, x = pair()
    sse = losses.squared_error_per_image(x_hat, x)
    assert sse.shape == (N,)
    torch.testing.assert_close(sse[2], ((x_hat[2] - x[2]) ** 2).sum())
    torch.testing.assert_close(losses.mse(x_hat, x), torch.nn.functional.mse_loss(x_hat, x))
    torch.testing.assert_close(sse.mean(), 12 * losses.mse(x_hat, x))


@pytest.mark.parametrize("sigma", [0.1, 1, torch.tensor(2.5), torch.tensor([0.7])])
def test_gaussian_is_the_log_density(sigma):
    x_hat, x = pair()
    expected = per_image(distributions.Normal(x_hat, sigma).log_prob(x))
    torch.testing.assert_close(losses.gaussian_nll(x_hat, x, sigma), expected, rtol=1e-6, atol=0)


def test_gaussian_is_smallest_at_the_true_sigma():
    x_hat, x = pair()
    best = math.sqrt(float(losses.mse(x_hat, x)))
    sigma = torch.tensor(best, dtype=torch.float64, requires_grad=True)
    losses.gaussian_nll(x_hat, x, sigma).backward()
    assert abs(sigma.grad.item()) < 1e-10
    assert losses.gaussian_nll(x_hat, x, best) < losses.gaussian_nll(x_hat, x, 1.1 * best)


def test_bernoulli_is_the_log_probability():
    logits, x = pair()
    black_or_white = x.round()
    expected = per_image(distributions.Bernoulli(logits=logits).log_prob(black_or_white))
    torch.testing.assert_close(losses.bernoulli_nll(logits, black_or_white), expected)
    p = logits.sigmoid()
    naive = per_image(x * p.log() + (1 - x) * (1 - p).log())
    torch.testing.assert_close(losses.bernoulli_nll(logits, x), naive)
    assert losses.bce_with_logits is losses.bernoulli_nll


def test_grey_pixels_cost_at_least_their_entropy():
    x = torch.rand(N, 12, dtype=torch.float64)
    entropy = -(x * x.log() + (1 - x) * (1 - x).log()).sum(dim=1).mean()
    torch.testing.assert_close(losses.bernoulli_nll(x.logit(), x), entropy)
    assert losses.bernoulli_nll(x.logit() + 0.1, x) > entropy


def test_tanh_is_a_bernoulli_of_the_rescaled_output():
    a, x = pair()
    p = (1 + a.tanh()) / 2
    expected = per_image(x * p.log() + (1 - x) * (1 - p).log())
    torch.testing.assert_close(losses.tanh_cross_entropy(a, x), expected)


def test_poisson_is_the_log_probability():
    log_rate, x = pair()
    counts = (10 * x).round()
    expected = per_image(distributions.Poisson(log_rate.exp()).log_prob(counts))
    torch.testing.assert_close(losses.poisson_nll(log_rate, counts, full=True), expected)
    constant = torch.lgamma(counts + 1).flatten(1).sum(dim=1).mean()
    torch.testing.assert_close(losses.poisson_nll(log_rate, counts), expected - constant)


def test_hinge_forgives_overshooting_only():
    x = torch.tensor([[0.0, 0.0, 1.0, 1.0, 0.5]])
    x_hat = torch.tensor([[-3.0, 0.2, 4.0, 0.9, -1.0]], requires_grad=True)
    loss = losses.hinge_mse(x_hat, x)
    assert loss.item() == pytest.approx((0.2**2 + 0.1**2 + 1.5**2) / 5)
    loss.backward()
    torch.testing.assert_close(x_hat.grad, torch.tensor([[0, 0.08, 0, -0.04, -0.6]]))
    assert loss < losses.mse(x_hat, x)


NLLS = [
    lambda a, x: losses.gaussian_nll(a, x, 0.5),
    losses.mse,
    losses.hinge_mse,
    losses.bernoulli_nll,
    losses.tanh_cross_entropy,
    losses.poisson_nll,
]
NAMES = ["gaussian", "mse", "hinge", "bernoulli", "tanh", "poisson"]


@pytest.mark.parametrize("loss", NLLS, ids=NAMES)
def test_gradient_agrees_with_finite_differences(loss):
    a, x = pair()
    a.requires_grad_()
    assert torch.autograd.gradcheck(lambda a: loss(a, x), a)


@pytest.mark.parametrize("loss", NLLS, ids=NAMES)
@pytest.mark.parametrize("value", [-1e4, -100.0, 100.0, 1e4])
def test_far_outputs_keep_value_and_gradient_finite(loss, value):
    for target in (0.0, 0.5, 1.0):
        a = torch.full((2, 3), value, requires_grad=True)
        result = loss(a, torch.full((2, 3), target))
        result.backward()
        assert torch.isfinite(result)
        assert torch.isfinite(a.grad).all()


def test_far_logits_are_exact():
    a = torch.tensor([[-1e4, 1e4]])
    assert losses.bernoulli_nll(a, torch.tensor([[0.0, 1.0]])) == 0
    assert losses.bernoulli_nll(a, torch.tensor([[1.0, 0.0]])) == 2e4
    assert losses.tanh_cross_entropy(a, torch.tensor([[1.0, 0.0]])) == 4e4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: losses.mse(x, x[:, :, :2]), ValueError, r"\(5, 1, 3, 4\).*\(5, 1, 2, 4\)"),
        (lambda x: losses.mse(x, x.int()), TypeError, "x must be a float tensor"),
        (lambda x: losses.squared_error_per_image(x[0, 0, 0], x[0, 0, 0]), ValueError, "unsqueeze"),
        (lambda x: losses.bernoulli_nll(x, 255 * x), ValueError, r"\[0, 1\], got values from 0"),
        (lambda x: losses.tanh_cross_entropy(x, 2 * x - 1), ValueError, r"\[0, 1\]"),
        (lambda x: losses.poisson_nll(x, -x), ValueError, r"\[0, inf\]"),
        (lambda x: losses.gaussian_nll(x, x, 0.0), ValueError, "sigma must be > 0"),
        (lambda x: losses.gaussian_nll(x, x, torch.ones(5)), ValueError, "one number"),
    ],
)
def test_bad_input_is_explained(call, error, message):
    x = torch.linspace(0, 1, N * 12).reshape(N, *SHAPE)
    with pytest.raises(error, match=message):
        call(x)


def test_sealed_in_their_own_week_only(monkeypatch):
    a, x = pair()
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    closed = [
        losses.bernoulli_nll,
        losses.poisson_nll,
        losses.tanh_cross_entropy,
        lambda a, x: losses.gaussian_nll(a, x, 1.0),
    ]
    for loss in closed:
        with pytest.raises(ReferenceSealed):
            loss(a, x)
    assert losses.squared_error_per_image(a, x).shape == (N,)
    monkeypatch.setenv("AEUTILS_SEALED", "week01_pca")
    with pytest.raises(ReferenceSealed):
        losses.squared_error_per_image(a, x)
    for loss in [*closed, losses.mse, losses.hinge_mse]:
        assert torch.isfinite(loss(a, x))
