"""The benchmark of drawn images, on few images: what is drawn, and what is said of it."""

import statistics
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from few_samples import CODE, EPOCHS, few
from torch import distributions

from aeutils import generation, training
from benchmarks import samples
from benchmarks.samples import ADVERSARIAL, PLAIN


def test_losses_are_those_of_distributions():
    draw = torch.Generator().manual_seed(0)
    logits, x = torch.randn(30, 5, generator=draw), torch.rand(30, 5, generator=draw).round()
    z = 3 + torch.randn(30, 2, generator=draw)
    expected = -distributions.Bernoulli(logits=logits).log_prob(x).sum(dim=1).mean()
    torch.testing.assert_close(samples.cross_entropy(logits, x), expected)
    training.seed_everything(5)
    got = samples.kernel_loss((logits, z), x)
    training.seed_everything(5)
    apart = generation.mmd(z, torch.randn(30, 2))  # as many draws as codes
    torch.testing.assert_close(got, expected + samples.KERNEL * apart)


def test_the_kernel_sees_the_codes_that_are_decoded():
    training.seed_everything(0)
    model, x = samples.WithCode((6, 5, 2)), torch.rand(10, 6)
    logits, z = model(x)
    assert torch.equal(z, model.encode(x))
    assert torch.equal(logits, model.decode(z))


def test_what_no_recipe_notes_is_as_the_rows_say(monkeypatch):
    asked = []

    def note(*given, **how):
        asked.append(how)
        return training.History()

    monkeypatch.setattr(training, "fit", note)
    monkeypatch.setattr(training, "fit_adversarial", note)
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(20, 784, generator=draw)
    mean, log_var = torch.randn(2, 20, 3, generator=draw)
    for name, make in samples.generators(x, 0).items():
        make()
        if name.startswith("variational"):
            beta = 4.0 if "β = 4" in name else 1.0
            got = asked[-1]["loss"]((torch.zeros(20, 784), mean, log_var), x)
            expected = generation.negative_elbo(torch.zeros(20, 784), x, mean, log_var, beta)
            assert float(got) == float(expected)
    # the discriminator learns more slowly than what it judges
    assert asked[-1]["discriminator_lr"] == pytest.approx(asked[-1]["lr"] / 3)


@pytest.fixture(scope="module")
def made():
    x = few(60, 1).x_train.flatten(1)
    return x, {name: make() for name, make in samples.generators(x, 3, EPOCHS).items()}


@pytest.mark.parametrize("name", CODE)
def test_codes_are_drawn_from_the_prior_or_from_the_gaussian_of_training_codes(name, made):
    x, networks = made
    network = networks[name]
    with torch.no_grad():
        codes = network.encode(x)
        z = network.draw(40_000, torch.Generator().manual_seed(0))
        again = network.draw(40_000, torch.Generator().manual_seed(0))
        other = network.draw(40_000, torch.Generator().manual_seed(1))
        images = network.decode(z[:50])
    assert codes.shape == (60, CODE[name])
    assert torch.equal(z, again)
    assert not torch.equal(z, other)
    assert images.shape == (50, 784)
    assert 0 <= images.min() <= images.max() <= 1
    mean, covariance = np.zeros(CODE[name]), np.eye(CODE[name])
    if name == PLAIN:
        mean, covariance = codes.numpy().mean(axis=0), np.cov(codes.numpy().T)
    root = np.sqrt(np.diag(covariance))  # the unit of each number of the code
    assert np.abs((z.numpy().mean(axis=0) - mean) / root).max() < 0.03
    assert np.abs((np.cov(z.numpy().T) - covariance) / np.outer(root, root)).max() < 0.04


def test_a_gaussian_of_codes_is_not_the_prior(made):
    """Otherwise the test above could not tell one from the other."""
    x, networks = made
    with torch.no_grad():
        assert abs(float(networks[PLAIN].encode(x).std(dim=0).mean()) - 1) > 0.1


def test_networks_follow_their_seed():
    x = few(30, 1).x_train.flatten(1)

    def weights(name, seed):
        return samples.generators(x, seed, 1)[name]().model.encoder[0].weight

    for name in ("variational, 2", PLAIN, "kernel, 8", ADVERSARIAL):
        assert torch.equal(weights(name, 0), weights(name, 0))
        assert not torch.equal(weights(name, 0), weights(name, 1))


# ----------------------------------------------------------------------------------- the judge


def test_the_classifier_is_the_same_in_every_run():
    images = few(30, 10)
    first, second = (samples.Judge(images, epochs=1) for _ in range(2))
    assert torch.equal(first.model.last.weight, second.model.last.weight)


