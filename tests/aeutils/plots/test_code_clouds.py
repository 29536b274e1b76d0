"""Clouds of codes: where the ellipses lie, how large they are, and what is refused."""

import pytest
import torch
from matplotlib.patches import Circle, Ellipse

from aeutils import plots

MEAN = torch.tensor([[0.0, 1.0], [-1.5, 0.5], [2.0, -3.0]])
SPREAD = torch.tensor([[0.5, 0.2], [0.0, 0.0], [1.0, 0.1]])
LABELS = torch.tensor([7, 1, 7])


def test_ellipses_have_one_standard_deviation_around_their_means():
    axes = plots.code_clouds(MEAN, SPREAD, LABELS).axes[0]
    clouds = [p for p in axes.patches if isinstance(p, Ellipse) and not isinstance(p, Circle)]
    assert [c.get_center() for c in clouds] == [tuple(m) for m in MEAN.tolist()]
    sizes = torch.tensor([[c.get_width(), c.get_height()] for c in clouds])
    assert torch.allclose(sizes, 2 * SPREAD)
    assert clouds[0].get_facecolor() == clouds[2].get_facecolor() != clouds[1].get_facecolor()
    assert [t.get_text() for t in axes.texts][1:] == ["7", "1", "7"]


def test_the_prior_is_drawn_and_everything_lies_inside():
    axes = plots.code_clouds(MEAN, SPREAD, LABELS).axes[0]
    assert [p.get_radius() for p in axes.patches if isinstance(p, Circle)] == [1, 2]
    assert axes.get_xlim()[1] == axes.get_ylim()[1] > 3.1


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ((MEAN[:, :1], SPREAD, LABELS), ValueError, r"shape \(N, 2\), got .*\(3, 1\)"),
        ((MEAN, SPREAD[:2], LABELS), ValueError, r"got .*\(3, 2\).*\(2, 2\)"),
        ((MEAN, -SPREAD, LABELS), ValueError, "must not be negative, got -1"),
        ((MEAN.int(), SPREAD, LABELS), TypeError, "mean"),
        ((MEAN, SPREAD, LABELS[:2]), ValueError, "labels"),
        ((MEAN, SPREAD, LABELS.float()), TypeError, "labels"),
    ],
)
def test_bad_arguments_are_named(given, error, words):
    with pytest.raises(error, match=words):
        plots.code_clouds(*given)
