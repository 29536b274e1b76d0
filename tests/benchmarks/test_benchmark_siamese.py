"""The benchmarks of week 7 on tiny inputs: who chooses, who is left out, what is recorded."""

import pytest
import torch

from aeutils import data
from benchmarks import knn, siamese
from benchmarks.siamese import Recipe

TINY = Recipe("supervised contrastive", False, 0.003)
USELESS = Recipe("all pairs", False, 1e-9)


@pytest.fixture(scope="module")
def few():
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:600], mnist.y_train[:600]),
        *(mnist.x_test[:100], mnist.y_test[:100], mnist.classes, "a slice"),
    )


def test_choice_uses_held_out_training_images_only(few, monkeypatch, capsys):
    for name, value in {"VALIDATION_IMAGES": 150, "SHORT": 3, "LONG": 4}.items():
        monkeypatch.setattr(siamese, name, value)
    seen, train = [], siamese.train

    def spy(x, y, recipe, seed, epochs):
        seen.append((len(x), recipe, seed, epochs))
        return train(x, y, recipe, seed, epochs)

    monkeypatch.setattr(siamese, "train", spy)
    found = siamese.run(few, [USELESS, TINY])
    assert seen[:2] == [(450, USELESS, 0, 3), (450, TINY, 0, 3)]
    assert seen[2:5] == [(600, TINY, seed, 3) for seed in siamese.SEEDS]
    assert seen[5:] == [(600, TINY, seed, 4) for seed in siamese.SEEDS]
    assert list(found) == [
        *("siamese-short", "siamese-short-time", "siamese-long", "siamese-long-time")
    ]
    details = found["siamese-short"]["details"]
    assert details["controls"]["raw pixels"] > details["controls"]["untrained"] - 0.1
    assert found["siamese-long"]["value"] > 0.6
    assert "chosen: supervised contrastive" in capsys.readouterr().out


def test_labels_are_drawn_evenly(few):
    told = siamese.draw_labels(few.y_train, seed=3, n=50)
    known = told[told >= 0]
    assert torch.bincount(known).tolist() == [5] * 10
    assert torch.equal(known, few.y_train[told >= 0])


def test_propagation_beats_the_nearest_label_and_knows_no_other(few):
    x = few.flat()
    y = few.y_train.clone()
    first = siamese.few_labels(x.x_train, y, x.x_test, few.y_test, 5, 0.99, range(2))
    assert 0.4 < first["1-NN"] < first["propagated"] + 0.05
    # labels that were not drawn may say what they like
    told = siamese.draw_labels(y, 0) >= 0
    wrong = torch.where(told, y, (y + 1) % 10)
    kept = siamese.draw_labels
    drawn = kept(y, 0)
    try:
        siamese.draw_labels = lambda labels, seed, n=100: drawn
        other = siamese.few_labels(x.x_train, wrong, x.x_test, few.y_test, 5, 0.99, [0])
        same = siamese.few_labels(x.x_train, y, x.x_test, few.y_test, 5, 0.99, [0])
    finally:
        siamese.draw_labels = kept
    assert other == same


def test_hundred_labels_needs_the_recorded_recipe(few, monkeypatch):
    monkeypatch.setattr(siamese.results, "read", dict)
    with pytest.raises(SystemExit, match="figures similarity"):
        siamese.run_hundred(few)


def test_hundred_labels_records_its_controls(few, monkeypatch):
    monkeypatch.setattr(siamese.similarity, "EPOCHS", 1)
    for name, value in {"VALIDATION_IMAGES": 150, "NEIGHBOURS": (5,), "DRAWS": 2}.items():
        monkeypatch.setattr(siamese, name, value)
    train = siamese.similarity.train
    monkeypatch.setattr(siamese.similarity, "SIZES", (784, 32))
    monkeypatch.setattr(siamese.similarity, "train", lambda *how: train(*how, epochs=1))
    found = siamese.run_hundred(few)["hundred-labels"]
    assert list(found["recipes"]["rows"]) == ["raw pixels", "PCA-32", "jittered"]
    assert found["number"] == 3
    assert set(found["details"]["controls"]) == {"PCA-32", "raw pixels, 1-NN"}


def test_searches_must_agree(monkeypatch):
    found = knn.run(store=3000, queries=60, repeats=2)
    assert found["knn-speed"]["number"] == 2
    assert found["knn-memory"]["unit"] == "MB"
    monkeypatch.setattr(
        knn, "search", lambda store, queries, k: torch.zeros(len(queries), k).long()
    )
    with pytest.raises(SystemExit, match="different neighbours"):
        knn.run(store=3000, queries=60, repeats=1)
