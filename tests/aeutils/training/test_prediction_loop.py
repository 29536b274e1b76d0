"""The loop that predicts hidden patches: its steps, its targets, and runs that can be repeated."""

import copy
from functools import partial

import pytest
import torch
from torch import nn

from aeutils import models, training
from aeutils.prediction import ema_update, prediction_loss, random_mask, spread, to_patches

X = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0))
MASK = partial(random_mask, n_patches=4, n_hidden=2)


def networks(outputs=16):
    with torch.random.fork_rng():
        torch.manual_seed(8)
        encoder = models.PatchEncoder((1, 8, 8), size=4, width=8, layers=1, heads=2)
        return encoder, models.PatchPredictor(encoder, outputs, heads=2)


def pixels(images):
    return to_patches(images, 4)


def fit(encoder, predictor, target=pixels, **options):
    options = {"epochs": 2, "batch_size": 16} | options
    return training.fit_prediction(encoder, predictor, X, target, MASK, **options)


def test_a_run_is_a_plain_optimiser_on_the_loss_of_hidden_patches():
    ours, theirs = networks(), nn.ModuleList(networks())
    history = fit(*ours, epochs=6, batch_size=50, lr=1e-2, seed=5)
    order, draws = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    optimizer = torch.optim.AdamW(theirs.parameters(), 1e-2, weight_decay=0.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=6)
    encoder, predictor = theirs
    for recorded in history.train_loss:
        batch = X[torch.randperm(50, generator=order)]
        hidden = random_mask(50, 4, 2, draws)
        predicted = predictor(encoder(batch, hidden), hidden)
        value = (predicted - to_patches(batch, 4))[hidden].square().mean()
        assert recorded == pytest.approx(value.item(), rel=1e-4)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        cycle.step()
    # A key's bias moves no attention: its gradient is rounding alone, which Adam makes visible.
    for got, wanted in zip(nn.ModuleList(ours).parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-3, atol=1e-3)


def test_the_target_may_be_a_moving_average_that_is_moved_after_every_step():
    encoder, predictor = networks(8)
    average, steps = copy.deepcopy(encoder).requires_grad_(False), []

    def follow(step):
        steps.append(step)
        ema_update(average, encoder, 0.5)

    before = copy.deepcopy(average)
    fit(encoder, predictor, average, after_step=follow)
    assert steps == list(range(1, 9))
    assert not torch.equal(average.position, before.position)
    assert not torch.equal(average.position, encoder.position)


def test_a_target_with_a_gradient_collapses_and_the_loss_looks_perfect():
    def without_stop(predicted, target, hidden):
        return (predicted - target)[hidden].square().mean()

    encoder, predictor = networks(8)
    with torch.no_grad():
        before = spread(encoder.encode(X)).item()
    history = fit(encoder, predictor, encoder, loss=without_stop, epochs=60, lr=1e-2)
    with torch.no_grad():
        assert spread(encoder.encode(X)).item() < 0.2 * before
    assert history.train_loss[-1] < 0.01 * history.train_loss[0]


def test_same_seed_same_result_whatever_the_global_generator():
    runs = []
    for start, seed in ((0, 1), (9, 1), (0, 2)):
        torch.manual_seed(start)
        before = torch.get_rng_state()
        runs.append(fit(*networks(), seed=seed).train_loss)
        assert torch.equal(torch.get_rng_state(), before)
    assert runs[0] == runs[1] != runs[2]


def test_both_networks_are_in_eval_mode_after_every_epoch():
    (encoder, predictor), seen = networks(), []
    fit(
        encoder, predictor,
        after_epoch=lambda n: seen.append((n, encoder.training, predictor.training)),
    )  # fmt: skip
    assert seen == [(1, False, False), (2, False, False)]


def test_the_history_says_what_was_done():
    recipe = fit(*networks(), seed=3).recipe
    assert recipe.model == "PatchEncoder and PatchPredictor"
    assert recipe.data == "50 × 1 × 8 × 8"
    assert (recipe.images_seen, recipe.steps, recipe.batch_size) == (100, 8, 16)
    assert (recipe.loss, recipe.shown) == ("prediction loss, target pixels", "random mask")
    assert recipe.parameters == sum(p.numel() for p in nn.ModuleList(networks()).parameters())


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="loss must return a scalar"):
        fit(*networks(), loss=lambda predicted, target, hidden: predicted[hidden])
    with pytest.raises(ValueError, match="epochs must be at least 1"):
        fit(*networks(), epochs=0)
    with pytest.raises(ValueError, match="lr must be a positive number"):
        fit(*networks(), lr=-1.0)
    with pytest.raises(ValueError, match=r"predicted has shape .* and target has shape"):
        fit(*networks(8))
    with pytest.raises(ValueError, match=r"the model is torch\.float32"):
        training.fit_prediction(*networks(), X.double(), pixels, MASK, epochs=1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_it_learns_what_it_learns_on_a_cpu():
    here, there = networks(), [network.cuda() for network in networks()]
    on_cpu = fit(*here).train_loss
    on_gpu = training.fit_prediction(*there, X.cuda(), pixels, MASK, epochs=2, batch_size=16)
    assert on_gpu.train_loss == pytest.approx(on_cpu, rel=1e-2)


def test_its_default_loss_is_the_librarys():
    encoder, predictor = networks()
    twin = copy.deepcopy(encoder), copy.deepcopy(predictor)
    assert fit(encoder, predictor).train_loss == fit(*twin, loss=prediction_loss).train_loss
