"""The wall of images made in several ways: which image lies where, and what is written."""

import matplotlib
import numpy as np
import pytest
import torch
from test_plots import drawn_texts, overlapping, pictures, places, render, words

from aeutils import plots


def made(n, shade=0.5):
    """n images of 8 × 8 pixels; image i has its number in the corner pixel."""
    x = torch.full((n, 1, 8, 8), shade)
    x[:, 0, 0, 0] = torch.arange(n) / 100
    return x


def strips(figure):
    """The images of each line from top to bottom, as the numbers in their corners.

    A pixel of paper lies between two images of 8 pixels.
    """
    ordered = sorted(pictures(figure), key=lambda image: -image.get_window_extent().y1)
    arrays = [np.asarray(image.get_array()) for image in ordered]
    return [[round(100 * float(v)) for v in array[0, ::9]] for array in arrays]


def test_each_way_has_its_name_and_lines_of_images_in_order():
    figure = plots.sample_wall({"a": made(7), "b": made(3)}, columns=3, title="T")
    assert strips(figure) == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2]]
    assert words(figure) == ["T", "a", "b"]
    assert figure.alt_text == "T. a: 7 images; b: 3 images."
    written = {t.get_text(): t.get_position()[1] for t in figure.texts}
    tops = places(figure)
    assert written["a"] == pytest.approx((tops[0].y1 + tops[2].y0) / 2, abs=0.002)
    between = tops[0].y0 - tops[1].y1
    assert 0 < between < (tops[2].y0 - tops[3].y1) / 2  # lines of one way stand together
    assert written["b"] == pytest.approx((tops[3].y1 + tops[3].y0) / 2, abs=0.002)


def test_pixels_are_those_given():
    x = torch.rand(4, 784)
    array = np.asarray(pictures(plots.sample_wall({"a": x}))[0].get_array())
    assert array.shape == (28, 4 * 28 + 3 * 2)  # two pixels of paper between two images
    for i in range(4):
        np.testing.assert_allclose(array[:, 30 * i : 30 * i + 28], x[i].reshape(28, 28))
        assert (array[:, 30 * i + 28 : 30 * i + 30] == 0).all()


def test_the_nearest_training_image_lies_right_below_its_sample():
    near = made(5).flip(0)
    figure = plots.sample_wall({"train": made(2), "a": made(5)}, columns=3, marks={"a": near})
    assert strips(figure) == [[0, 1], [0, 1, 2], [4, 3, 2], [3, 4], [1, 0]]
    assert words(figure).count("nearest training\nimage of each") == 1
    assert "a: 5 images, the nearest training image below each" in figure.alt_text
    boxes = places(figure)
    within, between = boxes[1].y0 - boxes[2].y1, boxes[2].y0 - boxes[3].y1
    assert 0 < within < between / 2  # pairs are seen as pairs
    assert boxes[0].y0 - boxes[1].y1 > between  # and ways as ways


def test_headings_stand_above_their_columns():
    steps = [f"t = {t:.2f}" for t in torch.linspace(0, 1, 12)]
    figure = plots.sample_wall({"line": made(12), "circle": made(12)}, headings=steps, title="Road")
    render(figure)
    assert overlapping(figure) == []
    assert set(steps) <= set(words(figure))
    box = places(figure)[0]
    centers = [t.get_position()[0] for t in figure.texts if t.get_text() in steps]
    pixel = (box.x1 - box.x0) / (12 * 9 - 1)
    np.testing.assert_allclose(centers, box.x0 + pixel * (9 * np.arange(12) + 4), atol=1e-6)
    assert "Columns: t = 0.00, t = 0.09" in figure.alt_text


@pytest.mark.parametrize("n", [1, 2, 12, 30])
@pytest.mark.parametrize("columns", [1, 12, 20])
def test_it_renders_inside_its_frame_without_overlap(n, columns):
    if n > 10 * columns:
        return  # higher than anybody's screen
    sets = {"training digits": made(n), "a way with\na long name": made(n)}
    marks = {"a way with\na long name": made(n)}
    figure = plots.sample_wall(sets, columns=columns, marks=marks, title="A title")
    render(figure)
    assert overlapping(figure) == []
    boxes = [t.get_window_extent() for t in drawn_texts(figure) if t.get_text() != "A title"]
    extents = [image.get_window_extent() for image in pictures(figure)]
    assert max(box.x1 for box in boxes) < min(box.x0 for box in extents)
    pixels = {box.height for box in extents}
    assert max(pixels) - min(pixels) < 1e-6  # all images have one size


def test_ways_of_any_height_width_and_colour():
    wide = plots.sample_wall({"a": torch.rand(4, 3, 8, 16)})
    (strip,) = pictures(wide)
    box = strip.get_window_extent()
    assert box.width / box.height == pytest.approx((4 * 16 + 3) / 8, rel=1e-6)
    array = strip.get_array()
    assert array.shape == (8, 4 * 16 + 3, 3)
    assert (array[:, 16] == 1).all()  # white between photographs, too
    x = made(2).requires_grad_()
    assert isinstance(plots.sample_wall({"a": x}), matplotlib.figure.Figure)


@pytest.mark.parametrize(
    ("call", "error", "words_of_it"),
    [
        (lambda x: plots.sample_wall({}), ValueError, "sets is empty"),
        (lambda x: plots.sample_wall({"a": x}, columns=0), ValueError, "columns must be at least"),
        (lambda x: plots.sample_wall({"a": x}, columns=2.5), TypeError, "columns"),
        (lambda x: plots.sample_wall({"a": x.int()}), TypeError, r"sets\['a'\] must hold floats"),
        (lambda x: plots.sample_wall({"a": x[:0]}), ValueError, r"sets\['a'\] must be images"),
        (
            lambda x: plots.sample_wall({"a": x, "b": x[..., :4]}),
            ValueError,
            r"\(1, 8, 8\) comes first, and 'b' has \(1, 8, 4\)",
        ),
        (lambda x: plots.sample_wall({"a": x}, marks={"b": x}), ValueError, "no set: 'b'"),
        (lambda x: plots.sample_wall({"a": x}, marks={"a": x[:3]}), ValueError, "must be equal"),
        (lambda x: plots.sample_wall({"a": x}, headings=["t"]), ValueError, "1 headings for 5"),
    ],
)
def test_bad_input_is_named(call, error, words_of_it):
    with pytest.raises(error, match=words_of_it):
        call(made(5))
