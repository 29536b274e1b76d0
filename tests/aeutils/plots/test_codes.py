"""The figure of codes: what it draws, in which colours, and what it refuses."""

import pytest
import torch
from test_plots import pictures

from aeutils import plots


def test_rows_and_colours():
    x, z = torch.rand(3, 784), torch.linspace(-1, 1, 36).expand(3, 36)
    figure = plots.code_gallery(x, {"basic": (z, x), "robust": (-z, 1 - x)}, title="Codes")
    shown = pictures(figure)
    assert len(shown) == 3 * 5
    assert shown[3].get_array().shape == (6, 6)
    assert shown[3].get_clim() == (-1, 1)
    assert shown[3].get_cmap().name == "gray"  # −1 black, 1 white
    assert shown[6].get_array().shape == (28, 28)
    assert shown[6].get_clim() == (0, 1)
    assert "basic, robust" in figure.alt_text
    written = [text.get_text() for text in figure.texts]
    assert {"Codes", "test images", "basic: code", "robust: code"} <= set(written)


@pytest.mark.parametrize(
    ("codes", "rebuilt", "message"),
    [
        (torch.zeros(3, 35), torch.rand(3, 784), "square number"),
        (torch.zeros(2, 36), torch.rand(3, 784), "square number"),
        (torch.full((3, 36), 1.5), torch.rand(3, 784), "2h − 1"),
        (torch.zeros(3, 36), torch.rand(3, 64), "alike"),
    ],
)
def test_bad_input_is_explained(codes, rebuilt, message):
    with pytest.raises(ValueError, match=message):
        plots.code_gallery(torch.rand(3, 784), {"basic": (codes, rebuilt)})


def test_nothing_to_draw_is_explained():
    with pytest.raises(ValueError, match="empty"):
        plots.code_gallery(torch.rand(3, 784), {})
