"""Draws, prices and bounds: against torch.distributions, integrals and averages of many draws."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from aeutils.generation import (
    active_units,
    gaussian_samples,
    importance_weighted_nll,
    kl_to_prior,
    negative_elbo,
    sample_latent,
)
from aeutils.testing.sealed import ReferenceSealed

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=draw(seed), dtype=dtype)


# ------------------------------------------------------------------------------------------- draws


@DTYPES
def test_samples_have_the_mean_and_the_covariance_of_the_codes(dtype):
    codes = normal(50, 3, dtype=dtype) @ normal(3, 3, seed=1, dtype=dtype) + 5
    new = gaussian_samples(codes, 200_000, draw())
    assert new.dtype == dtype
    torch.testing.assert_close(new.mean(dim=0), codes.mean(dim=0), atol=0.03, rtol=0)
    torch.testing.assert_close(new.T.cov(), codes.T.cov(), atol=0.08, rtol=0.02)


def test_units_that_do_not_vary_alone_are_drawn_as_they_are():
    a = normal(30, 2, dtype=torch.float32)
    codes = torch.cat([a, a.sum(dim=1, keepdim=True), torch.full((30, 1), 7.0)], dim=1)
    new = gaussian_samples(codes, 500, draw())
    torch.testing.assert_close(new[:, 2], new[:, 0] + new[:, 1], atol=5e-3, rtol=0)
    torch.testing.assert_close(new[:, 3], torch.full((500,), 7.0), atol=5e-3, rtol=0)


def test_rows_are_drawn_independently_and_from_the_generator():
    codes = normal(40, 4)
    state = torch.get_rng_state()
    new = gaussian_samples(codes, 3000, draw(3))
    assert torch.equal(new, gaussian_samples(codes, 3000, draw(3)))
    assert torch.equal(state, torch.get_rng_state())
    assert abs(float(torch.corrcoef(torch.stack([new[:-1, 0], new[1:, 0]]))[0, 1])) < 0.06
    assert gaussian_samples(codes, 1, draw()).shape == (1, 4)
    assert gaussian_samples(codes[:, :1], 5, draw()).shape == (5, 1)
    assert gaussian_samples(codes[:2], 5, draw()).shape == (5, 4)  # fewer rows than units


@DTYPES
def test_latent_draws_are_those_of_the_posterior(dtype):
    mean = torch.tensor([[1.0, -2.0]], dtype=dtype).expand(100_000, -1)
    log_var = torch.tensor([[0.0, math.log(9)]], dtype=dtype).expand(100_000, -1)
    z = sample_latent(mean, log_var, generator=draw())
    assert z.dtype == dtype
    wanted = torch.tensor([1.0, -2.0], dtype=dtype), torch.tensor([1.0, 3.0], dtype=dtype)
    torch.testing.assert_close(z.mean(dim=0), wanted[0], atol=0.05, rtol=0)
    torch.testing.assert_close(z.std(dim=0), wanted[1], atol=0.05, rtol=0)
    assert len(z.unique()) > 10_000  # every number has noise of its own


def test_latent_draws_are_the_mean_outside_training_and_repeat_with_a_generator():
    mean, log_var = normal(5, 3), normal(5, 3, seed=1)
    assert torch.equal(sample_latent(mean, log_var, training=False), mean)
    once = sample_latent(mean, log_var, generator=draw(2))
    assert torch.equal(once, sample_latent(mean, log_var, True, draw(2)))
    torch.manual_seed(4)
    free = sample_latent(mean, log_var)
    torch.manual_seed(4)
    assert torch.equal(free, sample_latent(mean, log_var))
    assert not torch.equal(free, sample_latent(mean, log_var))


def test_gradients_of_a_draw_reach_mean_and_spread():
    mean, log_var = normal(4, 2).requires_grad_(), normal(4, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda m, v: sample_latent(m, v, True, draw()), (mean, log_var))


# ---------------------------------------------------------------------------------- prices, bounds


@DTYPES
def test_the_price_is_that_of_torch(dtype):
    mean, log_var = 2 * normal(6, 4, dtype=dtype), 2 * normal(6, 4, seed=1, dtype=dtype)
    theirs = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_prior(mean, log_var), theirs)


@DTYPES
def test_the_price_is_never_below_zero_and_has_a_gradient(dtype):
    log_var = torch.cat([torch.logspace(-9, 1, 20_000, dtype=dtype) * sign for sign in (1, -1)])
    price = kl_to_prior(torch.zeros_like(log_var)[:, None], log_var[:, None])
    assert price.min() >= 0
    assert price[log_var.abs() > 0.01].min() > 0
    assert kl_to_prior(torch.zeros(1, 1), torch.zeros(1, 1)).item() == 0
    inputs = normal(3, 2).requires_grad_(), normal(3, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(kl_to_prior, inputs)


def test_active_units_are_those_whose_mean_moves():
    mean = normal(1000, 4) * torch.tensor([1.0, 0.2, 0.05, 0.0]).double() + 3
    assert active_units(mean).tolist() == [True, True, False, False]
    assert active_units(mean, threshold=0.5).tolist() == [True, False, False, False]
    assert active_units(mean, threshold=0.0).tolist() == [True, True, True, False]
    edge = torch.tensor([[0.0], [2.0]])  # its variance is exactly 2
    assert active_units(edge, 2.0).tolist() == [False]


@DTYPES
@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_bound_is_a_sum_over_pixels_and_units_and_a_mean_over_images(beta, dtype):
    logits, mean = normal(5, 7, dtype=dtype), normal(5, 3, seed=1, dtype=dtype)
    x = torch.rand(5, 7, generator=draw(), dtype=dtype).round()
    log_var = normal(5, 3, seed=2, dtype=dtype)
    likely = Bernoulli(logits=logits).log_prob(x).sum(dim=1)
    price = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    got = negative_elbo(logits, x, mean, log_var, beta)
    assert got.shape == ()
    torch.testing.assert_close(got, (beta * price - likely).mean())
    if beta == 1:
        assert torch.equal(got, negative_elbo(logits, x, mean, log_var))


def test_grey_images_have_a_bound_too_and_gradients_reach_everything():
    x = torch.rand(3, 4, generator=draw(), dtype=torch.float64)
    parts = [normal(3, n, seed=n).requires_grad_() for n in (4, 2, 2)]
    assert torch.autograd.gradcheck(lambda a, m, v: negative_elbo(a, x, m, v, 2.0), parts)


@DTYPES
def test_weights_are_those_of_distributions(dtype):
    s, n, d, k = 6, 4, 9, 3
    x = torch.rand(n, d, generator=draw(), dtype=dtype).round()
    mean, log_var = normal(n, k, dtype=dtype), normal(n, k, seed=1, dtype=dtype)
    z, logits = normal(s, n, k, seed=2, dtype=dtype), normal(s, n, d, seed=3, dtype=dtype)
    log_w = Bernoulli(logits=logits).log_prob(x).sum(dim=2)
    log_w = log_w + Normal(0.0, 1.0).log_prob(z).sum(dim=2)
    log_w = log_w - Normal(mean, (log_var / 2).exp()).log_prob(z).sum(dim=2)
    got = importance_weighted_nll(x, logits, z, mean, log_var)
    assert got.dtype == dtype
    torch.testing.assert_close(got, math.log(s) - log_w.logsumexp(dim=0))


def decoder(z):
    """Return logits of three pixels for codes of one number."""
    return z * torch.tensor([3.0, -2.0, 0.5]).double() + torch.tensor([0.2, 0.4, -1.0]).double()


def posterior_of(x, draws, seed=0):
    """Return a rough posterior for each image, and draws of it."""
    mean = (x @ torch.tensor([[0.5], [-0.3], [0.0]]).double()).double()
    log_var = torch.full_like(mean, -0.4)
    z = mean + (log_var / 2).exp() * normal(draws, len(x), 1, seed=seed)
    return mean, log_var, z


BITS = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3).double()  # all eight images


def test_many_draws_find_the_integral_and_all_images_have_probability_one():
    grid = torch.linspace(-12, 12, 4801).double()[:, None]
    prior = Normal(0.0, 1.0).log_prob(grid).sum(dim=1)
    per_image = Bernoulli(logits=decoder(grid)[:, None]).log_prob(BITS).sum(dim=2)
    exact = -torch.trapezoid((per_image + prior[:, None]).exp(), grid[:, 0], dim=0).log()
    assert float((-exact).exp().sum()) == pytest.approx(1)
    mean, log_var, z = posterior_of(BITS, 100_000)
    got = importance_weighted_nll(BITS, decoder(z), z, mean, log_var)
    torch.testing.assert_close(got, exact, atol=0.02, rtol=0)


def test_one_draw_is_the_elbo_on_average_and_more_draws_are_tighter():
    mean, log_var, z = posterior_of(BITS, 40_000)
    averages = []
    for s in (1, 5, 50):
        parts = z.unflatten(0, (-1, s)).transpose(0, 1).flatten(1, 2)  # (S, 40,000 / S · 8, 1)
        again = [t.repeat(40_000 // s, 1) for t in (BITS, mean, log_var)]
        got = importance_weighted_nll(again[0], decoder(parts), parts, again[1], again[2])
        averages.append(float(got.mean()))
    assert averages[0] > averages[1] > averages[2]
    again = [t.repeat(40_000, 1) for t in (BITS, mean, log_var)]
    elbo = negative_elbo(decoder(z.flatten(0, 1)), *again)
    assert averages[0] == pytest.approx(float(elbo), abs=0.01)


def test_weights_far_below_the_smallest_number_are_added():
    x, logits = torch.ones(1, 784), torch.full((3, 1, 784), -5.0)
    got = importance_weighted_nll(
        x, logits, torch.zeros(3, 1, 2), torch.zeros(1, 2), torch.zeros(1, 2)
    )
    assert got.item() == pytest.approx(784 * math.log(1 + math.exp(5)), rel=1e-5)


M, V, X = torch.zeros(4, 2), torch.zeros(4, 2), torch.ones(4, 6)
S3, Z3 = torch.zeros(3, 4, 6), torch.zeros(3, 4, 2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: gaussian_samples(M[:1], 3, draw()), ValueError, r"at least 2 rows.*\(1, 2\)"),
        (lambda: gaussian_samples(M[0], 3, draw()), ValueError, r"codes must have shape.*\(2,\)"),
        (lambda: gaussian_samples(M, 0, draw()), ValueError, "n must be at least 1, got 0"),
        (lambda: gaussian_samples(M, 2.0, draw()), TypeError, "n"),
        (lambda: gaussian_samples(M.int(), 2, draw()), TypeError, "codes must hold floats"),
        (lambda: gaussian_samples(M / 0, 2, draw()), ValueError, "codes holds 8 NaN"),
        (lambda: sample_latent(M, V[:3]), ValueError, r"mean has shape \(4, 2\).*\(3, 2\)"),
        (lambda: sample_latent(M[0], V[0]), ValueError, r"mean must have shape \(N, K\).*\(2,\)"),
        (lambda: sample_latent(M, V.int()), TypeError, "log_var must be a tensor of floats"),
        (lambda: kl_to_prior(M, V[:, :1]), ValueError, r"\(4, 2\) and log_var has.*\(4, 1\)"),
        (lambda: kl_to_prior(M.int(), V), TypeError, "mean must be a tensor of floats.*int32"),
        (lambda: active_units(M[:1]), ValueError, r"at least 2 rows, got .*\(1, 2\)"),
        (lambda: active_units(M, -0.1), ValueError, "threshold is a variance >= 0, got -0.1"),
        (lambda: active_units(M, math.nan), ValueError, "threshold is a variance"),
        (lambda: negative_elbo(X[:, :5], X, M, V), ValueError, r"\(4, 5\).*\(4, 6\)"),
        (lambda: negative_elbo(X, X, M[:3], V[:3]), ValueError, r"each of the 4.*\(3, 2\)"),
        (lambda: negative_elbo(X, X + 1, M, V), ValueError, r"lie in \[0, 1\].*from 2 to 2"),
        (lambda: negative_elbo(X, X, M, V, -1.0), ValueError, "beta must be a number >= 0"),
        (lambda: negative_elbo(X, X, M, V, math.inf), ValueError, "beta must be a number"),
        (lambda: negative_elbo(X.int(), X, M, V), TypeError, "logits must be a float tensor"),
        (
            lambda: importance_weighted_nll(X / 2, S3, Z3, M, V),
            ValueError,
            "x must be binary, but 24 of its 24 pixels",
        ),
        (
            lambda: importance_weighted_nll(X, S3[:2], Z3, M, V),
            ValueError,
            r"\(4, 6\), \(2, 4, 6\), \(3, 4, 2\) and \(4, 2\)",
        ),
        (
            lambda: importance_weighted_nll(X, S3[0], Z3[0], M, V),
            ValueError,
            r"\(S, N, K\).*\(4, 2\)",
        ),
        (lambda: importance_weighted_nll(X, S3[:0], Z3[:0], M, V), ValueError, r"\(0, 4, 6\)"),
        (lambda: importance_weighted_nll(X, S3, Z3.int(), M, V), TypeError, "z must be a tensor"),
        (lambda: importance_weighted_nll(X.bool(), S3, Z3, M, V), TypeError, "x must hold floats"),
        (lambda: importance_weighted_nll(X, S3, Z3, M, V[:1]), ValueError, r"log_var.*\(1, 2\)"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


CALLS = {
    "gaussian_samples": lambda: gaussian_samples(M, 3, draw()),
    "sample_latent": lambda: sample_latent(M, V),
    "kl_to_prior": lambda: kl_to_prior(M, V),
    "active_units": lambda: active_units(M),
    "negative_elbo": lambda: negative_elbo(X, X, M, V),
    "importance_weighted_nll": lambda: importance_weighted_nll(X, S3, Z3, M, V),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_references_are_closed_while_their_notebook_is_graded(name, monkeypatch):
    CALLS[name]()
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    with pytest.raises(ReferenceSealed, match=f"{name} is the reference"):
        CALLS[name]()
