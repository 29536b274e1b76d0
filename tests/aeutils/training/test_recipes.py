"""A run notes what it did, and a comparison says what its rows do not have in common."""

import dataclasses
import json
import re

import pytest
import torch
from small_runs import X_VAL, X, fit, small
from torch import nn

from aeutils import losses, training
from aeutils.training.comparison import COMPARISON, Comparison, table_html

LABELS = torch.arange(50) % 2


def flipped(x):
    return x.flip(1)


def test_fit_notes_what_it_did():
    training.seed_everything(5)
    history = fit(small(), epochs=3, loss=losses.mse, lr=0.01, corrupt=flipped, seed=4)
    recipe = history.recipe
    assert (recipe.data, recipe.images_seen, recipe.steps) == ("50 × 12", 150, 12)
    assert (recipe.loss, recipe.shown, recipe.lr, recipe.batch_size) == ("mse", "flipped", 0.01, 16)
    assert recipe.model == "Autoencoder, ReLU"
    assert recipe.parameters == sum(p.numel() for p in small().parameters())
    assert recipe.seeds == "weights 5, order 4"
    assert recipe.optimiser == "AdamW, one cycle"
    assert recipe.lr_chosen == "not said"  # no loop can know


def test_images_of_an_epoch_that_was_cut_short_are_counted():
    assert fit(small(), steps=5).recipe.images_seen == 50 + 16


def test_a_run_that_stopped_early_says_how_far_it_came():
    validation = training.Validation(X_VAL, patience=1)
    history = fit(small(), steps=400, lr=0.5, callbacks=[validation])
    assert history.stopped_early
    assert history.recipe.steps == len(history.step) < 400


def test_fit_encoder_notes_what_it_did():
    def pull(z, y):
        return z.square().mean()

    model = nn.Linear(12, 2)
    history = training.fit_encoder(model, X, LABELS, pull, epochs=2, batch_size=20, augment=flipped)
    recipe = history.recipe
    assert (recipe.images_seen, recipe.steps, recipe.batch_size) == (100, 6, 20)
    assert (recipe.loss, recipe.shown, recipe.parameters) == ("pull", "flipped", 26)


def test_a_history_with_its_recipe_goes_through_json():
    history = fit(small(), epochs=1)
    copy = training.History(**json.loads(json.dumps(dataclasses.asdict(history))))
    assert copy == history
    assert copy.recipe == history.recipe


def test_the_time_of_a_run_is_noted_and_not_compared():
    recipe = fit(small(), epochs=1).recipe
    assert dataclasses.replace(recipe, cpu_seconds=99.0) == recipe
    assert dataclasses.replace(recipe, steps=99) != recipe


def test_a_loop_of_ones_own_is_counted_as_it_runs():
    model, shown = small(), X + 1
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with training.RecipeRecorder(model, X, optimizer, loss="own", shown=flipped) as recorder:
        for rows in torch.arange(50).split(20):
            model.train()
            losses.mse(model(shown[rows]), X[rows]).backward()
            optimizer.step()
            model.eval()
            model(X_VAL)  # looking is no training
    model.train()
    model(X)
    recipe = recorder.recipe
    assert (recipe.images_seen, recipe.steps, recipe.batch_size) == (50, 3, 20)
    assert (recipe.loss, recipe.shown, recipe.lr) == ("own", "flipped", 0.1)
    assert recipe.optimiser == "SGD, constant rate"


def trained(**options):
    training.seed_everything(0)
    return fit(**{"model": small(), "epochs": 2} | options)