def test_what_is_said_of_images_is_what_other_computations_find(judge, monkeypatch):
    monkeypatch.setattr(samples, "FEW", 7)
    draw = torch.Generator().manual_seed(0)
    images, real = torch.rand(90, 784, generator=draw), judge.x_test
    got = judge.of_images(images, real)
    with torch.no_grad():
        a, b = (judge.model.features(rows).double().numpy() for rows in (images, real))
    # The trace of the root is the sum of the singular values of the one set times the other.
    (from_a, from_b), (n, m) = (rows - rows.mean(axis=0) for rows in (a, b)), (len(a), len(b))
    common = np.linalg.norm(from_a @ from_b.T, ord="nuc") / np.sqrt((n - 1) * (m - 1))
    spread = a.var(axis=0, ddof=1).sum() + b.var(axis=0, ddof=1).sum()
    apart = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() + spread - 2 * common
    assert got["frechet"] == pytest.approx(apart, rel=1e-4)
    each = [min(float((image - x).norm()) for x in judge.x) for image in images[:7]]
    assert got["nearest"] == pytest.approx(statistics.mean(each), rel=1e-5)
    with torch.no_grad():
        sure = judge.model(images[:7].reshape(-1, 1, 28, 28)).softmax(dim=1).amax(dim=1)
    assert got["sure"] == pytest.approx(float(sure.mean()), rel=1e-5)


def test_what_is_said_of_a_code_is_of_the_test_images(judge):
    images, where = judge.images, {}
    for rows, labels in ((judge.x, images.y_train), (judge.x_test, images.y_test)):
        where |= {row.numpy().tobytes(): y for row, y in zip(rows, labels.tolist(), strict=True)}

    def label(rows):  # a perfect code
        return torch.tensor([[10.0 * where[row.numpy().tobytes()]] for row in rows])

    grey = SimpleNamespace(encode=label, decode=lambda z: torch.full((len(z), 784), 0.25).logit())
    draw = torch.Generator().manual_seed(0)
    got = judge.of_code(samples.Generator(grey, None, None), draw)
    assert got["knn"] == 1
    flat, real = judge.features(torch.full((9, 784), 0.25)), judge.features(judge.x_test)
    assert got["rebuilt"] == pytest.approx(generation.frechet_distance(flat, real), rel=1e-3)
    assert got["gaussian"] == pytest.approx(got["rebuilt"], rel=1e-3)  # whatever the code, grey
    expected = ((judge.x_test.double().numpy() - 0.25) ** 2).sum(axis=1).mean()
    assert got["sse"] == pytest.approx(expected, rel=1e-5)
    silent = SimpleNamespace(encode=lambda rows: rows[:, :1] * 0, decode=grey.decode)
    assert judge.of_code(samples.Generator(silent, None, None), draw)["knn"] < 0.3


def test_controls_are_halves_of_the_test_images_copies_and_noise(judge, monkeypatch):
    given = []

    def note(images, real):
        given.append((images, real))
        return {}

    monkeypatch.setattr(judge, "of_images", note)
    assert list(samples.controls(judge, 0)) == [
        "test images, half against half",
        "training images",
        "noise",
    ]
    (half, other), (copies, real), (noise, same) = given
    bytes_of = lambda rows: sorted(row.numpy().tobytes() for row in rows)  # noqa: E731
    assert len(half) == len(other) == 60
    assert bytes_of(torch.cat([half, other])) == bytes_of(judge.x_test)
    assert real is same is judge.x_test
    # as many as are compared with, none twice
    assert len(copies) == len(noise) == len(judge.x_test)
    assert len(set(bytes_of(copies))) == len(copies)
    assert set(bytes_of(copies)) <= set(bytes_of(judge.x))
    assert 0 <= noise.min() < 0.01
    assert 0.99 < noise.max() <= 1
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.01)
    samples.controls(judge, 0)
    samples.controls(judge, 1)
    for i in range(3):
        assert torch.equal(given[i][0], given[i + 3][0])
        assert not torch.equal(given[i][0], given[i + 6][0])


def test_copies_win_two_columns_and_noise_is_far_from_everything(judge):
    found = samples.controls(judge, 0)
    assert found["training images"]["nearest"] == 0
    assert found["test images, half against half"]["nearest"] > 1
    assert found["noise"]["frechet"] > 3 * found["training images"]["frechet"]
    assert found["noise"]["nearest"] > 10
