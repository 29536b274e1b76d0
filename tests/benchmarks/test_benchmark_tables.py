"""Benchmarks that compare models say how each row came about; a plan is what a training does."""

import dataclasses

import pytest
import torch
from torch import nn

from aeutils import losses
from benchmarks import (
    cifar_table,
    contrast,
    denoising,
    hinton,
    logistic_pca,
    recipes,
    reconstruction,
    results,
    siamese,
    similarity,
    tables,
)

RECORDED = results.read()
X = torch.rand(70, 784, generator=torch.Generator().manual_seed(0))
Y = torch.arange(70) % 10
PHOTOGRAPHS = torch.rand(40, 3072, generator=torch.Generator().manual_seed(0))


def gaussian(x, generator):
    return x + 0.5 * torch.randn(x.shape, generator=generator)


TRAININGS = {
    "reconstruction": lambda **fit: reconstruction.train(
        X,
        reconstruction.Recipe(nn.SiLU, losses.hinge_mse, True, 32, 0.004, 0.1),
        1,
        epochs=2,
        **fit,
    ),
    "hinton": lambda **fit: hinton.train(X, hinton.Recipe(0.002, 0.3), 2, 3, (784, 9, 5), **fit),
    "logistic PCA": lambda **fit: logistic_pca.train(X, logistic_pca.Setting(0.03, 2), 1, **fit),
    "denoising": lambda **fit: denoising.train(
        X, gaussian, denoising.Recipe((784, 9, 5), losses.mse, 32, 0.002, 2), 1, **fit
    ),
    "similarity": lambda **fit: similarity.train(X, similarity.Recipe(0.002, 0.1), 1, 2, **fit),
    "autoencoder of photographs": lambda **fit: cifar_table.autoencoder(PHOTOGRAPHS, 1, 2, **fit),
}
ENCODERS = {
    "siamese": lambda **fit: siamese.train(X, Y, siamese.GRID[2], 1, 2, **fit),
    "contrast": lambda **fit: contrast.train(PHOTOGRAPHS, 1, 1.0, **fit),
}


@pytest.mark.parametrize("name", [*TRAININGS, *ENCODERS])
def test_a_plan_says_what_the_training_notes(name, monkeypatch):
    for module in (hinton, logistic_pca, similarity, siamese, contrast):
        monkeypatch.setattr(module, "BATCH_SIZE", 32)
    monkeypatch.setattr(contrast, "EPOCHS", 1)
    train = (TRAININGS | ENCODERS)[name]
    _, noted = train()
    plan = recipes.plan_encoder if name in ENCODERS else recipes.plan
    _, planned = train(fit=plan)
    assert planned == noted
    assert noted.images_seen > 0


def test_contrast_sees_two_views_of_every_photograph(monkeypatch):
    monkeypatch.setattr(contrast, "EPOCHS", 1)
    _, noted = contrast.train(PHOTOGRAPHS, 0, 1.0, fit=recipes.plan_encoder)
    assert noted.images_seen == 2 * len(PHOTOGRAPHS)


def test_trainings_of_one_row_differ_in_their_seeds_only():
    made = [logistic_pca.train(X, logistic_pca.Setting(0.01, 1), seed)[1] for seed in (0, 1)]
    assert recipes.over_seeds(made).seeds == "weights 0, order 0; weights 1, order 1"
    with pytest.raises(ValueError, match="more than their seeds"):
        recipes.over_seeds([made[0], dataclasses.replace(made[1], steps=99)])


def test_every_claim_has_a_table_or_compares_no_models():
    claims = [claim for table in tables.TABLES.values() for claim in table.claims]
    assert {*claims, *tables.NOTHING_COMPARED} == set(results.CLAIMS)
    assert not set(claims) & set(tables.NOTHING_COMPARED)


@pytest.mark.parametrize("name", tables.TABLES)
def test_every_row_has_a_recipe_and_every_difference_a_reason(name):
    comparison = tables.comparison(name, RECORDED)
    assert comparison.undeclared() == []
    assert comparison.trained()
    assert set(comparison.reasons) <= set(comparison.differing())


def test_recipes_are_those_of_the_settings_that_were_chosen():
    trained = tables.comparison("whole-thirty", RECORDED).trained()
    settings = {
        "logistic PCA": RECORDED["logistic-pca-sse"]["details"]["chosen"],
        "autoencoder, 14 epochs": RECORDED["hinton-sse"]["details"]["chosen"],
        "autoencoder, 36 epochs": RECORDED["hinton-long-sse"]["details"]["chosen"],
    }
    for row, chosen in settings.items():
        assert f"lr {trained[row].lr:g}" in chosen
        assert trained[row].seeds.count("weights") == 3
    assert trained["autoencoder, 14 epochs"].images_seen == 14 * 60_000
