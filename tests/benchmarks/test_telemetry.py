"""Elective B's table on few made-up channels: what is measured, on what, and what is kept."""

import math

import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from aeutils import anomalies
from aeutils.data import Channel
from benchmarks import recipes, results, telemetry

LENGTH = 160


def channel(name, period, seed=0):
    """A wave with a little noise; in the test half a stretch of it is flat."""
    draw = torch.Generator().manual_seed(seed)
    wave = torch.sin(2 * math.pi * torch.arange(2.0 * LENGTH) / period)
    wave = wave + 0.05 * torch.randn(2 * LENGTH, generator=draw)
    wrong = torch.arange(LENGTH) // 20 == 5
    test = wave[LENGTH:].clone()
    test[wrong] = 0.0
    return Channel(name, "SMAP", wave[:LENGTH], test, wrong)


CHANNELS = [channel("A", 16), channel("B", 25, 1)]


@pytest.fixture
def quick(monkeypatch):
    """Kernels of few windows, an epoch for the networks, and no folder."""
    monkeypatch.setattr(telemetry, "KERNEL_ROWS", 50)
    monkeypatch.setattr(telemetry, "RESAMPLES", 200)
    monkeypatch.setattr(telemetry.data, "load_telemetry", lambda: CHANNELS)
    fit = telemetry.training.fit

    def one_epoch(*given, **how):
        return fit(*given, **how | {"epochs": 1})

    monkeypatch.setattr(telemetry.train, "__defaults__", (one_epoch,))


def test_the_four_measures_are_those_of_other_computations():
    first = CHANNELS[0]
    scores = torch.rand(LENGTH, generator=torch.Generator().manual_seed(0))
    got = telemetry.judge(scores, first)
    assert got.auroc == pytest.approx(roc_auc_score(first.anomalous, scores))
    assert got.auprc == pytest.approx(average_precision_score(first.anomalous, scores))
    assert got.f1 == anomalies.best_f1(scores, first.anomalous)
    assert got.adjusted_f1 >= got.f1
    assert telemetry.judge(first.anomalous.float(), first) == (1, 1, 1, 1)


def test_every_closed_form_scores_every_point_of_the_test_half(monkeypatch):
    monkeypatch.setattr(telemetry, "KERNEL_ROWS", 50)
    found = telemetry.closed_form(CHANNELS[0])
    assert {f"{way}, {k}" for way in ("PCA", "kernel PCA") for k in telemetry.SIZES} < set(found)
    for scores in found.values():
        assert scores.shape == (LENGTH,)
        assert bool(torch.isfinite(scores).all())
    # a flat stretch of a wave: whoever knows the wave finds it
    for name in ("nearest window", "PCA, 2", "kernel PCA, 4"):
        assert telemetry.judge(found[name], CHANNELS[0]).auroc > 0.9
    before = telemetry.closed_form(CHANNELS[0])
    assert all(torch.equal(before[name], found[name]) for name in found)


def test_models_see_the_training_half_only(monkeypatch):
    seen = []

    def spy(model, rows, **how):
        seen.append(rows)
        return recipes.plan(model, rows, **how)

    monkeypatch.setattr(telemetry.train, "__defaults__", (spy,))
    first = CHANNELS[0]
    scores = telemetry.by_network(first, "autoencoder", 2, 0)
    assert scores.shape == (LENGTH,)
    scaled = (first.train - first.train.mean()) / first.train.std()
    assert torch.equal(seen[0], anomalies.windows(scaled, telemetry.WIDTH))


@pytest.mark.parametrize("name", telemetry.NETWORKS)
def test_a_plan_says_what_the_training_notes(name):
    rows = anomalies.windows(CHANNELS[0].train, telemetry.WIDTH)
    _, noted = telemetry.train(rows, name, 2, 1)
    _, planned = telemetry.train(rows, name, 2, 1, recipes.plan)
    assert noted.recipe == planned.recipe
    assert noted.recipe.images_seen == 10 * len(rows)


