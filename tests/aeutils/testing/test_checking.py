"""The helpers that tests of answers are written with: explain, never crash, never be fooled."""

import numpy as np
import pytest
import torch

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)


def failure(call, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        call(*args, **kwargs)
    return str(caught.value), caught.value.mistake


def test_failure_in_a_notebook_is_one_line_without_a_traceback():
    lines = CheckFailed("too wide", "wide")._render_traceback_()
    assert len(lines) == 1
    assert "✘\x1b[0m too wide" in lines[0]  # only the mark is red


def test_run_explains_an_exception_with_the_arguments():
    def f(x):
        return x @ x

    text, mistake = failure(run, f, torch.zeros(2, 3))
    assert mistake == "raised-RuntimeError"
    assert "a tensor of shape (2, 3), float32" in text


def test_run_lets_a_graders_own_explanation_through():
    """The grader's error is another class of the same form; a plain assertion is a student's."""

    class ProcessEnded(AssertionError):
        mistake = "process-ended"

    def ended(x):
        raise ProcessEnded("the student's process ended")

    def asserted(x):
        assert x > 2, "too small"

    with pytest.raises(ProcessEnded, match="process ended"):
        run(ended, 1)
    assert failure(run, asserted, 1)[1] == "raised-AssertionError"


def test_run_knows_the_empty_stub_and_what_is_no_function():
    def stub(x):
        raise NotImplementedError

    assert failure(run, stub, 1)[1] == "not-implemented"
    assert failure(run, 3, 1, name="center")[1] == "no-call"


@pytest.mark.parametrize(
    "value",
    [2.5, np.float64(2.5), np.array(2.5), torch.tensor(2.5), torch.nn.Parameter(torch.tensor(2.5))],
)
def test_plain_results_are_taken(value):
    assert to_tensor(value, "the result").item() == 2.5


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


class Sly(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True


@pytest.mark.parametrize("value", [Equal(), torch.zeros(2).as_subclass(Sly), "2.5", object(), {}])
def test_other_objects_are_not_results(value):
    assert failure(to_tensor, value, "the result")[1] == "wrong-type"


def test_forgotten_return_is_named():
    assert failure(to_tensor, None, "the result")[1] == "returned-none"
    assert failure(to_pair, None, "center", ["a", "b"])[1] == "returned-none"
    assert "returned 3 values" in failure(to_pair, (1, 2, 3), "center", ["a", "b"])[0]


def test_a_known_mistake_is_named_before_anything_else():
    wrong = [Mistake("transposed", torch.zeros(3, 2), "rows and columns are swapped")]
    text, mistake = failure(expect_close, torch.zeros(3, 2), torch.ones(2, 3), "it", wrong)
    assert (text, mistake) == ("it: rows and columns are swapped", "transposed")


def test_shapes_are_named():
    text, mistake = failure(expect_close, torch.zeros(3), torch.zeros(2, 3), "it")
    assert mistake == "wrong-shape"
    assert "(2, 3)" in text
    assert "(3,)" in text
    assert failure(expect_shape, torch.zeros(3), (2,), "it")[1] == "wrong-shape"


def test_nan_never_passes():
    nan = torch.tensor([float("nan")])
    assert failure(expect_close, nan, torch.zeros(1), "it")[1] == "not-finite"
    assert failure(expect_close, nan, nan, "it")[1] == "not-finite"


def test_hidden_numbers_stay_hidden_unless_asked():
    assert "0.25" not in failure(expect_close, 1.0, 0.25, "it")[0]
    assert "0.25" in failure(expect_close, 1.0, 0.25, "it", show_expected=True)[0]


def test_change_in_place_is_seen():
    assert (
        failure(expect_unchanged, torch.zeros(2), torch.ones(2), "f")[1] == "changed-its-argument"
    )
