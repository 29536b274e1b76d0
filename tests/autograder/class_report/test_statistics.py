"""α and correlations equal what numpy computes another way, resample by resample."""

import numpy as np
import pytest

from autograder.class_report.reading import Exercise
from autograder.class_report.statistics import FEWEST, Estimate, analyse
from autograder.class_report.summary import Line


def alpha(points):
    k = points.shape[1]
    covariance = np.cov(points, rowvar=False)
    return k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())


def separation(points, item):
    rest = np.delete(points, item, axis=1).sum(axis=1)
    return np.corrcoef(points[:, item], rest)[0, 1]


@pytest.fixture
def points():
    """Points of 30 students in 5 exercises: one that separates badly, one the wrong way round."""
    draw = np.random.default_rng(7)
    strength = draw.normal(size=30)
    table = strength[:, None] * [1.0, 1.2, 0.8, 0.0, -1.0] + draw.normal(size=(30, 5))
    return np.round(np.clip(2 + table, 0, 4))


def test_values_equal_those_of_numpy(points):
    found = analyse(points)
    assert found.students == 30
    assert found.alpha.value == pytest.approx(alpha(points), abs=1e-12)
    for item, estimate in enumerate(found.separation):
        assert estimate.value == pytest.approx(separation(points, item), abs=1e-12)


def test_intervals_are_percentiles_of_students_drawn_again(points):
    found = analyse(points, resamples=400, seed=3)
    draws = np.random.default_rng(3).multinomial(30, np.full(30, 1 / 30), size=400)
    classes = [np.repeat(points, times, axis=0) for times in draws]
    ends = np.quantile([alpha(c) for c in classes], [0.025, 0.975])
    assert [found.alpha.low, found.alpha.high] == pytest.approx(ends, abs=1e-9)
    for item, estimate in enumerate(found.separation):
        ends = np.quantile([separation(c, item) for c in classes], [0.025, 0.975])
        assert [estimate.low, estimate.high] == pytest.approx(ends, abs=1e-9)


def test_the_same_points_give_the_same_intervals(points):
    assert analyse(points) == analyse(points)


def test_an_exercise_the_wrong_way_round_is_negative_with_its_whole_interval(points):
    assert analyse(points).separation[4].high < 0


def test_a_warning_says_whether_a_negative_number_may_be_chance():
    exercise = Exercise(("nb", "test"), "Exercise 1", "1", 2)
    surely, maybe, fine = (
        Line(exercise, 0.5, {}, estimate, 0).warning
        for estimate in (Estimate(-0.4, -0.6, -0.1), Estimate(-0.1, -0.4, 0.2), Estimate(0, -1, 1))
    )
    assert "suspect the exercise" in surely
    assert "chance" in maybe
    assert fine == Line(exercise, 0.5, {}, None, 0).warning == ""


def test_too_few_students_are_said_to_be(points):
    found = analyse(points[: FEWEST - 1])
    assert found.alpha is None
    assert found.separation == [None] * 5
    assert f"fewer than {FEWEST}" in found.why_not


def test_one_exercise_has_nothing_to_be_compared_with(points):
    assert "one exercise" in analyse(points[:, :1]).why_not


def test_an_exercise_without_spread_has_no_correlation_and_the_others_keep_theirs(points):
    points[:, 2] = 3
    found = analyse(points)
    assert found.separation[2] is None
    assert found.separation[0].value == pytest.approx(separation(points, 0), abs=1e-12)
    assert found.alpha.value == pytest.approx(alpha(points), abs=1e-12)


def test_nobody_differs():
    found = analyse(np.ones((20, 4)))
    assert found.alpha is None
    assert found.separation == [None] * 4


def test_what_is_no_table_is_refused():
    with pytest.raises(ValueError, match="row a student"):
        analyse(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="finite"):
        analyse(np.full((12, 2), np.nan))
