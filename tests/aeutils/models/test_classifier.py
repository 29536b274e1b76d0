"""The judge of generated images: its shapes, its features, and that it can be trained in time."""

import pytest
import torch
import torch.nn.functional as F

from aeutils import data, models, training
from aeutils.generation import frechet_distance


@pytest.mark.parametrize("classes", [1, 10])
def test_shapes_and_that_logits_come_from_the_features(classes):
    model, images = models.Classifier(classes), torch.rand(5, 1, 28, 28)
    assert model.features(images).shape == (5, 64)
    assert model(images).shape == (5, classes)
    assert torch.equal(model(images), model.last(model.features(images)))
    assert torch.equal(model(images.flatten(1)), model(images))
    assert model.features(images).min() >= 0
    torch.testing.assert_close(model(images[:1]), model(images)[:1])  # an image for itself


def test_it_learns_digits_and_its_features_tell_noise_from_digits():
    digits = data.load("mnist", "small")
    torch.manual_seed(0)
    model = models.Classifier()
    history = training.fit_encoder(
        model, digits.x_train, digits.y_train, F.cross_entropy, epochs=1, batch_size=64, lr=3e-3
    )
    right = (model(digits.x_test).argmax(dim=1) == digits.y_test).float().mean()
    assert right > 0.88
    assert history.recipe.cpu_seconds < 5
    with torch.no_grad():
        known, other, noise = (
            model.features(x)
            for x in (digits.x_train[:1000], digits.x_test, torch.rand(1000, 1, 28, 28))
        )
    assert frechet_distance(known, noise) > 10 * frechet_distance(known, other)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: models.Classifier(0), ValueError, "classes must be at least 1, got 0"),
        (lambda: models.Classifier(2.0), TypeError, "classes"),
        (
            lambda: models.Classifier()(torch.rand(5, 1, 8, 8)),
            ValueError,
            r"x of shape \(5, 1, 8, 8\) has 64 .* takes 784",
        ),
        (lambda: models.Classifier().features(torch.rand(1, 784).int()), TypeError, "float tensor"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
