"""Figures of alarms and of scores on a plane: what is counted, what is drawn, bad input."""

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from aeutils import plots
from aeutils.plots.alarms import ALARM, EVENT
from aeutils.plots.style import small_png


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def flags(*places, n=30):
    found = torch.zeros(n).bool()
    found[list(places)] = True
    return found


def alarms(loud, events, /, **changes):
    """Draw a series whose scores are above the threshold where it is loud."""
    n = len(loud)
    given = {
        "times": np.arange(n),
        "values": torch.rand(n),
        "expected": torch.rand(n),
        "scores": torch.where(loud, 2.0, 0.1),
        "threshold": 1.0,
        "events": events,
        "title": "T",
    }
    return plots.alarms(**(given | changes))


@pytest.mark.parametrize(
    ("loud", "events", "words"),
    [
        ((3, 4, 9, 20), (4, 5, 21, 22), "3 alarms; 1 of 2 labelled events hold one."),
        ((), (4, 5), "0 alarms; 0 of 1 labelled events hold one."),
        ((0, 29), (0, 29), "2 alarms; 2 of 2 labelled events hold one."),
        ((7, 8), (), "1 alarms; 0 of 0 labelled events hold one."),
    ],
)
def test_alarms_and_events_are_counted(loud, events, words):
    figure = alarms(flags(*loud), flags(*events))
    assert figure.alt_text.startswith("T. Above a series")
    assert figure.alt_text.endswith(words)
    small_png(figure)


def rgb(colour):
    return matplotlib.colors.to_rgb(colour)


def test_an_event_and_an_alarm_of_one_point_are_seen():
    n = torch.zeros(30).bool()
    nothing, event = alarms(n, n), alarms(n, flags(12))
    spans = [p for p in event.axes[0].patches if p.get_facecolor()[:3] == rgb(EVENT)]
    assert len(spans) == 1
    assert spans[0].get_linewidth() > 0  # it has no width of its own
    assert not nothing.axes[0].patches
    (paint,) = alarms(flags(12), n).axes[1].collections
    assert tuple(paint.get_facecolor()[0][:3]) == rgb(ALARM)
    assert len(paint.get_paths()) == 1
    assert paint.get_linewidth()[0] > 0


def test_moments_and_scores_of_zero_are_drawn():
    start = np.datetime64("2015-01-26T00:00", "m")
    times = start + np.arange(30) * np.timedelta64(30, "m")
    figure = alarms(flags(3, 4), flags(4), times=times, scores=2 * flags(3, 4).float(), unit="°C")
    assert figure.axes[0].get_ylabel() == "°C"
    assert figure.axes[1].get_yscale() == "log"
    assert "1 alarms" in figure.alt_text
    small_png(figure)
    small_png(alarms(flags(), flags(), scores=torch.zeros(30)))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"values": torch.rand(29)}, ValueError, r"must have one length.*\(29,\)"),
        ({"scores": torch.rand(31)}, ValueError, r"must have one length.*\(31,\)"),
        ({"times": np.arange(5)}, ValueError, r"must have one length.*\(5,\)"),
        ({"events": flags(1, n=8)}, ValueError, r"must have one length.*\(8,\)"),
        ({"expected": torch.rand(30, 1)}, ValueError, r"expected must be a vector.*\(30, 1\)"),
        ({"events": torch.zeros(30)}, TypeError, "events must be a tensor of booleans"),
    ],
)
def test_rows_that_do_not_belong_together_are_named(changes, error, words):
    with pytest.raises(error, match=words):
        alarms(flags(1), flags(2), **changes)


SCORES = {"left": lambda z: z[:, 0], "far": lambda z: z.square().sum(dim=1)}


def test_a_map_for_each_score_over_one_plane():
    seen = {}

    def noted(z):
        seen["cells"] = z
        return z[:, 0]

    points = torch.randn(20, 2).double().requires_grad_()
    figure = plots.score_maps(points, {**SCORES, "noted": noted}, "Three", levels=4)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["left", "far", "noted"]
    assert figure.alt_text.endswith(": left, far, noted.")
    assert "20 points" in figure.alt_text
    cells = seen["cells"]
    assert cells.dtype == torch.float64
    assert bool((cells.amin(dim=0) < points.amin(dim=0)).all())  # with a margin all around
    assert bool((cells.amax(dim=0) > points.amax(dim=0)).all())
    small_png(figure)


def test_shades_hold_equally_many_cells():
    """So that maps of scores in different units can be compared."""
    for score in (SCORES["far"], lambda z: SCORES["far"](z).exp()):
        seen = []

        def noted(z, score=score, seen=seen):
            seen.append(score(z))
            return seen[0]

        figure = plots.score_maps(torch.randn(20, 2), {"s": noted}, "T", levels=4)
        levels = torch.from_numpy(figure.axes[0].collections[0].levels)
        counts = torch.histogram(seen[0].double(), levels).hist
        assert counts.tolist() == pytest.approx([len(seen[0]) / 4] * 4, abs=2)


def test_a_score_that_is_the_same_everywhere_is_drawn():
    small_png(plots.score_maps(torch.randn(5, 2), {"none": lambda z: 0 * z[:, 0]}, "T"))


@pytest.mark.parametrize(
    ("points", "scores", "error", "words"),
    [
        (torch.rand(5, 3), SCORES, ValueError, r"shape \(N, 2\).*\(5, 3\).*2 scores"),
        (torch.rand(5, 2), {}, ValueError, r"\(5, 2\), float32 and 0 scores"),
        (torch.rand(5), SCORES, ValueError, r"points must have shape.*\(5,\)"),
        (torch.ones(5, 2).int(), SCORES, TypeError, "points must hold floats"),
    ],
)
def test_bad_points_and_scores_are_named(points, scores, error, words):
    with pytest.raises(error, match=words):
        plots.score_maps(points, scores, "T")
