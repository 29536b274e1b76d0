"""The benchmark of drawn images: walks along the direction of an attribute."""

import copy
import dataclasses

import pytest
import torch

from aeutils import generation
from benchmarks import samples

PIXELS = {"pixels": (lambda x: x, lambda z: z.clamp(0, 1))}
MEASURES = {"slant": generation.slant, "thickness": generation.thickness}


def strokes(slopes, width=3.0):
    """Images of one stroke each, which moves so many pixels to the right for each row upwards."""
    x, y = torch.arange(28.0) - 13.5, 13.5 - torch.arange(28.0)[:, None]
    off = (x - slopes[:, None, None] * y).abs()
    return ((width + 1) / 2 - off).clamp(0, 1).mul(y.abs() < 8).flatten(1)


def as_images(rows):
    return rows.reshape(-1, 1, 28, 28)


def direction_and_step(judge, values):
    """Return what a loop over the digits 0 to 4 finds in pixels: a direction, and the step."""
    more, less = [], []
    for digit in range(5):
        own = [i for i, y in enumerate(judge.images.y_train.tolist()) if y == digit]
        middle = sorted(values[own].tolist())[(len(own) - 1) // 2]
        more += [i for i in own if values[i] > middle]
        less += [i for i in own if values[i] <= middle]
    step = float(values[more].mean() - values[less].mean())
    return judge.x[more].mean(dim=0) - judge.x[less].mean(dim=0), step


@pytest.fixture(scope="module")
def walked(judge):
    return samples.walks(judge, PIXELS)


@pytest.mark.parametrize("attribute", MEASURES)
def test_a_walk_gains_one_step_along_the_direction_of_the_digits_0_to_4(attribute, judge, walked):
    measure, row = MEASURES[attribute], walked[f"{attribute}, pixels"]
    towards, step = direction_and_step(judge, measure(judge.images.x_train))
    later = judge.images.y_test >= 5
    before = judge.x_test[later]
    after = (before + row["amount"] * towards).clamp(0, 1)
    gained = float((measure(as_images(after)) - measure(as_images(before))).mean())
    assert gained / step == pytest.approx(1, abs=0.01)

    labels = judge.images.y_test[later]
    with torch.no_grad():
        was, is_now = (judge.model(rows).argmax(dim=1) == labels for rows in (before, after))
    assert 20 < int(was.sum()) < len(was)  # those that were never known do not count
    kept = int((was & is_now).sum()) / int(was.sum())
    assert row["kept"] == pytest.approx(100 * kept, abs=0.01)
    nearest = torch.cdist(after.double(), judge.x.double()).amin(dim=1).mean()
    assert row["nearest"] == pytest.approx(float(nearest), rel=1e-4)


def test_a_space_whose_number_is_the_slant_walks_by_one(judge, monkeypatch):
    monkeypatch.setattr(samples.generation, "thickness", generation.slant)
    spaces = {"drawn": (lambda x: generation.slant(as_images(x))[:, None] / 2,)}
    spaces["drawn"] += (lambda z: strokes(2 * z.squeeze(1)),)
    row = samples.walks(judge, spaces)["slant, drawn"]
    # the direction is the step itself, in whatever unit the code is
    assert row["amount"] == pytest.approx(1, abs=0.03)


def test_a_direction_is_learnt_on_some_digits_and_tried_on_others(judge):
    asked = []

    def encode(rows):
        asked.append(rows)
        return rows

    samples.walks(judge, {"pixels": (encode, PIXELS["pixels"][1])})
    first, later = judge.images.y_train < 5, judge.images.y_test >= 5
    assert len(asked) == 4  # two attributes
    for rows in asked:
        expected = judge.x[first] if len(rows) == int(first.sum()) else judge.x_test[later]
        assert torch.equal(rows, expected)


def test_other_images_do_not_change_a_walk(judge, walked):
    images, draw = judge.images, torch.Generator().manual_seed(0)
    x_train, x_test = images.x_train.clone(), images.x_test.clone()
    for x, others in ((x_train, images.y_train >= 5), (x_test, images.y_test < 5)):
        x[others] = torch.rand(x[others].shape, generator=draw)
    other = copy.copy(judge)  # the classifier stays as it is
    other.images = dataclasses.replace(images, x_train=x_train, x_test=x_test)
    other.x, other.x_test = x_train.flatten(1), x_test.flatten(1)
    for name, row in samples.walks(other, PIXELS).items():
        assert (row["amount"], row["kept"]) == (walked[name]["amount"], walked[name]["kept"])


def test_a_space_in_which_no_walk_gains_a_step_is_an_error(judge):
    upright = (lambda x: x[:, :1], lambda z: strokes(torch.zeros(len(z))))
    with pytest.raises(RuntimeError, match=r"slant, upright: .*0.00 steps"):
        samples.walks(judge, {"upright": upright})
