"""The benchmark of the likelihood, on few small images: what is drawn, trained and bounded."""

import math
import statistics

import pytest
import torch
from torch import distributions, nn

from aeutils import data, models, training
from benchmarks import likelihood, results

CLASSES = tuple("abcdefghij")
ONE_UNIT = (6, 5, 1)  # so few numbers that the integral over the code can be computed


def few(n=90):
    """Grey images of 6 × 6 pixels."""
    x, y = torch.rand(n, 1, 6, 6, generator=torch.Generator().manual_seed(0)), torch.arange(n) % 10
    return data.Dataset("few", "small", x[:60], y[:60], x[60:], y[60:], CLASSES, "made up")


@pytest.fixture
def model():
    """A variational autoencoder of six pixels, with weights large enough to say something."""
    training.seed_everything(0)
    model = models.VariationalAutoencoder(ONE_UNIT, nn.Tanh).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
    return model


@pytest.fixture
def rows():
    """More binary images than are looked at together."""
    return torch.bernoulli(torch.full((70, 6), 0.4), generator=torch.Generator().manual_seed(1))


def integrals(model, rows):
    """Return −log p and the negative bound of rows, means in nats, by sums over a fine grid.

    No code is drawn: the densities of the code and the probabilities of the pixels are torch's.
    """
    grid = torch.linspace(-12, 12, 48_001, dtype=torch.float64)
    step = float(grid[1] - grid[0])
    with torch.no_grad():
        mean, log_var = (t.double() for t in model.posterior(rows))
        pixels = model.decode(grid[:, None].float()).double()
    log_x = torch.stack(
        [distributions.Bernoulli(logits=pixels).log_prob(x).sum(1) for x in rows.double()]
    )
    log_prior = distributions.Normal(0.0, 1.0).log_prob(grid)
    log_posterior = distributions.Normal(mean, (log_var / 2).exp()).log_prob(grid)
    log_p = (log_x + log_prior + math.log(step)).logsumexp(dim=1)
    elbo = (log_posterior.exp() * (log_x + log_prior - log_posterior) * step).sum(dim=1)
    return -float(log_p.mean()), -float(elbo.mean())


# ------------------------------------------------------------------------------ binary images


def test_a_pixel_is_one_with_the_probability_that_its_grey_value_names():
    grey = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    drawn = likelihood.binary(grey.expand(20_000, -1, -1, -1), 3)
    assert drawn.shape == (20_000, 36)
    assert set(drawn.unique().tolist()) == {0, 1}
    # 4.5 standard errors of the mean of 20,000 drawings, whose spread is at most a half
    torch.testing.assert_close(drawn.mean(dim=0), grey.flatten(), rtol=0, atol=0.016)
    black_and_white = (grey > 0.5).float()
    assert torch.equal(likelihood.binary(black_and_white, 3), black_and_white.flatten(1))


def test_drawings_come_from_their_seed_and_from_nothing_else():
    x = few().x_train
    before = torch.random.get_rng_state()
    once = likelihood.binary(x, 3)
    assert torch.equal(torch.random.get_rng_state(), before)
    training.seed_everything(99)
    assert torch.equal(likelihood.binary(x, 3), once)
    assert not torch.equal(likelihood.binary(x, 4), once)


# ----------------------------------------------------------------------------------- the bound


def test_many_draws_find_the_integral_and_one_finds_the_bound(model, rows):
    truth, bound = integrals(model, rows)
    assert bound - truth > 0.05  # otherwise one draw could pass for many
    assert likelihood.nll(model, rows, 2000) == pytest.approx(truth, abs=0.01)
    single = [likelihood.nll(model, rows, 1, seed) for seed in range(300)]
    error = statistics.stdev(single) / len(single) ** 0.5
    assert statistics.mean(single) == pytest.approx(bound, abs=4 * error)
    assert 4 * error < bound - truth


