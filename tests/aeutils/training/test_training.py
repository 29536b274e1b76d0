"""The training loop: what it visits, and what it depends on."""

import dataclasses
import json
import math
import sys

import pytest
import torch
from small_runs import X_VAL, X, assert_same_weights, fit, small
from torch import nn

from aeutils import losses, models, training
from aeutils.testing.sealed import ReferenceSealed
from aeutils.training import Validation


class Spy(nn.Module):
    """Reconstruct by a trainable factor; remember every training batch that came in."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(()))
        self.batches = []

    def forward(self, x):
        if self.training:
            self.batches.append(x.clone())
        return self.factor * x


# ------------------------------------------------------------------------------------ the loop


def test_every_epoch_visits_each_image_once_in_a_new_order():
    rows, spy = torch.arange(50.0)[:, None].expand(50, 2) / 50, Spy()
    history = fit(spy, rows, epochs=3)
    assert [len(batch) for batch in spy.batches] == [16, 16, 16, 2] * 3
    epochs = [torch.cat(spy.batches[i : i + 4])[:, 0] for i in (0, 4, 8)]
    for visited in epochs:
        assert torch.equal(visited.sort().values, rows[:, 0])
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[1], epochs[2])
    assert history.step == list(range(1, 13))


def test_steps_may_end_within_an_epoch():
    spy = Spy()
    assert fit(spy, steps=6).step == [1, 2, 3, 4, 5, 6]
    assert len(spy.batches) == 6


def test_a_constant_run_is_plain_adamw():
    model, expected = small(), small()
    history = fit(model, epochs=2, batch_size=50, schedule="constant", lr=1e-2, weight_decay=0.1)
    optimizer = torch.optim.AdamW(expected.parameters(), lr=1e-2, weight_decay=0.1)
    for recorded in history.train_loss:
        loss = losses.mse(expected(X), X)
        assert recorded == pytest.approx(loss.item(), rel=1e-5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for ours, theirs in zip(model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_one_cycle_climbs_and_falls(monkeypatch):
    rates, step = [], torch.optim.AdamW.step

    def spied(self, *args, **kwargs):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", spied)
    fit(small(), steps=20, lr=0.1)
    assert rates[0] == pytest.approx(0.1 / 25)
    assert max(rates) == rates[5] == pytest.approx(0.1)
    assert rates[-1] < 1e-6
    rates.clear()
    fit(small(), steps=2, lr=0.1)
    assert rates == [0.1, 0.1]


def test_loss_falls_and_images_work():
    images = X.reshape(50, 3, 2, 2)
    model = small()
    before = training.reconstruction_error(model, images)
    history = fit(model, images, steps=200, lr=1e-2, loss=losses.mse)
    assert training.reconstruction_error(model, images) < before / 2
    assert history.train_loss[-1] < history.train_loss[0]
    assert not model.training


def test_same_seed_same_result_whatever_the_global_generator():
    runs = []
    for seed, state in ((0, 1), (0, 2), (1, 1)):
        torch.manual_seed(state)
        before, model = torch.get_rng_state(), small()
        runs.append((fit(model, steps=10, seed=seed, callbacks=[Validation(X_VAL)]), model))
        assert torch.equal(torch.get_rng_state(), before)
    assert runs[0][0] == runs[1][0]
    assert_same_weights(runs[0][1], runs[1][1])
    assert runs[0][0].train_loss != runs[2][0].train_loss


def test_corruption_changes_the_input_only():
    spy, targets = Spy(), []

    def loss(output, target):
        targets.append(target.clone())
        return losses.mse(output, target)

    fit(spy, steps=4, loss=loss, corrupt=lambda batch: batch.zero_())  # in place, on purpose
    assert all((batch == 0).all() for batch in spy.batches)
    assert torch.equal(torch.cat(targets).sort(dim=0).values, X.sort(dim=0).values)


def test_frozen_parameters_stay():
    model = small()
    model.encoder.requires_grad_(False)
    before = model.encoder[0].weight.clone()
    fit(model, steps=3)
    assert torch.equal(model.encoder[0].weight, before)


# ---------------------------------------------------------------------------- validation, history


def test_validation_after_every_epoch_and_at_the_end():
    model = small()
    history = fit(model, steps=10, callbacks=[Validation(X_VAL)], loss=losses.bernoulli_nll)
    assert history.val_step == [4, 8, 10]
    with torch.no_grad():
        expected = losses.bernoulli_nll(model(X_VAL), X_VAL).item()
    assert history.val_loss[-1] == pytest.approx(expected, rel=1e-5)
    assert history.best_step == history.val_step[history.val_loss.index(min(history.val_loss))]


def test_a_thousand_steps_on_5000_images_give_50_validation_points():
    history = training.fit(
        models.LinearAutoencoder(4, 1), torch.rand(5000, 4), steps=1000, progress=False,
        callbacks=[Validation(X[:, :4])],
    )  # fmt: skip
    assert history.val_step == list(range(20, 1001, 20))


def test_validation_uses_eval_mode_and_the_same_noise_every_time():
    class Dropped(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, x):
            return nn.functional.dropout(x, 0.9, self.training) + 0 * self.weight

    def noisy(batch):
        return batch + torch.randn_like(batch)

    options = {"epochs": 2, "callbacks": [Validation(X_VAL)]}
    assert fit(Dropped(), **options).val_loss == [0, 0]
    first, second = fit(Dropped(), corrupt=noisy, **options).val_loss
    assert first == second > 0.5


def test_patience_stops_and_restores_the_best_weights():
    """Training pulls the factor from 0 to 1; the validation loss is smallest near 0.5."""

    class Factor(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return self.w * x if self.training else (self.w + 0.5) * x

    model = Factor()
    options = {"batch_size": 50, "lr": 0.01, "schedule": "constant"}
    history = fit(model, X, steps=500, callbacks=[Validation(X_VAL, patience=3)], **options)
    assert history.stopped_early
    assert len(history.step) == history.best_step + 3
    assert model.w.item() == pytest.approx(0.5, abs=0.02)
    assert training.reconstruction_error(model, X_VAL) / 12 == pytest.approx(
        min(history.val_loss), rel=1e-4
    )
    model = Factor()
    history = fit(model, X, steps=500, callbacks=[Validation(X_VAL)], **options)
    assert not history.stopped_early
    assert len(history.step) == 500
    assert model.w.item() > 0.9


def test_history_shows_and_serialises():
    history = fit(small(), steps=5, callbacks=[Validation(X_VAL)])
    assert repr(history).startswith("History(5 steps, last training loss 0.")
    assert f"best {min(history.val_loss):.4g} at step {history.best_step})" in repr(history)
    copy = training.History(**json.loads(json.dumps(dataclasses.asdict(history))))
    assert copy == history
    assert repr(training.History()) == "History(no steps yet)"


# ------------------------------------------------------------------------------------- failures


def test_divergence_names_the_step_and_keeps_the_history():
    calls = []

    def loss(output, target):
        calls.append(1)
        return losses.mse(output, target) * (math.nan if len(calls) >= 7 else 1)

    with pytest.raises(
        RuntimeError, match=r"training loss is nan at step 7.*10 times smaller"
    ) as e:
        fit(small(), steps=200, loss=loss)
    assert e.value.history.step == [1, 2, 3, 4, 5, 6, 7]
    assert math.isfinite(e.value.history.train_loss[5])
    assert len(calls) <= 50


def test_divergence_in_validation():
    def loss(output, target):
        return losses.mse(output, target) / (1 if output.requires_grad else 0)

    with pytest.raises(training.TrainingDiverged, match="validation loss is inf at step 4"):
        fit(small(), steps=8, loss=loss, callbacks=[Validation(X_VAL)])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "either steps or epochs, got steps=None and epochs=None"),
        ({"steps": 3, "epochs": 2}, ValueError, "got steps=3 and epochs=2"),
        ({"steps": 0}, ValueError, "steps must be at least 1"),
        ({"epochs": -1}, ValueError, "epochs must be at least 1"),
        ({"steps": True}, TypeError, "steps must be an integer"),
        ({"steps": 3, "batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"steps": 3, "callbacks": Validation(X_VAL)}, TypeError, "callbacks.*Validation"),
        ({"steps": 3, "callbacks": [Validation]}, TypeError, "callbacks.*Validation"),
        ({"steps": 3, "lr": 0.0}, ValueError, "lr must be a positive"),
        ({"steps": 3, "schedule": "cosine"}, ValueError, "one_cycle.*'cosine'"),
        ({"steps": 3, "x": X[:0]}, ValueError, r"at least one image.*\(0, 12\)"),
        ({"steps": 3, "x": X[0]}, ValueError, r"\(12,\)"),
        ({"steps": 3, "x": (255 * X).to(torch.uint8)}, TypeError, r"uint8.*/ 255"),
        ({"steps": 3, "x": X / 0}, ValueError, "NaN or infinite"),
        ({"steps": 3, "x": X.double()}, ValueError, r"float64.*x\.float\(\)"),
        ({"steps": 3, "x": X[:, :5]}, ValueError, r"\(16, 5\).*takes 12"),
        (
            {"steps": 3, "callbacks": [Validation(X_VAL[:, :5])]},
            ValueError,
            r"x_val must be like x.*\(30, 5\)",
        ),
        ({"steps": 3, "loss": losses.squared_error_per_image}, ValueError, "scalar.*mean"),
    ],
)
def test_bad_arguments_are_explained(options, error, message):
    with pytest.raises(error, match=message):
        fit(small(), **options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((X_VAL, 0), ValueError, "patience must be at least 1"),
        ((X_VAL, True), TypeError, "patience must be an integer"),
        ((X_VAL.byte(), 2), TypeError, r"x_val must hold floats.*uint8"),
        ((X_VAL[:0],), ValueError, "x_val must hold at least one"),
    ],
)
def test_bad_arguments_of_validation_are_explained(arguments, error, message):
    with pytest.raises(error, match=message):
        Validation(*arguments)


def test_nothing_to_train():
    with pytest.raises(ValueError, match="no parameters"):
        fit(nn.Identity(), steps=1)


# ---------------------------------------------------------------------------------------- the rest


def test_reconstruction_error_counts_a_short_last_batch_right():
    model = small(dropout=0.5)
    model.eval()
    with torch.no_grad():
        expected = (model(X) - X).square().sum().item() / 50
    model.train()
    for batch_size in (1, 7, 49, 50, 1000):
        assert training.reconstruction_error(model, X, batch_size) == pytest.approx(expected)
    assert model.training
    assert training.reconstruction_error(lambda x: x + 1, X, 8) == pytest.approx(12)
    with pytest.raises(ValueError, match=r"output has shape \(50, 3\)"):
        training.reconstruction_error(lambda x: x[:, :3], X)
    with pytest.raises(ValueError, match="at least one image"):
        training.reconstruction_error(model, X[:0])


def test_seed_everything():
    import random

    import numpy as np

    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    training.seed_everything(3)
    first = draw()
    training.seed_everything(3)
    assert draw() == first
    training.seed_everything(4)
    assert all(a != b for a, b in zip(draw(), first, strict=True))
    with pytest.raises(ValueError, match="from 0"):
        training.seed_everything(-1)


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "CI"])
def test_progress_is_silent_in_grading_and_ci(monkeypatch, capfd, variable):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    fit(small(), steps=3, progress=True)
    shown = capfd.readouterr()
    assert "3/3" in shown.err + shown.out
    fit(small(), steps=3, progress=False)
    monkeypatch.setenv(variable, "1")
    fit(small(), steps=3, progress=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [{"progress": False}, {"progress": True, "CI": "1"}])
def test_without_a_bar_tqdm_is_not_even_imported(monkeypatch, quiet):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # importing it raises
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("CI", quiet.pop("CI", ""))
    assert len(fit(small(), steps=2, **quiet).step) == 2
    monkeypatch.setenv("CI", "")
    with pytest.raises(ImportError):
        fit(small(), steps=2, progress=True)


def test_sealed_in_its_own_week_only(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    with pytest.raises(ReferenceSealed):
        fit(nn.Linear(12, 12), steps=1)
    with pytest.raises(ReferenceSealed):
        training.reconstruction_error(nn.Linear(12, 12), X)
    monkeypatch.setenv("AEUTILS_SEALED", "week01_pca")
    model = small()
    fit(model, steps=1, callbacks=[Validation(X_VAL)])
    assert training.reconstruction_error(model, X) > 0
