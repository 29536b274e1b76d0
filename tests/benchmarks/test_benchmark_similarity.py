"""The benchmark of the class-similarity table on a slice of the embedded digits. Untimed."""

import pytest
import torch

from aeutils import data, pca
from benchmarks import cifar_table, contrast, similarity
from benchmarks.similarity import Recipe

TINY, USELESS = Recipe(0.004, 0.01), Recipe(1e-9, 0.01)


@pytest.fixture(scope="module")
def few():
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:400], mnist.y_train[:400]),
        *(mnist.x_test[:200], mnist.y_test[:200], mnist.classes, "a slice"),
    )


def test_look_counts_classes_above_the_essay(few, monkeypatch):
    monkeypatch.setattr(similarity, "SAMPLES", 5)
    digits = few.flat()
    perfect = torch.eye(10)
    codes = {
        len(digits.x_train): perfect[digits.y_train],
        len(digits.x_test): perfect[digits.y_test],
    }
    labels = digits.y_train, digits.y_test
    best = similarity.look(lambda x: codes[len(x)], digits, *labels)
    assert best["all_ten"] == 1
    assert best["classes-above"] == 10
    assert best["ratios"] == [2.0] * 10  # same 1, diff (1 + 0) / 2
    assert best["knn5"] == best["pair-auc"] == 1
    raw = similarity.look(lambda x: x, digits, *labels)
    assert raw["all_ten"] == 0
    assert 1 < raw["mean-ratio"] < raw["mean-ratio-centred"]


def test_controls_are_ordered_as_the_lesson_says(few, monkeypatch):
    monkeypatch.setattr(similarity, "SAMPLES", 5)
    found = similarity.controls(few.flat())
    assert found["PCA-2"]["mean-ratio"] > found["PCA-32"]["mean-ratio"]
    assert found["PCA-2"]["knn5"] < found["PCA-32"]["knn5"]
    assert found["untrained"]["mean-ratio"] < 1.05 < found["untrained"]["mean-ratio-centred"]
    assert found["shuffled labels (PCA-32)"]["pair-auc"] == pytest.approx(0.5, abs=0.03)


def test_choice_sees_no_label_and_no_test_image(few, monkeypatch, capsys):
    monkeypatch.setattr(similarity, "VALIDATION_IMAGES", 100)
    monkeypatch.setattr(similarity, "SAMPLES", 3)
    monkeypatch.setattr(similarity, "EPOCHS", 1)
    seen, train = [], similarity.train

    def spy(x, recipe, seed, epochs=2):
        seen.append((len(x), recipe, seed))
        return train(x, recipe, seed, epochs)

    monkeypatch.setattr(similarity, "train", spy)
    found = similarity.run(few, [USELESS, TINY])
    assert seen[:2] == [(300, USELESS, 0), (300, TINY, 0)]
    assert seen[2:] == [(400, TINY, s) for s in similarity.SEEDS]
    assert set(found) == {"table-all-ten", "table-knn", "table-training"}
    assert found["table-all-ten"]["details"]["chosen"] == str(TINY)
    assert found["table-knn"]["number"] == 3
    assert "chosen: lr 0.004" in capsys.readouterr().out


def test_the_start_is_pca(few):
    x = few.flat().x_train
    model, _ = similarity.train(x, USELESS, 0, epochs=1)
    axes = pca.PCA(32).fit(x)
    torch.testing.assert_close(model.down.weight, axes.components_, atol=1e-4, rtol=0)


def test_speed_is_measured_on_equal_tables(monkeypatch):
    monkeypatch.setattr(similarity, "REPEATS", 3)
    found = similarity.run_speed()
    assert found["table-speed"]["details"]["largest-difference"] <= 1e-12
    assert found["table-seconds"]["number"] == 7


