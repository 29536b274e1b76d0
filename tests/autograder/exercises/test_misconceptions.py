"""The page of misconceptions shows every wrong answer of a week with its diagnosis."""

import copy

import pytest

from autograder.exercises import bank
from autograder.exercises import misconceptions as module
from autograder.hall.report import Criterion, Report

WEEK = "week01"  # the page of all weeks takes a minute and is made the same way


@pytest.fixture(scope="module")
def fresh():
    return module.page([WEEK])


def test_every_wrong_answer_is_on_the_page_with_its_code(fresh):
    for week, name, label, code in bank.all_answers("wrong"):
        if week != WEEK:
            continue
        section = fresh.split(f"### {week} {name}\n")[1].split("\n### ")[0]
        found = [e for e in section.split("\n#### ") if e.startswith(f"`{label}`:")]
        assert len(found) == 1, (week, name, label)
        shown = found[0].split("```python\n")[1].split("\n```")[0]
        assert "".join(shown.split()) == "".join(code.split()), (week, name, label)
        assert "\n> " in found[0]


def test_every_link_of_the_table_has_its_heading(fresh):
    for line in fresh.splitlines():
        if line.startswith("| [week"):
            target = line.split("(#")[1].split(")")[0]
            week, name = target.split("-", 1)
            assert f"### {week} {name}\n" in fresh


def test_page_changes_with_the_bank(fresh, monkeypatch):
    name, exercise = next(iter(bank.exercises("week01").items()))
    label = next(iter(exercise.wrong))
    fewer = {k: v for k, v in exercise.wrong.items() if k != label}
    shorter = copy.copy(exercise)
    shorter.wrong = fewer
    only = {name: shorter}
    monkeypatch.setattr(bank, "exercises", lambda week: only)
    page = module.page([WEEK])
    assert f"#### `{label}`" in fresh
    assert f"#### `{label}`" not in page


def test_wrong_answer_without_its_own_diagnosis_is_refused():
    report = Report("center", [Criterion("the mean", 1, 0, "wrong values", "wrong-values")])
    with pytest.raises(ValueError, match="'median' was diagnosed as \\['wrong-values'\\]"):
        module.diagnosis(report, "median")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "f raised TypeError (line 3 of your cell): two\nlines\n  It was called with y.",
            "f raised TypeError: … It was called with y.",
        ),
        ("the mean: average over dim 0 only", "the mean: average over dim 0 only"),
    ],
    ids=["raised", "plain"],
)
def test_diagnosis_drops_the_words_of_the_library_only(message, shown):
    report = Report("f", [Criterion("c", 1, 0, message, "m")])
    assert module.diagnosis(report, "m") == shown
