"""The threshold that moves: what it says is counted by hand, and drawn."""

import re
import xml.etree.ElementTree as ET

import pytest
import torch

from aeutils import widgets
from aeutils.widgets.threshold_view import FALSE, FOUND, MISSED

# Two events, at 20..29 and 60..69, and a peak of its own at 90; the largest scores come first in
# the order 20, 90, 21, 60, 91, 22.
SCORES = torch.linspace(0, 0.1, 100)
for _rank, _place in enumerate((20, 90, 21, 60, 91, 22)):
    SCORES[_place] = 10.0 - _rank
WRONG = (torch.arange(100) // 10 == 2) | (torch.arange(100) // 10 == 6)


@pytest.mark.parametrize(
    ("flagged", "words", "normal", "limit"),
    [
        (0.1, "Caught 0 of 2 events with 0 alarms, 0 false", "0.0", "10"),
        (1.0, "Caught 1 of 2 events with 1 alarms, 0 false", "0.0", "9"),
        (2.0, "Caught 1 of 2 events with 2 alarms, 1 false", "1.2", "8"),
        (3.0, "Caught 1 of 2 events with 2 alarms, 1 false", "1.2", "7"),
        (4.0, "Caught 2 of 2 events with 3 alarms, 1 false", "1.2", "6"),
        (6.0, "Caught 2 of 2 events with 3 alarms, 1 false", "2.5", "0.1"),
    ],
)
def test_it_says_what_is_caught(flagged, words, normal, limit):
    live = widgets.threshold_slider(SCORES, WRONG).set(flagged=flagged)
    assert live.text.startswith(words + ".")
    assert f"; {normal} % of the normal points are flagged. Threshold {limit}." in live.text


def test_precision_and_recall_are_those_of_events():
    live = widgets.threshold_slider(SCORES, WRONG)
    assert "Precision of events 0.50, recall 0.50" in live.text  # two of a hundred to begin with
    assert "Precision of events 0.67, recall 1.00" in live.set(flagged=4.0).text
    assert "Precision of events 0.00, recall 0.00" in live.set(flagged=0.1).text


@pytest.mark.parametrize("n", [7, 100, 333, 2000])
def test_at_most_the_named_share_is_flagged(n):
    scores = torch.randperm(n).float()
    live = widgets.threshold_slider(scores, torch.arange(n) == n // 2)
    for flagged in (0.1, 2.0, 10.0, 29.9):
        limit = re.search(r"Threshold ([\d.,]+)\.$", live.set(flagged=flagged).text)[1]
        if n < 1000:  # larger thresholds are written in three digits
            above = int((scores > float(limit)).sum())
            assert abs(above - n * flagged / 100) <= 0.5


def test_equal_scores_are_flagged_together_or_not_at_all():
    live = widgets.threshold_slider(torch.ones(50), WRONG[:50])
    assert live.set(flagged=30.0).text.startswith("Caught 0 of 1 events with 0 alarms")


def bars(live):
    """Return place, width and colour of the strips' bars, and how high they are."""
    (svg,) = re.findall(r"<svg.*?</svg>", live.picture, re.DOTALL)
    found = [node.attrib for node in ET.fromstring(svg).iter("rect")]
    return [(float(r["x"]), float(r["width"]), r["fill"], float(r["height"])) for r in found]


def test_every_event_and_alarm_has_a_bar_and_what_is_wrong_is_low():
    live = widgets.threshold_slider(SCORES, WRONG, flagged=2.0)
    assert bars(live) == [
        (128, 64, FOUND, 16),  # events: 20..29 of 100 points on 640
        (384, 64, MISSED, 8),
        (128, 6.4, FOUND, 16),  # alarms, a point wide
        (576, 6.4, FALSE, 8),
    ]
    assert [colour for _, _, colour, _ in bars(live.set(flagged=4.0))[:2]] == [FOUND, FOUND]


def test_a_threshold_that_falls_moves_its_line_down():
    live = widgets.threshold_slider(SCORES, WRONG)
    line = r'<line x1="0" x2="640" y1="([\d.]+)"'
    heights = [
        float(re.search(line, live.set(flagged=f).picture)[1]) for f in (0.1, 2.0, 6.0, 30.0)
    ]
    assert heights == sorted(heights)
    assert 8 <= heights[0] < heights[-1] <= 150


@pytest.mark.parametrize(
    "scores",
    [torch.zeros(100), -SCORES, SCORES - 5, 1e9 * SCORES, SCORES.double().requires_grad_()],
)
def test_any_scores_are_drawn(scores):
    live = widgets.threshold_slider(scores, WRONG)
    assert "nan" not in live.picture
    assert "✘" not in live.set(flagged=30.0).text
    assert "Caught" in live.set(flagged=0.1).text


def test_all_points_may_be_anomalous():
    live = widgets.threshold_slider(SCORES, WRONG | True, flagged=5.0)
    assert "Caught 1 of 1 events" in live.text
    assert "0.0 % of the normal points" in live.text


def test_it_works_in_the_notebook_whose_exercises_are_closed(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_b_anomalies")
    assert "Caught 2 of 2" in widgets.threshold_slider(SCORES, WRONG, flagged=4.0).text


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: widgets.threshold_slider(SCORES.int(), WRONG), TypeError, "scores must hold"),
        (lambda: widgets.threshold_slider(SCORES, WRONG.int()), TypeError, "of booleans"),
        (lambda: widgets.threshold_slider(SCORES, WRONG[:9]), ValueError, r"\(100,\), got \(9,\)"),
        (lambda: widgets.threshold_slider(SCORES[None], WRONG), ValueError, r"\(1, 100\)"),
        (lambda: widgets.threshold_slider(SCORES, WRONG & False), ValueError, "none of 100 points"),
        (lambda: widgets.threshold_slider(SCORES, WRONG, 50.0), ValueError, "0.1 to 30, got 50"),
        (lambda: widgets.threshold_slider(SCORES, WRONG, 0.0), ValueError, "0.1 to 30, got 0"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
