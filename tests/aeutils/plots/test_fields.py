"""Fields of arrows and tables of numbers: what is drawn is what was given."""

import pytest
import torch

from aeutils import plots

AT = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
ARROWS = torch.tensor([[0.5, 0.0], [-1.0, 0.0], [0.0, -1.0]])
POINTS = torch.tensor([[0.5, 0.0], [0.0, 1.0]])


def test_arrows_start_and_end_where_they_should():
    figure = plots.vector_fields(AT, {"one": ARROWS, "half": ARROWS / 2}, POINTS, "Pulled")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "half"]
    for axes, scale in zip(figure.axes, (1.0, 0.5), strict=True):
        (quiver,) = [c for c in axes.collections if hasattr(c, "U")]
        assert (quiver.scale, quiver.angles, quiver.scale_units) == (1, "xy", "xy")  # true length
        assert torch.equal(torch.as_tensor(quiver.XY).float(), AT)
        drawn = torch.stack([torch.as_tensor(quiver.U), torch.as_tensor(quiver.V)], dim=1)
        torch.testing.assert_close(drawn.float(), scale * ARROWS)
    # distances of the tails to the nearest point: 1/2, 1/2 and 1
    assert "0.667 at the tails" in figure.alt_text
    assert "2 points" in figure.alt_text


def test_table_shows_every_number_readably():
    values = torch.tensor([[1.0, 20.5, 3.0], [4.0, 5.0, 36.0]])
    figure = plots.value_table(values, ["a", "b"], ["x", "y", "z"], "Table", "row", "column", "dB")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.texts] == ["1.00", "20.5", "3.00", "4.00", "5.00", "36.0"]
    colours = [t.get_color() for t in axes.texts]
    assert colours == ["white", "black", "white", "white", "white", "black"]  # dark below, light
    assert "b: x 4, y 5, z 36" in figure.alt_text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.vector_fields(AT, {}, POINTS, "t"), "fields is empty"),
        (lambda: plots.vector_fields(AT, {"a": ARROWS[:2]}, POINTS, "t"), "must be equal"),
        (lambda: plots.vector_fields(AT, {"a": ARROWS}, POINTS[:, :1], "t"), r"\(N, 2\)"),
        (lambda: plots.value_table(AT, ["a"], ["x", "y"], "t", "r", "c"), "1 rows and 2"),
    ],
)
def test_bad_input_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
