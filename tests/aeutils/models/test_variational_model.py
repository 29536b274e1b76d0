"""The variational autoencoder: a draw while it trains, a mean for whoever compares codes."""

import math

import pytest
import torch
from torch import nn

from aeutils import models, training
from aeutils.generation import kl_to_prior, negative_elbo
from aeutils.models.variational import LIMIT


def small():
    torch.manual_seed(0)
    return models.VariationalAutoencoder((12, 8, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shapes_of_rows_and_images(dtype):
    model, images = small().to(dtype), torch.rand(5, 3, 2, 2, dtype=dtype)
    mean, log_var = model.posterior(images)
    assert mean.shape == log_var.shape == model.encode(images).shape == (5, 3)
    assert model.decode(mean).shape == (5, 12)
    for x in (images, images.flatten(1)):
        logits, told, spread = model(x)
        assert logits.shape == x.shape
        assert logits.dtype == dtype
        assert torch.equal(told, mean)
        assert torch.equal(spread, log_var)


def test_layers_are_a_mirror_but_for_the_second_half_of_the_posterior():
    model = models.VariationalAutoencoder(activation=nn.GELU)
    linear = [part for part in model.modules() if isinstance(part, nn.Linear)]
    sizes = [(part.in_features, part.out_features) for part in linear]
    assert sizes == [(784, 256), (256, 40), (20, 256), (256, 784)]
    assert sum(isinstance(part, nn.GELU) for part in model.modules()) == 2
    assert model.sizes == (784, 256, 20)


def test_a_code_is_not_random_and_a_pass_is_so_in_training_only():
    model, x = small(), torch.rand(5, 12)
    assert torch.equal(model.encode(x), model.encode(x))
    assert not torch.equal(model(x)[0], model(x)[0])
    state = torch.get_rng_state()
    model.eval()
    assert torch.equal(model(x)[0], model(x)[0])
    torch.testing.assert_close(model(x)[0], model.decode(model.encode(x)))
    assert torch.equal(state, torch.get_rng_state())


def test_draws_of_training_are_those_of_the_posterior():
    """With an identity for a decoder, what comes out is the draw."""
    model = models.VariationalAutoencoder((2, 2))
    with torch.no_grad():
        model.encoder[0].weight.zero_()
        model.encoder[0].bias.copy_(torch.tensor([1.0, -1.0, 0.0, 1.5]))
        model.decoder[0].weight.copy_(torch.eye(2))
        model.decoder[0].bias.zero_()
    draws, mean, log_var = model(torch.zeros(50_000, 2))
    assert log_var[0, 1].item() == pytest.approx(LIMIT * math.tanh(1.5 / LIMIT))
    torch.testing.assert_close(draws.mean(dim=0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(draws.std(dim=0), (log_var[0] / 2).exp(), atol=0.05, rtol=0)


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_no_variance_is_nought_or_infinite(size):
    model = small()
    _, log_var = model.posterior(size * torch.rand(50, 12))
    assert log_var.abs().max() <= LIMIT
    assert log_var.exp().isfinite().all()
    assert log_var.exp().min() > 0


def test_small_log_variances_are_hardly_bent_and_keep_their_gradient():
    model, x = small(), torch.rand(5, 12)
    raw = model.encoder(x)[:, 3:]
    torch.testing.assert_close(model.posterior(x)[1], raw, atol=0.01, rtol=0)
    model.posterior(x)[1].sum().backward()
    assert model.encoder[-1].bias.grad[:3].abs().max() == 0
    assert model.encoder[-1].bias.grad[3:].min() > 4.9  # of 5 images


def elbo(output, x):
    logits, mean, log_var = output
    return negative_elbo(logits, x, mean, log_var)


def test_the_loop_lowers_its_bound_and_units_without_use_fall_asleep():
    """Four bits in twelve pixels: the code needs few of its eight numbers."""
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(600, 4, generator=generator) > 0.5).float().repeat(1, 3)
    torch.manual_seed(0)
    model = models.VariationalAutoencoder((12, 32, 8))
    history = training.fit(model, x, epochs=60, batch_size=50, lr=5e-3, loss=elbo, progress=False)
    first, last = (sum(part) / 12 for part in (history.train_loss[:12], history.train_loss[-12:]))
    assert first == pytest.approx(12 * math.log(2), rel=0.1)
    # 4 bits at the least: no bound on −log p lies below the entropy of the images
    assert 4 * math.log(2) * 0.95 < last < 0.7 * first
    prices = kl_to_prior(*model.posterior(x)).mean(dim=0)
    assert prices.min() < 0.1 < prices.max()
    assert history.recipe.model == "VariationalAutoencoder, ReLU"


def test_it_works_in_the_notebook_whose_exercises_are_closed(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    assert small()(torch.rand(2, 12))[0].shape == (2, 12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: models.VariationalAutoencoder((12,)), ValueError, "at least two widths"),
        (lambda: models.VariationalAutoencoder((12, 0)), ValueError, "at least two widths >= 1"),
        (lambda: models.VariationalAutoencoder((12, 2.0)), TypeError, "widths|sizes"),
        (lambda: models.VariationalAutoencoder((12, 3, 2), nn.ReLU()), TypeError, "parentheses"),
        (lambda: small()(torch.rand(5, 11)), ValueError, r"x of shape \(5, 11\) .* takes 12"),
        (lambda: small().decode(torch.rand(5, 6)), ValueError, r"z of shape \(5, 6\) .* takes 3"),
        (lambda: small().encode(torch.rand(12)), ValueError, "unsqueeze"),
        (lambda: small().posterior(torch.ones(5, 12).int()), TypeError, "x must be a float tensor"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
