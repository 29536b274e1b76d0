"""The benchmark of drawn images: one whole run, what it trained on and what it kept."""

import pytest
import torch
from few_samples import CODE, EPOCHS

from aeutils import models
from benchmarks import recipes, results, samples, tables
from benchmarks.samples import ADVERSARIAL, PLAIN, VARIATIONAL


def test_no_test_image_is_trained_on(whole):
    x = whole.images.x_train
    networks = len(samples.SEEDS) * len(CODE)
    assert len(whole.trained) == networks + 2  # the classifier and PCA
    for rows in whole.trained:
        assert torch.equal(rows.flatten(1), x.flatten(1))


def test_as_many_images_as_test_images_are_drawn_and_compared_with_them(whole):
    test = whole.images.x_test.flatten(1)
    judged = iter(whole.judged)
    for seed, table in zip(samples.SEEDS, whole.medians[0], strict=True):
        assert [next(judged)[-1] for _ in range(3)] == list(table.values())[:3]
        assert list(table)[3:] == list(CODE)
        for name in CODE:
            images, real, found = next(judged)
            made = whole.made[seed, name]
            with torch.no_grad():
                z = made.draw(len(test), torch.Generator().manual_seed(seed))
                assert torch.equal(images, made.decode(z))
            assert torch.equal(real, test)
            assert found.items() <= table[name].items()
            assert table[name].keys() - found.keys() == {"gaussian", "rebuilt", "sse", "knn"}
    assert next(judged, None) is None


def test_walks_are_in_the_code_of_the_variational_one_in_pcas_and_in_pixels(whole):
    assert len(whole.walked) == len(samples.SEEDS)
    x = whole.images.x_test.flatten(1)
    for seed, spaces in zip(samples.SEEDS, whole.walked, strict=True):
        assert list(spaces) == ["variational code", "PCA code", "pixels"]
        with torch.no_grad():
            codes = {name: encode(x) for name, (encode, _) in spaces.items()}
            back = {name: decode(codes[name]) for name, (_, decode) in spaces.items()}
        network = whole.made[seed, VARIATIONAL]
        with torch.no_grad():
            assert torch.equal(codes["variational code"], network.model.posterior(x)[0])
        assert codes["PCA code"].shape == (len(x), 20)
        assert torch.equal(codes["pixels"], x)
        assert torch.equal(back["pixels"], x)
        for images in back.values():
            assert 0 <= images.min() <= images.max() <= 1
        errors = (back["PCA code"] - x).square().sum(dim=1)
        around_mean = (x - x.mean(dim=0)).square().sum(dim=1)
        assert 0 < float(errors.mean()) < float(around_mean.mean())


def test_entries_keep_medians_of_ratios_and_all_tables(whole):
    new, (of_networks, of_walks) = whole.new, whole.medians
    assert list(new) == [n for n, c in results.CLAIMS.items() if c.command == "samples"]
    for claim, rival in (("adversarial-frechet", VARIATIONAL), ("adversarial-plain", PLAIN)):
        ratios = sorted(t[ADVERSARIAL]["frechet"] / t[rival]["frechet"] for t in of_networks)
        kept = new[claim]
        assert [kept["lowest"], kept["value"], kept["highest"]] == pytest.approx(ratios, abs=1e-5)
        assert (kept["seeds"], kept["number"], kept["over"]) == (samples.SEEDS, 3, "seeds")
        assert kept["threads"] == 1
    details = new["adversarial-frechet"]["details"]
    assert details["table"] == samples.medians(of_networks)
    assert of_walks == [{"slant, pixels": {"amount": a, "kept": 50.0}} for a in (1.0, 2.0, 3.0)]
    assert details["walks"] == {"slant, pixels": {"amount": 2.0, "kept": 50.0}}
    assert 0 <= details["classifier"] <= 1
    assert set(details["seconds"]) == set(CODE)
    assert new["adversarial-plain"]["details"] == {}


def test_a_median_is_that_of_each_number_alone():
    rows = [{"a": {"u": u, "v": v}} for u, v in ((1.0, 9.0), (2.0004, 3.0), (5.0, 4.0))]
    assert samples.medians(rows) == {"a": {"u": 2.0, "v": 4.0}}


def test_rows_are_trained_alike_in_all_that_is_not_compared(whole):
    comparison = tables.comparison("samples-table", whole.new)
    assert list(comparison.trained()) == list(CODE)
    assert comparison.undeclared() == []
    assert set(comparison.reasons) <= set(comparison.differing())
    for name, row in comparison.trained().items():
        assert row.images_seen == EPOCHS * len(whole.images.x_train)
        assert row.seeds == "; ".join(f"weights {s}, order {s}" for s in samples.SEEDS)
        assert row.lr_chosen == samples.BY_HAND
        noted = recipes.recipe_of(whole.made[0, name].history)
        assert (row.model, row.loss, row.lr) == (noted.model, noted.loss, samples.LR)
    losses = {name: row.loss for name, row in comparison.trained().items()}
    assert losses[PLAIN] == "cross entropy"
    assert losses[ADVERSARIAL] == f"cross entropy + {samples.CRITIC:g} · encoder loss"


def test_networks_have_one_shape_and_learn_equally_long():
    x = torch.rand(40, 784, generator=torch.Generator().manual_seed(0))
    for name, make in samples.generators(x, 0).items():
        made = make()
        assert made.model.sizes == (*samples.HIDDEN, CODE[name])
        assert recipes.recipe_of(made.history).images_seen == samples.EPOCHS * len(x)
        variational = isinstance(made.model, models.VariationalAutoencoder)
        assert variational == name.startswith("variational")
