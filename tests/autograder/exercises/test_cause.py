"""Where no criterion knows the mistake: what many calls of a wrong answer have in common."""

import pytest
import torch

from autograder.exercises import bank
from autograder.exercises.conduct.cause import cause
from autograder.exercises.conduct.charge import localise, try_out
from autograder.exercises.conduct.declare import Conduct
from autograder.hall.report import Criterion, Report


def sample(new, n):
    return {"x": new.normal(n, 3), "times": new.alternate(2.5, 4.0)}


MEANS = Conduct("means", sample, right=lambda x, times: times * x.mean(0))


def why(answer, conduct=MEANS):
    return cause(conduct, lambda order: try_out(answer, order))


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("argument-ignored", "`times`", lambda x, times: 2.5 * x.mean(0)),
        ("argument-ignored", "`x`", lambda x, times: times * torch.ones(3)),
        ("constant-result", "whatever", lambda x, times: torch.ones(3)),
        ("sign", "wrong sign", lambda x, times: -times * x.mean(0)),
        ("constant-factor", "is 0.5 times", lambda x, times: times * x.mean(0) / 2),
        ("constant-offset", "too large by 1 ", lambda x, times: times * x.mean(0) + 1),
        ("factor-of-size", "number of rows of `x`", lambda x, times: times * x.sum(0)),
        ("factor-of-size", "is `times` times", lambda x, times: times**2 * x.mean(0)),
        ("offset-of-size", "too small by `times`", lambda x, times: times * (x.mean(0) - 1)),
        (
            "wrong-for-a-setting",
            "right for `times` = 2.5 and wrong for `times` = 4",
            lambda x, times: times * (x.mean(0) if times < 3 else x.median(0).values),
        ),
    ],
)
def test_a_cause_is_found(name, text, answer):
    found = why(answer)
    assert found is not None
    assert found.name == name
    assert text in found.message


def test_a_number_that_cannot_be_is_named():
    conduct = Conduct("f", sample, right=lambda x, times: x.mean(0).sigmoid(), between=(0, 1))
    found = why(lambda x, times: x.mean(0).tanh(), conduct)
    assert found.name == "out-of-range"
    assert "it is always from 0 to 1" in found.message


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("as-if", "`times`² in place of `times`", lambda x, y, times: (x - y / times**2).square()),
        ("as-if", "in place of", lambda x, y, times: (x + y / times).square()),
        ("as-if", "|`x`| in place of `x`", lambda x, y, times: (x.abs() - y / times).square()),
        ("as-if", "the other way round", lambda x, y, times: (y - x / times).square()),
        ("should-change", "when `x` changes sign", lambda x, y, t: x**2 + (y / t) ** 2),
        ("should-not-change", "change sign", lambda x, y, t: (x - y / t).square() + x * x.abs()),
        ("rows-mixed", "its own row", lambda x, y, t: (x.cumsum(0) / 3 - y / t).square()),
        ("wrong-scaling", "4 times as large", lambda x, y, t: (x - y / t).abs() ** 3),
        ("only-in-a-plain-case", "all of `y` is 0", lambda x, y, t: x**2 + x * y / t),
    ],
)
def test_how_a_result_follows_its_arguments(name, text, answer):
    def arguments(new, n):
        return {"x": new.normal(n, 3), "y": new.normal(n, 3), "times": new.alternate(1.7, 3.1)}

    conduct = Conduct("f", arguments, right=lambda x, y, times: (x - y / times).square())
    found = why(answer, conduct)
    assert found.name == name, found
    assert text in found.message


def test_what_should_vanish_is_asked_for():
    def arguments(new, n):
        return {"x": new.normal(n, 3), "y": new.normal(n, 3)}

    conduct = Conduct("f", arguments, right=lambda x, y: (x - y).square().sum().sqrt())
    found = why(lambda x, y: (x - y).square().sum().sqrt() + 0.01 * x[0, 0] ** 2, conduct)
    assert found.name in ("wrong-scaling", "should-not-change", "should-be-0")
    assert found.message.startswith(" ")


def test_no_right_answer_of_the_bank_has_a_cause():
    for week, name in (("week01", "project"), ("week06", "auc"), ("week05", "contractive_sigmoid")):
        exercise = bank.exercises(week)[name]
        for code in exercise.right.values():
            objects = bank.objects(week, name, code)
            for function, answer in zip(exercise.defines, objects, strict=True):
                assert why(answer, exercise.owed[function]) is None


def test_an_argument_that_comes_back_is_named():
    conduct = Conduct("double", lambda new, n: {"x": new.normal(n, 3)}, right=lambda x: 2 * x)
    assert why(lambda x: x, conduct).name == "argument-returned"


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, times: 1 / 0,
        lambda x, times: x * torch.nan,
    ],
)
def test_nothing_is_said_without_proof(answer):
    assert why(answer) is None


def test_whatever_cannot_change_is_not_called_ignored():
    """The other value of `times` makes no difference to what is right either."""
    conduct = Conduct("f", sample, right=lambda x, times: x.mean(0))
    assert why(lambda x, times: x.amax(0), conduct).name != "argument-ignored"


def test_draws_may_depend_on_a_shape_alone():
    conduct = Conduct("f", sample, holds=lambda value, *given: "wrong")
    assert why(lambda x, times: times * torch.ones(len(x)), conduct) is None
    assert why(lambda x, times: x + 0, conduct).message.startswith(" stays the same when `times`")


def report(*mistakes):
    every = [Criterion(f"part {i}", 1, 0 if m else 1, "off", m) for i, m in enumerate(mistakes)]
    return Report("f", every)


def test_a_part_that_is_wrong_alone_says_what_it_is_about():
    it = report("", "wrong-values", "")
    localise(it, ["", "right without ties, wrong with them", ""])
    assert it.criteria[1].mistake == "only-part-1"
    assert it.criteria[1].message == "right without ties, wrong with them (off)"
    for other in (report("wrong-values", "wrong-values"), report("", "swapped")):
        before = other.mistakes
        localise(other, ["", "right without ties, wrong with them"])
        assert other.mistakes == before


def test_a_report_names_the_cause():
    code = "def auc(same, diff):\n    return float((same[:, None] > diff).double().mean() * 4.5)\n"
    found = bank.assess("week06", "auc", code)
    assert "out-of-range" in found.mistakes
    assert found.earned == 0


def test_what_is_right_is_asked_for_finite_arguments_only():
    """√x and log x of what was drawn may be NaN, and a reference may walk over a NaN for ever."""
    asked = []

    def right(x, times):
        asked.append(torch.cat([x.flatten(), torch.tensor([times])]))
        return times * x.mean(0)

    why(lambda x, times: x.median(0).values, Conduct("means", sample, right=right))
    assert len(asked) > 50
    assert all(numbers.isfinite().all() for numbers in asked)


@pytest.mark.parametrize("week", bank.weeks())
def test_no_wrong_answer_of_the_bank_upsets_the_search(week):
    """An answer may return anything; what is no relation is None, never an exception."""
    for name, exercise in bank.exercises(week).items():
        if exercise.setup or name in ("hutchinson", "random_pairs", "train_epoch"):
            continue
        code = next(iter(exercise.wrong.values()))
        for function, answer in zip(exercise.defines, bank.objects(week, name, code), strict=True):
            found = why(answer, exercise.owed[function])
            assert found is None or found.message.startswith((" ", ","))
