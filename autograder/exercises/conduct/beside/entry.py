"""The one function that is called beside the student's objects."""

from __future__ import annotations

import warnings

from autograder.exercises.conduct.beside.broom import tidy
from autograder.exercises.conduct.beside.calls import try_case
from autograder.exercises.conduct.beside.models import try_module
from autograder.exercises.conduct.beside.state import Around


def try_out(function, order):
    """Call an answer in every case of the order; return what happened, as plain values.

    Args:
        function: the student's function.
        order: what `conduct.cases.order_of` made.
    """
    if order["kind"] == "tidy":
        return tidy(function, order["makes"], order["lines"])
    around = Around()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a right answer may warn, of a view for example
            how = try_module if order["kind"] == "module" else in_turn
            return how(function, order)
    finally:
        around.restore()


def in_turn(function, order):
    """Call an answer case by case, as long as it works at all: the criteria say what is wrong.

    Args:
        function: the student's function.
        order: what `conduct.cases.order_of` made.
    """
    told = []
    for case in order["cases"]:
        told.append(try_case(function, case))
        if "raised" in told[0]:
            break
    return told