def test_draws_come_from_their_seed(model, rows):
    found = [likelihood.nll(model, rows, 3, seed) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_what_is_trained_is_the_bound_of_the_library(model, rows):
    with torch.no_grad():
        logits, mean, log_var = model(rows)  # in eval mode the code is the mean
    pixels = -distributions.Bernoulli(logits=logits).log_prob(rows).sum(dim=1)
    posterior = distributions.Normal(mean, (log_var / 2).exp())
    prior = distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    price = distributions.kl_divergence(posterior, prior).sum(dim=1)
    for beta in (1.0, 4.0):
        got = likelihood.negative_elbo((logits, mean, log_var), rows, beta)
        torch.testing.assert_close(got, (pixels + beta * price).mean())
    assert torch.equal(
        likelihood.negative_elbo((logits, mean, log_var), rows),
        likelihood.negative_elbo((logits, mean, log_var), rows, 1.0),
    )


def test_both_bounds_and_the_units_that_move_are_of_the_images_given(rows):
    training.seed_everything(1)
    wide = models.VariationalAutoencoder((6, 8, 5)).eval()
    with torch.no_grad():
        last = wide.encoder[-1]
        last.weight[:5] *= 10  # of the means
        last.weight[[1, 3]] = 0
    got = likelihood.measure(wide, rows)
    assert got["active units"] == 3
    assert got["importance weighted"] == likelihood.nll(wide, rows, likelihood.DRAWS)
    assert got["one draw"] == likelihood.nll(wide, rows, 1)
    assert got["importance weighted"] < got["one draw"]
    assert likelihood.measure(wide, rows[:1].expand(9, -1))["active units"] == 0


# --------------------------------------------------------------------------------- the training


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(likelihood, "SIZES", (36, 24, 3))
    monkeypatch.setattr(likelihood, "DRAWS", 20)


def test_training_lowers_the_bound_and_follows_its_seed(small):
    # one pixel decides half of the image, so there is something to learn
    rows = likelihood.binary(few().x_train, 3)
    rows[:, :18] = rows[:, :1]
    short, model = likelihood.train(rows, 0, epochs=1), likelihood.train(rows, 0, epochs=150)
    assert likelihood.nll(model, rows, 20) < likelihood.nll(short, rows, 20) - 3
    again, other = (likelihood.train(rows, seed, epochs=1) for seed in (0, 1))
    for a, b in zip(short.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(short.encoder[0].weight, other.encoder[0].weight)


def test_images_are_drawn_once_and_test_images_are_never_trained_on(small, monkeypatch, capsys):
    images, train, measure = few(), likelihood.train, likelihood.measure
    trained, measured = [], []

    def training_of(rows, seed):
        trained.append((rows, seed))
        return train(rows, seed, epochs=1)

    def measuring(model, test):
        measured.append(test)
        return measure(model, test)

    monkeypatch.setattr(likelihood, "train", training_of)
    monkeypatch.setattr(likelihood, "measure", measuring)
    new = likelihood.run(images)
    assert [seed for _, seed in trained] == likelihood.SEEDS
    # the training images by the seed that is told, the test images by the next one
    for rows, _ in trained:
        assert torch.equal(rows, likelihood.binary(images.x_train, likelihood.DRAWN_WITH))
    for test in measured:
        assert torch.equal(test, likelihood.binary(images.x_test, likelihood.DRAWN_WITH + 1))
    assert new["vae-nll"]["details"]["draws"] == 20
    assert capsys.readouterr().out.count("CPU-s") == 3


def test_entries_keep_medians_and_the_time_of_the_training_alone(monkeypatch, capsys):
    clock, seconds = [0.0], {0: 5.0, 1: 9.0, 2: 6.0}
    found = {
        seed: {"importance weighted": nll, "one draw": nll + 5 + seed, "active units": units}
        for seed, (nll, units) in enumerate(((91.0, 12), (88.0, 17), (89.5, 20)))
    }

    def train(rows, seed):
        clock[0] += seconds[seed]
        return seed

    def measure(model, test):
        clock[0] += 1000
        return found[model]

    monkeypatch.setattr(likelihood, "train", train)
    monkeypatch.setattr(likelihood, "measure", measure)
    monkeypatch.setattr(likelihood.time, "process_time", lambda: clock[0])
    new = likelihood.run(few())
    assert list(new) == [n for n, c in results.CLAIMS.items() if c.command == "likelihood"]
    bound, took = new["vae-nll"], new["vae-nll-time"]
    assert [bound["lowest"], bound["value"], bound["highest"]] == [88.0, 89.5, 91.0]
    assert bound["met"]
    details = bound["details"]
    assert details["of each seed"] == {str(seed): of for seed, of in found.items()}
    assert (details["importance weighted"], details["one draw"]) == (89.5, 96.0)
    assert details["active units"] == 17
    assert [took["lowest"], took["value"], took["highest"]] == [5.0, 6.0, 9.0]
    for kept in new.values():
        assert kept["seeds"] == likelihood.SEEDS
        assert (kept["number"], kept["over"], kept["threads"]) == (3, "seeds", 1)


def test_the_network_is_the_one_that_the_claim_names():
    text = results.CLAIMS["vae-nll"].text
    assert text.startswith("-".join(map(str, likelihood.SIZES)))
    assert f"{likelihood.EPOCHS} epochs" in text
    assert f"{likelihood.DRAWS} draws" in text
