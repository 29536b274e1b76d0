"""Proof of the tests: right answers pass, wrong ones are diagnosed, a blank one earns 0."""

import pytest

from autograder.exercises import bank, misconceptions
from autograder.exercises.bank import caught, stub

EXERCISES = [(week, name) for week in bank.weeks() for name in bank.exercises(week)]
RIGHT = list(bank.all_answers("right"))
WRONG = list(bank.all_answers("wrong"))


def ids(rows):
    return ["-".join(row[:3]) for row in rows]


@pytest.mark.parametrize(("week", "name", "label", "code"), RIGHT, ids=ids(RIGHT))
def test_right_answer_earns_full_marks(week, name, label, code):
    report = bank.assess(week, name, code, label)
    assert report.earned == report.points, report.to_text()


@pytest.mark.parametrize(("week", "name", "label", "code"), WRONG, ids=ids(WRONG))
def test_wrong_answer_loses_points_with_its_own_diagnosis(week, name, label, code):
    report = bank.assess(week, name, code, label)
    text = report.to_text()
    assert caught(report, label), text
    assert "Traceback" not in text
    assert "/exercises/" not in text, "feedback never shows a check"
    entry = misconceptions.entry(label, code, report)
    assert "mat1 and mat2" not in entry, "no library's words, which change with its release"
    assert "has no attribute" not in entry


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_blank_stub_earns_nothing_and_says_so(week, name):
    report = bank.assess(week, name, stub(week, name), "blank")
    assert report.earned == 0
    assert "not implemented" in report.first_message


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_bank_is_big_enough(week, name):
    exercise = bank.exercises(week)[name]
    assert len(exercise.right) >= 2
    assert len(exercise.wrong) >= 5


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_no_two_wrong_answers_are_the_same(week, name):
    codes = ["".join(code.split()) for code in bank.exercises(week)[name].wrong.values()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(("week", "name", "label", "code"), RIGHT, ids=ids(RIGHT))
def test_right_answer_passes_the_visible_test(week, name, label, code, capsys):
    import importlib

    visible = getattr(importlib.import_module(f"aeutils.testing.{week}"), name)
    assert visible(*bank.objects(week, name, code, label)) is True
    assert capsys.readouterr().out.startswith("✔")


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_visible_test_fails_on_the_blank_stub(week, name):
    import importlib

    from aeutils.testing.checking import CheckFailed

    visible = getattr(importlib.import_module(f"aeutils.testing.{week}"), name)
    with pytest.raises(CheckFailed, match="not implemented"):
        visible(*bank.objects(week, name, stub(week, name), "blank"))
