"""Models are compared at one budget, or the page says why not."""

import re

import pytest

from aeutils.training.comparison import BUDGET, COMPARISON, Comparison
from course.book import comparisons, notebooks

TRAINING_WEEKS = {"week02_vanilla", "week05_contractive", "week06_evaluation", "week07_siamese"}
RECORDED = comparisons.recorded()


@pytest.mark.parametrize("name", RECORDED)
def test_rows_of_one_table_are_trained_alike_or_the_table_says_why_not(name):
    _, comparison = RECORDED[name]
    assert comparison.undeclared() == []


@pytest.mark.parametrize("name", RECORDED)
def test_a_reason_stands_beside_the_table_in_the_notebook(name):
    notebook, comparison = RECORDED[name]
    (shown,) = [
        output["data"]["text/plain"]
        for cell in notebooks.solution(notebook).cells
        for output in cell.get("outputs", [])
        if output.get("data", {}).get(COMPARISON, {}).get("name") == name
    ]
    for heading, reason in comparison.reasons.items():
        assert f"Not equal: {heading}. {reason}" in shown
    for row in comparison.rows:
        assert re.search(rf"^{re.escape(row)} \|", shown, re.MULTILINE)


def test_a_table_with_unequal_budgets_would_be_refused():
    _, comparison = RECORDED["w7-hundred"]
    kept = comparison.as_dict()
    kept["rows"]["denoising"]["images_seen"] = 15_000  # 3 epochs instead of 7
    changed = Comparison.from_dict(kept)
    assert changed.undeclared() == ["images seen"]
    assert set(changed.undeclared()) <= set(BUDGET)


def test_every_week_that_compares_trainings_is_listed():
    assert {notebook for notebook, _ in RECORDED.values()} >= TRAINING_WEEKS


def test_the_list_is_what_the_notebooks_recorded():
    assert comparisons.stale() == []


def test_the_named_tables_are_among_them():
    assert {"w2-rows", "w5-rows", "w5-places", "w6-passport", "w7-hundred"} <= set(RECORDED)
