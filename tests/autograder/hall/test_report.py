"""Reports: partial credit with reasons, safe to read back."""

import pytest

from autograder.hall.failure import CheckFailed
from autograder.hall.report import Criterion, Report, grade
from autograder.plugin.late import DAY, PerDay


def toy(answer):
    report = Report("toy", [Criterion("first", 1), Criterion("second", 2)])
    with report.criterion("first"):
        if answer < 1:
            raise CheckFailed("too small", "small")
    with report.criterion("second"):
        assert answer > 5, "five & <b>more</b>"
    return report


def test_each_criterion_counts_alone():
    assert toy(9).earned == 3
    assert toy(3).earned == 1
    report = toy(0)
    assert (report.earned, report.points) == (0, 3)
    assert report.mistakes == ["small", "could-not-check"]
    assert report.first_message == "too small"


def test_report_survives_the_way_through_a_notebook():
    report = toy(3)
    assert Report.from_dict(report.as_dict()) == report


def test_earned_points_cannot_exceed_the_criterion():
    data = toy(3).as_dict()
    data["criteria"][1]["earned"] = 1000
    assert Report.from_dict(data).earned == 3
    data["criteria"][1]["earned"] = -5
    assert Report.from_dict(data).earned == 1


def test_messages_are_escaped_in_html():
    assert "<b>more</b>" not in toy(3).to_html()
    assert "&lt;b&gt;more" in toy(3).to_html()


def test_unknown_criterion_is_an_error_of_the_check():
    report = Report("bad", [Criterion("a", 1)])
    with pytest.raises(ValueError, match="no criterion 'b'"), report.criterion("b"):
        pass


def test_grade_raises_only_when_points_are_lost(capsys):
    grade(toy, 9)
    with pytest.raises(CheckFailed, match="2 of 3 points lost"):
        grade(toy, 3)


@pytest.mark.parametrize(
    ("late", "lost"),
    [(-5, 0), (0, 0), (3600, 0), (3601, 2), (3600 + DAY, 2), (3601 + DAY, 4), (90 * DAY, 20)],
)
def test_late_penalty_per_day_begun_with_grace(late, lost):
    plugin = PerDay(share=0.1, grace_hours=1)
    assert plugin.late_submission_penalty("ann", 20, late) == pytest.approx(lost)


def test_nothing_is_lost_by_default():
    assert PerDay().late_submission_penalty("ann", 20, 5 * DAY) == 0
