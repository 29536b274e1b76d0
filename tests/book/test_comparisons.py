"""Models are compared at one budget, or the page says why not."""

import re

import pytest

from aeutils.training.comparison import BUDGET, COMPARISON, Comparison
from aeutils.training.recipe import NOT_SAID
from benchmarks import tables
from course.book import comparisons, notebooks

RECORDED = comparisons.recorded()
OF_NOTEBOOKS = {
    listed.comparison.name: (notebook, listed.comparison)
    for notebook in notebooks.names()
    for listed in comparisons.of_notebook(notebook)
}


@pytest.mark.parametrize("name", RECORDED)
def test_rows_of_one_table_are_trained_alike_or_the_table_says_why_not(name):
    assert RECORDED[name].comparison.undeclared() == []


@pytest.mark.parametrize("name", RECORDED)
def test_every_rate_says_how_it_was_chosen(name):
    assert all(
        recipe.lr_chosen != NOT_SAID for recipe in RECORDED[name].comparison.trained().values()
    )


@pytest.mark.parametrize("name", RECORDED)
def test_no_reason_is_given_for_what_is_equal(name):
    comparison = RECORDED[name].comparison
    assert set(comparison.reasons) <= set(comparison.differing())


@pytest.mark.parametrize("name", OF_NOTEBOOKS)
def test_a_reason_stands_beside_the_table_in_the_notebook(name):
    notebook, comparison = OF_NOTEBOOKS[name]
    (shown,) = [
        output["data"]["text/plain"]
        for cell in notebooks.solution(notebook).cells
        for output in cell.get("outputs", [])
        if output.get("data", {}).get(COMPARISON, {}).get("name") == name
    ]
    for sentence in comparison.sentences():
        assert sentence in shown
    assert all(reason in shown for reason in comparison.reasons.values())
    for row in comparison.rows:
        assert re.search(rf"^{re.escape(row)} \|", shown, re.MULTILINE)


def test_a_table_with_unequal_budgets_would_be_refused():
    kept = RECORDED["w7-hundred"].comparison.as_dict()
    (denoising,) = [how for row, how in kept["rows"] if row == "denoising"]
    denoising["images_seen"] = 15_000  # 3 epochs instead of 7
    changed = Comparison.from_dict(kept)
    assert changed.undeclared() == ["images seen"]
    assert set(changed.undeclared()) <= set(BUDGET)


def test_every_week_is_listed():
    assert {notebook for notebook, _ in OF_NOTEBOOKS.values()} == set(notebooks.names())


def test_lessons_and_benchmarks_are_listed():
    assert {"w3-strangers", *tables.TABLES} <= set(RECORDED)


def test_the_list_is_what_was_recorded():
    assert comparisons.stale() == []


def test_the_named_tables_are_among_them():
    assert {"w2-rows", "w5-rows", "w5-places", "w6-passport", "w7-hundred"} <= set(RECORDED)
