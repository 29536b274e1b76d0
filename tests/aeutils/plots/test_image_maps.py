"""The figures of maps: every point is drawn, images do not cover each other, bad input is told."""

import pytest
import torch

from aeutils import plots


def places(n=60, seed=0):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def test_map_panels_draw_every_point_and_name_the_classes():
    labels = torch.arange(60) % 3
    figure = plots.map_panels({"PCA": places(), "t-SNE": places(seed=1)}, labels, "Two maps")
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert len(axes.collections[0].get_offsets()) == 60
        assert {text.get_text() for text in axes.texts} >= {"0", "1", "2"}
    assert "2 maps of 60 points, coloured by class: PCA, t-SNE" in figure.alt_text


def test_map_panels_without_labels_and_with_an_empty_place():
    figure = plots.map_panels({str(i): places(seed=i) for i in range(4)}, None, "Noise")
    assert "all in one colour" in figure.alt_text
    assert sum(axes.get_visible() for axes in figure.axes) == 4


def test_images_on_a_map_do_not_cover_each_other():
    images, labels = torch.rand(60, 1, 8, 8), torch.arange(60) % 3
    figure = plots.image_map(places(), images, labels, "Images", n=25)
    boxes = [i.get_extent() for i in figure.axes[0].images]
    assert 5 < len(boxes) <= 25
    for i, (x0, _, y0, _) in enumerate(boxes):
        for x1, x2, y1, y2 in boxes[:i]:
            side = x2 - x1
            assert abs(x0 - x1) >= side or abs(y0 - y1) >= side
            assert y2 - y1 == pytest.approx(side, rel=1e-5)
    assert f"{len(boxes)} of 60 images" in figure.alt_text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.map_panels({}, None, "x"), "maps is empty"),
        (lambda: plots.map_panels({"a": torch.rand(9, 3)}, None, "x"), r"shape \(N, 2\)"),
        (
            lambda: plots.image_map(places(), torch.rand(9, 1, 4, 4), torch.arange(60), "x"),
            "60 places for 9 images",
        ),
        (
            lambda: plots.image_map(places(), torch.rand(60, 1, 4, 4), torch.arange(9), "x"),
            "length 9",
        ),
    ],
)
def test_bad_input_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