def test_planned_rows_are_those_that_are_trained():
    rows = telemetry.planned(CHANNELS)["telemetry-pca"]
    assert list(rows) == ["PCA", "kernel PCA", "nearest window", *telemetry.NETWORKS]
    windows = anomalies.windows(CHANNELS[0].train, telemetry.WIDTH)
    for name in telemetry.NETWORKS:
        made = [telemetry.train(windows, name, 4, s)[1].recipe for s in telemetry.SEEDS[:1]]
        assert rows[name].model == made[0].model
        assert rows[name].parameters == made[0].parameters
        assert rows[name].seeds.count("weights") == len(telemetry.SEEDS)
        assert rows[name].lr_chosen == telemetry.BY_HAND


def test_an_interval_holds_its_mean_and_shrinks_with_more_channels():
    draw = torch.Generator().manual_seed(1)
    few = torch.randn(20, generator=draw, dtype=torch.float64) + 3
    got = telemetry.interval(few)
    assert got["low"] < got["mean"] < got["high"]
    assert got["mean"] == pytest.approx(float(few.mean()), abs=1e-4)
    # about two standard errors to both sides
    wide = 2 * 1.96 * float(few.std(correction=0)) / 20**0.5
    assert got["high"] - got["low"] == pytest.approx(wide, rel=0.1)
    many = telemetry.interval(few.repeat(9))
    assert many["high"] - many["low"] < 0.5 * (got["high"] - got["low"])
    assert telemetry.interval(torch.ones(5)) == {"mean": 1, "low": 1, "high": 1}


def test_entries_keep_four_claims_and_what_they_are_made_of(quick, capsys):
    new = telemetry.run()
    assert set(new) == {f"telemetry-{what}" for what in ("pca", "kernel", "coin", "time")}
    assert set(new) <= set(results.CLAIMS)
    details = new["telemetry-pca"]["details"]
    assert details["channels"] == 2
    networks = [f"{name}, {k}" for name in telemetry.NETWORKS for k in telemetry.SIZES]
    assert set(networks) < set(details["table"])
    assert all(0 <= v <= 1 for row in details["table"].values() for v in row.values())
    assert set(details["seconds"]) == {"closed forms", *networks}
    assert list(new["telemetry-pca"]["recipes"]["rows"]) == list(
        telemetry.planned(CHANNELS)["telemetry-pca"]
    )
    assert capsys.readouterr().out.count("auprc") == len(networks)


def test_differences_are_means_over_channels_for_each_seed():
    """Scores of which the answer is known: AUPRC 0.5 of PCA, 0.6, 0.7 and 0.8 of the network."""

    def quality(*auprc):
        return [telemetry.Quality(0.5, v, 0.5, 0.9) for v in auprc]

    names = [f"{n}, {k}" for n in ("PCA", "kernel PCA") for k in telemetry.SIZES]
    found = {name: [quality(0.4, 0.6)] for name in ("random", "nearest window", *names)}
    for network in telemetry.NETWORKS:
        for k in telemetry.SIZES:
            found[f"{network}, {k}"] = [quality(0.5, 0.7), quality(0.6, 0.8), quality(0.7, 0.9)]
    seconds = {"closed forms": 5.0} | {f"{n}, {k}": k for n in telemetry.NETWORKS for k in (2, 4)}
    new = telemetry.entries(CHANNELS, found, seconds)
    gain = new["telemetry-pca"]
    assert [gain["lowest"], gain["value"], gain["highest"]] == pytest.approx([0.1, 0.2, 0.3])
    assert new["telemetry-kernel"]["value"] == pytest.approx(0.2)
    assert new["telemetry-coin"]["value"] == pytest.approx(0.9)
    assert new["telemetry-time"]["value"] == 5 + 4 + 4
    intervals = gain["details"]["auprc difference, 95 % interval"]
    assert intervals["autoencoder, 4, over PCA"]["mean"] == pytest.approx(0.2)
    assert intervals["PCA, 2, over PCA, 4"] == {"mean": 0, "low": 0, "high": 0}
    assert gain["details"]["table"]["autoencoder, 2"]["auprc"] == pytest.approx(0.7)
