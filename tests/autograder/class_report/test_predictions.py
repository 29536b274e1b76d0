"""The class's predictions: read from cells that may hold anything, and shown as a class only."""

import json

import pytest

from aeutils._internal import notebook
from aeutils.widgets.sharing import CELL
from autograder.class_report import predictions
from autograder.class_report.picture import number_line
from autograder.class_report.predictions import (
    FEWEST,
    LONGEST,
    Question,
    asked,
    sent_in,
    summaries,
)

QUESTIONS = [Question("w1-a", "A?", 0, 10, "%", 4.0), Question("w1-b", "B?", 1, 1e4, "", 100.0)]


def code(text):
    return {"cell_type": "code", "source": text, "metadata": {}}


def cell(given):
    return code(CELL.format(guesses=json.dumps(given)))


def test_questions_and_answers_are_those_of_the_instructors_notebook():
    output = {"data": {predictions.NUMBERS: {"w1-a": 4.5, "other": 1}}}
    cells = [
        code('predict(\n    "w1-a",\n    "How many?",\n    0,\n    10, unit="%", default=3)'),
        code('predict("computed", "Over?", 0, 2 * n)\n'),
        code("%matplotlib inline\npredict("),
        {**code('reveal("w1-a", x)'), "outputs": [output]},
    ]
    assert asked(cells) == [Question("w1-a", "How many?", 0, 10, "%", 4.5)]
    assert predictions.NUMBERS == notebook.NUMBERS


def test_what_the_students_own_call_writes_is_read():
    assert sent_in([code("1"), cell({"w1-a": 3, "w1-b": 20.5})], QUESTIONS) == {
        "w1-a": 3.0,
        "w1-b": 20.5,
    }


@pytest.mark.parametrize(
    "cells",
    [
        [7, None, {"source": 3}, {"source": [1, {}]}, {}],
        [cell({"w1-a": 11, "w1-b": -1, "unknown": 3})],
        [cell({"w1-a": True, "w1-b": "2"})],
        [code("share_predictions({'w1-a': __import__('os').getcwd()})")],
        [code('share_predictions({"w1-a": NaN})'), code('share_predictions({"w1-a": 1e999})')],
        [code('share_predictions({"w1-a": ' + "9" * 4990 + "})")],
        [code("#" * LONGEST + '\nshare_predictions({"w1-a": 3})')],
        [code('share_predictions({"w1-a": [3]})'), code('share_predictions({"w1-a": {"x": 3}})')],
    ],
)
def test_anything_else_counts_for_nothing(cells):
    assert sent_in(cells, QUESTIONS) == {}


def test_a_question_is_shown_from_five_guesses_on_and_only_as_a_class():
    sent = [{"w1-a": value, "w1-b": 10.0} for value in (2, 4, 6, 8)] + [{"w1-a": 4.0}]
    a, b = summaries(QUESTIONS, sent)
    assert (a.count, a.quarters) == (FEWEST, (4.0, 4.0, 6.0))
    assert (a.high, a.low) == (0.4, 0.2)
    assert (b.count, b.quarters, b.high) == (4, None, None)
    assert summaries(QUESTIONS, [{}, {}]) == []


def test_a_wide_range_is_a_logarithmic_line():
    assert QUESTIONS[1].place(100) == pytest.approx(0.5)
    (row,) = summaries(QUESTIONS[1:], [{"w1-b": 100.0}] * FEWEST)
    assert 'd="M50.0 5H50.0V13H50.0z"' in number_line(row)
    assert (row.high, row.low) == (0, 0)
