"""Corruptions: their statistics against closed forms, and what they must leave alone."""

import math

import pytest
import torch

from aeutils import corruption
from aeutils.testing.sealed import ReferenceSealed

N, SHAPE = 400, (1, 12, 12)
RANDOM = {
    "gaussian": lambda x, g: corruption.gaussian(x, 0.4, g),
    "salt_and_pepper": lambda x, g: corruption.salt_and_pepper(x, 0.3, g),
    "speckle": lambda x, g: corruption.speckle(x, 0.4, g),
    "mask": lambda x, g: corruption.mask(x, 0.3, g),
    "block": lambda x, g: corruption.block(x, 4, g),
}
ALL = {**RANDOM, "downsample": lambda x, g: corruption.downsample(x, 3, g)}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def x():
    return 0.2 + 0.6 * torch.rand(N, *SHAPE, generator=generator(9), dtype=torch.float64)


def near(value, expected, deviations, spread, count):
    """Tell whether a mean over `count` draws of deviation `spread` is where it should be."""
    return abs(float(value) - expected) < deviations * spread / math.sqrt(count)


def test_gaussian_has_the_standard_deviation_asked_for(x):
    noise = corruption.gaussian(x, 0.4, generator()) - x
    assert near(noise.mean(), 0, 4, 0.4, noise.numel())
    assert near(noise.square().mean(), 0.16, 4, math.sqrt(2) * 0.16, noise.numel())
    assert near((noise / 0.4).pow(4).mean(), 3, 4, math.sqrt(96), noise.numel())  # the bell's
    both = (noise[:-1] * noise[1:]).mean()  # of neighbouring images: independent
    assert near(both, 0, 4, 0.16, noise.numel())


def test_salt_and_pepper_replaces_the_share_asked_for_half_and_half(x):
    out = corruption.salt_and_pepper(x, 0.3, generator())
    for value in (0.0, 1.0):
        assert near((out == value).double().mean(), 0.15, 4, math.sqrt(0.15 * 0.85), out.numel())
    kept = (out != 0) & (out != 1)
    assert torch.equal(out[kept], x[kept])
    assert set(corruption.salt_and_pepper(x, 1.0, generator()).unique().tolist()) == {0.0, 1.0}


def test_speckle_grows_with_the_light(x):
    out = corruption.speckle(x, 0.4, generator())
    relative = (out - x) / x
    assert near(relative.mean(), 0, 4, 0.4, x.numel())
    assert near(relative.square().mean(), 0.16, 4, math.sqrt(2) * 0.16, x.numel())
    assert corruption.speckle(torch.zeros(3, 5), 2.0, generator()).eq(0).all()


def test_mask_loses_the_share_asked_for_and_rescales_nothing(x):
    out = corruption.mask(x, 0.3, generator())
    assert near((out == 0).double().mean(), 0.3, 4, math.sqrt(0.21), x.numel())
    assert torch.equal(out[out != 0], x[out != 0])


def test_block_is_one_square_anywhere_inside(x):
    out = corruption.block(x, 4, generator())
    lost = out[:, 0] == 0
    assert lost.flatten(1).sum(1).eq(16).all()
    rows, columns = lost.any(2), lost.any(1)  # (N, H), (N, W)
    for side in (rows, columns):
        assert side.sum(1).eq(4).all()
        first = side.double().argmax(1)
        assert set(first.tolist()) == set(range(9))  # every place from 0 to 12 − 4
        last = side.shape[1] - 1 - side.flip(1).double().argmax(1)
        assert (last - first).eq(3).all()  # without a gap
    assert torch.equal(out[:, 0][~lost], x[:, 0][~lost])


def test_downsample_keeps_the_mean_of_every_cell(x):
    out = corruption.downsample(x, 3)
    cells = x.reshape(N, 1, 4, 3, 4, 3).mean(dim=(3, 5), keepdim=True)
    torch.testing.assert_close(out.reshape(N, 1, 4, 3, 4, 3), cells.expand(N, 1, 4, 3, 4, 3))
    torch.testing.assert_close(corruption.downsample(out, 3), out)  # a projection


def test_rows_of_square_images_are_images(x):
    for name in ("block", "downsample"):
        images, rows = (ALL[name](v, generator(3)) for v in (x, x.flatten(1)))
        assert torch.equal(images.flatten(1), rows)


@pytest.mark.parametrize("name", ALL)
def test_input_stays_and_shape_and_dtype_are_kept(name, x):
    for given in (x, x.float()):
        before = given.clone()
        out = ALL[name](given, generator())
        assert torch.equal(given, before)
        assert (out.shape, out.dtype) == (given.shape, given.dtype)
        assert not torch.equal(out, given)


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_come_from_the_generator_and_are_new_each_time(name, x):
    torch.manual_seed(1)
    state = torch.get_rng_state()
    g = generator(5)
    first, second = RANDOM[name](x, g), RANDOM[name](x, g)
    assert torch.equal(torch.get_rng_state(), state)  # the global one is not touched
    assert not torch.equal(first, second)
    assert torch.equal(first, RANDOM[name](x, generator(5)))
    torch.manual_seed(2)
    assert torch.equal(first, RANDOM[name](x, generator(5)))
    assert RANDOM[name](x, None).shape == x.shape  # torch's own


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_is_damaged_in_its_own_way(name):
    same = torch.full((2, *SHAPE), 0.5)
    out = RANDOM[name](same, generator())
    assert not torch.equal(out[0], out[1])


def test_level_zero_changes_nothing(x):
    for name in ("gaussian", "speckle", "salt_and_pepper", "mask"):
        assert torch.equal(getattr(corruption, name)(x, 0.0, generator()), x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: corruption.gaussian(x, -1.0), ValueError, "sigma must be a number >= 0"),
        (lambda x: corruption.speckle(x, float("nan")), ValueError, "sigma must be"),
        (lambda x: corruption.salt_and_pepper(x, 30), ValueError, "30 % is 0.3"),
        (lambda x: corruption.mask(x, 1.1), ValueError, r"share must lie in \[0, 1\]"),
        (lambda x: corruption.gaussian(x.int(), 0.1), TypeError, "must hold floats"),
        (lambda x: corruption.gaussian(x, 0.1, 7), TypeError, "torch.*Generator"),
        (lambda x: corruption.block(x, 13), ValueError, "12 × 12"),
        (lambda x: corruption.block(x[:, 0], 3), ValueError, "rows"),
        (lambda x: corruption.downsample(x, 5), ValueError, "does not divide"),
        (lambda x: corruption.downsample(x.flatten(1)[:, :7], 1), ValueError, "square images"),
    ],
)
def test_bad_input_is_explained(call, error, message, x):
    with pytest.raises(error, match=message):
        call(x)


def test_sealed_in_their_own_week_only(monkeypatch, x):
    monkeypatch.setenv("AEUTILS_SEALED", "week04_denoising")
    for name in ("gaussian", "salt_and_pepper", "speckle", "mask"):
        with pytest.raises(ReferenceSealed):
            getattr(corruption, name)(x, 0.3, generator())
    assert corruption.block(x, 2, generator()).shape == x.shape
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    assert corruption.mask(x, 0.3, generator()).shape == x.shape
