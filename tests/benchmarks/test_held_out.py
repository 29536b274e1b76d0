"""The benchmark of classes held out, on few made-up images: nothing of the class is learnt from."""

import pytest
import torch
from sklearn.metrics import roc_auc_score

from aeutils import data
from aeutils.data import Dataset
from benchmarks import held_out, recipes, results

CLASSES = tuple("abcdefghij")


def few(n=120):
    """Images of ten classes whose first pixel tells which."""
    draw = torch.Generator().manual_seed(0)
    x, y = torch.rand(n, 1, 8, 8, generator=draw), torch.arange(n) % 10
    x[:, 0, 0, 0] = y / 10
    return Dataset("few", "small", x[:80], y[:80], x[80:], y[80:], CLASSES, "made up")


@pytest.fixture
def images(monkeypatch):
    monkeypatch.setattr(held_out, "SIZES", (64, 12, 4))
    return few()


def test_nothing_of_the_class_is_trained_on_nor_expected_of(images, monkeypatch):
    trained, kept = [], []
    train, correct = held_out.train, held_out.anomalies.corrected_errors

    def spy(rows, seed, **how):
        trained.append(rows)
        return train(rows, seed, **how)

    def watched(errors, features, normal_errors, normal_features):
        kept.append((normal_errors, normal_features))
        return correct(errors, features, normal_errors, normal_features)

    monkeypatch.setattr(held_out, "train", spy)
    monkeypatch.setattr(held_out.anomalies, "corrected_errors", watched)
    held_out.scores(images, 3, seed=0)
    (rows,), ((errors, features),) = trained, kept
    seen = {round(float(v) * 10) for v in rows[:, 0]}
    assert seen == set(range(10)) - {3}
    assert len(rows) + len(errors) == int((images.y_train != 3).sum())
    assert len(errors) == len(features) == 72 // 5
    # what is expected is fitted on images that the network did not see
    normal = images.x_train[images.y_train != 3]
    own = {row.numpy().tobytes() for row in rows}
    others = torch.stack([x for x in normal if x.flatten().numpy().tobytes() not in own])
    torch.testing.assert_close(
        held_out.anomalies.fine_detail(others).sort(dim=0).values, features.sort(dim=0).values
    )


def test_scores_are_of_every_test_image_and_follow_the_seed(images):
    first, again, other = (held_out.scores(images, 0, seed) for seed in (0, 0, 1))
    assert set(first) == {"plain", "corrected", "detail alone"}
    for way, values in first.items():
        assert values.shape == (len(images.x_test),)
        assert torch.equal(values, again[way])
    assert not torch.equal(first["plain"], other["plain"])
    assert bool((first["plain"] > 0).all())
    assert bool((first["corrected"] > 0).all())


def test_a_plan_says_what_the_training_notes(images):
    rows = images.x_train[images.y_train != 0].flatten(1)
    planned = held_out.planned(rows, "held-out-digits")["held-out-digits"]
    row = planned["without the first class"]
    fifth = len(rows) // 5
    noted = [held_out.train(rows[fifth:], seed)[1].recipe for seed in held_out.SEEDS]
    assert row == recipes.over_seeds(noted).with_rate_chosen(held_out.BY_HAND)
    assert planned["detail alone"] == recipes.NOT_TRAINED
    assert row.images_seen == 3 * (len(rows) - fifth)


def test_entries_keep_the_least_area_of_ten_classes(images, monkeypatch, capsys):
    monkeypatch.setattr(held_out.data, "load", lambda name, size: images)
    drawn = {}

    def scores(images, out, seed, epochs):
        draw = torch.Generator().manual_seed(1000 * epochs + 10 * seed + out)
        values = torch.rand(len(images.y_test), generator=draw)
        drawn[epochs, seed, out] = roc_auc_score(images.y_test == out, values)
        return dict.fromkeys(("plain", "corrected", "detail alone"), values)

    monkeypatch.setattr(held_out, "scores", scores)
    new = held_out.run()
    assert set(new) == set(held_out.SETS.values()) <= set(results.CLAIMS)
    least = [min(drawn[3, seed, out] for out in range(10)) for seed in held_out.SEEDS]
    for name, claim in held_out.SETS.items():
        got = new[claim]
        assert [got["lowest"], got["value"], got["highest"]] == pytest.approx(
            sorted(least), abs=1e-5
        )
        table = got["details"]["auroc"]["corrected"]
        few = got["details"]["embedded"]["auroc"]["corrected"]  # longer, of the embedded images
        for areas, epochs in ((table, 3), (few, held_out.EPOCHS_OF_FEW)):
            first = sorted(drawn[epochs, seed, 0] for seed in held_out.SEEDS)[1]
            assert next(iter(areas.values())) == pytest.approx(first, abs=1e-4)
        assert len(table) == len(data.CLASSES[name]) == 10
        assert got["details"]["least"]["corrected"] == min(table.values())
        assert "detail alone" in got["recipes"]["rows"]
    assert capsys.readouterr().out.count("corrected:") == 4 * len(held_out.SEEDS)