def test_rows_that_differ_in_what_is_compared_only_are_fair():
    rows = {"clean": trained(), "flipped": trained(corrupt=flipped), "pixels": "not trained"}
    comparison = Comparison.of("inputs", rows, compared="shown", rate_chosen="by hand")
    assert comparison.differing() == ["shown"]
    assert comparison.undeclared() == []
    assert comparison.sentences() == [
        "Compared: shown.",
        "Equal for all trained rows: 100 images seen in 8 steps.",
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"epochs": 3}, ["images seen", "steps"]),
        ({"model": small(dropout=0.1)}, ["model", "parameters"]),
        ({"x": X[:48], "epochs": None, "steps": 8}, ["data", "images seen"]),
        ({"lr": 0.1}, ["learning rate"]),
        ({"loss": losses.hinge_mse}, ["loss"]),
        ({"weight_decay": 0.1}, ["weight decay"]),
        ({"seed": 3}, ["seeds"]),
    ],
)
def test_what_else_differs_is_named(options, found):
    rows = {"clean": trained(), "flipped": trained(corrupt=flipped, **options)}
    comparison = Comparison.of("inputs", rows, compared="shown", rate_chosen="by hand")
    assert comparison.undeclared() == found
    assert comparison.sentences()[-1].startswith("NOT a fair comparison")
    because = dict.fromkeys(found, "A reason.")
    assert (
        Comparison.of(
            "inputs", rows, compared="shown", rate_chosen="by hand", reasons=because
        ).undeclared()
        == []
    )


def test_a_loss_without_a_name_is_asked_for_one():
    rows = {"a": trained(loss=lambda a, b: losses.mse(a, b)), "b": trained()}
    comparison = Comparison.of("losses", rows, compared="loss", rate_chosen="by hand")
    assert comparison.undeclared() == ["a name for the loss of 'a'"]


def test_a_comparison_goes_through_json():
    rows = {"a": trained(), "b": trained(epochs=3), "PCA": "closed form"}
    because = {"steps": "One."}
    comparison = Comparison.of("c", rows, compared="images seen", reasons=because)
    assert Comparison.from_dict(json.loads(json.dumps(comparison.as_dict()))) == comparison
    assert COMPARISON.endswith("+json")


def test_comparing_prints_how_each_row_was_trained(capsys):
    rows = {"a": trained(), "PCA-3": "closed form"}
    training.compare("c", rows, compared="loss", rate_chosen="on held-out images")
    printed = capsys.readouterr().out
    assert "a | Autoencoder, ReLU | 50 × 12 | 100 | 8 | 16 | mse" in printed
    assert "PCA-3 | closed form" in printed
    assert "| 0.001 | on held-out images |" in printed


def test_how_a_rate_was_chosen_is_asked_for_and_said_once():
    rows = {"a": trained(), "b": trained()}
    comparison = Comparison.of("c", rows, compared="loss")
    assert comparison.undeclared() == [
        f"how the learning rate of {row!r} was chosen" for row in rows
    ]
    said = Comparison.of("c", rows, compared="loss", rate_chosen={"a": "by hand", "b": "on a grid"})
    assert said.undeclared() == ["rate chosen"]
    assert said.rows["b"].lr_chosen == "on a grid"
    again = Comparison.of("c", said.rows, compared="loss", rate_chosen="by somebody else")
    assert again.rows == said.rows
    with pytest.raises(ValueError, match="names d, which is no row"):
        Comparison.of("c", rows, compared="loss", rate_chosen={"d": "by hand"})


def test_two_views_of_an_image_are_two_images_seen():
    def twice(x):
        return torch.cat([x, x])

    def pull(z, y):
        return z.square().mean()

    model = nn.Linear(12, 2)
    history = training.fit_encoder(model, X, LABELS, pull, epochs=2, batch_size=20, augment=twice)
    assert (history.recipe.images_seen, history.recipe.batch_size) == (200, 20)


@pytest.mark.parametrize(
    ("rows", "compared", "error", "says"),
    [
        ({"a": 3}, "loss", TypeError, "row"),
        ({"a": training.History()}, "loss", ValueError, "has no recipe"),
        ({"a": "closed form"}, "luck", ValueError, "'luck' is no column"),
    ],
)
def test_rows_and_headings_are_checked(rows, compared, error, says):
    with pytest.raises(error, match=says):
        Comparison.of("c", rows, compared=compared)


def test_the_page_shows_what_differs_and_says_the_rest_in_a_sentence():
    rows = {"clean": trained(), "flipped": trained(corrupt=flipped), "pixels": "not trained"}
    comparison = Comparison.of("inputs", rows, compared="shown", rate_chosen="by hand")
    page = table_html(comparison, comparison.sentences())
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)<', page)
    assert heads == ["row", "shown", "CPU s"]
    assert "images seen 100; steps 8; batch 16" in page
    assert 'colspan="2">not trained' in page