@pytest.fixture(scope="module")
def photographs():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(160) % 10
    x = 0.5 * torch.rand(160, 3, 32, 32, generator=generator)
    x[torch.arange(160), :, 3 * y, :] += 0.3  # one line of every class is brighter
    return data.Dataset(
        *("cifar10", "full", x[:100].flatten(1), y[:100], x[100:].flatten(1), y[100:]),
        *(data.CLASSES["cifar10"], "made up"),
    )


def test_the_essays_ships_are_worth_a_fifth_renormalised():
    assert pytest.approx(1.225, abs=1e-3) == cifar_table.ESSAY[cifar_table.SHIPS]
    assert min(cifar_table.SAME) < (1 - 1 / 99) / 2  # so they cannot have been renormalised


def test_cifar_table_measures_controls_and_seeds(photographs, monkeypatch, capsys):
    for name, value in {"SAMPLES": 2, "SIZES": (3072, 16, 32)}.items():
        monkeypatch.setattr(cifar_table, name, value)
    monkeypatch.setattr(contrast, "EPOCHS", 1)
    found = cifar_table.measure(photographs)["cifar-classes"]
    details = found["details"]
    trained = {"autoencoder", "contrast alone"}
    assert set(details["controls"]) == {"raw pixels", "PCA-2", "PCA-32", "untrained"} | trained
    assert len(details["by-seed"]) == found["number"] == 3
    raw = details["controls"]["raw pixels"]
    assert raw["same"][0] > raw["diff"][0]
    expected = (1 + raw["same"][0]) / (1 + raw["diff"][0])
    assert raw["ratios-renormalised"][0] == pytest.approx(expected, abs=2e-3)
    assert "classes above" in capsys.readouterr().out


def test_two_views_show_the_same_photograph_differently():
    x = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(0)
    first, second = contrast.view(x, generator), contrast.view(x, generator)
    assert first.shape == x.shape
    assert not torch.equal(first, second)
    grey = (first.std(dim=1) < 1e-6).flatten(1).all(dim=1)
    assert 3 <= int(grey.sum()) <= 24  # a fifth of them
    alike = contrast.view(torch.full((8, 3, 32, 32), 0.5), generator)
    assert alike.flatten(2).std(dim=2).max() < 1e-6  # a crop of one colour has one colour


def test_contrast_brings_the_views_of_a_photograph_together(monkeypatch):
    monkeypatch.setattr(contrast, "EPOCHS", 20)
    monkeypatch.setattr(contrast, "BATCH_SIZE", 50)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(100, 3, 4, 4, generator=generator)
    x = x.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)

    def margin(model):
        generator = torch.Generator().manual_seed(1)
        a, b = (model.encode(contrast.view(x, generator).flatten(1)) for _ in range(2))
        likeness = a @ b.T
        return float(likeness.diag().mean() - likeness.mean())

    torch.manual_seed(0)
    untrained = contrast.ContrastEncoder(x).eval()
    trained, _ = contrast.train(x.flatten(1), 0, 0.5)
    assert torch.allclose(trained.encode(x.flatten(1)).norm(dim=1), torch.ones(100), atol=1e-5)
    assert margin(trained) > margin(untrained) + 0.1


def test_averaged_codes_are_means_of_the_nearest(monkeypatch):
    monkeypatch.setattr(contrast, "NEIGHBOURS", 2)
    store = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [1, 0.2], [0, 1], [-1, 0]]))
    found = contrast.averaged(lambda x: x, store)(torch.tensor([[1.0, 0.0], [0.6, 0.8]]))
    expected = torch.stack([store[0] + store[1], store[1] + store[2]])
    assert torch.allclose(found, torch.nn.functional.normalize(expected))


def test_cifar_table_says_what_is_missing(monkeypatch):
    def nothing(name, size):
        raise data.DataUnavailableError("no network")

    monkeypatch.setattr(cifar_table.data, "load", nothing)
    with pytest.raises(SystemExit, match="nothing was measured"):
        cifar_table.run()
