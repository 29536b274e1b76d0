"""Areas under curves and the best F1, against scikit-learn and every threshold in turn."""

import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from aeutils.anomalies import best_f1, ranking_quality


def drawn(seed, dtype, levels):
    """Return scores, with ties where there are few levels, and flags of both kinds."""
    draw = torch.Generator().manual_seed(seed)
    n = int(torch.randint(2, 60, (1,), generator=draw))
    scores = torch.randn(n, generator=draw, dtype=dtype)
    flags = torch.rand(n, generator=draw) < torch.rand(1, generator=draw)
    flags[0], flags[-1] = True, False
    return (scores * levels).round() if levels else scores, flags


@pytest.mark.parametrize("levels", [0, 1, 3], ids=["no ties", "many ties", "ties"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(8))
def test_areas_and_best_f1_are_those_of_scikit_learn(seed, dtype, levels):
    scores, flags = drawn(seed, dtype, levels)
    auroc, average = ranking_quality(scores, flags)
    assert auroc == pytest.approx(roc_auc_score(flags, scores))
    assert average == pytest.approx(average_precision_score(flags, scores))
    every = [f1_score(flags, scores >= t) for t in scores.unique()]
    assert best_f1(scores, flags) == pytest.approx(max(every))


def test_auroc_is_a_share_of_pairs():
    scores, flags = drawn(3, torch.float64, 2)
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[flags] for b in scores[~flags]
    ]
    assert ranking_quality(scores, flags)[0] == pytest.approx(sum(pairs) / len(pairs))


def test_equal_scores_say_nothing_whatever_their_order():
    flags = torch.arange(10) < 3
    for order in (flags, flags.flip(0)):
        assert ranking_quality(torch.ones(10), order) == pytest.approx((0.5, 0.3))
        assert best_f1(torch.ones(10), order) == pytest.approx(2 * 3 / (10 + 3))


def test_extremes():
    flags = torch.arange(10) >= 8
    assert ranking_quality(torch.arange(10.0), flags) == (1, 1)
    assert ranking_quality(-torch.arange(10.0), flags)[0] == 0
    assert best_f1(torch.arange(10.0), flags) == 1
    assert best_f1(torch.ones(3), torch.ones(3).bool()) == 1  # one kind is enough here


S, F = torch.arange(3.0), torch.tensor([True, False, False])


@pytest.mark.parametrize("measure", [ranking_quality, best_f1])
@pytest.mark.parametrize(
    ("scores", "flags", "error", "words"),
    [
        (S.int(), F, TypeError, "scores must hold floats"),
        (S, F.float(), TypeError, r"anomalous must be a tensor of booleans.*\(3,\), float32"),
        (S, F[:2], ValueError, r"anomalous must have shape \(3,\), got \(2,\)"),
        (S, F[:, None], ValueError, r"anomalous must have shape \(3,\), got \(3, 1\)"),
        (S[:, None], F, ValueError, r"scores must be a vector.*\(3, 1\)"),
        (S[:0], F[:0], ValueError, r"scores must be a vector with at least one number"),
        (S / 0, F, ValueError, "scores holds 3 NaN"),
        (S, F & False, ValueError, "anomalous"),
    ],
)
def test_bad_input_is_named(measure, scores, flags, error, words):
    with pytest.raises(error, match=words):
        measure(scores, flags)


def test_one_kind_alone_has_no_areas():
    with pytest.raises(ValueError, match="of 3 points 3 are anomalous; both kinds must occur"):
        ranking_quality(S, F | True)
    with pytest.raises(ValueError, match="of 3 points 0 are anomalous"):
        ranking_quality(S, F & False)
