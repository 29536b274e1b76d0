"""The benchmark of hidden patches, on few images: what is shown, trained and judged."""

import pytest
import torch
from few_samples import few

from aeutils import training
from benchmarks import patches
from benchmarks.patches import AVERAGE, METHODS, NO_STOP, PIXELS, SCENES, UNTRAINED


@pytest.fixture
def mnist(monkeypatch):
    monkeypatch.setattr(patches, "TRAIN", 40)
    monkeypatch.setattr(patches, "HELD_OUT", 20)
    monkeypatch.setattr(patches, "EPOCHS", 1)
    return few(120, 30)


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def test_noise_has_its_deviation_and_is_not_clamped():
    images = torch.full((20, 1, 28, 28), 0.5)
    shown = patches.noisy(images, images, draw())
    assert (shown - images).std().item() == pytest.approx(patches.NOISE, rel=0.03)
    assert shown.min() < 0
    assert shown.max() > 1


def test_clutter_lies_beside_and_under_the_digit_and_comes_from_the_others():
    images, others = few(30, 1).x_train, torch.full((5, 1, 28, 28), 0.3)
    shown = patches.cluttered(images, others, draw())
    changed = shown != images
    assert (shown >= images).all()
    assert (shown[changed] == 0.3).all()
    most = patches.PIECES * patches.PIECE**2
    assert ((shown >= 0.3) & (images < 0.3)).flatten(1).sum(dim=1).max() <= most
    black = torch.zeros_like(images)
    covered = patches.cluttered(black, others, draw()).flatten(1).count_nonzero(dim=1)
    assert (covered >= patches.PIECE**2).all()
    assert covered.max() > 4 * patches.PIECE**2
    assert torch.equal(shown, patches.cluttered(images, others, draw()))


@pytest.mark.parametrize("name", SCENES)
def test_nothing_is_judged_on_what_was_trained_on(name, mnist):
    test = patches.split(mnist, SCENES[name], held_out=False)
    held_out = patches.split(mnist, SCENES[name], held_out=True)
    assert torch.equal(test.y_new, mnist.y_test)
    assert torch.equal(held_out.y_new, mnist.y_train[40:60])
    assert len(test.x) == len(held_out.x) == 40
    if SCENES[name].damage is None:
        assert torch.equal(held_out.x_new, mnist.x_train[40:60])
        assert torch.equal(test.x, mnist.x_train[:40])


def test_all_methods_start_with_the_same_encoder_and_take_equally_many_steps(mnist):
    scene = SCENES["as they are"]
    part, start = patches.split(mnist, scene, held_out=True), patches.new_encoder(3)
    for method in METHODS[1:]:
        encoder, history = patches.train(method, part, scene, 3, 1e-12)
        for got, first in zip(encoder.parameters(), start.parameters(), strict=True):
            torch.testing.assert_close(got, first)
        assert history.recipe.steps == 2
        assert history.recipe.images_seen == 40


def test_each_method_predicts_what_its_name_says(mnist, monkeypatch):
    asked = {}

    def note(encoder, predictor, x, target, mask, *, loss=patches.prediction.prediction_loss, **_):
        asked[method] = (target, loss, encoder, predictor.last.out_features)
        return training.History()

    monkeypatch.setattr(training, "fit_prediction", note)
    scene = SCENES["blocks hidden"]
    part = patches.split(mnist, scene, held_out=True)
    for method in METHODS[1:-1]:
        patches.train(method, part, scene, 0, 1e-3)
    assert asked[PIXELS][0](part.x).shape == (40, 16, 49)
    assert asked[PIXELS][3] == 49
    average, _, encoder, outputs = asked[AVERAGE]
    assert average is not encoder
    assert outputs == patches.WIDTH
    assert not any(p.requires_grad for p in average.parameters())
    for method in (patches.ITSELF, NO_STOP):
        assert asked[method][0] is asked[method][2]
    a, b = torch.randn(2, 3, 16, 8, requires_grad=True)
    hidden = patches.AT_RANDOM(3, generator=draw())
    assert torch.autograd.grad(asked[NO_STOP][1](a, b, hidden), b)[0].any()


def test_a_run_says_everything_of_every_row(mnist):
    found = patches.run(mnist, ["noise"], [UNTRAINED, PIXELS], [0, 1], held_out=False)
    assert list(found) == ["noise"]
    untrained, pixels = found["noise"].values()
    assert len(untrained) == len(pixels) == 2
    assert 0 <= pixels[0]["probe"] <= 100
    assert untrained[0]["recipe"] == "not trained"
    assert pixels[0]["recipe"]["lr"] == patches.LR
    assert set(patches.medians(pixels)) == {"probe", "knn", "spread", "rank", "loss"}
