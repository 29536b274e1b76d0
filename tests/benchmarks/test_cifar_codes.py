"""The encoder of photographs by patch words and contrast, on made-up photographs. Untimed."""

import pytest
import torch

from aeutils import data, training
from benchmarks import cifar_codes, patch_words, photograph_codes, recipes
from benchmarks.patch_words import PatchWords


@pytest.fixture(autouse=True)
def small(monkeypatch):
    sizes = {"SAMPLE": 2000, "WORDS": 64, "NEAREST": 3, "COORDINATES": 6, "CONTEXTS": 20}
    for name, value in sizes.items():
        monkeypatch.setattr(patch_words, name, value)
    for name, value in {"EPOCHS": 3, "BATCH_SIZE": 40, "HIDDEN": 40}.items():
        monkeypatch.setattr(photograph_codes, name, value)


@pytest.fixture(scope="module")
def photographs():
    """Stripes: the class is their direction, the place is chance."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(160) % 10
    angle = y * torch.pi / 10
    across, down = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="xy")
    phase = 6.3 * torch.rand(160, 1, 1, generator=generator)
    waves = angle.cos()[:, None, None] * across + angle.sin()[:, None, None] * down
    x = 0.5 + 0.3 * torch.sin(1.2 * waves + phase)[:, None].expand(-1, 3, -1, -1)
    x = x + 0.2 * torch.rand(160, 3, 32, 32, generator=generator)
    return data.Dataset(
        *("cifar10", "full", x[:100].clamp(0, 1), y[:100], x[100:].clamp(0, 1), y[100:]),
        *(data.CLASSES["cifar10"], "made up"),
    )


@pytest.mark.parametrize("side", patch_words.PARTS)
def test_words_are_white_and_described_alike(photographs, side):
    x = photographs.x_train
    words = PatchWords(x, side, 0)
    nearest = words.nearest(x)
    assert nearest.shape == (100, ((32 - side) // 2 + 1) ** 2, 3)
    assert 0 <= nearest.min() <= nearest.max() < 64
    assert torch.allclose(words.words.norm(dim=0), torch.ones(64), atol=1e-5)
    seen = words.describe(x)
    assert seen.shape == (100, 6 * 16)
    torch.testing.assert_close(seen, words.described)
    torch.testing.assert_close(words.describe(x[7:9]), seen[7:9], atol=1e-4, rtol=0)


def test_brightness_is_not_seen(photographs):
    words = PatchWords(photographs.x_train, 6, 0)
    seen, brighter = (words.nearest(photographs.x_test[:5] + c) for c in (0.0, 0.1))
    assert float((seen == brighter).double().mean()) > 0.99


def test_a_seed_gives_the_same_words(photographs):
    first, again, other = (PatchWords(photographs.x_train, 6, s) for s in (1, 1, 2))
    assert torch.equal(first.coordinates, again.coordinates)
    assert not torch.equal(first.words, other.words)


def test_without_learning_leaves_nothing_that_was_fitted(photographs):
    words = PatchWords(photographs.x_train, 6, 0)
    blind = patch_words.without_learning(words, photographs.x_train, 0)
    for name in ("filters", "words", "coordinates", "described"):
        assert getattr(blind, name).shape == getattr(words, name).shape
        assert not torch.equal(getattr(blind, name), getattr(words, name))
    assert blind.filters.mean(dim=(1, 2, 3)).abs().max() < 1e-6


def test_all_rows_are_measured_for_every_seed(photographs, monkeypatch, capsys):
    monkeypatch.setattr(cifar_codes, "SAMPLES", 2)
    found = cifar_codes.measure(photographs)
    details = found["cifar-all-ten"]["details"]
    rows = {"raw pixels", "PCA-32", "untrained", *cifar_codes.WORDS, "supervised"}
    assert set(details["controls"]) == rows
    assert set(found["cifar-all-ten"]["recipes"]["rows"]) == {*rows, "contrast"}
    assert len(details["by-seed"]) == len(cifar_codes.SEEDS) == found["cifar-knn"]["number"]
    assert details["controls"]["patch words"]["knn5"] > 0.3  # ten classes
    assert "kNN-5" in capsys.readouterr().out


def described(photographs):
    x = photographs.x_train
    return photograph_codes.Described([PatchWords(x, side, 0) for side in patch_words.PARTS], x, 0)


def test_codes_are_unit_vectors(photographs):
    seen = described(photographs)
    assert seen.seen.shape == (100, 4, 2 * 96)
    near = photograph_codes.friends(seen.seen[:, 0])
    model, recipe = photograph_codes.train(seen.seen, torch.arange(100), 0, near)
    encode = photograph_codes.Encoder(seen.seen[:, 0], model)
    z = encode(seen.describe(photographs.x_test))
    leading = photograph_codes.LEADING
    assert z.shape == (60, leading + 2 * 96 + 40)  # of fewer numbers all axes are kept
    assert torch.allclose(z.norm(dim=1), torch.ones(60), atol=1e-5)
    weight = z[:, :leading].norm(dim=1) ** 2
    torch.testing.assert_close(weight, torch.full((60,), photograph_codes.WEIGHT))
    spread = encode(seen.seen[:, 0]).var(dim=0)
    assert spread[0] / spread[8] > spread[leading] / spread[leading + 8] > 1  # stretched, and not
    assert recipe.images_seen == 2 * 3 * 100  # two views in three epochs
    assert recipe.data == "100 × 4 × 192"


def test_a_shorter_code_is_the_beginning_of_the_long_one(photographs):
    seen = described(photographs).seen[:, 0]
    z = photograph_codes.Encoder(seen, None)(seen)
    short = photograph_codes.shortened(z, 20)
    assert short.shape == (100, photograph_codes.LEADING + 20)
    assert torch.allclose(short.norm(dim=1), torch.ones(100), atol=1e-5)
    scale = short[:, -1:] / z[:, photograph_codes.LEADING + 19, None]
    torch.testing.assert_close(
        short[:, photograph_codes.LEADING :],
        scale * z[:, photograph_codes.LEADING : photograph_codes.LEADING + 20],
        atol=1e-4,
        rtol=1e-3,
    )


def test_friends_are_near_and_never_oneself():
    angle = torch.linspace(0, 6.2, 40)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    near = photograph_codes.friends(circle.half())
    steps = (near - torch.arange(40)[:, None]).abs()
    assert near.shape == (40, photograph_codes.FRIENDS)
    assert steps.min() >= 1
    assert torch.minimum(steps, 40 - steps).max() <= 6


def test_a_friend_takes_the_place_of_every_second_view(photographs, monkeypatch):
    seen = torch.arange(100.0)[:, None, None].expand(-1, 4, 3).half()
    given = []

    def fit(model, x, labels, loss, *, augment, **how):
        given.append(augment(x))
        return training.History(recipe=recipes.plan(model, x, epochs=1).recipe)

    monkeypatch.setattr(photograph_codes, "fit_encoder", fit)
    photograph_codes.train(seen, torch.arange(100), 0, torch.arange(100)[:, None] // 2)
    first, second = given[0][:, 0].split(100)
    assert torch.equal(first, torch.arange(100.0))
    other = second != first
    assert torch.equal(second[other], torch.arange(100.0)[other] // 2)
    assert 30 < int(other.sum()) < 70
