"""Windows of a series and scores of its points, against loops."""

import pytest
import torch

from aeutils.anomalies import (
    corrected_errors,
    event_quality,
    kernel_pca_errors,
    overlap_mean,
    point_adjust,
    point_scores,
    ranking_quality,
    threshold,
    windows,
)
from aeutils.testing.sealed import ReferenceSealed


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("length", "width", "stride"),
    [(10, 3, 1), (10, 3, 4), (11, 3, 4), (5, 5, 1), (5, 5, 9), (4, 1, 2)],
)
def test_windows_are_those_of_a_loop(length, width, stride, dtype):
    series = torch.randn(length, dtype=dtype)
    wanted = [series[i : i + width] for i in range(0, length - width + 1, stride)]
    got = windows(series, width, stride)
    assert got.dtype == dtype
    assert torch.equal(got, torch.stack(wanted))
    assert len(got) == (length - width) // stride + 1


def test_windows_share_the_memory_of_the_series():
    series = torch.arange(6.0)
    got = windows(series, 3)
    assert got.untyped_storage().data_ptr() == series.untyped_storage().data_ptr()
    series[2] = -1
    assert got[:3, :].flip(1).diagonal().tolist() == [-1, -1, -1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "width"), [(1, 1), (1, 4), (3, 8), (20, 1), (20, 5), (7, 7)])
def test_a_point_has_the_mean_score_of_the_windows_that_hold_it(n, width, dtype):
    scores = torch.randn(n, dtype=dtype)
    wanted = [
        sum(float(scores[i]) for i in held) / len(held)
        for point in range(n + width - 1)
        if (held := [i for i in range(n) if i <= point < i + width])
    ]
    got = point_scores(scores, width)
    assert got.dtype == dtype
    torch.testing.assert_close(got, torch.tensor(wanted, dtype=dtype))


def test_a_long_series_keeps_its_small_scores():
    """A running total in float32 would have lost the last ones."""
    scores = torch.full((300_000,), 1000.0)
    scores[-9:] = torch.arange(9.0) / 1000
    assert point_scores(scores, 2)[-2:].tolist() == pytest.approx([0.0075, 0.008], rel=1e-4)


ROW = torch.ones(4)
FLAGS = torch.tensor([True, False, True, False])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: windows(torch.arange(5), 2), TypeError, r"series must hold floats.*\(5,\), int64"),
        (lambda: windows([1.0, 2.0], 2), TypeError, "series"),
        (lambda: windows(torch.ones(2, 3), 2), ValueError, r"vector.*\(2, 3\)"),
        (lambda: windows(torch.ones(0), 1), ValueError, r"at least one number.*\(0,\)"),
        (lambda: windows(torch.tensor([1.0, torch.nan]), 1), ValueError, "1 NaN"),
        (lambda: windows(ROW, 5), ValueError, "4 values.*one window of 5"),
        (lambda: windows(ROW, 0), ValueError, "width must be at least 1, got 0"),
        (lambda: windows(ROW, 2, 0), ValueError, "stride must be at least 1, got 0"),
        (lambda: windows(ROW, 2.0), TypeError, "width"),
        (lambda: point_scores(torch.ones(3, 1), 2), ValueError, r"window_scores.*\(3, 1\)"),
        (lambda: point_scores(torch.ones(3).int(), 2), TypeError, "window_scores must hold floats"),
        (lambda: point_scores(ROW, -1), ValueError, "width must be at least 1"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: windows(ROW, 2),
        lambda: point_scores(ROW, 2),
        lambda: threshold(ROW, 0.1),
        lambda: overlap_mean(ROW[:, None]),
        lambda: ranking_quality(ROW, FLAGS),
        lambda: kernel_pca_errors(torch.eye(3), torch.eye(3), torch.ones(3), 1),
        lambda: event_quality(FLAGS, FLAGS),
        lambda: point_adjust(FLAGS, FLAGS),
        lambda: corrected_errors(ROW, ROW[:, None], ROW, ROW[:, None]),
    ],
)
def test_references_are_closed_while_their_notebook_is_graded(call, monkeypatch):
    call()
    monkeypatch.setenv("AEUTILS_SEALED", "elective_b_anomalies")
    with pytest.raises(ReferenceSealed, match="elective_b_anomalies"):
        call()


def test_overlapping_windows_have_one_mean_at_each_point():
    rows = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    wanted = [
        torch.stack([rows[i, t - i] for i in range(5) if 0 <= t - i < 3]).mean() for t in range(7)
    ]
    assert torch.allclose(overlap_mean(rows), torch.stack(wanted))
    assert torch.equal(overlap_mean(torch.ones(1, 4)), torch.ones(4))
    series = torch.arange(9.0)
    assert torch.allclose(overlap_mean(series.unfold(0, 4, 1)), series)


def test_what_is_no_table_of_windows_is_refused():
    with pytest.raises(ValueError, match=r"\(3,\)"):
        overlap_mean(torch.ones(3))
