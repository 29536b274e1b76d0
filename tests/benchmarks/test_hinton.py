"""The benchmarks of week 3 on tiny inputs. Untimed."""

import math

import pytest
import torch

from aeutils import data, pca
from aeutils.compression import SymbolModel, arithmetic_coder, quantise
from benchmarks import compression, hinton

SIZES = (784, 16, 5)


@pytest.fixture(scope="module")
def few():
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:150], mnist.y_train[:150]),
        *(mnist.x_test[:40], mnist.y_test[:40], mnist.classes, "a slice"),
    )


@pytest.fixture(scope="module")
def model(few):
    recipe = hinton.Recipe(0.002, 0.1)
    return hinton.train(few.flat().x_train, recipe, seed=0, epochs=5, sizes=SIZES)[0]


def test_linear_paths_start_as_pca(few):
    x = few.flat().x_train
    torch.manual_seed(0)
    fresh = hinton.SkipAutoencoder(x, SIZES)
    with torch.no_grad():
        for half in (fresh.encoder, fresh.decoder):
            for p in half.parameters():
                p.zero_()
    torch.testing.assert_close(fresh(x), pca.PCA(5).fit(x).reconstruct(x), rtol=1e-3, atol=1e-4)


def test_nothing_passes_by_the_code(model, few):
    x = few.flat().x_test[:1].double()
    jacobian = torch.autograd.functional.jacobian(model.double(), x).reshape(784, 784)
    values = torch.linalg.svdvals(jacobian)
    model.float()
    assert values[4] > 1e-6
    assert values[5] < 1e-10 * values[0]


def test_choice_holds_training_images_out(few, monkeypatch):
    x, seen = few.flat().x_train, []

    def spy(x_fit, recipe, seed, epochs):
        seen.append({row.numpy().tobytes() for row in x_fit})
        good = 0.5 if recipe is hinton.GRID[1] else 0.0
        return (lambda rows: good * rows), None

    monkeypatch.setattr(hinton, "train", spy)
    best, errors = hinton.choose(x, hinton.GRID[:2], 50, epochs=1)
    assert best == hinton.GRID[1]
    assert [len(s) for s in seen] == [100, 100]
    assert seen[0] == seen[1]
    held_out = [row for row in x if row.numpy().tobytes() not in seen[0]]
    by_hand = float(torch.stack(held_out).square().sum(1).mean())
    assert errors[hinton.GRID[0]] == pytest.approx(by_hand, rel=1e-5)


def test_a_fine_step_costs_bits_and_reaches_the_unrounded_error(few):
    x_train, x_test = few.flat().x_train, few.flat().x_test
    axes = pca.PCA(20).fit(x_train)
    rates, errors = compression.sweep(
        axes.encode, axes.inverse_transform, x_train, x_test, (0.01, 0.5, 2.0)
    )
    assert rates[0] > rates[1] > rates[2]
    z = axes.encode(x_test)
    low, high = axes.encode(x_train).min(0).values, axes.encode(x_train).max(0).values
    plain = axes.inverse_transform(z.clamp(low, high)).clamp(0, 1)
    assert errors[0] == pytest.approx(float((plain - x_test).square().sum(1).mean()), rel=0.01)


def test_written_bytes_are_counted(few, monkeypatch):
    monkeypatch.setattr(compression, "CODED", 25)
    x_train, x_test = few.flat().x_train, few.flat().x_test
    axes = pca.PCA(6).fit(x_train)
    found = compression.written(axes.encode, x_train, x_test, 0.5)
    table = SymbolModel(quantise(axes.encode(x_train), 0.5))
    message = arithmetic_coder.encode(quantise(axes.encode(x_test[:25]), 0.5), table)
    assert found["range-coder"] == pytest.approx(8 * len(message) / 25 / 784, abs=1e-5)
    assert found["ideal"] <= found["range-coder"] < found["ideal"] + 16 / 25 / 784
    assert found["zlib"] > found["ideal"]


def test_the_table_names_every_coder_at_every_error(few, model, monkeypatch, capsys):
    monkeypatch.setattr(compression, "CODED", 20)
    monkeypatch.setattr(compression, "QUALITIES", (1, 50, 95))
    result = compression.measure(
        few, [model], [0], {"PCA-30": "formula", "ours": "trained"}, (0.5, 2.0)
    )
    result = result["compression-gain"]
    assert list(result["recipes"]["rows"]) == ["JPEG", "PCA", "ours"]
    table = result["details"]["bits-per-pixel"]
    assert list(table) == [f"sse {t:g}" for t in compression.TARGETS]
    for row in table.values():
        assert list(row) == ["autoencoder", "pca", "jpeg-scan", "jpeg-mosaic", "jpeg-whole-file"]
        assert row["jpeg-scan"] < row["jpeg-whole-file"]
        assert row["autoencoder"] == "not reached"  # five numbers from 150 images
    assert compression.finite(math.inf) == "not reached"
    assert "bits per pixel" in capsys.readouterr().out
