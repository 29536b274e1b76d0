"""Slant and thickness: against strokes that were drawn with a known lean and width."""

import math

import pytest
import torch
import torch.nn.functional as F

from aeutils import data
from aeutils.generation import slant, thickness

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
FINE = 8  # points in each direction of a pixel, of which its grey value is the share that is inked


def points(size):
    """Return the x (to the right) and y (upwards) of points in an image, from its middle."""
    along = (torch.arange(size * FINE).double() + 0.5) / FINE - size / 2
    y, x = torch.meshgrid(-along, along, indexing="ij")
    return x, y


def drawn(inked):
    """Return the image (1, 1, H, W) of a shape that is given at every point."""
    return F.avg_pool2d(inked.double()[None, None], FINE)


def bar(width, length, degrees, size=28):
    x, y = points(size)
    turn = math.radians(degrees)
    along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    return drawn((along.abs() < length / 2) & (across.abs() < width / 2))


def leaning(lean, size=28):
    """A stroke 3 pixels wide whose middle moves `lean` pixels a row."""
    x, y = points(size)
    return drawn(((x - lean * y).abs() < 1.5) & (y.abs() < 8))


@DTYPES
@pytest.mark.parametrize("lean", [-1.0, -0.3, 0.0, 0.25, 1.0])
def test_the_slant_is_how_far_a_stroke_moves_a_row(lean, dtype):
    image = leaning(lean).to(dtype)
    got = slant(image)
    assert got.shape == (1,)
    assert got.dtype == dtype
    assert got.item() == pytest.approx(lean, abs=0.01)
    assert slant(image.flip(3)).item() == pytest.approx(-lean, abs=0.01)
    assert slant(image.flip(2)).item() == pytest.approx(-lean, abs=0.01)


def test_the_slant_is_the_slope_of_a_regression():
    image = torch.rand(1, 1, 6, 9, generator=torch.Generator().manual_seed(0)).double()
    row, column = torch.meshgrid(torch.arange(6), torch.arange(9), indexing="ij")
    root = image.flatten().sqrt()
    design = torch.stack([torch.ones(54), 5 - row.flatten()], dim=1).double() * root[:, None]
    fit = torch.linalg.lstsq(design, (column.flatten() * root)[:, None]).solution
    assert slant(image).item() == pytest.approx(fit[1].item())


@pytest.mark.parametrize("measure", [slant, thickness])
def test_neither_place_nor_brightness_matters_and_images_are_measured_one_by_one(measure):
    image = leaning(0.4)
    moved = image.roll((3, -2), dims=(2, 3))
    for other in (moved, 0.3 * image, F.pad(image, (4, 0, 0, 5))):
        torch.testing.assert_close(measure(other), measure(image))
    both = torch.cat([image, bar(4, 10, 90)])
    torch.testing.assert_close(measure(both)[:1], measure(image))


@DTYPES
@pytest.mark.parametrize("width", [2, 3, 4])
def test_the_thickness_of_a_bar_is_nearly_the_same_in_all_directions(width, dtype):
    """2 w L / 2 (w + L), which is the width where the stroke is long."""
    wanted = width * 16 / (width + 16)
    got = [thickness(bar(width, 16, degrees).to(dtype)).item() for degrees in range(0, 180, 15)]
    assert max(got) / min(got) < 1.1
    assert wanted * 0.98 < min(got) < max(got) < wanted * 1.15


def test_the_thickness_of_a_disc_is_its_radius():
    x, y = points(28)
    for radius in (4, 8, 12):
        got = thickness(drawn(x.square() + y.square() < radius**2)).item()
        assert got == pytest.approx(radius, rel=0.03)


def test_an_image_full_of_ink_has_its_border_as_outline():
    got = thickness(torch.ones(1, 1, 20, 20)).item()
    assert got == pytest.approx(2 * 400 / (4 * 20 - 4 + 4 / 2**0.5))  # four cut corners
    assert slant(torch.ones(1, 1, 20, 20)).item() == pytest.approx(0, abs=1e-6)


def test_handwritten_ones_lean_to_the_right_and_swelling_makes_them_thicker():
    digits = data.load("mnist", "small")
    ones = digits.x_train[digits.y_train == 1][:200]
    assert slant(ones).mean() > 0.1
    swollen = F.max_pool2d(ones, 3, stride=1, padding=1)
    grown = thickness(swollen) - thickness(ones)
    assert grown.min() > 0.5
    assert 1 < grown.mean() < 2.5  # a pixel on either side


ONE = torch.zeros(3, 1, 5, 5)
ONE[0, 0, 1:4, 2] = 1.0
ONE[1, 0, 2, 1:4] = 1.0  # ink in one row: thick as something, slanted as nothing


def test_ink_in_one_row_has_a_thickness():
    assert thickness(ONE[:2])[0].item() == pytest.approx(thickness(ONE[:2])[1].item())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: slant(ONE),
            ValueError,
            "2 of 3 images have ink in fewer than two rows .* a slant, the first of them number 1",
        ),
        (
            lambda: thickness(ONE),
            ValueError,
            "1 of 3 images are black and .* a thickness, the first of them number 2",
        ),
        (lambda: slant(ONE[:, 0]), ValueError, r"images must have shape.*\(3, 5, 5\)"),
        (lambda: thickness(ONE.flatten(1)), ValueError, r"images must have shape.*\(3, 25\)"),
        (lambda: slant(torch.ones(2, 3, 5, 5)), ValueError, r"one channel.*\(2, 3, 5, 5\)"),
        (lambda: thickness(255 * ONE), ValueError, r"lie in \[0, 1\].*from 0 to 255"),
        (lambda: slant(ONE - 0.1), ValueError, r"lie in \[0, 1\]"),
        (lambda: slant(ONE.int()), TypeError, "images must hold floats"),
        (lambda: thickness(ONE.int()), TypeError, "images must hold floats"),
        (lambda: thickness(ONE / 0), ValueError, "images holds .* NaN or infinite"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
