"""Events, alarms and the point adjustment, point by point."""

import itertools

import pytest
import torch
from sklearn.metrics import f1_score

from aeutils.anomalies import best_adjusted_f1, event_quality, point_adjust, runs


def by_hand(flags):
    """Return beginnings and ends of runs of True, by a loop."""
    found, start = [], None
    for i, flag in enumerate([*flags.tolist(), False]):
        if flag and start is None:
            start = i
        elif not flag and start is not None:
            found.append([start, i])
            start = None
    return found


def adjusted_by_hand(flagged, anomalous):
    """Return the flags with each event flagged whole of which a point was."""
    result = flagged.tolist()
    for start, end in by_hand(anomalous):
        if any(result[start:end]):
            result[start:end] = [True] * (end - start)
    return torch.tensor(result)


EVERY = [torch.tensor(flags) for flags in itertools.product([False, True], repeat=5)]
PAIRS = [(a, b) for a in EVERY for b in EVERY]


def test_runs_of_all_rows_of_five():
    for flags in EVERY:
        assert runs(flags).tolist() == by_hand(flags)
    assert runs(torch.zeros(0).bool()).shape == (0, 2)


def test_quality_and_adjustment_of_all_pairs_of_five():
    for flagged, anomalous in PAIRS:
        before = flagged.clone()
        assert torch.equal(point_adjust(flagged, anomalous), adjusted_by_hand(flagged, anomalous))
        assert torch.equal(flagged, before)
        events, alarms = by_hand(anomalous), by_hand(flagged)
        if not events:
            continue
        met = (flagged & anomalous).tolist()
        precision, recall = event_quality(flagged, anomalous)
        right, found = (sum(any(met[a:b]) for a, b in some) for some in (alarms, events))
        assert precision == (right / len(alarms) if alarms else 0)
        assert recall == found / len(events)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("levels", [0, 2], ids=["no ties", "ties"])
@pytest.mark.parametrize("seed", range(6))
def test_best_adjusted_f1_is_the_best_of_all_thresholds(seed, levels, dtype):
    draw = torch.Generator().manual_seed(seed)
    scores = torch.randn(40, generator=draw, dtype=dtype)
    scores = (scores * levels).round() if levels else scores
    anomalous = (torch.arange(40) // 5 % 3 == 1) | (torch.rand(40, generator=draw) < 0.1)
    every = [f1_score(anomalous, adjusted_by_hand(scores >= t, anomalous)) for t in scores.unique()]
    kept = scores.clone()
    assert best_adjusted_f1(scores, anomalous) == pytest.approx(max(every))
    assert torch.equal(scores, kept)


def test_a_coin_looks_good_on_long_events():
    """What the measure is known for: 1 − (1 − p)ᴸ is nearly 1."""
    anomalous = torch.arange(5000) // 500 == 4
    scores = torch.rand(5000, generator=torch.Generator().manual_seed(0))
    assert best_adjusted_f1(scores, anomalous) > 0.95


F = torch.tensor([True, False, False])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: runs(F.float()), TypeError, r"flags must be a tensor of booleans.*float32"),
        (lambda: runs(F[:, None]), ValueError, r"flags must have shape \(3,\), got \(3, 1\)"),
        (lambda: event_quality(F.float(), F), TypeError, "flagged must be a tensor of booleans"),
        (lambda: event_quality(F, F.float()), TypeError, "anomalous must be a tensor of bool"),
        (lambda: event_quality(F[:2], F), ValueError, r"flagged must have shape \(3,\).*\(2,\)"),
        (lambda: event_quality(F, F & False), ValueError, "none of 3 points is anomalous"),
        (lambda: event_quality(F[None], F[None]), ValueError, r"got \(1, 3\)"),
        (lambda: point_adjust(F, F.float()), TypeError, "anomalous must be a tensor of booleans"),
        (lambda: point_adjust(F, F[:2]), ValueError, r"\(2,\), got \(3,\)"),
        (lambda: best_adjusted_f1(torch.ones(3).int(), F), TypeError, "scores must hold floats"),
        (lambda: best_adjusted_f1(torch.ones(1), F.flip(0)), ValueError, r"\(1,\), got \(3,\)"),
        (lambda: best_adjusted_f1(torch.ones(9), F), ValueError, r"\(9,\), got \(3,\)"),
        (lambda: best_adjusted_f1(torch.ones(3), F & False), ValueError, "none of 3 points"),
        (lambda: best_adjusted_f1(torch.ones(3), F.int()), TypeError, "tensor of booleans"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_no_event_to_adjust_is_no_error():
    assert torch.equal(point_adjust(F, F & False), F)
