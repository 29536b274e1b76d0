"""The picture of all that two numbers can name: which image lies where, and what is refused."""

import numpy as np
import pytest
import torch
from test_plots import overlapping, render

from aeutils import plots


def flat(z, high=4, wide=4):
    """One shade for each image: the share of N(0, 1) below the first number of its code."""
    return torch.special.ndtr(z[:, :1]).expand(-1, high * wide)


def drawn(figure):
    (image,) = figure.axes[0].images
    return np.asarray(image.get_array())


def test_codes_are_quantiles_of_the_normal_and_reach_the_ends_of_the_spread():
    seen = []

    def decode(z):
        seen.append(z)
        return flat(z)

    plots.manifold(decode, side=5, spread=0.8, shape=(4, 4))
    codes = torch.cat(seen)
    assert codes.shape == (25, 2)
    wanted = torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9]).repeat_interleave(5)
    for column in (0, 1):
        torch.testing.assert_close(torch.special.ndtr(codes[:, column]).sort().values, wanted)


def test_the_first_number_grows_to_the_right_and_the_second_upwards():
    for number, axis in ((0, 1), (1, 0)):
        figure = plots.manifold(
            lambda z, number=number: torch.sigmoid(z[:, number, None]).expand(-1, 16),
            side=3,
            shape=(4, 4),
        )
        picture = drawn(figure)
        assert picture.shape == (12, 12)
        along = picture.mean(axis=1 - axis)
        along = along if number == 0 else along[::-1]  # the first line of an array is the top
        assert along[0] < along[5] < along[11]
        across = picture.mean(axis=axis)
        np.testing.assert_allclose(across, across[0], rtol=1e-6)


def test_images_are_joined_whole_and_without_gaps():
    pixels = torch.arange(15.0) / 15
    picture = drawn(plots.manifold(lambda z: pixels.expand(len(z), -1), side=4, shape=(3, 5)))
    np.testing.assert_allclose(picture, np.tile(pixels.reshape(3, 5), (4, 4)))
    images = pixels.reshape(1, 3, 5)
    again = drawn(plots.manifold(lambda z: images.expand(len(z), 1, 3, 5), side=4))
    np.testing.assert_allclose(again, picture)  # images carry their own height and width


def test_colours_and_pixels_out_of_range():
    colour = torch.rand(3, 4, 4)
    picture = drawn(plots.manifold(lambda z: colour.expand(len(z), 3, 4, 4), side=2))
    np.testing.assert_allclose(picture[4:, 4:], colour.permute(1, 2, 0))
    rows = drawn(plots.manifold(lambda z: colour.reshape(1, -1).expand(len(z), -1), side=2,
                                shape=(4, 4)))  # fmt: skip
    np.testing.assert_allclose(rows, picture)
    wild = drawn(plots.manifold(lambda z: 9 * z[:, :1].expand(-1, 16), side=2, shape=(4, 4)))
    assert (wild.min(), wild.max()) == (0, 1)


@pytest.mark.parametrize("spread", [0.96, 0.8, 0.999])
def test_a_tick_stands_at_the_middle_of_the_image_of_its_code(spread):
    side, wide = 9, 4
    figure = plots.manifold(flat, side=side, spread=spread, shape=(4, wide))
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        names = [t.get_text().replace("−", "-") for t in axis.get_ticklabels()]
        assert "0" in names
        for name, place in zip(names, axis.get_ticklocs(), strict=True):
            image = place / wide - 0.5  # 0 for the first image, side − 1 for the last
            share = (1 - spread) / 2 + spread * image / (side - 1)
            wanted = float(torch.special.ndtr(torch.tensor(float(name))))
            assert share == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("spread", [0.01, 0.3, 0.8, 0.96, 0.999])
def test_it_is_legible_alone_and_beside_another(spread):
    options = {"spread": spread, "shape": (4, 4)}
    alone = plots.manifold(flat, **options)
    render(alone)
    assert overlapping(alone) == []
    assert len(alone.axes[0].get_xticks()) >= 3
    pair, (left, right) = plots.panels(2)
    plots.manifold(flat, **options, title="One", ax=left)
    plots.manifold(flat, **options, title="Two", ax=right)
    render(pair)
    assert overlapping(pair) == []


def test_its_words_say_how_far_it_goes():
    figure = plots.manifold(flat, side=6, shape=(4, 4), title="All")
    assert figure.alt_text.startswith("All. 6 × 6 images joined into one")
    assert "from −2.05 to 2.05" in figure.alt_text


def test_nothing_remembers_a_gradient():
    net = torch.nn.Linear(2, 16)
    plots.manifold(net, side=2, shape=(4, 4))
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize(
    ("options", "decode", "error", "words"),
    [
        ({"side": 1}, flat, ValueError, "side must be at least 2, got 1"),
        ({"side": 2.0}, flat, TypeError, "side"),
        ({"spread": 1.0}, flat, ValueError, "between 0 and 1, got 1"),
        ({"spread": 0.0}, flat, ValueError, "between 0 and 1, got 0"),
        ({}, lambda z: z, ValueError, r"400 images.*rows of 16 or 48.*got.*\(400, 2\)"),
        ({}, lambda z: flat(z)[:9], ValueError, r"for 400 codes, got.*\(9, 16\)"),
        ({}, lambda z: flat(z).int(), TypeError, "what decode returned must hold floats"),
        ({}, lambda z: flat(z).numpy(), TypeError, "must be a torch tensor"),
        ({}, lambda z: flat(z) / 0, ValueError, "NaN or infinite"),
    ],
)
def test_bad_input_is_named(options, decode, error, words):
    with pytest.raises(error, match=words):
        plots.manifold(decode, shape=(4, 4), **options)
