"""Transfer, clusters and the accelerator's benchmark, on few made-up images."""

import numpy as np
import pytest
import torch
from torch import nn

from aeutils import data
from aeutils.data import Dataset
from benchmarks import accelerator, clusters, hinton, pretraining, recipes, results, transfer


def images(n, side=28, channels=1, seed=0):
    """Images whose brightness tells the class."""
    draw = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 10
    x = torch.rand(n, channels, side, side, generator=draw) / 4 + y[:, None, None, None] / 14
    return x, y


@pytest.fixture
def few(monkeypatch):
    """Return few photographs, and few settings to choose among."""
    monkeypatch.setattr(transfer, "PER_CLASS", (1, 3))
    monkeypatch.setattr(transfer, "HELD_OUT", 20)
    monkeypatch.setattr(transfer, "EPOCHS", 1)
    monkeypatch.setattr(transfer, "DRAWS", 3)
    monkeypatch.setattr(transfer, "GRID", [transfer.Setting(0.004, 4), transfer.Setting(0.01, 8)])
    monkeypatch.setattr(transfer, "HEADS", [transfer.Setting(0.05, 20)])
    (x, y), (x_test, y_test) = images(120), images(40, seed=1)
    shown = pretraining.photographs(x), pretraining.photographs(x_test)
    return transfer.Images(shown[0], y, shown[1], y_test)


def test_photographs_stand_in_the_middle_of_32_pixels():
    x = pretraining.photographs(torch.ones(2, 1, 28, 28))
    assert x.shape == (2, 3, 32, 32)
    assert float(x.sum()) == 2 * 3 * 28 * 28
    assert torch.equal(x, x.flip(2))
    assert torch.equal(x, x.flip(3))


def test_all_encoders_have_the_same_shape_and_first_weights():
    x = pretraining.photographs(images(30)[0])
    made = pretraining.encoders(x, 0, epochs=1)
    sizes = [[p.shape for p in encoder.parameters()] for encoder, _ in made.values()]
    assert sizes[0] == sizes[1] == sizes[2]
    assert pretraining.codes_of(made[pretraining.CONTRAST][0], x).shape == (30, pretraining.CODE)
    torch.manual_seed(0)
    first = pretraining.PhotoAutoencoder().encoder
    torch.manual_seed(0)
    assert torch.equal(first[0].weight, pretraining.encoder()[0].weight)


@pytest.mark.parametrize("make", [pretraining.autoencoder, pretraining.contrasted])
def test_a_plan_says_what_the_training_notes(make):
    x = pretraining.photographs(images(30)[0])
    plan = recipes.plan if make is pretraining.autoencoder else recipes.plan_encoder
    assert make(x, 1, 2)[1] == make(x, 1, 2, fit=plan)[1]


def test_labels_are_drawn_from_every_class_and_follow_the_seed():
    _, y = images(120)
    rows = transfer.draw_labels(y, 3, seed=0)
    assert torch.bincount(y[rows]).tolist() == [3] * 10
    assert torch.equal(rows, transfer.draw_labels(y, 3, seed=0))
    assert not torch.equal(rows, transfer.draw_labels(y, 3, seed=1))


def test_a_frozen_encoder_is_the_same_after_training():
    torch.manual_seed(0)
    encoder, (x, y) = pretraining.encoder(), images(30)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    setting = transfer.Setting(0.01, 5)
    for way, train in transfer.ways({"e": encoder}).items():
        model = train(pretraining.photographs(x), y, setting, 0)
        assert not model.training
        inside = model[0].module if way == "e, frozen" else model[0]
        same = all(torch.equal(v, before[n]) for n, v in inside.state_dict().items())
        assert same == (way == "e, frozen")
        assert all(torch.equal(v, before[n]) for n, v in encoder.state_dict().items())


