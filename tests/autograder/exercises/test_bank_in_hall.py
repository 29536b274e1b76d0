"""The answer bank again, every answer in a sandbox: values across the client decide alike."""

import os

import pytest

from autograder.exercises import bank, derive
from autograder.exercises.bank import caught, stub
from autograder.hall.examiner.names import Names
from autograder.hall.isolation.bubblewrap import bwrap, trial
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.sandbox import Sandbox
from autograder.hall.isolation.seal import sealed_packages
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.protocol.proxies import RpcClient

PROBLEM = trial(bwrap(), os.environ.get("PATH", ""))
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")

EXERCISES = [(week, name) for week in bank.weeks() for name in bank.exercises(week)]


@pytest.fixture(scope="module")
def client():
    room = Mounts(packages=sealed_packages(("aeutils",), "no_week"))
    with Sandbox(room, Limits()) as sandbox:
        sandbox.ready()
        client = RpcClient(sandbox.line)
        assert client.run(bank.PRELUDE)["error"] is None
        yield client


def assess(client, week, name, code):
    """Return the hidden check's report on an answer that lives in the sandbox."""
    exercise = bank.exercises(week)[name]
    for gone in exercise.defines:
        client.run(f"globals().pop({gone!r}, None)")
    client.request("seed", seed=1, which=["random", "numpy", "torch"])
    client.run(exercise.setup)
    client.run(code)
    names = Names(client, exercise.defines, trusted=lambda name: {}[name])
    return exercise(*(names[given] for given in exercise.defines))


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_right_answers_earn_full_marks(client, week, name):
    for label, code in bank.exercises(week)[name].right.items():
        report = assess(client, week, name, code)
        assert report.earned == report.points, f"{label}\n{report.to_text()}"


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_wrong_answers_keep_their_diagnosis(client, week, name):
    for label, code in bank.exercises(week)[name].wrong.items():
        report = assess(client, week, name, code)
        assert caught(report, label), f"{label}\n{report.to_text()}"


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_blank_stubs_earn_nothing(client, week, name):
    report = assess(client, week, name, stub(week, name))
    assert report.earned == 0
    assert "not implemented" in report.first_message


@pytest.mark.parametrize(
    ("week", "name"), [("week01", "center"), ("week02", "mlp"), ("week05", "weight_penalty")]
)
def test_misconduct_costs_the_same_as_in_one_process(client, week, name):
    first = {}
    for one in derive.derived(week, name):
        first.setdefault((one.function, one.misconduct), one)
    for one in first.values():
        here = bank.assess(week, name, one.code)
        report = assess(client, week, name, one.code)
        if one.lines[0] != "scalar-frozen":
            assert set(one.lines) & set(report.mistakes), f"{one.misconduct}\n{report.to_text()}"
        assert report.earned == here.earned, one.misconduct
