"""The answer bank again, every answer in a sandbox: values across the border decide alike."""

import os

import pytest

from autograder import bank
from autograder.bank.table import caught, stub
from autograder.hall.border import Border, Names
from autograder.hall.sandbox import Room, Sandbox, bwrap, trial
from autograder.hall.seal import sealed_packages
from autograder.hall.watched import Limits

PROBLEM = trial(bwrap(), os.environ.get("PATH", ""))
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")

EXERCISES = [(week, name) for week in bank.weeks() for name in bank.exercises(week)]


@pytest.fixture(scope="module")
def border():
    room = Room(packages=sealed_packages(("aeutils",), "no_week"))
    with Sandbox(room, Limits()) as sandbox:
        sandbox.ready()
        border = Border(sandbox.line)
        assert border.run(bank.PRELUDE)["error"] is None
        yield border


def assess(border, week, name, code):
    """Return the hidden check's report on an answer that lives in the sandbox."""
    exercise = bank.exercises(week)[name]
    for gone in exercise.gives:
        border.run(f"globals().pop({gone!r}, None)")
    border.ask("seed", seed=1, which=["random", "numpy", "torch"])
    border.run(exercise.needs)
    border.run(code)
    names = Names(border, exercise.gives, trusted=lambda name: {}[name])
    return bank.find_check(week, name)(*(names[given] for given in exercise.gives))


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_right_answers_earn_full_marks(border, week, name):
    for label, code in bank.exercises(week)[name].right.items():
        report = assess(border, week, name, code)
        assert report.earned == report.points, f"{label}\n{report.to_text()}"


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_wrong_answers_keep_their_diagnosis(border, week, name):
    for label, code in bank.exercises(week)[name].wrong.items():
        report = assess(border, week, name, code)
        assert caught(report, label), f"{label}\n{report.to_text()}"


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_blank_stubs_earn_nothing(border, week, name):
    report = assess(border, week, name, stub(week, name))
    assert report.earned == 0
    assert "not implemented" in report.first_message