def test_gains_are_of_the_same_labels_and_come_with_intervals(few):
    found, rows = transfer.gains(few)
    assert set(rows) == {pretraining.AUTOENCODER, pretraining.DENOISING, pretraining.CONTRAST}
    told = transfer.details(found)
    assert set(told["labels a class"]) == {"1", "3"}
    way = f"{pretraining.CONTRAST}, fine-tuned"
    of = told["labels a class"]["1"][way]
    gains = transfer.differences(found["right"][1], way)
    assert len(gains) == len(transfer.SEEDS) * transfer.DRAWS
    assert of["low"] <= of["gain"] <= of["high"]
    assert of["gain"] == pytest.approx(sum(gains) / len(gains), abs=1e-4)
    assert results.CLAIMS["transfer-fashion"].command == "transfer"


def test_the_interval_is_that_of_students_t():
    from scipy.stats import t

    values = [0.01, 0.03, -0.01, 0.02, 0.05]
    low, high = t.interval(0.95, 4, np.mean(values), np.std(values, ddof=1) / 5**0.5)
    found = transfer.interval(values)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-4)


def test_cifar_comes_from_the_file_that_the_variable_names(tmp_path, monkeypatch):
    monkeypatch.delenv(transfer.PLACE, raising=False)
    assert transfer.cifar() is None
    x = np.arange(2 * 32 * 32 * 3, dtype=np.uint8).reshape(2, 32, 32, 3)
    file, y = tmp_path / "photographs.npz", np.array([3, 4], np.uint8)
    np.savez(file, x_train=x, y_train=y, x_test=x, y_test=y)
    monkeypatch.setenv(transfer.PLACE, str(file))
    found = transfer.cifar()
    assert found.x_train.shape == (2, 3, 32, 32)
    assert float(found.x_train[0, 1, 0, 2]) == pytest.approx(x[0, 0, 2, 1] / 255)
    assert found.y_test.tolist() == [3, 4]


def test_without_fashion_nothing_is_measured(monkeypatch):
    def missing(*_, **__):
        raise data.DataUnavailableError("no network")

    monkeypatch.setattr(transfer.data, "load", missing)
    with pytest.raises(SystemExit, match="Fashion-MNIST, so nothing was measured"):
        transfer.run()


def test_without_its_file_cifar_is_not_measured(few, monkeypatch, capsys):
    monkeypatch.delenv(transfer.PLACE, raising=False)
    monkeypatch.setattr(transfer, "fashion", lambda: few)
    monkeypatch.setattr(transfer, "SEEDS", [0, 1])
    assert set(transfer.run()) == {"transfer-fashion", "transfer-fashion-many"}
    assert "so CIFAR-10 was not measured" in capsys.readouterr().out


def test_clusters_of_few_digits(monkeypatch):
    monkeypatch.setattr(clusters, "SEEDS", [0, 1])
    monkeypatch.setattr(clusters, "IMAGES", 60)
    monkeypatch.setattr(clusters, "EPOCHS", 1)
    (x, y), (x_test, y_test) = images(80), images(60, seed=1)
    digits = Dataset("few", "full", x, y, x_test, y_test, tuple("0123456789"), "made up")
    table = clusters.run(digits)
    assert len(table) == 6
    assert table["raw pixels"]["rand"] > 0.9  # brightness is all that differs


def test_without_a_device_the_benchmark_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert accelerator.main() == 0
    assert capsys.readouterr().out == "There is no CUDA device here, so nothing was measured.\n"


def test_hintons_network_trains_where_its_images_are():
    x = images(60)[0].flatten(1)
    found = accelerator.hinton_on(x, x, 1, (0,), (784, 12, 5))
    assert set(found) == {"test error", "seconds"}
    assert found["test error"] > 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_speed_on_a_device(monkeypatch):
    monkeypatch.setattr(accelerator, "REPEATS", 1)
    found = accelerator.speed(torch.rand(512, 784, device="cuda"), 256, epochs=2)
    assert found["ordinary"] > 0
    assert found["times as fast"] > 0


def test_hintons_network_may_be_recorded():
    from aeutils import losses
    from aeutils.training.graph_step import is_replayable

    model = hinton.SkipAutoencoder(images(60)[0].flatten(1), (784, 12, 5))
    assert is_replayable(model, losses.hinge_mse)
    assert not is_replayable(nn.Sequential(pretraining.PhotoAutoencoder()), losses.mse)
